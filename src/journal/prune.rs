//! The window: the oldest changes go, and the bytes that only they needed.

#![allow(clippy::disallowed_methods, reason = "the journal's own directory, outside every root")]

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::Path,
    sync::{PoisonError, atomic::Ordering},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};

use super::{CHANGES, Change, Digest, Journal, OBJECTS, PENDING, wait};

/// What went, and what is left.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pruned {
    /// Changes that went.
    pub changes: usize,
    /// Bytes on disk that went.
    pub bytes: u64,
    /// Changes that are left.
    pub changes_left: usize,
    /// Bytes on disk that are left.
    pub bytes_left: u64,
}

impl Journal {
    /// Brings the journal back into its window.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn prune(&self, now: Timestamp) -> io::Result<Pruned> {
        if !self.settings.dir.join(OBJECTS).exists() {
            return Ok(Pruned::default());
        }
        let lock = self.lock_file()?;
        wait(|| lock.try_lock())?;
        self.stored.store(0, Ordering::Relaxed);
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let mut objects = Objects::look(&self.settings.dir.join(OBJECTS))?;
        for id in self.ids(PENDING)? {
            // a record is only ever added to, and its first line names what was there before
            let text = match fs::read(self.record(PENDING, &id)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // it has just ended
                text => text?,
            };
            for line in text.split_inclusive(|byte| *byte == b'\n') {
                let change = Change::parse(line).and_then(Result::ok);
                objects.needed.extend(change.iter().flat_map(Change::kept).cloned());
            }
        }
        let mut pruned = Pruned::default();
        let mut left = self.settings.max_bytes;
        let mut is_over = false;
        for id in self.ids(CHANGES)?.into_iter().rev() {
            let path = self.record(CHANGES, &id);
            let change = match self.change(&id) {
                Ok(Some(change)) => change,
                Ok(None) => continue,
                // what it needs is not known, so nothing of that may go
                Err(error) => return Err(error),
            };
            let record = fs::metadata(&path).map_or(0, |facts| facts.len());
            let bytes = record + objects.more_for(&change);
            // the newest has just been promised
            is_over = is_over
                || (bytes > left && pruned.changes_left > 0)
                || is_past(&change, now, self.settings.max_age);
            if is_over {
                fs::remove_file(&path)?;
                pruned.changes += 1;
                pruned.bytes += record;
            } else {
                left = left.saturating_sub(bytes);
                pruned.changes_left += 1;
                pruned.bytes_left += bytes;
                objects.needed.extend(change.kept().cloned());
            }
        }
        pruned.bytes += objects.remove_the_rest()?;
        Ok(pruned)
    }
}

fn is_past(change: &Change, now: Timestamp, max_age: std::time::Duration) -> bool {
    let age = now.duration_since(change.at);
    SignedDuration::try_from(max_age).is_ok_and(|max_age| age > max_age)
}

/// What lies in the objects' directory.
struct Objects {
    files: HashMap<String, (std::path::PathBuf, u64)>,
    needed: HashSet<Digest>,
}

impl Objects {
    /// Leftovers of those who were killed while they stored are found too, under a name that nothing needs.
    fn look(dir: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        for shelf in fs::read_dir(dir)?.flatten() {
            let name = shelf.file_name().to_string_lossy().into_owned();
            if !shelf.file_type()?.is_dir() {
                files.insert(name, (shelf.path(), shelf.metadata()?.len()));
                continue;
            }
            for object in fs::read_dir(shelf.path())?.flatten() {
                let rest = object.file_name().to_string_lossy().into_owned();
                let digest = format!("{name}{}", rest.trim_end_matches(".zst"));
                files.insert(digest, (object.path(), object.metadata()?.len()));
            }
        }
        Ok(Self { files, needed: HashSet::new() })
    }

    /// Bytes of what `change` needs and nobody yet.
    fn more_for(&self, change: &Change) -> u64 {
        let kept: HashSet<_> = change.kept().filter(|digest| !self.needed.contains(*digest)).collect();
        kept.into_iter().filter_map(|digest| self.files.get(digest.as_str())).map(|(_, bytes)| bytes).sum()
    }

    fn remove_the_rest(self) -> io::Result<u64> {
        let needed: HashSet<&str> = self.needed.iter().map(Digest::as_str).collect();
        let mut bytes = 0;
        for (digest, (path, size)) in &self.files {
            if !needed.contains(digest.as_str()) {
                fs::remove_file(path)?;
                bytes += size;
            }
        }
        Ok(bytes)
    }
}
