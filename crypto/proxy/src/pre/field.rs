//! Field elements as bytes: the check that a coefficient is below the prime.

use super::{Curve, InvalidPre};

/// Accepts coefficients that are all below the prime of the curve.
pub(super) fn check_canonical(curve: Curve, coefficients: &[u8]) -> Result<(), InvalidPre> {
    if coefficients.chunks(curve.coefficient()).all(|coefficient| coefficient < curve.prime()) {
        Ok(())
    } else {
        Err(InvalidPre::NotCanonical)
    }
}

/// Takes the next `N` bytes off the front of `bytes`.
pub(super) fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Result<&'a [u8; N], InvalidPre> {
    let length = bytes.len();
    let (head, rest) = bytes.split_first_chunk().ok_or(InvalidPre::Length { length })?;
    *bytes = rest;
    Ok(head)
}
