//! To be woken when something happens in a directory, if the system can do that.

use std::{
    fmt,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::limits;

/// What is called at each change; it must not block.
type Wake = Arc<dyn Fn() + Send + Sync>;

/// Watches one directory, also one that is made or replaced later.
pub(super) struct Watch {
    dir: PathBuf,
    wake: Wake,
    state: State,
}

enum State {
    /// Not tried, or nothing there to watch.
    Unset,
    /// It wakes us.
    Set { _watcher: RecommendedWatcher, id: (u64, u64) },
    /// This system has no notifications.
    Impossible,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("dir", &self.dir)
            .field("is_set", &self.is_set())
            .finish_non_exhaustive()
    }
}

impl Watch {
    /// Calls `wake` at each change in `dir`, once it is [tended](Self::tend).
    pub(super) fn new(dir: &Path, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { dir: dir.to_owned(), wake: Arc::new(wake), state: State::Unset }
    }

    /// Whether a change wakes anybody.
    pub(super) const fn is_set(&self) -> bool {
        matches!(self.state, State::Set { .. })
    }

    /// Watches the directory that is there now. Says what is in the way.
    pub(super) fn tend(&mut self) -> Result<(), String> {
        let id = std::fs::metadata(&self.dir).map(|meta| (meta.dev(), meta.ino())).ok();
        match (&self.state, id) {
            (State::Impossible, _) => return Ok(()),
            (State::Set { id: watched, .. }, Some(id)) if *watched == id => return Ok(()),
            _ => self.state = State::Unset,
        }
        let Some(id) = id else {
            return Err(format!("`{}` is not there yet; waiting for it", self.dir.display()));
        };
        let wake = Arc::clone(&self.wake);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // that somebody reads, such as this, is no news
            if !event.is_ok_and(|event| event.kind.is_access()) {
                wake();
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(&self.dir, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        match watcher {
            Ok(watcher) => {
                self.state = State::Set { _watcher: watcher, id };
                Ok(())
            }
            Err(error) => {
                self.state = State::Impossible;
                let every = limits::FOLLOW_EVERY.as_millis();
                Err(format!("no notifications here ({error}); looking every {every} ms"))
            }
        }
    }
}
