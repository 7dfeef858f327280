//! What is known of the files of a log besides the files themselves: what other runs saw of them, what was
//! noted beside the key, and what stands for parts that were pruned.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{Looked, line::Said, part::Left};
use crate::events::{
    chain::{Chain, ChainKey, Digest},
    ends::Noted,
    files::{FileName, RunName},
    pruned::Mark,
};

/// How another run, or the note beside the key, saw a file end.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) left: Left,
    pub(super) seq: Option<u64>,
    /// Sealed. Not known if that run is chained in another way.
    pub(super) digest: Option<Digest>,
    /// As it was chained by who says so.
    pub(super) chain: Option<String>,
    /// When the file was written to last.
    modified: Option<Timestamp>,
    /// Nothing of its run was left.
    is_last_of_run: bool,
}

impl Seen {
    fn read((left, said): &(Left, Said)) -> Option<(FileName, Self)> {
        let file = FileName::parse(said.file.as_deref()?)?;
        let digest = said.last_digest.as_deref().and_then(|digest| Digest::parse(digest.as_bytes()));
        let modified = said.modified.as_deref().and_then(|at| at.parse().ok());
        let is_last_of_run = said.last_of_run == Some(true);
        let (left, seq, chain) = (*left, said.last_seq, said.chain.clone());
        Some((file, Self { left, seq, digest, chain, modified, is_last_of_run }))
    }
}

/// Everything that is known besides the parts themselves.
pub(super) struct Known<'a> {
    pub(super) seen: HashMap<FileName, Vec<Seen>>,
    /// Runs of which the last part was pruned.
    pub(super) ended: HashSet<RunName>,
    /// When the youngest file was written to last that somebody pruned: the oldest go first.
    pruned_until: Option<Timestamp>,
    /// What stands for parts that were pruned.
    marks: HashMap<RunName, Vec<Mark>>,
    pub(super) noted: HashMap<RunName, &'a Noted>,
    pub(super) key: Option<&'a ChainKey>,
    /// No file was left out by the time it is from.
    pub(super) is_whole: bool,
}

impl<'a> Known<'a> {
    /// From what the files say, and what was found beside them.
    pub(super) fn gather(
        looked: &[Looked],
        noted: &'a [Noted],
        marks: Vec<Mark>,
        key: Option<&'a ChainKey>,
        is_whole: bool,
    ) -> Self {
        let mut seen: HashMap<FileName, Vec<Seen>> = HashMap::new();
        // where there is a key, what was written without it says nothing: anybody could have
        let believed = looked.iter().filter(|one| key.is_none() || one.is_keyed);
        let parts = believed.filter_map(|one| one.part.as_ref().ok());
        for (file, one) in parts.flat_map(|part| part.said.iter().filter_map(Seen::read)) {
            seen.entry(file).or_default().push(one);
        }
        let all = seen.iter().flat_map(|(file, seen)| seen.iter().map(move |seen| (file, seen)));
        let (mut ended, mut pruned_until) = (HashSet::new(), None);
        for (file, seen) in all.filter(|(_, seen)| seen.left == Left::Pruned) {
            pruned_until = pruned_until.max(seen.modified);
            if seen.is_last_of_run {
                ended.insert(file.run_name());
            }
        }
        let mut marked: HashMap<RunName, Vec<Mark>> = HashMap::new();
        for mark in marks {
            marked.entry(mark.part.run_name()).or_default().push(mark);
        }
        let noted = noted.iter().map(|noted| (noted.first.run_name(), noted)).collect();
        Self { seen, ended, pruned_until, marks: marked, noted, key, is_whole }
    }

    pub(super) fn of(&self, file: &FileName, left: Left) -> Option<&Seen> {
        self.seen.get(file)?.iter().find(|seen| seen.left == left)
    }

    /// Whether a file that was seen like this is gone because it was pruned: a younger one was.
    pub(super) fn was_pruned(&self, seen: &[Seen]) -> bool {
        let until = self.pruned_until;
        seen.iter().any(|seen| seen.modified.is_some_and(|at| until.is_some_and(|until| at <= until)))
    }

    /// The mark that says that the run may begin behind `part`.
    pub(super) fn mark(&self, part: &FileName, is_keyed: bool) -> Option<&Mark> {
        let marks = self.marks.get(&part.run_name())?;
        let is_believed = |mark: &&Mark| match self.key {
            Some(key) if mark.is_by(&Chain::Keyed(key.clone())) => true,
            Some(_) if is_keyed => false,
            _ => mark.is_by(&Chain::Plain),
        };
        marks.iter().filter(|mark| mark.part >= *part).find(is_believed)
    }

    pub(super) fn noted(&self, run: &FileName) -> Option<&'a Noted> {
        self.noted.get(&run.run_name()).copied()
    }
}
