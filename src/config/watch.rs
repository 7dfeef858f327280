//! Whether the file may say something else by now.
//!
//! Its directory is watched, not the file: a file that is replaced by a rename
//! is another file. Watches are lost without a word, when a directory is
//! replaced or where the system has none; so the file is also looked at, every
//! [`limits::CONFIG_LOOK_EVERY`].
#![allow(clippy::disallowed_methods, reason = "the owner's own file, named by the owner")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::limits;

/// Watches one file, which need not be there.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    woken: Arc<Notify>,
    /// Watches as long as it is kept; `None` where the system cannot.
    kept: Option<RecommendedWatcher>,
    seen: Option<Look>,
}

impl Watch {
    /// Watches from now on.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let woken = Arc::<Notify>::default();
        let (kept, seen) = (watcher(&path, &woken), Look::at(&path));
        Self { path, woken, kept, seen }
    }

    /// Waits until it may have changed.
    pub async fn changed(&mut self) {
        loop {
            let is_told = timeout(limits::CONFIG_LOOK_EVERY, self.woken.notified()).await.is_ok();
            if !is_told {
                if Look::at(&self.path) == self.seen {
                    continue;
                }
                // Nobody told: the watch may be of a directory that is gone.
                self.kept = watcher(&self.path, &self.woken);
            }
            for _ in 0..limits::CONFIG_SETTLES_MAX {
                // Before it is read: what is written from now on is seen as a change.
                self.seen = Look::at(&self.path);
                sleep(limits::CONFIG_SETTLE).await;
                if Look::at(&self.path) == self.seen {
                    break;
                }
            }
            return;
        }
    }
}

/// Watches where the file is, and where the link leads if it is one.
fn watcher(path: &Path, woken: &Arc<Notify>) -> Option<RecommendedWatcher> {
    let wake = Arc::clone(woken);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // Our own reading is no news; an error may be.
        if event.map_or(true, |event| is_news(event.kind)) {
            wake.notify_one();
        }
    })
    .ok()?;
    let target = fs::canonicalize(path).ok();
    let dirs: BTreeSet<&Path> =
        [Some(path), target.as_deref()].into_iter().flatten().filter_map(Path::parent).collect();
    for dir in dirs {
        // Where there is nothing to watch, looking will do.
        let _looked_at = watcher.watch(dir, RecursiveMode::NonRecursive);
    }
    Some(watcher)
}

const fn is_news(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => matches!(access, AccessKind::Close(AccessMode::Write)),
        _ => true,
    }
}

/// What a file looks like from outside.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Look {
    id: (u64, u64),
    len: u64,
    mode: u32,
    written: (i64, i64),
    touched: (i64, i64),
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let seen = fs::metadata(path).ok()?;
        Some(Self {
            id: (seen.dev(), seen.ino()),
            len: seen.len(),
            mode: seen.mode(),
            written: (seen.mtime(), seen.mtime_nsec()),
            touched: (seen.ctime(), seen.ctime_nsec()),
        })
    }
}
