//! Files beneath the roots the owner named, and nothing else.
//!
//! A root is opened once, when the server starts, and from then on every path
//! is opened beneath that handle: the kernel resolves and confines in one
//! step, so there is no gap between a check and its use. What is opened is a
//! regular file or a directory, and opening never waits.
//!
//! What may hold secrets is not opened, whoever asks ([`ShieldSettings`]). A
//! file with several names is readable under the one inside, wherever its other
//! names are.

#![allow(clippy::disallowed_methods, reason = "one of the rooms that files belong to")]

pub(in crate::sandbox) mod beneath;
mod body;
mod entries;
mod excerpt;
mod foreign;
mod grow;
mod kind;
mod listing;
mod open;
mod place;
mod reach;
mod search;
mod shield;
mod shown;
mod sized;
mod text;
mod tree;
mod walk;

use std::{
    fmt, io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use cap_std::{ambient_authority, fs::Dir};

pub use body::Body;
pub use excerpt::{Excerpt, Numbers, Rest, Window};
pub use foreign::Foreign;
pub use grow::Extent;
pub use kind::Kind;
pub use listing::Listing;
pub(in crate::sandbox) use open::reading;
pub use open::{Facts, OpenedFile};
pub use place::Place;
pub use search::{FileMatches, Line, LineKind, Matches, Names, Search, Seen, Stopped, Watch};
pub use shield::{Allowed, ShieldSettings};
pub(in crate::sandbox) use shield::{Shield, Spot, Ward};
pub use shown::Shown;
pub use sized::{Measured, Order, SizedListing};
pub use text::decode_text;
pub use tree::{LeftOut, Named, Tree};
pub use walk::{Choice, Found, Guide, Skipped, Walk};

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
    pub(in crate::sandbox) shield: Arc<Shield>,
}

#[derive(Clone)]
struct Row {
    root: Arc<Root>,
    write: bool,
}

/// One root: its handle, and the texts by which an absolute path may name it.
pub(in crate::sandbox) struct Root {
    pub(in crate::sandbox) name: String,
    /// As configured and with its links resolved, each as its components.
    addresses: Vec<Vec<Vec<u8>>>,
    /// The names of the last of these.
    names: Vec<Vec<u8>>,
    /// Where it is, links followed.
    real: PathBuf,
    /// `None` when it could not be opened.
    dir: Option<Dir>,
}

impl Files {
    /// Opens every root, shielded by the rules alone.
    #[must_use]
    pub fn open(settings: &[RootSettings]) -> (Self, Vec<MissingRoot>) {
        Self::open_shielded(settings, &ShieldSettings::default())
    }

    /// Opens every root. This is the only place that opens by an absolute path.
    #[must_use]
    pub fn open_shielded(settings: &[RootSettings], shield: &ShieldSettings) -> (Self, Vec<MissingRoot>) {
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
            let names = addresses.last().cloned().unwrap_or_default();
            let real = resolved.unwrap_or_else(|| root.path.clone());
            let name = root.name.clone();
            Row { root: Arc::new(Root { name, addresses, names, real, dir }), write: root.write }
        });
        let rows = rows.collect();
        (Self { rows, shield: Arc::new(Shield::new(shield)) }, missing)
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
        Self { rows: rows.collect(), shield: Arc::clone(&self.shield) }
    }

    /// The roots, in the order of the configuration.
    pub fn roots(&self) -> impl Iterator<Item = RootView<'_>> {
        self.rows.iter().map(|row| RootView {
            name: &row.root.name,
            is_writable: row.write,
            is_missing: row.root.dir.is_none(),
        })
    }

    /// The directory that the root of this name is, links followed.
    #[must_use]
    pub fn directory(&self, name: &str) -> Option<&Path> {
        self.named(name).map(|row| &*row.root.real)
    }

    /// Whether any root within reach is writable.
    #[must_use]
    pub fn has_writable(&self) -> bool {
        self.rows.iter().any(|row| row.write)
    }

    /// Whether this caller may write in `root`.
    pub(in crate::sandbox) fn is_writable(&self, root: &Root) -> bool {
        self.named(&root.name).is_some_and(|row| row.write)
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
