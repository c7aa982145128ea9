//! No bytes make a decoder panic, and what it accepts it would write again.

use crate::{registry, samples};
use proptest::prelude::*;

/// Accepted bytes re-encode to themselves; garbage is an error. Says whether they were accepted.
fn check(kind: &registry::Kind, bytes: &[u8]) -> bool {
    match (kind.cbor)(bytes) {
        Ok(again) => {
            assert_eq!(again, bytes, "{} accepts two forms of one message", kind.rule);
            true
        }
        Err(_) => false,
    }
}

#[test]
fn changed_bytes_are_refused_or_re_encode_to_themselves() {
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    for sample in samples::all() {
        let kind = registry::find(&sample.rule);
        for at in 0..sample.cbor.len() {
            for mask in [0x01, 0x20, 0x80, 0xff] {
                let mut bytes = sample.cbor.clone();
                bytes[at] ^= mask;
                if check(&kind, &bytes) { accepted += 1 } else { refused += 1 }
            }
        }
    }
    assert!(accepted > 0, "opaque bytes may change");
    assert!(refused > 0, "structure may not");
}

#[test]
fn no_message_is_the_beginning_of_another() {
    for sample in samples::all() {
        let kind = registry::find(&sample.rule);
        for end in 0..sample.cbor.len() {
            assert!(!check(&kind, &sample.cbor[..end]), "{} is accepted cut at {end}", sample.name);
        }
        for byte in [0x00, 0xa0, 0xf6, 0xff] {
            let longer = [&sample.cbor[..], &[byte]].concat();
            assert!(!check(&kind, &longer), "{} is accepted with {byte:#x} behind it", sample.name);
        }
    }
}

/// CBOR items of every kind, nested a little.
fn item() -> impl Strategy<Value = ciborium::Value> {
    use ciborium::Value;
    let leaf = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        "[a-z_]{0,12}".prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::vec((inner.clone(), inner.clone()), 0..6).prop_map(Value::Map),
            (any::<u64>(), inner).prop_map(|(tag, inner)| Value::Tag(tag, Box::new(inner))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for kind in registry::kinds() {
            check(&kind, &bytes);
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".{0,200}") {
        for kind in registry::kinds() {
            let _ = (kind.json)(&text);
        }
    }

    #[test]
    fn arbitrary_items_never_panic(item in item()) {
        let bytes = pryv_wire::encode(&item);
        for kind in registry::kinds() {
            check(&kind, &bytes);
        }
    }

    /// A splice of two messages: the shape of one, the content of another.
    #[test]
    fn spliced_messages_never_panic(a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(),
                                    from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()) {
        let samples = samples::all();
        let (a, b) = (a.get(&samples), b.get(&samples));
        let (from, to) = (from.index(a.cbor.len() + 1), to.index(b.cbor.len() + 1));
        let bytes = [&a.cbor[..from], &b.cbor[to..]].concat();
        check(&registry::find(&a.rule), &bytes);
    }

    /// One item of a message replaced by an arbitrary one, in otherwise deterministic form.
    #[test]
    fn replaced_items_never_panic(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), item in item()) {
        let samples = samples::all();
        let sample = which.get(&samples);
        let mut value: ciborium::Value = ciborium::from_reader(&sample.cbor[..]).expect("a sample is CBOR");
        let count = count(&value);
        replace(&mut value, &mut at.index(count), &item);
        check(&registry::find(&sample.rule), &pryv_wire::encode(&value));
    }
}

/// How many items a value has, itself included.
fn count(value: &ciborium::Value) -> usize {
    use ciborium::Value;
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|(key, item)| count(key) + count(item)).sum(),
        _ => 0,
    }
}

/// Replaces the item number `at`, counted depth first. Says whether it was found.
fn replace(value: &mut ciborium::Value, at: &mut usize, item: &ciborium::Value) -> bool {
    use ciborium::Value;
    if *at == 0 {
        *value = item.clone();
        return true;
    }
    *at -= 1;
    match value {
        Value::Array(items) => items.iter_mut().any(|inner| replace(inner, at, item)),
        Value::Map(entries) => {
            entries.iter_mut().any(|(key, inner)| replace(key, at, item) || replace(inner, at, item))
        }
        _ => false,
    }
}
