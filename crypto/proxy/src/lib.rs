//! What a server may do with keys: verify signatures and transform capsules, never open.
//!
//! No type of this crate can hold a key that opens data. Transform keys ([`pre::TransformKey`]) are secrets of the
//! server nevertheless: together with one grantee's private key they open what was granted.
//!
//! | module | what it holds |
//! |---|---|
//! | [`signature`] | Ed25519, strict; statements that were verified |
//! | [`card`] | the chain of a principal's cards |
//! | [`sealing`] | which public keys a suite seals to |
//! | [`suite`] | the suites that are known, and their ranks |
//! | [`onward`] | what a manager may grant onwards |
//! | [`pre`] | proxy re-encryption: public keys, capsules, transform keys, the transform |
//! | [`opaque`] | the OPAQUE cipher suite, named once for client and server |

pub mod card;
pub mod onward;
pub mod opaque;
pub mod pre;
pub mod sealing;
pub mod signature;
pub mod suite;

pub use card::{CardChain, InvalidCards, MAX_CARDS, VerifiedCards};
pub use signature::{InvalidSignature, InvalidStatement, verified, verify};
pub use suite::{KnownSuite, UnknownSuite, check_suite};
