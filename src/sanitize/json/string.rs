//! The inside of a JSON string (RFC 8259, section 7), byte by byte.

use crate::refusal::Code;

/// What a byte inside a string came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Piece {
    /// Part of an escape that is not complete yet.
    Nothing,
    /// A byte as written.
    Byte(u8),
    /// An escape.
    Char(char),
    /// The closing quote.
    End,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum At {
    #[default]
    Plain,
    Backslash,
    Hex {
        digits: u8,
        value: u16,
    },
}

/// Where in a string the scanner stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Inside {
    at: At,
    /// A high surrogate that waits for its low half.
    high: Option<u16>,
}

impl Inside {
    /// Whether a byte that is no quote, backslash or control stands for itself here.
    pub(super) fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// Takes one byte. Lone surrogates and raw control characters are refused:
    /// the first cannot become text, the second JSON forbids.
    pub(super) fn step(&mut self, byte: u8) -> Result<Piece, Code> {
        match self.at {
            At::Plain if self.high.is_some() && byte != b'\\' => Err(Code::NotJson),
            At::Plain => match byte {
                b'"' => Ok(Piece::End),
                b'\\' => {
                    self.at = At::Backslash;
                    Ok(Piece::Nothing)
                }
                0..=0x1f => Err(Code::NotJson),
                _ => Ok(Piece::Byte(byte)),
            },
            At::Backslash if byte == b'u' => {
                self.at = At::Hex { digits: 0, value: 0 };
                Ok(Piece::Nothing)
            }
            At::Backslash if self.high.is_some() => Err(Code::NotJson),
            At::Backslash => {
                self.at = At::Plain;
                Ok(Piece::Char(match byte {
                    b'"' | b'\\' | b'/' => char::from(byte),
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    _ => return Err(Code::NotJson),
                }))
            }
            At::Hex { digits, value } => self.hex(digits + 1, value, byte),
        }
    }

    fn hex(&mut self, digits: u8, value: u16, byte: u8) -> Result<Piece, Code> {
        let digit = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
        let value = value << 4 | digit.ok_or(Code::NotJson)?;
        if digits < 4 {
            self.at = At::Hex { digits, value };
            return Ok(Piece::Nothing);
        }
        self.at = At::Plain;
        let scalar = match (self.high.take(), u32::from(value)) {
            (None, 0xd800..=0xdbff) => {
                self.high = Some(value);
                return Ok(Piece::Nothing);
            }
            (Some(high), low @ 0xdc00..=0xdfff) => {
                0x1_0000 + (u32::from(high) - 0xd800) * 0x400 + (low - 0xdc00)
            }
            (None, scalar) => scalar,
            (Some(_), _) => return Err(Code::NotJson),
        };
        // `None` for a low half without its high one.
        char::from_u32(scalar).map(Piece::Char).ok_or(Code::NotJson)
    }
}
