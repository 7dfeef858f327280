//! How much in how long.
//!
//! A [`Rate`] is written `N/PERIOD` or `N/PERIOD burst B`. It proves that it
//! allows between 1 and [`limits::LIMIT_PER_MINUTE_MAX`] a minute and that its
//! burst grows back within [`limits::LIMIT_PERIOD_MAX`], so that no arithmetic
//! on it overflows. It says nothing about who is counted: see [`super::quota`].

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use crate::limits;

const SECONDS_A_MINUTE: u64 = 60;
const SECONDS_AN_HOUR: u64 = 60 * SECONDS_A_MINUTE;

/// `N/PERIOD`, or `N/PERIOD burst B`. Without `burst`, B = N.
///
/// In any stretch of time of length `t` at most `B + N × t / PERIOD` are let
/// through (GCRA).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    count: NonZeroU32,
    seconds: u64,
    burst: NonZeroU32,
}

/// One of the three numbers of a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// `N`.
    Count,
    /// The number in `PERIOD`.
    Period,
    /// `B`.
    Burst,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "count",
            Self::Period => "period",
            Self::Burst => "burst",
        })
    }
}

/// Why a text is no limit. `Display` follows the configuration key's name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RateError {
    /// Not `N/PERIOD` at all.
    #[error("is no limit; write it like `100/min`, `60/10s` or `600/min burst 50`")]
    NotARate,
    /// A number that is no whole number, such as `NaN`, `1e3` or `0.5`.
    #[error("needs a whole number as its {0}")]
    NotWhole(Part),
    /// A number below zero.
    #[error("must not have a negative {0}")]
    Negative(Part),
    /// Nothing at all is allowed.
    #[error("must have a {0} of at least 1; to lift every limit, set `limits.enabled = false`")]
    Zero(Part),
    /// A number beyond every use.
    #[error("must have a {0} of at most {max}", max = limits::LIMIT_PER_MINUTE_MAX)]
    TooLarge(Part),
    /// A unit nobody knows.
    #[error("must have its period in s, min or h, such as `10s`")]
    UnknownUnit,
    /// A period longer than a day.
    #[error("must have a period of at most {} h", limits::LIMIT_PERIOD_MAX.as_secs() / SECONDS_AN_HOUR)]
    PeriodTooLong,
    /// Less than one a minute.
    #[error("must allow at least 1 a minute")]
    TooSlow,
    /// More than anyone can ask for.
    #[error("must allow at most {} a minute", limits::LIMIT_PER_MINUTE_MAX)]
    TooFast,
    /// A burst that is a limit by itself.
    #[error(
        "must have a burst that grows back within {} h; lower it or raise the count",
        limits::LIMIT_PERIOD_MAX.as_secs() / SECONDS_AN_HOUR
    )]
    BurstTooLarge,
}

impl Rate {
    /// A limit that is plainly within the bounds; a `count` of 0 counts as 1. For defaults.
    pub(super) const fn fixed(count: u32, seconds: u64) -> Self {
        let count = match NonZeroU32::new(count) {
            Some(count) => count,
            None => NonZeroU32::MIN,
        };
        Self { count, seconds, burst: count }
    }

    /// `count` a minute, as many at once.
    ///
    /// # Errors
    ///
    /// [`RateError`] when `count` is 0 or more than [`limits::LIMIT_PER_MINUTE_MAX`].
    pub fn per_minute(count: u32) -> Result<Self, RateError> {
        let count = NonZeroU32::new(count).ok_or(RateError::Zero(Part::Count))?;
        Self::checked(count, SECONDS_A_MINUTE, count)
    }

    fn checked(count: NonZeroU32, seconds: u64, burst: NonZeroU32) -> Result<Self, RateError> {
        if seconds == 0 {
            return Err(RateError::Zero(Part::Period));
        }
        if seconds > limits::LIMIT_PERIOD_MAX.as_secs() {
            return Err(RateError::PeriodTooLong);
        }
        // No overflow: 2³² × 60, and 10⁹ × a day's seconds, are below 2⁶³.
        let in_60_periods = u64::from(count.get()) * SECONDS_A_MINUTE;
        if in_60_periods < seconds {
            return Err(RateError::TooSlow);
        }
        if in_60_periods > u64::from(limits::LIMIT_PER_MINUTE_MAX) * seconds {
            return Err(RateError::TooFast);
        }
        // No overflow: 2³² × a day's seconds is below 2⁶³.
        let longest = limits::LIMIT_PERIOD_MAX.as_secs() * u64::from(count.get());
        if u64::from(burst.get()) * seconds > longest {
            return Err(RateError::BurstTooLarge);
        }
        Ok(Self { count, seconds, burst })
    }

    /// So many in a period.
    #[must_use]
    pub const fn count(self) -> NonZeroU32 {
        self.count
    }

    /// The period, in whole seconds.
    #[must_use]
    pub const fn period(self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// So many at once.
    #[must_use]
    pub const fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// The time in which one more is earned, rounded up so that rounding never
    /// allows more than was written. At least 60 ns, at most a minute.
    #[must_use]
    pub fn interval(self) -> Duration {
        let period = self.seconds.saturating_mul(1_000_000_000);
        Duration::from_nanos(period.div_ceil(u64::from(self.count.get())))
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, rest) = text.split_once('/').ok_or(RateError::NotARate)?;
        let mut words = rest.split_whitespace();
        let (period, burst) = match (words.next(), words.next(), words.next(), words.next()) {
            (Some(period), None, ..) => (period, None),
            (Some(period), Some("burst"), Some(burst), None) => (period, Some(burst)),
            _ => return Err(RateError::NotARate),
        };
        let count = number(Part::Count, count.trim())?;
        let seconds = seconds(period)?;
        let burst = burst.map_or(Ok(count), |burst| number(Part::Burst, burst))?;
        Self::checked(count, seconds, burst)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.seconds {
            hours if hours % SECONDS_AN_HOUR == 0 => (hours / SECONDS_AN_HOUR, "h"),
            minutes if minutes % SECONDS_A_MINUTE == 0 => (minutes / SECONDS_A_MINUTE, "min"),
            seconds => (seconds, "s"),
        };
        write!(f, "{}/", self.count)?;
        if number != 1 {
            write!(f, "{number}")?;
        }
        f.write_str(unit)?;
        if self.burst != self.count {
            write!(f, " burst {}", self.burst)?;
        }
        Ok(())
    }
}

/// `10s`, `min`, `2h`, in seconds.
fn seconds(period: &str) -> Result<u64, RateError> {
    let unit = period.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let many = period.strip_suffix(unit).unwrap_or_default();
    let one = match unit {
        "s" | "sec" => 1,
        "m" | "min" => SECONDS_A_MINUTE,
        "h" | "hour" => SECONDS_AN_HOUR,
        _ => return Err(RateError::UnknownUnit),
    };
    if many.is_empty() {
        return Ok(one);
    }
    // No overflow: 10⁹ hours are below 2⁶³ seconds.
    Ok(u64::from(number(Part::Period, many)?.get()) * one)
}

/// A whole number from 1 to 10⁹, in plain digits.
fn number(part: Part, text: &str) -> Result<NonZeroU32, RateError> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.strip_prefix('-').is_some_and(digits) {
        return Err(RateError::Negative(part));
    }
    if !digits(text) {
        return Err(RateError::NotWhole(part));
    }
    let number: u32 = text.parse().map_err(|_| RateError::TooLarge(part))?;
    if number > limits::LIMIT_PER_MINUTE_MAX {
        return Err(RateError::TooLarge(part));
    }
    NonZeroU32::new(number).ok_or(RateError::Zero(part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn is(text: &str, shown: &str, count: u32, seconds: u64, burst: u32) {
        let rate: Rate = text.parse().unwrap_or_else(|error| panic!("`{text}`: {error}"));
        assert_eq!(
            (rate.count().get(), rate.period().as_secs(), rate.burst().get()),
            (count, seconds, burst)
        );
        assert_eq!(rate.to_string(), shown);
    }

    #[track_caller]
    fn fails(text: &str, error: RateError) {
        assert_eq!(text.parse::<Rate>(), Err(error), "`{text}`");
    }

    #[test]
    fn every_way_to_write_a_limit_is_read_and_shown_in_one_way() {
        is("100/min", "100/min", 100, 60, 100);
        is("60/10s", "60/10s", 60, 10, 60);
        is("600/1m burst 50", "600/min burst 50", 600, 60, 50);
        is("5/s", "5/s", 5, 1, 5);
        is("5/sec", "5/s", 5, 1, 5);
        is("60/h", "60/h", 60, 3_600, 60);
        is("120/2hour burst 7", "120/2h burst 7", 120, 7_200, 7);
        is(" 100 / min ", "100/min", 100, 60, 100);
        is("90/90s burst  90", "90/90s", 90, 90, 90);
        is("60/60s", "60/min", 60, 60, 60);
        is("1000000000/min", "1000000000/min", 1_000_000_000, 60, 1_000_000_000);
        is("1/min burst 1440", "1/min burst 1440", 1, 60, 1_440);
        is("1440/24h", "1440/24h", 1_440, 86_400, 1_440);
    }

    #[test]
    fn what_is_no_limit_is_refused_and_the_error_names_what_is_wrong() {
        for text in
            ["", "100", "/", "fast", "100/", "100/min 5", "100/min burst", "100/min burst 5 6", "9/10 s"]
        {
            fails(text, RateError::NotARate);
        }
        for text in ["NaN/min", "inf/min", "1e3/min", "0.5/min", "+5/min", "/min", "1_000/min", "٣/min"] {
            fails(text, RateError::NotWhole(Part::Count));
        }
        fails("-5/min", RateError::Negative(Part::Count));
        fails("5/-10s", RateError::Negative(Part::Period));
        fails("5/min burst -1", RateError::Negative(Part::Burst));
        fails("0/min", RateError::Zero(Part::Count));
        fails("-0/min", RateError::Negative(Part::Count));
        fails("5/0s", RateError::Zero(Part::Period));
        fails("5/min burst 0", RateError::Zero(Part::Burst));
        fails("5/0.5s", RateError::NotWhole(Part::Period));
        fails("5/min burst NaN", RateError::NotWhole(Part::Burst));
        for text in ["5/day", "5/NaN", "5/ms", "5/10", "5/Min"] {
            fails(text, RateError::UnknownUnit);
        }
    }

    #[test]
    fn absurd_limits_are_refused() {
        fails("1/61s", RateError::TooSlow);
        fails("59/h", RateError::TooSlow);
        fails("16666667/s", RateError::TooFast);
        fails("1000000001/min", RateError::TooLarge(Part::Count));
        fails("99999999999999999999/min", RateError::TooLarge(Part::Count));
        fails("5/99999999999h", RateError::TooLarge(Part::Period));
        fails("5000/25h", RateError::PeriodTooLong);
        fails("1/min burst 1441", RateError::BurstTooLarge);
        assert_eq!(Rate::per_minute(0), Err(RateError::Zero(Part::Count)));
        assert_eq!(Rate::per_minute(u32::MAX), Err(RateError::TooFast));
        assert_eq!(Rate::per_minute(100), "100/min".parse());
    }

    #[test]
    fn an_error_says_what_to_do() {
        let says = |text: &str| text.parse::<Rate>().unwrap_err().to_string();
        assert_eq!(
            says("0/min"),
            "must have a count of at least 1; to lift every limit, set `limits.enabled = false`"
        );
        assert_eq!(says("NaN/min"), "needs a whole number as its count");
        assert_eq!(says("5/2000000000s"), "must have a period of at most 1000000000");
        assert_eq!(says("fast"), "is no limit; write it like `100/min`, `60/10s` or `600/min burst 50`");
    }

    #[test]
    fn rounding_never_allows_more_than_was_written() {
        let interval = |text: &str| text.parse::<Rate>().unwrap().interval();
        assert_eq!(interval("1000000000/min"), Duration::from_nanos(60));
        assert_eq!(interval("700000000/min"), Duration::from_nanos(86));
        assert_eq!(interval("100/min"), Duration::from_millis(600));
        assert_eq!(interval("1/min"), Duration::from_mins(1));
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back_as_the_same(
            count in 1..=1_000_000_000_u32, seconds in 1..=86_400_u64, burst in 1..=1_000_000_000_u32,
        ) {
            let (count, burst) = (NonZeroU32::new(count).unwrap(), NonZeroU32::new(burst).unwrap());
            if let Ok(rate) = Rate::checked(count, seconds, burst) {
                prop_assert_eq!(rate.to_string().parse(), Ok(rate));
                prop_assert!(rate.interval() >= Duration::from_nanos(60));
                prop_assert!(rate.interval() * (burst.get() - 1) <= limits::LIMIT_PERIOD_MAX * 2);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", period in "[0-9a-z. -]{0,12}") {
            let _ = text.parse::<Rate>();
            let _ = format!("5/{period}").parse::<Rate>();
        }
    }
}
