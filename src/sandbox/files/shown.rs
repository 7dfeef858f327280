//! A part of a text file as it is shown: with marks, and with numbers.
//!
//! What is marked is found with what stands around the lines in view. Then as
//! many lines are taken as fit once they are marked, so that where they end is
//! where the next part begins: between two characters, and never inside of what
//! a mark hides.

use std::{fmt::Write as _, ops::Range};

use super::{Excerpt, Foreign, Numbers, OpenedFile, Place, Rest};
use crate::{
    refusal::{Code, Refusal},
    sanitize::marks::{Marker, Marks, Tally},
};

/// An excerpt, and its lines as they are shown.
#[derive(Debug)]
pub struct Shown {
    /// Where it begins and ends.
    pub excerpt: Excerpt,
    /// The lines with marks, and numbers if they are wanted.
    pub text: String,
    /// What is marked.
    pub tally: Tally,
    /// Its encoding, if that is neither UTF-8 nor UTF-16 with a mark.
    pub foreign: Option<Foreign>,
}

impl Place {
    /// Reads as much as fits in `room` bytes once it is marked. `read` takes an excerpt of so many
    /// bytes at most.
    ///
    /// # Errors
    ///
    /// As [`Place::open_file`], and what `read` refuses.
    pub fn shown_within(
        &self,
        room: usize,
        marker: &Marker,
        numbers: Numbers,
        read: impl Fn(OpenedFile, usize) -> Result<Excerpt, Refusal>,
    ) -> Result<Shown, Refusal> {
        match read(self.open_file()?, room) {
            Err(refusal) if refusal.code() == Code::NotText => {
                let Some((file, foreign)) = self.open_file()?.foreign()? else { return Err(refusal) };
                Ok(Shown { foreign: Some(foreign), ..read(file, room)?.shown(marker, numbers, room) })
            }
            excerpt => Ok(excerpt?.shown(marker, numbers, room)),
        }
    }
}

impl Excerpt {
    /// The lines with marks for what is not shown, as many as fit in `room` bytes. What is only
    /// partly in them is marked whole. A mark that alone does not fit is shown nevertheless.
    #[must_use]
    pub fn shown(mut self, marker: &Marker, numbers: Numbers, room: usize) -> Shown {
        let (before, after) = std::mem::take(&mut self.around);
        let whole = [&*before, &*self.text, &*after].concat();
        let marks = marker.marks(whole.as_bytes());
        let page = Page { whole: &whole, marks: &marks, numbers };
        let lines = before.len()..before.len() + self.text.len();
        let kept = if self.is_end {
            page.last(lines.clone(), self.first, room)
        } else {
            page.first(lines.clone(), self.first, room)
        };
        let dropped = page.line_feeds(lines.start..kept.start);
        if self.is_end {
            self.first = self.first.map(|first| first + dropped);
            if dropped > 0 || lines.start < kept.start {
                let is_cut = !before_ends_line(&whole, kept.start);
                self.rest = Rest::Earlier { first: self.first, is_cut };
            }
        } else if matches!(self.rest, Rest::After { .. }) || kept.end < lines.end {
            // what the last mark hides has been shown by it
            let end = marks.end_of_hidden(kept.end).unwrap_or(kept.end);
            self.rest = self.after(whole.get(lines.start..end).unwrap_or_default());
        }
        let text = page.text(kept.clone(), self.first);
        whole.get(kept.clone()).unwrap_or_default().clone_into(&mut self.text);
        self.lines = self.text.split_inclusive('\n').count() as u64;
        Shown { excerpt: self, text, tally: marks.tally(&kept), foreign: None }
    }

    /// The place behind `taken`, which begins where the excerpt does.
    fn after(&self, taken: &str) -> Rest {
        let lines = memchr::memchr_iter(b'\n', taken.as_bytes()).count() as u64;
        let in_line = taken.rsplit('\n').next().map_or(0, str::len) as u64;
        let skip = if lines == 0 { self.skip + in_line } else { in_line };
        Rest::After { line: self.first.unwrap_or(1) + lines, skip }
    }
}

fn before_ends_line(text: &str, at: usize) -> bool {
    text.get(..at).is_some_and(|before| before.ends_with('\n'))
}

/// Lines, and what is marked in and around them.
struct Page<'a> {
    whole: &'a str,
    marks: &'a Marks,
    numbers: Numbers,
}

impl Page<'_> {
    /// The part of `lines` that fits, from its first line on: whole lines, or the beginning of the first.
    fn first(&self, lines: Range<usize>, mut number: Option<u64>, room: usize) -> Range<usize> {
        let (mut end, mut left) = (lines.start, room);
        for line in self.lines(lines.clone()) {
            let bytes = self.label(number).len() + self.marks.shown_bytes(line.clone());
            if bytes <= left {
                left -= bytes;
                number = number.map(|number| number + self.line_feeds(line.clone()));
                end = line.end;
                continue;
            }
            if end == lines.start {
                end = self.marks.fit(self.whole, line, room.saturating_sub(self.label(number).len()));
            }
            break;
        }
        lines.start..end
    }

    /// The part of `lines` that fits, to its last line: whole lines, or the end of the last.
    fn last(&self, lines: Range<usize>, number: Option<u64>, room: usize) -> Range<usize> {
        let mut number = number.map(|number| number + self.line_feeds(lines.clone()));
        let (mut start, mut left) = (lines.end, room);
        let each: Vec<_> = self.lines(lines.clone()).collect();
        for line in each.into_iter().rev() {
            number = number.map(|number| number - self.line_feeds(line.clone()));
            let bytes = self.label(number).len() + self.marks.shown_bytes(line.clone());
            if bytes <= left {
                left -= bytes;
                start = line.start;
                continue;
            }
            if start == lines.end {
                start = self.marks.fit_last(self.whole, line, room.saturating_sub(self.label(number).len()));
            }
            break;
        }
        start..lines.end
    }

    /// The lines as they are seen: what a mark hides is no line of its own.
    fn lines(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let mut start = range.start;
        std::iter::from_fn(move || {
            let mut at = start;
            let end = loop {
                let rest = self.whole.get(at..range.end).filter(|rest| !rest.is_empty());
                let Some(feed) = rest.and_then(|rest| rest.find('\n')).map(|feed| at + feed) else {
                    break range.end;
                };
                match self.marks.within(&(feed..feed + 1)) {
                    [mark, ..] if mark.range.end < range.end => at = mark.range.end,
                    [_, ..] => break range.end,
                    [] => break feed + 1,
                }
            };
            let line = start..end;
            start = end;
            (!line.is_empty()).then_some(line)
        })
    }

    fn text(&self, range: Range<usize>, mut number: Option<u64>) -> String {
        if self.numbers == Numbers::Off {
            return self.marks.shown(self.whole, range);
        }
        let mut out = String::with_capacity(range.len() * 2);
        for line in self.lines(range) {
            out.push_str(&self.label(number));
            number = number.map(|number| number + self.line_feeds(line.clone()));
            out.push_str(&self.marks.shown(self.whole, line));
        }
        out
    }

    /// What stands before a line.
    fn label(&self, number: Option<u64>) -> String {
        let mut label = String::new();
        if let Some(number) = number.filter(|_| self.numbers == Numbers::On) {
            let _ = write!(label, "{number}\t"); // writing to a string does not fail
        }
        label
    }

    fn line_feeds(&self, range: Range<usize>) -> u64 {
        let text = self.whole.get(range).unwrap_or_default();
        memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        sandbox::files::Window,
        sanitize::{corpus::rows, secret::samples::samples},
    };

    const ALL: Window = Window { first: 1, skip: 0, lines: u64::MAX, room: 1 << 20, numbers: Numbers::Off };

    fn file(text: &str) -> OpenedFile {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        OpenedFile::new(file, text.len() as u64)
    }

    fn window(text: &str, window: Window, marker: &Marker) -> Shown {
        file(text).excerpt(window, &|| Ok(())).unwrap().shown(marker, window.numbers, window.room)
    }

    fn tail(text: &str, lines: u64, room: usize, marker: &Marker) -> Shown {
        file(text).tail(lines, room, Numbers::Off, &|| Ok(())).unwrap().shown(marker, Numbers::Off, room)
    }

    fn key() -> String {
        samples().into_iter().find(|sample| sample.text.starts_with("cat key.pem")).unwrap().text
    }

    #[test]
    fn a_line_behind_a_mark_of_several_lines_has_its_own_number() {
        let text = format!("one\n{}three\n", key());
        let lines = text.matches('\n').count();
        let shown = window(&text, Window { numbers: Numbers::On, ..ALL }, &Marker::default());
        let mut seen = shown.text.lines();
        assert_eq!(seen.next(), Some("1\tone"));
        assert_eq!(seen.next(), Some("2\tcat key.pem"));
        assert!(seen.next().unwrap().starts_with("3\t[REDACTED:private_key:"), "{}", shown.text);
        assert_eq!(seen.next(), Some(&*format!("{}\tnext", lines - 1)));
        assert_eq!(seen.next(), Some(&*format!("{lines}\tthree")));
        assert_eq!((shown.excerpt.lines, shown.excerpt.rest), (lines as u64, Rest::Nothing));
        assert_eq!(shown.tally.secrets.values().sum::<usize>(), 1);
    }

    #[test]
    fn any_lines_of_a_key_are_its_mark() {
        let (text, marker) = (key(), Marker::default());
        let whole = marker.shown(&text).0.into_owned();
        let mark = whole.lines().nth(1).unwrap();
        let lines = text.lines().count() as u64;
        for first in 2..lines {
            for lines in 1..3 {
                let shown = window(&text, Window { first, lines, ..ALL }, &marker);
                let seen = shown.text.trim_end();
                assert!(seen == mark || seen == format!("{mark}\nnext"), "{first} {lines}: {seen}");
            }
            let shown = tail(&text, lines - first + 1, 1 << 20, &marker);
            assert!(
                shown.text.starts_with(mark) && !shown.text.contains("KEY-----"),
                "{first}: {}",
                shown.text
            );
        }
    }

    #[test]
    fn where_a_part_ends_is_where_the_next_begins_though_marks_are_longer_than_what_they_hide() {
        let (text, marker) = ("\u{202e}a".repeat(100), Marker::default());
        let shown = window(&text, Window { room: 64, ..ALL }, &marker);
        assert_eq!(shown.text, "[HIDDEN:U+202E]a".repeat(4));
        assert_eq!(shown.excerpt.rest, Rest::After { line: 1, skip: 16 });
        let shown = tail(&text, 1, 64, &marker);
        assert_eq!(shown.text, "[HIDDEN:U+202E]a".repeat(4));
        assert_eq!(shown.excerpt.rest, Rest::Earlier { first: Some(1), is_cut: true });
        let lines = "\u{202e}\n".repeat(10);
        let shown = window(&lines, Window { room: 64, ..ALL }, &marker);
        assert_eq!(shown.excerpt.rest, Rest::After { line: 5, skip: 0 });
        assert_eq!(shown.excerpt.lines, 4);
    }

    /// Texts with secrets and hidden characters, on few lines or many.
    fn texts() -> impl Strategy<Value = String> {
        let samples: Vec<_> = samples().into_iter().map(|sample| sample.text).collect();
        let unicode = include_str!("../../../tests/corpus/unicode.txt");
        let rows: Vec<_> = ["strip", "escape", "keep"]
            .into_iter()
            .flat_map(|expect| rows(unicode, expect))
            .map(|(_, row)| row)
            .filter(|row| row.len() < 1_000)
            .collect();
        let part =
            prop_oneof![prop::sample::select(samples), prop::sample::select(rows), "[a-c\\né€😀\\r]{0,30}"];
        prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn following_the_rest_gives_the_whole_file_as_it_is_shown(text in texts(), room in 96_usize..400) {
            // a file's own mark is none of its text
            prop_assume!(!text.starts_with('\u{feff}'));
            let marker = Marker::default();
            let (mut next, mut all) = (Window { room, ..ALL }, String::new());
            for _ in 0..2_000 {
                let shown = window(&text, next, &marker);
                prop_assert!(shown.text.len() <= room, "{} {room}", shown.text.len());
                all.push_str(&shown.text);
                match shown.excerpt.rest {
                    Rest::After { line, skip } => (next.first, next.skip) = (line, skip),
                    rest => {
                        prop_assert_eq!(rest, Rest::Nothing);
                        break;
                    }
                }
            }
            prop_assert_eq!(all, marker.shown(&text).0);
        }

        #[test]
        fn a_tail_is_the_end_of_what_is_shown(text in texts(), lines in 1_u64..8, room in 96_usize..400) {
            prop_assume!(!text.starts_with('\u{feff}'));
            let marker = Marker::default();
            let (shown, whole) = (tail(&text, lines, room, &marker), marker.shown(&text).0.into_owned());
            prop_assert!(shown.text.len() <= room);
            prop_assert!(whole.ends_with(&shown.text), "{:?} {:?}", whole, shown.text);
        }
    }
}
