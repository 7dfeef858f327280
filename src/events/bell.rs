//! One watch for all who follow inside one server: systems allow few.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::watch;

use super::watch::Watch;

/// The bell of a directory; it hangs as long as somebody listens.
#[derive(Debug)]
pub struct Belfry {
    dir: PathBuf,
    bell: Mutex<Weak<Bell>>,
}

/// Rings when something was written.
#[derive(Debug)]
pub struct Bell {
    rung: watch::Sender<()>,
    watch: Mutex<Watch>,
}

impl Belfry {
    /// For this directory. Nothing is watched yet.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), bell: Mutex::default() }
    }

    /// The bell that everybody here listens to. It is given back by being dropped.
    pub fn bell(&self) -> Arc<Bell> {
        let mut hung = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        hung.upgrade().unwrap_or_else(|| {
            let (rung, _) = watch::channel(());
            let again = rung.clone();
            let watch = Watch::new(&self.dir, move || {
                again.send_replace(());
            });
            let bell = Arc::new(Bell { rung, watch: Mutex::new(watch) });
            *hung = Arc::downgrade(&bell);
            bell
        })
    }
}

impl Bell {
    /// Hears everything from now on.
    pub fn listen(&self) -> watch::Receiver<()> {
        self.rung.subscribe()
    }

    /// Sees to it that it rings, where it can. Says whether it does.
    pub fn tend(&self) -> Rings {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(why) = watch.tend() {
            tracing::debug!(%why, "events are looked for now and then");
        }
        if watch.is_set() { Rings::Yes } else { Rings::No }
    }
}

/// Whether a bell rings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rings {
    /// Whenever something is written.
    Yes,
    /// Never: who wants to know has to look.
    No,
}
