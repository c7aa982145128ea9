//! `Distrust`: what a server answered and this client does not believe.
//!
//! Nothing here is an accident of the network: each variant is something that an honest server does not answer, or that
//! two honest sides of different versions may disagree on. Nothing of the answer was used.

use crate::text::Fingerprint;
use pryv_wire::{AccessId, RecordId};

/// An answer that this client refuses to believe.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// A signature does not verify.
    #[error("the signature of {what} does not verify")]
    InvalidSignature {
        /// What was signed.
        what: &'static str,
    },
    /// The server shows other keys of this account than the account's secret makes.
    #[error("the server shows a card of this account that is not this account's")]
    WrongCard,
    /// A password or a phrase was set for another account than the one that the server shows for it.
    #[error("the server shows another account than the one that this password or phrase was set for")]
    OtherAccount,
    /// Something was signed with a key that the account had replaced by then.
    #[error("{what} is signed with a key that its account had replaced by then")]
    ReplacedKey {
        /// What.
        what: &'static str,
    },
    /// A chain of cards does not hold together, or does not belong to the id that was asked for.
    #[error("the cards of {principal} do not prove who they belong to")]
    InvalidCards {
        /// Whose cards were asked for.
        principal: Fingerprint,
    },
    /// An app's manifest is not one that the app signed.
    #[error("what the server shows of app {app} is not what the app signed; grant it nothing")]
    InvalidManifest {
        /// The app.
        app: Fingerprint,
    },
    /// A username leads to another principal than before, or a principal's earlier cards have changed.
    #[error(
        "`{username}` was {pinned} and is now said to be {offered}; compare with the person, \
         and accept the new one by name only if it is theirs"
    )]
    ContactChanged {
        /// The username.
        username: String,
        /// Who it was at first contact.
        pinned: Fingerprint,
        /// Who the server says it is now.
        offered: Fingerprint,
    },
    /// The server shows an older state than it has shown before.
    #[error("the server shows {what} at {answered}, and has shown it at {known} before")]
    RolledBack {
        /// What.
        what: &'static str,
        /// The highest version or number seen.
        known: u64,
        /// The one answered now.
        answered: u64,
    },
    /// The server shows two different histories.
    #[error("the server shows another {what} number {number} than before")]
    Forked {
        /// What.
        what: &'static str,
        /// Its number.
        number: u64,
    },
    /// Something stands at another place than it was written for.
    #[error("{what} belongs to another place than the one it was asked from")]
    Misplaced {
        /// What.
        what: &'static str,
    },
    /// The answer is about something else than what was asked or sent.
    #[error("the server's answer is about another {what} than the one sent")]
    Substituted {
        /// What differs.
        what: &'static str,
    },
    /// A suite is not known, or is not accepted any longer.
    #[error("{what} uses suite {number}, which this client does not accept; update it if the suite is newer")]
    UnknownSuite {
        /// What.
        what: &'static str,
        /// The suite.
        number: u16,
    },
    /// The server asks to stretch the password less than this client accepts.
    #[error("the server asks for weaker password stretching than this client accepts")]
    WeakStretching,
    /// The server asks to stretch the password more than this client can pay for.
    #[error("the server asks for more password stretching than this client accepts to compute")]
    ExcessiveStretching,
    /// The server does not prove to know the password's record.
    #[error("the server does not prove to hold this account's password record")]
    NotTheServer,
    /// An epoch is of a weaker suite than the one before it: neither an owner nor a server makes such a one.
    #[error("epoch {epoch} is of a weaker suite than the one before it")]
    SuiteDowngrade {
        /// The epoch.
        epoch: u32,
    },
    /// A wrap does not open under the key that it must open under.
    #[error("{what} does not open: it is damaged, old, or another's")]
    WrongWrap {
        /// What it should have held.
        what: &'static str,
    },
    /// Keys are not the ones that their owner signed.
    #[error("the keys of epoch {epoch} are not the ones that the owner signed")]
    WrongKeys {
        /// The epoch.
        epoch: u32,
    },
    /// Something that must be encrypted is not.
    #[error("the server answered something that is not encrypted where {what} must be")]
    NotEncrypted {
        /// What.
        what: &'static str,
    },
    /// Something is not of the form it must have.
    #[error("{what} is not of the form that it must have")]
    Malformed {
        /// What.
        what: &'static str,
    },
    /// A record was changed after it was written.
    #[error("the record is damaged: {what}")]
    Tampered {
        /// What does not hold.
        what: &'static str,
    },
    /// A record's author was not allowed to write it.
    #[error("the record's author was not allowed to write it")]
    AuthorNotAllowed,
    /// The server lists an access that its grantor has not signed.
    #[error("the server lists access {access}, which its grantor has not signed")]
    InventedAccess {
        /// The access.
        access: AccessId,
    },
    /// The server asks to give new keys to an access that has ended.
    #[error("the server asks to give new keys to access {access}, which has ended")]
    EndedAccessServed {
        /// The access.
        access: AccessId,
    },
    /// The server leaves out an access that is still valid when new keys are given.
    #[error("the server leaves out access {access}, which is still valid")]
    ReaderDropped {
        /// The access.
        access: AccessId,
    },
    /// A revocation that the server acknowledged or has shown is not to be seen.
    #[error("the server has acknowledged or shown the end of access {access}, and does not show it now")]
    RevocationDropped {
        /// The access.
        access: AccessId,
    },
    /// A page holds a record twice, or one that cannot be in it.
    #[error("the page holds record {record} where it cannot be")]
    WrongPage {
        /// The record.
        record: RecordId,
    },
}

impl Distrust {
    /// Whether a card that this client has not seen yet could explain it.
    pub(crate) const fn may_be_a_new_card(&self) -> bool {
        matches!(self, Self::InvalidSignature { .. } | Self::InventedAccess { .. })
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidSignature { .. } => "invalid-signature",
            Self::WrongCard => "wrong-card",
            Self::OtherAccount => "other-account",
            Self::ReplacedKey { .. } => "replaced-key",
            Self::InvalidCards { .. } => "invalid-cards",
            Self::InvalidManifest { .. } => "invalid-manifest",
            Self::ContactChanged { .. } => "contact-changed",
            Self::RolledBack { .. } => "rolled-back",
            Self::Forked { .. } => "forked",
            Self::Misplaced { .. } => "misplaced",
            Self::Substituted { .. } => "substituted",
            Self::UnknownSuite { .. } => "unknown-suite",
            Self::WeakStretching => "weak-stretching",
            Self::ExcessiveStretching => "excessive-stretching",
            Self::NotTheServer => "not-the-server",
            Self::SuiteDowngrade { .. } => "suite-downgrade",
            Self::WrongWrap { .. } => "wrong-wrap",
            Self::WrongKeys { .. } => "wrong-keys",
            Self::NotEncrypted { .. } => "not-encrypted",
            Self::Malformed { .. } => "malformed",
            Self::Tampered { .. } => "tampered",
            Self::AuthorNotAllowed => "author-not-allowed",
            Self::InventedAccess { .. } => "invented-access",
            Self::EndedAccessServed { .. } => "ended-access-served",
            Self::ReaderDropped { .. } => "reader-dropped",
            Self::RevocationDropped { .. } => "revocation-dropped",
            Self::WrongPage { .. } => "wrong-page",
        }
    }
}
