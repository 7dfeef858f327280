//! Secrets in a text: keys, tokens and passwords that whoever reads it should not get to see.
//!
//! The rules are rows of tables (`rules`). One automaton looks for the words that every secret
//! has in or before it; only where one stands is the pattern of its rule tried, on as many bytes as
//! such a secret can have. What then looks like one is still put to the rule's check: random enough,
//! no sample from a manual, no placeholder, decodable where it should be.
//!
//! It does not prove that a text holds none. A password that is a word, or a token in a form nobody
//! has published, looks like any other text.

mod checks;
mod names;
mod passwords;
mod pem;
mod rule;
mod rules;
mod scanner;
mod words;

use std::{collections::BTreeSet, ops::Range};

/// A secret in a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Secret {
    /// What it is: lower-case letters, digits and `_`, such as `github_token`.
    pub kind: &'static str,
    /// Where it stands, in bytes. Begins and ends between characters wherever the text is UTF-8.
    pub range: Range<usize>,
}

/// Every secret in `text`, from left to right, none overlapping another. Linear in `text`, which
/// need not be UTF-8. Where two overlap, they are one, of the kind that says more.
#[must_use]
pub fn find(text: &[u8]) -> Vec<Secret> {
    scanner::SCANNER.find(text)
}

/// Every kind there is, in alphabetical order.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    rules::all().map(|rule| rule.kind).collect::<BTreeSet<_>>().into_iter()
}

#[cfg(test)]
pub(crate) mod samples;
