//! The audit: who reached an account is written down before it is answered, and read by its owner.

use super::{Error, Inner, Result, Service};
use crate::{
    permission::{self, Caller},
    store::{AuditLimits, NewEntry},
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId,
    audit::{Act, AuditFilter, AuditLine, AuditPage, Heads, ListAudit},
};

/// The most lines of one page.
const MAX_LIMIT: u32 = 1_000;

/// What a caller is about to be given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    /// Of whom.
    pub(super) account: PrincipalId,
    /// Of which scope.
    pub(super) scope: ScopeId,
    /// By which access; none for the owner.
    pub(super) access: Option<AccessId>,
    /// By which call.
    pub(super) act: Act,
    /// How many records.
    pub(super) records: usize,
}

impl Given {
    /// The entry that tells it.
    pub(super) fn to(self, caller: &Caller) -> NewEntry {
        let Self { account, scope, access, act, records } = self;
        let principal = caller.principal();
        NewEntry {
            account,
            principal,
            access,
            session: (principal == account).then(|| caller.session()),
            act,
            scopes: vec![scope],
            records: u64::try_from(records).unwrap_or(u64::MAX),
        }
    }
}

impl Inner {
    /// How much of an audit is kept.
    pub(super) const fn audit_limits(&self) -> AuditLimits {
        AuditLimits { millis: self.rules.audit_millis, most: self.rules.audit_most }
    }
}

impl Service {
    /// Writes down what is about to be given, durably.
    ///
    /// # Errors
    ///
    /// `storage-full` to grantees; the owner's own data is not withheld for want of room for a line about it.
    pub(super) async fn enter(&self, caller: &Caller, given: Given) -> Result<()> {
        match self.enter_all(caller, vec![given]).await {
            Err(full) if full.code() == ErrorCode::StorageFull && caller.principal() == given.account => {
                Ok(())
            }
            entered => entered,
        }
    }

    /// Writes down all that is about to be given, in one durable write.
    ///
    /// # Errors
    ///
    /// `storage-full`.
    pub(super) async fn enter_all(&self, caller: &Caller, given: Vec<Given>) -> Result<()> {
        if given.is_empty() {
            return Ok(());
        }
        let (now, limits) = (self.now(), self.inner.audit_limits());
        let mut entries: Vec<NewEntry> = given.into_iter().map(|given| given.to(caller)).collect();
        let append = move |tx: &mut crate::store::Tx<'_>| {
            entries.drain(..).try_for_each(|entry| Ok(tx.append_audit(entry, now, limits)?))
        };
        self.inner.store.update(append).await
    }

    /// The audit of the caller's account, a page at a time.
    ///
    /// # Errors
    ///
    /// `not-found` and `not-allowed` to others than the owner, `out-of-range`.
    pub async fn list_audit(&self, caller: Caller, request: ListAudit) -> Result<AuditPage> {
        self.blocking(move |inner| {
            inner.store.read(|view| {
                let owner = permission::owner(&view, &caller, request.account)?;
                if request.limit == 0 || request.limit > MAX_LIMIT {
                    return Err(Error::out_of_range("`limit` is 1 to 1,000", 1_000));
                }
                let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
                let (begins, present) = view.audit_ends(&owner)?;
                let only = request.only.unwrap_or_default();
                let entries = view.audit(&owner, request.after, limit)?.into_iter();
                Ok(AuditPage { lines: entries.map(|entry| line(&only, entry)).collect(), begins, present })
            })
        })
        .await
    }

    /// Where both chains of the caller's own account stand.
    ///
    /// # Errors
    ///
    /// As the store.
    pub fn heads(&self, caller: &Caller) -> Result<Heads> {
        // On the thread of the socket, as the caller is looked up: two rows that were just written or are in the cache. A
        // view of one moment costs more than two rows where the engine has snapshots; both only ever go up.
        self.inner.store.peek(|view| Ok(view.heads(caller)?))
    }
}

fn line(only: &AuditFilter, entry: pryv_wire::audit::AuditEntry) -> AuditLine {
    if only.wants(&entry) { AuditLine::Entry(entry) } else { AuditLine::Other(entry.digest()) }
}
