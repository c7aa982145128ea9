//! Recovery phrases: 24 words that open the account secret when the password is lost.
//!
//! ```text
//! entropy = 32 random bytes; the phrase is their BIP 39 mnemonic in English
//! PRK = HKDF-Extract("pryv recovery", entropy)
//! sealing key = HKDF-Expand(PRK, "sealing", 32)        X25519: the account secret is sealed to its public half
//! binding key = HKDF-Expand(PRK, "account", 32)        HMAC-SHA-256
//! verifier = Ed25519 public key of the seed HKDF-Expand(PRK, "verifier", 32)
//! ```

use crate::{
    holder::CredentialKeys,
    primitive::{SigningKey, hkdf_expand, hkdf_extract, leaving_no_trace},
    secret::{AccountSecret, Secret},
};
use bip39::{Language, Mnemonic};
use pryv_wire::{
    Digest, PrincipalId,
    account::RecoveryCredential,
    bytes::{Signature, SigningPublicKey},
    holder::Holder,
};
use rand_core::{CryptoRng, RngCore};
use std::fmt;
use zeroize::Zeroizing;

/// Words that are no recovery phrase.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPhrase {
    /// The number of words is not 24.
    #[error("a recovery phrase has 24 words, not {found}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// A word is not in the list.
    #[error("word {position} is not in the word list; check its spelling")]
    Word {
        /// Which word, counted from 1.
        position: usize,
    },
    /// The words do not fit together: two were swapped, or one is another word of the list.
    #[error("the words do not fit together; check their order")]
    Checksum,
}

/// A recovery phrase.
pub struct RecoveryPhrase(Secret<32>);

impl RecoveryPhrase {
    /// How many words it has.
    pub const WORDS: usize = 24;

    /// Draws a phrase.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(Secret::random(rng))
    }

    /// Reads a phrase as a person writes it: case and white space do not matter.
    ///
    /// # Errors
    ///
    /// [`InvalidPhrase`] says which word to look at.
    pub fn parse(words: &str) -> Result<Self, InvalidPhrase> {
        let words = Zeroizing::new(words.to_lowercase());
        let found = words.split_whitespace().count();
        if found != Self::WORDS {
            return Err(InvalidPhrase::Count { found });
        }
        let mut spaced = Zeroizing::new(String::with_capacity(words.len()));
        for word in words.split_whitespace() {
            if !spaced.is_empty() {
                spaced.push(' ');
            }
            spaced.push_str(word);
        }
        leaving_no_trace(|| {
            let mnemonic =
                Mnemonic::parse_in_normalized(Language::English, &spaced).map_err(|error| match error {
                    bip39::Error::UnknownWord(index) => InvalidPhrase::Word { position: index + 1 },
                    _ => InvalidPhrase::Checksum,
                })?;
            let (mut entropy, length) = mnemonic.to_entropy_array();
            let secret = entropy.get(..length).and_then(Secret::from_slice);
            zeroize::Zeroize::zeroize(&mut entropy);
            secret.map(Self).ok_or(InvalidPhrase::Count { found })
        })
    }

    /// The words, to be shown to the person once.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mut words = Zeroizing::new(String::with_capacity(Self::WORDS * 9));
        leaving_no_trace(|| {
            // 32 bytes are a length that BIP 39 knows.
            if let Ok(mnemonic) = Mnemonic::from_entropy_in(Language::English, self.0.expose()) {
                for word in mnemonic.words() {
                    if !words.is_empty() {
                        words.push(' ');
                    }
                    words.push_str(word);
                }
            }
        });
        words
    }

    /// What a server verifies the phrase's signatures with.
    #[must_use]
    pub fn verifier(&self) -> SigningPublicKey {
        self.signing_key().public()
    }

    /// Signs the bytes of a challenge.
    #[must_use]
    pub fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        self.signing_key().sign(bytes)
    }

    /// Everything a server keeps of the phrase; none if nothing can be sealed to its key, which no phrase gives.
    #[must_use]
    pub fn credential(
        &self,
        secret: &AccountSecret,
        account: PrincipalId,
        card: Digest,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Option<RecoveryCredential> {
        let keys = self.keys();
        let wrap = keys.seal(secret, account, card, rng).ok()?;
        let (verifier, key, binding) = (self.verifier(), keys.public(), keys.bind(account));
        Some(RecoveryCredential { verifier, key, binding, wrap })
    }

    /// The keys that the account secret is sealed to.
    #[must_use]
    pub fn keys(&self) -> CredentialKeys {
        CredentialKeys::derive(Holder::Recovery, &self.prk())
    }

    fn prk(&self) -> Secret<32> {
        hkdf_extract(b"pryv recovery", self.0.expose())
    }

    fn signing_key(&self) -> SigningKey {
        SigningKey::new(&hkdf_expand(&self.prk(), b"verifier"))
    }
}

impl fmt::Debug for RecoveryPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryPhrase(..)")
    }
}

#[cfg(test)]
mod tests;
