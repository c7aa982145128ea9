//! What a test does behind the SDK's back.

use super::{User, World};
use crate::light::{CallError, Collection, LightAccount, put};
use pryv_sdk::Collection as Handle;
use pryv_wire::{
    AccessId, Bytes, Problem, RecordId, ScopeId, TransactionId, decode, encode,
    record::{Envelope, GetRecord, Placement},
};
use serde_json::Value;

impl World {
    /// A user's account, driven message by message, in a session of its own.
    pub async fn by_hand(&self, user: &User) -> LightAccount {
        LightAccount::log_in(self.transport(), &user.username, user.password_text()).await
    }

    /// The problem that a call was refused with.
    ///
    /// # Panics
    ///
    /// If it was not refused.
    pub fn refusal<T: std::fmt::Debug>(answer: Result<T, CallError>) -> Problem {
        match answer {
            Err(CallError::Refused(mut problem)) => {
                problem.details.request = None;
                problem
            }
            other => panic!("a refusal was expected, not {other:?}"),
        }
    }

    /// The id of a scope that does not exist.
    #[must_use]
    pub fn random_scope(&self) -> ScopeId {
        ScopeId::from_bytes(self.canary.random())
    }

    /// The newest epoch that a stored record is written to.
    ///
    /// # Panics
    ///
    /// If there is no such record.
    pub async fn epoch_of(&self, user: &User, scope: ScopeId, record: RecordId) -> u32 {
        let by_hand = self.by_hand(user).await;
        let get = GetRecord { account: user.account.id(), scope, record };
        let envelope: Envelope =
            decode(&by_hand.call(&get).await.expect("a record").record).expect("an envelope");
        let placement: Placement = decode(&envelope.placement).expect("a placement");
        placement.recipients.iter().map(|recipient| recipient.epoch).max().expect("a recipient")
    }

    /// Writes an instance of any shape, past the SDK's validation.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn write_by_hand(&self, user: &User, scope: ScopeId, content: &Value) -> RecordId {
        let by_hand = self.by_hand(user).await;
        let collection = by_hand.open_collection(by_hand.id(), scope, None).await;
        let record = RecordId::from_bytes(self.canary.random());
        let envelope = by_hand.seal(&collection, record, 1, &encode(content));
        let transaction = TransactionId::from_bytes(self.canary.random());
        by_hand.commit(transaction, vec![put(&envelope)]).await.expect("a record written by hand");
        record
    }

    /// A record as a grantee can seal it with the keys of its access, and sign it, whatever its level.
    pub async fn envelope_by_grantee(
        &self,
        grantee: &User,
        collection: &Handle,
        access: AccessId,
        record: RecordId,
        version: u64,
    ) -> Bytes {
        let by_hand = self.by_hand(grantee).await;
        let opened = by_hand.open_collection(collection.owner(), collection.scope(), Some(access)).await;
        let content = serde_json::json!({ "text": "made up", "topic": "x", "number": 1 });
        Bytes::from(encode(&by_hand.seal(&opened, record, version, &encode(&content))))
    }

    /// A collection of somebody else's, as a stranger who knows no more than its id imagines it.
    #[must_use]
    pub fn imagined_collection(&self, of: pryv_wire::PrincipalId, scope: ScopeId) -> Collection {
        Collection::imagined(of, scope)
    }
}
