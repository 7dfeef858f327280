//! Globs over root-relative paths.

use std::{borrow::Cow, fmt, path::Path};

use globset::{GlobBuilder, GlobMatcher, GlobSet};
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

    /// The same glob beneath any directory: `**/` before it.
    ///
    /// # Errors
    ///
    /// As the glob itself; some become too long.
    pub fn anywhere(&self) -> Result<Self, Broken> {
        Self::try_from(format!("**/{}", self.as_str()))
    }

    /// Whether it matches the whole of `path`, which is relative and `/`-separated.
    #[must_use]
    pub fn is_match(&self, path: impl AsRef<Path>) -> bool {
        self.0.is_match(path)
    }
}

/// Several globs. Short ones are looked for at once, which costs little more than one.
#[derive(Clone, Debug)]
pub struct Globs {
    together: GlobSet,
    one_by_one: Vec<Glob>,
}

impl Globs {
    /// All of `globs`.
    #[must_use]
    pub fn of(globs: Vec<Glob>) -> Self {
        let is_long = |glob: &Glob| glob.as_str().len() > limits::search::GLOB_SHORT_BYTES_MAX;
        let (long, short): (Vec<_>, Vec<_>) = globs.into_iter().partition(is_long);
        match GlobSet::new(short.iter().map(|glob| glob.0.glob())) {
            Ok(together) => Self { together, one_by_one: long },
            Err(_) => Self { together: GlobSet::empty(), one_by_one: [short, long].concat() },
        }
    }

    /// Whether one of them matches the whole of `path`, which is relative and `/`-separated.
    #[must_use]
    pub fn is_match(&self, path: impl AsRef<Path>) -> bool {
        let path = path.as_ref();
        self.together.is_match(path) || self.one_by_one.iter().any(|glob| glob.is_match(path))
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn glob(raw: &str) -> Result<Glob, Code> {
        Glob::try_from(raw.to_owned()).map_err(|broken| broken.code)
    }

    #[track_caller]
    fn matches(raw: &str, path: &str) -> bool {
        glob(raw).expect("a glob").is_match(path)
    }

    #[test]
    fn a_star_stays_within_a_component_and_two_cross_them() {
        assert!(matches("*.md", "README.md"));
        assert!(!matches("*.md", "docs/README.md"));
        assert!(matches("**/*.md", "README.md"));
        assert!(matches("**/*.md", "docs/a/README.md"));
        assert!(matches("docs/{a,b}?.txt", "docs/b1.txt"));
        assert!(!matches("docs?x", "docs/x"));
        assert!(matches(r"\*.md", "*.md") && !matches(r"\*.md", "a.md"));
        assert!(matches("[a-c]*", "b") && !matches("*.MD", "a.md"));
        assert!(matches("**", "any/thing/.hidden"));
        let anywhere = glob("node_modules").expect("a glob").anywhere().expect("a glob");
        assert!(anywhere.is_match("node_modules") && anywhere.is_match("a/node_modules"));
        assert!(!anywhere.is_match("a/node_modules/b") && !anywhere.is_match("a/my_node_modules"));
    }

    #[test]
    fn several_globs_match_where_one_of_them_does() {
        let long = format!("{}*/long", "x".repeat(500));
        let all = ["*.md", "**/node_modules", "a/{b,c}/**", &long].map(|raw| glob(raw).expect("a glob"));
        let set = Globs::of(all.to_vec());
        let within = format!("{}/long", "x".repeat(501));
        for path in ["x.md", "x/y.md", "node_modules", "x/node_modules", "a/b", "a/c/d/e", "a/d/e", &within] {
            assert_eq!(set.is_match(path), all.iter().any(|one| one.is_match(path)), "{path}");
        }
        assert!(set.is_match(&within) && !Globs::of(Vec::new()).is_match("x"));
    }

    #[test]
    fn a_glob_that_does_not_compile_is_refused_without_being_quoted() {
        for raw in ["[", "{a", "a}", "[z-a]"] {
            let broken = Glob::try_from(raw.to_owned()).expect_err(raw);
            assert_eq!(broken.code, Code::BadGlob);
            assert!(broken.says.starts_with("must be a glob, such as"));
        }
        assert_eq!(glob(""), Err(Code::Empty));
        assert_eq!(glob("a\0"), Err(Code::NulByte));
        assert_eq!(glob(&"a".repeat(1_025)), Err(Code::TooLong));
    }

    #[test]
    fn no_glob_is_slow() {
        let begun = Instant::now();
        for raw in [
            "**/a".repeat(250),
            "*a".repeat(500),
            "{a,{b,c}}".repeat(110),
            "[a-z]*?".repeat(140),
            "{,a}".repeat(250),
        ] {
            if let Ok(glob) = glob(&raw) {
                let _ = glob.is_match("a/".repeat(2_000));
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    proptest! {
        #[test]
        fn a_proven_glob_stays_proven(raw in r"[a-c*?\[\]{},!/\\-]{0,20}") {
            if let Ok(proven) = glob(&raw) {
                prop_assert_eq!(proven.as_str(), &raw);
                prop_assert_eq!(glob(proven.as_str()), Ok(proven));
            }
        }
    }
}
