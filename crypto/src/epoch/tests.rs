use super::*;
use crate::fixture::{epoch, person, rng};

#[test]
fn keys_travel_and_come_back() {
    let (statement, keys) = epoch(&person(1), 0);
    let again = EpochKeys::from_slice(&keys.to_bytes()).unwrap();
    again.check(&statement).unwrap();
    assert_eq!(keys.to_bytes().len(), EpochKeys::LENGTH);
    for length in [0, 32, 63, 65] {
        assert!(EpochKeys::from_slice(&vec![1; length]).is_none(), "{length}");
    }
}

#[test]
fn the_next_epoch_has_other_keys() {
    let (_, keys) = epoch(&person(1), 0);
    let next = keys.next(&mut rng(9));
    assert_ne!(next.id(), keys.id());
    assert_ne!(next.deposit(), keys.deposit());
    assert!(!next.root.ct_eq(&keys.root));
    assert!(next.unique.ct_eq(&keys.unique));
}

#[test]
fn keys_are_refused_for_an_epoch_that_commits_to_others() {
    let ada = person(1);
    let (statement, keys) = epoch(&ada, 0);
    let (other, _) = epoch(&ada, 1);
    assert_eq!(keys.check(&other), Err(WrongKeys::Commitment));
    let swapped = Epoch { deposit: other.deposit, ..statement.clone() };
    assert_eq!(keys.check(&swapped), Err(WrongKeys::Commitment));
    let swapped = Epoch { key: other.key, ..statement.clone() };
    assert_eq!(keys.check(&swapped), Err(WrongKeys::Commitment));
    let unknown = Suite::from_number(3);
    assert_eq!(
        keys.check(&Epoch { suite: unknown, ..statement }),
        Err(WrongKeys::Suite(UnknownSuite(unknown)))
    );
}

#[test]
fn another_unique_key_is_another_commitment() {
    let (statement, keys) = epoch(&person(1), 0);
    let mut bytes = keys.to_bytes();
    bytes[63] ^= 1;
    let altered = EpochKeys::from_slice(&bytes).unwrap();
    assert_eq!(altered.check(&statement), Err(WrongKeys::Commitment));
}
