//! Trees that are built for a test.

use std::path::{Path, PathBuf};

use super::{fixture, server::Server};

/// The tree of `corpus/make_fixture.sh`, built here.
pub(crate) struct Tree {
    pub(crate) dir: tempfile::TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fixture::make(dir.path());
        Self { dir }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    pub(crate) fn server(&self) -> Server {
        Server::new(&[&self.root()])
    }

    /// A row of the corpus with its places filled in.
    pub(crate) fn fill(&self, text: &str) -> String {
        fixture::fill(self.dir.path(), text)
    }
}

/// A folder for trees of many files: in memory where the system has that, as disks are slow at them.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A chain of directories named `d`, made handle by handle: its path is longer than a path may be.
pub(crate) fn deepen(root: &Path, levels: usize) {
    use rustix::fs::{Mode, OFlags};
    let mut at = rustix::fs::open(root, OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..levels {
        rustix::fs::mkdirat(&at, "d", Mode::from_raw_mode(0o755)).unwrap();
        at = rustix::fs::openat(&at, "d", OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
}
