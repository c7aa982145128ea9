//! The client of Pryv: validates, encrypts, indexes, grants and revokes.

pub mod definition;
mod environment;
mod text;
pub mod transport;
