//! The files that a search looks into, one by one and in order.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use cap_std::fs::Dir;

use super::{Meter, Names, Seen, lock, rules::Rules};
use crate::{
    refusal::{Code, Refusal},
    sandbox::files::{Choice, GoOn, Guide, Kind, OpenedFile, Place, Skipped, Walk, shield::Ward},
};

/// What version control keeps for itself: no text that anybody wrote.
const KEPT_BY_TOOLS: [&str; 4] = [".git", ".hg", ".svn", ".jj"];

/// A file to be looked into.
pub(super) struct Task {
    /// Its number in the order of all.
    pub(super) number: usize,
    /// Where it is, below the place.
    pub(super) path: PathBuf,
    /// The file, where it is open already.
    pub(super) file: Option<OpenedFile>,
}

/// Where files come from. Whoever finds that few are left lets the walk go on
/// while the others take those.
pub(super) struct Feed<'a> {
    ready: Mutex<VecDeque<Task>>,
    walk: Option<Mutex<Paces<'a>>>,
    base: Option<(Arc<Dir>, Ward)>,
}

/// A walk, and how many files it has come by.
struct Paces<'a> {
    walk: Walk<Wanted<'a>>,
    files: usize,
}

/// Files that are made ready at once.
const READY: usize = 64;

/// Which files of a directory are looked into.
struct Wanted<'a> {
    names: &'a Names,
    rules: Rules,
    meter: &'a Meter<'a>,
    ignored: usize,
    protected: usize,
}

impl<'a> Feed<'a> {
    pub(super) fn of_file(file: OpenedFile) -> Self {
        let task = Task { number: 1, path: PathBuf::new(), file: Some(file) };
        Self { ready: Mutex::new(VecDeque::from([task])), walk: None, base: None }
    }

    pub(super) fn of_directory(
        place: &Place,
        names: &'a Names,
        meter: &'a Meter<'a>,
    ) -> Result<Self, Refusal> {
        let walk =
            place.walk(Wanted { names, rules: Rules::above(place), meter, ignored: 0, protected: 0 })?;
        let base = Some((walk.base(), walk.ward().clone()));
        Ok(Self { ready: Mutex::default(), walk: Some(Mutex::new(Paces { walk, files: 0 })), base })
    }

    /// Opens the file of a task, and reads its first block. This is where a search opens what it looks into.
    pub(super) fn open(
        &self,
        place: &Place,
        task: &mut Task,
        block: &mut Vec<u8>,
    ) -> Result<OpenedFile, Refusal> {
        match (task.file.take(), &self.base) {
            (None, Some((base, ward))) => {
                let spot = ward.spot(&task.path);
                place.below(&task.path).open_found(base, &task.path, &spot, block)
            }
            (None, None) => Err(Refusal::failed(Code::NotFound, "it was opened already")),
            (Some(file), _) => file.begin(block).map(|()| file).map_err(Refusal::from),
        }
    }

    /// The next file.
    pub(super) fn next(&self, go_on: GoOn<'_>) -> Result<Option<Task>, Refusal> {
        let (task, left) = self.take();
        let Some(walk) = &self.walk else { return Ok(task) };
        if task.is_some() {
            if left < READY / 2
                && let Ok(mut walk) = walk.try_lock()
            {
                self.make_ready(&mut walk, go_on)?;
            }
            return Ok(task);
        }
        let mut walk = lock(walk);
        loop {
            // somebody else may have made some ready, or taken those made here
            if let (Some(task), _) = self.take() {
                return Ok(Some(task));
            }
            if self.make_ready(&mut walk, go_on)? == 0 {
                return Ok(None);
            }
        }
    }

    /// Takes the first file that is ready, and says how many are left.
    fn take(&self) -> (Option<Task>, usize) {
        let mut ready = lock(&self.ready);
        (ready.pop_front(), ready.len())
    }

    /// Returns how many are ready now that were not.
    fn make_ready(&self, paces: &mut Paces<'_>, go_on: GoOn<'_>) -> Result<usize, Refusal> {
        for made in 0..READY {
            let Some(found) = paces.walk.next(go_on)? else { return Ok(made) };
            paces.files += 1;
            lock(&self.ready).push_back(Task { number: paces.files, path: found.path, file: None });
        }
        Ok(READY)
    }

    /// Adds to `seen` what was seen on the way. Returns what was left out.
    pub(super) fn account(self, seen: &mut Seen) -> Skipped {
        let Some(walk) = self.walk else { return Skipped::default() };
        let walk = walk.into_inner().unwrap_or_else(PoisonError::into_inner).walk;
        seen.entries = walk.seen();
        seen.ignored = walk.guide().ignored;
        seen.unfollowed = walk.guide().rules.unfollowed();
        let mut skipped = walk.skipped();
        skipped.protected += walk.guide().protected;
        skipped
    }
}

impl Guide for Wanted<'_> {
    fn enter(&mut self, base: &Dir, path: &Path) {
        self.rules.enter(base, path);
    }

    fn choose(&mut self, path: &Path, kind: Kind) -> Choice {
        self.meter.count();
        if kind == Kind::Protected {
            self.protected += 1;
            return Choice::default();
        }
        let is_directory = kind == Kind::Directory;
        let is_kept_by_tools =
            || path.file_name().is_some_and(|name| KEPT_BY_TOOLS.iter().any(|kept| name == *kept));
        if (!is_directory && kind != Kind::File) || (is_directory && is_kept_by_tools()) {
            return Choice::default();
        }
        if self.rules.ignore(path, is_directory) {
            self.ignored += 1;
            return Choice::default();
        }
        let is_wanted = !is_directory
            && match self.names {
                Names::All => true,
                Names::Only(glob) => glob.is_match(path),
                Names::AllBut(glob) => !glob.is_match(path),
            };
        Choice { is_wanted, is_entered: is_directory }
    }

    fn leave(&mut self) {
        self.rules.leave();
    }
}
