//! Records of others: the cards and the access that prove that an author might write.

use super::{Account, lock};
use crate::{
    distrust::Distrust,
    failure::Failure,
    locked::LockReason,
    protocol::{access, record::open_fault, scope::ScopeState, tree::Held, versions::Asked},
};
use pryv_crypto::{
    VerifiedAccess,
    record::{Author, EpochSource, OpenError, OpenedRecord, Sought, UnopenedRecord},
};
use pryv_proxy_crypto::VerifiedCards;
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, RecordId, ScopeId,
    access::{AccessState, GetAccess},
    record::RecipientKind,
};
use std::sync::Arc;

/// An access that was verified, and up to which epoch its revocation would have been seen.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    pub(crate) access: Arc<VerifiedAccess>,
    pub(crate) as_of: u32,
}

impl Account {
    /// Marks a question about records that is asked now: its answer is held against what is known by now.
    pub(crate) fn asking(&self) -> Asked {
        lock(&self.0.versions).asking()
    }

    /// Opens one record and takes note of its version.
    pub(crate) async fn open_record(
        &self,
        state: &ScopeState,
        unopened: UnopenedRecord,
        record: Option<RecordId>,
        asked: Asked,
    ) -> Result<OpenedRecord, Failure> {
        let place = (state.owner, state.scope, unopened.protected().record);
        let at_least = lock(&self.0.versions).known(&place, asked);
        let opened = self.open_version(state, unopened, record, at_least).await?;
        lock(&self.0.versions).note(place, opened.protected.version, opened.digest, asked)?;
        Ok(opened)
    }

    /// Opens an earlier version of a record, which must be what it was if it was seen before.
    pub(crate) async fn open_earlier(
        &self,
        state: &ScopeState,
        unopened: UnopenedRecord,
        record: RecordId,
    ) -> Result<OpenedRecord, Failure> {
        let opened = self.open_version(state, unopened, Some(record), 0).await?;
        let place = (state.owner, state.scope, record);
        lock(&self.0.versions).check(&place, opened.protected.version, opened.digest)?;
        Ok(opened)
    }

    async fn open_version(
        &self,
        state: &ScopeState,
        mut unopened: UnopenedRecord,
        record: Option<RecordId>,
        at_least: u64,
    ) -> Result<OpenedRecord, Failure> {
        let (owner, scope) = (state.owner, state.scope);
        let claimed = unopened.protected().clone();
        self.know_terms_of(state, std::slice::from_ref(&unopened)).await?;
        let trees = state.trees();
        let keys = Held::of(state, &trees);
        let sought = Sought { account: owner, scope, record, at_least };
        let newest = newest_epoch(state, &unopened);
        let fault = |error| match error {
            // An owner holds the keys of every epoch that there is.
            OpenError::NoKey if owner == self.id() => {
                Distrust::Malformed { what: "a record of an epoch that was never begun" }.into()
            }
            OpenError::NoKey => LockReason::EpochNotHeld { epoch: newest }.into(),
            other => open_fault(&other),
        };
        if let Some(moved) = unopened.moved().copied() {
            unopened = match moved.access {
                None => {
                    let check = |cards: &VerifiedCards| {
                        let (mut moved, cards) = (unopened.clone(), state.cards_in(cards, newest));
                        moved.check_mover(Author::Owner(&cards)).map_err(|error| open_fault(&error))?;
                        Ok(moved)
                    };
                    self.with_cards(owner, check).await?
                }
                Some(id) => {
                    let evidence = self.evidence(owner, id, newest.max(state.last_epoch())).await?;
                    let check = |cards: &VerifiedCards| {
                        let cards = state.grantee_cards_in(cards, newest);
                        let (mut moved, author) =
                            (unopened.clone(), Author::Grantee { cards: &cards, access: &evidence });
                        moved.check_mover(author).map_err(|error| open_fault(&error))?;
                        Ok(moved)
                    };
                    self.with_cards(evidence.access().grantee, check).await?
                }
            };
        }
        if let Some(content) = self.client().open_long(|| unopened.long(&sought, &keys)).await {
            unopened.decrypted(content);
        }
        let opened = match claimed.access {
            None => {
                let open = |cards: &VerifiedCards| {
                    // What is filed or wrapped anew after a rotation keeps its author's signature of before.
                    let cards = state.cards_in(cards, claimed.epoch);
                    unopened.clone().open(&sought, &keys, Author::Owner(&cards)).map_err(fault)
                };
                self.with_cards(owner, open).await?
            }
            Some(id) => {
                let evidence = self.evidence(owner, id, newest.max(state.last_epoch())).await?;
                let open = |cards: &VerifiedCards| {
                    let cards = state.grantee_cards_in(cards, claimed.epoch);
                    let author = Author::Grantee { cards: &cards, access: &evidence };
                    unopened.clone().open(&sought, &keys, author).map_err(fault)
                };
                self.with_cards(evidence.access().grantee, open).await?
            }
        };
        Ok(opened)
    }

    /// Verifies an access to an account, with the chain behind it.
    pub(crate) async fn verify_access(
        &self,
        owner: PrincipalId,
        state: &AccessState,
        access: AccessId,
    ) -> Result<VerifiedAccess, Failure> {
        let claimed = access::claimed(state)?;
        if claimed.account != owner {
            return Err(Distrust::InventedAccess { access }.into());
        }
        let verify = |signers: &access::Signers| Ok(access::verify(signers, state, access)?);
        self.with_signers_of(state, verify).await
    }

    /// Makes known the terms by which these records open, where the whole scope is not held and no term known so far opens
    /// them.
    pub(crate) async fn know_terms_of(
        &self,
        state: &ScopeState,
        records: &[UnopenedRecord],
    ) -> Result<(), Failure> {
        let mut unknown = Vec::new();
        {
            let trees = state.trees();
            let keys = Held::of(state, &trees);
            for record in records {
                let protected = record.protected();
                let recipients = &record.placement().recipients;
                if recipients.iter().any(|recipient| {
                    recipient.term.is_none() && keys.keys(recipient.scope, recipient.epoch).is_some()
                }) {
                    continue;
                }
                let wrapped = recipients.iter().filter(|entry| entry.kind == RecipientKind::Wrapped);
                let terms: Vec<_> =
                    wrapped.filter_map(|entry| Some((entry.scope, entry.term?, entry.epoch))).collect();
                let opens = |(ontology, term, epoch): &(ScopeId, RecordId, u32)| {
                    keys.branch(protected.scope, *ontology, *term, *epoch).is_some()
                };
                if !terms.iter().any(opens) {
                    unknown.extend(terms.into_iter().map(|(ontology, term, _)| (ontology, term)));
                }
            }
        }
        self.know_terms(state, unknown).await
    }

    /// An access as its grantor signed it, with its revocation if there was one by `epoch`.
    async fn evidence(
        &self,
        owner: PrincipalId,
        access: AccessId,
        epoch: u32,
    ) -> Result<Arc<VerifiedAccess>, Failure> {
        let known = lock(&self.0.evidence).get(&(owner, access)).cloned();
        if let Some(Evidence { access, as_of }) = known
            && (access.end().is_some() || epoch <= as_of)
        {
            return Ok(access);
        }
        let ended = self.ended();
        let state = match self.call(&GetAccess { account: owner, access }).await {
            Ok(state) => state,
            // The server shows a record and not the access that it was written by.
            Err(failure) if failure.refusal() == Some(ErrorCode::NotFound) => {
                return Err(Distrust::AuthorNotAllowed.into());
            }
            Err(failure) => return Err(failure),
        };
        let verified = Arc::new(self.verify_access(owner, &state, access).await?);
        self.check_end(&verified, &ended)?;
        self.note_evidence(owner, &verified, epoch);
        Ok(verified)
    }
}

/// The newest epoch of the scope that a record claims to be written to.
pub(crate) fn newest_epoch(state: &ScopeState, unopened: &UnopenedRecord) -> u32 {
    let recipients = unopened.placement().recipients.iter();
    recipients
        .filter(|recipient| recipient.scope == state.scope)
        .map(|recipient| recipient.epoch)
        .max()
        .unwrap_or(0)
}
