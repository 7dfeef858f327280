//! The ends of all files of a directory, and what is added to them: across
//! parts, cut files and several servers.
//!
//! What is given out comes in the order of time, but the events of one run as
//! they were written: a wall clock may go back. [`Tails::position`] says how
//! far that went, event by event, so that somebody else can go on from there:
//! it names the runs that may still grow and those that were not read to their
//! end, and for all others when the last of them was written to. A run that is
//! not named and was written to later is new, and read from its beginning.
//!
//! What that promises: nothing is left out and nothing comes twice, through
//! rotation, pruning, and servers that start and end. A file that somebody cut
//! is read from its beginning again. Where there are more than
//! [`CURSOR_RUNS_MAX`](crate::limits::CURSOR_RUNS_MAX) runs to name, there is no position for the moment.
//! A run that begins while the clock is set back behind the youngest runs that
//! have ended is not seen by whoever resumes.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::{Path, PathBuf},
};

use super::{
    cursor::Position,
    files::{FileName, RunName},
    filter::Filter,
    reader::{self, Found, Record},
    sequence::nanos,
    tail::{Filled, Run, Start, chunk_bytes},
};

/// Runs that have ended which a position names all the same.
const ENDED_NAMED: usize = 4;
/// Bytes that are looked at in one go.
const READ_BYTES: usize = 8 << 20;
/// Bytes of the events of one batch.
const BATCH_BYTES: usize = 128 << 10;

/// Reads what is added to a directory of events.
#[derive(Debug)]
pub struct Tails {
    dir: PathBuf,
    runs: BTreeMap<RunName, Run>,
    named: Vec<RunName>,
    horizon: Option<i64>,
    notices: Vec<String>,
    said: Vec<String>,
}

/// What was read, and whether there is more.
#[derive(Debug, Default)]
pub struct Batch {
    /// Events, in their order, each with the position behind it.
    pub events: Vec<(Record, Option<String>)>,
    /// Whether there may be more at once.
    pub more: More,
}

/// Whether there is more to read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum More {
    /// The batch was full.
    Yes,
    /// All was read.
    #[default]
    No,
}

impl Tails {
    /// From behind the whole lines of the files that were found. Files that
    /// come later are read from their beginning.
    #[must_use]
    pub fn at_end(dir: &Path, found: &[Found]) -> Self {
        Self::start(dir, found, |_| Start::End)
    }

    /// From behind what somebody else has read.
    #[must_use]
    pub fn resume(dir: &Path, found: &[Found], position: &Position) -> Self {
        let mut tails = Self::start(dir, found, |file| {
            let part = file.name.number();
            match position.of(&file.name.run_name()) {
                Some(place) if part < place.part => Start::Done,
                Some(place) if part == place.part => Start::At(place.offset),
                Some(_) => Start::At(0),
                None if position.horizon.is_none_or(|horizon| nanos(file.modified) > horizon) => Start::At(0),
                None => Start::End,
            }
        });
        tails.horizon = tails.horizon.max(position.horizon);
        tails
    }

    fn start(dir: &Path, found: &[Found], start: impl Fn(&Found) -> Start) -> Self {
        let mut tails = Self {
            dir: dir.to_owned(),
            runs: BTreeMap::new(),
            named: Vec::new(),
            horizon: None,
            notices: Vec::new(),
            said: Vec::new(),
        };
        for (at, file) in found.iter().enumerate() {
            let next = found.get(at + 1).filter(|next| next.name.is_same_run(&file.name));
            let has_next = next.is_some_and(|next| next.len > 0);
            let start = match start(file) {
                Start::End if has_next => Start::Done,
                start => start,
            };
            tails.runs.entry(file.name.run_name()).or_default().begin(file, start);
        }
        tails.settle(found);
        tails
    }

    /// How far everything was given out.
    #[must_use]
    pub fn position(&self) -> Position {
        let place = |name: &RunName| Some((name.clone(), self.runs.get(name)?.place()));
        Position { runs: self.named.iter().filter_map(place).collect(), horizon: self.horizon }
    }

    /// Reads up to `max` of the events that `filter` lets through, each with
    /// the position behind it if `mark` makes one.
    pub fn read(&mut self, filter: &Filter, max: usize, mark: impl Fn(&Position) -> Option<String>) -> Batch {
        let mut batch = Batch::default();
        match reader::files(&self.dir) {
            Ok(found) => self.look(&found),
            Err(error) => {
                self.say(format!("`{}` cannot be read: {error}", self.dir.display()));
                return batch;
            }
        }
        let (mut budget, mut bytes) = (READ_BYTES, 0);
        let mut later: VecDeque<RunName> = self.runs.keys().cloned().collect();
        let mut next = self.fill_begun(&mut later, filter, &mut budget);
        while next == Filled::Yes && batch.events.len() < max && bytes < BATCH_BYTES {
            let Some((name, record)) = self.pop() else { return batch };
            bytes += record.raw.len();
            next = self.fill(&name, filter, &mut budget, next);
            if next == Filled::Yes {
                next = self.fill_begun(&mut later, filter, &mut budget);
            }
            batch.events.push((record, mark(&self.position())));
        }
        batch.more = More::Yes;
        batch
    }

    /// Reads on in the runs that had begun by the time of the earliest event that is at hand. The
    /// others wait, so that of a log of many runs no more than those that ran at one time are held.
    fn fill_begun(&mut self, later: &mut VecDeque<RunName>, filter: &Filter, budget: &mut usize) -> Filled {
        let mut filled = Filled::Yes;
        let mut earliest = self.runs.values().filter_map(Run::next_at).min();
        while let Some(name) =
            later.pop_front_if(|name| earliest.is_none_or(|earliest| name.began() <= earliest))
        {
            filled = self.fill(&name, filter, budget, filled);
            let next_at = self.runs.get(&name).and_then(Run::next_at);
            earliest = earliest.into_iter().chain(next_at).min();
        }
        filled
    }

    fn fill(&mut self, name: &RunName, filter: &Filter, budget: &mut usize, before: Filled) -> Filled {
        let mut said = Vec::new();
        let chunk = chunk_bytes(self.runs.len());
        let filled =
            self.runs.get_mut(name).map(|run| run.fill(filter, chunk, budget, &mut |what| said.push(what)));
        for what in said {
            self.say(what);
        }
        if filled == Some(Filled::NotYet) { Filled::NotYet } else { before }
    }

    /// The earliest event of all runs.
    fn pop(&mut self) -> Option<(RunName, Record)> {
        let heads = self.runs.iter_mut().filter_map(|(name, run)| Some((run.next_at()?, name, run)));
        let (_, name, run) = heads.min_by(|(a, one, _), (b, other, _)| (a, one).cmp(&(b, other)))?;
        Some((name.clone(), run.pop()?))
    }

    /// Takes up what is new in the directory, and leaves what is gone.
    fn look(&mut self, found: &[Found]) {
        for file in found {
            let strange = self.runs.entry(file.name.run_name()).or_default().meet(file);
            if let Some(what) = strange {
                self.say(what);
            }
        }
        let names: BTreeSet<&FileName> = found.iter().map(|file| &file.name).collect();
        for run in self.runs.values_mut() {
            run.miss(|name| names.contains(name));
        }
        let there: BTreeSet<RunName> = found.iter().map(|file| file.name.run_name()).collect();
        self.runs.retain(|name, run| there.contains(name) || !run.is_drained());
        self.settle(found);
    }

    /// Finds out which runs a position has to name: a run that has ended and
    /// was read is told by the time alone.
    fn settle(&mut self, found: &[Found]) {
        for (at, file) in found.iter().enumerate() {
            let is_last = found.get(at + 1).is_none_or(|next| !next.name.is_same_run(&file.name));
            if is_last
                && let Some(run) = self.runs.get_mut(&file.name.run_name())
                && run.may_grow
            {
                run.may_grow = file.is_live();
            }
        }
        self.named.clear();
        let mut ended = Vec::new();
        for (name, run) in &self.runs {
            if run.may_grow || !run.is_finished() {
                self.named.push(name.clone());
            } else {
                ended.push((run.modified, name));
            }
        }
        ended.sort_unstable();
        let others = ended.split_off(ended.len().saturating_sub(ENDED_NAMED));
        self.horizon = ended.last().map(|(modified, _)| *modified).max(self.horizon);
        self.named.extend(others.into_iter().map(|(_, name)| name.clone()));
    }

    /// What there is to say to the person who follows; each thing once.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    pub(super) fn say(&mut self, notice: String) {
        // bounded: beyond that, whoever reads them has enough to go on
        if self.said.len() < 256 && !self.said.contains(&notice) {
            self.said.push(notice.clone());
            self.notices.push(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_runs_only_those_that_had_begun_are_held_and_all_come_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for run in 0..50_u32 {
            let lines: Vec<String> = (1..=20_u32)
                .map(|seq| {
                    let at = format!("2026-11-21T13:{run:02}:{seq:02}.000Z");
                    format!(
                        "{{\"v\":1,\"timestamp\":\"{at}\",\"event\":\"tool_called\",\"severity\":\"low\",\"identifier\":\"a\",\
                         \"details\":{{}},\"id\":\"x\",\"run\":\"{run:04x}\",\"seq\":{seq},\"prev\":\"{}\"}}\n",
                        "0".repeat(64)
                    )
                })
                .collect();
            std::fs::write(
                dir.path().join(format!("20261121T13{run:02}00Z-{run:04x}.jsonl")),
                lines.concat(),
            )
            .unwrap();
        }
        let found = reader::files(dir.path()).unwrap();
        let mut tails = Tails::resume(dir.path(), &found, &Position::default());
        let mut seen = Vec::new();
        loop {
            let batch = tails.read(&Filter::default(), 7, |_| None);
            let held = tails.runs.values().filter(|run| run.next_at().is_some()).count();
            assert!(held <= 2, "{held} runs are held");
            seen.extend(batch.events.into_iter().map(|(record, _)| record.at));
            if batch.more == More::No {
                break;
            }
        }
        assert_eq!(seen.len(), 1_000);
        assert!(seen.is_sorted());
    }
}
