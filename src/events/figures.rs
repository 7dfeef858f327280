//! What the room says of itself to whoever watches: how far the writer is, how
//! much there is, and the [`Tally`]. Reading any of it waits for no disk.

use std::{sync::atomic::Ordering, time::Duration};

use super::{EventKind, Severity, queue::Queue, recorder::Recorder, tally::Tally};

impl Queue {
    /// Counts what stands in the file now.
    pub(super) fn wrote(&self, bytes: u64, events: impl IntoIterator<Item = (EventKind, Severity)>) {
        self.dir_bytes.fetch_add(bytes, Ordering::Relaxed);
        for (kind, severity) in events {
            self.tally.wrote(kind, severity);
            self.written.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Recorder {
    /// What happened so far, in numbers.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.queue().tally
    }

    /// Says which tools are offered: their calls are counted one by one, all
    /// others together. To be said before the first call.
    pub fn name_tools(&self, names: &[&'static str]) {
        self.tally().name_tools(names);
    }

    /// Events that wait to be written.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue().waiting()
    }

    /// How long the writer has been at what it took last; nothing when it is idle.
    #[must_use]
    pub fn behind(&self) -> Duration {
        self.queue().busy_for()
    }

    /// Events that are missing from the log, and that it does not say so of yet.
    #[must_use]
    pub fn unsaid(&self) -> u64 {
        self.queue().unsaid.load(Ordering::Relaxed)
    }

    /// Bytes of all files in the directory, as far as known: those of other
    /// servers are looked at once in [`limits::EVENTS_PRUNE_EVERY`](crate::limits::EVENTS_PRUNE_EVERY).
    #[must_use]
    pub fn dir_bytes(&self) -> u64 {
        self.queue().dir_bytes.load(Ordering::Relaxed)
    }
}
