//! Text that is neither UTF-8 nor UTF-16 with a mark: read as it declares itself, or else as it
//! looks, and never written.

use std::{io::Read as _, sync::LazyLock};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;
use regex::bytes::Regex;

use super::OpenedFile;
use crate::{limits, refusal::Refusal};

/// How a file that is not UTF-8 was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Foreign {
    /// The encoding, by its name in the Encoding Standard.
    pub encoding: &'static str,
    /// The file names it; otherwise it is a guess.
    pub is_declared: bool,
}

impl Foreign {
    /// What a reader of `file` is told.
    #[must_use]
    pub fn says(self, file: &str) -> String {
        let why = if self.is_declared { "declares" } else { "looks" };
        let encoding = self.encoding;
        format!(
            "[{file} is not UTF-8: read as {encoding}, as it {why}; `edit_file` changes ASCII in it and keeps every other byte]"
        )
    }
}

/// Where HTML, XML, CSS, Python (PEP 263), Emacs and Vim say which encoding a file has.
static DECLARATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let label = r#"[ \t]*[=:]?[ \t]*["']?([A-Za-z0-9._:-]{2,40})"#;
    let before = r"(?:<\?xml[^>]{0,100}encoding|<meta[^>]{0,100}charset|@charset|(?m:^)[ \t]*(?:\#|//|;)[^\n]{0,100}coding)";
    Regex::new(&format!("(?i-u){before}{label}")).ok()
});

impl OpenedFile {
    /// The text of a file that is not UTF-8, as a file of its own; `None` if it is no text in any
    /// encoding, or more than [`limits::FOREIGN_BYTES_MAX`].
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn foreign(self) -> Result<Option<(Self, Foreign)>, Refusal> {
        if self.bytes > limits::FOREIGN_BYTES_MAX {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        (&self.file).take(limits::FOREIGN_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        let found = if bytes.len() as u64 > limits::FOREIGN_BYTES_MAX { None } else { decoded(&bytes) };
        Ok(found.map(|(text, foreign)| {
            let bytes = text.len() as u64;
            (Self { bytes, decoded: Some(text.into_bytes()), ..self }, foreign)
        }))
    }
}

fn decoded(bytes: &[u8]) -> Option<(String, Foreign)> {
    if memchr::memchr(0, bytes).is_some() {
        return None;
    }
    let declared = declared(bytes).and_then(|encoding| Some((text(encoding, bytes)?, encoding, true)));
    let (text, encoding, is_declared) = declared.or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        let encoding = detector.guess(None, Utf8Detection::Deny);
        Some((text(encoding, bytes)?, encoding, false))
    })?;
    Some((text, Foreign { encoding: encoding.name(), is_declared }))
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..limits::DECLARATION_BYTES).unwrap_or(bytes);
    let label = DECLARATION.as_ref()?.captures(start)?.get(1)?;
    // Python writes latin-1 where the web has latin1
    let plain: Vec<u8> =
        label.as_bytes().iter().copied().filter(|byte| !matches!(byte, b'-' | b'_')).collect();
    let encoding = Encoding::for_label(label.as_bytes()).or_else(|| Encoding::for_label(&plain));
    // a text that can be read as far as this is in neither: it would read as something else, secrets and all
    let never = [encoding_rs::UTF_8, encoding_rs::UTF_16LE, encoding_rs::UTF_16BE];
    encoding.filter(|encoding| encoding.is_ascii_compatible() && !never.contains(encoding))
}

/// All of `bytes`, if every one has a meaning and none is a control: what has those is no text.
fn text(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let is_of_text =
        |char: char| !char.is_control() || matches!(char, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}');
    text.chars().all(is_of_text).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_believed_and_the_rest_is_guessed() {
        let read = |bytes: &[u8]| {
            decoded(bytes).map(|(text, foreign)| (text, foreign.encoding, foreign.is_declared))
        };
        let (text, name, is_declared) = read(b"# -*- coding: latin-1 -*-\ncaf\xe9\n").unwrap();
        assert_eq!((text.ends_with("café\n"), name, is_declared), (true, "windows-1252", true));
        let (text, name, _) =
            read(b"<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\n<p>\x93\xfa\x96{</p>").unwrap();
        assert_eq!((text.contains("日本"), name), (true, "Shift_JIS"));
        let (text, _, is_declared) = read(b"key=caf\xe9\nna\xefve=d\xe9j\xe0 vu\n").unwrap();
        assert_eq!((&*text, is_declared), ("key=café\nnaïve=déjà vu\n", false));
        // a declaration that the bytes contradict is none
        let (_, _, is_declared) = read(b"@charset \"shift_jis\"; caf\xe9\xff d\xe9j\xe0 vu").unwrap();
        assert!(!is_declared);
        // nothing makes a text read as another one
        let (text, _, is_declared) = read(b"# coding: utf-16le\npassword = caf\xe9 hunter2\n").unwrap();
        assert!(!is_declared && text.contains("hunter2"), "{text}");
        for bytes in [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), b"\x01\x02\xff\x03", b"a\0b\xff"] {
            assert_eq!(read(bytes), None);
        }
    }
}
