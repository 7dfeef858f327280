//! Files beneath the roots the owner named, and nothing else.
//!
//! A root is opened once, when the server starts, and from then on every path
//! is opened beneath that handle: the kernel resolves and confines in one
//! step, so there is no gap between a check and its use. What is opened is a
//! regular file or a directory, and opening never waits.
//!
//! Nothing here judges what a file holds. A file with several names is
//! readable under the one inside, wherever its other names are.

#![allow(clippy::disallowed_methods, reason = "one of the rooms that files belong to")]

mod excerpt;
mod kind;
mod listing;
mod open;
mod place;
mod text;
mod walk;

use std::{
    fmt, io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use cap_std::{ambient_authority, fs::Dir};

pub use excerpt::{Excerpt, Numbers, Rest, Window};
pub use kind::Kind;
pub use listing::Listing;
pub use open::{Facts, OpenedFile};
pub use place::Place;
pub use text::decode_text;
pub use walk::{Found, Skipped, Walk};

use crate::{caller::Reach, refusal::Refusal};

/// Asked between two steps: an error ends the work there.
pub type GoOn<'a> = &'a dyn Fn() -> Result<(), Refusal>;

/// One `[roots.NAME]` section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RootSettings {
    /// The root's name: `[a-z0-9_-]{1,32}`.
    pub name: String,
    /// Where it is: an absolute path.
    pub path: PathBuf,
    /// Whether tools may write there.
    pub write: bool,
}

/// A root that could not be opened. The others serve.
#[derive(Debug)]
pub struct MissingRoot {
    /// Its name.
    pub name: String,
    /// Where it should be. For the operator, never for a caller.
    pub path: PathBuf,
    /// Why it could not be opened.
    pub error: io::Error,
}

/// What a caller may know of a root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RootView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether this caller may write there.
    pub is_writable: bool,
    /// Whether it could not be opened.
    pub is_missing: bool,
}

/// The roots, as much of them as one caller may reach. Cheap to clone.
#[derive(Clone, Default)]
pub struct Files {
    rows: Arc<[Row]>,
}

#[derive(Clone)]
struct Row {
    root: Arc<Root>,
    write: bool,
}

/// One root: its handle, and the texts by which an absolute path may name it.
struct Root {
    name: String,
    /// As configured and with its links resolved, each as its components.
    addresses: Vec<Vec<Vec<u8>>>,
    /// `None` when it could not be opened.
    dir: Option<Dir>,
}

impl Files {
    /// Opens every root. This is the only place that opens by an absolute path.
    #[must_use]
    pub fn open(settings: &[RootSettings]) -> (Self, Vec<MissingRoot>) {
        let mut missing = Vec::new();
        let rows = settings.iter().map(|root| {
            let dir = Dir::open_ambient_dir(&root.path, ambient_authority())
                .map_err(|error| {
                    missing.push(MissingRoot { name: root.name.clone(), path: root.path.clone(), error });
                })
                .ok();
            let resolved = std::fs::canonicalize(&root.path).ok();
            let mut addresses = vec![address(&root.path)];
            addresses.extend(resolved.as_deref().map(address));
            addresses.dedup();
            Row { root: Arc::new(Root { name: root.name.clone(), addresses, dir }), write: root.write }
        });
        let rows = rows.collect();
        (Self { rows }, missing)
    }

    /// Whether there is no root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Narrowed to what `reach` covers.
    #[must_use]
    pub fn within(&self, reach: &Reach) -> Self {
        if reach.roots.is_none() && !reach.read_only {
            return self.clone();
        }
        let rows = self.rows.iter().filter(|row| reach.covers_root(&row.root.name));
        let rows = rows.map(|row| Row { root: Arc::clone(&row.root), write: row.write && !reach.read_only });
        Self { rows: rows.collect() }
    }

    /// The roots, in the order of the configuration.
    pub fn roots(&self) -> impl Iterator<Item = RootView<'_>> {
        self.rows.iter().map(|row| RootView {
            name: &row.root.name,
            is_writable: row.write,
            is_missing: row.root.dir.is_none(),
        })
    }

    fn named(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.root.name == name)
    }

    /// The root in which the absolute path of these components lies, with the
    /// number of components that lead to it. Of nested roots the inner one.
    fn holding(&self, components: &[Vec<u8>]) -> Option<(&Row, usize)> {
        self.rows
            .iter()
            .flat_map(|row| row.root.addresses.iter().map(move |address| (row, address)))
            .filter(|(_, address)| components.starts_with(address))
            .map(|(row, address)| (row, address.len()))
            .max_by_key(|(_, length)| *length)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.roots()).finish()
    }
}

fn address(path: &Path) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part.as_encoded_bytes().to_vec()),
            Component::ParentDir => drop(parts.pop()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(dirs: &[(&str, &Path)]) -> Files {
        let settings: Vec<_> = dirs
            .iter()
            .map(|(name, path)| RootSettings { name: (*name).into(), path: path.to_path_buf(), write: true })
            .collect();
        Files::open(&settings).0
    }

    #[test]
    fn a_missing_root_is_kept_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let gone = RootSettings { name: "gone".into(), path: dir.path().join("gone"), write: false };
        let here = RootSettings { name: "here".into(), path: dir.path().into(), write: false };
        let (files, missing) = Files::open(&[gone, here]);
        assert_eq!(missing.iter().map(|root| root.name.as_str()).collect::<Vec<_>>(), ["gone"]);
        let seen: Vec<_> = files.roots().map(|root| (root.name, root.is_missing)).collect();
        assert_eq!(seen, [("gone", true), ("here", false)]);
    }

    #[test]
    fn a_reach_narrows_roots_and_takes_writing_away() {
        let dir = tempfile::tempdir().unwrap();
        let all = files(&[("a", dir.path()), ("b", dir.path())]);
        let reach = Reach { roots: Some(vec!["b".into()]), read_only: true, ..Reach::default() };
        let narrow = all.within(&reach);
        let seen: Vec<_> = narrow.roots().map(|root| (root.name, root.is_writable)).collect();
        assert_eq!(seen, [("b", false)]);
        assert!(all.roots().all(|root| root.is_writable));
    }

    #[test]
    fn of_nested_roots_the_inner_one_holds_a_path() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("in/side");
        std::fs::create_dir_all(&inner).unwrap();
        let files = files(&[("outer", dir.path()), ("inner", &inner)]);
        let (row, _) = files.holding(&address(&inner.join("x"))).unwrap();
        assert_eq!(row.root.name, "inner");
        let (row, _) = files.holding(&address(&dir.path().join("in/sidecar"))).unwrap();
        assert_eq!(row.root.name, "outer", "a prefix of a name is not the name");
    }
}
