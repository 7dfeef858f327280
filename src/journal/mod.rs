//! What a write replaced, so that it can be put back.
//!
//! A directory outside every root, the owner's alone: the old bytes by their
//! digest ([`objects`](self)), and one record a change. A change is begun on
//! disk before anything happens to a file, and ends by the rename of its
//! record, so whoever opens the journal after a crash finds every change that
//! was under way, and nobody else's: the record of a living process is locked.
//!
//! The journal stores and never judges. It knows nothing of roots: places are
//! texts to it, and what is done to files is the sandbox's.

#![allow(clippy::disallowed_methods, reason = "the journal's own directory, outside every root")]

mod begun;
mod key;
mod objects;
mod prune;
mod record;
mod words;

use std::{
    cell::Cell,
    fs::{self, DirBuilder, File, TryLockError},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

pub use begun::Begun;
pub use objects::{Digest, Stored};
pub use prune::Pruned;
pub use record::{Attributes, Change, Entry, State, Step};

use crate::limits;

/// The `[journal]` section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Where it is.
    pub dir: PathBuf,
    /// Older changes go.
    pub max_age: Duration,
    /// Bytes of everything that is kept; the oldest changes go first.
    pub max_bytes: u64,
    /// A change that alone exceeds `max_bytes` is made all the same, and cannot be undone.
    pub allow_larger: bool,
}

impl Settings {
    /// The defaults, in `dir`.
    #[must_use]
    pub const fn in_dir(dir: PathBuf) -> Self {
        Self { dir, max_age: Duration::from_hours(7 * 24), max_bytes: 1 << 30, allow_larger: false }
    }
}

/// Changes that are done.
const CHANGES: &str = "changes";
/// Changes under way.
const PENDING: &str = "pending";
/// Bytes, by their digest.
const OBJECTS: &str = "objects";
/// Held shared by who stores, alone by who removes.
const LOCK: &str = "lock";

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    settings: Settings,
    /// Bytes stored since the window was looked at.
    stored: AtomicU64,
    /// When that was.
    looked: Mutex<Option<Instant>>,
}

/// Held while objects are stored that no record names yet.
#[derive(Debug)]
pub struct Storing<'a> {
    pub(in crate::journal) journal: &'a Journal,
    /// Many objects are made durable by one call at the end, where there is one.
    pub(in crate::journal) is_many: Cell<bool>,
    _lock: File,
}

impl Journal {
    /// Opens the journal in `settings.dir`, which is made when something is first stored.
    #[must_use]
    pub const fn new(settings: Settings) -> Self {
        Self { settings, stored: AtomicU64::new(0), looked: Mutex::new(None) }
    }

    /// One that keeps nothing, for where no change is made.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self::new(Settings::in_dir(PathBuf::new()))
    }

    /// What its owner chose.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Begins to store. Nothing is pruned meanwhile.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn store(&self) -> io::Result<Storing<'_>> {
        for dir in [CHANGES, PENDING, OBJECTS] {
            Self::make_directory(&self.settings.dir.join(dir))?;
        }
        let lock = self.lock_file()?;
        wait(|| lock.try_lock_shared())?;
        Ok(Storing { journal: self, is_many: Cell::new(false), _lock: lock })
    }

    fn make_directory(dir: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }

    /// The changes that are done, newest first.
    ///
    /// # Errors
    ///
    /// What the system says. A record that cannot be read is left out.
    pub fn changes(&self) -> io::Result<impl Iterator<Item = Change> + use<'_>> {
        let ids = self.ids(CHANGES)?;
        Ok(ids.into_iter().rev().filter_map(|id| self.change(&id).ok().flatten()))
    }

    /// One change that is done.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn change(&self, id: &str) -> io::Result<Option<Change>> {
        if !is_id(id) {
            return Ok(None);
        }
        match fs::read(self.record(CHANGES, id)) {
            Ok(text) => Change::parse(&text).transpose(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Counts what was stored; whether it is time to look at the window.
    pub(in crate::journal) fn count(&self, bytes: u64) {
        self.stored.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether enough was stored, or enough time has passed, since the window was last looked at.
    #[must_use]
    pub fn wants_pruning(&self) -> bool {
        let looked = *self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_long_ago = looked.is_none_or(|looked| looked.elapsed() >= limits::JOURNAL_LOOK_EVERY);
        is_long_ago || self.stored.load(Ordering::Relaxed) >= self.settings.max_bytes / limits::JOURNAL_LOOKS
    }

    /// The names of the records in `dir`: ids, the oldest first, as they begin with their time.
    fn ids(&self, dir: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.settings.dir.join(dir)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut ids: Vec<_> = names
            .filter_map(|name| name.strip_suffix(".json").filter(|id| is_id(id)).map(str::to_owned))
            .collect();
        ids.sort_unstable();
        Ok(ids)
    }

    fn record(&self, dir: &str, id: &str) -> PathBuf {
        self.settings.dir.join(dir).join(format!("{id}.json"))
    }

    fn lock_file(&self) -> io::Result<File> {
        let path = self.settings.dir.join(LOCK);
        File::options().read(true).write(true).create(true).truncate(false).open(path)
    }
}

/// An id is a UUID: nothing else becomes part of a path.
fn is_id(id: &str) -> bool {
    uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id)
}

/// Waits for a lock, but not for ever.
fn wait(lock: impl Fn() -> Result<(), TryLockError>) -> io::Result<()> {
    let began = Instant::now();
    loop {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if began.elapsed() < limits::EDIT_WAIT_MAX => {
                sleep(limits::LOCK_LOOK_EVERY);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes the names in `dir` as durable as what they name.
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
