//! A part of a text file, by lines.
//!
//! A line ends with its line feed (POSIX), so a file that ends with one has no
//! empty line after it. An excerpt holds whole lines, unaltered, as many as
//! fit; a line that alone does not fit is cut at a character and can be
//! continued from there. Memory is bounded by the room, not by the file.

use super::{GoOn, OpenedFile, text::TextReader};
use crate::{
    limits,
    refusal::{Code, Refusal},
};

/// Whether each line begins with its number and a tab.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Numbers {
    /// The text alone.
    #[default]
    Off,
    /// Numbered from 1.
    On,
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Window {
    /// The first line, from 1.
    pub first: u64,
    /// Bytes of the first line to leave out, as UTF-8.
    pub skip: u64,
    /// How many lines at most.
    pub lines: u64,
    /// How many bytes at most, as UTF-8.
    pub room: usize,
    /// Whether lines are numbered.
    pub numbers: Numbers,
}

/// A part of a text file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Excerpt {
    /// The lines, as they are in the file.
    pub text: String,
    /// What stands before and after them, as much as it takes to know what in them is secret.
    pub(super) around: (String, String),
    /// The number of the first line; `None` if nobody asked and it was not counted.
    pub(super) first: Option<u64>,
    /// Bytes of the first line that were left out.
    pub(super) skip: u64,
    /// It is a tail: what does not fit is left out of its beginning.
    pub(super) is_end: bool,
    /// How many lines ended or, at the end of the file, stand in it.
    pub lines: u64,
    /// What of the file is not in it.
    pub rest: Rest,
}

/// What of the file an excerpt leaves out.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Rest {
    /// Nothing after it.
    #[default]
    Nothing,
    /// The file ends before the first line that was wanted.
    Before {
        /// Lines the file has.
        lines: u64,
    },
    /// It goes on.
    After {
        /// At this line, from 1.
        line: u64,
        /// After this many bytes of it.
        skip: u64,
    },
    /// A tail begins later than was wanted, because more does not fit.
    Earlier {
        /// The first line shown, from 1; `None` if the file is too large to count.
        first: Option<u64>,
        /// The first line shown lacks its beginning.
        is_cut: bool,
    },
}

impl OpenedFile {
    /// Reads the lines of `window`.
    ///
    /// # Errors
    ///
    /// [`Code::NotText`] at the first byte on the way that is not text,
    /// [`Code::TooLarge`] if the first line lies further in than
    /// [`limits::SCAN_BYTES_MAX`], [`Code::OutOfRange`] for a skip that is no
    /// place in the line, or what `go_on` says.
    pub fn excerpt(self, window: Window, go_on: GoOn<'_>) -> Result<Excerpt, Refusal> {
        let mut reader = TextReader::open(self, go_on)?;
        let mut cutter = Cutter::new(window);
        let mut piece = String::new();
        loop {
            match reader.next(&mut piece) {
                Ok(true) => {}
                Ok(false) => return cutter.at_end(),
                // what follows the last line that was wanted is not judged, only said to be there
                Err(_) if cutter.is_full() && go_on().is_ok() => return Ok(cutter.cut()),
                Err(refusal) => return Err(refusal),
            }
            let mut parts = piece.split_inclusive('\n');
            while let Some(part) = parts.next() {
                if cutter.take(part)? == Taken::Full {
                    cutter.after.extend(parts);
                    return cutter.look_after(&mut reader, go_on);
                }
            }
            if cutter.text.is_empty() && reader.scanned() > limits::SCAN_BYTES_MAX {
                return Err(too_far(&format!("line {}", window.first)));
            }
        }
    }

    /// Reads the last `lines` lines, or as many of them as fit in `room` bytes.
    ///
    /// # Errors
    ///
    /// As [`OpenedFile::excerpt`]; [`Code::TooLarge`] if lines are to be
    /// numbered and are too many to count.
    pub fn tail(
        self,
        lines: u64,
        room: usize,
        numbers: Numbers,
        go_on: GoOn<'_>,
    ) -> Result<Excerpt, Refusal> {
        let length = self.bytes;
        let mut reader = TextReader::open(self, go_on)?;
        let line_feed = reader.encoding().line_feed();
        let unit = line_feed.len() as u64;
        // a unit makes at least one byte of UTF-8, so these are more than `room` bytes of text
        let reach = (room as u64 + 4) * unit;
        let from = reader.start().max(length.saturating_sub(reach) / unit * unit);
        let mut bytes = reader.bytes(from, length)?;
        let found = tail_start(&bytes, line_feed, lines);
        let is_whole = found.is_some() || from == reader.start();
        let skipped = found.unwrap_or_else(|| if is_whole { 0 } else { reader.encoding().boundary(&bytes) });
        bytes.drain(..skipped);
        let start = from + skipped as u64;
        let mut text = reader.decode(&bytes, start)?;
        let mut before = reader.before(start)?;
        let dropped = keep_last(&mut text, room, numbers);
        before.push_str(&dropped);
        let is_short = !is_whole || !dropped.is_empty();
        let mut first = None;
        if is_short || numbers == Numbers::On {
            let before = reader.lines_before(start)?;
            first = before.map(|before| before + dropped.matches('\n').count() as u64 + 1);
        }
        let lines = text.split_inclusive('\n').count() as u64;
        if numbers == Numbers::On && first.is_none() {
            return Err(too_far("the end"));
        }
        let is_cut = is_short && !dropped.ends_with('\n');
        let rest = if is_short { Rest::Earlier { first, is_cut } } else { Rest::Nothing };
        let around = (last_of(before), String::new());
        Ok(Excerpt { text, around, first, skip: 0, is_end: true, lines, rest })
    }
}

/// The end of a text, as much as it takes to know what behind it is secret.
fn last_of(mut text: String) -> String {
    text.drain(..text.ceil_char_boundary(text.len().saturating_sub(limits::SECRET_REACH_BYTES)));
    text
}

/// A line number and its tab, in bytes: no file is scanned that has more lines.
const NUMBER_BYTES_MAX: usize = 11;

impl Numbers {
    const fn bytes_max(self) -> usize {
        match self {
            Self::Off => 0,
            Self::On => NUMBER_BYTES_MAX,
        }
    }
}

/// Where the last `lines` lines begin in `bytes`, if a line feed before them lies in it.
fn tail_start(bytes: &[u8], line_feed: &[u8], lines: u64) -> Option<usize> {
    let unit = line_feed.len();
    let nth = usize::try_from(lines.saturating_sub(1)).unwrap_or(usize::MAX);
    let units = bytes.chunks_exact(unit).enumerate().rev();
    // the very last unit may end the last line, never begin one
    let (at, _) = units.skip(1).filter(|(_, bytes)| *bytes == line_feed).nth(nth)?;
    Some((at + 1) * unit)
}

/// Leaves the last lines of `text` that fit in `room` bytes, or the end of the
/// last line if not even that fits. Returns what went.
fn keep_last(text: &mut String, room: usize, numbers: Numbers) -> String {
    let (mut kept, mut cost) = (0, 0);
    for line in text.split_inclusive('\n').rev() {
        cost += line.len() + numbers.bytes_max();
        if cost > room {
            break;
        }
        kept += line.len();
    }
    let at = match kept {
        0 => text.ceil_char_boundary((text.len() + numbers.bytes_max()).saturating_sub(room)),
        kept => text.len() - kept,
    };
    let rest = text.split_off(at);
    std::mem::replace(text, rest)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Taken {
    More,
    Full,
}

/// Takes the lines of a window out of a text that comes in pieces, none of
/// which goes beyond the end of a line.
struct Cutter {
    window: Window,
    text: String,
    /// The current line, from 1, and how many of its bytes have gone by.
    line: u64,
    in_line: u64,
    /// Bytes still to leave out.
    skip: u64,
    /// Lines that have ended in `text`.
    ended: u64,
    /// Where the current line begins in `text`.
    line_start: usize,
    /// Bytes that the numbers of the lines take besides.
    numbers: usize,
    /// The number of the first line in `text`.
    first: u64,
    before: String,
    after: String,
}

impl Cutter {
    const fn new(window: Window) -> Self {
        let skip = window.skip;
        Self {
            window,
            text: String::new(),
            line: 1,
            in_line: 0,
            skip,
            ended: 0,
            line_start: 0,
            numbers: 0,
            first: 0,
            before: String::new(),
            after: String::new(),
        }
    }

    const fn is_full(&self) -> bool {
        self.ended >= self.window.lines
    }

    fn take(&mut self, part: &str) -> Result<Taken, Refusal> {
        if self.line < self.window.first {
            self.go_by(part);
            self.pass(part);
            return Ok(Taken::More);
        }
        let Some(part) = self.left_out(part)? else { return Ok(Taken::More) };
        if self.is_full() {
            self.after.push_str(part);
            return Ok(Taken::Full);
        }
        if self.text.len() == self.line_start {
            self.numbers += self.window.numbers.bytes_max();
        }
        if self.text.is_empty() {
            self.first = self.line;
        }
        let left = self.window.room.saturating_sub(self.text.len() + self.numbers);
        if part.len() <= left {
            self.text.push_str(part);
            self.pass(part);
            if part.ends_with('\n') {
                self.ended += 1;
                self.line_start = self.text.len();
            }
            return Ok(Taken::More);
        }
        if self.line_start > 0 {
            self.after = self.text.split_off(self.line_start); // this line comes whole, next time
            self.after.push_str(part);
            self.in_line = 0;
        } else {
            let (taken, rest) = part.split_at(part.floor_char_boundary(left));
            self.text.push_str(taken);
            self.after.push_str(rest);
            self.in_line += taken.len() as u64;
        }
        Ok(Taken::Full)
    }

    /// What is left of `part` once the skip is done; `None` if all of it goes.
    fn left_out<'a>(&mut self, part: &'a str) -> Result<Option<&'a str>, Refusal> {
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX);
        if skip < part.len() {
            let (gone, rest) = part.split_at_checked(skip).ok_or_else(no_place)?;
            self.go_by(gone);
            self.in_line += self.skip;
            self.skip = 0;
            return Ok(Some(rest));
        }
        if part.ends_with('\n') {
            return Err(no_place());
        }
        self.skip -= part.len() as u64;
        self.go_by(part);
        self.pass(part);
        Ok(None)
    }

    /// Keeps the end of what goes by.
    fn go_by(&mut self, part: &str) {
        self.before.push_str(part);
        if self.before.len() > 4 * limits::SECRET_REACH_BYTES {
            self.before = last_of(std::mem::take(&mut self.before));
        }
    }

    /// Reads on as far as a secret may go that begins in the lines.
    fn look_after(mut self, reader: &mut TextReader<'_>, go_on: GoOn<'_>) -> Result<Excerpt, Refusal> {
        let mut piece = String::new();
        while self.after.len() < limits::SECRET_REACH_BYTES {
            go_on()?;
            match reader.next(&mut piece) {
                Ok(true) => self.after.push_str(&piece),
                // what is no text there ends a secret as the end of the file does
                Ok(false) | Err(_) => break,
            }
        }
        self.after.truncate(self.after.floor_char_boundary(limits::SECRET_REACH_BYTES));
        Ok(self.cut())
    }

    fn pass(&mut self, part: &str) {
        self.in_line += part.len() as u64;
        if part.ends_with('\n') {
            self.line += 1;
            self.in_line = 0;
        }
    }

    fn cut(self) -> Excerpt {
        let rest = Rest::After { line: self.line, skip: self.in_line };
        self.excerpt(rest)
    }

    fn excerpt(self, rest: Rest) -> Excerpt {
        let lines = self.lines();
        let around = (last_of(self.before), self.after);
        let skip = self.window.skip;
        Excerpt { text: self.text, around, first: Some(self.first), skip, is_end: false, lines, rest }
    }

    fn at_end(self) -> Result<Excerpt, Refusal> {
        let has = self.line - 1 + u64::from(self.in_line > 0);
        if self.window.first > has.max(1) {
            return Ok(Excerpt { rest: Rest::Before { lines: has }, ..Excerpt::default() });
        }
        if self.skip > 0 {
            return Err(no_place());
        }
        Ok(self.excerpt(Rest::Nothing))
    }

    fn lines(&self) -> u64 {
        self.ended + u64::from(self.text.len() > self.line_start)
    }
}

fn no_place() -> Refusal {
    Refusal::argument(
        "lineOffset",
        Code::OutOfRange,
        "must be a place between two characters of the line at `offset`",
    )
}

fn too_far(what: &str) -> Refusal {
    let says = format!(
        "{what} lies more than {} MiB into the file, further than one call counts lines; `tail` without `lineNumbers` reads from the end",
        limits::SCAN_BYTES_MAX >> 20
    );
    Refusal::failed(Code::TooLarge, says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitize::marks::Marker;
    use proptest::prelude::*;
    use std::io::{Seek, Write};

    fn file(bytes: &[u8]) -> OpenedFile {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        OpenedFile::new(file, bytes.len() as u64)
    }

    const ALL: Window = Window { first: 1, skip: 0, lines: u64::MAX, room: 1 << 20, numbers: Numbers::Off };

    fn cut(bytes: &[u8], window: Window) -> Excerpt {
        file(bytes).excerpt(window, &|| Ok(())).unwrap()
    }

    #[track_caller]
    fn tail_is(bytes: &[u8], lines: u64, text: &str) {
        let excerpt = file(bytes).tail(lines, 1 << 20, Numbers::Off, &|| Ok(())).unwrap();
        assert_eq!((excerpt.text.as_str(), excerpt.rest), (text, Rest::Nothing));
    }

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(unit).collect()
    }

    #[test]
    fn a_tail_of_one_line_is_the_last_line() {
        tail_is(b"one\ntwo\nthree\n", 1, "three\n");
        tail_is(b"one\ntwo\nthree\n", 2, "two\nthree\n");
        tail_is(b"one\ntwo\nthree", 1, "three");
        tail_is(b"one\r\ntwo\r\nthree\r\n", 1, "three\r\n");
        tail_is(b"", 1, "");
        tail_is(b"\n\n\n", 2, "\n\n");
        tail_is(b"one\ntwo\nthree\n", 9, "one\ntwo\nthree\n");
    }

    #[test]
    fn the_first_lines_are_whole_and_unaltered() {
        let excerpt = cut(b"one\r\ntwo\nthree", Window { lines: 1, ..ALL });
        assert_eq!((excerpt.text.as_str(), excerpt.rest), ("one\r\n", Rest::After { line: 2, skip: 0 }));
        let excerpt = cut(b"one\r\ntwo\nthree", Window { lines: 9, ..ALL });
        assert_eq!(
            (excerpt.text.as_str(), excerpt.lines, excerpt.rest),
            ("one\r\ntwo\nthree", 3, Rest::Nothing)
        );
    }

    #[test]
    fn byte_order_marks_say_the_encoding_and_are_not_text() {
        for bytes in [
            b"\xEF\xBB\xBFkey=1\r\nx".to_vec(),
            utf16("key=1\r\nx", u16::to_le_bytes),
            utf16("key=1\r\nx", u16::to_be_bytes),
        ] {
            assert_eq!(cut(&bytes, ALL).text, "key=1\r\nx");
            tail_is(&bytes, 1, "x");
            tail_is(&bytes, 5, "key=1\r\nx");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_at_their_offset() {
        let cases: [(&[u8], u64); 5] = [
            (b"caf\xE9\nkey=1\n", 3),
            (b"ok\ncut \xE2\x82", 7),
            (b"\xEF\xBB\xBF\xFF", 3),
            (b"\xFF\xFEa\x00\x00\xDC", 4),
            (b"\xFF\xFEa\x00b", 4),
        ];
        for (bytes, offset) in cases {
            for refusal in [
                file(bytes).excerpt(ALL, &|| Ok(())).unwrap_err(),
                file(bytes).tail(9, 1 << 20, Numbers::Off, &|| Ok(())).unwrap_err(),
            ] {
                assert_eq!(refusal.code(), Code::NotText);
                assert!(refusal.to_string().ends_with(&format!("offset {offset}")), "{refusal}");
            }
        }
        assert_eq!(
            cut(b"ok\n\xFF", Window { lines: 1, ..ALL }).text,
            "ok\n",
            "only what is asked for is judged"
        );
    }

    #[test]
    fn a_file_that_ends_before_says_how_long_it_is() {
        let excerpt = cut(b"one\ntwo\n", Window { first: 3, ..ALL });
        assert_eq!((excerpt.text.as_str(), excerpt.rest), ("", Rest::Before { lines: 2 }));
        assert_eq!(cut(b"", ALL).rest, Rest::Nothing);
    }

    #[test]
    fn a_skip_is_a_place_in_its_line() {
        let window = |skip| Window { first: 2, skip, ..ALL };
        assert_eq!(cut("a\nbär\nc".as_bytes(), window(3)).text, "r\nc");
        for skip in [2, 5, 99] {
            let refusal = file("a\nbär\nc".as_bytes()).excerpt(window(skip), &|| Ok(())).unwrap_err();
            assert_eq!(refusal.code(), Code::OutOfRange, "{skip}");
        }
    }

    #[test]
    fn numbers_count_from_the_first_line_of_the_file() {
        let window = Window { first: 2, lines: 2, numbers: Numbers::On, ..ALL };
        let numbered = |excerpt: Excerpt| excerpt.shown(&Marker::default(), Numbers::On, 99).text;
        assert_eq!(numbered(cut(b"a\nb\nc\nd\n", window)), "2\tb\n3\tc\n");
        let tail = file(b"a\nb\nc\nd\n").tail(2, 99, Numbers::On, &|| Ok(())).unwrap();
        assert_eq!(numbered(tail), "3\tc\n4\td\n");
    }

    #[test]
    fn a_tail_that_does_not_fit_says_where_it_begins() {
        let tail = |bytes: &[u8]| file(bytes).tail(3, 8, Numbers::Off, &|| Ok(())).unwrap();
        let short = tail(b"zero\naaaa\nbbb\nccc\n");
        assert_eq!(
            (short.text.as_str(), short.rest),
            ("bbb\nccc\n", Rest::Earlier { first: Some(3), is_cut: false })
        );
        let long = tail(b"a\n0123456789abcdef");
        assert_eq!(
            (long.text.as_str(), long.rest),
            ("89abcdef", Rest::Earlier { first: Some(2), is_cut: true })
        );
    }

    #[test]
    fn reading_stops_when_it_is_told_to() {
        let stop = || Err(Refusal::Abandoned);
        assert_eq!(file(b"a\n").excerpt(ALL, &stop), Err(Refusal::Abandoned));
    }

    proptest! {
        #[test]
        fn following_the_rest_gives_the_whole_file(text in "[a-c\\né€😀\\r]{0,60}", room in 4_usize..30) {
            let mut window = Window { room, ..ALL };
            let mut all = String::new();
            for _ in 0..200 {
                let excerpt = cut(text.as_bytes(), window);
                prop_assert!(excerpt.text.len() <= room);
                all.push_str(&excerpt.text);
                match excerpt.rest {
                    Rest::After { line, skip } => (window.first, window.skip) = (line, skip),
                    rest => {
                        prop_assert_eq!(rest, Rest::Nothing);
                        break;
                    }
                }
            }
            prop_assert_eq!(all, text);
        }

        #[test]
        fn a_tail_is_the_last_lines_in_every_encoding(text in "[a-c\\né€😀]{0,60}", lines in 1_usize..8, room in 4_usize..80) {
            let all: Vec<_> = text.split_inclusive('\n').collect();
            let wanted: String = all[all.len().saturating_sub(lines)..].concat();
            for bytes in [text.clone().into_bytes(), utf16(&text, u16::to_le_bytes), utf16(&text, u16::to_be_bytes)] {
                let tail = file(&bytes).tail(lines as u64, room, Numbers::Off, &|| Ok(())).unwrap();
                prop_assert!(tail.text.len() <= room);
                prop_assert!(wanted.ends_with(&tail.text));
                match tail.rest {
                    Rest::Earlier { first, is_cut } => {
                        let before = text.strip_suffix(&tail.text).unwrap();
                        prop_assert_eq!(first, Some(before.matches('\n').count() as u64 + 1));
                        prop_assert_eq!(is_cut, !before.ends_with('\n'));
                    }
                    rest => prop_assert_eq!((rest, &tail.text), (Rest::Nothing, &wanted)),
                }
            }
        }
    }
}
