//! What the contents of files are searched for.

use std::fmt;

use grep_regex::{ErrorKind, RegexMatcher, RegexMatcherBuilder};

use super::text::{at_most, no_nul};
use crate::{
    limits,
    refusal::{Broken, Code},
};

/// How the text of a pattern is meant.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Syntax {
    /// Every character stands for itself.
    #[default]
    Literal,
    /// A regular expression in the syntax of Rust's `regex`.
    Regex,
}

/// Whether `a` is `A`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Case {
    /// It is not.
    #[default]
    Sensitive,
    /// It is.
    Ignored,
}

/// A pattern that compiles, and matches within one line.
///
/// It is compiled to a finite automaton of bounded size, so matching is linear
/// in the line whatever the pattern. `^` and `$` are the ends of a line, which
/// may end with a carriage return and a line feed.
#[derive(Clone)]
pub struct Pattern(RegexMatcher);

impl Pattern {
    /// Compiles `query`. That takes milliseconds at most, but for a hostile one tens of them.
    ///
    /// # Errors
    ///
    /// [`Code::TooLong`], [`Code::Empty`], [`Code::NulByte`], [`Code::LineBreak`], or [`Code::BadPattern`] for what
    /// does not compile or would be too large. None of them quotes the pattern.
    pub fn compile(query: &str, syntax: Syntax, case: Case) -> Result<Self, Broken> {
        at_most(limits::search::QUERY_BYTES_MAX, query)?;
        no_nul(query)?;
        if query.is_empty() {
            return Err(Broken::new(Code::Empty, "must not be empty; `search_files` finds files by name"));
        }
        if query.contains('\n') {
            return Err(line_break());
        }
        let mut builder = RegexMatcherBuilder::new();
        builder
            .multi_line(true)
            .case_insensitive(case == Case::Ignored)
            .fixed_strings(syntax == Syntax::Literal)
            .size_limit(limits::search::PATTERN_COMPILED_BYTES_MAX)
            .dfa_size_limit(limits::search::PATTERN_CACHE_BYTES_MAX)
            .nest_limit(limits::search::PATTERN_DEPTH_MAX);
        match syntax {
            Syntax::Literal => builder.line_terminator(Some(b'\n')),
            Syntax::Regex => builder.crlf(true),
        };
        builder.build(query).map(Self).map_err(|error| broken(error.kind()))
    }

    /// What finds it.
    #[must_use]
    pub const fn matcher(&self) -> &RegexMatcher {
        &self.0
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pattern")
    }
}

fn line_break() -> Broken {
    Broken::new(
        Code::LineBreak,
        "must match within one line; search for one of the lines, with `contextLines` for those around it",
    )
}

fn broken(kind: &ErrorKind) -> Broken {
    let says = match kind {
        ErrorKind::NotAllowed(_) => return line_break(),
        ErrorKind::Regex(words) if words.contains("size limit") => format!(
            "compiles to more than {} KiB; shorten its repetitions, or write `[0-9A-Za-z_]` rather than `\\w`",
            limits::search::PATTERN_COMPILED_BYTES_MAX >> 10
        ),
        ErrorKind::Regex(words) => {
            // the words show the pattern first, and in the end say what is wrong with it
            let reason = words.lines().last().and_then(|line| line.strip_prefix("error: "));
            let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
            format!(
                "must be a regular expression{reason}; look-around and backreferences are not supported, and without `isRegex` it is searched for as it is"
            )
        }
        _ => "must be a regular expression".to_owned(),
    };
    Broken::new(Code::BadPattern, says)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use grep_matcher::Matcher as _;
    use proptest::prelude::*;

    use super::*;
    use crate::sanitize::corpus::rows;

    const COMMANDS: &str = include_str!("../../tests/corpus/commands.txt");

    fn code(query: &str) -> Option<Code> {
        Pattern::compile(query, Syntax::Regex, Case::Sensitive).err().map(|broken| broken.code)
    }

    fn finds(query: &str, syntax: Syntax, case: Case, line: &str) -> bool {
        let pattern = Pattern::compile(query, syntax, case).expect(query);
        pattern.matcher().is_match(line.as_bytes()).expect("it cannot fail")
    }

    #[test]
    fn a_literal_stands_for_itself_and_an_expression_for_what_it_says() {
        assert!(
            finds("a.c", Syntax::Literal, Case::Sensitive, "a.c")
                && !finds("a.c", Syntax::Literal, Case::Sensitive, "abc")
        );
        assert!(
            finds("a.c", Syntax::Regex, Case::Sensitive, "abc")
                && !finds("a.c", Syntax::Regex, Case::Sensitive, "ABC")
        );
        assert!(finds("É.x", Syntax::Literal, Case::Ignored, "é.X"));
        assert!(finds(r"^\w+$", Syntax::Regex, Case::Ignored, "один\r\n"));
        assert!(finds("a\r", Syntax::Literal, Case::Sensitive, "a\r\n"));
    }

    #[test]
    fn what_does_not_compile_is_refused_without_being_quoted() {
        for query in [
            "SECRET(",
            "SECRET[",
            "*SECRET",
            r"SECRET\",
            "(?=SECRET)",
            r"(SECRET)\1",
            r"\p{SECRET}",
            "(?P<SECRET",
            "SECRET{9,1}",
        ] {
            let broken = Pattern::compile(query, Syntax::Regex, Case::Sensitive).expect_err(query);
            assert_eq!(broken.code, Code::BadPattern, "{query}");
            assert!(!broken.says.contains("SECRET"), "{}", broken.says);
        }
        assert_eq!((code(""), code("a\0")), (Some(Code::Empty), Some(Code::NulByte)));
        for query in ["a\nb", r"a\nb", r"a\x0Ab", r"a\r\n"] {
            assert_eq!(code(query), Some(Code::LineBreak), "{query:?}");
        }
        assert_eq!(code(r"a\sb[^c]*"), None);
    }

    #[test]
    fn no_pattern_takes_long_to_be_compiled_or_refused() {
        let begun = Instant::now();
        for query in [
            "a".repeat(1 << 20),
            "(".repeat(4_000),
            "a|".repeat(2_000),
            "[a-z]".repeat(800),
            "(?i)k".repeat(800),
            r"\pL".repeat(1_300),
            "((a{1,100}){1,100}){1,100}".into(),
            r"\w{1000}".into(),
            r"(\pL|\d){1,500}".into(),
            "(a?){1000}a{1000}".into(),
            "x*".repeat(2_000),
        ] {
            let _ = code(&query);
            let _ = Pattern::compile(&query, Syntax::Literal, Case::Ignored);
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }

    #[test]
    fn commands_are_found_as_they_are() {
        let mut seen = 0;
        for (_, row) in
            rows(COMMANDS, "inert").filter(|(_, row)| !row.contains(['\n', '\0']) && !row.is_empty())
        {
            assert!(finds(&row, Syntax::Literal, Case::Sensitive, &format!("before {row} after")), "{row:?}");
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
    }

    proptest! {
        #[test]
        fn a_literal_is_found_where_it_is(query in "[^\n\0]{1,20}", before in "[^\n\0]{0,9}") {
            let line = before + &query;
            prop_assert!(finds(&query, Syntax::Literal, Case::Sensitive, &line));
            prop_assert!(finds(&query, Syntax::Literal, Case::Ignored, &line));
        }
    }
}
