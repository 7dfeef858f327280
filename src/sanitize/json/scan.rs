//! JSON (RFC 8259) as an automaton that takes bytes, split anywhere.
//!
//! It keeps one bit a level, the state within one token, and the id: constant
//! memory for a message of any size.

use super::{
    MessageId,
    id::Id,
    string::{Inside, Piece},
};
use crate::{limits, refusal::Code};

/// What the scanner came upon, for those who watch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mark {
    /// An object opened.
    Object,
    /// The opening quote of a key.
    KeyStart,
    /// The closing quote of a key.
    KeyEnd,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// A value must come.
    Value,
    /// Just after `[`: a value or `]`.
    FirstValue,
    /// Just after `{`: a key or `}`.
    FirstKey,
    /// Just after `,` in an object: a key.
    Key,
    /// After a key: `:`.
    Colon,
    /// After a value: `,` or the end of what it stands in.
    Next,
    /// Within a string that is a key.
    InKey(Inside),
    /// Within a string that is a value.
    InText(Inside),
    /// Within a number.
    InNumber(Number),
    /// Within `true`, `false` or `null`: what must still come.
    InWord(&'static [u8]),
    /// The message is complete; only white space may follow.
    Done,
}

/// Where in a number (RFC 8259, section 6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Number {
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    E,
    Sign,
    Exponent,
}

impl Number {
    /// What `byte` makes of it, or `None` if it is no part of a number here.
    const fn next(self, byte: u8) -> Option<Self> {
        match (self, byte) {
            (Self::Minus, b'0') => Some(Self::Zero),
            (Self::Minus, b'1'..=b'9') | (Self::Digits, b'0'..=b'9') => Some(Self::Digits),
            (Self::Zero | Self::Digits, b'.') => Some(Self::Point),
            (Self::Point | Self::Fraction, b'0'..=b'9') => Some(Self::Fraction),
            (Self::Zero | Self::Digits | Self::Fraction, b'e' | b'E') => Some(Self::E),
            (Self::E, b'+' | b'-') => Some(Self::Sign),
            (Self::E | Self::Sign | Self::Exponent, b'0'..=b'9') => Some(Self::Exponent),
            _ => None,
        }
    }

    const fn is_complete(self) -> bool {
        matches!(self, Self::Zero | Self::Digits | Self::Fraction | Self::Exponent)
    }
}

/// What a message is at its top.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Top {
    Object,
    Array,
    Scalar,
}

/// How much of the key at hand reads `id`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Reads {
    #[default]
    Nothing,
    I,
    Id,
    Other,
}

impl Reads {
    fn next(self, piece: Piece) -> Self {
        let char = match piece {
            Piece::Nothing | Piece::End => return self,
            Piece::Byte(byte) => char::from(byte),
            Piece::Char(char) => char,
        };
        match (self, char) {
            (Self::Nothing, 'i') => Self::I,
            (Self::I, 'd') => Self::Id,
            _ => Self::Other,
        }
    }
}

/// The automaton.
#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    depth: usize,
    values: usize,
    /// One bit a level, the innermost lowest: 1 for an object. 64 levels fit, and more are refused.
    objects: u64,
    top: Option<Top>,
    key: Reads,
    id: Id,
}

const _: () = assert!(limits::MESSAGE_DEPTH_MAX <= 64, "one bit a level");

impl Default for Scanner {
    fn default() -> Self {
        Self {
            state: State::Value,
            depth: 0,
            values: 0,
            objects: 0,
            top: None,
            key: Reads::Nothing,
            id: Id::Absent,
        }
    }
}

impl Scanner {
    /// Takes the next bytes. `watch` is told of each mark with its offset in `bytes` and the
    /// depth of the object it belongs to (from 1). After an error nothing more may be fed.
    pub(super) fn run(
        &mut self,
        bytes: &[u8],
        mut watch: impl FnMut(usize, Mark, usize) -> Result<(), Code>,
    ) -> Result<(), Code> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..) {
            at += self.uneventful(rest);
            let Some(&byte) = bytes.get(at) else { break };
            if let Some(mark) = self.step(byte)? {
                watch(at, mark, self.depth)?;
            }
            at += 1;
        }
        Ok(())
    }

    /// The input has ended.
    pub(super) fn end(&mut self) -> Result<(), Code> {
        if let State::InNumber(number) = self.state
            && number.is_complete()
            && self.depth == 0
        {
            self.state = State::Done;
        }
        match (self.state, self.top) {
            (State::Done, Some(Top::Object)) => Ok(()),
            (State::Done, Some(Top::Array)) => Err(Code::Batch),
            (State::Done, _) => Err(Code::BadMessage),
            _ => Err(Code::NotJson),
        }
    }

    /// The better name for a fault: an array that is not proven broken is a batch, whatever
    /// is in it.
    pub(super) fn judge(&self, code: Code) -> Code {
        match code {
            Code::NotJson | Code::NotUtf8 => code,
            _ if self.top == Some(Top::Array) => Code::Batch,
            _ => code,
        }
    }

    /// The id, if exactly one legal one was read.
    pub(super) fn into_id(self) -> Option<MessageId> {
        match self.id {
            Id::One(id) => Some(id),
            _ => None,
        }
    }

    /// How many bytes at the front of `bytes` change nothing: the plain run of a string that is
    /// neither the id nor, as a key, could still read `id`.
    fn uneventful(&self, bytes: &[u8]) -> usize {
        let is_plain = match self.state {
            State::InText(inside) => inside.is_plain() && !matches!(self.id, Id::Text(_)),
            State::InKey(inside) => inside.is_plain() && (self.depth > 1 || self.key == Reads::Other),
            _ => false,
        };
        if !is_plain {
            return 0;
        }
        let is_eventful = |&byte: &u8| byte < 0x20 || byte == b'"' || byte == b'\\';
        bytes.iter().position(is_eventful).unwrap_or(bytes.len())
    }

    fn step(&mut self, byte: u8) -> Result<Option<Mark>, Code> {
        match self.state {
            State::InText(inside) => self.text(inside, byte).map(|()| None),
            State::InKey(inside) => self.key(inside, byte),
            State::InNumber(number) => match number.next(byte) {
                Some(next) => {
                    self.state = State::InNumber(next);
                    self.id.digit(byte).map(|()| None)
                }
                None if number.is_complete() => {
                    self.id.number()?;
                    self.value_ended();
                    self.between(byte)
                }
                None => Err(Code::NotJson),
            },
            State::InWord([due, rest @ ..]) if *due == byte => {
                self.state = State::InWord(rest);
                if rest.is_empty() {
                    self.value_ended();
                }
                Ok(None)
            }
            State::InWord(_) => Err(Code::NotJson),
            _ => self.between(byte),
        }
    }

    /// A byte between two tokens, or the first of one.
    fn between(&mut self, byte: u8) -> Result<Option<Mark>, Code> {
        match (self.state, byte) {
            (_, b' ' | b'\t' | b'\n' | b'\r') => Ok(None),
            (State::FirstKey | State::Key, b'"') => {
                self.key = Reads::Nothing;
                self.state = State::InKey(Inside::default());
                Ok(Some(Mark::KeyStart))
            }
            (State::FirstKey, b'}') | (State::FirstValue, b']') => {
                self.close();
                Ok(None)
            }
            (State::Next, b'}') if self.is_in_object() => {
                self.close();
                Ok(None)
            }
            (State::Next, b']') if !self.is_in_object() => {
                self.close();
                Ok(None)
            }
            (State::Next, b',') => {
                self.state = if self.is_in_object() { State::Key } else { State::Value };
                Ok(None)
            }
            (State::Colon, b':') => {
                self.state = State::Value;
                Ok(None)
            }
            (State::Value | State::FirstValue, _) => self.value(byte),
            _ => Err(Code::NotJson),
        }
    }

    /// The first byte of a value.
    fn value(&mut self, byte: u8) -> Result<Option<Mark>, Code> {
        let (state, top) = match byte {
            b'{' => (State::FirstKey, Top::Object),
            b'[' => (State::FirstValue, Top::Array),
            b'"' => (State::InText(Inside::default()), Top::Scalar),
            b'-' => (State::InNumber(Number::Minus), Top::Scalar),
            b'0' => (State::InNumber(Number::Zero), Top::Scalar),
            b'1'..=b'9' => (State::InNumber(Number::Digits), Top::Scalar),
            b't' => (State::InWord(b"rue"), Top::Scalar),
            b'f' => (State::InWord(b"alse"), Top::Scalar),
            b'n' => (State::InWord(b"ull"), Top::Scalar),
            _ => return Err(Code::NotJson),
        };
        self.top.get_or_insert(top);
        self.id.value(byte)?;
        self.state = state;
        self.values += 1;
        if self.values > limits::MESSAGE_VALUES_MAX {
            return Err(Code::MessageTooComplex);
        }
        if matches!(top, Top::Object | Top::Array) {
            if self.depth == limits::MESSAGE_DEPTH_MAX {
                return Err(Code::MessageTooDeep);
            }
            self.depth += 1;
            self.objects = self.objects << 1 | u64::from(top == Top::Object);
        }
        Ok((top == Top::Object).then_some(Mark::Object))
    }

    fn text(&mut self, mut inside: Inside, byte: u8) -> Result<(), Code> {
        let piece = inside.step(byte)?;
        self.id.piece(piece)?;
        self.state = State::InText(inside);
        if piece == Piece::End {
            self.value_ended();
        }
        Ok(())
    }

    fn key(&mut self, mut inside: Inside, byte: u8) -> Result<Option<Mark>, Code> {
        let piece = inside.step(byte)?;
        self.key = self.key.next(piece);
        self.state = State::InKey(inside);
        if piece != Piece::End {
            return Ok(None);
        }
        self.state = State::Colon;
        if self.depth == 1 && self.key == Reads::Id {
            self.id.named()?;
        }
        Ok(Some(Mark::KeyEnd))
    }

    fn close(&mut self) {
        self.depth -= 1; // only called inside a container, so at least 1
        self.objects >>= 1;
        self.value_ended();
    }

    fn value_ended(&mut self) {
        self.state = if self.depth == 0 { State::Done } else { State::Next };
    }

    const fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}
