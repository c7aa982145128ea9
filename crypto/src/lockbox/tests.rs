use super::*;
use crate::fixture::{Person, epoch, person, rng, statement};
use pryv_proxy_crypto::pre::{TransformKey, transform};
use pryv_wire::Suite;
use std::sync::LazyLock;

const ACCESS: AccessId = AccessId::from_bytes([7; 16]);

/// Ada's scope with one epoch, granted to Bob and Eve; Mallory has no access.
struct World {
    ada: Person,
    bob: Person,
    eve: Person,
    scope_key: PreSecret,
    epoch: Epoch,
    keys: EpochKeys,
    boxed: NewLockbox,
    to_bob: TransformKey,
    to_eve: TransformKey,
}

impl World {
    fn new() -> Self {
        let rng = &mut rng(1);
        let (ada, bob, eve) = (person(1), person(2), person(3));
        let (epoch, keys) = epoch(&ada, 4);
        let scope_key = PreSecret::generate(Curve::C480, rng).unwrap();
        let boxed = seal(&epoch, &keys, &scope_key, rng).unwrap();
        let to_bob = scope_key.transform_key(bob.identity.pre_public(Curve::C480), rng).unwrap();
        let to_eve = scope_key.transform_key(eve.identity.pre_public(Curve::C480), rng).unwrap();
        Self { ada, bob, eve, scope_key, epoch, keys, boxed, to_bob, to_eve }
    }

    fn share(&self, grantee: &Person) -> Bytes {
        share_of(&self.epoch, &self.boxed, grantee)
    }

    fn transformed(&self, key: &TransformKey) -> Bytes {
        transformed(&self.boxed, key)
    }

    fn open(&self, grantee: &Person, capsule: &[u8], share: &[u8]) -> Result<EpochKeys, OpenLockboxError> {
        open(&grantee.identity, &self.epoch, ACCESS, capsule, share, &self.boxed.sealed)
    }
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

fn share_of(epoch: &Epoch, boxed: &NewLockbox, grantee: &Person) -> Bytes {
    let (who, to) = (grantee.identity.principal(), grantee.cards.current());
    share(epoch, &boxed.lock, ACCESS, who, to, &mut rng(2)).unwrap()
}

fn transformed(boxed: &NewLockbox, key: &TransformKey) -> Bytes {
    let capsule = Capsule::parse(&boxed.capsule).unwrap();
    transform(&capsule, key, &mut rng(3)).unwrap().to_wire()
}

#[test]
fn a_grantee_opens_the_epoch_with_both_locks() {
    let world = &*WORLD;
    for (grantee, key) in [(&world.bob, &world.to_bob), (&world.eve, &world.to_eve)] {
        let keys = world.open(grantee, &world.transformed(key), &world.share(grantee)).unwrap();
        assert!(*keys.to_bytes() == *world.keys.to_bytes());
    }
}

#[test]
fn without_its_transform_a_capsule_does_not_open() {
    let world = &*WORLD;
    let share = world.share(&world.bob);
    let closed = Err(OpenLockboxError::Capsule(CapsuleNotOpened));
    let opened = world.open(&world.bob, &world.boxed.capsule, &share);
    assert_eq!(opened.map(|keys| keys.id()), closed, "not transformed");
    let opened = world.open(&world.bob, &world.transformed(&world.to_eve), &share);
    assert_eq!(opened.map(|keys| keys.id()), closed, "transformed for another");
    let foreign = world
        .eve
        .identity
        .pre_secret(Curve::C480)
        .transform_key(world.bob.identity.pre_public(Curve::C480), &mut rng(9));
    let opened = world.open(&world.bob, &world.transformed(&foreign.unwrap()), &share);
    assert_eq!(opened.map(|keys| keys.id()), closed, "transformed by a key from another scope");
}

/// The library's signature does not cover the hashed part of a transform key: an altered one transforms, and shows here.
#[test]
fn an_altered_transform_key_is_seen_by_the_reader_and_by_its_digest() {
    let world = &*WORLD;
    let bob = world.to_bob.to_wire();
    let eve = world.to_eve.to_wire();
    let mixed = [&bob[..960], &eve[960..1_200], &bob[1_200..]].concat();
    let mixed = TransformKey::parse(&mixed).unwrap();
    assert_ne!(mixed.digest(), world.to_bob.digest());
    let opened = world.open(&world.bob, &world.transformed(&mixed), &world.share(&world.bob));
    assert!(matches!(opened, Err(OpenLockboxError::Capsule(_))));
}

#[test]
fn without_its_share_a_grantee_opens_nothing() {
    let world = &*WORLD;
    let capsule = world.transformed(&world.to_bob);
    let no_share = |share: &[u8], why| {
        let opened = world.open(&world.bob, &capsule, share);
        assert!(matches!(opened, Err(OpenLockboxError::Share(_))), "{why}");
    };
    no_share(&[], "none");
    no_share(&[0; 80], "zeros");
    no_share(&world.share(&world.eve), "another grantee's");
    let (who, to) = (world.bob.identity.principal(), world.bob.cards.current());
    let other = AccessId::from_bytes([8; 16]);
    let sealed = share(&world.epoch, &world.boxed.lock, other, who, to, &mut rng(2)).unwrap();
    no_share(&sealed, "of another access");
    let earlier = Epoch { epoch: 3, ..world.epoch.clone() };
    no_share(&share_of(&earlier, &world.boxed, &world.bob), "of another epoch");
}

#[test]
fn another_lock_key_another_box_and_another_epoch_are_refused() {
    let world = &*WORLD;
    let capsule = world.transformed(&world.to_bob);
    let wrong = NewLockbox {
        capsule: world.boxed.capsule.clone(),
        sealed: world.boxed.sealed.clone(),
        lock: LockKey::generate(&mut rng(8)),
    };
    let opened = world.open(&world.bob, &capsule, &share_of(&world.epoch, &wrong, &world.bob));
    assert!(matches!(opened, Err(OpenLockboxError::Sealed(_))), "a lock key of another box");

    // The same two locks, and an epoch that differs by one field.
    let (other, _) = epoch(&world.ada, 5);
    let contexts = [
        Epoch { epoch: 5, ..world.epoch.clone() },
        Epoch { scope: world.ada.identity.scope_id("another"), ..world.epoch.clone() },
        Epoch { account: world.eve.identity.principal(), ..world.epoch.clone() },
        Epoch { key: other.key, ..world.epoch.clone() },
    ];
    for context in contexts {
        let share = share_of(&context, &world.boxed, &world.bob);
        let opened = open(&world.bob.identity, &context, ACCESS, &capsule, &share, &world.boxed.sealed);
        assert!(matches!(opened, Err(OpenLockboxError::Sealed(_))), "{context:?}");
    }
    let share = world.share(&world.bob);
    let mut sealed = world.boxed.sealed.to_vec();
    sealed[70] ^= 1;
    let opened = open(&world.bob.identity, &world.epoch, ACCESS, &capsule, &share, &sealed);
    assert!(matches!(opened, Err(OpenLockboxError::Sealed(_))), "a changed box");
    let opened = world.open(&world.bob, &capsule[..967], &share);
    assert!(matches!(opened, Err(OpenLockboxError::InvalidCapsule(InvalidPre::Length { .. }))));
    let newer = Epoch { suite: Suite::from_number(4), ..world.epoch.clone() };
    let opened = open(&world.bob.identity, &newer, ACCESS, &capsule, &share, &world.boxed.sealed);
    assert!(matches!(opened, Err(OpenLockboxError::Suite(_))));
}

/// The owner's device is told to box other keys than those it signs for, or a reader is given such a box.
#[test]
fn other_keys_than_the_signed_ones_are_neither_boxed_nor_taken() {
    let world = &*WORLD;
    let other = EpochKeys::generate(&mut rng(30));
    let refused = seal(&world.epoch, &other, &world.scope_key, &mut rng(4)).unwrap_err();
    assert_eq!(refused, SealLockboxError::WrongKeys(WrongKeys::Commitment));

    // A box made by who knows both locks, with the key id of the signed epoch and other keys inside.
    let plaintext = world.scope_key.open(&Capsule::parse(&world.boxed.capsule).unwrap()).unwrap();
    let place = place(&world.epoch);
    let mut forged = other.to_bytes().to_vec();
    box_key(world.keys.algorithms(), &plaintext, &world.boxed.lock, &place).seal(
        &[0; NONCE],
        &place,
        &mut forged,
    );
    let (capsule, share) = (world.transformed(&world.to_bob), world.share(&world.bob));
    let opened = open(&world.bob.identity, &world.epoch, ACCESS, &capsule, &share, &forged);
    assert!(matches!(opened, Err(OpenLockboxError::WrongKeys(WrongKeys::Commitment))));
}

/// Property 3 of the design: a revoked grantee with everything that the server ever stored, the deleted transform key and
/// all capsules transformed at its wish included, opens nothing of a later epoch.
#[test]
fn a_revoked_grantee_with_the_whole_server_opens_no_later_epoch() {
    let world = &*WORLD;
    let rng = &mut rng(40);
    // Ada revokes Bob: a new epoch, the same re-encryption pair, a new lock key sealed to Eve alone.
    let keys = world.keys.next(rng);
    let next = statement(&world.ada, 5, &keys);
    let boxed = seal(&next, &keys, &world.scope_key, rng).unwrap();
    let for_eve = share_of(&next, &boxed, &world.eve);
    let opened = open(
        &world.eve.identity,
        &next,
        ACCESS,
        &transformed(&boxed, &world.to_eve),
        &for_eve,
        &boxed.sealed,
    );
    assert_eq!(opened.unwrap().id(), keys.id(), "who remains notices nothing");

    // Bob and the server: the capsule of the new epoch opens with the old transform key (lock 1 has fallen) ...
    let capsule = transformed(&boxed, &world.to_bob);
    let plaintext =
        world.bob.identity.pre_secret(Curve::C480).open(&Capsule::parse(&capsule).unwrap()).unwrap();
    // ... and every lock key and share that Bob ever held or the server holds does not replace the one he lacks.
    let old_share = world.share(&world.bob);
    for share in [&old_share, &for_eve, &world.share(&world.eve)] {
        let opened = open(&world.bob.identity, &next, ACCESS, &capsule, share, &boxed.sealed);
        assert!(matches!(opened, Err(OpenLockboxError::Share(_))));
    }
    let place = place(&next);
    let guesses = [
        LockKey::from_slice(world.boxed.lock.expose()).unwrap(),
        LockKey::from_slice(&world.keys.to_bytes()[..32]).unwrap(),
        LockKey::from_slice(&world.keys.to_bytes()[32..]).unwrap(),
        LockKey::from_slice(&[0; 32]).unwrap(),
    ];
    for guess in guesses {
        let opened = box_key(world.keys.algorithms(), &plaintext, &guess, &place).open(
            &[0; NONCE],
            &place,
            &boxed.sealed,
        );
        assert!(opened.is_err());
    }
}

#[test]
fn the_public_key_comes_out_of_the_private_one() {
    let world = &*WORLD;
    let again = PreSecret::from_slice(Curve::C480, world.scope_key.expose()).unwrap();
    assert_eq!(again.public(), world.scope_key.public());
    assert_eq!(world.to_bob.delegatee().unwrap(), *world.bob.identity.pre_public(Curve::C480));
    assert_eq!(PreSecret::on_c480(Secret::filled(|_| ())).unwrap_err(), DegenerateKey);
}

/// A lockbox of one suite, granted to Bob.
fn granted_in(suite: Suite, curve: Curve) -> (Epoch, EpochKeys, NewLockbox, Bytes, Bytes) {
    let world = &*WORLD;
    let rng = &mut rng(60);
    let keys = EpochKeys::generate_in(suite, rng).unwrap();
    let epoch = statement(&world.ada, 0, &keys);
    let scope_key = PreSecret::generate(curve, rng).unwrap();
    let boxed = seal(&epoch, &keys, &scope_key, rng).unwrap();
    let key = scope_key.transform_key(world.bob.identity.pre_public(curve), rng).unwrap();
    let (capsule, share) = (transformed(&boxed, &key), share_of(&epoch, &boxed, &world.bob));
    (epoch, keys, boxed, capsule, share)
}

#[test]
fn a_grantee_opens_the_epochs_of_every_suite() {
    let bob = &WORLD.bob.identity;
    let lengths = [
        (Suite::CLASSIC, Curve::C480, 80),
        (Suite::HYBRID, Curve::C480, 1_168),
        (Suite::LIGHT, Curve::C256, 80),
    ];
    for (suite, curve, length) in lengths {
        let (epoch, keys, boxed, capsule, share) = granted_in(suite, curve);
        assert_eq!(share.len(), length);
        let opened = open(bob, &epoch, ACCESS, &capsule, &share, &boxed.sealed).unwrap();
        assert_eq!((opened.id(), opened.suite()), (keys.id(), suite));
        // The same parts under the name of another suite.
        for other in lengths.map(|other| other.0).into_iter().filter(|other| *other != suite) {
            let renamed = Epoch { suite: other, ..epoch.clone() };
            let opened = open(bob, &renamed, ACCESS, &capsule, &share, &boxed.sealed);
            assert!(matches!(opened, Err(OpenLockboxError::Share(_))), "{suite:?} as {other:?}");
        }
    }
}

/// A scope that went to a stronger curve has its earlier epochs on that one; the other way around nothing is made or taken.
#[test]
fn a_stronger_curve_is_taken_and_a_weaker_one_is_not() {
    let bob = &WORLD.bob;
    let (epoch, keys, boxed, capsule, share) = granted_in(Suite::LIGHT, Curve::C480);
    assert!(open(&bob.identity, &epoch, ACCESS, &capsule, &share, &boxed.sealed).is_ok());

    // The same lock key, another lock 1: what was shared goes on to open.
    let light = PreSecret::generate(Curve::C256, &mut rng(61)).unwrap();
    let again = seal_anew(&epoch, &keys, &light, boxed.lock, &mut rng(62)).unwrap();
    let key = light.transform_key(bob.identity.pre_public(Curve::C256), &mut rng(63)).unwrap();
    let opened = open(&bob.identity, &epoch, ACCESS, &transformed(&again, &key), &share, &again.sealed);
    assert_eq!(opened.unwrap().id(), keys.id());

    for suite in [Suite::CLASSIC, Suite::HYBRID] {
        let strong = EpochKeys::generate_in(suite, &mut rng(64)).unwrap();
        let epoch = statement(&WORLD.ada, 0, &strong);
        let refused = seal(&epoch, &strong, &light, &mut rng(65)).unwrap_err();
        assert_eq!(refused, SealLockboxError::Curve);
        // Made all the same, by who does not check.
        let lock = LockKey::generate(&mut rng(66));
        let weak = NewLockbox { lock, ..again_of(&again) };
        let share = share_of(&epoch, &weak, bob);
        let opened = open(&bob.identity, &epoch, ACCESS, &transformed(&weak, &key), &share, &weak.sealed);
        assert_eq!(opened.map(|keys| keys.id()), Err(OpenLockboxError::WeakCapsule));
    }
    let wrong_curve = light.transform_key(bob.identity.pre_public(Curve::C480), &mut rng(67));
    assert!(matches!(wrong_curve, Err(InvalidPre::Length { .. })));
}

fn again_of(boxed: &NewLockbox) -> NewLockbox {
    let lock = LockKey::from_slice(boxed.lock.expose()).unwrap();
    NewLockbox { capsule: boxed.capsule.clone(), sealed: boxed.sealed.clone(), lock }
}

/// A manager's grantee: two transforms in a row, and the lock key that the manager took from its own share.
#[test]
fn by_way_of_a_manager_two_transforms_and_a_share_that_was_sealed_again_open() {
    let world = &*WORLD;
    let carol = person(5);
    let onward = AccessId::from_bytes([9; 16]);
    let lock = lock_of(&world.bob.identity, &world.epoch, ACCESS, &world.share(&world.bob)).unwrap();
    let who = carol.identity.principal();
    let share = share(&world.epoch, &lock, onward, who, carol.cards.current(), &mut rng(2)).unwrap();
    let once = Capsule::parse(&world.transformed(&world.to_bob)).unwrap();
    let key =
        world.bob.identity.transform_key(0, carol.identity.pre_public(once.curve()), &mut rng(6)).unwrap();
    let twice = transform(&once, &key, &mut rng(7)).unwrap().to_wire();
    let opened = open(&carol.identity, &world.epoch, onward, &twice, &share, &world.boxed.sealed).unwrap();
    assert!(*opened.to_bytes() == *world.keys.to_bytes());

    // Neither of the two locks opens by itself, nor with one transform, nor with what another manager transforms.
    let closed = |capsule: &[u8], sealed: &[u8]| {
        open(&carol.identity, &world.epoch, onward, capsule, sealed, &world.boxed.sealed)
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(closed(once.as_bytes(), &share), OpenLockboxError::Capsule(_)), "one transform");
    assert!(matches!(closed(&twice, &world.share(&world.bob)), OpenLockboxError::Share(_)), "Bob's share");
    let eves = Capsule::parse(&world.transformed(&world.to_eve)).unwrap();
    let foreign = transform(&eves, &key, &mut rng(7)).unwrap().to_wire();
    assert!(matches!(closed(&foreign, &share), OpenLockboxError::Capsule(_)), "by way of another grantee");
    assert!(matches!(
        lock_of(&world.eve.identity, &world.epoch, ACCESS, &world.share(&world.bob)),
        Err(OpenLockboxError::Share(_))
    ));
}
