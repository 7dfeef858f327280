//! Which events are asked for. Pure: a [`Filter`] reads no clock and no disk.

use std::{fmt::Write as _, io, path::Path};

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::{
    event::Severity,
    reader::{self, Events, Found, Order, Record},
    show,
};

/// Which events are asked for; what is `None` or empty lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not older than.
    pub since: Option<Timestamp>,
    /// Not newer than.
    pub until: Option<Timestamp>,
    /// This grave or graver.
    pub severity: Option<Severity>,
    /// One of these events.
    pub events: Vec<String>,
    /// One of these outcomes.
    pub outcomes: Vec<String>,
    /// One of these codes.
    pub codes: Vec<String>,
    /// One of these tools.
    pub tools: Vec<String>,
    /// One of these callers.
    pub who: Vec<String>,
    /// One of these addresses.
    pub peers: Vec<String>,
    /// A client whose name begins so.
    pub clients: Vec<String>,
    /// The line, as it may be shown, matches.
    pub grep: Option<Regex>,
}

/// Compiles what `--grep` takes: a linear-time expression that ignores case
/// unless it holds an upper-case letter.
///
/// # Errors
///
/// When it does not compile, or would become too large.
pub fn grep(pattern: &str) -> Result<Regex, regex::Error> {
    let ignores_case = !pattern.chars().any(char::is_uppercase);
    regex::RegexBuilder::new(pattern).case_insensitive(ignores_case).build()
}

/// A run's clock may have been set back by this much while newest events are read.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(1);

impl Filter {
    /// Whether this event is asked for.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        let fields = &record.fields;
        let grave = || Severity::parse(&fields.severity).unwrap_or(Severity::High);
        self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at <= until)
            && self.severity.is_none_or(|least| grave() >= least)
            && one_of(&self.events, Some(&fields.event))
            && one_of(&self.outcomes, fields.outcome.as_deref())
            && one_of(&self.codes, fields.code.as_deref())
            && one_of(&self.tools, fields.tool.as_deref())
            && one_of(&self.who, Some(&fields.identifier))
            && one_of(&self.peers, fields.peer.as_deref())
            && (self.clients.is_empty()
                || fields.client.as_ref().is_some_and(|client| {
                    self.clients.iter().any(|wanted| client.starts_with(wanted.as_str()))
                }))
            && self.grep.as_ref().is_none_or(|grep| grep.is_match(&record.raw))
    }

    /// Whether the line may be asked for, as far as its bytes tell. Saves
    /// reading most lines of a large log.
    pub(super) fn may_match(&self, line: &[u8]) -> bool {
        [&self.events, &self.outcomes, &self.codes].into_iter().all(|words| {
            words.is_empty() || {
                let line = std::str::from_utf8(line).unwrap_or_default();
                words.iter().any(|word| line.contains(word.as_str()))
            }
        })
    }

    /// Whether a file may hold such events, as far as its name and date tell.
    pub(super) fn may_be_in(&self, file: &Found) -> bool {
        let slack = SignedDuration::from_secs(2);
        let ended = file.modified.saturating_add(slack).unwrap_or(Timestamp::MAX);
        self.since.is_none_or(|since| ended >= since)
            && self.until.zip(file.name.started()).is_none_or(|(until, started)| started <= until)
    }

    /// Whether, reading backwards, nothing that is asked for comes any more.
    pub(super) fn is_past(&self, record: &Record) -> bool {
        self.since.is_some_and(|since| record.at.saturating_add(SET_BACK_MAX).is_ok_and(|at| at < since))
    }
}

fn one_of(wanted: &[String], found: Option<&str>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.iter().any(|word| word == found))
}

/// The events of `dir` that `filter` lets through.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn read(dir: &Path, filter: Filter, order: Order) -> io::Result<Events> {
    Ok(Events::new(reader::files(dir)?, filter, order))
}

/// The newest events, as the endpoint answers them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// `{"events":[…],"totalEvents":N,"next":…}`, newest first. `next` is the
    /// time of the oldest event here if older ones were left out, else null.
    pub json: String,
    /// How many events it holds.
    pub count: usize,
}

/// The newest `limit` events not older than `since`, newest first. Lines are
/// given as they stand in the log.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn newest_as_json(dir: &Path, limit: usize, since: Option<Timestamp>) -> io::Result<Page> {
    let filter = Filter { since, ..Filter::default() };
    let mut events = read(dir, filter, Order::Newest)?;
    let (mut json, mut count, mut oldest) = (String::from("{\"events\":["), 0, None);
    for record in events.by_ref().take(limit) {
        if count > 0 {
            json.push(',');
        }
        json.push_str(&show::show_json(&record.raw));
        oldest = Some(record.at);
        count += 1;
    }
    let next = match oldest {
        Some(at) if events.next().is_some() => format!("\"{at}\""),
        _ => "null".to_owned(),
    };
    let _infallible = write!(json, "],\"totalEvents\":{count},\"next\":{next}}}");
    Ok(Page { json, count })
}
