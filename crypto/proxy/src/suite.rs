//! Suites known here: what a verifier must know of each. An unknown one fails closed.
//!
//! The keys that seal and open are in `pryv-crypto`, one file for each suite; this is the list that a server has.

use crate::{pre::Curve, sealing::Sealing};
use pryv_wire::Suite;

/// What a verifier knows of a suite.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct KnownSuite {
    /// The suite.
    pub suite: Suite,
    /// How strong it is beside the others: a scope never goes to a suite of lower rank.
    pub rank: u8,
    /// Which public keys things are sealed to.
    pub sealing: Sealing,
    /// The curve of its proxy re-encryption.
    pub curve: Curve,
}

/// The suites that this version implements.
pub const KNOWN: [KnownSuite; 3] = [
    KnownSuite { suite: Suite::CLASSIC, rank: 2, sealing: Sealing::X25519, curve: Curve::C480 },
    KnownSuite { suite: Suite::HYBRID, rank: 3, sealing: Sealing::XWing, curve: Curve::C480 },
    KnownSuite { suite: Suite::LIGHT, rank: 1, sealing: Sealing::X25519, curve: Curve::C256 },
];

/// A suite that this version does not know: newer, removed, or made up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("suite {} is not known; update the software that reads it", .0.number())]
pub struct UnknownSuite(pub Suite);

/// What is known of a suite.
///
/// # Errors
///
/// [`UnknownSuite`] for every number that this version does not implement.
pub fn known(suite: Suite) -> Result<&'static KnownSuite, UnknownSuite> {
    const ALL: &[KnownSuite] = &KNOWN;
    ALL.iter().find(|known| known.suite == suite).ok_or(UnknownSuite(suite))
}

/// Accepts the suites that this version implements.
///
/// # Errors
///
/// [`UnknownSuite`] for every other number.
pub fn check_suite(suite: Suite) -> Result<(), UnknownSuite> {
    known(suite).map(|_| ())
}

/// Accepts the suite of what an account has for itself, whatever the suites of its scopes: its cards, and the wraps of its
/// secret. There is one.
///
/// # Errors
///
/// [`UnknownSuite`] for every other number.
pub fn check_own(suite: Suite) -> Result<(), UnknownSuite> {
    if suite == Suite::CLASSIC { Ok(()) } else { Err(UnknownSuite(suite)) }
}

/// Whether a scope may go from one suite to another: to itself, or to one of higher rank. Suites that are not known are
/// refused elsewhere; here they lead nowhere.
#[must_use]
pub fn may_follow(before: Suite, after: Suite) -> bool {
    matches!((known(before), known(after)), (Ok(before), Ok(after)) if before.rank <= after.rank)
}

/// The strongest of some suites; none if there are none, or one is not known.
#[must_use]
pub fn strongest(suites: impl IntoIterator<Item = Suite>) -> Option<Suite> {
    let known: Result<Vec<_>, _> = suites.into_iter().map(known).collect();
    known.ok()?.into_iter().max_by_key(|known| known.rank).map(|known| known.suite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranks_are_2_before_1_before_3_and_no_scope_goes_down() {
        let [classic, hybrid, light] = [Suite::CLASSIC, Suite::HYBRID, Suite::LIGHT];
        let allowed = [(light, light), (light, classic), (light, hybrid), (classic, classic)];
        let allowed = [&allowed[..], &[(classic, hybrid), (hybrid, hybrid)]].concat();
        for before in [classic, hybrid, light] {
            for after in [classic, hybrid, light] {
                assert_eq!(may_follow(before, after), allowed.contains(&(before, after)));
            }
        }
        let unknown = Suite::from_number(4);
        assert!(!may_follow(unknown, unknown) && !may_follow(light, unknown));
        assert_eq!(strongest([light, hybrid, classic]), Some(hybrid));
        assert_eq!(strongest([light]), Some(light));
        assert_eq!((strongest([]), strongest([light, unknown])), (None, None));
    }

    #[test]
    fn an_unknown_number_is_no_suite() {
        for number in [0, 4, 65_535] {
            let suite = Suite::from_number(number);
            assert_eq!(check_suite(suite), Err(UnknownSuite(suite)));
        }
        assert!(KNOWN.iter().all(|known| check_suite(known.suite).is_ok()));
    }
}
