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
                // Characters there, bytes here: the schema is the looser of the two. What no message
                // can exceed need not be said.
                if N < $crate::limits::MESSAGE_BYTES_MAX {
                    schema.insert("maxLength".to_owned(), N.into());
                }
                schema
            }
        }
    };
}
pub(super) use proven_text;

proven_text! {
    /// Free text of at most `N` bytes: prose, file contents, a search text. Any character is
    /// taken, NUL too: what a text looks like is nobody's business here.
    Text, anything, { "type": "string" }
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

/// Refuses nothing.
#[allow(clippy::unnecessary_wraps, reason = "the shape of a rule")]
fn anything(_: &str) -> Result<(), Broken> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sanitize::corpus::rows;

    fn code<T: TryFrom<String, Error = Broken>>(raw: &str) -> Option<Code> {
        T::try_from(raw.to_owned()).err().map(|broken| broken.code)
    }

    const BENIGN: &str = include_str!("../../tests/corpus/benign.txt");
    const COMMANDS: &str = include_str!("../../tests/corpus/commands.txt");
    const UNICODE: &str = include_str!("../../tests/corpus/unicode.txt");

    #[test]
    fn free_text_takes_every_benign_and_every_dangerous_looking_row_unchanged() {
        let mut seen = 0;
        let unicode =
            ["keep", "flag", "strip", "escape"].into_iter().flat_map(|expect| rows(UNICODE, expect));
        for (_, row) in rows(BENIGN, "allow").chain(rows(COMMANDS, "inert")).chain(unicode) {
            let text = Text::<1_048_576>::try_from(row.clone()).expect(&row);
            assert_eq!((text.as_str(), text.to_string()), (row.as_str(), row.clone()));
            seen += 1;
        }
        assert!(seen > 400, "{seen}");
    }

    #[test]
    fn free_text_refuses_too_many_bytes_only() {
        assert_eq!(code::<Text<4>>("a\0"), None);
        assert_eq!(code::<Text<4>>("éé"), None);
        assert_eq!(code::<Text<4>>("ééx"), Some(Code::TooLong));
        assert_eq!(code::<Text<4>>(""), None);
    }

    #[test]
    fn a_line_shows_all_it_holds() {
        assert_eq!(code::<Line<9>>("a\nb"), Some(Code::LineBreak));
        assert_eq!(code::<Line<9>>("a\u{2028}b"), Some(Code::LineBreak));
        assert_eq!(code::<Line<9>>("a\tb"), Some(Code::HiddenCharacter));
        assert_eq!(code::<Line<9>>("a\u{1b}b"), Some(Code::HiddenCharacter));
        assert_eq!(code::<Line<9>>("a\0"), Some(Code::NulByte));
        for (class, row) in rows(UNICODE, "strip") {
            if class != "noncharacter_private" {
                assert_eq!(
                    code::<Line<10_000>>(&row),
                    Some(Code::HiddenCharacter),
                    "{}",
                    row.escape_unicode()
                );
            }
        }
        for (_, row) in rows(UNICODE, "keep").filter(|(_, row)| !row.contains(char::is_control)) {
            assert_eq!(code::<Line<10_000>>(&row), None, "{row}");
        }
    }

    proptest! {
        #[test]
        fn a_proven_text_is_what_came_and_stays_proven(raw in any::<String>()) {
            for again in [
                Text::<50>::try_from(raw.clone()).map(Text::into_string),
                Line::<50>::try_from(raw.clone()).map(Line::into_string),
                Name::<50>::try_from(raw.clone()).map(Name::into_string),
            ].into_iter().flatten() {
                prop_assert_eq!(&again, &raw);
            }
        }

        #[test]
        fn each_type_takes_no_more_than_the_freer_one(raw in r"[ -~\u{a0}-\u{2ff}\u{600}-\u{6ff}\u{200b}-\u{202f}\u{fe0f}\n\x00]{0,20}") {
            let taken = (code::<Name<99>>(&raw).is_none(), code::<Line<99>>(&raw).is_none(), code::<Text<99>>(&raw).is_none());
            prop_assert!(taken.0 <= taken.1 && taken.1 <= taken.2);
        }
    }
}
