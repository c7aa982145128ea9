//! What the stories are told with: a real server on an ephemeral port, accounts, a clock that stands still, a transport
//! that lies, canaries and the scanner that must not find them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`clock`] | the time, turned by hand |
//! | [`transport`] | transports that record, lie, break |
//! | [`secrecy`] | markers, evidence, scanner |
//! | [`raw`] | HTTP by hand |
//! | [`world`], [`process`], [`node`] | a server in this process; one that can be killed; one without sockets and disks, that fails on command |
//! | [`notes`], [`scene`] | what people write; how a test of the hostile server begins |
//! | [`light`] | accounts driven message by message; a thief with everything that the server had |
//! | [`data`] | event types and an archive of the first version |
//! | [`logs`] | what this process logs |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "whatever goes wrong in a test kit fails the test, which says what it saw"
)]

pub mod clock;
pub mod data;
pub mod light;
pub mod logs;
pub mod node;
pub mod notes;
pub mod process;
pub mod random_notes;
pub mod raw;
pub mod scene;
pub mod secrecy;
pub mod transport;
pub mod world;

pub use node::MemoryNode;
pub use process::{Engine, ServerProcess};
pub use scene::Scene;
pub use transport::HostileTransport;
pub use world::{User, World};

/// A number from the environment, if it is set.
///
/// # Panics
///
/// If it is no number.
#[must_use]
pub fn environment(variable: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "the kit is where tests meet their surroundings")]
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

/// Bytes as ids are written: base32 in lower case.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    data_encoding::BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}
