//! Paths that a client may name.
//!
//! A [`FilePath`] is bounded, free of NUL and of a `..` that leaves. That is
//! all it proves. It is not decoded, expanded or normalised: `%2e`, `~` and
//! `$HOME` are ordinary characters of a name, and bytes are bytes. Which root
//! it means and where its links lead, only the sandbox finds out, while
//! opening, so there is no gap between the check and the use.
//!
//! Names on disk are bytes and need not be text. [`show`] spells any name, and
//! [`parse_raw`] reads that spelling back.

use std::{borrow::Cow, fmt, fmt::Write};

use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::{
    text::{at_most, no_nul},
    unicode,
};
use crate::{
    limits,
    refusal::{Broken, Code},
};

/// A path as a client gave it: relative to a root, `root:/path`, or absolute.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(try_from = "String")]
pub struct FilePath(String);

impl TryFrom<String> for FilePath {
    type Error = Broken;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        no_nul(&raw)?;
        if raw.trim().is_empty() {
            return Err(Broken::new(Code::Empty, "must not be empty; `.` is the root itself"));
        }
        lexical(&raw)?;
        Ok(Self(raw))
    }
}

impl FilePath {
    /// The path, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins at the top of the file system.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        self.0.starts_with('/')
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for FilePath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "FilePath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // bounds that no honest path meets are not worth what every client pays for them in tokens
        json_schema!({ "type": "string" })
    }
}

/// The components of `path` with `.` and empty ones dropped and `..` taken
/// back, by its text alone: `a/./b//../c` is `a`, `c`. A leading `/` says
/// nothing here: hand in what is left once the root is known.
///
/// # Errors
///
/// [`Code::PathLeavesRoot`] for a `..` with nothing before it to take back, and [`Code::TooLong`] or
/// [`Code::PathTooDeep`] beyond [`limits::PATH_BYTES_MAX`], [`limits::COMPONENT_BYTES_MAX`] and
/// [`limits::PATH_DEPTH_MAX`].
pub fn lexical(path: &str) -> Result<Vec<&str>, Broken> {
    at_most(limits::PATH_BYTES_MAX, path)?;
    let mut components = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                if components.pop().is_none() {
                    return Err(Broken::new(
                        Code::PathLeavesRoot,
                        "must stay inside its root: a `..` in it leads out",
                    ));
                }
            }
            name => {
                let bytes = parse_raw(name).map_or(name.len(), |raw| raw.len());
                if bytes > limits::COMPONENT_BYTES_MAX {
                    let max = limits::COMPONENT_BYTES_MAX;
                    let says = format!("must have at most {max} bytes between two `/`");
                    return Err(Broken::new(Code::TooLong, says));
                }
                if components.len() == limits::PATH_DEPTH_MAX {
                    let says = format!("must be at most {} names deep", limits::PATH_DEPTH_MAX);
                    return Err(Broken::new(Code::PathTooDeep, says));
                }
                components.push(name);
            }
        }
    }
    Ok(components)
}

/// Before a name whose controls, hidden characters, `%` and bytes that are no text are spelled `%XX`.
const RAW: &str = "raw:";

/// How one name (a component, not a path) is shown: as it is if it is UTF-8 without control
/// characters and without any that hides something, else spelled under `raw:`.
///
/// ```
/// use mcp_server::sanitize::path::show;
///
/// assert_eq!(show("100% señor.txt".as_bytes()), "100% señor.txt");
/// assert_eq!(show(b"100%\xff.txt"), "raw:100%25%FF.txt");
/// ```
#[must_use]
pub fn show(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        // A name that looks spelled is spelled, or it would be read back as another one.
        Ok(text)
            if unicode::hidden(text).next().is_none()
                && !text.contains(char::REPLACEMENT_CHARACTER) // content never has one: `unicode::hidden_in_content`
                && !text.starts_with(RAW) =>
        {
            text.to_owned()
        }
        _ => spell(name),
    }
}

fn spell(name: &[u8]) -> String {
    let mut out = RAW.to_owned();
    let escape = |out: &mut String, bytes: &[u8]| {
        for byte in bytes {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    };
    for chunk in name.utf8_chunks() {
        let mut hidden = unicode::hidden(chunk.valid()).map(|(at, ..)| at).peekable();
        for (at, char) in chunk.valid().char_indices() {
            if hidden.next_if_eq(&at).is_some() || matches!(char, '%' | char::REPLACEMENT_CHARACTER) {
                escape(&mut out, char.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(char);
            }
        }
        escape(&mut out, chunk.invalid());
    }
    out
}

/// The bytes of a name that [`show`] spelled under `raw:`.
///
/// `None` for every other text, which is then an ordinary name: also for a spelling that [`show`]
/// would not choose. So nothing has two spellings, and `raw:%2E%2E` is not `..`.
#[must_use]
pub fn parse_raw(text: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = percent_decode_str(text.strip_prefix(RAW)?).collect();
    let is_name = !bytes.iter().any(|byte| matches!(byte, 0 | b'/'));
    (is_name && show(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sanitize::corpus::rows;

    const PATHS: &str = include_str!("../../tests/corpus/paths.txt");

    fn code(raw: &str) -> Option<Code> {
        FilePath::try_from(raw.to_owned()).err().map(|broken| broken.code)
    }

    fn joined(path: &str) -> Result<String, Code> {
        lexical(path).map(|components| components.join("/")).map_err(|broken| broken.code)
    }

    #[test]
    fn a_path_is_taken_as_it_came() {
        for raw in [
            "file.txt",
            "./a//b/",
            "/absolute",
            "docs:/a",
            "~/x",
            "%2e%2e/x",
            "..;/x",
            "$HOME",
            "a\nb",
            "..\u{2044}x",
            " x ",
        ] {
            assert_eq!(FilePath::try_from(raw.to_owned()).expect(raw).as_str(), raw);
        }
        assert!(FilePath::try_from("/a".to_owned()).expect("a path").is_absolute());
    }

    #[test]
    fn dots_are_settled_by_the_text_alone() {
        assert_eq!(joined("a/./b//../c/"), Ok("a/c".to_owned()));
        assert_eq!(joined("sub/../file.txt"), Ok("file.txt".to_owned()));
        assert_eq!(joined("."), Ok(String::new()));
        assert_eq!(joined("v1..v2.diff"), Ok("v1..v2.diff".to_owned()));
        for leaves in ["..", "a/../..", "a/../../b", "/..", ".././x", "..//x", "a/../a/../../a"] {
            assert_eq!(joined(leaves), Err(Code::PathLeavesRoot), "{leaves}");
        }
    }

    #[test]
    fn the_rows_of_the_corpus_that_text_decides_are_decided_here() {
        for (class, raw) in rows(PATHS, "deny") {
            let is_ours = matches!(class, "dotdot" | "nul" | "too_long" | "empty" | "archive_member");
            // What begins at a root, or means something elsewhere, is for the sandbox.
            if is_ours && !raw.contains("{ROOT}") && !raw.starts_with("C:") {
                assert!(code(&raw).is_some(), "{class} {raw:?}");
            }
        }
        let inside = |raw: &str| raw.strip_prefix("{ROOT}").map(str::to_owned);
        for (class, rest) in rows(PATHS, "deny").filter_map(|(class, raw)| Some((class, inside(&raw)?))) {
            // `{ROOT}-evil` is another directory, and none of this root's names.
            if class == "dotdot" && rest.starts_with('/') {
                assert_eq!(joined(&rest), Err(Code::PathLeavesRoot), "{rest}");
            }
        }
        for (_, raw) in rows(PATHS, "allow") {
            assert_eq!(code(&raw), None, "{raw}");
        }
    }

    #[test]
    fn bounds_are_named() {
        assert_eq!(code(&"a".repeat(256)), Some(Code::TooLong));
        assert_eq!(code(&"a".repeat(255)), None);
        assert_eq!(code(&"a/".repeat(256)), None);
        assert_eq!(code(&"a/".repeat(257)), Some(Code::PathTooDeep));
        assert_eq!(code(&"/".repeat(4_097)), Some(Code::TooLong));
        assert_eq!(code(&show(&[0xff; 255])), None);
        assert_eq!(code(&show(&[0xff; 256])), Some(Code::TooLong));
    }

    #[test]
    fn odd_names_have_one_spelling() {
        assert_eq!(show(b"a\nb"), "raw:a%0Ab");
        assert_eq!(show("\u{85}".as_bytes()), "raw:%C2%85");
        assert_eq!(show(b"raw:x"), "raw:raw:x");
        assert_eq!(parse_raw("raw:raw:x"), Some(b"raw:x".to_vec()));
        for not in [
            "100%25.txt",
            "raw:x",
            "raw:%2E%2E",
            "raw:%2e%2e",
            "raw:..",
            "raw:",
            "raw:%",
            "raw:%zz",
            "raw:%ff",
            "raw:%2F",
            "raw:%FF%2F",
            "raw:%FF%00",
        ] {
            assert_eq!(parse_raw(not), None, "{not}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_read_back_from_what_is_shown(name in prop::collection::vec(prop_oneof![Just(b'%'), Just(b'r'), any::<u8>()], 1..20)) {
            prop_assume!(!name.contains(&0) && !name.contains(&b'/'));
            let shown = show(&name);
            prop_assert!(!shown.contains(char::is_control) && !shown.contains('/'));
            prop_assert_eq!(parse_raw(&shown).unwrap_or(shown.into_bytes()), name);
        }

        #[test]
        fn what_is_lexical_stays_so_and_never_climbs(raw in r"[a.b/%:~]{0,30}") {
            if let Ok(once) = joined(&raw) {
                prop_assert!(once.split('/').all(|component| component != ".." && component != "."));
                prop_assert_eq!(joined(&once), Ok(once.clone()));
            }
        }

        #[test]
        fn no_text_makes_it_panic(raw in any::<String>()) {
            if code(&raw).is_none() {
                prop_assert!(lexical(&raw).is_ok() && !raw.contains('\0') && raw.len() <= 4_096);
            }
            let _ = parse_raw(&format!("raw:{raw}"));
        }
    }
}
