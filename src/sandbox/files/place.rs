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

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Files, Root, Row};
use crate::{
    refusal::{Broken, Code, Refusal},
    sanitize::path::{FilePath, lexical, parse_raw, show},
};

/// The argument in which most tools take their path.
const ARGUMENT: &str = "path";
/// What a path in an address keeps as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Roots named in a refusal.
const ROOTS_NAMED_MAX: usize = 8;

/// A place beneath a root: something may be there or not.
#[derive(Clone)]
pub struct Place {
    pub(in crate::sandbox) files: Files,
    pub(in crate::sandbox) root: Arc<Root>,
    pub(in crate::sandbox) inside: PathBuf,
    /// The argument that named it, for refusals.
    pub(in crate::sandbox) argument: Arc<str>,
}

impl Files {
    /// The place a caller means by the argument `path`: `NAME:/inside`, absolute
    /// beneath a root, or relative if there is exactly one root.
    ///
    /// # Errors
    ///
    /// [`Code::PathLeavesRoot`] for what is or leads outside,
    /// [`Code::AmbiguousRoot`] for a relative path and several roots.
    pub fn place(&self, path: &FilePath) -> Result<Place, Refusal> {
        self.place_of(ARGUMENT, path)
    }

    /// The same for the argument named `argument`, such as `paths[2]`: refusals
    /// of the place, and of what is opened there, name it.
    ///
    /// # Errors
    ///
    /// As [`Files::place`].
    pub fn place_of(&self, argument: &str, path: &FilePath) -> Result<Place, Refusal> {
        self.find(argument, path.as_str()).map_err(|fault| match fault {
            Fault::Broken(broken) => Refusal::Argument { argument: argument.to_owned(), broken },
            Fault::NoRoot => Refusal::failed(Code::NotFound, "no root is within reach"),
        })
    }

    fn find(&self, argument: &str, path: &str) -> Result<Place, Fault> {
        if let Some((row, inside)) = self.split_name(path) {
            return Ok(self.beneath(row, &components(inside)?, argument));
        }
        if path.starts_with('/') {
            let whole = components(path)?;
            let (row, length) = self.holding(&whole).ok_or_else(outside)?;
            return Ok(self.beneath(row, whole.get(length..).unwrap_or_default(), argument));
        }
        match &*self.rows {
            [row] => Ok(self.beneath(row, &components(path)?, argument)),
            [] => Err(Fault::NoRoot),
            rows => Err(Fault::Broken(ambiguous(rows))),
        }
    }

    /// The place of a root itself.
    #[must_use]
    pub fn top(&self, name: &str) -> Option<Place> {
        self.named(name).map(|row| self.beneath(row, &[], ARGUMENT))
    }

    /// `NAME:/inside`, if there is a root of that name. Anything else in front
    /// of a colon is part of a file name.
    fn split_name<'a>(&self, path: &'a str) -> Option<(&Row, &'a str)> {
        let (name, inside) = path.split_once(':')?;
        let row = self.named(name).filter(|_| inside.starts_with('/'))?;
        Some((row, inside))
    }

    fn beneath(&self, row: &Row, inside: &[Vec<u8>], argument: &str) -> Place {
        let inside = inside.iter().map(|part| OsStr::from_bytes(part)).collect();
        Place { files: self.clone(), root: Arc::clone(&row.root), inside, argument: argument.into() }
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

    /// What lies at `path` below this place.
    pub(in crate::sandbox) fn below(&self, path: &Path) -> Self {
        Self { inside: self.inside.join(path), ..self.clone() }
    }

    /// What lies at `inside` in the same root.
    pub(in crate::sandbox) fn above(&self, inside: &Path) -> Self {
        Self { inside: inside.to_path_buf(), ..self.clone() }
    }

    /// Its address as a resource, in the one form that is shown: `root://NAME/inside`.
    #[must_use]
    pub fn address(&self) -> String {
        let shown = self.shown();
        let inside = shown.split_once(":/").map_or("", |(_, inside)| inside);
        format!("root://{}/{}", self.root.name, utf8_percent_encode(inside, PLAIN))
    }

    /// What its name ends in after the last dot, in lower case.
    #[must_use]
    pub fn extension(&self) -> Option<String> {
        Some(self.inside.extension()?.to_str()?.to_ascii_lowercase())
    }

    /// The name of its root.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root.name
    }

    /// What a path through a link that leaves is told, from the link's text alone.
    pub(super) fn link_outside(&self) -> Refusal {
        self.broken(Code::LinkLeavesRoot, "leads through a link that leaves the root")
    }

    /// What a path to something that could block or act when read is told.
    pub(super) fn not_regular(&self) -> Refusal {
        self.broken(Code::NotRegular, "must be a regular file or a directory")
    }

    fn broken(&self, code: Code, says: &'static str) -> Refusal {
        Refusal::argument(&*self.argument, code, says)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// The names of a path, `.` and `..` applied to the text. A name that we show
/// under `raw:` because it is no plain text is taken back in that form.
fn components(path: &str) -> Result<Vec<Vec<u8>>, Broken> {
    let names = lexical(path)?.into_iter();
    Ok(names.map(|name| parse_raw(name).unwrap_or_else(|| name.as_bytes().to_vec())).collect())
}

/// Why a path names no place.
enum Fault {
    Broken(Broken),
    NoRoot,
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// What a path that is not beneath a root is told, whatever is there.
fn outside() -> Broken {
    Broken::new(Code::PathLeavesRoot, "must stay beneath a root; `list_allowed_directories` names the roots")
}

fn ambiguous(rows: &[Row]) -> Broken {
    let mut names: Vec<_> =
        rows.iter().take(ROOTS_NAMED_MAX).map(|row| format!("`{}:/`", row.root.name)).collect();
    if rows.len() > ROOTS_NAMED_MAX {
        names.push("and more".to_owned());
    }
    let says = format!("must begin with one of the roots: {}", names.join(", "));
    Broken::new(Code::AmbiguousRoot, says)
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
    fn a_refusal_names_the_argument_that_held_the_path() {
        let (dir, files) = files(&["notes"]);
        std::os::unix::fs::symlink("/", dir.path().join("notes/out")).unwrap();
        let lexical = files.place_of("paths[2]", &path("/etc")).unwrap_err();
        let opened = files.place_of("paths[2]", &path("out/etc")).unwrap().open_file().unwrap_err();
        for (refusal, code) in [(lexical, Code::PathLeavesRoot), (opened, Code::LinkLeavesRoot)] {
            assert_eq!(refusal.code(), code);
            assert!(refusal.to_string().starts_with("`paths[2]` "), "{refusal}");
        }
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
