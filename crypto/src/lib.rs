//! Everything that touches a private key: identities, passwords, epochs, lockboxes, records, index tokens.
//!
//! No clock, no input or output, no global randomness: times and generators are arguments. Every secret is a type of
//! its own that is wiped when dropped, prints as `Name(..)` and cannot be cloned, compared or serialised by accident.
//!
//! | module | what it holds |
//! |---|---|
//! | [`secret`] | secret bytes; the account secret |
//! | [`identity`] | the keys that derive from the account secret, and what they sign |
//! | [`password`], [`recovery`] | the two ways back to the account secret |
//! | [`holder`] | who opens the account secret: password, phrase, devices |
//! | [`succession`] | an account secret and those that it replaced |
//! | [`enrolment`] | how an old device and a new one find each other |
//! | [`epoch`], [`keyring`] | keys of a scope's epoch; what the owner keeps at the server under its own key |
//! | [`branch`], [`mod@slice`] | keys of terms and of what lies under them; what a grant on a term opens |
//! | [`lockbox`] | two locks on every grant: re-encryption and sealing |
//! | [`record`] | sealing and opening records |
//! | [`group`], [`grantee`] | the cards of groups, and the keys of their members; who opens what an access gives |
//! | [`link`] | principals whose keys derive from the secret of a share link |
//! | [`fingerprint`] | words that two people compare |
//! | [`evidence`] | accesses and revocations that were verified |
//! | [`index`] | tokens by which a server finds records without reading them |
//! | [`note`] | what only grantor and grantee read of an access |

pub mod branch;
pub mod enrolment;
pub mod epoch;
pub mod evidence;
pub mod fingerprint;
#[cfg(test)]
mod fixture;
pub mod grantee;
pub mod group;
pub mod holder;
pub mod identity;
pub mod index;
pub mod keyring;
pub mod link;
pub mod lockbox;
pub mod note;
mod padding;
pub mod password;
mod pre;
mod primitive;
pub mod record;
pub mod recovery;
pub mod secret;
pub mod slice;
pub mod succession;
mod suite;
mod wrap;

pub use branch::Branch;
pub use epoch::{EpochKeys, WrongKeys};
pub use evidence::VerifiedAccess;
pub use grantee::Grantee;
pub use group::GroupKeys;
pub use holder::DeviceKeys;
pub use identity::Identity;
pub use keyring::Keyring;
pub use padding::InvalidPadding;
pub use primitive::{NotOpened, UnusableKey};
pub use secret::{AccountSecret, LinkSecret, Secret};
pub use succession::AccountSecrets;
