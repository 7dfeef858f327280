//! Events as they happen: across parts, cut files, several servers, and a
//! directory that is not there yet.
//!
//! The file system says when there is something to read; where it cannot, or
//! while there is no directory, this looks every [`limits::FOLLOW_EVERY`].

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _, Seek as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use jiff::Timestamp;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::{
    files::FileName,
    filter::{Filter, Judged},
    lines::{self, Lines, Order, Piece},
    needles::Needles,
    reader::{self, Found, Record, Unread},
};
use crate::limits;

/// A watch may be lost without a word; then this is how late an event is.
const LOOK_ANYWAY_EVERY: Duration = Duration::from_secs(2);

/// Reads what is added to a directory of events.
#[derive(Debug)]
pub struct Follow {
    dir: PathBuf,
    filter: Filter,
    files: BTreeMap<FileName, Tail>,
    watch: Watch,
    notices: Vec<String>,
    said: Vec<String>,
}

/// Where one file was read to.
#[derive(Debug)]
struct Tail {
    /// Opened once there is something to read, and kept: a name may go before its end was read.
    file: Option<File>,
    id: (u64, u64),
    at: u64,
    rest: Vec<u8>,
    skipping: bool,
}

#[derive(Debug)]
enum Watch {
    /// Not tried, or nothing there to watch.
    Unset,
    /// It wakes us.
    Set { _watcher: RecommendedWatcher, woken: Receiver<()>, id: (u64, u64) },
    /// This system has no notifications.
    Impossible,
}

impl Follow {
    /// Follows `dir` from behind the whole lines of the files in `known`.
    /// Files that are not in it are read from their beginning.
    #[must_use]
    pub fn new(dir: &Path, filter: Filter, known: &[Found]) -> Self {
        let mut follow = Self {
            dir: dir.to_owned(),
            filter,
            files: BTreeMap::new(),
            watch: Watch::Unset,
            notices: Vec::new(),
            said: Vec::new(),
        };
        follow.set_watch();
        for found in known {
            // only a file that is still written to may end within a line that goes on
            let at = if found.is_live() { whole(found) } else { found.len };
            follow.files.insert(found.name.clone(), Tail::new(found.id, at));
        }
        follow
    }

    /// What was added since, in the order of time.
    pub fn read(&mut self) -> Vec<Record> {
        self.set_watch();
        let found = match reader::files(&self.dir) {
            Ok(found) => found,
            Err(error) => {
                self.say(format!("`{}` cannot be read: {error}", self.dir.display()));
                return Vec::new();
            }
        };
        let mut records = Vec::new();
        for (at, file) in found.iter().enumerate() {
            // A part may end and the next begin while the names are gathered: then the length of
            // the first is of before, and its last lines would come behind those of the next.
            let next = found.get(at + 1).filter(|next| next.name.is_same_run(&file.name));
            if self.has_news(file) || next.is_some_and(|next| self.has_news(next)) {
                self.meet(file, &mut records);
            }
        }
        let names: Vec<_> = found.iter().map(|file| &file.name).collect();
        let gone: Vec<_> = self.files.keys().filter(|name| !names.contains(name)).cloned().collect();
        for name in gone {
            self.leave(&name, &mut records);
        }
        in_order(records)
    }

    /// What there is to say to the person who follows; each thing once.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Waits until there may be something to read.
    pub fn wait(&mut self) {
        match &self.watch {
            Watch::Set { woken, .. } => {
                if woken.recv_timeout(LOOK_ANYWAY_EVERY) == Err(RecvTimeoutError::Disconnected) {
                    self.watch = Watch::Unset;
                }
            }
            Watch::Unset | Watch::Impossible => std::thread::sleep(limits::FOLLOW_EVERY),
        }
    }

    /// Whether there is something to read, as far as the file's length tells.
    fn has_news(&self, found: &Found) -> bool {
        self.files.get(&found.name).map_or(found.len > 0, |tail| tail.id != found.id || tail.at != found.len)
    }

    fn meet(&mut self, found: &Found, records: &mut Vec<Record>) {
        if self.files.get(&found.name).is_some_and(|tail| tail.id != found.id) {
            self.leave(&found.name, records);
            self.say(format!("{} was replaced; reading the new one", found.name));
        }
        let tail = self.files.entry(found.name.clone()).or_insert_with(|| Tail::new(found.id, 0));
        match tail.open(&found.path).and_then(|()| tail.read(&self.filter, records)) {
            Ok(Some(what)) => self.say(format!("{}: {what}", found.name)),
            Ok(None) => {}
            Err(error) => self.say(format!("{} cannot be read: {error}", found.name)),
        }
    }

    /// Reads the rest of a file that has no name any more.
    fn leave(&mut self, name: &FileName, records: &mut Vec<Record>) {
        if let Some(mut tail) = self.files.remove(name)
            && let Err(error) = tail.read(&self.filter, records)
        {
            self.say(format!("{name} cannot be read: {error}"));
        }
    }

    fn say(&mut self, notice: String) {
        // bounded: beyond that, whoever reads them has enough to go on
        if self.said.len() < 256 && !self.said.contains(&notice) {
            self.said.push(notice.clone());
            self.notices.push(notice);
        }
    }

    fn set_watch(&mut self) {
        let id = std::fs::metadata(&self.dir).map(|meta| (meta.dev(), meta.ino())).ok();
        match (&self.watch, id) {
            (Watch::Impossible, _) => return,
            (Watch::Set { id: watched, .. }, Some(id)) if *watched == id => return,
            _ => self.watch = Watch::Unset,
        }
        let Some(id) = id else {
            return self.say(format!("`{}` is not there yet; waiting for it", self.dir.display()));
        };
        let (wake, woken) = mpsc::sync_channel(1);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // that somebody reads, such as this, is no news
            if !event.is_ok_and(|event| event.kind.is_access()) {
                let _woken_already = wake.try_send(());
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(&self.dir, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        self.watch = match watcher {
            Ok(watcher) => Watch::Set { _watcher: watcher, woken, id },
            Err(error) => {
                let every = limits::FOLLOW_EVERY.as_millis();
                self.say(format!("no notifications here ({error}); looking every {every} ms"));
                Watch::Impossible
            }
        };
    }
}

/// By time, but the events of one run as they were written: a wall clock may go back.
fn in_order(records: Vec<Record>) -> Vec<Record> {
    let mut latest: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut keyed: Vec<(Timestamp, Record)> = Vec::with_capacity(records.len());
    for record in records {
        let at = latest.entry(record.fields.run.clone()).or_insert(record.at);
        *at = record.at.max(*at);
        keyed.push((*at, record));
    }
    keyed.sort_by_key(|(at, _)| *at);
    keyed.into_iter().map(|(_, record)| record).collect()
}

/// Where the last whole line ends.
fn whole(found: &Found) -> u64 {
    let mut lines = Lines::new(found.path.clone(), found.len, Order::Newest);
    match lines.next(&Needles::default()) {
        Ok(Some((at, Piece::Torn))) => at,
        _ => found.len,
    }
}

impl Tail {
    fn new(id: (u64, u64), at: u64) -> Self {
        Self { file: None, id, at, rest: Vec::new(), skipping: false }
    }

    fn open(&mut self, path: &Path) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(lines::open(path)?);
        }
        Ok(())
    }

    /// Reads whole lines. Says what was strange about them.
    fn read(&mut self, filter: &Filter, records: &mut Vec<Record>) -> io::Result<Option<String>> {
        let Some(file) = self.file.take() else { return Ok(None) };
        let strange = self.read_from(&file, filter, records);
        self.file = Some(file);
        strange
    }

    fn read_from(
        &mut self,
        mut file: &File,
        filter: &Filter,
        records: &mut Vec<Record>,
    ) -> io::Result<Option<String>> {
        let mut strange = None;
        if file.metadata()?.len() < self.at {
            (self.at, self.skipping) = (0, false);
            self.rest.clear();
            strange = Some("the file was cut; reading it from its beginning".to_owned());
        }
        file.seek(io::SeekFrom::Start(self.at))?;
        let mut block = vec![0; 64 << 10];
        loop {
            let count = match file.read(&mut block) {
                Ok(0) => return Ok(strange),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.at += count as u64;
            for piece in block.get(..count).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
                if let Err(unread) = self.take(piece, filter, records) {
                    strange = Some(unread.to_string());
                }
            }
        }
    }

    fn take(&mut self, piece: &[u8], filter: &Filter, records: &mut Vec<Record>) -> Result<(), Unread> {
        let (piece, is_whole) = match piece.strip_suffix(b"\n") {
            Some(line) => (line, true),
            None => (piece, false),
        };
        if self.rest.len() + piece.len() > limits::EVENT_LINE_READ_MAX {
            self.skipping = true;
            self.rest.clear();
        } else if !self.skipping {
            self.rest.extend_from_slice(piece);
        }
        if !is_whole {
            return Ok(());
        }
        let line = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skipping) {
            return Err(Unread::TooLong);
        }
        if let Judged::AskedFor(_) = filter.judge(&line)? {
            records.push(Record::parse(&line)?);
        }
        Ok(())
    }
}
