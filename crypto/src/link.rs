//! Links: principals whose keys derive from a secret that travels in the fragment of a URL, and from a password if there
//! is one.
//!
//! ```text
//! salt           = Expand(Extract("pryv link salt", link secret), "salt", 16)
//! stretched      = Argon2id(password, salt, 65,536 KiB, 3 passes, 4 lanes, 32), or nothing without a password
//! account secret = Expand(Extract("pryv link", link secret || stretched), "account secret", 32)
//! first card     = kind link, created at 0
//! ```
//!
//! Nothing of it but the card is known to a server, and the card's keys are a function of both: without the link secret there is
//! nothing to try a password against.

use crate::{
    identity::{Identity, IdentityError},
    password::{normalised, stretch},
    primitive::{hkdf_expand, hkdf_extract, leaving_no_trace},
    secret::{AccountSecret, LinkSecret, Secret},
};
use pryv_wire::{Signed, Timestamp, account::KeyStretching, card::Card, card::PrincipalKind};

/// How the password of a link is stretched. Fixed, because nobody could be asked for it who is to be believed.
pub const STRETCHING: KeyStretching = KeyStretching::RECOMMENDED;

/// Why a link gave no identity.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The password cannot be used: it is empty or longer than any.
    #[error("the password of a link has 1 to {MAX_PASSWORD} bytes")]
    Password,
    /// The machine has not the memory to stretch it.
    #[error("the password could not be stretched: 64 MiB of memory are needed")]
    Memory,
    /// The secret gives no usable keys, which happens once in 2^480.
    #[error("the link gives no usable keys; make another")]
    Identity(#[source] IdentityError),
}

/// The longest password, in bytes.
const MAX_PASSWORD: usize = 65_535;

/// The keys of a link.
#[derive(Debug)]
pub struct LinkKeys {
    /// What all of them derive from.
    pub secret: AccountSecret,
    /// The keys.
    pub identity: Identity,
    /// The card, which is the same whenever it is made.
    pub card: Signed<Card>,
}

/// The keys of a link: the same for everybody who holds the secret and knows the password. Takes as long as the stretching if
/// there is a password.
///
/// # Errors
///
/// See [`LinkError`].
pub fn keys(secret: &LinkSecret, password: Option<&str>) -> Result<LinkKeys, LinkError> {
    let secret = account_secret(secret, password)?;
    // The id must be found from the secret alone, so the card holds no time that somebody would have to be asked for.
    let (identity, card) = Identity::found(&secret, PrincipalKind::Link, Timestamp::from_millis(0))
        .map_err(LinkError::Identity)?;
    Ok(LinkKeys { secret, identity, card })
}

/// The secret from which the keys of a link derive, as those of an account do from its own.
///
/// # Errors
///
/// [`LinkError`] of the password.
pub fn account_secret(secret: &LinkSecret, password: Option<&str>) -> Result<AccountSecret, LinkError> {
    let Some(password) = password else { return Ok(derive(secret.expose())) };
    let stretched = stretched(secret, password)?;
    let both: Secret<64> = Secret::filled(|bytes| {
        let parts = secret.expose().iter().chain(stretched.expose());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    });
    Ok(derive(both.expose()))
}

fn derive(material: &[u8]) -> AccountSecret {
    AccountSecret::from(hkdf_expand(&hkdf_extract(b"pryv link", material), b"account secret"))
}

fn stretched(secret: &LinkSecret, password: &str) -> Result<Secret<32>, LinkError> {
    let password = normalised(password);
    if password.is_empty() || password.len() > MAX_PASSWORD {
        return Err(LinkError::Password);
    }
    let salt: Secret<16> = hkdf_expand(&hkdf_extract(b"pryv link salt", secret.expose()), b"salt");
    let argon = stretch(&STRETCHING).map_err(|_| LinkError::Memory)?;
    let mut result = Ok(());
    let stretched = Secret::filled(|bytes| {
        leaving_no_trace(|| {
            result = argon.hash_password_into(password.as_bytes(), salt.expose(), bytes);
        });
    });
    result.map(|()| stretched).map_err(|_| LinkError::Memory)
}

#[cfg(test)]
mod tests;
