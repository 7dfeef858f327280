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

use super::text::{at_most, no_nul};
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
        json_schema!({ "type": "string", "minLength": 1, "maxLength": limits::PATH_BYTES_MAX })
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

/// Before a name whose controls, `%` and bytes that are no text are spelled `%XX`.
const RAW: &str = "raw:";

/// How one name (a component, not a path) is shown: as it is if it is UTF-8 without control
/// characters, else spelled under `raw:`.
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
        Ok(text) if !text.contains(char::is_control) && !text.starts_with(RAW) => text.to_owned(),
        _ => spell(name),
    }
}

fn spell(name: &[u8]) -> String {
    let mut out = RAW.to_owned();
    let mut escape = |out: &mut String, bytes: &[u8]| {
        for byte in bytes {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    };
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char == '%' || char.is_control() {
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
