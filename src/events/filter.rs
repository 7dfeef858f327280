//! Which events are asked for. Pure: a [`Filter`] reads no clock and no disk.

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::{
    event::Severity,
    glance::Glance,
    record::{Fields, Record, Unread},
};
use crate::limits;

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

/// Compiles what `grep` takes: a linear-time expression that ignores case
/// unless it holds an upper-case letter.
///
/// # Errors
///
/// When it does not compile, or would become too large.
pub fn grep(pattern: &str) -> Result<Regex, regex::Error> {
    let ignores_case = !pattern.chars().any(char::is_uppercase);
    regex::RegexBuilder::new(pattern)
        .case_insensitive(ignores_case)
        .size_limit(limits::GREP_COMPILED_BYTES_MAX)
        .build()
}

/// A run's clock may have been set back by this much while newest events are read.
const SET_BACK_MAX: SignedDuration = SignedDuration::from_hours(1);

impl Filter {
    /// Whether this event is asked for.
    #[must_use]
    pub fn matches(&self, record: &Record) -> bool {
        self.lets(record.at, &record.raw, &record.fields)
    }

    /// Looks at a line.
    ///
    /// # Errors
    ///
    /// As [`Glance::parse`].
    pub(super) fn judge<'a>(&self, line: &'a [u8]) -> Result<Judged<'a>, Unread> {
        // an expression is looked for in less time than it takes to read the line
        if let Some(grep) = &self.grep
            && std::str::from_utf8(line).is_ok_and(|line| !grep.is_match(line))
        {
            return Ok(Judged::Not(None));
        }
        let glance = Glance::parse(line)?;
        if self.lets(glance.at, glance.raw, &glance.fields) {
            return Ok(Judged::AskedFor(glance));
        }
        Ok(Judged::Not(Some(glance.at)))
    }

    /// Whether everything is asked for.
    pub(super) fn is_empty(&self) -> bool {
        let words =
            [&self.events, &self.outcomes, &self.codes, &self.tools, &self.who, &self.peers, &self.clients];
        self.since.is_none()
            && self.until.is_none()
            && self.severity.is_none()
            && self.grep.is_none()
            && words.iter().all(|words| words.is_empty())
    }

    fn lets<S: AsRef<str>, D>(&self, at: Timestamp, raw: &str, fields: &Fields<S, D>) -> bool {
        let grave = || Severity::parse(fields.severity.as_ref()).unwrap_or(Severity::High);
        self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at <= until)
            && self.severity.is_none_or(|least| grave() >= least)
            && one_of(&self.events, Some(fields.event.as_ref()))
            && one_of(&self.outcomes, text(fields.outcome.as_ref()))
            && one_of(&self.codes, text(fields.code.as_ref()))
            && one_of(&self.tools, text(fields.tool.as_ref()))
            && one_of(&self.who, Some(fields.identifier.as_ref()))
            && one_of(&self.peers, text(fields.peer.as_ref()))
            && (self.clients.is_empty()
                || text(fields.client.as_ref()).is_some_and(|client| {
                    self.clients.iter().any(|wanted| client.starts_with(wanted.as_str()))
                }))
            && self.grep.as_ref().is_none_or(|grep| grep.is_match(raw))
    }

    /// Whether a file that was begun and last written to then may hold such events.
    pub(super) fn may_be_between(&self, started: Option<Timestamp>, written: Timestamp) -> bool {
        let slack = SignedDuration::from_secs(2);
        let ended = written.saturating_add(slack).unwrap_or(Timestamp::MAX);
        self.since.is_none_or(|since| ended >= since)
            && self.until.zip(started).is_none_or(|(until, started)| started <= until)
    }

    /// Whether, reading backwards, nothing that is asked for comes behind an event of then.
    pub(super) fn is_past(&self, at: Timestamp) -> bool {
        self.since.is_some_and(|since| at.saturating_add(SET_BACK_MAX).is_ok_and(|at| at < since))
    }
}

/// Whether a line is asked for.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "made once a line and taken apart at once; a box would cost more"
)]
pub(super) enum Judged<'a> {
    /// It is.
    AskedFor(Glance<'a>),
    /// It is not; when it was, if somebody looked.
    Not(Option<Timestamp>),
}

fn text<S: AsRef<str>>(text: Option<&S>) -> Option<&str> {
    text.map(AsRef::as_ref)
}

fn one_of(wanted: &[String], found: Option<&str>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.iter().any(|word| word == found))
}
