//! What the bytes of a line must hold if the line is asked for.
//!
//! Most lines of a large log are not, and this tells so without reading them:
//! a word that is asked for stands there in its quotes, or some character of
//! it is escaped. So no line is missed, whoever wrote it; that a line holds its
//! needles does not say that it is asked for.

use regex::bytes::{Regex, RegexBuilder};

use super::filter::Filter;

/// The start of every escape that an ASCII letter, digit or sign of a plain word can have.
const ESCAPED: &str = r"\\u00";

/// One or more words for each field that is asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Needles {
    /// The one that blocks are searched for.
    first: Option<Regex>,
    more: Vec<Regex>,
}

impl Needles {
    /// What is needed for this filter.
    pub(super) fn of(filter: &Filter) -> Self {
        // the first is the one that fewest lines hold
        let fields = [
            (&filter.codes, "\""),
            (&filter.tools, "\""),
            (&filter.clients, ""),
            (&filter.who, "\""),
            (&filter.peers, "\""),
            (&filter.events, "\""),
            (&filter.outcomes, "\""),
        ];
        let mut needles = fields.into_iter().filter_map(|(words, end)| needle(words, end));
        Self { first: needles.next(), more: needles.collect() }
    }

    /// Where the first of these lines is that may be asked for: some place in it.
    pub(super) fn find(&self, lines: &[u8]) -> Option<usize> {
        match &self.first {
            Some(needle) => needle.find(lines).map(|found| found.start()),
            None => Some(0),
        }
    }

    /// Whether a line that was found holds all the others.
    pub(super) fn let_through(&self, line: &[u8]) -> bool {
        self.more.iter().all(|needle| needle.is_match(line))
    }
}

/// One of `words`, as it stands in a line. Words that may be escaped in other ways have none.
fn needle(words: &[String], end: &str) -> Option<Regex> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    let are_plain = words.iter().all(|word| !word.is_empty() && word.chars().all(is_plain));
    if words.is_empty() || !are_plain {
        return None;
    }
    let mut pattern = ESCAPED.to_owned();
    for word in words {
        pattern.push_str("|\"");
        pattern.push_str(&regex::escape(word));
        pattern.push_str(end);
    }
    // too many words for an expression are too many for a search
    RegexBuilder::new(&pattern).unicode(false).build().ok()
}
