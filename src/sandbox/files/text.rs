//! The text of a file, piece by piece.
//!
//! UTF-8, and UTF-16 with a byte order mark; the mark is not part of the text.
//! Every other byte is refused at its offset, never replaced. Line ends stay
//! what they are.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
};

use super::{GoOn, OpenedFile};
use crate::{
    limits,
    refusal::{Code, Refusal},
};

/// How a file's bytes become text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// What the first bytes say, and how many of them are the mark.
    pub(super) fn of(start: &[u8]) -> (Self, usize) {
        match start {
            [0xEF, 0xBB, 0xBF, ..] => (Self::Utf8, 3),
            [0xFF, 0xFE, ..] => (Self::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Self::Utf16Be, 2),
            _ => (Self::Utf8, 0),
        }
    }

    /// The first place in `bytes`, cut out anywhere between two units, where a character begins.
    pub(super) fn boundary(self, bytes: &[u8]) -> usize {
        let is_low_half = |high: u8| (0xDC..=0xDF).contains(&high);
        match (self, bytes) {
            (Self::Utf8, bytes) => bytes.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count(),
            (Self::Utf16Le, [_, high, ..]) | (Self::Utf16Be, [high, ..]) if is_low_half(*high) => 2,
            (Self::Utf16Le | Self::Utf16Be, _) => 0,
        }
    }

    /// The bytes of a line feed.
    pub(super) const fn line_feed(self) -> &'static [u8] {
        match self {
            Self::Utf8 => b"\n",
            Self::Utf16Le => b"\n\0",
            Self::Utf16Be => b"\0\n",
        }
    }

    /// Decodes as much of `bytes` as is text onto `text`. Returns how many
    /// bytes that was, and whether what follows can never become text.
    pub(super) fn decode(self, bytes: &[u8], text: &mut String) -> (usize, bool) {
        match self {
            Self::Utf8 => match str::from_utf8(bytes) {
                Ok(valid) => {
                    text.push_str(valid);
                    (bytes.len(), false)
                }
                Err(error) => {
                    let (valid, _) = bytes.split_at(error.valid_up_to());
                    text.push_str(str::from_utf8(valid).unwrap_or_default());
                    (valid.len(), error.error_len().is_some())
                }
            },
            Self::Utf16Le => decode_units(bytes, u16::from_le_bytes, text),
            Self::Utf16Be => decode_units(bytes, u16::from_be_bytes, text),
        }
    }
}

fn decode_units(bytes: &[u8], unit: fn([u8; 2]) -> u16, text: &mut String) -> (usize, bool) {
    let (pairs, _) = bytes.as_chunks::<2>();
    let mut done = 0;
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(c) => {
                text.push(c);
                done += c.len_utf16() * 2;
            }
            Err(error) => {
                // a high half at the very end may still meet its low half
                let waits =
                    (0xD800..0xDC00).contains(&error.unpaired_surrogate()) && done + 2 == pairs.len() * 2;
                return (done, !waits);
            }
        }
    }
    (done, false)
}

/// All of `bytes` as text, without a byte order mark; `None` if they are not text.
#[must_use]
pub fn decode_text(bytes: &[u8]) -> Option<String> {
    let (encoding, mark) = Encoding::of(bytes);
    let (_, bytes) = bytes.split_at_checked(mark)?;
    let mut text = String::new();
    let (done, _) = encoding.decode(bytes, &mut text);
    (done == bytes.len()).then_some(text)
}

/// What a file that is not text is told.
pub(super) fn not_text(offset: u64) -> Refusal {
    let says = format!(
        "the file is not UTF-8 text, nor UTF-16 with a byte order mark: the first other byte is at offset {offset}"
    );
    Refusal::failed(Code::NotText, says)
}

/// What a text is read from.
enum Source {
    File(File),
    Text(Cursor<Vec<u8>>),
}

impl Read for Source {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(bytes),
            Self::Text(text) => text.read(bytes),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Text(text) => text.seek(to),
        }
    }
}

/// Reads a file as text, from its start or from a known boundary.
pub(super) struct TextReader<'a> {
    file: Source,
    encoding: Encoding,
    go_on: GoOn<'a>,
    /// Where the first byte of `waiting` stands in the file.
    offset: u64,
    /// Bytes read and not decoded yet.
    waiting: Vec<u8>,
    mark: usize,
}

impl<'a> TextReader<'a> {
    /// Looks for a byte order mark and stands behind it.
    pub(super) fn open(opened: OpenedFile, go_on: GoOn<'a>) -> Result<Self, Refusal> {
        let mut file = match opened.decoded {
            Some(text) => Source::Text(Cursor::new(text)),
            None => Source::File(opened.file),
        };
        let mut waiting = Vec::with_capacity(limits::CANCEL_CHECK_BYTES + 4);
        fill(&mut file, &mut waiting, 3)?;
        let (encoding, mark) = Encoding::of(&waiting);
        waiting.drain(..mark);
        Ok(Self { file, encoding, go_on, offset: mark as u64, waiting, mark })
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Where the text begins in the file.
    pub(super) const fn start(&self) -> u64 {
        self.mark as u64
    }

    /// How many bytes of the file have become text.
    pub(super) const fn scanned(&self) -> u64 {
        self.offset
    }

    /// Puts the next piece of text in `text`. Returns whether there was one.
    /// Text before a byte that is none comes first, the refusal after it.
    pub(super) fn next(&mut self, text: &mut String) -> Result<bool, Refusal> {
        text.clear();
        loop {
            (self.go_on)()?;
            let read = fill(&mut self.file, &mut self.waiting, limits::CANCEL_CHECK_BYTES)?;
            let (done, is_broken) = self.encoding.decode(&self.waiting, text);
            self.waiting.drain(..done);
            self.offset += done as u64;
            if !text.is_empty() {
                return Ok(true);
            }
            if is_broken || (read == 0 && !self.waiting.is_empty()) {
                return Err(not_text(self.offset));
            }
            if read == 0 {
                return Ok(false);
            }
        }
    }

    /// The bytes from `from` to `to`, fewer if the file has shrunk.
    pub(super) fn bytes(&mut self, from: u64, to: u64) -> Result<Vec<u8>, Refusal> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&mut self.file).take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The text before `to`, as much as it takes to know what behind it is secret. Bytes that are no text are replaced here:
    /// nobody is shown it.
    pub(super) fn before(&mut self, to: u64) -> Result<String, Refusal> {
        let unit = self.encoding.line_feed().len() as u64;
        let from = to.saturating_sub(limits::SECRET_REACH_BYTES as u64 * unit).max(self.start());
        let bytes = self.bytes(from, to)?;
        let (_, bytes) = bytes.split_at_checked(self.encoding.boundary(&bytes)).unwrap_or_default();
        if self.encoding == Encoding::Utf8 {
            return Ok(String::from_utf8_lossy(bytes).into_owned());
        }
        let mut text = String::new();
        self.encoding.decode(bytes, &mut text);
        Ok(text)
    }

    /// Decodes `bytes`, which stand at `offset`, to the last one.
    pub(super) fn decode(&self, bytes: &[u8], offset: u64) -> Result<String, Refusal> {
        let mut text = String::new();
        let (done, _) = self.encoding.decode(bytes, &mut text);
        if done == bytes.len() { Ok(text) } else { Err(not_text(offset + done as u64)) }
    }

    /// Counts the line feeds between the start of the text and `to`; `None`
    /// if that is further than one call scans.
    pub(super) fn lines_before(&mut self, to: u64) -> Result<Option<u64>, Refusal> {
        if to > limits::SCAN_BYTES_MAX {
            return Ok(None);
        }
        let (mut at, mut lines) = (self.start(), 0);
        while at < to {
            (self.go_on)()?;
            let bytes = self.bytes(at, to.min(at + limits::CANCEL_CHECK_BYTES as u64))?;
            if bytes.is_empty() {
                break;
            }
            lines += line_feeds(&bytes, self.encoding);
            at += bytes.len() as u64;
        }
        Ok(Some(lines))
    }
}

#[allow(clippy::naive_bytecount, reason = "wide enough as compiled, and no second crate")]
fn line_feeds(bytes: &[u8], encoding: Encoding) -> u64 {
    let (pairs, _) = bytes.as_chunks::<2>();
    let count = match encoding {
        Encoding::Utf8 => bytes.iter().filter(|byte| **byte == b'\n').count(),
        Encoding::Utf16Le => pairs.iter().filter(|pair| **pair == *b"\n\0").count(),
        Encoding::Utf16Be => pairs.iter().filter(|pair| **pair == *b"\0\n").count(),
    };
    count as u64
}

/// Reads until `bytes` holds `wanted` or the file ends. Returns how many came.
fn fill(file: &mut Source, bytes: &mut Vec<u8>, wanted: usize) -> io::Result<usize> {
    let missing = wanted.saturating_sub(bytes.len());
    file.take(missing as u64).read_to_end(bytes)
}
