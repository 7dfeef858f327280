//! What an owner may choose about the log.

use std::{path::PathBuf, time::Duration};

/// How sure an event is before its call is answered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Durability {
    /// In the kernel's hands: survives `kill -9`.
    #[default]
    Kernel,
    /// On the disk (`fdatasync`): survives a power cut.
    Disk,
}

/// What happens to a call whose event cannot be written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum OnFailure {
    /// It is refused.
    #[default]
    Refuse,
    /// It is served, and counted as unrecorded.
    Serve,
}

/// The `[events]` section.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Where the files are.
    pub dir: PathBuf,
    /// Total bytes of all files.
    pub max_bytes: u64,
    /// Older files go.
    pub max_age: Duration,
    /// How long a call waits for its event; `None` is 2 s, or 5 s with [`Durability::Disk`].
    pub ack: Option<Duration>,
    /// How sure an event is.
    pub durability: Durability,
    /// What happens otherwise.
    pub on_failure: OnFailure,
    /// The file with the key of the chain; `None` is a chain without a key.
    pub chain_key_file: Option<PathBuf>,
    /// Requests that are no call are written down too; `None` is on for HTTP, off for stdio.
    pub requests: Option<bool>,
}

impl Settings {
    /// The defaults, in `dir`.
    #[must_use]
    pub fn in_dir(dir: PathBuf) -> Self {
        Self {
            dir,
            max_bytes: 256 << 20,
            max_age: Duration::from_hours(90 * 24),
            ack: None,
            durability: Durability::default(),
            on_failure: OnFailure::default(),
            chain_key_file: None,
            requests: None,
        }
    }
}
