//! The top-level `id`, read while the scanner passes over it.

use super::{MessageId, string::Piece};
use crate::{limits, refusal::Code};

/// The longest integer that fits `i64`: a sign and 19 digits.
const DIGITS_MAX: usize = 20;

/// What is known of the id so far. Its memory is bounded by
/// [`limits::ID_BYTES_MAX`], whatever passes by.
#[derive(Debug, Default)]
pub(super) enum Id {
    /// None yet.
    #[default]
    Absent,
    /// Its key was read; its value comes next.
    Due,
    /// Its value is a string, read so far.
    Text(Vec<u8>),
    /// Its value is a number, read so far.
    Number(Vec<u8>),
    /// Exactly one, and legal.
    One(MessageId),
    /// An illegal one, or a second one: nobody can be answered.
    Void,
}

impl Id {
    /// The key `id` has been read once (more).
    pub(super) fn named(&mut self) -> Result<(), Code> {
        match self {
            Self::Absent => {
                *self = Self::Due;
                Ok(())
            }
            _ => self.refuse(Code::DuplicateKey),
        }
    }

    /// A top-level value begins with `first`.
    pub(super) fn value(&mut self, first: u8) -> Result<(), Code> {
        if matches!(self, Self::Due) {
            *self = match first {
                b'"' => Self::Text(Vec::new()),
                b'-' | b'0'..=b'9' => Self::Number(vec![first]),
                _ => return self.refuse(Code::BadId),
            };
        }
        Ok(())
    }

    /// A piece of a top-level string value.
    pub(super) fn piece(&mut self, piece: Piece) -> Result<(), Code> {
        let Self::Text(text) = self else { return Ok(()) };
        match piece {
            Piece::Nothing => {}
            Piece::Byte(byte) => text.push(byte),
            Piece::Char(char) => text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            Piece::End => {
                let text = String::from_utf8(std::mem::take(text));
                *self = text.map_or(Self::Void, |text| Self::One(MessageId::Text(text)));
                return Ok(());
            }
        }
        if text.len() > limits::ID_BYTES_MAX { self.refuse(Code::BadId) } else { Ok(()) }
    }

    /// A further byte of a top-level number.
    pub(super) fn digit(&mut self, byte: u8) -> Result<(), Code> {
        let Self::Number(digits) = self else { return Ok(()) };
        if digits.len() == DIGITS_MAX || !byte.is_ascii_digit() {
            return self.refuse(Code::BadId);
        }
        digits.push(byte);
        Ok(())
    }

    /// A top-level number is complete.
    pub(super) fn number(&mut self) -> Result<(), Code> {
        let Self::Number(digits) = self else { return Ok(()) };
        let number = std::str::from_utf8(digits).ok().filter(|&digits| digits != "-0");
        match number.and_then(|digits| digits.parse().ok()) {
            Some(number) => {
                *self = Self::One(MessageId::Number(number));
                Ok(())
            }
            None => self.refuse(Code::BadId),
        }
    }

    fn refuse(&mut self, code: Code) -> Result<(), Code> {
        *self = Self::Void;
        Err(code)
    }
}
