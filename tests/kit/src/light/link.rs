//! Links driven by hand: for a server that swaps their cards, and for a thief who guesses.

use pryv_crypto::{AccountSecret, Identity, LinkSecret, link};
use pryv_wire::{
    PrincipalId, Signed, Timestamp,
    card::{Card, PrincipalKind},
};
use rand::{SeedableRng, rngs::StdRng};

/// The card of a link that is not the one of any URL.
///
/// # Panics
///
/// Once in 2^480.
#[must_use]
pub fn foreign_link_card() -> Signed<Card> {
    let secret = AccountSecret::generate(&mut StdRng::from_entropy());
    Identity::found(&secret, PrincipalKind::Link, Timestamp::from_millis(0)).expect("usable keys").1
}

/// Who somebody would be who takes these bytes for the secret of a link.
///
/// # Panics
///
/// If the password is empty.
#[must_use]
pub fn guessed_link(secret: [u8; 32], password: Option<&str>) -> PrincipalId {
    let secret = LinkSecret::from_slice(&secret).expect("32 bytes");
    link::keys(&secret, password).expect("usable keys").identity.principal()
}

/// The secret in the text of a share link.
///
/// # Panics
///
/// If it is not the text of one.
#[must_use]
pub fn link_secret(text: &str) -> Vec<u8> {
    let key = text.rsplit(['#', '/']).next().expect("a key");
    let bytes = data_encoding::BASE32_NOPAD_NOCASE.decode(key.as_bytes()).expect("base32");
    bytes[1..33].to_vec()
}
