//! What was found, put back into the order of the files.
//!
//! Threads are done with files in any order. A file is of use only while those
//! before it do not fill the answer by themselves, so as soon as what was found
//! is enough, the file where it becomes enough is the last one of use: whatever
//! is still found before it only moves that forward.

use std::collections::BTreeMap;

use super::Search;

/// A file in which something was found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FileMatches {
    /// Its path, as callers see it.
    pub path: String,
    /// The lines, in order.
    pub lines: Vec<Line>,
}

/// A line of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// Why it is here.
    pub kind: LineKind,
    /// What it says, without its end.
    pub text: String,
    /// Only a part of it is here.
    pub is_cut: bool,
    /// Bytes that are not UTF-8 were replaced.
    pub is_replaced: bool,
}

/// Why a line is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineKind {
    /// It matches.
    Match,
    /// It stands before one that matches.
    Before,
    /// It stands behind one that matches.
    After,
}

/// Where a search stopped because that was enough.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stopped {
    /// The file of the first line that matches and is not here.
    pub path: String,
    /// The number of that line.
    pub line: u64,
    /// As many lines match as were wanted; otherwise there was no room for more.
    pub is_full: bool,
}

/// How much an answer may still hold.
#[derive(Clone, Copy, Debug)]
struct Room {
    matches: usize,
    bytes: usize,
}

impl Room {
    /// Whether there is room for the name of a file, and lines to follow.
    fn takes_file(&mut self, path: &str) {
        self.bytes = self.bytes.saturating_sub(path.len() + 2);
    }

    /// Whether there is room for a line. Where there was none once, there is none again.
    fn takes(&mut self, line: &Line) -> bool {
        let is_match = line.kind == LineKind::Match;
        if (is_match && self.matches == 0) || line.bytes() > self.bytes {
            self.bytes = 0;
            return false;
        }
        self.matches -= usize::from(is_match);
        self.bytes -= line.bytes();
        true
    }
}

impl Line {
    /// Bytes that it takes in an answer: with its number, a sign and its end, and a mark where lines are left out before it.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
            + self.number.max(1).ilog10() as usize
            + 3
            + if self.kind == LineKind::Match { 3 } else { 0 }
    }
}

/// What was found so far.
pub(super) struct Gather {
    found: BTreeMap<usize, FileMatches>,
    room: Room,
}

impl Gather {
    pub(super) const fn new(search: &Search) -> Self {
        Self { found: BTreeMap::new(), room: Room { matches: search.matches_max, bytes: search.room } }
    }

    /// Adds what was found in a file. Returns the number of the last file that is still of use.
    pub(super) fn add(&mut self, number: usize, matches: FileMatches) -> usize {
        self.found.insert(number, matches);
        let mut room = self.room;
        for (number, file) in &self.found {
            room.takes_file(&file.path);
            if file.lines.iter().any(|line| !room.takes(line) && line.kind == LineKind::Match) {
                let last = *number;
                self.found.split_off(&(last + 1));
                return last;
            }
        }
        usize::MAX
    }

    /// What there is room for, and where it stops if that is not all.
    pub(super) fn end(self) -> (Vec<FileMatches>, Option<Stopped>) {
        let mut files = Vec::new();
        let mut room = self.room;
        for mut file in self.found.into_values() {
            room.takes_file(&file.path);
            let kept = file.lines.iter().take_while(|line| room.takes(line)).count();
            let rest = file.lines.split_off(kept);
            // what stands before a line that is not here is of no use
            while !rest.is_empty() && file.lines.pop_if(|line| line.kind == LineKind::Before).is_some() {}
            let next = rest.iter().find(|line| line.kind == LineKind::Match);
            let stopped = next.map(|next| Stopped {
                path: file.path.clone(),
                line: next.number,
                is_full: room.matches == 0,
            });
            if !file.lines.is_empty() {
                files.push(file);
            }
            if stopped.is_some() {
                return (files, stopped);
            }
        }
        (files, None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(number: u64, kind: LineKind, bytes: usize) -> Line {
        Line { number, kind, text: "x".repeat(bytes), is_cut: false, is_replaced: false }
    }

    fn file(number: usize, lines: &[(LineKind, usize)]) -> FileMatches {
        let lines = (1..).zip(lines).map(|(number, (kind, bytes))| line(number, *kind, *bytes)).collect();
        FileMatches { path: format!("r:/{number}"), lines }
    }

    fn gather(matches: usize, bytes: usize) -> Gather {
        Gather { found: BTreeMap::new(), room: Room { matches, bytes } }
    }

    #[test]
    fn a_file_is_of_use_until_those_before_it_are_enough() {
        let one = |number| file(number, &[(LineKind::Match, 9)]);
        let mut gather = gather(2, 1 << 20);
        assert_eq!(gather.add(9, one(9)), usize::MAX);
        assert_eq!(gather.add(3, one(3)), usize::MAX);
        assert_eq!(gather.add(7, one(7)), 9);
        assert_eq!(gather.add(8, one(8)), 8, "9 is of no use any more");
        assert_eq!(gather.add(1, one(1)), 7);
        let (files, stopped) = gather.end();
        assert_eq!(files, [one(1), one(3)]);
        assert_eq!(stopped, Some(Stopped { path: "r:/7".into(), line: 1, is_full: true }));
    }

    #[test]
    fn lines_around_one_that_is_not_shown_are_not_shown() {
        use LineKind::{After, Before, Match};
        let mut gather = gather(1, 1 << 20);
        gather.add(1, file(1, &[(Before, 1), (Match, 1), (After, 1), (Before, 1), (Match, 1)]));
        let (files, stopped) = gather.end();
        assert_eq!(files, [file(1, &[(Before, 1), (Match, 1), (After, 1)])]);
        assert_eq!(stopped.map(|stopped| stopped.line), Some(5));
    }

    proptest! {
        #[test]
        fn whatever_the_order_the_answer_is_the_first_that_fits(
            lines in proptest::collection::vec(proptest::collection::vec(1_usize..200, 1..4), 1..20),
            seed in any::<u64>(),
            matches in 1_usize..20,
            bytes in 50_usize..3_000,
        ) {
            let files: Vec<_> = lines
                .iter()
                .enumerate()
                .map(|(number, lines)| file(number, &lines.iter().map(|bytes| (LineKind::Match, *bytes)).collect::<Vec<_>>()))
                .collect();
            let mut order: Vec<_> = (0..files.len()).collect();
            order.sort_by_key(|number| (*number as u64 + 1).wrapping_mul(seed | 1));
            let (mut one, mut other) = (gather(matches, bytes), gather(matches, bytes));
            let mut last = usize::MAX;
            for number in order {
                if number <= last {
                    last = last.min(other.add(number, files[number].clone()));
                }
            }
            for (number, file) in files.into_iter().enumerate() {
                one.add(number, file);
            }
            prop_assert_eq!(one.end(), other.end());
        }
    }
}
