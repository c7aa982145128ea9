use crate::{
    fixture::{epoch, person, rng},
    lockbox::PreSecret,
    password::{ClientLogin, ClientRegistration, ExportKey},
    primitive::{AeadKey, SigningKey},
    record::{OpenedRecord, SealedRecord},
    recovery::RecoveryPhrase,
    *,
};
use crate::{
    index::{Form, IndexKey, UniqueKey},
    secret::{ContentKey, LockKey},
};
use serde::Serialize;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::hash::Hash;
use zeroize::ZeroizeOnDrop;

macro_rules! guarded {
    ($($secret:ty),+ $(,)?) => {$(
        assert_not_impl_any!($secret: Clone, Copy, PartialEq, PartialOrd, Hash, Serialize, std::fmt::Display);
    )+};
}

guarded!(
    Secret<32>,
    AccountSecret,
    ContentKey,
    LockKey,
    ExportKey,
    RecoveryPhrase,
    PreSecret,
    EpochKeys,
    Identity,
    Keyring,
    IndexKey,
    UniqueKey,
    ClientLogin,
    ClientRegistration,
    SealedRecord,
    OpenedRecord,
    AeadKey,
    SigningKey,
);
assert_impl_all!(Secret<32>: ZeroizeOnDrop);
// These never print at all.
assert_not_impl_any!(AeadKey: std::fmt::Debug);
assert_not_impl_any!(SigningKey: std::fmt::Debug);

#[test]
fn nothing_secret_is_printed() {
    let rng = &mut rng(1);
    let ada = person(1);
    let (_, keys) = epoch(&ada, 0);
    let printed = [
        format!("{:?}", Secret::<32>::random(rng)),
        format!("{:?}", AccountSecret::generate(rng)),
        format!("{:?}", ContentKey::generate(rng)),
        format!("{:?}", LockKey::generate(rng)),
        format!("{:?}", RecoveryPhrase::generate(rng)),
        format!("{:?}", PreSecret::generate(pryv_proxy_crypto::pre::Curve::C480, rng).unwrap()),
        format!("{:?}", IndexKey::new(&keys, "uri", &["/a"], &Form::Equality)),
        format!("{:?}", UniqueKey::new(&keys, "uri", "/a")),
        format!("{:?}", ClientLogin::start("password", rng).unwrap().0),
        format!("{:?}", ClientRegistration::start("password", rng).unwrap().0),
    ];
    let expected = [
        "Secret(..)",
        "AccountSecret(..)",
        "ContentKey(..)",
        "LockKey(..)",
        "RecoveryPhrase(..)",
        "PreSecret(..)",
        "IndexKey(..)",
        "UniqueKey(..)",
        "ClientLogin(..)",
        "ClientRegistration(..)",
    ];
    assert_eq!(printed, expected);
    assert_eq!(format!("{keys:?}"), format!("EpochKeys {{ id: {:?}, .. }}", keys.id()));
    let principal = ada.identity.principal();
    assert_eq!(format!("{:?}", ada.identity), format!("Identity {{ principal: {principal:?}, .. }}"));
    assert_eq!(format!("{:?}", ada.identity.keyring()), format!("Keyring {{ account: {principal:?}, .. }}"));
}

#[test]
fn secrets_compare_and_take_exact_lengths_only() {
    let secret = Secret::<4>::from_slice(&[1, 2, 3, 4]).unwrap();
    assert!(secret.ct_eq(&Secret::from_slice(&[1, 2, 3, 4]).unwrap()));
    assert!(!secret.ct_eq(&Secret::from_slice(&[1, 2, 3, 5]).unwrap()));
    assert!(Secret::<4>::from_slice(&[1, 2, 3]).is_none());
    assert!(AccountSecret::from_slice(&[0; 33]).is_none());
}
