//! One file, line by line.
//!
//! UTF-16 with a byte order mark is decoded, and a mark is no part of the
//! first line. A NUL byte means that a file is not text from there on. Each
//! block that is read, and each piece that is matched, is a moment to stop.

// files come here open
#![deny(clippy::disallowed_methods)]

use std::{
    borrow::Cow,
    cell::Cell,
    collections::VecDeque,
    io::{self, Read},
    time::{Duration, Instant},
};

use grep_matcher::{ByteSet, LineMatchKind, LineTerminator, Match, Matcher, NoCaptures, NoError};
use grep_regex::RegexMatcher;
use grep_searcher::{BinaryDetection, MmapChoice, Searcher, SearcherBuilder, Sink, SinkContext, SinkMatch};

use super::{
    Line, LineKind, Meter, Search,
    hide::{Hider, Text},
};
use crate::{
    limits,
    sandbox::files::{OpenedFile, text::Encoding},
};

/// What came of one file.
pub(super) struct Scanned {
    /// Lines that match, and those around them.
    pub(super) lines: Vec<Line>,
    /// How many of them match.
    pub(super) matches: usize,
    pub(super) end: End,
}

/// How far it was looked into.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// To its end, or as far as was of use.
    Whole,
    /// To a NUL byte.
    Binary,
    /// To a line that is too long.
    LongLine,
    /// Until the system did not give more.
    Unreadable,
}

/// What one thread looks into files with.
pub(super) struct Scanner<'a> {
    search: &'a Search,
    meter: &'a Meter<'a>,
    searcher: Searcher,
    matcher: RegexMatcher,
    piece: Cell<usize>,
}

/// Bytes of a file that is read at once, and of the pieces in which larger ones are.
const BLOCK_BYTES: usize = limits::CANCEL_CHECK_BYTES;

impl<'a> Scanner<'a> {
    pub(super) fn new(search: &'a Search, meter: &'a Meter<'a>) -> Self {
        let matcher = search.pattern.matcher().clone();
        let mut builder = SearcherBuilder::new();
        builder
            .line_terminator(matcher.line_terminator().unwrap_or_default())
            .before_context(search.context)
            .after_context(search.context)
            .heap_limit(Some(limits::search::LINE_BYTES_MAX))
            .memory_map(MmapChoice::never())
            .bom_sniffing(false)
            .binary_detection(BinaryDetection::quit(0));
        Self { search, meter, searcher: builder.build(), matcher, piece: Cell::new(PIECE_BYTES_MIN) }
    }

    /// Looks into a file, of which `block` was read already, until its end, or as long as it `is_useless` not.
    pub(super) fn scan(&mut self, file: &OpenedFile, block: &[u8], is_useless: &dyn Fn() -> bool) -> Scanned {
        let stops = || (self.meter.watch.go_on)().is_err() || is_useless();
        let matcher = Patient { matcher: &self.matcher, piece: &self.piece, stops: &stops };
        let mut reader = Reader { file, meter: self.meter, stops: &stops, failed: None };
        let (encoding, mark) = Encoding::of(block);
        let text = block.get(mark..).unwrap_or_default();
        let mut take = Take::new(self.search, &self.matcher);
        let result = if encoding != Encoding::Utf8 {
            decoded(encoding, text.chain(&mut reader)).and_then(|(text, is_whole)| {
                take.search_whole(&mut self.searcher, matcher, text.as_bytes())?;
                if is_whole { Ok(()) } else { Err(io::ErrorKind::FileTooLarge.into()) }
            })
        } else if block.len() as u64 == file.bytes && block.len() < BLOCK_BYTES {
            take.search_whole(&mut self.searcher, matcher, text)
        } else {
            self.meter.count();
            take.hider = Some(Hider::new(&self.search.marker, Text::Of(&file.file, mark as u64)));
            self.searcher.search_reader(matcher, text.chain(&mut reader), &mut take)
        };
        let end = match (result, reader.failed) {
            (Ok(()), _) if take.is_binary => End::Binary,
            (Ok(()), _) | (Err(_), Some(Failed::Stopped)) => End::Whole,
            (Err(_), Some(Failed::Unreadable)) => End::Unreadable,
            (Err(_), None) => End::LongLine,
        };
        Scanned { lines: take.lines, matches: take.matches, end }
    }
}

/// A text of UTF-16 as UTF-8, and whether that is all of it.
fn decoded(encoding: Encoding, reader: impl Read) -> io::Result<(String, bool)> {
    let (mut bytes, mut text) = (Vec::new(), String::new());
    reader.take(limits::search::UTF16_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let (done, _) = encoding.decode(&bytes, &mut text);
    Ok((text, done == bytes.len() && done as u64 <= limits::search::UTF16_BYTES_MAX))
}

/// A file that is read in blocks.
struct Reader<'a> {
    file: &'a OpenedFile,
    meter: &'a Meter<'a>,
    stops: &'a dyn Fn() -> bool,
    failed: Option<Failed>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Failed {
    Stopped,
    Unreadable,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.stops)() {
            self.failed = Some(Failed::Stopped);
            return Err(io::ErrorKind::Other.into());
        }
        let most = buffer.len().min(BLOCK_BYTES);
        let read = loop {
            match (&self.file.file).read(buffer.get_mut(..most).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        if most >= BLOCK_BYTES {
            self.meter.count();
        }
        if read.is_err() {
            self.failed = Some(Failed::Unreadable);
        }
        read
    }
}

/// What is matched before it is asked for the first time whether to go on.
const PIECE_BYTES_MIN: usize = 2 << 10;
/// What is matched at once at most.
const PIECE_BYTES_MAX: usize = 1 << 20;
/// How long matching a piece should take: beyond, pieces get smaller.
const PIECE_TIME: Duration = Duration::from_millis(5);

/// A matcher that can be stopped between two lines.
///
/// Some patterns cost microseconds for each byte of some texts. So what is
/// asked at once is looked at in pieces, which are large as long as that is
/// fast.
struct Patient<'a> {
    matcher: &'a RegexMatcher,
    piece: &'a Cell<usize>,
    stops: &'a dyn Fn() -> bool,
}

impl Matcher for Patient<'_> {
    type Captures = NoCaptures;
    type Error = NoError;

    fn find_at(&self, haystack: &[u8], at: usize) -> Result<Option<Match>, NoError> {
        self.matcher.find_at(haystack, at)
    }

    fn new_captures(&self) -> Result<NoCaptures, NoError> {
        Ok(NoCaptures::new())
    }

    fn line_terminator(&self) -> Option<LineTerminator> {
        self.matcher.line_terminator()
    }

    fn non_matching_bytes(&self) -> Option<&ByteSet> {
        self.matcher.non_matching_bytes()
    }

    fn shortest_match_at(&self, haystack: &[u8], at: usize) -> Result<Option<usize>, NoError> {
        self.matcher.shortest_match_at(haystack, at)
    }

    fn find_candidate_line(&self, haystack: &[u8]) -> Result<Option<LineMatchKind>, NoError> {
        let mut from = 0;
        while let Some(rest) = haystack.get(from..).filter(|rest| !rest.is_empty()) {
            let piece = first_lines(rest, self.piece.get());
            let begun = Instant::now();
            let found = self.matcher.find_candidate_line(piece)?;
            if begun.elapsed() > PIECE_TIME {
                self.piece.set((self.piece.get() / 2).max(PIECE_BYTES_MIN));
            } else if found.is_none() {
                self.piece.set((piece.len() * 2).max(self.piece.get()).min(PIECE_BYTES_MAX));
            }
            if let Some(found) = found {
                return Ok(Some(match found {
                    LineMatchKind::Confirmed(at) => LineMatchKind::Confirmed(from + at),
                    LineMatchKind::Candidate(at) => LineMatchKind::Candidate(from + at),
                }));
            }
            from += piece.len();
            if from < haystack.len() && (self.stops)() {
                break;
            }
        }
        Ok(None)
    }
}

/// The lines at the beginning of `text` that have `bytes` together, or a little more.
fn first_lines(text: &[u8], bytes: usize) -> &[u8] {
    let Some(rest) = text.get(bytes..) else { return text };
    let length = memchr::memchr(b'\n', rest).map_or(text.len(), |end| bytes + end + 1);
    text.get(..length).unwrap_or(text)
}

/// Takes what was found.
struct Take<'a> {
    search: &'a Search,
    matcher: &'a RegexMatcher,
    hider: Option<Hider<'a>>,
    lines: Vec<Line>,
    /// The last lines that may stand before one that matches.
    before: VecDeque<Line>,
    /// The number of the last one that matches.
    last: Option<u64>,
    matches: usize,
    bytes: usize,
    is_binary: bool,
}

impl<'a> Take<'a> {
    const fn new(search: &'a Search, matcher: &'a RegexMatcher) -> Self {
        Self {
            search,
            matcher,
            hider: None,
            lines: Vec::new(),
            before: VecDeque::new(),
            last: None,
            matches: 0,
            bytes: 0,
            is_binary: false,
        }
    }

    fn search_whole(&mut self, searcher: &mut Searcher, matcher: Patient<'_>, text: &[u8]) -> io::Result<()> {
        // what is taken is kept, and who hides goes with the text
        let mut part = Take {
            hider: Some(Hider::new(&self.search.marker, Text::Whole(text))),
            ..Take::new(self.search, self.matcher)
        };
        let result = searcher.search_slice(matcher, text, &mut part);
        (self.lines, self.matches, self.is_binary) = (part.lines, part.matches, part.is_binary);
        result
    }

    /// Takes a line. Returns whether more are of use.
    fn take(&mut self, number: Option<u64>, at: u64, is_match: bool, line: &[u8]) -> bool {
        if self.hider.as_mut().is_none_or(|hider| hider.hides(&(at..at + line.len() as u64))) {
            return true;
        }
        let number = number.unwrap_or(1).max(1);
        let context = self.search.context as u64;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_after = self.last.is_some_and(|last| number - last <= context);
        let kind = match (is_match, is_after) {
            (true, _) => LineKind::Match,
            (false, true) => LineKind::After,
            (false, false) => LineKind::Before,
        };
        let (text, is_cut) = shown(line, kind, self.matcher);
        let is_replaced = text.contains('\u{fffd}') && str::from_utf8(line).is_err();
        let line = Line { number, kind, text: text.into_owned(), is_cut, is_replaced };
        if kind == LineKind::Before {
            self.before.push_back(line);
            if self.before.len() as u64 > context {
                self.before.pop_front();
            }
            return true;
        }
        let before = std::mem::take(&mut self.before).into_iter();
        let near = before.filter(|before| is_match && number - before.number <= context);
        for line in near.chain([line]) {
            self.bytes += line.bytes();
            self.lines.push(line);
        }
        if !is_match {
            return true;
        }
        self.last = Some(number);
        self.matches += 1;
        // the first that matches and is too much is wanted, to be named
        self.matches <= self.search.matches_max && self.bytes <= self.search.room
    }
}

impl Sink for Take<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, io::Error> {
        Ok(self.take(found.line_number(), found.absolute_byte_offset(), true, found.bytes()))
    }

    fn context(&mut self, _: &Searcher, found: &SinkContext<'_>) -> Result<bool, io::Error> {
        Ok(self.take(found.line_number(), found.absolute_byte_offset(), false, found.bytes()))
    }

    fn binary_data(&mut self, _: &Searcher, _: u64) -> Result<bool, io::Error> {
        self.is_binary = true;
        Ok(false)
    }
}

/// What is shown of `line`: all of it, or what is around the first match.
fn shown<'l>(line: &'l [u8], kind: LineKind, matcher: &RegexMatcher) -> (Cow<'l, str>, bool) {
    let most = limits::search::SHOWN_LINE_BYTES_MAX;
    if line.len() <= most {
        return (String::from_utf8_lossy(line), false);
    }
    let is_match = kind == LineKind::Match;
    let found = if is_match { matcher.find(line).unwrap_or_default() } else { None };
    let from = found.map_or(0, |found| found.start().saturating_sub(most / 4).min(line.len() - most));
    let (from, to) = (boundary(line, from), boundary(line, from + most));
    let text = String::from_utf8_lossy(line.get(from..to).unwrap_or_default());
    let (before, behind) = (if from > 0 { "…" } else { "" }, if to < line.len() { "…" } else { "" });
    (Cow::Owned(format!("{before}{text}{behind}")), true)
}

/// The last place not behind `at` where a character begins.
fn boundary(line: &[u8], at: usize) -> usize {
    let is_inside = |at: &usize| line.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (at.saturating_sub(3)..=at).rev().find(|at| !is_inside(at)).unwrap_or(at)
}
