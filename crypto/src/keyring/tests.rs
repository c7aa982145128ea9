use super::*;
use crate::fixture::{epoch, person, rng};
use crate::lockbox::PreSecret;
use proptest::prelude::*;
use pryv_proxy_crypto::pre::Curve;
use pryv_wire::Bytes;

fn note() -> AccessNote {
    AccessNote { name: "Dr Bob".into(), purpose: "follow-up".into(), definition_keys: vec![] }
}

#[test]
fn everything_kept_comes_back() {
    let rng = &mut rng(1);
    let ada = person(1);
    let keyring = ada.identity.keyring();
    let (statement, keys) = epoch(&ada, 2);
    let scope = statement.scope;
    let wrap = keyring.wrap_epoch(&statement, &keys, rng).unwrap();
    assert_eq!(keyring.unwrap_epoch(&statement, &wrap).unwrap().id(), keys.id());
    let pre = PreSecret::generate(Curve::C480, rng).unwrap();
    let wrap = keyring.wrap_pre(Suite::CLASSIC, scope, 1, &pre, rng).unwrap();
    assert_eq!(keyring.unwrap_pre(Suite::CLASSIC, scope, 1, &wrap).unwrap().public(), pre.public());
    let lock = LockKey::generate(rng);
    let wrap = keyring.wrap_lock(Suite::CLASSIC, scope, 2, &lock, rng).unwrap();
    assert_eq!(keyring.unwrap_lock(Suite::CLASSIC, scope, 2, &wrap).unwrap().expose(), lock.expose());
    let access = AccessId::from_bytes([4; 16]);
    let wrap = keyring.wrap_note(access, &note(), rng);
    assert_eq!(keyring.unwrap_note(access, &wrap).unwrap(), note());

    for (suite, curve) in [(Suite::HYBRID, Curve::C480), (Suite::LIGHT, Curve::C256)] {
        let keys = EpochKeys::generate_in(suite, rng).unwrap();
        let statement = crate::fixture::statement(&ada, 2, &keys);
        let wrap = keyring.wrap_epoch(&statement, &keys, rng).unwrap();
        assert_eq!(keyring.unwrap_epoch(&statement, &wrap).unwrap().id(), keys.id());
        let renamed = Epoch { suite: Suite::CLASSIC, ..statement };
        assert!(matches!(keyring.unwrap_epoch(&renamed, &wrap), Err(UnwrapError::NotOpened(_))));
        let pre = PreSecret::generate(curve, rng).unwrap();
        let wrap = keyring.wrap_pre(suite, scope, 1, &pre, rng).unwrap();
        assert_eq!(keyring.unwrap_pre(suite, scope, 1, &wrap).unwrap().public(), pre.public());
        assert!(keyring.unwrap_pre(Suite::CLASSIC, scope, 1, &wrap).is_err());
        let wrap = keyring.wrap_lock(suite, scope, 2, &lock, rng).unwrap();
        assert_eq!(keyring.unwrap_lock(suite, scope, 2, &wrap).unwrap().expose(), lock.expose());
        assert!(keyring.unwrap_lock(Suite::CLASSIC, scope, 2, &wrap).is_err());
        assert_eq!(keyring.wrap_pre(Suite::LIGHT, scope, 1, &pre, rng).is_ok(), curve == Curve::C256);
    }
    let unknown = Suite::from_number(4);
    let refused = keyring.wrap_lock(unknown, scope, 2, &lock, rng).unwrap_err();
    assert_eq!(refused, UnwrapError::Suite(UnknownSuite(unknown)));
}

#[test]
fn a_wrap_opens_in_no_other_place() {
    let rng = &mut rng(2);
    let (ada, bob) = (person(1), person(2));
    let keyring = ada.identity.keyring();
    let (statement, keys) = epoch(&ada, 2);
    let (scope, other) = (statement.scope, ada.identity.scope_id("another"));
    let not_opened = |result: Result<LockKey, _>| matches!(result, Err(UnwrapError::NotOpened(_)));

    let lock = keyring.wrap_lock(Suite::CLASSIC, scope, 2, &LockKey::generate(rng), rng).unwrap();
    assert!(not_opened(keyring.unwrap_lock(Suite::CLASSIC, other, 2, &lock)), "another scope");
    assert!(not_opened(keyring.unwrap_lock(Suite::CLASSIC, scope, 3, &lock)), "another epoch");
    assert!(
        not_opened(bob.identity.keyring().unwrap_lock(Suite::CLASSIC, scope, 2, &lock)),
        "another account"
    );
    let pre = keyring
        .wrap_pre(Suite::CLASSIC, scope, 2, &PreSecret::generate(Curve::C480, rng).unwrap(), rng)
        .unwrap();
    assert!(not_opened(keyring.unwrap_lock(Suite::CLASSIC, scope, 2, &pre)), "another label");
    assert!(
        matches!(keyring.unwrap_pre(Suite::CLASSIC, scope, 2, &lock), Err(UnwrapError::NotOpened(_))),
        "another label"
    );

    let wrap = keyring.wrap_epoch(&statement, &keys, rng).unwrap();
    let moved = Epoch { epoch: 3, ..statement.clone() };
    assert!(matches!(keyring.unwrap_epoch(&moved, &wrap), Err(UnwrapError::NotOpened(_))));
    let foreign = Epoch { account: bob.identity.principal(), ..statement };
    assert_eq!(keyring.unwrap_epoch(&foreign, &wrap).unwrap_err(), UnwrapError::ForeignEpoch);
    assert_eq!(keyring.wrap_epoch(&foreign, &keys, rng).unwrap_err(), UnwrapError::ForeignEpoch);

    let note = keyring.wrap_note(AccessId::from_bytes([4; 16]), &note(), rng);
    let error = keyring.unwrap_note(AccessId::from_bytes([5; 16]), &note).unwrap_err();
    assert!(matches!(error, NoteError::NotOpened(_)));
}

/// Two devices race: each wraps keys of its own for the same epoch, and one statement wins. The wrap of the other opens
/// and is refused all the same.
#[test]
fn a_wrap_of_other_keys_for_the_same_epoch_is_refused() {
    let rng = &mut rng(3);
    let ada = person(1);
    let keyring = ada.identity.keyring();
    let (statement, _) = epoch(&ada, 2);
    let losing = EpochKeys::generate(rng);
    let lost = crate::fixture::statement(&ada, 2, &losing);
    let wrap = keyring.wrap_epoch(&lost, &losing, rng).unwrap();
    assert_eq!(
        keyring.unwrap_epoch(&statement, &wrap).unwrap_err(),
        UnwrapError::WrongKeys(WrongKeys::Commitment)
    );
    assert_eq!(
        keyring.wrap_epoch(&statement, &losing, rng).unwrap_err(),
        UnwrapError::WrongKeys(WrongKeys::Commitment)
    );
}

proptest! {
    #[test]
    fn a_changed_wrap_never_opens(place in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<prop::sample::Index>()) {
        let ada = person(1);
        let (statement, keys) = epoch(&ada, 2);
        let wrap = ada.identity.keyring().wrap_epoch(&statement, &keys, &mut rng(4)).unwrap();
        let mut changed = wrap.to_vec();
        changed[place.index(wrap.len())] ^= flip;
        for wrap in [Bytes::from(changed), wrap[..cut.index(wrap.len())].into()] {
            let opened = ada.identity.keyring().unwrap_epoch(&statement, &wrap);
            prop_assert!(matches!(opened, Err(UnwrapError::NotOpened(_))));
        }
    }
}
