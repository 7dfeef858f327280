//! Events as they happen, for somebody who waits: `events tail -f`.
//!
//! The file system says when there is something to read; where it cannot, or
//! while there is no directory, this looks every [`limits::FOLLOW_EVERY`].

use std::{
    path::Path,
    sync::mpsc::{self, Receiver},
};

use super::{
    filter::Filter,
    reader::{Found, Record},
    tails::{More, Tails},
    watch::Watch,
};
use crate::limits;

/// Reads what is added to a directory of events.
#[derive(Debug)]
pub struct Follow {
    filter: Filter,
    tails: Tails,
    watch: Watch,
    woken: Receiver<()>,
}

impl Follow {
    /// Follows `dir` from behind the whole lines of the files in `known`.
    /// Files that are not in it are read from their beginning.
    #[must_use]
    pub fn new(dir: &Path, filter: Filter, known: &[Found]) -> Self {
        let (wake, woken) = mpsc::sync_channel(1);
        let watch = Watch::new(dir, move || {
            let _woken_already = wake.try_send(());
        });
        let mut follow = Self { filter, tails: Tails::at_end(dir, known), watch, woken };
        follow.set_watch();
        follow
    }

    /// What was added since, in the order of time.
    pub fn read(&mut self) -> Vec<Record> {
        self.set_watch();
        let mut records = Vec::new();
        loop {
            let batch = self.tails.read(&self.filter, usize::MAX, |_| None);
            records.extend(batch.events.into_iter().map(|(record, _)| record));
            if batch.more == More::No {
                return records;
            }
        }
    }

    /// What there is to say to the person who follows; each thing once.
    pub fn notices(&mut self) -> Vec<String> {
        self.tails.notices()
    }

    /// Waits until there may be something to read.
    pub fn wait(&mut self) {
        // the watch holds the other end of the channel as long as this lives
        let wait = if self.watch.is_set() { limits::LOOK_ANYWAY_EVERY } else { limits::FOLLOW_EVERY };
        let _woken_or_not = self.woken.recv_timeout(wait);
    }

    fn set_watch(&mut self) {
        if let Err(why) = self.watch.tend() {
            self.tails.say(why);
        }
    }
}
