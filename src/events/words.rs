//! From the words of whoever asks to a [`Filter`]: one reading of them for the
//! command line and for `GET /security/events`.
//!
//! What comes out is a filter in which every word means something: a time is
//! one, a span is not upside down, an event is one that there is. Names that a
//! client chose (a tool, an address, itself) may be any text.

use std::fmt;

use jiff::Zoned;

use super::{
    event::{EventKind, Outcome, Severity},
    filter::{self, Filter},
    show::show,
    when::{self, Edge},
};
use crate::{limits, refusal::Code};

/// What was asked for, as it was written.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Words {
    /// Not older than.
    pub since: Option<String>,
    /// Not newer than.
    pub until: Option<String>,
    /// This grave or graver.
    pub severity: Option<String>,
    /// One of these events.
    pub event: Vec<String>,
    /// One of these outcomes.
    pub outcome: Vec<String>,
    /// One of these codes.
    pub code: Vec<String>,
    /// One of these tools.
    pub tool: Vec<String>,
    /// One of these callers.
    pub who: Vec<String>,
    /// One of these addresses.
    pub peer: Vec<String>,
    /// A client whose name begins so.
    pub client: Vec<String>,
    /// The line matches.
    pub grep: Option<String>,
}

/// What is wrong with the words. `Display` names what it is about as the
/// endpoint calls it: `since`, not `--since`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Slip {
    /// No time.
    When {
        /// Which of the two.
        name: &'static str,
        /// The word and what would be one.
        why: String,
    },
    /// Nothing can be both.
    Reversed,
    /// A word that there is not.
    Word {
        /// Of what.
        name: &'static str,
        /// The word, as it may be shown.
        word: String,
        /// One that looks like it.
        near: Option<&'static str>,
        /// All that there are.
        known: Vec<&'static str>,
    },
    /// No expression.
    Grep {
        /// Why not.
        why: String,
    },
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::When { name, why } => write!(f, "`{name}`: {why}"),
            Self::Reversed => f.write_str("`since` is later than `until`, so nothing can match"),
            Self::Word { name, word, near: Some(near), .. } => {
                write!(f, "`{name}` is never `{word}`; did you mean `{near}`?")
            }
            Self::Word { name, word, near: None, known } => {
                write!(f, "`{name}` is never `{word}`, but one of {}", known.join(", "))
            }
            Self::Grep { why } => write!(f, "the expression in `grep` does not compile: {why}"),
        }
    }
}

impl Words {
    /// The filter, as seen from `now` and in its time zone.
    ///
    /// # Errors
    ///
    /// The first [`Slip`].
    pub fn filter(self, now: &Zoned) -> Result<Filter, Slip> {
        let when = |name, text: Option<String>, edge| {
            text.map(|text| when::parse(&text, now, edge).map_err(|why| Slip::When { name, why })).transpose()
        };
        let since = when("since", self.since, Edge::Since)?;
        let until = when("until", self.until, Edge::Until)?;
        if since.zip(until).is_some_and(|(since, until)| since > until) {
            return Err(Slip::Reversed);
        }
        let severities: Vec<_> = Severity::ALL.iter().map(|one| one.as_str()).collect();
        let severity = self.severity.into_iter().collect::<Vec<_>>();
        all_known("severity", &severity, severities)?;
        all_known("event", &self.event, EventKind::ALL.iter().map(|one| one.as_str()).collect())?;
        all_known("outcome", &self.outcome, Outcome::ALL.iter().map(|one| one.as_str()).collect())?;
        all_known("code", &self.code, Code::ALL.iter().map(|one| one.as_str()).collect())?;
        Ok(Filter {
            since,
            until,
            severity: severity.first().and_then(|word| Severity::parse(word)),
            events: self.event,
            outcomes: self.outcome,
            codes: self.code,
            tools: self.tool,
            who: self.who,
            peers: self.peer,
            clients: self.client,
            grep: self.grep.as_deref().map(grep).transpose()?,
        })
    }
}

/// Compiles an expression. May take half a second of one core.
///
/// # Errors
///
/// [`Slip::Grep`].
pub fn grep(pattern: &str) -> Result<regex::Regex, Slip> {
    if pattern.len() > limits::GREP_BYTES_MAX {
        return Err(Slip::Grep { why: format!("it has more than {} bytes", limits::GREP_BYTES_MAX) });
    }
    // the library draws the place on lines of its own; the last one says why
    filter::grep(pattern).map_err(|error| {
        let said = error.to_string();
        let last = said.lines().last().unwrap_or_default();
        Slip::Grep { why: show(last.trim_start_matches("error: ")).into_owned() }
    })
}

fn all_known(name: &'static str, words: &[String], known: Vec<&'static str>) -> Result<(), Slip> {
    let Some(word) = words.iter().find(|word| !known.contains(&word.as_str())) else { return Ok(()) };
    let word = shown(word);
    Err(Slip::Word { name, near: near(&word, &known), word, known })
}

/// A foreign word as an answer repeats it: bounded, and nothing unseen in it.
#[must_use]
pub fn shown(word: &str) -> String {
    let cut = word.get(..word.floor_char_boundary(limits::REFUSED_VALUE_BYTES_MAX)).unwrap_or_default();
    show(cut).into_owned()
}

/// The word that was probably meant.
#[must_use]
pub fn near<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    const ALIKE: f64 = 0.8;
    let like = |known: &&'a str| (strsim::jaro_winkler(word, known), *known);
    let best = known.iter().map(like).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 >= ALIKE).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(words: Words) -> String {
        words.filter(&Zoned::now()).unwrap_err().to_string()
    }

    #[test]
    fn a_word_that_there_is_not_is_answered_with_one_that_there_is() {
        let event = |word: &str| Words { event: vec![word.into()], ..Words::default() };
        assert_eq!(slip(event("tool_caled")), "`event` is never `tool_caled`; did you mean `tool_called`?");
        let outcome = Words { outcome: vec!["ok".into(), "\u{1b}x".into()], ..Words::default() };
        assert_eq!(
            slip(outcome),
            "`outcome` is never `\\u{1b}x`, but one of ok, refused, failed, denied, abandoned"
        );
        let long = event(&"é".repeat(5_000));
        assert!(slip(long).len() < 2_000);
    }

    #[test]
    fn what_cannot_match_or_compile_is_a_slip() {
        let span = Words { since: Some("1h".into()), until: Some("2h".into()), ..Words::default() };
        assert!(slip(span).contains("later than"));
        for pattern in ["(", "[z-a]", &"x".repeat(2_000), "\\w{400}{400}"] {
            let says = slip(Words { grep: Some(pattern.into()), ..Words::default() });
            assert!(says.starts_with("the expression in `grep`") && !says.contains('\n'), "{says}");
        }
        let empty = Words::default().filter(&Zoned::now()).unwrap();
        assert!(empty.since.is_none() && empty.grep.is_none() && empty.events.is_empty());
    }
}
