//! Heads: where the chains of the account stand, held against every answer, and compared between devices.

use super::{Account, lock};
use crate::{
    distrust::Distrust,
    failure::Failure,
    protocol::{audit, chain::Chain},
    text::{base64url, from_base64url},
};
use pryv_wire::{
    Digest, PrincipalId,
    audit::{ListAudit, Mark},
};
use std::fmt;

/// What a head begins with as text.
const PREFIX: &str = "pryv-head:";

/// The longest head as text, in characters: about twice what it has.
const MAX_TEXT: usize = 400;

/// Where both chains of an account stand, as one device has seen it: for another device of the same person to compare.
///
/// Send it by another way than through the server: `pryv-head:` and one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AccountHead {
    account: PrincipalId,
    changes: Mark,
    audit: Mark,
}

/// What the text holds: account, number and head of the changes, number and head of the audit.
type Parts = (PrincipalId, u64, Digest, u64, Digest);

impl AccountHead {
    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> PrincipalId {
        self.account
    }

    /// How many changes it has seen.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes.sequence
    }

    /// How many audit entries it has seen.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.audit.sequence
    }
}

impl fmt::Display for AccountHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, changes, audit } = *self;
        let parts: Parts = (account, changes.sequence, changes.head, audit.sequence, audit.head);
        write!(f, "{PREFIX}{}", base64url(&pryv_wire::encode(&parts)))
    }
}

impl std::str::FromStr for AccountHead {
    type Err = InvalidHead;

    fn from_str(text: &str) -> Result<Self, InvalidHead> {
        let text = text.trim();
        if text.len() > MAX_TEXT {
            return Err(InvalidHead);
        }
        let bytes = text.strip_prefix(PREFIX).and_then(from_base64url).ok_or(InvalidHead)?;
        let (account, changes, changes_head, audit, audit_head): Parts =
            pryv_wire::decode(&bytes).map_err(|_| InvalidHead)?;
        Ok(Self {
            account,
            changes: Mark { sequence: changes, head: changes_head },
            audit: Mark { sequence: audit, head: audit_head },
        })
    }
}

/// A text is not the head of an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the head of an account: it begins with `{PREFIX}` and is one word; copy all of it")]
pub struct InvalidHead;

/// How the state that another device has seen lies to what this one has seen, in one history.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HeadOrder {
    /// Both have seen the same.
    Same,
    /// The other has seen less, all of which this one knows.
    Older,
    /// The other has seen more, which this one has fetched by now.
    Newer,
    /// The server has removed what lies between: there is nothing to compare.
    Gone,
}

/// What two devices find who compare heads: one history each of changes and audit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Agreement {
    /// Of the chain of changes.
    pub changes: HeadOrder,
    /// Of the audit.
    pub audit: HeadOrder,
}

/// Why heads were not found to agree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// It is the head of another account.
    #[error("this is the head of another account")]
    OtherAccount,
    /// What can go wrong in every operation; [`Distrust::Forked`] or [`Distrust::RolledBack`] if the server shows the two
    /// devices two histories.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl CompareError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherAccount => "other-account",
            Self::Failed(failure) => failure.code(),
        }
    }
}

/// What was known of both chains when a question was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Floors {
    changes: u64,
    audit: u64,
}

impl Account {
    /// What is known of both chains now: no answer to a question asked from here on may be behind it.
    pub(super) fn floors(&self) -> Floors {
        let audit = lock(&self.0.audit).last().map_or(0, |mark| mark.sequence);
        Floors { changes: self.known_head().map_or(0, |head| head.sequence), audit }
    }

    /// Holds the heads of an answer against what was known when it was asked for, and takes note of them.
    pub(super) fn note_heads(&self, floors: Floors, header: Option<&str>) -> Result<(), Distrust> {
        let heads = audit::heads(header.unwrap_or_default())?;
        self.note_change_head(floors.changes, heads.changes)?;
        lock(&self.0.audit).observe(floors.audit, heads.audit)
    }

    /// Takes note of where this account's chain of changes stood.
    pub(super) fn note_change_head(&self, floor: u64, mark: Mark) -> Result<(), Distrust> {
        let me = self.id();
        let mut chains = lock(&self.0.chains);
        chains.entry(me).or_insert_with(|| Chain::resume(me, None)).observe(floor, mark)
    }

    /// Where this account's chains stand now, as the server shows it to this device and as it fits what this device knows.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn head(&self) -> Result<AccountHead, Failure> {
        let account = self.id();
        // An answer with nothing in it but its heads.
        self.call(&ListAudit { account, after: u64::MAX, limit: 1, only: None }).await?;
        let absent = || Failure::from(Distrust::Malformed { what: "the header of heads" });
        let changes = self.known_head().ok_or_else(absent)?;
        let audit = lock(&self.0.audit).last().ok_or_else(absent)?;
        Ok(AccountHead { account, changes, audit })
    }

    /// Compares what another device of this account has seen with what this one sees: whether the server shows both the same
    /// history. Follows both chains to their present end.
    ///
    /// # Errors
    ///
    /// See [`CompareError`].
    pub async fn compare_head(&self, theirs: &AccountHead) -> Result<Agreement, CompareError> {
        if theirs.account != self.id() {
            return Err(CompareError::OtherAccount);
        }
        let before = self.floors();
        // First from theirs to the end, which this device's own chain takes note of; then its own to the same end.
        self.verify_from(theirs.changes).await?;
        self.verify_changes().await?;
        let audit = self.compare_audit(theirs.audit).await?;
        let relation = |theirs: u64, ours: u64| match theirs.cmp(&ours) {
            std::cmp::Ordering::Less => HeadOrder::Older,
            std::cmp::Ordering::Equal => HeadOrder::Same,
            std::cmp::Ordering::Greater => HeadOrder::Newer,
        };
        Ok(Agreement {
            changes: relation(theirs.changes.sequence, before.changes),
            audit: if audit { relation(theirs.audit.sequence, before.audit) } else { HeadOrder::Gone },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_goes_from_device_to_device_as_one_word() {
        let mark = |sequence, byte| Mark { sequence, head: Digest::from_bytes([byte; 32]) };
        let head = AccountHead {
            account: PrincipalId::from_bytes([1; 32]),
            changes: mark(u64::MAX, 2),
            audit: mark(u64::MAX, 3),
        };
        let text = head.to_string();
        assert!(text.len() < MAX_TEXT && !text.contains(char::is_whitespace), "{text}");
        assert_eq!(format!(" {text}\n").parse(), Ok(head));
        for bad in ["", "pryv-head:", &text[1..], &text[..text.len() - 4], &format!("{text}AAAA")] {
            assert_eq!(bad.parse::<AccountHead>(), Err(InvalidHead), "{bad}");
        }
    }
}
