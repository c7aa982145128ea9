//! Times: milliseconds since 1970-01-01T00:00:00Z, and the clock as an argument.

use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Milliseconds since the Unix epoch, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// A time from milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This time and `millis` milliseconds; stops at the end of time rather than overflow.
    #[must_use]
    pub const fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Date and time of day in UTC, to the second, in the proleptic Gregorian calendar.
    ///
    /// ```
    /// let leap_day = pryv_wire::Timestamp::from_millis(951_827_696_000).civil();
    /// assert_eq!((leap_day.year, leap_day.month, leap_day.day, leap_day.hour), (2000, 2, 29, 12));
    /// ```
    #[must_use]
    pub const fn civil(self) -> Civil {
        let seconds = self.0 / 1_000;
        // Counted from 0000-03-01 in eras of 400 years: the leap day is the last of its year (Howard Hinnant,
        // "chrono-compatible low-level date algorithms").
        let days = seconds / 86_400 + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Civil {
            year: era * 400 + year_of_era + if month <= 2 { 1 } else { 0 },
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: seconds / 3_600 % 24,
            minute: seconds / 60 % 60,
            second: seconds % 60,
        }
    }

    /// How many milliseconds `earlier` lies before this time; zero if it does not.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A time as a calendar and a clock show it, in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Civil {
    pub year: u64,
    pub month: u64,
    pub day: u64,
    pub hour: u64,
    pub minute: u64,
    pub second: u64,
}

/// Tells the time. An argument everywhere, so that tests can turn the hand.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}
