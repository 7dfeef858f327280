//! Which events are asked for. Pure: a [`Filter`] reads no clock and no disk.

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::{event::Severity, record::Record};

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

    /// Whether a file that was begun and last written to then may hold such events.
    pub(super) fn may_be_between(&self, started: Option<Timestamp>, written: Timestamp) -> bool {
        let slack = SignedDuration::from_secs(2);
        let ended = written.saturating_add(slack).unwrap_or(Timestamp::MAX);
        self.since.is_none_or(|since| ended >= since)
            && self.until.zip(started).is_none_or(|(until, started)| started <= until)
    }

    /// Whether, reading backwards, nothing that is asked for comes any more.
    pub(super) fn is_past(&self, record: &Record) -> bool {
        self.since.is_some_and(|since| record.at.saturating_add(SET_BACK_MAX).is_ok_and(|at| at < since))
    }
}

fn one_of(wanted: &[String], found: Option<&str>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.iter().any(|word| word == found))
}
