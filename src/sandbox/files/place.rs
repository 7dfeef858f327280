//! From the text of a path to a place beneath a root.
//!
//! Only text is judged here: which root, and that no `..` leaves it. Nothing
//! is decoded, expanded or normalised but the `raw:` form in which we ourselves
//! show a name that is no plain text. Links are judged while opening.

use std::{
    ffi::OsStr,
    fmt,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Files, Root, Row};
use crate::{
    refusal::{Broken, Code, Refusal},
    sanitize::path::{FilePath, lexical, parse_raw, show},
};

/// The argument in which every tool takes its path.
const ARGUMENT: &str = "path";
/// Roots named in a refusal.
const ROOTS_NAMED_MAX: usize = 8;

/// A place beneath a root: something may be there or not.
#[derive(Clone)]
pub struct Place {
    pub(super) files: Files,
    pub(super) root: Arc<Root>,
    pub(super) inside: PathBuf,
}

impl Files {
    /// The place a caller means by `path`: `NAME:/inside`, absolute beneath a
    /// root, or relative if there is exactly one root.
    ///
    /// # Errors
    ///
    /// [`Code::PathLeavesRoot`] for what is or leads outside,
    /// [`Code::AmbiguousRoot`] for a relative path and several roots.
    pub fn place(&self, path: &FilePath) -> Result<Place, Refusal> {
        let path = path.as_str();
        if let Some((row, inside)) = self.split_name(path) {
            return Ok(self.beneath(row, &components(inside)?));
        }
        if path.starts_with('/') {
            let whole = components(path)?;
            let (row, length) = self.holding(&whole).ok_or_else(outside)?;
            return Ok(self.beneath(row, whole.get(length..).unwrap_or_default()));
        }
        match &*self.rows {
            [row] => Ok(self.beneath(row, &components(path)?)),
            [] => Err(Refusal::failed(Code::NotFound, "no root is within reach")),
            rows => Err(ambiguous(rows)),
        }
    }

    /// The place of a root itself.
    #[must_use]
    pub fn top(&self, name: &str) -> Option<Place> {
        self.named(name).map(|row| self.beneath(row, &[]))
    }

    /// `NAME:/inside`, if there is a root of that name. Anything else in front
    /// of a colon is part of a file name.
    fn split_name<'a>(&self, path: &'a str) -> Option<(&Row, &'a str)> {
        let (name, inside) = path.split_once(':')?;
        let row = self.named(name).filter(|_| inside.starts_with('/'))?;
        Some((row, inside))
    }

    fn beneath(&self, row: &Row, inside: &[Vec<u8>]) -> Place {
        let inside = inside.iter().map(|part| OsStr::from_bytes(part)).collect();
        Place { files: self.clone(), root: Arc::clone(&row.root), inside }
    }
}

impl Place {
    /// The place as callers see it: `NAME:/inside`.
    #[must_use]
    pub fn shown(&self) -> String {
        self.shown_below(Path::new(""))
    }

    /// The same of what lies at `path` below this place.
    #[must_use]
    pub fn shown_below(&self, path: &Path) -> String {
        let names: Vec<_> = self.inside.iter().chain(path).map(|name| show(name.as_bytes())).collect();
        format!("{}:/{}", self.root.name, names.join("/"))
    }

    /// The name of its root.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root.name
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// The names of a path, `.` and `..` applied to the text. A name that we show
/// under `raw:` because it is no plain text is taken back in that form.
fn components(path: &str) -> Result<Vec<Vec<u8>>, Refusal> {
    let names = lexical(path).map_err(broken)?.into_iter();
    Ok(names.map(|name| parse_raw(name).unwrap_or_else(|| name.as_bytes().to_vec())).collect())
}

fn broken(broken: Broken) -> Refusal {
    Refusal::Argument { argument: ARGUMENT.to_owned(), broken }
}

/// What a path that is not beneath a root is told, whatever is there.
fn outside() -> Refusal {
    broken(Broken::new(
        Code::PathLeavesRoot,
        "must stay beneath a root; `list_allowed_directories` names the roots",
    ))
}

/// What a path through a link that leaves is told, from the link's text alone.
pub(super) fn link_outside() -> Refusal {
    broken(Broken::new(Code::LinkLeavesRoot, "leads through a link that leaves the root"))
}

/// What a path to something that could block or act when read is told.
pub(super) fn not_regular() -> Refusal {
    broken(Broken::new(Code::NotRegular, "must be a regular file or a directory"))
}

fn ambiguous(rows: &[Row]) -> Refusal {
    let mut names: Vec<_> =
        rows.iter().take(ROOTS_NAMED_MAX).map(|row| format!("`{}:/`", row.root.name)).collect();
    if rows.len() > ROOTS_NAMED_MAX {
        names.push("and more".to_owned());
    }
    let says = format!("must begin with one of the roots: {}", names.join(", "));
    broken(Broken::new(Code::AmbiguousRoot, says))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::files::RootSettings;
    use proptest::prelude::*;

    fn files(names: &[&str]) -> (tempfile::TempDir, Files) {
        let dir = tempfile::tempdir().unwrap();
        let settings: Vec<_> = names
            .iter()
            .map(|name| {
                let path = dir.path().join(name);
                std::fs::create_dir(&path).unwrap();
                RootSettings { name: (*name).into(), path, write: false }
            })
            .collect();
        let files = Files::open(&settings).0;
        (dir, files)
    }

    fn path(text: &str) -> FilePath {
        FilePath::try_from(text.to_owned()).unwrap()
    }

    #[track_caller]
    fn is_at(files: &Files, text: &str, shown: &str) {
        assert_eq!(files.place(&path(text)).unwrap().shown(), shown, "for {text:?}");
    }

    #[track_caller]
    fn is_refused(files: &Files, text: &str, code: Code) {
        let refused = match FilePath::try_from(text.to_owned()) {
            Ok(path) => files.place(&path).unwrap_err().code(),
            Err(broken) => broken.code,
        };
        assert_eq!(refused, code, "for {text:?}");
    }

    #[test]
    fn one_root_takes_relative_named_and_absolute_paths() {
        let (dir, files) = files(&["notes"]);
        is_at(&files, "a/b.txt", "notes:/a/b.txt");
        is_at(&files, ".", "notes:/");
        is_at(&files, "notes:/", "notes:/");
        is_at(&files, "notes:/a//./b/../c", "notes:/a/c");
        is_at(&files, dir.path().join("notes").to_str().unwrap(), "notes:/");
        is_at(&files, dir.path().join("notes/x/y").to_str().unwrap(), "notes:/x/y");
    }

    #[test]
    fn an_unknown_prefix_is_a_file_name() {
        let (_dir, files) = files(&["notes"]);
        is_at(&files, "C:file.txt", "notes:/C:file.txt");
        is_at(&files, "other:/x", "notes:/other:/x");
        is_at(&files, "notes:x", "notes:/notes:x");
        is_at(&files, "%2e%2e/x", "notes:/%2e%2e/x");
        is_at(&files, "~/x", "notes:/~/x");
    }

    #[test]
    fn several_roots_want_to_be_named() {
        let (_dir, files) = files(&["a", "b"]);
        is_refused(&files, "x", Code::AmbiguousRoot);
        is_at(&files, "b:/x", "b:/x");
        let said = files.place(&path("x")).unwrap_err().to_string();
        assert!(said.contains("`a:/`, `b:/`"), "{said}");
    }

    #[test]
    fn what_leaves_is_refused_by_its_text() {
        let (dir, files) = files(&["notes"]);
        for text in ["..", "a/../..", "notes:/..", "/etc/passwd", "/", "/..", "//"] {
            is_refused(&files, text, Code::PathLeavesRoot);
        }
        is_refused(&files, &format!("{}-evil/x", dir.path().join("notes").display()), Code::PathLeavesRoot);
        is_refused(&files, &format!("{}/../x", dir.path().join("notes").display()), Code::PathLeavesRoot);
    }

    #[test]
    fn a_name_that_is_no_text_is_shown_raw_and_taken_back() {
        let (_dir, files) = files(&["notes"]);
        let odd =
            Place { inside: PathBuf::from(OsStr::from_bytes(b"sub/caf\xe9")), ..files.top("notes").unwrap() };
        let shown = odd.shown();
        assert_eq!(shown, "notes:/sub/raw:caf%E9");
        assert_eq!(files.place(&path(&shown)).unwrap().inside, odd.inside);
        assert_eq!(files.place(&path("sub/raw:caf%E9")).unwrap().inside, odd.inside);
    }

    #[test]
    fn a_raw_name_cannot_hide_a_way_out() {
        let (_dir, files) = files(&["notes"]);
        for text in ["raw:%2E%2E/x%FF", "sub/raw:%2E%2E", "sub/raw:a%2F..%2F..%FF"] {
            if let Ok(place) = files.place(&path(text)) {
                let stays =
                    place.inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
                assert!(stays, "{place:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_no_place_has_a_way_up(text in "[a./:%~ -]{0,40}") {
            let (_dir, files) = files(&["a"]);
            let Ok(asked) = FilePath::try_from(text) else { return Ok(()) };
            if let Ok(place) = files.place(&asked) {
                prop_assert!(place.inside.components().all(|part| matches!(part, std::path::Component::Normal(_))));
                let again = files.place(&path(&place.shown())).unwrap();
                prop_assert_eq!(again.inside, place.inside);
            }
        }
    }
}
