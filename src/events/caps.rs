//! What bounds the directory, and what is set aside in it.

use std::{fs::File, time::Duration};

use crate::limits;

/// What bounds the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    pub(super) max_bytes: u64,
    pub(super) max_age: Duration,
}

impl Caps {
    /// Bytes of one part: small directories have small parts, or nothing could be pruned.
    pub(super) fn part_bytes(self) -> u64 {
        (self.max_bytes / 8).clamp(64 << 10, limits::EVENT_PART_BYTES_MAX)
    }

    /// Caps are looked at after so many bytes of our own.
    pub(super) fn step_bytes(self) -> u64 {
        (self.max_bytes / 64).clamp(16 << 10, limits::EVENTS_PRUNE_BYTES)
    }

    /// What all servers together may write between two looks.
    pub(super) fn headroom_bytes(self) -> u64 {
        self.max_bytes / 16
    }
}

/// Space that is set aside.
pub(super) enum Reserve {
    Unasked,
    Held {
        _space: File,
    },
    Spent,
    /// This file system gives none.
    None,
}
