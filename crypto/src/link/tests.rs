use super::*;
use pryv_wire::PrincipalId;

const SECRET: [u8; 32] = [0x71; 32];

fn id(secret: [u8; 32], password: Option<&str>) -> PrincipalId {
    keys(&LinkSecret::from_slice(&secret).unwrap(), password).unwrap().identity.principal()
}

#[test]
fn secret_and_password_make_the_identity_and_nothing_else_does() {
    let plain = id(SECRET, None);
    let locked = id(SECRET, Some("four words are enough"));
    assert_eq!(id(SECRET, None), plain, "everybody who holds the secret is the same principal");
    assert_eq!(id(SECRET, Some("four words are enough")), locked);
    let mut other = SECRET;
    other[31] ^= 1;
    let all = [plain, locked, id(SECRET, Some("four words are Enough")), id(other, None)];
    let distinct: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn a_password_is_the_same_from_every_keyboard() {
    assert_eq!(id(SECRET, Some("p\u{e4}sswort")), id(SECRET, Some("pa\u{308}sswort")));
}

#[test]
fn an_empty_or_endless_password_is_refused() {
    let secret = LinkSecret::from_slice(&SECRET).unwrap();
    assert_eq!(keys(&secret, Some("")).unwrap_err(), LinkError::Password);
    assert_eq!(keys(&secret, Some(&"x".repeat(65_536))).unwrap_err(), LinkError::Password);
}

#[test]
fn the_card_says_that_it_is_a_link_and_verifies() {
    let LinkKeys { identity, card, .. } = keys(&LinkSecret::from_slice(&SECRET).unwrap(), None).unwrap();
    let cards = pryv_proxy_crypto::CardChain::verify(&[card], identity.principal()).unwrap();
    assert_eq!(cards.current().kind, PrincipalKind::Link);
    assert_eq!(cards.current().created_at.as_millis(), 0);
}

/// The formula of the head of this module, written again.
#[test]
fn the_secret_is_the_one_of_the_formula() {
    use hkdf::Hkdf;
    use sha2::Sha256;
    let expand = |label: &[u8], material: &[u8], info: &[u8], out: &mut [u8]| {
        Hkdf::<Sha256>::new(Some(label), material).expand(info, out).unwrap();
    };
    let secret = LinkSecret::from_slice(&SECRET).unwrap();
    let mut expected = [0; 32];
    expand(b"pryv link", &SECRET, b"account secret", &mut expected);
    assert_eq!(account_secret(&secret, None).unwrap().expose(), &expected);

    let (mut salt, mut stretched) = ([0; 16], [0; 32]);
    expand(b"pryv link salt", &SECRET, b"salt", &mut salt);
    let parameters = argon2::Params::new(65_536, 3, 4, None).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, parameters)
        .hash_password_into(b"pass", &salt, &mut stretched)
        .unwrap();
    expand(b"pryv link", &[SECRET, stretched].concat(), b"account secret", &mut expected);
    assert_eq!(account_secret(&secret, Some("pass")).unwrap().expose(), &expected);
}
