//! What other runs left behind: unfinished files are noted, old ones removed.
//!
//! Nobody's file is ever changed. A file that is locked belongs to a server
//! that lives, and is let be.

use std::{
    collections::HashSet,
    io,
    sync::atomic::Ordering,
    time::{Duration, SystemTime},
};

use super::{
    clock::Clock,
    event::{Event, EventKind, Outcome, Severity},
    files::{self, FileName, RECOVERED, Tail},
    ground::{Ground, Place},
    writer::Writer,
};

/// An empty file younger than this may be one that its owner has not locked yet.
const NEWBORN: Duration = Duration::from_secs(10);

/// A file nobody writes to any more, locked by us while this lives.
struct Dead {
    tail: Tail,
    place: Place,
    _lock: std::fs::File,
}

impl<G: Ground, C: Clock> Writer<G, C> {
    /// Notes files whose run ended without saying so. Once a file: the mark
    /// beside it is made first, and whoever makes it writes the event.
    pub(super) fn recover(&mut self) {
        if let Err(error) = self.try_recover() {
            tracing::warn!(%error, "unfinished events files could not be looked for");
        }
    }

    fn try_recover(&mut self) -> io::Result<()> {
        let names: HashSet<String> = self.sink.ground.names()?.into_iter().collect();
        for name in &names {
            let Some(file) = FileName::parse(name) else { continue };
            let mark = format!("{name}{RECOVERED}");
            if file.is_same_run(self.sink.first()) || names.contains(&mark) {
                continue;
            }
            if let Err(error) = self.note_unfinished(&file, &mark) {
                tracing::warn!(%error, file = name, "an unfinished events file could not be noted");
                self.has_recovered = false; // looked for again with the caps
            }
        }
        Ok(())
    }

    fn note_unfinished(&mut self, file: &FileName, mark: &str) -> io::Result<()> {
        let name = file.to_string();
        let Some(dead) = self.dead(&name) else { return Ok(()) };
        if dead.tail.finished || dead.place.len == 0 && self.age(&dead.place) < NEWBORN {
            return Ok(());
        }
        match self.sink.ground.mark(mark) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            marked => marked?,
        }
        let mut event = Event::new(EventKind::EventsRecovered, Severity::Low)
            .detail("file", &*name)
            .detail("of_run", file.run())
            .detail("torn_bytes", dead.tail.torn_bytes);
        if let (Some(digest), Some(seq)) = (dead.tail.digest, dead.tail.seq) {
            event = event
                .detail("last_seq", seq)
                .detail("last_digest", digest.to_string())
                .detail("chain", self.sink.chain().word());
        }
        // a mark without its event would hide the file from everybody after us
        if self.say(&event) {
            return Ok(());
        }
        if self.sink.ground.remove(mark).is_err() {
            self.owed.push(event.encode());
            return Ok(());
        }
        Err(io::Error::other("its event could not be written"))
    }

    /// Applies the caps to the directory. Says no while somebody else is at
    /// it, who may not have seen what was written since: it is for soon.
    pub(super) fn prune(&mut self) -> bool {
        self.try_prune().unwrap_or_else(|error| {
            tracing::warn!(%error, "old events files could not be looked for");
            true
        })
    }

    fn try_prune(&mut self) -> io::Result<bool> {
        let Some(_lock) = self.sink.ground.lock()? else { return Ok(false) };
        let mut files = Vec::new();
        for name in self.sink.ground.names()? {
            if let (Some(file), Ok(place)) = (FileName::parse(&name), self.sink.ground.place_at(&name)) {
                files.push((file, place));
            }
        }
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut total: u64 = files.iter().map(|(_, place)| place.len).sum();
        let known = self.queue.dir_bytes.load(Ordering::Relaxed);
        let room = self.caps.max_bytes.saturating_sub(self.caps.headroom_bytes());
        for (at, (file, place)) in files.iter().enumerate() {
            let has_more = files.get(at + 1).is_some_and(|(next, _)| next.is_same_run(file));
            let is_old = self.trusts_ages() && self.age(place) > self.caps.max_age;
            let is_ours = self.sink.current() == Some(file);
            if !is_old && total <= room || is_ours || self.stuck.contains(file) {
                continue;
            }
            if self.remove(file, is_old) {
                total -= place.len;
                if !has_more {
                    self.sink.forget(file);
                }
            }
        }
        // What was written meanwhile says what went.
        let said = self.queue.dir_bytes.load(Ordering::Relaxed).saturating_sub(known);
        self.queue.dir_bytes.store(total + said, Ordering::Relaxed);
        Ok(true)
    }

    /// Says that a file goes, and removes it. Returns whether it is gone.
    fn remove(&mut self, file: &FileName, is_old: bool) -> bool {
        let name = file.to_string();
        let Some(dead) = self.dead(&name) else { return false };
        if dead.place.len == 0 && self.age(&dead.place) < NEWBORN {
            return false;
        }
        let severity = if is_old { Severity::Low } else { Severity::Medium };
        let mut event = Event::new(EventKind::EventsPruned, severity)
            .detail("file", &*name)
            .detail("of_run", file.run())
            .detail("bytes", dead.place.len)
            .detail("reason", if is_old { "max_age" } else { "max_bytes" });
        if let (Some(digest), Some(seq)) = (dead.tail.digest, dead.tail.seq) {
            event = event
                .detail("last_seq", seq)
                .detail("last_digest", digest.to_string())
                .detail("chain", self.sink.chain().word());
        }
        if !self.say(&event) {
            return false;
        }
        if let Err(error) = self.sink.ground.remove(&name) {
            self.keep_stuck(file.clone(), &error);
            return false;
        }
        let _there_may_be_none = self.sink.ground.remove(&format!("{name}{RECOVERED}"));
        if !is_old {
            self.queue.pruned_early.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(
                file = name,
                "an events file was removed before its time: events.max_bytes is reached"
            );
        }
        true
    }

    /// A file that should have gone and did not: that is said once, the file is
    /// not tried again by this run, and the others go in its place.
    fn keep_stuck(&mut self, file: FileName, error: &io::Error) {
        tracing::warn!(%error, %file, "an old events file cannot be removed; remove it by hand");
        let mut event = Event::new(EventKind::EventsPruned, Severity::Medium)
            .detail("file", file.to_string())
            .detail("of_run", file.run())
            .detail("reason", "it cannot be removed and is still there")
            .detail("error", error.to_string());
        event.outcome = Some(Outcome::Failed);
        self.say(&event);
        self.stuck.insert(file);
    }

    fn say(&mut self, event: &Event) -> bool {
        let at = self.clock.wall();
        self.commit_or_fail(&[(at, &event.encode())])
    }

    /// The file, if its writer is gone. One that cannot be read is somebody
    /// else's matter and must not keep us from the others.
    fn dead(&self, name: &str) -> Option<Dead> {
        let file = self.sink.ground.open(name).ok()?;
        file.try_lock().ok()?;
        let place = self.sink.ground.place(&file).ok()?;
        if self.sink.ground.place_at(name).is_ok_and(|there| there.id != place.id) {
            return None;
        }
        let tail = files::tail(&file, place.len, self.sink.chain()).ok()?;
        Some(Dead { tail, place, _lock: file })
    }

    fn age(&self, place: &Place) -> Duration {
        SystemTime::from(self.clock.wall()).duration_since(place.modified).unwrap_or_default()
    }
}
