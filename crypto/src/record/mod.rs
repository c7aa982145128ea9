//! Records: sealing and opening one encrypted item.
//!
//! ```text
//! CEK = 32 random bytes, new for every version
//! okm = HKDF-Expand(CEK, "pryv content", 64)
//! content key = okm[0..32], commitment = okm[32..64]
//! ciphertext  = AEAD(content key, 0^96, padded content, encoded Protected)
//! place       = CBOR [ "cek", suite, account, record's scope, recipient's scope, term | null, epoch, record, version ]
//! wrapped recipient = wrap(wrap key of the epoch, or of the term's branch, place, CEK)
//! wrapped recipient of a definition = wrap(epoch's definition key, place, CEK)
//! sealed or pending recipient       = Seal(epoch's deposit key, "pryv deposit", place, CEK)
//! ```
//!
//! The content key is used once, hence the zero nonce. AES-GCM does not commit to its key; the commitment, inside the
//! additional data and under the signature, does.

mod author;
mod form;
mod keys;
mod long;
mod open;
mod place;
mod seal;

pub use author::{Author, AuthorNotAllowed};
pub use keys::EpochSource;
pub use long::{LONG, LongContent, SealedContent, UnsealedRecord};
pub use open::{Misplaced, OpenError, OpenedRecord, Sought, UnopenedRecord};
pub use place::{MoverNotAllowed, NewTokens, Placing};
pub use seal::{Draft, Filing, RecordSealer, SealError, SealedRecord};

use crate::{
    primitive::hkdf_expand,
    secret::{ContentKey, Secret},
};
use pryv_wire::{
    RecordId, ScopeId, Suite, encode,
    record::{Protected, Recipient},
};

const DEPOSIT: &[u8] = b"pryv deposit";

/// What a content key gives: the key of the content's AEAD, and the commitment.
struct Content {
    key: Secret<32>,
    commitment: Secret<32>,
}

impl Content {
    fn derive(content_key: &ContentKey) -> Self {
        let okm: Secret<64> = hkdf_expand(content_key.as_secret(), b"pryv content");
        let (key, commitment) = okm.expose().split_at(32);
        Self {
            key: Secret::filled(|bytes| bytes.copy_from_slice(key)),
            commitment: Secret::filled(|bytes| bytes.copy_from_slice(commitment)),
        }
    }
}

/// The place that the content key of one entry is bound to. The suite is that of the epoch for what its own keys wrap or
/// open; what a branch or a definition key wraps is of suite 1 always, as what an account has for itself.
fn entry_place(
    protected: &Protected,
    suite: Suite,
    scope: ScopeId,
    term: Option<RecordId>,
    epoch: u32,
) -> Vec<u8> {
    let Protected { account, scope: own, record, version, .. } = protected;
    encode(&("cek", suite, account, own, scope, term, epoch, record, version))
}

/// The place of one recipient.
fn recipient_place(protected: &Protected, suite: Suite, recipient: &Recipient) -> Vec<u8> {
    entry_place(protected, suite, recipient.scope, recipient.term, recipient.epoch)
}

#[cfg(test)]
mod tests;
