//! The SDK for browsers and Node, through WebAssembly: arguments in, one call of the SDK, result out.
//!
//! Lives in a worker. A page names things by numbers (`table`) and calls their methods by name, with arguments and
//! results as JSON; `wasm-sdk/js` makes a typed library of it. Keys stay in this module's memory. No file here decides
//! anything: what a call means is the SDK's business.

mod account;
mod app;
mod args;
mod audit;
mod call;
#[cfg(target_arch = "wasm32")]
mod cipher;
mod client;
mod collection;
mod contact;
mod describe;
mod device;
mod grant;
mod group;
mod host;
mod link;
mod object;
mod ontology;
mod query;
mod receipt;
mod received;
mod record;
mod related;
mod storage;
mod table;
mod thrown;
mod validator;

pub use call::{abort, call, release, start};
