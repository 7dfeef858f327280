//! `mcp-server events stats`: how many events there are, by what they have in
//! common.
//!
//! A row is a key, a count, and on a terminal a bar. Keys that a client sent go
//! through `show` and are cut.

use std::{fmt::Write as _, io, path::Path};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::{
    Summary, files,
    look::{cut, fit, thousands},
    which::Which,
};
use crate::{
    cli::{
        printer::{Printer, Tone},
        progress::Progress,
        report::{Exit, Stopped},
    },
    events::{
        show::{show, show_json},
        stats::{self, By, Key},
    },
};

/// `events stats`.
#[derive(Args, Clone, Debug)]
pub struct Stats {
    /// By what: code, event, tool, who, peer, client, outcome, hour or day
    #[arg(long, value_name = "WHAT", default_value = "event", hide_possible_values = true, value_parser = by())]
    pub by: By,
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// Print one JSON object
    #[arg(long, help_heading = "How to print")]
    pub json: bool,
    /// Hours, days and times in UTC
    #[arg(long, help_heading = "How to print")]
    pub utc: bool,
}

fn by() -> impl clap::builder::TypedValueParser<Value = By> {
    PossibleValuesParser::new(By::ALL.iter().map(|by| by.as_str()))
        .map(|word| By::parse(&word).unwrap_or_default())
}

/// A key is cut to this many columns.
const KEY_COLUMNS_MAX: usize = 48;
/// A bar is not worth it in less.
const BAR_COLUMNS_MIN: usize = 8;

pub(super) fn run(args: &Stats, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    let zone = if args.utc { TimeZone::UTC } else { TimeZone::system() };
    let filter = args.which.filter(&Zoned::now().with_time_zone(zone.clone()))?;
    let known = files(dir)?;
    let progress = Progress::new(known.iter().map(|file| file.len).sum(), printer);
    let walked = stats::count_files(&known, &filter, args.by, &zone, &|bytes| progress.step(bytes));
    drop(progress);
    let counted = &walked.counted;
    if args.json {
        printer.line(show_json(&as_json(counted, &zone).to_string()))?;
    } else {
        print(counted, &zone, printer)?;
    }
    let mut summary = Summary::of(&known);
    summary.end(walked.looked, walked.remarks, printer);
    if counted.folded() > 0 && !args.json {
        printer.note(format_args!(
            "note: {} more refusals at the door were only counted; see `--event refusals_folded`",
            thousands(counted.folded())
        ));
    }
    // how many there are is an answer, also when it is none
    let _none_is_no_failure = summary.judge(counted.events(), dir, printer);
    Ok(Exit::Yes)
}

fn print(counted: &stats::Stats, zone: &TimeZone, printer: &Printer) -> io::Result<()> {
    if counted.events() == 0 {
        return Ok(());
    }
    let counts = counted.rows();
    let keys = counts.iter().filter(|row| row.key != Key::Nothing).count();
    let mut rows: Vec<(String, u64)> =
        counts.into_iter().map(|row| (label(&row.key, zone), row.count)).collect();
    if counted.others() > 0 {
        rows.push(("(others)".into(), counted.others()));
    }
    let text = table(&rows, printer.columns(), |bar| printer.paint(Tone::Path, bar));
    let total = format!(
        "{}{} {}, {} {}{}\n",
        if counted.others() > 0 { "more than " } else { "" },
        thousands(keys as u64),
        plural(counted.by(), keys),
        thousands(counted.events()),
        if counted.events() == 1 { "event" } else { "events" },
        counted.span().map_or_else(String::new, |span| format!(", {}", between(span, zone))),
    );
    printer.raw((text + &total).as_bytes())
}

/// The rows, with bars if there are columns for them.
fn table(rows: &[(String, u64)], columns: Option<usize>, paint: impl Fn(&str) -> String) -> String {
    let counts: Vec<String> = rows.iter().map(|(_, count)| thousands(*count)).collect();
    let key_columns = rows.iter().map(|(key, _)| key.width()).max().unwrap_or(0).min(KEY_COLUMNS_MAX);
    let count_columns = counts.iter().map(String::len).max().unwrap_or(0);
    // where there is little room, the end of a key goes before the count does
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(count_columns + 3));
    let key_columns = key_columns.min(room.max(1));
    // one column stays free: some terminals wrap when the last one is taken
    let bar_columns = columns
        .map(|columns| columns.saturating_sub(key_columns + 2 + count_columns + 2 + 1))
        .filter(|bar| *bar >= BAR_COLUMNS_MIN);
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let mut out = String::new();
    for ((key, count), shown) in rows.iter().zip(counts) {
        let _infallible = write!(out, "{}  {shown:>count_columns$}", fit(key, key_columns));
        if let Some(columns) = bar_columns {
            let _infallible = write!(out, "  {}", paint(&bar(*count, most, columns)));
        }
        out.push('\n');
    }
    out
}

/// A bar in eighths of a column: something is never nothing.
fn bar(count: u64, most: u64, columns: usize) -> String {
    const PARTS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let eighths = u128::from(count) * (columns as u128 * 8) / u128::from(most.max(1));
    let eighths = usize::try_from(eighths).unwrap_or(0).max(usize::from(count > 0));
    let mut bar = "█".repeat(eighths / 8);
    bar.extend(PARTS.get(eighths % 8).filter(|part| **part != ' '));
    bar
}

fn label(key: &Key, zone: &TimeZone) -> String {
    match key {
        Key::Nothing => "(none)".into(),
        Key::Word(word) => cut(&show(word), KEY_COLUMNS_MAX),
        Key::Hour(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        Key::Day(day) => day.strftime("%Y-%m-%d %a").to_string(),
    }
}

fn plural(by: By, count: usize) -> &'static str {
    let (one, many) = match by {
        By::Code => ("code", "codes"),
        By::Event => ("kind", "kinds"),
        By::Tool => ("tool", "tools"),
        By::Who => ("caller", "callers"),
        By::Peer => ("address", "addresses"),
        By::Client => ("client", "clients"),
        By::Outcome => ("outcome", "outcomes"),
        By::Hour => ("hour", "hours"),
        By::Day => ("day", "days"),
    };
    if count == 1 { one } else { many }
}

/// `Sun 22 Nov 2026, 12:01:07 to 14:03:05`.
fn between((first, last): (Timestamp, Timestamp), zone: &TimeZone) -> String {
    let (first, last) = (first.to_zoned(zone.clone()), last.to_zoned(zone.clone()));
    let day = "%a %-d %b %Y";
    if first.date() == last.date() {
        let (day, first) = (first.strftime(day), first.strftime("%H:%M:%S"));
        return format!("{day}, {first} to {}", last.strftime("%H:%M:%S"));
    }
    format!("{} to {}", first.strftime(day), last.strftime(day))
}

fn as_json(counted: &stats::Stats, zone: &TimeZone) -> Value {
    let key = |key: Key| match key {
        Key::Nothing => Value::Null,
        Key::Word(word) => word.into(),
        Key::Hour(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string().into(),
        Key::Day(day) => day.to_string().into(),
    };
    let rows: Vec<Value> =
        counted.rows().into_iter().map(|row| json!({ "key": key(row.key), "count": row.count })).collect();
    // as times stand in the log
    let time = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let (first, last) = counted.span().map(|(first, last)| (time(first), time(last))).unzip();
    json!({
        "v": 1,
        "by": counted.by().as_str(),
        "events": counted.events(),
        "first": first,
        "last": last,
        "folded": counted.folded(),
        "rows": rows,
        "others": counted.others(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_below_each_other_and_bars_end_before_the_last_column() {
        let rows =
            [("ok".to_owned(), 1_102), ("path_leaves_root".to_owned(), 61), ("deadline".to_owned(), 3)];
        let plain = table(&rows, None, str::to_owned);
        assert_eq!(plain, "ok                1 102\npath_leaves_root     61\ndeadline              3\n");
        for columns in [20, 40, 80, 200] {
            let shown = table(&rows, Some(columns), str::to_owned);
            assert!(shown.lines().all(|line| line.width() < columns), "{columns}: {shown}");
            assert_eq!(shown.contains('█'), columns >= 40, "{shown}");
        }
        let shown = table(&rows, Some(40), str::to_owned);
        assert!(shown.lines().nth(2).is_some_and(|line| line.ends_with("  3  ▏")), "{shown}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_part_of_the_largest() {
        assert_eq!(bar(10, 10, 10), "█".repeat(10));
        assert_eq!(bar(5, 10, 10), "█".repeat(5));
        assert_eq!(bar(1, 16, 10), "▋");
        assert_eq!(bar(1, u64::MAX, 10), "▏");
        assert_eq!(bar(0, 0, 10), "");
        assert_eq!(bar(u64::MAX, u64::MAX, 300).chars().count(), 300);
    }
}
