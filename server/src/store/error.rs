//! What the store answers when it cannot do what was asked.

use super::seal::SealBroken;

/// Why a read or write of the store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine below failed.
    #[error("the engine failed")]
    Engine(#[source] pryv_engine::StoreError),
    /// A row does not hold what its table holds.
    #[error("a row of {0} is not of its shape")]
    Row(&'static str),
    /// A sealed row does not open.
    #[error("a sealed row of {0} does not open")]
    Sealed(&'static str, #[source] SealBroken),
}

impl From<pryv_engine::StoreError> for Error {
    fn from(error: pryv_engine::StoreError) -> Self {
        Self::Engine(error)
    }
}

/// The result of a store function.
pub type Result<T> = std::result::Result<T, Error>;
