//! What an event looks like: one line, five columns.
//!
//! When, outcome, what, who, and the rest. Whatever a client sent goes through
//! `show`; only the last column is cut, to the width of the terminal.

use std::fmt::Write as _;

use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    cli::printer::{Printer, Tone},
    events::{
        reader::Record,
        show::{show, show_json},
    },
};

/// How events are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// One line, five columns
    #[default]
    Short,
    /// One line with date, severity, event, address and client
    Wide,
    /// All fields, one a line
    Full,
    /// One JSON object a line, as in the log
    Json,
}

/// Prints events one after the other.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) printer: &'a Printer,
    pub(super) format: Format,
    pub(super) zone: TimeZone,
    /// Columns of the terminal; `None` is no limit.
    pub(super) columns: Option<usize>,
    /// The day of the last date line.
    pub(super) day: Option<Date>,
}

// Together with their gaps the first four columns are 57 wide, or 81 where there is room.
const OUTCOME: usize = 9;
const DURATION: usize = 10;
const WHAT: [usize; 2] = [16, 28];
const WHO: [usize; 2] = [16, 28];
const WIDE_COLUMNS_MIN: usize = 120;

impl Look<'_> {
    /// The lines of one event, without the last line end.
    pub(super) fn render(&mut self, record: &Record) -> String {
        match self.format {
            Format::Json => show_json(&record.raw).into_owned(),
            Format::Short => self.short(record),
            Format::Wide => self.wide(record),
            Format::Full => self.full(record),
        }
    }

    fn short(&mut self, record: &Record) -> String {
        let at = record.at.to_zoned(self.zone.clone());
        let mut out = String::new();
        if self.day != Some(at.date()) {
            self.day = Some(at.date());
            let line = at.strftime("-- %a %-d %b %Y --").to_string();
            out.push_str(&self.printer.paint(Tone::Dim, &line));
            out.push('\n');
        }
        let roomy = usize::from(self.columns.is_none_or(|columns| columns >= WIDE_COLUMNS_MIN));
        let [what, who] = [WHAT, WHO].map(|widths| widths.get(roomy).copied().unwrap_or(16));
        let start = out.len();
        let time = at.strftime("%H:%M:%S");
        let fields = &record.fields;
        let _infallible = write!(
            out,
            "{time}  {}  {}  {}",
            self.word(record, OUTCOME),
            fit(&what_of(record), what),
            fit(&show(&fields.identifier), who),
        );
        let head = 8 + 2 + OUTCOME + 2 + what + 2 + who;
        let took = fields.duration_us.map(took).unwrap_or_default();
        let detail = detail(record);
        // where there is little room, why something failed says more than how long it took
        let is_short = roomy == 0 && fields.outcome.as_deref() != Some("ok");
        let rest = if is_short { format!("  {detail}") } else { format!("{took:>DURATION$}  {detail}") };
        let rest = rest.trim_end();
        if !rest.is_empty() {
            match self.columns {
                // one column stays free: some terminals wrap when the last one is taken
                Some(columns) => out.push_str(cut(rest, columns.saturating_sub(head + 1)).trim_end()),
                None => out.push_str(rest),
            }
        }
        let end = out.trim_end().len().max(start);
        out.truncate(end);
        out
    }

    fn wide(&self, record: &Record) -> String {
        let at = record.at.to_zoned(self.zone.clone());
        let fields = &record.fields;
        let or_dash = |text: &Option<String>| show(text.as_deref().unwrap_or("-")).into_owned();
        let took = fields.duration_us.map_or_else(|| "-".into(), took);
        let line = format!(
            "{}  {}  {}  {}  {}  {}  {}  {}  {}  {took:>DURATION$}  {}",
            at.strftime("%Y-%m-%d %H:%M:%S%.3f"),
            fit(&show(&fields.severity), 6),
            self.word(record, OUTCOME),
            fit(&show(&fields.event), 24),
            fit(&what_of(record), 28),
            fit(&show(&fields.identifier), 28),
            fit(&or_dash(&fields.transport), 7),
            fit(&or_dash(&fields.peer), 15),
            fit(&or_dash(&fields.client), 24),
            detail(record),
        );
        line.trim_end().to_owned()
    }

    fn full(&self, record: &Record) -> String {
        let at = record.at.to_zoned(self.zone.clone());
        let fields = &record.fields;
        let mut out = format!(
            "{}  {}  {}",
            at.strftime("%a %-d %b %Y %H:%M:%S%.3f %:z"),
            self.word(record, 0),
            show(&fields.event)
        );
        let mut row = |name: &str, value: &str| {
            let _infallible = write!(out, "\n  {name:<12}{}", show(value));
        };
        row("severity", &fields.severity);
        row("who", &fields.identifier);
        for (name, value) in [
            ("code", &fields.code),
            ("tool", &fields.tool),
            ("method", &fields.method),
            ("transport", &fields.transport),
            ("peer", &fields.peer),
            ("client", &fields.client),
            ("id", &fields.id),
            ("call", &fields.call),
            ("traceparent", &fields.traceparent),
        ] {
            if let Some(value) = value {
                row(name, value);
            }
        }
        if let Some(micros) = fields.duration_us {
            row("took", took(micros).trim());
        }
        row("place", &format!("run {}, number {}", fields.run, fields.seq));
        for (name, value) in &fields.details {
            let _infallible = write!(out, "\n    {}: {}", show(name), show(&plain(value)));
        }
        out
    }

    /// The outcome, or how grave it is where nothing came out.
    fn word(&self, record: &Record, width: usize) -> String {
        let (word, tone) = match record.fields.outcome.as_deref() {
            Some("ok") => ("ok".to_owned(), Tone::Good),
            Some("refused") => ("REFUSED".to_owned(), Tone::Warn),
            Some("failed") => ("FAILED".to_owned(), Tone::Bad),
            Some("denied") => ("DENIED".to_owned(), Tone::Bad),
            Some("abandoned") => ("ABANDONED".to_owned(), Tone::Warn),
            Some(other) => (show(other).to_uppercase(), Tone::Warn),
            None => {
                let tone = if record.fields.severity == "high" { Tone::Bad } else { Tone::Dim };
                (show(&record.fields.severity).into_owned(), tone)
            }
        };
        self.printer.paint(tone, &if width > 0 { fit(&word, width) } else { word })
    }
}

/// What was called; for what was turned away before it was a call, the door; or the event.
fn what_of(record: &Record) -> String {
    let fields = &record.fields;
    let is_door = fields.outcome.as_deref().is_some_and(|outcome| outcome != "ok");
    let what = fields
        .tool
        .as_ref()
        .or(fields.method.as_ref())
        .or(fields.transport.as_ref().filter(|_| is_door))
        .unwrap_or(&fields.event);
    show(what).into_owned()
}

/// Why and what, in as few words as tell it.
fn detail(record: &Record) -> String {
    let details = &record.fields.details;
    let text = |key: &str| details.get(key).and_then(Value::as_str);
    let mut parts = Vec::new();
    let said = ["reason", "code", "rule", "bytes_in", "bytes_out", "path", "uri", "url", "prompt", "runs"];
    for key in ["path", "uri", "url", "prompt"] {
        parts.extend(text(key).map(|value| show(value).into_owned()));
    }
    if record.fields.outcome.as_deref() == Some("ok") {
        parts.extend(details.get("bytes_out").and_then(Value::as_u64).map(size));
    }
    for (key, value) in details.iter().filter(|(key, _)| !said.contains(&key.as_str())) {
        parts.push(format!("{} {}", show(key), show(&plain(value))));
    }
    let parts = parts.join(", ");
    let code = record.fields.code.as_deref().map(show);
    let reason = text("reason").map(show);
    let why = match (code, reason) {
        (Some(code), Some(reason)) => format!("{code}: {reason}"),
        (Some(word), None) | (None, Some(word)) => word.into_owned(),
        (None, None) => return parts,
    };
    if parts.is_empty() { why } else { format!("{why} ({parts})") }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `4 ms`, `10 000 ms`.
fn took(micros: u64) -> String {
    format!("{} ms", thousands(micros / 1_000))
}

/// `1.2 kB`.
fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => (100, "kB"),
        _ => (100_000, "MB"),
    };
    let tenths = bytes / unit;
    format!("{}.{} {name}", thousands(tenths / 10), tenths % 10)
}

/// `1 204`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `text` in exactly `width` columns.
pub(super) fn fit(text: &str, width: usize) -> String {
    let mut fitted = cut(text, width);
    let used = fitted.width();
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(used)));
    fitted
}

/// `text` in at most `width` columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 0;
    for c in text.chars() {
        let columns = unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used + columns + 1 > width {
            break;
        }
        used += columns;
        kept.push(c);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::printer::ColorChoice, events::show::is_unseen};

    fn record(extra: &str) -> Record {
        let line = format!(
            "{{\"v\":1,\"timestamp\":\"2026-11-22T13:02:11.113Z\",\"event\":\"tool_called\",\"severity\":\"low\",\
             {extra},\"run\":\"51c0\",\"seq\":1}}"
        );
        Record::parse(line.as_bytes()).unwrap()
    }

    fn shown(format: Format, columns: Option<usize>, records: &[Record]) -> Vec<String> {
        let printer = Printer::new(ColorChoice::Never, 0, 0);
        let mut look = Look { printer: &printer, format, zone: TimeZone::UTC, columns, day: None };
        records
            .iter()
            .flat_map(|record| look.render(record).lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    fn samples() -> Vec<Record> {
        vec![
            record(
                "\"identifier\":\"parent\",\"outcome\":\"ok\",\"tool\":\"read_text_file\",\"duration_us\":4200,\
                 \"details\":{\"bytes_in\":40,\"path\":\"notes:/todo.md\",\"bytes_out\":1234}",
            ),
            record(
                "\"identifier\":\"key:laptop\",\"outcome\":\"refused\",\"code\":\"path_leaves_root\",\
                 \"tool\":\"list_allowed_directories\",\"duration_us\":10000000,\
                 \"details\":{\"reason\":\"`path` must not contain `..`\"}",
            ),
            record(
                "\"identifier\":\"203.0.113.9\",\"outcome\":\"denied\",\"code\":\"no_key\",\"transport\":\"http\",\
                 \"details\":{\"url\":\"/mcp\"}",
            ),
        ]
    }

    #[test]
    fn an_event_is_one_line_with_five_columns_and_a_date_line_where_the_day_changes() {
        let lines = shown(Format::Short, None, &samples());
        assert_eq!(
            lines,
            [
                "-- Sun 22 Nov 2026 --",
                "13:02:11  ok         read_text_file                parent                            4 ms  \
                 notes:/todo.md, 1.2 kB",
                "13:02:11  REFUSED    list_allowed_directories      key:laptop                   10 000 ms  \
                 path_leaves_root: `path` must not contain `..`",
                "13:02:11  DENIED     http                          203.0.113.9                             \
                 no_key (/mcp)",
            ]
        );
    }

    #[test]
    fn eighty_columns_never_wrap_and_keep_the_first_four_columns() {
        for line in shown(Format::Short, Some(80), &samples()) {
            assert!(line.width() < 80, "{line}");
        }
        let lines = shown(Format::Short, Some(80), &samples());
        assert!(
            lines[2].starts_with("13:02:11  REFUSED    list_allowed_di…  key:laptop      "),
            "{}",
            lines[2]
        );
        assert!(
            shown(Format::Short, Some(20), &samples()).iter().skip(1).all(|line| line.contains("13:02:11"))
        );
    }

    #[test]
    fn nothing_a_client_sent_moves_a_cursor_or_fakes_a_line_at_any_format() {
        let evil = "x\\n\\r\\t\\u001b[2J\\u009b31m\\u202e\\u0000\\u2028\u{9b}\u{85}\u{202e}";
        let record = record(&format!(
            "\"identifier\":\"{evil}\",\"tool\":\"{evil}\",\"outcome\":\"{evil}\",\"code\":\"{evil}\",\
             \"client\":\"{evil}\",\"peer\":\"{evil}\",\"details\":{{\"{evil}\":\"{evil}\",\"reason\":\"{evil}\",\
             \"path\":\"{evil}\",\"list\":[\"{evil}\"]}}"
        ));
        for format in [Format::Short, Format::Wide, Format::Full, Format::Json] {
            let lines = shown(format, Some(200), std::slice::from_ref(&record));
            assert!(!lines.iter().any(|line| line.chars().any(is_unseen)), "{format:?}: {lines:?}");
            assert!(format == Format::Full || lines.len() <= 2, "{format:?}: {lines:?}");
        }
    }
}
