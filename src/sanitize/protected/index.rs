//! The rules, made ready to be found by a name.
//!
//! A name that is spelled out, or only its extension, is one lookup; the few
//! rows with other gaps are tried one after another, those of the same first
//! letter. The directories above are looked at only when the name fits.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use super::{
    Holds,
    fold::{fold, room},
    rules::{TABLES, Table},
};

/// One component of a row.
#[derive(Clone)]
enum Part {
    /// This name.
    Is(&'static [u8]),
    /// A name with these pieces in this order, the first and the last at its ends. A narrow gap
    /// holds something, and no dot.
    Like { pieces: Vec<&'static [u8]>, is_narrow: bool },
    /// Any number of directories.
    Deep,
}

/// One row.
pub(super) struct Rule {
    /// Which of the names above it wants, the nearest first.
    above: Vec<Part>,
    name: Part,
    spared: &'static [&'static str],
    is_leaf: bool,
    pub holds: Holds,
}

/// All of them.
pub(super) struct Index {
    rules: Vec<Rule>,
    names: Rows,
    extensions: Rows,
    /// By the first byte of the name, where the row says it.
    others: Rows,
    /// Those that begin with a gap.
    open: Vec<usize>,
    /// Names above the last of a row, and those with gaps.
    above: HashSet<&'static [u8]>,
    above_like: Vec<Part>,
}

/// Which rows there are under a name.
type Rows = HashMap<&'static [u8], Vec<usize>>;

pub(super) static INDEX: LazyLock<Index> = LazyLock::new(|| Index::new(TABLES));

impl Index {
    fn new(tables: &'static [Table]) -> Self {
        let rows = tables.iter().flat_map(|table| table.rows.iter().map(move |row| Rule::new(row, table)));
        let rules: Vec<Rule> = rows.collect();
        let (mut names, mut extensions, mut others) = (Rows::new(), Rows::new(), Rows::new());
        let mut open = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            match &rule.name {
                Part::Is(name) => names.entry(name).or_default().push(at),
                Part::Like { pieces, .. } => match pieces.as_slice() {
                    [b"", last] if is_extension(last) => extensions.entry(last).or_default().push(at),
                    [first, ..] if !first.is_empty() => {
                        others.entry(first.get(..1).unwrap_or_default()).or_default().push(at);
                    }
                    _ => open.push(at),
                },
                Part::Deep => {}
            }
        }
        let (mut above, mut above_like) = (HashSet::new(), Vec::new());
        // a gap alone is any name, but what stands above it in its row is not
        for part in rules.iter().flat_map(|rule| &rule.above) {
            match part {
                Part::Is(name) => drop(above.insert(*name)),
                Part::Like { pieces, .. } if pieces.iter().any(|piece| !piece.is_empty()) => {
                    above_like.push(part.clone());
                }
                Part::Like { .. } | Part::Deep => {}
            }
        }
        Self { rules, names, extensions, others, open, above, above_like }
    }

    /// Whether a row has this name, or one like it, above its last.
    pub(super) fn has_above(&self, name: &[u8]) -> bool {
        self.above.contains(name) || self.above_like.iter().any(|part| part.takes(name))
    }

    /// The first rule that fits `name`, which is folded, below `above`, which need not be.
    pub(super) fn find<'a>(
        &self,
        name: &[u8],
        is_leaf: bool,
        above: &(impl Iterator<Item = &'a [u8]> + Clone),
    ) -> Option<&Rule> {
        let dot = name.iter().rposition(|byte| *byte == b'.');
        let extended = dot.and_then(|dot| name.get(dot..)).and_then(|end| self.extensions.get(end));
        let other = name.get(..1).and_then(|first| self.others.get(first));
        let places =
            [self.names.get(name), extended, other, Some(&self.open)].into_iter().flatten().flatten();
        let fitting = places.copied().filter(|at| {
            self.rules.get(*at).is_some_and(|rule| {
                (is_leaf || !rule.is_leaf) && rule.takes(name) && fits(&rule.above, above.clone())
            })
        });
        fitting.min().and_then(|at| self.rules.get(at))
    }
}

/// Whether it is a dot and something without one.
fn is_extension(name: &[u8]) -> bool {
    name.strip_prefix(b".").is_some_and(|rest| !rest.contains(&b'.'))
}

impl Rule {
    fn new(row: &'static str, table: &'static Table) -> Self {
        let (row, is_leaf) = row.strip_suffix('|').map_or((row, false), |row| (row, true));
        let mut parts = row.split('/').rev().map(Part::new);
        let name = parts.next().unwrap_or(Part::Deep);
        Self { name, above: parts.collect(), spared: table.spared, is_leaf, holds: table.holds }
    }

    /// Whether its last component takes `name`.
    fn takes(&self, name: &[u8]) -> bool {
        if matches!(self.name, Part::Is(_)) {
            return self.name.takes(name);
        }
        let mut words = name.split(|byte| !byte.is_ascii_alphanumeric());
        self.name.takes(name) && !words.any(|word| self.spared.iter().any(|spared| spared.as_bytes() == word))
    }
}

impl Part {
    fn new(text: &'static str) -> Self {
        if text == "**" {
            return Self::Deep;
        }
        let gap: fn(char) -> bool = |char| matches!(char, '*' | '+');
        if text.contains(gap) {
            let pieces = text.split(gap).map(str::as_bytes).collect();
            return Self::Like { pieces, is_narrow: text.contains('+') };
        }
        Self::Is(text.as_bytes())
    }

    fn takes(&self, name: &[u8]) -> bool {
        match self {
            Self::Is(own) => *own == name,
            Self::Like { pieces, is_narrow } => like(pieces, *is_narrow, name),
            Self::Deep => true,
        }
    }
}

/// Whether `name` is `pieces` with anything between them.
fn like(pieces: &[&[u8]], is_narrow: bool, name: &[u8]) -> bool {
    let [first, middle @ .., last] = pieces else { return false };
    let inner = name.strip_prefix(*first).and_then(|rest| rest.strip_suffix(*last));
    let Some(mut rest) = inner else { return false };
    if is_narrow && (rest.is_empty() || rest.contains(&b'.')) {
        return false;
    }
    middle.iter().all(|piece| {
        let found = memchr::memmem::find(rest, piece);
        rest = found.and_then(|at| rest.get(at + piece.len()..)).unwrap_or_default();
        found.is_some()
    })
}

/// Whether the names above, from the nearest on, are those that `parts` want.
fn fits<'a>(parts: &[Part], mut above: impl Iterator<Item = &'a [u8]> + Clone) -> bool {
    match parts.split_first() {
        None => true,
        Some((Part::Deep, rest)) => loop {
            if fits(rest, above.clone()) {
                return true;
            }
            if above.next().is_none() {
                return false;
            }
        },
        Some((part, rest)) => {
            above.next().is_some_and(|name| part.takes(&fold(name, &mut room()))) && fits(rest, above)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_written_as_names_are_compared() {
        for row in TABLES.iter().flat_map(|table| table.rows) {
            for part in row.trim_end_matches('|').split('/') {
                assert!(!part.is_empty() && part.is_ascii(), "{row}");
                assert_eq!(&*fold(part.as_bytes(), &mut room()), part.as_bytes(), "{row}");
                assert!(part == "**" || !part.contains("**"), "{row}");
            }
        }
    }

    #[test]
    fn a_row_begins_with_a_name_of_its_own() {
        for row in TABLES.iter().flat_map(|table| table.rows) {
            let (first, more) = row.split_once('/').unwrap_or((row, ""));
            assert!(more.is_empty() || !first.trim_matches(['*', '+']).is_empty(), "{row}");
        }
    }

    #[test]
    fn no_row_stands_twice() {
        let mut rows: Vec<_> = TABLES.iter().flat_map(|table| table.rows).collect();
        let count = rows.len();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), count);
    }

    #[test]
    fn pieces_keep_their_order_and_narrow_gaps_hold_a_word() {
        let is_like = |row, name: &str| Part::new(row).takes(name.as_bytes());
        assert!(is_like("*.env", "prod.env") && is_like("*.env", ".env") && !is_like("*.env", "env"));
        assert!(is_like("a*b*c", "axbxc") && is_like("a*b*c", "abc") && !is_like("a*b*c", "axc"));
        assert!(!is_like("a*b*c", "axcxb") && !is_like("ab*ba", "aba"));
        assert!(is_like("id_+", "id_work") && !is_like("id_+", "id_work.rs") && !is_like("id_+", "id_"));
    }
}
