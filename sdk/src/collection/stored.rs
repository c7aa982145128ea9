//! What the server has of a record: everything there is of it, as it stores it.

use super::{Collection, ReadError};
use crate::{distrust::Distrust, failure::Failure, locked::LockReason};
use pryv_crypto::record::UnopenedRecord;
use pryv_wire::{
    RecordId,
    access::Level,
    bytes::Signature,
    record::{GetRecord, Placement, Protected},
};

/// One record as the server stores it. It was opened before it is shown: it is the record's own.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The whole envelope, byte for byte.
    pub envelope: Vec<u8>,
    /// The part of it that is the content, encrypted and padded.
    pub ciphertext: Vec<u8>,
    /// What stands in it in clear, and is signed.
    pub clear: Protected,
    /// For whom the content key is wrapped, and the index tokens.
    pub placement: Placement,
    /// The author's signature.
    pub signature: Signature,
}

impl Collection {
    /// What the server has of a record, to be shown to a person.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub async fn stored(&self, id: RecordId) -> Result<StoredRecord, ReadError> {
        self.may(Level::reads, LockReason::WriteOnly)?;
        let call = GetRecord { account: self.owner(), scope: self.scope(), record: id };
        let asked = self.0.account.asking();
        let found = match self.0.account.call(&call).await {
            Ok(found) => found,
            Err(failure) => return Err(self.unfound(id, failure, asked).await),
        };
        self.open(&found.record, Some(id), asked).await?;
        let malformed = |_| Failure::from(Distrust::Malformed { what: "a record" });
        let parsed = UnopenedRecord::parse(&found.record).map_err(malformed)?;
        Ok(StoredRecord {
            envelope: found.record.to_vec(),
            ciphertext: parsed.envelope().ciphertext.to_vec(),
            clear: parsed.protected().clone(),
            placement: parsed.placement().clone(),
            signature: parsed.envelope().signature,
        })
    }
}
