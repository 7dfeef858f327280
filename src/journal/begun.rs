//! A change under way.
//!
//! Its record is locked as long as its process lives. The last whole line of
//! it counts: what cannot be known at the start is added as another line.

#![allow(clippy::disallowed_methods, reason = "the journal's own directory, outside every root")]

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use super::{CHANGES, Change, Journal, PENDING, Storing, sync_dir};

/// A change that is on record and may have happened.
#[derive(Debug)]
#[must_use = "a change ends by `done` or `undone`"]
pub struct Begun {
    file: File,
    pending: PathBuf,
    done: PathBuf,
    /// As the last line has it.
    pub change: Change,
}

impl Storing<'_> {
    /// Puts a change on record. From here on it may happen.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::AlreadyExists`] for a second change of one id.
    pub fn begin(self, change: Change) -> io::Result<Begun> {
        #[cfg(target_os = "linux")]
        if self.is_many.get() {
            rustix::fs::syncfs(File::open(&self.journal.settings.dir)?)?;
        }
        let pending = self.journal.record(PENDING, &change.id);
        let done = self.journal.record(CHANGES, &change.id);
        let file = loop {
            let file = File::options().append(true).create_new(true).mode(0o600).open(&pending)?;
            file.lock()?;
            // before it was locked, somebody who cleared up may have taken it for a record of nothing
            if file.metadata()?.nlink() > 0 {
                break file;
            }
        };
        let mut begun = Begun { file, pending, done, change };
        if let Err(error) = begun.write() {
            let _best_effort = fs::remove_file(&begun.pending);
            return Err(error);
        }
        sync_dir(begun.pending.parent().unwrap_or(&begun.pending))?;
        Ok(begun)
    }
}

impl Begun {
    /// Puts what has become known of the change on record.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn write(&mut self) -> io::Result<()> {
        self.file.write_all(&self.change.line()?)?;
        self.file.sync_data()
    }

    /// It has happened, and can be undone.
    ///
    /// # Errors
    ///
    /// What the system says; then whoever opens the journal next ends it.
    pub fn done(self) -> io::Result<Change> {
        fs::rename(&self.pending, &self.done)?;
        Ok(self.change)
    }

    /// Nothing has happened.
    pub fn undone(self) {
        let _left_to_the_next_start = fs::remove_file(&self.pending);
    }
}

impl Journal {
    /// The changes whose process ended in the middle of them, locked.
    ///
    /// # Errors
    ///
    /// What the system says. A record without one whole line has begun nothing, and goes.
    pub fn interrupted(&self) -> io::Result<Vec<Begun>> {
        let mut found = Vec::new();
        for id in self.ids(PENDING)? {
            let pending = self.record(PENDING, &id);
            let Ok(file) = File::options().read(true).append(true).open(&pending) else { continue };
            if file.try_lock().is_err() || !pending.exists() {
                continue; // its process lives, or has just ended it
            }
            let text = fs::read(&pending)?;
            match Change::parse(&text) {
                Some(Ok(change)) => {
                    found.push(Begun { file, done: self.record(CHANGES, &id), pending, change });
                }
                Some(Err(_)) => {} // of a newer version
                None => fs::remove_file(&pending)?,
            }
        }
        Ok(found)
    }
}
