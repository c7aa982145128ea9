//! Moments: times as people write them (RFC 3339), and spans from now (`30d`).

use pryv_sdk::Timestamp;

const DAY: u64 = 86_400_000;

/// The milliseconds since 1970 of a time like `2026-05-01T08:00:00Z`, or of a span from `now` like `30d`.
pub(crate) fn parse(text: &str, now: u64) -> Option<u64> {
    span(text).and_then(|span| now.checked_add(span)).or_else(|| rfc3339(text))
}

/// The milliseconds since 1970 of a time like `2026-05-01T08:00:00Z`.
pub(crate) fn exact(text: &str) -> Option<u64> {
    rfc3339(text)
}

/// A time in RFC 3339, in UTC, to the second.
pub(crate) fn format(millis: u64) -> String {
    let time = Timestamp::from_millis(millis).civil();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year, time.month, time.day, time.hour, time.minute, time.second
    )
}

/// A span: a whole number and one of `s`, `m`, `h`, `d`, `w`.
fn span(text: &str) -> Option<u64> {
    let unit = text.chars().next_back()?;
    let millis = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => DAY,
        'w' => 7 * DAY,
        _ => return None,
    };
    text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(millis)
}

/// `date-time` of RFC 3339, section 5.6, from 1970 on; fractions are cut to milliseconds.
fn rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.split('-');
    let (year, month, day) = (digits(date.next()?, 4)?, digits(date.next()?, 2)?, digits(date.next()?, 2)?);
    if date.next().is_some() {
        return None;
    }
    let (time, offset) = if let Some(time) = time.strip_suffix(['Z', 'z']) {
        (time, 0)
    } else {
        let (time, offset) = time.split_at_checked(time.len().checked_sub(6)?)?;
        let sign = if offset.starts_with('-') { -1 } else { 1 };
        let (hours, minutes) = offset.strip_prefix(['+', '-'])?.split_once(':')?;
        let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
        if hours > 23 || minutes > 59 {
            return None;
        }
        (time, sign * i64::try_from(hours * 3_600_000 + minutes * 60_000).ok()?)
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.split(':');
    let (hour, minute, second) =
        (digits(time.next()?, 2)?, digits(time.next()?, 2)?, digits(time.next()?, 2)?);
    // A leap second (60) is the moment after the 59th one: our times do not count them.
    if time.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let milli = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'));
    let days = days(year, month, day)?;
    let local = days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1_000 + milli;
    u64::try_from(i64::try_from(local).ok()?.checked_sub(offset)?).ok()
}

fn digits(text: &str, length: usize) -> Option<u64> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn month_length(year: u64, month: u64) -> Option<u64> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => return None,
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || day == 0 || day > month_length(year, month)? {
        return None;
    }
    let before = year - 1;
    let years = (year - 1970) * 365 + (before / 4 - before / 100 + before / 400)
        - (1969 / 4 - 1969 / 100 + 1969 / 400);
    let months: u64 = (1..month).filter_map(|month| month_length(year, month)).sum();
    Some(years + months + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_from_now() {
        assert_eq!(parse("30d", 1_000), Some(30 * DAY + 1_000));
        assert_eq!(parse("90s", 0), Some(90_000));
        assert_eq!(parse("2w", 0), Some(14 * DAY));
        for text in ["d", "-3d", "3", "3y", "1.5h", "", "99999999999999999999d"] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        // RFC 3339, section 5.8.
        assert_eq!(parse("1985-04-12T23:20:50.52Z", 0), Some(482_196_050_520));
        assert_eq!(parse("1996-12-19T16:39:57-08:00", 0), parse("1996-12-20T00:39:57Z", 0));
        assert_eq!(parse("2026-03-01T07:31:00+01:00", 0), Some(1_772_346_660_000));
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01",
            "2026-1-1T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+0100",
            "é026-01-01T00:00:0é+01:00",
        ] {
            assert_eq!(parse(text, 0), None, "{text}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        assert_eq!(format(482_196_050_520), "1985-04-12T23:20:50Z");
        for day in (0..200_000).step_by(13) {
            let millis = day * DAY + 12_345_000;
            assert_eq!(rfc3339(&format(millis)), Some(millis), "{}", format(millis));
        }
    }
}
