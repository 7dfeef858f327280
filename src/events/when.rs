//! The times that people write.
//!
//! `90s`, `10m`, `2h` and `3d` are so long ago; a day without a time is its
//! beginning where a span begins, and its end where one ends.

use super::show::show;
use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::{Date, DateTime, Time},
};

/// Which end of a span a time is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Edge {
    Since,
    Until,
}

/// Reads a time as seen from `now`, in its time zone.
pub(super) fn parse(text: &str, now: &Zoned, edge: Edge) -> Result<Timestamp, String> {
    let text = text.trim();
    let day = |date: Date| day(date, now, edge);
    match text {
        "now" => return Ok(now.timestamp()),
        "today" => return day(now.date()),
        "yesterday" => return day(now.date().yesterday().map_err(|error| error.to_string())?),
        _ => {}
    }
    if let Some(ago) = ago(text) {
        return now.timestamp().checked_sub(ago).map_err(|_| unreadable(text));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    // a date alone parses as a time too, as its midnight
    if text.len() <= 10 {
        return text.parse::<Date>().map_err(|_| unreadable(text)).and_then(day);
    }
    let at: DateTime = text.parse().map_err(|_| unreadable(text))?;
    at.to_zoned(now.time_zone().clone()).map(|at| at.timestamp()).map_err(|_| unreadable(text))
}

fn day(date: Date, now: &Zoned, edge: Edge) -> Result<Timestamp, String> {
    let time = match edge {
        Edge::Since => Time::midnight(),
        Edge::Until => Time::MAX,
    };
    let at = date.to_datetime(time).to_zoned(now.time_zone().clone());
    at.map(|at| at.timestamp()).map_err(|error| error.to_string())
}

fn ago(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    count.checked_mul(seconds).map(SignedDuration::from_secs)
}

fn unreadable(text: &str) -> String {
    format!(
        "`{}` is no time; try `90s`, `10m`, `2h`, `3d`, `today`, `yesterday`, `2026-11-22`, `2026-11-22 14:00` or \
         `2026-11-22T14:00:00Z`",
        show(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, edge: Edge, expected: &str) {
        let now: Zoned = "2026-11-22T14:30:00+01:00[Europe/Berlin]".parse().unwrap();
        let expected: Timestamp = expected.parse().unwrap();
        assert_eq!(parse(text, &now, edge), Ok(expected), "{text}");
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        reads("90s", Edge::Since, "2026-11-22T13:28:30Z");
        reads("10m", Edge::Since, "2026-11-22T13:20:00Z");
        reads("2h", Edge::Until, "2026-11-22T11:30:00Z");
        reads("3d", Edge::Since, "2026-11-19T13:30:00Z");
        reads("today", Edge::Since, "2026-11-21T23:00:00Z");
        reads("yesterday", Edge::Since, "2026-11-20T23:00:00Z");
        reads("yesterday", Edge::Until, "2026-11-21T22:59:59.999999999Z");
        reads("2026-11-22", Edge::Since, "2026-11-21T23:00:00Z");
        reads("2026-11-22 14:00", Edge::Since, "2026-11-22T13:00:00Z");
        reads("2026-11-22T14:00:05", Edge::Since, "2026-11-22T13:00:05Z");
        reads("2026-11-22T14:00:00Z", Edge::Since, "2026-11-22T14:00:00Z");
        reads("2026-11-22T14:00:00-05:00", Edge::Since, "2026-11-22T19:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused_with_examples() {
        let now = Zoned::now();
        for text in
            ["", "m", "-3d", "tomorrow-ish", "2026-13-01", "99999999999999999999d", "9223372036854775807w"]
        {
            let says = parse(text, &now, Edge::Since).unwrap_err();
            assert!(says.contains("`10m`"), "{text}: {says}");
        }
    }
}
