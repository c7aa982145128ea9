//! Every message between the SDK and the server, defined once.
//!
//! A type here is a *shape*: lengths are checked, unknown fields are refused, nothing is known of curves or keys.
//! What a message *means* (a point on the curve, a valid signature) is checked by `pryv-proxy-crypto` and
//! `pryv-crypto`. The rules in CDDL stand beside this crate, in `specs/cddl`, and the vectors in `specs/vectors`.
//!
//! | module | what it holds |
//! |---|---|
//! | [`codec`] | deterministic CBOR: how every message becomes bytes and back |
//! | [`id`], [`bytes`], [`time`], [`suite`] | identifiers, opaque byte strings, times, suite numbers |
//! | [`signed`] | a statement kept as the bytes that were signed |
//! | [`card`], [`account`] | principals and their cards; sign-up, login, sessions, recovery |
//! | [`app`] | apps and their manifests |
//! | [`scope`], [`record`], [`term`], [`access`] | kinds of scopes, epochs and lockboxes; envelopes; terms; grants and revocations |
//! | [`generation`] | another re-encryption key pair of a scope |
//! | [`audit`] | who reached an account; the heads of its chains |
//! | [`holder`], [`enrolment`] | who opens the account secret; how a device is added |
//! | [`evidence`] | what an account signed of its accesses, in one message |
//! | [`transaction`], [`operation`] | all-or-nothing writes; the list of calls a server answers |
//! | [`error`] | stable error codes |
//! | [`uri`] | `pryv://` URIs |

pub mod access;
pub mod account;
pub mod app;
pub mod audit;
pub mod bytes;
pub mod card;
pub mod codec;
pub mod enrolment;
pub mod error;
pub mod evidence;
pub mod generation;
pub mod holder;
pub mod id;
pub mod operation;
pub mod record;
pub mod scope;
pub mod signed;
pub mod suite;
pub mod term;
pub mod time;
pub mod transaction;
pub mod uri;

pub use bytes::Bytes;
pub use codec::{DecodeError, decode, encode};
pub use error::{ErrorCode, Problem};
pub use id::{
    AccessId, ChallengeId, DeviceId, Digest, KeyId, MailboxId, PrincipalId, RecordId, ScopeId, SessionId,
    TransactionId,
};
pub use signed::{Signed, Statement};
pub use suite::Suite;
pub use time::{Clock, Timestamp};
pub use uri::Uri;
