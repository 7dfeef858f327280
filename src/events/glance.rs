//! A look at one line, without a copy of it.
//!
//! It holds what an event is found and counted by, borrowed from the line. A
//! line that cannot be read as a [`Record`](super::reader::Record) cannot be
//! looked at either, and the other way about: both are the same fields.

use std::{borrow::Cow, fmt};

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

use super::record::{self, Fields, Unread};

/// One event as it was looked at.
#[derive(Clone, Debug)]
pub struct Glance<'a> {
    /// When.
    pub at: Timestamp,
    /// The line.
    pub raw: &'a str,
    /// Its fields.
    pub fields: Fields<Word<'a>, Unkept>,
}

impl<'a> Glance<'a> {
    /// Looks at one line.
    ///
    /// # Errors
    ///
    /// [`Unread::NotAnEvent`] or [`Unread::Newer`].
    pub fn parse(line: &'a [u8]) -> Result<Self, Unread> {
        let (at, raw, fields) = record::parse(line)?;
        Ok(Self { at, raw, fields })
    }
}

/// A text that stands in the line as it is, or had to be freed of its escapes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Word<'a>(Cow<'a, str>);

impl AsRef<str> for Word<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Word<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Word(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Borrow)
    }
}

/// An object that is read as strictly as if it were kept: what serde steps
/// over may hold numbers and escapes that nobody can read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Unkept;

impl<'de> Deserialize<'de> for Unkept {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Unkept;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unkept, A::Error> {
                while map.next_entry::<Word<'de>, Anything>()?.is_some() {}
                Ok(Unkept)
            }
        }
        from.deserialize_map(Object)
    }
}

struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Anything;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E>(self) -> Result<Anything, E> {
                Ok(Anything)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Anything, E> {
                Ok(Anything)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Anything, E> {
                Ok(Anything)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Anything, E> {
                Ok(Anything)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Anything, E> {
                Ok(Anything)
            }
            fn visit_str<E>(self, _: &str) -> Result<Anything, E> {
                Ok(Anything)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Anything, A::Error> {
                while seq.next_element::<Anything>()?.is_some() {}
                Ok(Anything)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Anything, A::Error> {
                while map.next_entry::<Word<'de>, Anything>()?.is_some() {}
                Ok(Anything)
            }
        }
        from.deserialize_any(Any)
    }
}
