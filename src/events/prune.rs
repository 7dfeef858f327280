//! What other runs left behind: unfinished files are noted, old ones removed.
//!
//! Nobody's file is ever changed. A file that is locked belongs to a server
//! that lives, and is let be.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::atomic::Ordering,
    time::{Duration, SystemTime},
};

use serde_json::json;

use super::{
    clock::Clock,
    event::{Event, EventKind, Outcome, Severity},
    files::{self, FileName, RECOVERED, RunName, Tail},
    ground::{Ground, Place},
    pruned::Mark,
    writer::Writer,
};
use crate::limits;

/// An empty file younger than this may be one that its owner has not locked yet.
const NEWBORN: Duration = Duration::from_secs(10);

/// A file nobody writes to any more, locked by us while this lives.
struct Dead {
    tail: Tail,
    place: Place,
    _lock: std::fs::File,
}

impl<G: Ground, C: Clock> Writer<G, C> {
    /// Takes note of how other runs ended, newest first and so many files at a time. Of those that did
    /// not say so, once a file: the mark beside it is made first, and whoever makes it writes the event. Of
    /// the others that ended last, every run does.
    pub(super) fn recover(&mut self) {
        if let Err(error) = self.try_recover() {
            tracing::warn!(%error, "unfinished events files could not be looked for");
        }
    }

    fn try_recover(&mut self) -> io::Result<()> {
        let is_first = self.unlooked.is_none();
        let mut files = match self.unlooked.take() {
            Some(files) if files.is_empty() => {
                self.unlooked = Some(files);
                return Ok(());
            }
            Some(files) => files,
            None => self.others()?,
        };
        let names: HashSet<String> = self.sink.ground.names()?.into_iter().collect();
        let (mut ended, mut failed) = (Vec::new(), Vec::new());
        for file in
            files.split_off(files.len().saturating_sub(limits::FILES_RECOVERED_AT_ONCE)).into_iter().rev()
        {
            let name = file.to_string();
            let mark = format!("{name}{RECOVERED}");
            let Some(dead) = Some(&name).filter(|_| !names.contains(&mark)).and_then(|name| self.dead(name))
            else {
                continue;
            };
            if dead.tail.finished {
                let is_last = !names.contains(&file.next().to_string());
                if is_first && is_last && ended.len() < limits::ENDS_WITNESSED {
                    ended.push((file, dead));
                }
            } else if let Err(error) = self.note_unfinished(&file, &mark, &dead) {
                tracing::warn!(%error, file = name, "an unfinished events file could not be noted");
                failed.push(file); // looked at again with the caps
            }
        }
        failed.append(&mut files);
        self.unlooked = Some(failed);
        self.witness(&ended);
        Ok(())
    }

    /// The files of other runs; what was written to last stands last.
    fn others(&self) -> io::Result<Vec<FileName>> {
        let files = self.sink.ground.names()?.into_iter().filter_map(|name| {
            let file = FileName::parse(&name).filter(|file| !file.is_same_run(self.sink.first()))?;
            Some((self.sink.ground.place_at(&name).ok()?.modified, file))
        });
        let mut files: Vec<_> = files.collect();
        files.sort();
        Ok(files.into_iter().map(|(_, file)| file).collect())
    }

    fn witness(&mut self, ended: &[(FileName, Dead)]) {
        let runs = ended.iter().filter_map(|(file, dead)| {
            let (seq, digest) = dead.tail.seq.zip(dead.tail.digest)?;
            let digest = digest.sealed().to_string();
            Some(json!({ "file": file.to_string(), "last_seq": seq, "last_digest": digest, "modified": modified(dead) }))
        });
        let runs: Vec<_> = runs.collect();
        if !runs.is_empty() {
            let event = Event::new(EventKind::EventsWitnessed, Severity::Low)
                .detail("ended", runs.len())
                .detail("runs", runs)
                .detail("chain", self.sink.chain().word());
            self.say(&event);
        }
    }

    fn note_unfinished(&mut self, file: &FileName, mark: &str, dead: &Dead) -> io::Result<()> {
        let name = file.to_string();
        if dead.place.len == 0 && self.age(&dead.place) < NEWBORN {
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
        event = self.with_end(event, dead);
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

    /// Tells how a file ended.
    fn with_end(&self, event: Event, dead: &Dead) -> Event {
        let event = event.detail("modified", modified(dead));
        match (dead.tail.digest, dead.tail.seq) {
            (Some(digest), Some(seq)) => event
                .detail("last_seq", seq)
                .detail("last_digest", digest.sealed().to_string())
                .detail("chain", self.sink.chain().word()),
            _ => event,
        }
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
        let (mut files, mut marks) = (Vec::new(), HashMap::<RunName, Vec<Mark>>::new());
        for name in self.sink.ground.names()? {
            if let Some(mark) = Mark::parse(&name) {
                marks.entry(mark.part.run_name()).or_default().push(mark);
            } else if let (Some(file), Ok(place)) = (FileName::parse(&name), self.sink.ground.place_at(&name))
            {
                files.push((file, place));
            }
        }
        let files = oldest_first(files);
        self.clear_marks(&files, &mut marks);
        let mut total: u64 = files.iter().map(|(_, place)| place.len).sum();
        let known = self.queue.dir_bytes.load(Ordering::Relaxed);
        let room = self.caps.max_bytes.saturating_sub(self.caps.headroom_bytes());
        let mut left: HashMap<RunName, usize> = HashMap::new();
        for (file, _) in &files {
            *left.entry(file.run_name()).or_default() += 1;
        }
        let mut held = HashSet::new();
        for (file, place) in &files {
            let is_old = self.trusts_ages() && self.age(place) > self.caps.max_age;
            let is_ours = self.sink.current() == Some(file);
            if !is_old && total <= room || is_ours || self.stuck.contains(file) {
                continue;
            }
            let run = file.run_name();
            // a lock that is never given back must not make the log pass its cap
            if held.contains(&run) && total <= self.caps.max_bytes {
                continue;
            }
            let is_only = left.get(&run).is_none_or(|left| *left == 1);
            if self.remove(file, is_old, is_only, marks.entry(run.clone()).or_default()) {
                total -= place.len;
                left.entry(run).and_modify(|left| *left -= 1);
            } else if !self.stuck.contains(file) {
                // somebody looks at it just now, or writes to it: those behind it go after it
                held.insert(run);
            }
        }
        // What was written meanwhile says what went.
        let said = self.queue.dir_bytes.load(Ordering::Relaxed).saturating_sub(known);
        self.queue.dir_bytes.store(total + said, Ordering::Relaxed);
        Ok(true)
    }

    /// Marks of runs of which nothing is left: who made them was stopped before it could take them away.
    fn clear_marks(&self, files: &[(FileName, Place)], marks: &mut HashMap<RunName, Vec<Mark>>) {
        let there: HashSet<RunName> = files.iter().map(|(file, _)| file.run_name()).collect();
        for (_, marks) in marks.extract_if(|run, _| !there.contains(run)) {
            for mark in marks {
                let _tried_again = self.sink.ground.remove(&mark.to_string());
            }
        }
    }

    /// Says that a file goes, and removes it. Returns whether it is gone. But for the last of its run, a
    /// mark stands for it then, instead of those of the parts before.
    fn remove(&mut self, file: &FileName, is_old: bool, is_only: bool, marks: &mut Vec<Mark>) -> bool {
        let name = file.to_string();
        let Some(dead) = self.dead(&name) else { return false };
        if dead.place.len == 0 && self.age(&dead.place) < NEWBORN {
            return false;
        }
        // its server may have begun the next part since the names were read
        let is_last = is_only && !dead.tail.goes_on;
        let mark = (!is_last).then(|| Mark::new(file.clone(), dead.tail.seq.unwrap_or(0), self.sink.chain()));
        let severity = if is_old { Severity::Low } else { Severity::Medium };
        let mut event = Event::new(EventKind::EventsPruned, severity)
            .detail("file", &*name)
            .detail("of_run", file.run())
            .detail("bytes", dead.place.len)
            .detail("last_of_run", is_last)
            .detail("reason", if is_old { "max_age" } else { "max_bytes" });
        event = self.with_end(event, &dead);
        if !self.say(&event) {
            return false;
        }
        if let Some(mark) = &mark
            && let Err(error) = self.sink.ground.mark(&mark.to_string())
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            tracing::warn!(%error, file = name, "an old events file stays: it cannot be noted that it goes");
            return false;
        }
        if is_last {
            // first, for a note without its run would say for ever that somebody took the run away
            self.sink.forget(file);
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
        for before in std::mem::replace(marks, mark.into_iter().collect()) {
            let _there_may_be_none = self.sink.ground.remove(&before.to_string());
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

/// When a file was written to last: nobody writes to it any more.
fn modified(dead: &Dead) -> String {
    jiff::Timestamp::try_from(dead.place.modified).map_or_else(|_| String::new(), |at| at.to_string())
}

/// As they were written to last, but no part before the one that it follows.
fn oldest_first(mut files: Vec<(FileName, Place)>) -> Vec<(FileName, Place)> {
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut last: Option<(RunName, SystemTime)> = None;
    let mut dated: Vec<(SystemTime, (FileName, Place))> = Vec::with_capacity(files.len());
    for (file, place) in files {
        let run = file.run_name();
        let before = last.take().filter(|(of, _)| *of == run).map(|(_, at)| at);
        let at = before.map_or(place.modified, |before| before.max(place.modified));
        last = Some((run, at));
        dated.push((at, (file, place)));
    }
    dated.sort_by(|(a, (one, _)), (b, (other, _))| a.cmp(b).then_with(|| one.cmp(other)));
    dated.into_iter().map(|(_, file)| file).collect()
}
