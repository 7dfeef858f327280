//! Events of all runs in a directory, in the order of time.
//!
//! A reader changes nothing and trusts nothing: a file may be torn, cut,
//! binary, empty, unreadable, without a newline, or written by a newer
//! version. What is skipped is said once a file and reason, and it goes on.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
    fmt, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    files::FileName,
    filter::{Filter, Judged},
    lines,
    needles::Needles,
    scan::{Noted, Scan},
};
pub use super::{
    lines::Order,
    record::{Fields, Record, Remark, Unread},
};

/// One file of events.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name.
    pub name: FileName,
    /// Where it is.
    pub path: PathBuf,
    /// Its length when it was looked at.
    pub len: u64,
    /// When it was written to last.
    pub modified: Timestamp,
    /// Device and number: what a name leads to may change.
    pub(super) id: (u64, u64),
}

impl Found {
    /// Whether a server holds it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        lines::open(&self.path).is_ok_and(|file| file.try_lock_shared().is_err())
    }
}

/// The files of a directory, by time. A directory that is not there has none.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn files(dir: &Path) -> io::Result<Vec<Found>> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().and_then(FileName::parse) else { continue };
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_file() {
            let modified = meta.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
            let modified = modified.unwrap_or(Timestamp::MAX);
            let id = (meta.dev(), meta.ino());
            found.push(Found { name, path: entry.path(), len: meta.len(), modified, id });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    settle(&mut found);
    Ok(found)
}

/// A part may end and the next begin while the names are gathered; then the
/// length of the first is of before. Behind it another begins, so now it is known.
fn settle(found: &mut [Found]) {
    let ended: Vec<usize> = (1..found.len())
        .filter(|at| matches!(found.get(at - 1..=*at), Some([one, next]) if next.name.is_same_run(&one.name)))
        .collect();
    for next in ended {
        if let Some(part) = next.checked_sub(1).and_then(|at| found.get_mut(at))
            && let Ok(meta) = std::fs::symlink_metadata(&part.path)
            && (meta.dev(), meta.ino()) == part.id
        {
            part.len = meta.len();
        }
    }
}

/// The parts of one run that are still to be read.
struct Run {
    parts: VecDeque<Found>,
    reading: Option<Scan>,
}

impl Run {
    /// No event of it is older (oldest first) or newer (newest first).
    fn edge(&self, order: Order) -> Timestamp {
        let Some(part) = self.parts.front() else { return Timestamp::MIN };
        match order {
            Order::Oldest => part.name.started().unwrap_or(Timestamp::MIN),
            // the system stamps files with a coarser clock
            Order::Newest => {
                part.modified.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX)
            }
        }
    }
}

/// An event on its way out, and where the next one comes from.
struct Head {
    rank: i128,
    record: Record,
    run: Run,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}
impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}
impl Eq for Head {}

/// More runs than this give their memory back while they wait.
const UNPARKED_MAX: usize = 32;

/// The events of a directory that a filter lets through, in the order of time.
pub struct Events {
    order: Order,
    filter: Filter,
    needles: Arc<Needles>,
    waiting: Vec<Run>,
    heads: BinaryHeap<Head>,
    noted: Noted,
    step: Box<dyn Fn(u64) + Send>,
}

/// What was gone through.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Looked {
    /// Files.
    pub files: usize,
    /// Lines.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("order", &self.order)
            .field("looked_at", &self.noted.looked)
            .finish_non_exhaustive()
    }
}

impl Events {
    /// Reads `files`, as [`files`] gives them.
    #[must_use]
    pub fn new(files: Vec<Found>, filter: Filter, order: Order) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for file in files {
            let is_next = runs.last().and_then(|run| run.parts.back());
            if is_next.is_some_and(|last| last.name.is_same_run(&file.name))
                && let Some(run) = runs.last_mut()
            {
                run.parts.push_back(file);
            } else {
                runs.push(Run { parts: VecDeque::from([file]), reading: None });
            }
        }
        for run in &mut runs {
            run.parts.retain(|part| filter.may_be_between(part.name.started(), part.modified));
            if order == Order::Newest {
                run.parts.make_contiguous().reverse();
            }
        }
        runs.retain(|run| !run.parts.is_empty());
        // the one to look at first stands last
        runs.sort_by_key(|run| run.edge(order));
        if order == Order::Oldest {
            runs.reverse();
        }
        Self {
            order,
            needles: Arc::new(Needles::of(&filter)),
            filter,
            waiting: runs,
            heads: BinaryHeap::new(),
            noted: Noted::default(),
            step: Box::new(|_| ()),
        }
    }

    /// The same, and `step` hears of the bytes that are gone through.
    #[must_use]
    pub fn watched(mut self, step: impl Fn(u64) + Send + 'static) -> Self {
        self.step = Box::new(step);
        self
    }

    /// What was skipped so far.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        self.noted.remarks()
    }

    /// What was gone through so far.
    #[must_use]
    pub const fn looked_at(&self) -> Looked {
        self.noted.looked
    }

    fn rank(&self, at: Timestamp) -> i128 {
        let nanos = at.as_nanosecond();
        if self.order == Order::Newest { nanos } else { -nanos }
    }

    /// Lets in the runs that may hold the next event.
    fn admit(&mut self) {
        while let Some(run) = self.waiting.last() {
            let edge = self.rank(run.edge(self.order));
            if self.heads.peek().is_some_and(|head| head.rank > edge) {
                break;
            }
            if let Some(run) = self.waiting.pop() {
                self.advance(run);
            }
        }
    }

    /// Finds the next event of a run, and lines it up.
    fn advance(&mut self, mut run: Run) {
        if let Some(record) = self.next_of(&mut run) {
            if self.heads.len() > UNPARKED_MAX
                && let Some(scan) = &mut run.reading
            {
                scan.park();
            }
            self.heads.push(Head { rank: self.rank(record.at), record, run });
        }
    }

    fn next_of(&mut self, run: &mut Run) -> Option<Record> {
        loop {
            if run.reading.is_none() {
                let part = run.parts.pop_front()?;
                self.noted.looked.files += 1;
                run.reading = Some(Scan::new(part, Arc::clone(&self.needles), self.order));
            }
            let scan = run.reading.as_mut()?;
            let (at, unread) = match scan.next(&mut self.noted, &*self.step) {
                None => {
                    run.reading = None;
                    continue;
                }
                Some((at, line)) => match record(line, &self.filter) {
                    Ok(Ok(record)) => return Some(record),
                    Ok(Err(Some(at))) if self.order == Order::Newest && self.filter.is_past(at) => {
                        (run.reading, run.parts) = (None, VecDeque::new());
                        continue;
                    }
                    Ok(Err(_)) => continue,
                    Err(unread) => (at, unread),
                },
            };
            self.noted.skip(&scan.file.name, unread, at);
        }
    }
}

/// A line that is asked for, or when its event was. What is not asked for is only looked at.
fn record(line: &[u8], filter: &Filter) -> Result<Result<Record, Option<Timestamp>>, Unread> {
    if !filter.is_empty()
        && let Judged::Not(at) = filter.judge(line)?
    {
        return Ok(Err(at));
    }
    Record::parse(line).map(Ok)
}

impl Iterator for Events {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        self.admit();
        let head = self.heads.pop()?;
        self.advance(head.run);
        Some(head.record)
    }
}
