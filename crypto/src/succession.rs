//! Succession: an account secret, and those that it replaced.
//!
//! ```text
//! earlier = wrap(keyring key of the present secret, [ "earlier secrets", suite, account, count ],
//!                first secret || ... || the one before the present)
//! ```
//!
//! One wrap and not a chain of wraps: it opens in one step however often an account was rotated, and its count is bound
//! to the number of cards, so that none can be left out.

use crate::{
    holder::OpenSecretError,
    identity::keyring_key,
    primitive::{AeadKey, NotOpened},
    secret::AccountSecret,
    wrap,
};
use pryv_wire::{Bytes, PrincipalId, Suite, encode};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

/// The present account secret, and the earlier ones.
pub struct AccountSecrets {
    present: AccountSecret,
    earlier: Vec<AccountSecret>,
}

impl AccountSecrets {
    /// The secret of an account that was never rotated.
    #[must_use]
    pub const fn first(secret: AccountSecret) -> Self {
        Self { present: secret, earlier: Vec::new() }
    }

    /// A present secret and earlier ones, first one first.
    #[must_use]
    pub const fn new(present: AccountSecret, earlier: Vec<AccountSecret>) -> Self {
        Self { present, earlier }
    }

    /// Opens the earlier secrets with the present one. `count` is how many there must be.
    ///
    /// # Errors
    ///
    /// [`OpenSecretError::NotOpened`] if they are not those of this account, or not so many.
    pub fn open(
        present: AccountSecret,
        account: PrincipalId,
        count: usize,
        earlier: Option<&[u8]>,
    ) -> Result<Self, OpenSecretError> {
        let not_opened = || OpenSecretError::NotOpened(NotOpened);
        let earlier = match (count, earlier) {
            (0, None) => return Ok(Self::first(present)),
            (0, Some(_)) | (_, None) => return Err(not_opened()),
            (_, Some(earlier)) => earlier,
        };
        let bytes = wrap::unwrap(&key(&present), &place(account, count), earlier)
            .map_err(OpenSecretError::NotOpened)?;
        let (secrets, rest) = bytes.as_chunks::<{ AccountSecret::LENGTH }>();
        let secrets: Vec<_> = secrets.iter().filter_map(|secret| AccountSecret::from_slice(secret)).collect();
        if secrets.len() == count && rest.is_empty() {
            Ok(Self { present, earlier: secrets })
        } else {
            Err(not_opened())
        }
    }

    /// The present secret.
    #[must_use]
    pub const fn present(&self) -> &AccountSecret {
        &self.present
    }

    /// The earlier secrets, first one first.
    #[must_use]
    pub fn earlier(&self) -> &[AccountSecret] {
        &self.earlier
    }

    /// A new secret after these.
    #[must_use]
    pub fn succeed(&self, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let all = self.earlier.iter().chain(std::iter::once(&self.present));
        let earlier = all.filter_map(|secret| AccountSecret::from_slice(secret.expose())).collect();
        Self { present: AccountSecret::generate(rng), earlier }
    }

    /// Wraps the earlier secrets under the present one; none if there are none.
    #[must_use]
    pub fn wrap_earlier(&self, account: PrincipalId, rng: &mut (impl RngCore + CryptoRng)) -> Option<Bytes> {
        if self.earlier.is_empty() {
            return None;
        }
        let mut all = Zeroizing::new(Vec::with_capacity(self.earlier.len() * AccountSecret::LENGTH));
        for secret in &self.earlier {
            all.extend_from_slice(secret.expose());
        }
        Some(wrap::wrap(&key(&self.present), &place(account, self.earlier.len()), &all, rng).into())
    }
}

fn key(present: &AccountSecret) -> AeadKey {
    AeadKey::new(&keyring_key(present))
}

fn place(account: PrincipalId, count: usize) -> Vec<u8> {
    encode(&("earlier secrets", Suite::CLASSIC, account, count as u64))
}

impl fmt::Debug for AccountSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountSecrets").field("earlier", &self.earlier.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
