//! Whether the log is as it was written.
//!
//! Each file is gone through by itself (`part`), several at a time; then the
//! parts of each run are joined, and what other runs and the noted ends say of
//! them is compared (`join`). A [`Report`] holds what is wrong, exactly
//! where, and what cannot be told either way: it never says more than that.

mod fault;
mod join;
mod known;
mod line;
mod part;
mod seen;

use std::{
    collections::HashSet,
    io::{self, Read as _},
    iter::repeat_n,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

pub use fault::{Doubt, Fault, Unproven, What};
use jiff::Timestamp;

use self::{
    line::Placed,
    part::{Part, Walk},
};
use super::{
    chain::{Chain, ChainKey, KEYED},
    ends::{self, Noted},
    files::{FileName, RunName},
    lines,
    pruned::Mark,
    reader::{self, Found},
};
use crate::limits;

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Files that were written to then or later.
    pub since: Option<Timestamp>,
    /// Runs that had started by then.
    pub until: Option<Timestamp>,
    /// The key of the chain, and the file it is in.
    pub key: Option<(PathBuf, ChainKey)>,
    /// How many files are read side by side; `None` is as many as there are cores.
    pub threads: Option<NonZeroUsize>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// It goes on.
    Running,
    /// It said that it stopped.
    Stopped,
    /// It did not say so, and the next server found its end as it is.
    Killed,
    /// It did not say so, and nobody saw its end.
    Unknown,
    /// It was not looked at, for want of its key.
    Unchecked,
}

impl End {
    /// The word for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::Unknown => "not_proven",
            Self::Unchecked => "not_checked",
        }
    }
}

/// One run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Run {
    /// The name of its first part.
    pub first_file: String,
    /// Parts that are there.
    pub files: usize,
    /// Lines in them.
    pub lines: u64,
    /// Whether its chain takes a key.
    pub is_keyed: bool,
    /// How it ended.
    pub end: End,
    /// Whether the note beside the key, or another run, says that this is the end.
    pub is_anchored: bool,
    /// Findings in it.
    pub faults: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The runs, oldest first.
    pub runs: Vec<Run>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// Faults beyond those that are listed.
    pub more_faults: u64,
    /// What cannot be told.
    pub doubts: Vec<Doubt>,
    /// Bytes that were looked at.
    pub bytes: u64,
}

impl Report {
    /// Everything that is wrong, listed or not.
    #[must_use]
    pub fn fault_count(&self) -> u64 {
        self.faults.len() as u64 + self.more_faults
    }

    /// Lines that were looked at.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.runs.iter().map(|run| run.lines).sum()
    }
}

/// Looks at the log in `dir`.
///
/// Servers that go on may prune or begin a part while it is looked at, which
/// can look like a fault. A fault stays and such a moment does not, so of what
/// is found while somebody writes only that counts which is found again.
///
/// # Errors
///
/// When the directory, or that of the noted ends, cannot be read. `step` hears
/// of the bytes that were looked at.
pub fn verify(dir: &Path, asked: &Asked, step: &(dyn Fn(u64) + Sync)) -> io::Result<Report> {
    let mut report = look(dir, asked, step)?;
    for _ in 0..LOOKS_MORE {
        let is_written_to = report.runs.iter().any(|run| run.end == End::Running);
        if report.fault_count() == 0 || !is_written_to {
            break;
        }
        let before: HashSet<String> = report.faults.iter().map(Fault::to_string).collect();
        report = look(dir, asked, &|_| ())?;
        if report.more_faults == 0 {
            report.faults.retain(|fault| before.contains(&fault.to_string()));
            for run in &mut report.runs {
                let is_of = |fault: &&Fault| {
                    let names = FileName::parse(&run.first_file).zip(FileName::parse(&fault.file));
                    names.is_some_and(|(run, file)| file.is_same_run(&run))
                };
                run.faults = report.faults.iter().filter(is_of).count() as u64;
            }
        }
    }
    Ok(report)
}

/// How often what was found is looked at again, as long as some of it is still there.
const LOOKS_MORE: usize = 2;

fn look(dir: &Path, asked: &Asked, step: &(dyn Fn(u64) + Sync)) -> io::Result<Report> {
    // before the files: a run that goes on may only be further than its note
    let noted = match &asked.key {
        Some((file, key)) => ends::read(file, key)?,
        None => Vec::new(),
    };
    let files: Vec<Found> = reader::files(dir)?.into_iter().filter(|file| asked.covers(file)).collect();
    let key = asked.key.as_ref().map(|(_, key)| key);
    let chains = choices(&files, key, &noted);
    let mut looked = look_at_all(&files, &chains, asked.threads, step);
    // what was pruned meanwhile is not there; what stands for it is read behind the files
    let is_gone = |one: &Looked| matches!(&one.part, Err(error) if error.kind() == io::ErrorKind::NotFound);
    looked.retain(|one| !is_gone(one));
    let marks = marks(dir)?;
    let is_whole = asked.since.is_none() && asked.until.is_none();
    let mut report = join::join(looked, &noted, marks, key, is_whole);
    report.bytes = files.iter().map(|file| file.len).sum();
    Ok(report)
}

/// What stands for parts that were pruned.
fn marks(dir: &Path) -> io::Result<Vec<Mark>> {
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            let names = entries?.flatten().map(|entry| entry.file_name());
            Ok(names.filter_map(|name| Mark::parse(name.to_str()?)).collect())
        }
    }
}

impl Asked {
    fn covers(&self, file: &Found) -> bool {
        self.since.is_none_or(|since| file.modified >= since)
            && self.until.zip(file.name.started()).is_none_or(|(until, started)| started <= until)
    }
}

/// How a file is checked.
#[derive(Clone, Debug)]
struct Choice {
    chain: Chain,
    /// It takes a key that is not here, and how the run is chained then, where it says so.
    needs_key: Option<String>,
}

/// How each of the files, which are in order, is checked.
fn choices(files: &[Found], key: Option<&ChainKey>, noted: &[Noted]) -> Vec<Choice> {
    let noted: HashSet<RunName> = noted.iter().map(|noted| noted.first.run_name()).collect();
    let mut choices = Vec::with_capacity(files.len());
    for run in files.chunk_by(|one, next| one.name.is_same_run(&next.name)) {
        let Some(first) = run.first() else { continue };
        let is_noted = noted.contains(&first.name.run_name());
        choices.extend(repeat_n(choose(first, key, is_noted), run.len()));
    }
    choices
}

/// How a run is chained: as the note beside the key says, or else as its first line does,
/// or else, where that was pruned, as its lines are.
fn choose(first: &Found, key: Option<&ChainKey>, is_noted: bool) -> Choice {
    let keyed = |key: &ChainKey| Choice { chain: Chain::Keyed(key.clone()), needs_key: None };
    let plain = |needs_key| Choice { chain: Chain::Plain, needs_key };
    if let Some(key) = key.filter(|_| is_noted) {
        return keyed(key);
    }
    let head = head(&first.path).unwrap_or_default();
    let lines: Vec<&[u8]> = head.split(|byte| *byte == b'\n').collect();
    let declared = lines.first().and_then(|line| line::said(line)).and_then(|said| said.chain);
    match (declared, key) {
        (Some(word), Some(key)) if word == Chain::Keyed(key.clone()).word() => keyed(key),
        (Some(word), _) => plain(word.starts_with(KEYED).then_some(word)),
        (None, key) => {
            let pairs: Vec<(&[u8], Placed<'_>)> = lines
                .iter()
                .zip(lines.iter().skip(1))
                .filter_map(|(one, next)| Some((*one, Placed::read(next)?)))
                .collect();
            let fits = |chain: &Chain| pairs.iter().any(|(one, next)| chain.digest(one) == next.prev);
            if let Some(chain) = key.map(|key| Chain::Keyed(key.clone())).filter(&fits) {
                return Choice { chain, needs_key: None };
            }
            let is_other = !first.name.is_first() && !pairs.is_empty() && !fits(&Chain::Plain);
            plain(is_other.then(|| KEYED.to_owned()))
        }
    }
}

/// The first lines of a file.
fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    lines::open(path)?.take(4 * limits::EVENT_BYTES_MAX as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// One file after it was looked at.
struct Looked {
    file: Found,
    needs_key: Option<String>,
    is_keyed: bool,
    /// What it says, or why it cannot be read.
    part: Result<Part, io::Error>,
    /// A server writes to it, or wrote to it while it was read.
    is_live: bool,
}

fn look_at_all(
    files: &[Found],
    choices: &[Choice],
    threads: Option<NonZeroUsize>,
    step: &(dyn Fn(u64) + Sync),
) -> Vec<Looked> {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok());
    let threads = threads.map_or(1, usize::from).min(limits::VERIFY_THREADS_MAX);
    let (next, looked) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(files.len())));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(files.len()) {
            scope.spawn(|| {
                while let Some((file, choice)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|at| files.get(at).zip(choices.get(at)))
                {
                    let one = look_at(file, choice, step);
                    looked.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    let mut looked = looked.into_inner().unwrap_or_else(PoisonError::into_inner);
    looked.sort_by(|a, b| a.file.name.cmp(&b.file.name));
    looked
}

fn look_at(file: &Found, choice: &Choice, step: &(dyn Fn(u64) + Sync)) -> Looked {
    let was_live = file.is_live();
    let part = if choice.needs_key.is_some() {
        step(file.len);
        Ok(Walk::new(file.name.clone(), &choice.chain).end())
    } else {
        walk(file, &choice.chain, was_live, step)
    };
    let has_grown = std::fs::symlink_metadata(&file.path).is_ok_and(|now| now.len() != file.len);
    Looked {
        file: file.clone(),
        needs_key: choice.needs_key.clone(),
        is_keyed: choice.chain.key().is_some() || choice.needs_key.is_some(),
        part,
        is_live: was_live || has_grown,
    }
}

/// Bytes that are read at once.
const BLOCK_BYTES: usize = 256 << 10;

/// Goes through the first `len` bytes of a file, in bounded memory.
fn walk(found: &Found, chain: &Chain, is_live: bool, step: &(dyn Fn(u64) + Sync)) -> io::Result<Part> {
    let mut walk = Walk::new(found.name.clone(), chain);
    let mut file = lines::open(&found.path)?.take(found.len);
    let mut buffer = vec![0; BLOCK_BYTES];
    // where the buffer begins in the file, how much of it is filled, and where a long line began
    let (mut from, mut filled, mut skipping) = (0_u64, 0, None);
    loop {
        let count = match file.read(buffer.get_mut(filled..).unwrap_or_default()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        step(count as u64);
        filled += count;
        let mut rest = buffer.get(..filled).unwrap_or_default();
        let mut at = from;
        while let Some(newline) = memchr::memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(newline);
            match skipping.take() {
                Some(began) => walk.too_long(began),
                None if line.len() > limits::EVENT_LINE_READ_MAX => walk.too_long(at),
                None => walk.line(at, line),
            }
            at += newline as u64 + 1;
            rest = behind.get(1..).unwrap_or_default();
        }
        if count == 0 {
            let began = skipping.unwrap_or(at);
            let torn = from + filled as u64 - began;
            if torn > 0 && !is_live {
                walk.torn(began, torn);
            }
            return Ok(walk.end());
        }
        let mut left = rest.len();
        if left > limits::EVENT_LINE_READ_MAX {
            skipping.get_or_insert(at);
            (at, left) = (at + left as u64, 0);
        }
        let start = filled - left;
        buffer.copy_within(start..filled, 0);
        (from, filled) = (at, left);
    }
}
