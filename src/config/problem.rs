//! What is wrong with a configuration, where, and what to do about it.
//!
//! [`Problems`] holds all of them at once. Whoever reads a problem can act on
//! it: it names the key, where the value came from and, for a file, shows the
//! line. Values that may be secrets are not shown.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use unicode_width::UnicodeWidthStr;

use crate::sanitize::unicode;

/// Columns of a source line that are shown.
const SHOWN_COLUMNS_MAX: usize = 120;

/// Where a value came from, from weakest to strongest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Origin {
    /// Built in.
    #[default]
    Default,
    /// The program that was built on this library.
    Program,
    /// The configuration file; `-` when it came on stdin.
    File {
        /// Which.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A variable, or several that make one value.
    Env(String),
    /// A flag, with its dashes.
    Flag(&'static str),
}

impl Origin {
    /// As people read it, with `~` for `home`.
    #[must_use]
    pub fn show(&self, home: Option<&Path>) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::Program => "the program's own default".to_owned(),
            Self::File { path, line } => format!("{}:{line}", tilde(path, home)),
            Self::Env(name) => format!("environment `{name}`"),
            Self::Flag(flag) => format!("flag `{flag}`"),
        }
    }
}

/// `path` with `~` for `home`, and with nothing in it that could move a cursor.
#[must_use]
pub fn tilde(path: &Path, home: Option<&Path>) -> String {
    let short = home
        .filter(|home| home.parent().is_some())
        .and_then(|home| path.strip_prefix(home).ok())
        .map_or_else(|| path.to_path_buf(), |rest| Path::new("~").join(rest));
    visible(&short.to_string_lossy())
}

/// What could move a cursor, hide or reorder stands as `\u{..}`; a tab is one space, so that
/// carets stand where they should.
pub(crate) fn visible(text: &str) -> String {
    unicode::show(&text.replace('\t', " "), usize::MAX)
}

/// A place in a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mark {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What stands there, secrets left out.
    source: String,
    /// Terminal columns before the carets, and how many carets.
    carets: (usize, usize),
}

impl Mark {
    /// The place of `span` in `text`, bytes counted from 0. A span that lies
    /// outside is the end of the text.
    pub(crate) fn new(text: &str, span: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let (before, after) = text.split_at_checked(start).unwrap_or((text, ""));
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let head = before.get(line_start..).unwrap_or_default();
        let tail = after.split(['\n', '\r']).next().unwrap_or_default();
        let marked = text.floor_char_boundary(span.end.max(start)).saturating_sub(start);
        let marked = tail.get(..marked).unwrap_or(tail);
        let secret = is_secret(head, tail);
        let (source, width) = if let Some(kept) = secret {
            let shown = format!("{head}{tail}");
            let cut = shown.get(..kept).unwrap_or_default().trim_end();
            (format!("{} = …", visible(cut)), if head.len() >= kept { 1 } else { visible(marked).width() })
        } else {
            (visible(&format!("{head}{tail}")), visible(marked).width())
        };
        let indent = match secret {
            Some(kept) if head.len() >= kept => source.width().saturating_sub(1),
            _ => visible(head).width(),
        };
        Self {
            line: before.matches('\n').count() + 1,
            column: head.chars().count() + 1,
            source,
            carets: (indent, width.max(1)),
        }
    }
}

/// Where the value begins, if the line's key says that it is, or should not be, a secret.
fn is_secret(head: &str, tail: &str) -> Option<usize> {
    let line = format!("{head}{tail}");
    let (key, _) = line.split_once('=')?;
    let word = key.to_ascii_lowercase();
    let secret =
        ["sha256", "key", "token", "secret", "password", "bearer"].iter().any(|hint| word.contains(hint));
    let limit = word.trim() == "key" || word.trim() == "limits.key";
    ((secret && !limit) || line.contains("mcps_")).then_some(key.len())
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Problem {
    /// The key, such as `http.listen`.
    pub key: Option<String>,
    /// Where the value came from. `None` when it is about no single value.
    pub origin: Option<Origin>,
    /// Where in the file.
    pub mark: Option<Mark>,
    /// A whole sentence, or the end of one that begins with the origin.
    pub says: String,
    /// More about it.
    pub facts: Vec<String>,
    /// What to do.
    pub hints: Vec<String>,
}

impl Problem {
    /// A problem in a whole sentence.
    pub(crate) fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), ..Self::default() }
    }

    /// A problem with the value of `key`.
    pub(crate) fn of(key: impl Into<String>, origin: Origin, says: impl Into<String>) -> Self {
        Self { key: Some(key.into()), origin: Some(origin), says: says.into(), ..Self::default() }
    }

    pub(crate) fn at(mut self, mark: Option<Mark>) -> Self {
        self.mark = mark;
        self
    }

    pub(crate) fn fact(mut self, fact: impl Into<String>) -> Self {
        self.facts.push(fact.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// In one sentence.
    #[must_use]
    pub fn sentence(&self, home: Option<&Path>) -> String {
        match &self.origin {
            None => self.says.clone(),
            Some(Origin::Default) => {
                format!("the default of `{}` {}", self.key.as_deref().unwrap_or_default(), self.says)
            }
            Some(origin) => format!("{} {}", origin.show(home), self.says),
        }
    }
}

/// Everything that is wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Problems {
    /// One by one.
    pub list: Vec<Problem>,
    /// Shown as `~`.
    pub home: Option<PathBuf>,
}

impl Problems {
    /// What it comes to, in one line.
    #[must_use]
    pub fn headline(&self) -> String {
        let count = match self.list.len() {
            1 => "1 problem".to_owned(),
            many => format!("{many} problems"),
        };
        match self.list.as_slice() {
            [only] if only.mark.is_none() => only.sentence(self.home.as_deref()),
            [first, rest @ ..]
                if first.mark.is_some() && rest.iter().all(|problem| problem.mark.is_some()) =>
            {
                format!("{} has {count}", self.file(first))
            }
            _ => format!("the configuration has {count}"),
        }
    }

    /// The problems one under the other, each line without indentation by two.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let home = self.home.as_deref();
        if let [only] = self.list.as_slice()
            && only.mark.is_none()
        {
            return facts(only);
        }
        let gutter = self
            .list
            .iter()
            .filter_map(|problem| problem.mark.as_ref())
            .map(|mark| mark.line.to_string().len())
            .max()
            .unwrap_or(1);
        // Where problems of the file stand beside others, each names it.
        let is_file_named = self.list.iter().any(|problem| problem.mark.is_none());
        let mut lines = Vec::new();
        for problem in &self.list {
            if let Some(mark) = &problem.mark {
                let file = if is_file_named { format!("{}, ", self.file(problem)) } else { String::new() };
                lines.push(format!("--> {file}line {}, column {}", mark.line, mark.column));
                lines.extend(drawn(mark, &problem.says, gutter));
                lines.extend(problem.facts.iter().map(|fact| format!("{:gutter$}   {fact}", "")));
            } else {
                lines.push(problem.sentence(home));
                lines.extend(facts(problem).into_iter().map(|fact| format!("  {fact}")));
            }
        }
        lines
    }

    /// What to do, without repetition.
    #[must_use]
    pub fn hints(&self) -> Vec<&str> {
        let mut hints: Vec<&str> = Vec::new();
        for hint in self.list.iter().flat_map(|problem| &problem.hints) {
            if !hints.contains(&hint.as_str()) {
                hints.push(hint);
            }
        }
        hints
    }

    fn file(&self, problem: &Problem) -> String {
        match &problem.origin {
            Some(Origin::File { path, .. }) if path.as_os_str() == "-" => {
                "the configuration on stdin".to_owned()
            }
            Some(Origin::File { path, .. }) => tilde(path, self.home.as_deref()),
            _ => "the configuration".to_owned(),
        }
    }
}

/// What is known of a problem, beginning with its key where the origin does not tell.
fn facts(problem: &Problem) -> Vec<String> {
    let tells_its_key = |key: &str| match &problem.origin {
        Some(Origin::Env(name)) => super::env::name_of(key) == *name,
        Some(Origin::Flag(_)) => false,
        _ => true,
    };
    let key = problem.key.as_deref().filter(|key| !tells_its_key(key));
    let key = key.map(|key| format!("it sets `{key}`"));
    key.into_iter().chain(problem.facts.iter().cloned()).collect()
}

fn drawn(mark: &Mark, says: &str, gutter: usize) -> [String; 3] {
    let (indent, width) = mark.carets;
    let blank = format!("{:gutter$} |", "");
    if mark.source.width() > SHOWN_COLUMNS_MAX {
        return [blank.clone(), format!("{:>gutter$} | (a long line)", mark.line), format!("{blank} {says}")];
    }
    [
        blank.clone(),
        format!("{:>gutter$} | {}", mark.line, mark.source),
        format!("{blank} {:indent$}{} {says}", "", "^".repeat(width)),
    ]
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.headline())?;
        for line in self.lines() {
            write!(f, "\n  {line}")?;
        }
        let hints = self.hints();
        if !hints.is_empty() {
            f.write_str("\n")?;
        }
        for hint in hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_file(text: &str, marked: &str, says: &str) -> Problem {
        let start = text.find(marked).unwrap();
        let mark = Mark::new(text, &(start..start + marked.len()));
        let origin = Origin::File { path: "/home/ana/c.toml".into(), line: mark.line };
        Problem::of("k", origin, says).at(Some(mark))
    }

    #[test]
    fn problems_of_a_file_are_drawn_beneath_their_lines() {
        let text = "[http]\nlistn = \"127.0.0.1:9000\"\n";
        let problems = Problems {
            list: vec![
                in_file(text, "listn", "unknown key in `[http]`; did you mean `listen`?").hint("look"),
            ],
            home: Some("/home/ana".into()),
        };
        let expected = "error: ~/c.toml has 1 problem\n  --> line 2, column 1\n    |\n  2 | listn = \"127.0.0.1:9000\"\n    | ^^^^^ unknown key in `[http]`; did you mean `listen`?\n\nhint: look";
        assert_eq!(problems.to_string(), expected);
    }

    #[test]
    fn a_secret_is_never_drawn() {
        for text in [
            "sha256 = \"hunter2\"",
            "api_key = \"hunter2\"",
            "x = \"mcps_hunter2\"",
            "keys.a.token = \"hunter2\"",
        ] {
            let problem = in_file(text, "hunter2", "is wrong");
            let shown = Problems { list: vec![problem], home: None }.to_string();
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn nothing_in_a_file_can_move_the_cursor() {
        let text = "a\u{1b}[2J\u{202e} = 1";
        let shown = Problems { list: vec![in_file(text, "1", "is wrong")], home: None }.to_string();
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
    }

    proptest::proptest! {
        #[test]
        fn any_span_of_any_text_has_a_place(text in "\\PC{0,40}(\n|\r\n|\t)?\\PC{0,20}", start in 0usize..80, length in 0usize..80) {
            let mark = Mark::new(&text, &(start..start + length));
            assert!(mark.line >= 1 && mark.column >= 1);
        }
    }
}
