//! Padding: lengths are rounded up before encryption, so that a ciphertext tells little of what is in it.
//!
//! ```text
//! padded = content || 0x80 || 0x00 *          up to max(floor, Padmé(length of content + 1))
//! ```
//!
//! Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", PETS 2019)
//! adds at most 12 % and leaves O(log log n) bits of the length. Alone it would leave the shortest contents as they are,
//! `true` distinct from `false`, and names a few bytes apart; hence the floors.

/// The shortest padded content of a record.
pub(crate) const FLOOR: usize = 64;

/// The shortest padded note: a name and a purpose of usual length fit in.
pub(crate) const NOTE_FLOOR: usize = 256;

/// Padding that is not there, or not where it belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the padding is not in the form that a writer gives it")]
pub struct InvalidPadding;

/// The Padmé length for `length` bytes.
pub(crate) const fn padme(length: usize) -> usize {
    if length < 2 {
        return length;
    }
    // E = floor(log2 length), S = floor(log2 E) + 1: the low E - S bits become zero.
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1 << (exponent - kept)) - 1;
    (length + mask) & !mask
}

/// Pads in place.
pub(crate) fn pad(message: &mut Vec<u8>, floor: usize) {
    message.push(0x80);
    message.resize(padded_length(message.len(), floor), 0);
}

/// Takes padding off, and refuses any that [`pad`] would not have put on.
pub(crate) fn unpad(message: &mut Vec<u8>, floor: usize) -> Result<(), InvalidPadding> {
    let end = message.iter().rposition(|byte| *byte != 0).ok_or(InvalidPadding)?;
    if message.get(end) != Some(&0x80) || message.len() != padded_length(end + 1, floor) {
        return Err(InvalidPadding);
    }
    message.truncate(end);
    Ok(())
}

/// The padded length of `length` bytes, the mark included.
pub(crate) const fn padded_length(length: usize, floor: usize) -> usize {
    let padme = padme(length);
    if padme < floor { floor } else { padme }
}

#[cfg(test)]
mod tests;
