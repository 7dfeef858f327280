//! The gate: what a message must be before anything else reads it.
//!
//! [`check`] proves that a message is one JSON object (RFC 8259), bounded in
//! size and depth, in UTF-8, without a key that occurs twice in one object,
//! and that its top-level `id`, if there is one, is a short string or an
//! integer as written. It says nothing about what the message means: whether
//! it is JSON-RPC is for `protocol`, and whether a number fits a type is for
//! the type.
//!
//! It is written by hand because no kept crate does this: `serde_json` and its
//! peers take the last of two equal keys in silence (also when one of them is
//! spelled with escapes), turn `1.0` and `1e2` into integers on the way to a
//! typed id, and forget the id of a message they refuse, so that its sender
//! would wait for ever. The scanner in [`scan`] keeps one bit a level instead
//! of recursing, so no message reaches the end of a stack, and looks at each
//! byte once.

mod id;
mod keys;
mod scan;
mod string;

use std::fmt;

use serde::Serialize;

use crate::{limits, refusal::Code};
use keys::Keys;
use scan::{Mark, Scanner};

/// The id of a request: a string of at most [`limits::ID_BYTES_MAX`] bytes, or
/// an integer as written.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MessageId {
    /// A string, decoded.
    Text(String),
    /// An integer.
    Number(i64),
}

/// Which error of JSON-RPC 2.0 (section 5.1) a fault is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// Not JSON, or not in UTF-8.
    ParseError,
    /// JSON, but no request that we take.
    InvalidRequest,
}

impl FaultKind {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::ParseError => -32_700,
            Self::InvalidRequest => -32_600,
        }
    }
}

/// Why a message was turned away, and whose answer that is.
///
/// `id` is there when exactly one legal top-level id was read before the
/// fault, so that the sender does not wait for ever. Nothing else of the
/// message is kept.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.says())]
pub struct MessageFault {
    /// Why, for machines.
    pub code: Code,
    /// Which error of JSON-RPC.
    pub kind: FaultKind,
    /// The id to answer with.
    pub id: Option<MessageId>,
}

impl MessageFault {
    /// A fault of a message whose id is `id`.
    #[must_use]
    pub const fn new(code: Code, id: Option<MessageId>) -> Self {
        let kind = match code {
            Code::NotJson | Code::NotUtf8 => FaultKind::ParseError,
            _ => FaultKind::InvalidRequest,
        };
        Self { code, kind, id }
    }

    /// A message that was given up after [`limits::MESSAGE_BYTES_MAX`] bytes; `id` is what
    /// [`IdSeeker`] found in it.
    #[must_use]
    pub const fn too_large(id: Option<MessageId>) -> Self {
        Self::new(Code::MessageTooLarge, id)
    }

    /// Fixed words: nothing of the message is echoed.
    #[must_use]
    pub const fn says(&self) -> &'static str {
        match self.code {
            Code::MessageTooLarge => "the message is larger than 1 MiB; send less at once",
            Code::MessageTooDeep => "the message is nested deeper than 64 levels",
            Code::NotJson => "the message is not JSON",
            Code::NotUtf8 => "the message is not UTF-8",
            Code::DuplicateKey => "an object in the message has the same key twice",
            Code::Batch => "batches are not part of the protocol; send one message at a time",
            Code::BadId => "the id must be a string of at most 256 bytes or a 64-bit integer",
            _ => "the message must be one JSON object",
        }
    }
}

/// Reads `message` once, in time linear in its length, and says whether the
/// rest of the server may see it.
///
/// A byte order mark is refused: the stdio door takes it off the very first
/// message, and HTTP has no use for one.
///
/// # Errors
///
/// The first fault: [`Code::MessageTooLarge`], [`Code::NotUtf8`], [`Code::NotJson`],
/// [`Code::MessageTooDeep`], [`Code::DuplicateKey`], [`Code::Batch`], [`Code::BadId`], or
/// [`Code::BadMessage`] for JSON that is no object.
pub fn check(message: &[u8]) -> Result<(), MessageFault> {
    if message.len() > limits::MESSAGE_BYTES_MAX {
        let mut seeker = IdSeeker::default();
        seeker.feed(message);
        return Err(MessageFault::too_large(seeker.finish()));
    }
    let (text, utf8) = match std::str::from_utf8(message) {
        Ok(_) => (message, Ok(())),
        Err(error) => (message.get(..error.valid_up_to()).unwrap_or_default(), Err(Code::NotUtf8)),
    };
    let mut scanner = Scanner::default();
    let mut keys = Keys::new(text);
    let read = scanner
        .run(text, |at, mark, depth| match mark {
            Mark::Object => {
                keys.open(depth);
                Ok(())
            }
            Mark::KeyStart => {
                keys.start(at);
                Ok(())
            }
            Mark::KeyEnd => keys.end(at, depth),
        })
        .and(utf8)
        .and_then(|()| scanner.end());
    read.map_err(|code| MessageFault::new(scanner.judge(code), scanner.into_id()))
}

/// Finds the id of a message that is too large to keep, in constant memory,
/// while its bytes pass by.
///
/// It gives an id only if the message has exactly one legal top-level id
/// before its first fault. Faults that need memory to see (equal keys) or do
/// not matter to an id (UTF-8 outside of it) are not looked for: the message
/// is refused in any case.
#[derive(Debug, Default)]
pub struct IdSeeker {
    scanner: Scanner,
    is_over: bool,
}

impl IdSeeker {
    /// Takes the next bytes, split anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        if !self.is_over {
            self.is_over = self.scanner.run(bytes, |_, _, _| Ok(())).is_err();
        }
    }

    /// The id, once the message has ended.
    #[must_use]
    pub fn finish(mut self) -> Option<MessageId> {
        if !self.is_over {
            // Only to close a number that ends with the input; a message that
            // was cut off keeps the id it has shown.
            let _ = self.scanner.end();
        }
        self.scanner.into_id()
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&super::unicode::show(text, limits::ID_BYTES_MAX)),
            Self::Number(number) => number.fmt(f),
        }
    }
}
