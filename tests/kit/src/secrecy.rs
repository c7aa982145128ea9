//! Canaries and the scanner that must not find them.
//!
//! Whatever a story encrypts carries a [`Canary`] marker: random text that exists nowhere else. Afterwards the
//! [`Scanner`] looks for every marker, in every encoding it knows, in everything the server had: its files, logs, metrics,
//! backups, and the bodies of all requests and answers ([`Evidence`]). What shows without standing anywhere is found by
//! a [`twin`].

mod canary;
mod encodings;
mod evidence;
mod scanner;
pub mod twin;

pub use canary::{Canary, Marker};
pub use evidence::{Evidence, Item};
pub use scanner::{Hit, Report, Scanner};
