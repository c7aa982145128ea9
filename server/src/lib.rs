//! The blob server: ciphertext and blind indexes, one silo per account.
//!
//! Three layers, each of which knows only the one below: `http` (axum, status codes, media types),
//! [`service`] (the rules; permission is a value made by [`permission`]), [`store`] (durable state in domain words over
//! `pryv-engine`). [`server::Server`] puts them together; many can live in one process.
//!
//! The server never sees plaintext and cannot: no type in its dependencies holds a key that opens data.

pub mod backup;
pub mod clock;
pub mod command;
mod connections;
pub mod http;
pub mod node_key;
pub mod permission;
pub mod server;
pub mod service;
pub mod settings;
pub mod store;
pub mod telemetry;
mod tls;

pub use clock::SystemClock;
pub use server::{Running, Server};
pub use settings::Settings;
