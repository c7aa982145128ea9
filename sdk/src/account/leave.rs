//! Leaving: who holds an access ends it itself.

use super::{Account, OpenError, ReceivedAccess, grant::ATTEMPTS, revoke::granted_onwards};
use crate::{
    access::Access as Shown, failure::Failure, leave_receipt::LeaveReceipt, protocol::access,
    text::Fingerprint,
};
use pryv_wire::{
    AccessId, ErrorCode, PrincipalId, ScopeId,
    access::{Access, GetAccess, LastEpoch, Level, Revocation},
    card::PrincipalKind,
    transaction::Operation,
};
use std::collections::BTreeSet;

/// Why an access was not left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaveError {
    /// The access has ended already.
    #[error("the access has ended already")]
    AlreadyEnded,
    /// What was granted onwards by it has not ended: whether it goes on is for the owner of the collections to say.
    #[error(
        "{} others hold what you granted onwards by this access: end those first, or ask the owner to end yours and say what \
         becomes of them",
        .accesses.len()
    )]
    StillGrants {
        /// What was granted by it that is not over.
        accesses: Vec<Shown>,
    },
    /// A group received the access: none of its members ends it for the others.
    #[error("the group {} received the access: leave the group, or ask its owner", Fingerprint::of(*.group))]
    OfGroup {
        /// The group.
        group: PrincipalId,
    },
    /// Whoever has a link holds its access: none of them ends it for the others.
    #[error("the access is that of a link, which others may hold: whoever made it ends it")]
    OfLink,
    /// What can go wrong in every operation.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl LeaveError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyEnded => "already-revoked",
            Self::StillGrants { .. } => "still-grants",
            Self::OfGroup { .. } => "held-by-group",
            Self::OfLink => "held-by-link",
            Self::Failed(failure) => failure.code(),
        }
    }
}

impl ReceivedAccess {
    /// Ends this access from the side of who holds it; a membership of a group too. The server serves nothing by it any longer;
    /// new keys are the owner's to make, whose client does so when it next runs ([`Account::maintain`]). The receipt says so.
    ///
    /// It asks for the present keys of what the access reaches, as reading does: the end names the epochs in which it counted.
    ///
    /// # Errors
    ///
    /// See [`LeaveError`]. An access that has not begun, or is over by its dates, is [`Failure::Locked`].
    pub async fn leave(&self) -> Result<LeaveReceipt, LeaveError> {
        if let Some(group) = self.through_group() {
            return Err(LeaveError::OfGroup { group });
        }
        if self.account().own_cards().current().kind == PrincipalKind::Link {
            return Err(LeaveError::OfLink);
        }
        let mut attempt = 1;
        loop {
            match self.try_leave().await {
                Err(LeaveError::Failed(failure)) if failure.is_stale() && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                left => return left,
            }
        }
    }

    async fn try_leave(&self) -> Result<LeaveReceipt, LeaveError> {
        let (account, access) = (self.account(), self.opened().evidence.access());
        let now = account.client().now();
        if account.has_ended(access.account, access.access).await? {
            return Err(LeaveError::AlreadyEnded);
        }
        if access.grants.iter().any(|grant| grant.level.manages()) {
            let granted = self.granted_opened().await?;
            let onward = granted_onwards(&granted, access.access, now);
            if !onward.is_empty() {
                let accesses = onward.iter().map(|opened| access::view(opened, now)).collect();
                return Err(LeaveError::StillGrants { accesses });
            }
        }
        let mut last_epochs = Vec::new();
        for scope in self.scopes_to_end(access).await.map_err(failed)? {
            let epoch = self.state(scope).await.map_err(failed)?.last_epoch();
            last_epochs.push(LastEpoch { scope, epoch });
        }
        let statement = account.identity().sign(&Revocation {
            access: access.access,
            account: access.account,
            revoker: account.id(),
            last_epochs,
            signed_at: now,
        });
        let leave = Operation::Revoke { statement: statement.clone(), below: Vec::new(), epochs: Vec::new() };
        let committed = match account.commit(access.account, vec![leave]).await {
            Ok(committed) => committed,
            // Another device was faster, or the owner; who holds nothing else of the account is told nothing.
            Err(failure)
                if matches!(failure.refusal(), Some(ErrorCode::AlreadyExists | ErrorCode::NotFound)) =>
            {
                let ended = account.has_ended(access.account, access.access).await?;
                return Err(if ended { LeaveError::AlreadyEnded } else { failure.into() });
            }
            Err(failure) => return Err(failure.into()),
        };
        account.note_end(access.account, access.access);
        Ok(LeaveReceipt {
            access: access.access,
            account: access.account,
            grantor: access.grantor,
            name: self.access.name.clone(),
            membership_of: access.grants.iter().find_map(|grant| grant.group),
            could_read: access.grants.iter().any(|grant| Level::reads(grant.level)),
            could_write: access.grants.iter().any(|grant| Level::creates(grant.level)),
            statement,
            sequence: committed.change.sequence,
            head: committed.head,
            ended_at: committed.change.at,
        })
    }

    /// What the end names: the scopes of the access, and what its slices cover.
    async fn scopes_to_end(&self, access: &Access) -> Result<BTreeSet<ScopeId>, OpenError> {
        let mut scopes: BTreeSet<ScopeId> = access.grants.iter().map(|grant| grant.scope).collect();
        if access.grants.iter().any(|grant| grant.slice.is_some()) {
            scopes.extend(self.reached().await?);
        }
        Ok(scopes)
    }
}

impl Account {
    /// Whether an access that this account received has ended, or the manager's who granted it, as the server shows it now.
    async fn has_ended(&self, owner: PrincipalId, access: AccessId) -> Result<bool, Failure> {
        let ended = self.ended();
        let state = self.call(&GetAccess { account: owner, access }).await?;
        let verified = self.verify_access(owner, &state, access).await?;
        self.check_end(&verified, &ended)?;
        Ok(verified.end().is_some())
    }
}

fn failed(error: OpenError) -> LeaveError {
    match error {
        OpenError::Failed(failure) => failure.into(),
        // The server denies what the signed access reaches: it has ended meanwhile, which is looked at first.
        OpenError::NotFound => Failure::from(crate::LockReason::NotGranted).into(),
    }
}
