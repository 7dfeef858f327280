//! What every word of the log means, and what to do about it.
//!
//! One table for each kind of word, each a `match` without a rest arm: a new
//! word does not compile until somebody has explained it.

mod allow;
mod codes;
mod faults;
mod kinds;

pub use allow::allow;
use serde::Serialize;

use super::{
    EventKind, codes as table,
    verify::{Unproven, What},
    words,
};
use crate::refusal::Code;

/// What kind of word it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Why something was refused.
    Code,
    /// What happened.
    Event,
    /// What `events verify` found.
    Finding,
    /// What `events verify` cannot tell.
    Unproven,
}

/// A word, explained.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Explanation {
    /// The word.
    pub word: &'static str,
    /// What kind of word it is.
    pub kind: Kind,
    /// How grave it is, at most.
    pub severity: &'static str,
    /// The event that it stands in, if it is a code.
    pub event: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// Explains a word: a code, an event, or a finding of `events verify`.
#[must_use]
pub fn explain(word: &str) -> Option<Explanation> {
    all().find(|one| one.word == word)
}

/// The word that was probably meant.
#[must_use]
pub fn nearest(typed: &str) -> Option<&'static str> {
    let known: Vec<_> = all().map(|one| one.word).collect();
    words::near(&typed.to_ascii_lowercase(), &known)
}

/// Every word there is.
pub fn all() -> impl Iterator<Item = Explanation> {
    // a word that is both is explained as the event
    let codes = Code::ALL.iter().filter(|code| EventKind::parse(code.as_str()).is_none()).map(|code| {
        let ((event, severity, _), (meaning, remedy)) = (table::at_door(*code), codes::explain(*code));
        let event = Some(event.as_str());
        Explanation {
            word: code.as_str(),
            kind: Kind::Code,
            severity: severity.as_str(),
            event,
            meaning,
            remedy,
        }
    });
    let events = EventKind::ALL.iter().map(|kind| {
        let (severity, meaning, remedy) = kinds::explain(*kind);
        let severity = severity.as_str();
        Explanation { word: kind.as_str(), kind: Kind::Event, severity, event: None, meaning, remedy }
    });
    let faults = What::ALL.iter().map(|what| {
        let (meaning, remedy) = faults::fault(*what);
        let word = what.as_str();
        Explanation { word, kind: Kind::Finding, severity: "high", event: None, meaning, remedy }
    });
    let unproven = Unproven::ALL.iter().map(|what| {
        let (meaning, remedy) = faults::unproven(*what);
        let word = what.as_str();
        Explanation { word, kind: Kind::Unproven, severity: "low", event: None, meaning, remedy }
    });
    codes.chain(events).chain(faults).chain(unproven)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_word_is_explained_once() {
        let words: Vec<_> = all().map(|one| one.word).collect();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        assert!(all().all(|one| !one.meaning.ends_with('.') && one.remedy.len() > 9));
        assert_eq!(explain("path_leaves_root").unwrap().event, Some("input_validation_failed"));
        assert!(explain("chain_broken").unwrap().meaning.contains("cut tail"));
        assert_eq!(explain("nothing_such"), None);
    }
}
