//! Field elements as bytes: lengths, and the check that a coefficient is below the prime.

use super::InvalidPre;

/// Length of one coefficient.
pub(super) const FP: usize = 60;

/// Length of an element of GT (twelve coefficients).
pub(super) const GT: usize = 12 * FP;

/// Length of a point of G2 (four coefficients).
pub(super) const G2: usize = 4 * FP;

/// The prime of the 480-bit curve, as in `gridiron` 0.10 (`fp_480`):
/// 3121577065842246806003085452055281276803074876175537384188619957989004527066410274868798956582915008874704066849018213144375771284425395508176023.
pub(super) const PRIME: [u8; FP] = [
    0xff, 0xfc, 0x66, 0x64, 0x0e, 0x24, 0x9d, 0x9e, 0xc7, 0x5a, 0xd5, 0x29, 0x0b, 0x81, 0xa8, 0x5d, 0x41,
    0x57, 0x97, 0xb9, 0x31, 0x25, 0x8d, 0xa0, 0xd7, 0x8b, 0x58, 0xa2, 0x1c, 0x43, 0x5c, 0xdd, 0xb0, 0x2e,
    0x0a, 0xdd, 0x63, 0x5a, 0x03, 0x73, 0x71, 0xd1, 0xe9, 0xa4, 0x0a, 0x5e, 0xc1, 0xd6, 0xed, 0x63, 0x7b,
    0xd3, 0x69, 0x55, 0x30, 0x68, 0x3e, 0xe9, 0x64, 0x97,
];

/// Accepts coefficients that are all below the prime.
pub(super) fn check_canonical(coefficients: &[u8]) -> Result<(), InvalidPre> {
    if coefficients.chunks(FP).all(|coefficient| coefficient < &PRIME[..]) {
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
