//! A search of what files hold, as ripgrep does it.
//!
//! One walk goes through the tree in order, a few threads take the files from
//! it one by one. What they find is put back into that order, so the answer is
//! the same each time, and as soon as it is full nobody looks further
//! (`gather`). Every file is opened beneath the place where the walk began, in
//! one function; nothing is mapped into memory, and what is held does not grow
//! with the files.

mod feed;
mod gather;
mod hide;
mod rules;
mod scan;

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use self::{
    feed::Feed,
    gather::Gather,
    scan::{End, Scanned, Scanner},
};
use super::{Place, Skipped};
use crate::{
    limits,
    refusal::{Code, Refusal},
    sanitize::{glob::Glob, marks::Marker, pattern::Pattern},
};

pub use gather::{FileMatches, Line, LineKind, Stopped};

/// What is searched for, and how much of it is wanted.
#[derive(Debug)]
pub struct Search {
    /// What a line must match.
    pub pattern: Pattern,
    /// Which files are looked into.
    pub names: Names,
    /// Lines that hold a secret are not searched.
    pub marker: Arc<Marker>,
    /// Lines around each that matches.
    pub context: usize,
    /// Lines that match, at most.
    pub matches_max: usize,
    /// Bytes of text, at most.
    pub room: usize,
}

/// Which files are looked into, by their paths below the place.
#[derive(Clone, Debug, Default)]
pub enum Names {
    /// All.
    #[default]
    All,
    /// Those that match.
    Only(Glob),
    /// Those that do not match.
    AllBut(Glob),
}

/// Whoever waits for a search.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Asked between two steps: an error ends the search there.
    pub go_on: &'a (dyn Fn() -> Result<(), Refusal> + Sync),
    /// Told now and then how much is done, which grows, and how many lines were found.
    pub step: &'a (dyn Fn(u64, usize) + Sync),
}

/// What a search came back with.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    /// Those files in which something was found, in the order of their paths.
    pub files: Vec<FileMatches>,
    /// Where it stopped because that was enough.
    pub stopped: Option<Stopped>,
    /// What was seen on the way.
    pub seen: Seen,
    /// What the walk left out.
    pub skipped: Skipped,
}

/// What a search came by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Seen {
    /// Entries of directories.
    pub entries: usize,
    /// Files that were looked into.
    pub files: usize,
    /// Files and directories left out by `.gitignore` and its kin.
    pub ignored: usize,
    /// Files of rules of which some were not followed.
    pub unfollowed: usize,
    /// Files left out because they are not text.
    pub binary: usize,
    /// Files that are text only up to somewhere, or have a line that is too long.
    pub partly: usize,
    /// Files that could not be read.
    pub unreadable: usize,
    /// Files that are protected, which their names did not tell.
    pub protected: usize,
}

impl Place {
    /// Searches a file, or all files below a directory.
    ///
    /// # Errors
    ///
    /// As [`Place::open_file`] and [`Place::walk`], or what the watch says.
    pub fn search(&self, search: &Search, watch: Watch<'_>) -> Result<Matches, Refusal> {
        let meter = Meter::new(watch);
        let feed = match self.open_file() {
            Ok(file) => Feed::of_file(file),
            Err(refusal) if refusal.code() == Code::IsDirectory => {
                Feed::of_directory(self, &search.names, &meter)?
            }
            Err(refusal) => return Err(refusal),
        };
        let hunt = Hunt {
            search,
            place: self,
            meter: &meter,
            feed,
            gather: Mutex::new(Gather::new(search)),
            cutoff: AtomicUsize::new(usize::MAX),
        };
        let mut seen = hunt.run()?;
        let mut skipped = hunt.feed.account(&mut seen);
        skipped.protected += seen.protected;
        let (files, stopped) = hunt.gather.into_inner().unwrap_or_else(PoisonError::into_inner).end();
        Ok(Matches { files, stopped, seen, skipped })
    }
}

/// What the threads of one search share.
struct Hunt<'a> {
    search: &'a Search,
    place: &'a Place,
    meter: &'a Meter<'a>,
    feed: Feed<'a>,
    gather: Mutex<Gather>,
    /// Files behind this one are of no use any more.
    cutoff: AtomicUsize,
}

impl Hunt<'_> {
    fn run(&self) -> Result<Seen, Refusal> {
        let (mut seen, is_done) = self.work(limits::search::ALONE_FILES_MAX)?;
        if is_done {
            return Ok(seen);
        }
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let work = || self.work(usize::MAX);
        let all = thread::scope(|scope| {
            // where no thread can be had, there is this one
            let others: Vec<_> = (1..cores.min(limits::search::THREADS_MAX))
                .filter_map(|_| thread::Builder::new().name("search".into()).spawn_scoped(scope, work).ok())
                .collect();
            let mut all = vec![work()];
            all.extend(
                others
                    .into_iter()
                    .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
            );
            all
        });
        for one in all {
            seen.add(one?.0);
        }
        Ok(seen)
    }

    /// Looks into files until there are no more, or so many are done. Says which of the two it was.
    fn work(&self, files_max: usize) -> Result<(Seen, bool), Refusal> {
        let mut seen = Seen::default();
        let mut scanner = Scanner::new(self.search, self.meter);
        let mut block = Vec::new();
        for _ in 0..files_max {
            let next = self.feed.next(self.meter.watch.go_on)?;
            let Some(mut task) = next.filter(|task| task.number <= self.cutoff.load(Relaxed)) else {
                return Ok((seen, true));
            };
            let file = match self.feed.open(self.place, &mut task, &mut block) {
                Ok(file) => file,
                Err(refusal) => {
                    let is_protected = refusal.code() == Code::Protected;
                    seen.protected += usize::from(is_protected);
                    seen.unreadable += usize::from(!is_protected);
                    continue;
                }
            };
            let is_useless = || task.number > self.cutoff.load(Relaxed);
            let came = scanner.scan(&file, &block, &is_useless);
            (self.meter.watch.go_on)()?;
            seen.count(&came);
            if !came.lines.is_empty() {
                self.meter.found.fetch_add(came.matches, Relaxed);
                let path = self.place.shown_below(&task.path);
                let cutoff = lock(&self.gather).add(task.number, FileMatches { path, lines: came.lines });
                self.cutoff.fetch_min(cutoff, Relaxed);
            }
        }
        Ok((seen, false))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    fn count(&mut self, scanned: &Scanned) {
        self.files += 1;
        match scanned.end {
            End::Whole => {}
            End::Binary if scanned.lines.is_empty() => self.binary += 1,
            End::Binary | End::LongLine => self.partly += 1,
            End::Unreadable => self.unreadable += 1,
        }
    }

    const fn add(&mut self, more: Self) {
        self.files += more.files;
        self.binary += more.binary;
        self.partly += more.partly;
        self.unreadable += more.unreadable;
        self.protected += more.protected;
    }
}

/// How much is done, for whoever waits.
struct Meter<'a> {
    watch: Watch<'a>,
    /// Entries, and blocks of files.
    done: AtomicU64,
    found: AtomicUsize,
    told: Mutex<u64>,
}

impl<'a> Meter<'a> {
    const fn new(watch: Watch<'a>) -> Self {
        Self { watch, done: AtomicU64::new(0), found: AtomicUsize::new(0), told: Mutex::new(0) }
    }

    /// One more entry, or block of a file.
    fn count(&self) {
        let done = self.done.fetch_add(1, Relaxed) + 1;
        if !done.is_multiple_of(limits::PROGRESS_ENTRIES as u64) {
            return;
        }
        // what is told only grows, so one at a time
        let mut told = lock(&self.told);
        if done > *told {
            *told = done;
            (self.watch.step)(done, self.found.load(Relaxed));
        }
    }
}
