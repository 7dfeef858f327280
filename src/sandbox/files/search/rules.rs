//! What `.gitignore` and its kin leave out of a search.
//!
//! The rules of a directory and of those above it, up to the root, as git and
//! ripgrep have them: `.ignore`, `.gitignore`, and `.git/info/exclude`, in this
//! order of weight; in each the last rule that matches decides, and the nearest
//! directory before those above it. A repository within another one begins
//! anew. What lies above the root is not looked at, and neither is the
//! configuration of whoever runs the server.
//!
//! Rules are text that somebody else wrote, so there are only so many of them.

// `ignore` opens nothing here: it is given text
#![deny(clippy::disallowed_methods)]

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

use cap_std::fs::Dir;
use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use super::super::{Place, open::open_regular};
use crate::limits;

/// The rules that hold where a walk is.
#[derive(Default)]
pub(super) struct Rules {
    /// Those of each directory from the root on.
    levels: Vec<Option<Level>>,
    /// How many there are in all.
    count: usize,
    /// Files of rules of which some were not followed.
    unfollowed: usize,
    /// A path from the top of the root on: where the walk began, and what lies below.
    path: Vec<u8>,
    beginning: usize,
}

/// The rules of one directory.
struct Level {
    /// Bytes of a path from the top of the root to what lies in this directory.
    above: usize,
    ignore: Gitignore,
    git: Gitignore,
    exclude: Gitignore,
    /// What lies above is of another repository.
    is_repository: bool,
    count: usize,
}

impl Rules {
    /// Those that hold for what lies in `place`, but for its own.
    pub(super) fn above(place: &Place) -> Self {
        let mut rules = Self::default();
        let Some(top) = &place.root.dir else { return rules };
        for name in &place.inside {
            let above = rules.path.clone();
            rules.enter_at(top, Path::new(OsStr::from_bytes(&above)));
            push(&mut rules.path, name.as_bytes());
        }
        rules.beginning = rules.path.len();
        rules
    }

    /// Takes up the rules of the directory at `path` below the place.
    pub(super) fn enter(&mut self, base: &Dir, path: &Path) {
        self.path.truncate(self.beginning);
        if !path.as_os_str().is_empty() {
            push(&mut self.path, path.as_os_str().as_bytes());
        }
        self.enter_at(base, path);
    }

    /// Reads the rules in the directory at `dir` beneath `base`, which is at `self.path`.
    fn enter_at(&mut self, base: &Dir, dir: &Path) {
        let git = base.symlink_metadata(dir.join(".git")).ok();
        let before = self.count;
        let level = Level {
            above: if self.path.is_empty() { 0 } else { self.path.len() + 1 },
            ignore: self.read(base, &dir.join(".ignore")),
            git: self.read(base, &dir.join(".gitignore")),
            exclude: match &git {
                Some(facts) if facts.is_dir() => self.read(base, &dir.join(".git/info/exclude")),
                _ => Gitignore::empty(),
            },
            is_repository: git.is_some(),
            count: self.count - before,
        };
        let says_something = level.is_repository || level.count > 0;
        self.levels.push(says_something.then_some(level));
    }

    /// Lets go of the rules that were taken up last.
    pub(super) fn leave(&mut self) {
        if let Some(level) = self.levels.pop().flatten() {
            self.count -= level.count;
        }
    }

    /// Whether they leave out what is at `path` below the place.
    pub(super) fn ignore(&mut self, path: &Path, is_directory: bool) -> bool {
        if self.levels.iter().all(Option::is_none) {
            return false;
        }
        self.path.truncate(self.beginning);
        push(&mut self.path, path.as_os_str().as_bytes());
        let (mut ignore, mut git, mut exclude) = (Match::None, Match::None, Match::None);
        let mut is_same_repository = true;
        for level in self.levels.iter().rev().flatten() {
            let path = Path::new(OsStr::from_bytes(self.path.get(level.above..).unwrap_or_default()));
            if ignore.is_none() {
                ignore = level.ignore.matched(path, is_directory);
            }
            if git.is_none() && is_same_repository {
                git = level.git.matched(path, is_directory);
            }
            if exclude.is_none() && is_same_repository {
                exclude = level.exclude.matched(path, is_directory);
            }
            is_same_repository &= !level.is_repository;
        }
        ignore.or(git).or(exclude).is_ignore()
    }

    /// Files of rules of which some were not followed, because there are too many.
    pub(super) const fn unfollowed(&self) -> usize {
        self.unfollowed
    }

    fn read(&mut self, base: &Dir, path: &Path) -> Gitignore {
        let Ok(file) = open_regular(base, path) else { return Gitignore::empty() };
        let Ok(text) = file.start(limits::search::IGNORE_FILE_BYTES_MAX + 1) else {
            return Gitignore::empty();
        };
        let mut is_whole = text.len() <= limits::search::IGNORE_FILE_BYTES_MAX;
        let mut text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        if !is_whole {
            // half a rule is another one
            text = text.rsplitn(2, |byte| *byte == b'\n').nth(1).unwrap_or_default();
        }
        let mut builder = GitignoreBuilder::new("");
        for line in text.split(|byte| *byte == b'\n') {
            // a line that is no rule is none, as for git
            let Ok(line) = str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)) else { continue };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if self.count >= limits::search::IGNORE_RULES_MAX || line.len() > limits::GLOB_BYTES_MAX {
                is_whole = false;
                continue;
            }
            self.count += usize::from(builder.add_line(None, line).is_ok());
        }
        let rules = builder.build();
        self.unfollowed += usize::from(!is_whole || rules.is_err());
        rules.unwrap_or_else(|_| Gitignore::empty())
    }
}

fn push(path: &mut Vec<u8>, name: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
}
