//! Links: from the secret in a URL, and a password if there is one, to the card that a server knows.

use crate::{
    fixed::{bytes, hex, text},
    formulas::{expand, extract, nfc},
};
use pryv_crypto::{LinkSecret, link};
use serde_json::{Value, json};

pub(crate) fn link(case: &Value) -> Value {
    let secret = bytes(case, "link_secret");
    let password = text(case, "password");
    let salt = expand(&extract("pryv link salt", &secret), "salt", 16);
    let mut stretched = Vec::new();
    if !password.is_empty() {
        stretched = vec![0; 32];
        let parameters = argon2::Params::new(65_536, 3, 4, Some(32)).unwrap();
        argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters)
            .hash_password_into(nfc(password).as_bytes(), &salt, &mut stretched)
            .unwrap();
    }
    let account_secret =
        expand(&extract("pryv link", &[&secret[..], &stretched].concat()), "account secret", 32);

    let by_crate = Some(password).filter(|password| !password.is_empty());
    let keys = link::keys(&LinkSecret::from_slice(&secret).unwrap(), by_crate).unwrap();
    assert_eq!(keys.secret.expose()[..], account_secret);
    let mut case = case.clone();
    case.as_object_mut().unwrap().extend(
        json!({
            "salt": hex(salt),
            "stretched": hex(stretched),
            "account_secret": hex(account_secret),
            "card_body": hex(pryv_wire::encode(&keys.card.unverified().unwrap())),
            "principal": keys.identity.principal().to_string(),
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    case
}
