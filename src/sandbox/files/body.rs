//! The bytes of a text file, in a shape in which they can be edited.
//!
//! What an edit does not touch comes out byte for byte: UTF-8 is edited as it
//! stands, with any byte that is none; UTF-16 with a byte order mark goes there
//! and back without loss, or is refused; the mark stays in front.

use super::text::{Encoding, not_text};
use crate::refusal::Refusal;

/// A text file to be edited.
#[derive(Debug)]
pub struct Body {
    encoding: Encoding,
    mark: Vec<u8>,
    /// The text without the mark. UTF-8, but for stray bytes of a file that is not quite.
    pub text: Vec<u8>,
}

impl Body {
    /// Takes the bytes of a file.
    ///
    /// # Errors
    ///
    /// [`Code::NotText`](crate::refusal::Code::NotText) for a mark of UTF-16 before bytes that are none.
    pub fn of(bytes: &[u8]) -> Result<Self, Refusal> {
        let (encoding, length) = Encoding::of(bytes);
        let (mark, rest) = bytes.split_at_checked(length).unwrap_or_default();
        let text = if encoding == Encoding::Utf8 {
            rest.to_vec()
        } else {
            let mut text = String::new();
            let (done, _) = encoding.decode(rest, &mut text);
            if done < rest.len() {
                return Err(not_text((length + done) as u64));
            }
            text.into_bytes()
        };
        Ok(Self { encoding, mark: mark.to_vec(), text })
    }

    /// The bytes of the file whose text is `text`; `None` if that cannot be said in its encoding.
    #[must_use]
    pub fn with(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = self.mark.clone();
        let unit: fn(u16) -> [u8; 2] = match self.encoding {
            Encoding::Utf8 => {
                bytes.extend_from_slice(text);
                return Some(bytes);
            }
            Encoding::Utf16Le => u16::to_le_bytes,
            Encoding::Utf16Be => u16::to_be_bytes,
        };
        bytes.extend(str::from_utf8(text).ok()?.encode_utf16().flat_map(unit));
        Some(bytes)
    }
}
