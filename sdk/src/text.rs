//! Bytes as text: base64url without padding (RFC 4648, section 5), and fingerprints to read aloud.

use pryv_wire::{PrincipalId, Timestamp, time::Civil};
use std::fmt;

/// A time as people write it: `2026-11-22 09:20:46 UTC`. Years above 9999 have five digits and more.
pub(crate) fn utc(time: Timestamp) -> String {
    let Civil { year, month, day, hour, minute, second } = time.civil();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Base64url without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

/// The bytes of base64url without padding.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

/// A principal's id in groups of four characters, for two people to compare aloud or side by side.
///
/// It is the whole id (256 bits in 52 characters of base32), not a part of it: a part could be searched for.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Fingerprint(PrincipalId);

impl Fingerprint {
    /// The fingerprint of a principal.
    #[must_use]
    pub const fn of(principal: PrincipalId) -> Self {
        Self(principal)
    }

    /// Eight words (88 bits of the id), to compare aloud. To *accept* a principal, the whole id is needed.
    #[must_use]
    pub fn words(&self) -> String {
        pryv_crypto::fingerprint::words(self.0).join(" ")
    }

    /// The whole id as a text for a QR code: a `pryv://` URI.
    #[must_use]
    pub fn qr_text(&self) -> String {
        pryv_wire::Uri::Account { account: self.0 }.to_string()
    }

    /// The id that it shows.
    #[must_use]
    pub const fn principal(&self) -> PrincipalId {
        self.0
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = pryv_wire::DecodeError;

    /// Reads a fingerprint with or without spaces, in either case, or the text of its QR code.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(pryv_wire::Uri::Account { account }) = text.trim().parse() {
            return Ok(Self(account));
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        text.to_ascii_lowercase().parse().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        for (at, c) in text.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{c}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_people_write_them() {
        for (millis, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399_999, "2000-02-28 23:59:59 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (4_107_542_400_000, "2100-03-01 00:00:00 UTC"),
            (1_795_339_238_843, "2026-11-22 09:20:38 UTC"),
        ] {
            assert_eq!(utc(Timestamp::from_millis(millis)), text);
        }
        assert!(utc(Timestamp::from_millis(u64::MAX)).ends_with(" UTC"));
    }

    #[test]
    fn a_fingerprint_is_the_whole_id_and_reads_back() {
        let id = PrincipalId::from_bytes([9; 32]);
        let text = Fingerprint::of(id).to_string();
        assert_eq!(text.replace(' ', ""), id.to_string());
        assert_eq!(text.to_uppercase().parse::<Fingerprint>().unwrap().principal(), id);
        assert_eq!(Fingerprint::of(id).qr_text().parse::<Fingerprint>().unwrap().principal(), id);
        assert_eq!(Fingerprint::of(id).words().split(' ').count(), 8);
        assert!(text[1..].parse::<Fingerprint>().is_err());
    }
}
