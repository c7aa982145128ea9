//! Errors: stable codes, the same in CBOR and JSON, and what a caller can do about each.

use crate::bytes::Bytes;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:literal $message:literal;)+) => {
        /// Why a call was refused. `specs/errors.md` says for each what to do next.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl ErrorCode {
            /// Every code, in the order of `specs/errors.md`.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The HTTP status that goes with the code.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// What the code means, and what to do.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),+ }
            }
        }
    };
}

codes! {
    /// The body is not the message that the call expects.
    MalformedMessage "malformed-message" 400 "the body is not the message that this call expects; see `details.reason`";
    /// The media type of body or answer is not known.
    UnsupportedMediaType "unsupported-media-type" 415 "send and accept `application/cbor` or `application/json`";
    /// The body is larger than the call allows.
    BodyTooLarge "body-too-large" 413 "the body is larger than `details.limit` bytes; send less at once";
    /// A number or a length is outside its limits.
    OutOfRange "out-of-range" 400 "a value is outside its limits; see `details.reason` and `details.limit`";
    /// A suite is not known to this server.
    UnknownSuite "unknown-suite" 400 "the suite is not known here; update one of the two sides";
    /// A signature, card or statement does not verify.
    InvalidStatement "invalid-statement" 400 "a signed statement does not verify; see `details.reason`";
    /// The username has characters or a length that are not allowed.
    InvalidUsername "invalid-username" 400 "a username has 3 to 32 characters of a-z, 0-9 and `-`, and neither begins nor ends with `-`";
    /// The username is taken.
    UsernameTaken "username-taken" 409 "the username is taken; choose another";
    /// The session is absent, unknown or ended.
    NotAuthenticated "not-authenticated" 401 "there is no such session, or it has ended; log in again";
    /// Username and password, or phrase, do not match.
    WrongCredentials "wrong-credentials" 401 "username and password, or username and recovery phrase, do not match";
    /// The session was not opened by password or phrase, or too long ago.
    ProofNeeded "proof-needed" 403 "this needs the password or the recovery phrase once more";
    /// The thing does not exist, or the caller may not know that it does.
    NotFound "not-found" 404 "there is no such thing, or no access to it";
    /// The caller sees the thing, but may not do this with it.
    NotAllowed "not-allowed" 403 "the access does not allow this";
    /// The access is not yet valid, or no longer.
    AccessNotValid "access-not-valid" 403 "the access is outside its dates; ask the grantor for a new one";
    /// A link was used as often as its grantor allowed.
    LinkExhausted "link-exhausted" 403 "the link was used as often as it may be; ask the grantor for a new one";
    /// The record has another version than expected.
    VersionConflict "version-conflict" 409 "the record was changed in the meantime; `details.current` holds the other version";
    /// A unique value is taken by another record.
    NotUnique "not-unique" 409 "another record of the collection has this value in a unique field";
    /// The thing exists already.
    AlreadyExists "already-exists" 409 "this exists already";
    /// The epoch is not the present one, or the grantees changed in the meantime.
    StaleEpoch "stale-epoch" 409 "the scope's epoch or grantees changed in the meantime; open the scope again and repeat";
    /// More instances are not indexed than the query allows.
    Unindexed "unindexed" 409 "more than `details.limit` records are not indexed in the way that the query needs; index them, or scan";
    /// What a transaction expects to be there is not, or what it expects not to be there is.
    ExpectationFailed "expectation-failed" 409 "what the transaction expects of other records does not hold; look at them and repeat";
    /// The definition that a deletion names is not the present one.
    StaleDefinition "stale-definition" 409 "the collection was redefined in the meantime; open it again and repeat";
    /// Something stands on the thing.
    InUse "in-use" 409 "the term has children or records; move or delete them first";
    /// The collection is not linked to the ontology.
    NotLinked "not-linked" 409 "the collection is not linked to the ontology; link it first";
    /// A third step: keys are passed on once, by a manager or by a group.
    TooDeep "too-deep" 409 "keys are passed on once: no group is a member of a group, and no manager grants to one";
    /// The new epoch is of a weaker suite than the present one.
    SuiteDowngrade "suite-downgrade" 409 "a scope never goes to a weaker suite; its present one is stronger than the one sent";
    /// The account's card or its list of holders is another one than expected.
    StaleAccount "stale-account" 409 "the account's keys or devices changed in the meantime; fetch them and repeat";
    /// A transaction id was used before for other operations.
    TransactionReused "transaction-reused" 409 "this transaction id was used for other operations; make a new one";
    /// Too many requests.
    RateLimited "rate-limited" 429 "too many requests; wait `details.retry_after_ms` milliseconds";
    /// Too much at once.
    Overloaded "overloaded" 503 "too many requests at once; wait a moment and repeat";
    /// The request took too long.
    TimedOut "timed-out" 408 "the request took too long; repeat it: writes are safe to repeat";
    /// The server's disk is full.
    StorageFull "storage-full" 507 "the server has no space left for writes; its operator must make room";
    /// The server failed.
    Internal "internal" 500 "the server failed; repeat, and report `details.request` to its operator if it stays";
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Why.
    pub code: ErrorCode,
    /// What it means and what to do, in words.
    pub message: String,
    /// What goes with the code.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
}

impl Problem {
    /// A problem with the words that go with its code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self { code, message: code.message().to_owned(), details: Details::default() }
    }
}

/// What goes with a code. Each field is present where its code says so.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Details {
    /// What exactly is wrong, without repeating the caller's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The limit that was passed, in the unit of what it limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// How long to wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The encoded envelope of the version that stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Bytes>,
    /// The id of the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Details {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
