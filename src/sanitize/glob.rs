//! Globs over root-relative paths.

use std::{borrow::Cow, fmt, path::Path};

use globset::{GlobBuilder, GlobMatcher};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::text::{at_most, no_nul};
use crate::{
    limits,
    refusal::{Broken, Code},
};

/// A glob that compiles: `*` and `?` within one component, `**` across them,
/// `[…]`, `{a,b}`, and `\` before a character that stands for itself.
///
/// It is compiled to a finite automaton, so matching is linear in the path
/// whatever the glob. `*.md` matches at the top only, `**/*.md` everywhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Glob(GlobMatcher);

impl TryFrom<String> for Glob {
    type Error = Broken;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        at_most(limits::GLOB_BYTES_MAX, &raw)?;
        no_nul(&raw)?;
        if raw.is_empty() {
            return Err(Broken::new(Code::Empty, "must not be empty; `**` matches everything"));
        }
        GlobBuilder::new(&raw)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map(|glob| Self(glob.compile_matcher()))
            // globset's own words would quote the glob.
            .map_err(|_| {
                Broken::new(Code::BadGlob, "must be a glob, such as `*.md`, `**/*.rs` or `docs/{a,b}?.txt`")
            })
    }
}

impl Glob {
    /// The glob, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.glob().glob()
    }

    /// Whether it matches the whole of `path`, which is relative and `/`-separated.
    #[must_use]
    pub fn is_match(&self, path: impl AsRef<Path>) -> bool {
        self.0.is_match(path)
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Glob {}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl JsonSchema for Glob {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Glob".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": limits::GLOB_BYTES_MAX })
    }
}
