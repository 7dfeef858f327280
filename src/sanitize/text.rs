//! Texts that a tool may take as they are.
//!
//! Four types, from free to strict: [`Text`], [`Line`], [`Name`], and `Glob`
//! beside them. Each refuses or keeps, and never alters: what comes out is
//! byte for byte what came in. None of them judges a text by what it looks
//! like it might do; where shell or markup syntax must not occur, the type is
//! [`Name`], in which it cannot be written.

use crate::{
    refusal::{Broken, Code},
    sanitize::unicode,
};

pub use super::name::Name;

/// Declares a proven text: one private field with one fallible constructor, through which serde goes too.
///
/// `$proof` is a `fn(&str) -> Result<(), Broken>`, `$schema` adds to what a client is told.
macro_rules! proven_text {
    ($(#[$doc:meta])* $name:ident, $proof:path, $schema:tt) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name<const N: usize>(String);

        impl<const N: usize> TryFrom<String> for $name<N> {
            type Error = $crate::refusal::Broken;

            fn try_from(raw: String) -> Result<Self, Self::Error> {
                $crate::sanitize::text::at_most(N, &raw)?;
                $proof(&raw)?;
                Ok(Self(raw))
            }
        }

        impl<const N: usize> $name<N> {
            /// The text, as it came.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, as it came.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl<const N: usize> std::fmt::Display for $name<N> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<const N: usize> schemars::JsonSchema for $name<N> {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                format!("{}{N}", stringify!($name)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = schemars::json_schema!($schema);
                // Characters there, bytes here: the schema is the looser of the two.
                schema.insert("maxLength".to_owned(), N.into());
                schema
            }
        }
    };
}
pub(super) use proven_text;

proven_text! {
    /// Free text of at most `N` bytes without NUL: prose, file contents, a search text.
    Text, no_nul, { "type": "string" }
}

proven_text! {
    /// One line of at most `N` bytes in which all can be seen: a title, a query.
    ///
    /// A tab is a control character too. Joiners, variation selectors and direction marks are
    /// taken where a language needs them ([`unicode::hidden`]).
    Line, one_line, { "type": "string" }
}

/// Refuses more than `max` bytes.
pub(super) fn at_most(max: usize, raw: &str) -> Result<(), Broken> {
    if raw.len() > max {
        return Err(Broken::new(Code::TooLong, format!("must be at most {max} bytes")));
    }
    Ok(())
}

/// Refuses NUL.
pub(super) fn no_nul(raw: &str) -> Result<(), Broken> {
    if raw.contains('\0') {
        return Err(Broken::new(Code::NulByte, "must not contain a NUL character"));
    }
    Ok(())
}

/// Refuses NUL, line breaks, and whatever else hides.
pub(super) fn one_line(raw: &str) -> Result<(), Broken> {
    no_nul(raw)?;
    if raw.contains(unicode::is_line_break) {
        return Err(Broken::new(Code::LineBreak, "must be one line"));
    }
    if unicode::hidden(raw).any(|(.., class)| class != unicode::Hidden::Unknown) {
        return Err(hidden_character());
    }
    Ok(())
}

pub(super) fn hidden_character() -> Broken {
    Broken::new(
        Code::HiddenCharacter,
        "must not contain control, invisible or direction-changing characters; send visible text only",
    )
}
