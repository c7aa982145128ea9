//! Suites known here. An unknown one fails closed.

use pryv_wire::Suite;

/// A suite that this version does not know: newer, removed, or made up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("suite {} is not known; update the software that reads it", .0.number())]
pub struct UnknownSuite(pub Suite);

/// Accepts the suites that this version implements.
///
/// # Errors
///
/// [`UnknownSuite`] for every other number.
pub fn check_suite(suite: Suite) -> Result<(), UnknownSuite> {
    if suite == Suite::CLASSIC { Ok(()) } else { Err(UnknownSuite(suite)) }
}
