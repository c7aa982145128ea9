//! The client of Pryv: validates, encrypts, indexes, grants and revokes, so that the server need not be trusted with any of it.
//!
//! ```no_run
//! use pryv_sdk::{Client, Definition, Grant, Level, Password, Silent};
//! use serde_json::{Value, json};
//!
//! # async fn story() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::connect("https://pryv.example.org")?;
//! let ada = client.sign_up("ada", &Password::new("four words are enough")).await?;
//! println!("write down: {}", *ada.phrase.words());
//!
//! let schema = json!({ "type": "object", "required": ["at", "bpm"], "properties": {
//!     "at": { "type": "string", "format": "date-time" }, "bpm": { "type": "number", "minimum": 0 }, "device": { "type": "string" } } });
//! let definition = Definition::new("https://example.org/heart-rate", "Heart rate", "heart-rate", schema).equality("/device");
//! let rates = ada.account.define(definition).await?;
//! rates.create(json!({ "at": "2026-11-22T09:00:00Z", "bpm": 62, "device": "watch-7" })).await?;
//!
//! let bob = ada.account.find("dr-bob").await?;
//! println!("compare with Bob: {}", bob.fingerprint());
//! let access = ada.account.grant(Grant::to(&bob).on(&rates, Level::Read).name("For Dr Bob")).await?;
//!
//! // At Bob's, on his machine:
//! let account = client.log_in("dr-bob", &Password::new("his own four words")).await?;
//! let shared = account.received().await?.remove(0).collections().await?.remove(0);
//! for record in shared.query().eq("/device", "watch-7").all::<Value>(&mut Silent).await?.records {
//!     println!("{}", record.data);
//! }
//!
//! println!("{}", ada.account.revoke(access.id).await?);
//! # Ok(()) }
//! ```
//!
//! | handle | what it knows |
//! |---|---|
//! | [`Client`] | one server, nobody signed in |
//! | [`Account`] | a principal that is signed in, with its keys |
//! | [`Collection`] | records of one definition, one's own or granted |
//! | [`Ontology`] | terms, one's own or granted: what records are filed under |
//! | [`Access`] | who may do what with which collections |
//!
//! Everything that a server answers is held against keys, signatures and what it answered before; what does not fit is
//! [`Distrust`]. What cannot be opened for want of keys is [`Locked`], with the way out.

// Unit tests share a file with the tests' kit, which knows the crate by its name.
#[cfg(test)]
extern crate self as pryv_sdk;

pub mod access;
pub mod account;
pub mod app;
pub mod cipher;
pub mod client;
pub mod collection;
pub mod condition;
pub mod definition;
mod distrust;
mod environment;
pub mod evidence;
mod exchange;
mod failure;
mod leave_receipt;
pub mod link;
mod locked;
pub mod ontology;
pub mod password;
mod progress;
pub mod properties;
mod protocol;
mod receipt;
pub mod record;
mod text;
pub mod transport;

pub use access::{Access, AccessStatus, GrantedAccess, Scoped};
pub use account::{
    Account, AccountHead, Agreement, Contact, Device, Enrolment, Grant, HeadOrder, Maintained, NewLink,
    ReceivedAccess, Resolved, Revoking, StoredSession, audit::AuditQuery,
};
pub use app::{App, AppManifest};
pub use client::{Client, ClientBuilder, NewDevice, SignedUp, SigningUp};
pub use collection::{
    Collection, Deleted, Query, QueryPages, Reindexed, Rewrapped, State, StoredRecord, Tombstone,
    TombstonePage, Upserted,
};
pub use condition::Condition;
pub use definition::{Cardinality, Definition, Fault, History, Index, IndexKind, OnDelete, Range, Relation};
pub use distrust::Distrust;
pub use environment::SystemClock;
pub use failure::{Failure, Refusal};
pub use leave_receipt::LeaveReceipt;
pub use link::{InvalidLink, ShareLink};
pub use locked::{LockReason, Locked};
pub use ontology::{Code, NewTerm, Ontology, Part, Term, TermContent, TermState, Terms};
pub use password::{Password, WeakPassword};
pub use progress::{Progress, Silent};
pub use properties::{Properties, PropertyError};
pub use pryv_crypto::recovery::{InvalidPhrase, RecoveryPhrase};
pub use pryv_wire::{
    AccessId, Clock, DeviceId, Digest, ErrorCode, PrincipalId, RecordId, ScopeId, SessionId, Suite,
    Timestamp, Uri,
    access::Level,
    account::{KeyStretching, SessionInfo},
    audit::{Act, AuditEntry},
    card::PrincipalKind,
    uri::InvalidUri,
};
pub use receipt::{Receipt, ScopeReceipt, ServedEpoch, Written};
pub use record::{Cursor, Filed, Page, Record, Rejected, Rejection, TermId, Validity, VersionRef};
pub use text::Fingerprint;
