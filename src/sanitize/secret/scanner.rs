//! One pass over a text, and a closer look where a word of a rule stands.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Regex, RegexBuilder};

use super::{
    Secret,
    rule::{After, Before, Begin, Case, Match, Rule},
    rules,
};

/// The one there is: made when the first text is looked at.
pub(super) static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::new(rules::all().collect()));

/// Compiled rules.
pub(super) struct Scanner {
    rows: Vec<Row>,
    /// Two, because in either case the short words of the exact ones would stand everywhere.
    words: [Words; 2],
}

/// The words of the rules that have them in the same case.
struct Words {
    /// `None` only if the words were too many, which a test excludes.
    automaton: Option<AhoCorasick>,
    /// For each word, the rows that it may begin.
    uses: Vec<Vec<usize>>,
}

struct Row {
    rule: &'static Rule,
    /// Compiled when its word is first met; `None` only if they are no patterns, which a test excludes.
    patterns: OnceLock<Option<Patterns>>,
}

/// What was found by which row; the earlier row says more.
struct Found {
    row: usize,
    secret: Secret,
}

impl Scanner {
    fn new(rules: Vec<&'static Rule>) -> Self {
        let words = [Case::Exact, Case::Either].map(|case| Words::new(&rules, case));
        let rows = rules.into_iter().map(|rule| Row { rule, patterns: OnceLock::new() }).collect();
        Self { rows, words }
    }

    pub(super) fn find(&self, text: &[u8]) -> Vec<Secret> {
        let mut found = Vec::new();
        for (word, uses) in self.words.iter().flat_map(|words| words.find(text)) {
            for index in uses {
                let Some(row) = self.rows.get(*index) else { continue };
                if let Some(secret) = row.at(text, word) {
                    found.push(Found { row: *index, secret });
                }
            }
        }
        join(found)
    }
}

impl Words {
    fn new(rules: &[&'static Rule], case: Case) -> Self {
        let mut uses = BTreeMap::<&str, Vec<usize>>::new();
        for (row, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.case == case) {
            for literal in rule.literals {
                uses.entry(literal).or_default().push(row);
            }
        }
        // A table of all steps: one look-up for each byte of the text.
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(case == Case::Either)
            .kind(Some(AhoCorasickKind::DFA))
            .build(uses.keys())
            .ok();
        Self { automaton, uses: uses.into_values().collect() }
    }

    /// Where each stands in `text`, and the rows that it may begin.
    fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, &'a [usize])> {
        let found = self.automaton.iter().flat_map(move |automaton| automaton.find_overlapping_iter(text));
        found.filter_map(|word| Some((word.start(), self.uses.get(word.pattern().as_usize())?.as_slice())))
    }
}

impl Row {
    /// The secret whose word begins at `at`.
    fn at(&self, text: &[u8], at: usize) -> Option<Secret> {
        let rule = self.rule;
        let start = match rule.begin {
            Begin::Back(bytes) => at.checked_sub(bytes)?,
            Begin::At(find) => find(text, at),
        };
        let before = text.get(..start)?;
        let is_inside = match rule.before {
            Before::Anything => false,
            Before::NoWord => is_inside_a_word(before),
            Before::NoBase64 => is_inside_a_word(before) || before.ends_with(b"-"),
        };
        if is_inside {
            return None;
        }
        let window = text.get(start..text.len().min(start + rule.bytes_max))?;
        let patterns = self.patterns()?;
        let lead = match &patterns.lead {
            Some(lead) => lead.find(window)?.end(),
            None => 0,
        };
        let end = lead + patterns.secret.find(window.get(lead..)?)?.end();
        let secret = start + lead..start + end.checked_sub(rule.trim)?;
        let matched = Match { text, whole: start..start + end, secret };
        let goes_on = match rule.after {
            After::Anything => false,
            After::NoWord => text.get(matched.whole.end).is_some_and(|byte| is_of_a_word(*byte)),
        };
        if goes_on || matched.secret.is_empty() || !(rule.check)(&matched) {
            return None;
        }
        Some(Secret { kind: rule.kind, range: between_characters(text, matched.secret) })
    }

    fn patterns(&self) -> Option<&Patterns> {
        self.patterns.get_or_init(|| Patterns::new(self.rule).ok()).as_ref()
    }
}

struct Patterns {
    lead: Option<Regex>,
    secret: Regex,
}

impl Patterns {
    fn new(rule: &Rule) -> Result<Self, regex::Error> {
        // Of bytes: a text need not be UTF-8, and every secret that somebody issues is ASCII.
        let compile = |pattern| RegexBuilder::new(&format!(r"\A(?:{pattern})")).unicode(false).build();
        let lead = if rule.lead.is_empty() { None } else { Some(compile(rule.lead)?) };
        Ok(Self { lead, secret: compile(rule.pattern)? })
    }
}

const fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a word goes on from `before`. One that an escape ends, such as `\n` or `%20`, does not.
fn is_inside_a_word(before: &[u8]) -> bool {
    let is_escape = match before {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0'] => true,
        [.., b'%', tens, ones]
        | [.., b'\\', b'x', tens, ones]
        | [.., b'\\', b'u', b'0', b'0', tens, ones] => tens.is_ascii_hexdigit() && ones.is_ascii_hexdigit(),
        _ => false,
    };
    !is_escape && before.last().is_some_and(|byte| is_of_a_word(*byte))
}

/// `range`, wider where it would cut a character of UTF-8 in two.
fn between_characters(text: &[u8], range: Range<usize>) -> Range<usize> {
    const CHARACTER_BYTES_MAX: usize = 4;
    let continues = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let mut out = range.clone();
    while continues(out.start) && range.start - out.start < CHARACTER_BYTES_MAX - 1 && out.start > 0 {
        out.start -= 1;
    }
    while continues(out.end) && out.end - range.end < CHARACTER_BYTES_MAX - 1 {
        out.end += 1;
    }
    out
}

/// From left to right, with what overlaps as one.
fn join(mut found: Vec<Found>) -> Vec<Secret> {
    found.sort_by_key(|found| (found.secret.range.start, found.row));
    let mut out = Vec::<Found>::with_capacity(found.len());
    for next in found {
        match out.last_mut() {
            Some(last) if next.secret.range.start < last.secret.range.end => {
                last.secret.range.end = last.secret.range.end.max(next.secret.range.end);
                if next.row < last.row {
                    last.row = next.row;
                    last.secret.kind = next.secret.kind;
                }
            }
            _ => out.push(next),
        }
    }
    out.into_iter().map(|found| found.secret).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn every_row_compiles_is_bounded_and_says_where_it_is_from() {
        assert!(SCANNER.words.iter().all(|words| words.automaton.is_some()));
        for rule in rules::all() {
            let patterns = Patterns::new(rule).unwrap_or_else(|error| panic!("{}: {error}", rule.kind));
            let groups = patterns.lead.iter().chain([&patterns.secret]).map(Regex::captures_len).max();
            assert_eq!(groups, Some(1), "{} has a group that nobody asks for", rule.kind);
            assert!(rule.bytes_max <= limits::SECRET_BYTES_MAX, "{} reaches too far", rule.kind);
            assert!(!rule.literals.is_empty() && !rule.source.is_empty(), "{} is not complete", rule.kind);
            assert!(
                rule.literals.iter().all(|literal| literal.len() >= 2),
                "{} is tried everywhere",
                rule.kind
            );
        }
    }

    #[test]
    fn what_goes_before_the_other_gives_the_joined_one_its_name() {
        let found = |row, kind, range| Found { row, secret: Secret { kind, range } };
        let joined = join(vec![
            found(4, "late", 10..30),
            found(9, "last", 0..5),
            found(2, "early", 20..40),
            found(3, "middle", 40..41),
        ]);
        let shown: Vec<_> = joined.iter().map(|secret| (secret.kind, secret.range.clone())).collect();
        assert_eq!(shown, [("last", 0..5), ("early", 10..40), ("middle", 40..41)]);
    }

    #[test]
    fn a_word_ends_where_an_escape_does() {
        for before in ["", " ", "=", "a\\n", "%20", "%3D", "\\x3d", "\\u003d", "é"] {
            assert!(!is_inside_a_word(before.as_bytes()), "`{before}`");
        }
        for before in ["a", "_", "9", "an", "20", "x3d", "%2"] {
            assert!(is_inside_a_word(before.as_bytes()), "`{before}`");
        }
    }

    #[test]
    fn a_range_never_cuts_a_character() {
        let text = "aé€🔑b".as_bytes();
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                let range = between_characters(text, start..end);
                assert!(std::str::from_utf8(&text[range.clone()]).is_ok(), "{start}..{end} became {range:?}");
                assert!(range.start <= start && end <= range.end);
            }
        }
    }
}
