use super::*;
use crate::fixture::{epoch, person, rng};

#[test]
fn keys_travel_and_come_back() {
    let (statement, keys) = epoch(&person(1), 0);
    let again = EpochKeys::from_slice(suite::classic(), &keys.to_bytes()).unwrap();
    again.check(&statement).unwrap();
    assert_eq!(keys.to_bytes().len(), EpochKeys::LENGTH);
    for length in [0, 32, 63, 65] {
        assert!(EpochKeys::from_slice(suite::classic(), &vec![1; length]).is_none(), "{length}");
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
    let swapped = Epoch { deposit: other.deposit.clone(), ..statement.clone() };
    assert_eq!(keys.check(&swapped), Err(WrongKeys::Commitment));
    let swapped = Epoch { key: other.key, ..statement.clone() };
    assert_eq!(keys.check(&swapped), Err(WrongKeys::Commitment));
    for suite in [Suite::HYBRID, Suite::LIGHT] {
        assert_eq!(keys.check(&Epoch { suite, ..statement.clone() }), Err(WrongKeys::Commitment));
    }
    let unknown = Suite::from_number(4);
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
    let altered = EpochKeys::from_slice(suite::classic(), &bytes).unwrap();
    assert_eq!(altered.check(&statement), Err(WrongKeys::Commitment));
}

#[test]
fn each_suite_has_its_deposit_key_and_the_unique_key_stays() {
    let ada = person(1);
    let rng = &mut rng(8);
    let light = EpochKeys::generate_in(Suite::LIGHT, rng).unwrap();
    let classic = light.next_in(Suite::CLASSIC, rng).unwrap();
    let hybrid = classic.next_in(Suite::HYBRID, rng).unwrap();
    for (keys, suite, length) in
        [(&light, Suite::LIGHT, 32), (&classic, Suite::CLASSIC, 32), (&hybrid, Suite::HYBRID, 1_216)]
    {
        let statement = crate::fixture::statement(&ada, 3, keys);
        assert_eq!((statement.suite, statement.deposit.len()), (suite, length));
        keys.check(&statement).unwrap();
        assert!(keys.unique.ct_eq(&light.unique));
        let next = keys.next(rng);
        assert_eq!((next.suite(), next.deposit() == keys.deposit()), (suite, false));
    }
    let unknown = Suite::from_number(9);
    assert_eq!(hybrid.next_in(unknown, rng).unwrap_err(), UnknownSuite(unknown));
    assert_eq!(EpochKeys::generate_in(unknown, rng).unwrap_err(), UnknownSuite(unknown));
    // The same bytes are other keys in another suite: a statement fixes one.
    let (of_suite, bytes) = (|suite| suite::of(suite).unwrap(), classic.to_bytes());
    let as_hybrid = EpochKeys::from_slice(of_suite(Suite::HYBRID), &bytes).unwrap();
    assert_eq!(as_hybrid.check(&crate::fixture::statement(&ada, 3, &classic)), Err(WrongKeys::Commitment));
}
