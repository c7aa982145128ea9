//! Dates and times in texts.

use time::{
    Date, OffsetDateTime,
    format_description::well_known::{Iso8601, Rfc3339},
};

/// The milliseconds since 1970 of a date (its midnight in UTC) or of a date and time, as RFC 3339 writes them. What is finer
/// than a millisecond is cut off.
#[must_use]
pub fn millis(text: &str) -> Option<i64> {
    const DATE_LENGTH: usize = "2026-01-31".len();
    let at = if text.len() == DATE_LENGTH {
        Date::parse(text, &Iso8601::DATE).ok()?.midnight().assume_utc()
    } else {
        OffsetDateTime::parse(text, &Rfc3339).ok()?
    };
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::millis;

    #[test]
    fn dates_and_times_are_read_to_the_millisecond() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.9999Z", -1),
            ("2000-02-29T12:34:56.789+02:00", 951_820_496_789),
            ("0001-01-01", -62_135_596_800_000),
        ] {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
        for text in ["", "2026", "2026-02-30", "2026-01-31T12:00:00", "2026-01-31 12", "20260131T1", "now"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
