use super::*;
use proptest::prelude::*;

/// From the paper's algorithm, computed by hand: length, padded length.
#[test]
fn padme_lengths() {
    let table = [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 3),
        (8, 8),
        (9, 10),
        (15, 16),
        (16, 16),
        (17, 18),
        (100, 104),
        (127, 128),
        (128, 128),
        (129, 144),
        (1_000, 1_024),
        (1_025, 1_088),
        (65_537, 67_584),
        (1_000_000, 1_015_808),
    ];
    for (length, padded) in table {
        assert_eq!(padme(length), padded, "{length}");
    }
}

#[test]
fn short_contents_all_have_one_length() {
    for length in 0..FLOOR {
        let mut message = vec![7; length];
        pad(&mut message, FLOOR);
        assert_eq!(message.len(), FLOOR, "{length}");
    }
}

#[test]
fn other_padding_is_refused() {
    let mut good = b"true".to_vec();
    pad(&mut good, FLOOR);
    let cases: [(&str, Vec<u8>); 6] = [
        ("empty", vec![]),
        ("zeros only", vec![0; FLOOR]),
        ("no mark", [&b"true"[..], &[0; 60]].concat()),
        ("another mark", [&b"true\x81"[..], &[0; 59]].concat()),
        ("too long", [&good[..], &[0]].concat()),
        ("too short", good[..FLOOR - 1].to_vec()),
    ];
    for (name, mut message) in cases {
        assert_eq!(unpad(&mut message, FLOOR), Err(InvalidPadding), "{name}");
    }
    unpad(&mut good, FLOOR).unwrap();
    assert_eq!(good, b"true");
}

proptest! {
    #[test]
    fn what_was_padded_comes_back(content in prop::collection::vec(any::<u8>(), 0..5_000)) {
        let mut message = content.clone();
        pad(&mut message, FLOOR);
        prop_assert!(message.len() <= FLOOR.max((content.len() + 1) * 9 / 8));
        unpad(&mut message, FLOOR).unwrap();
        prop_assert_eq!(message, content);
    }

    #[test]
    fn accepted_padding_is_the_one_form(bytes in prop::collection::vec(prop::sample::select(vec![0_u8, 0x80, 1]), 0..200)) {
        let mut message = bytes.clone();
        if unpad(&mut message, FLOOR).is_ok() {
            pad(&mut message, FLOOR);
            prop_assert_eq!(message, bytes);
        }
    }
}
