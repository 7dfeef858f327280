//! The key of the chain, read from a file of its own.
//!
//! Whoever can read it can make the chain anew, so it must be its owner's
//! alone, and must not lie where the log is.

use std::{
    fs::File,
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use secrecy::zeroize::Zeroizing;

use super::chain::ChainKey;
use crate::limits;

/// Why a chain key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the key of the log's chain in `{}` cannot be used: {why}", file.display())]
pub struct ChainKeyError {
    /// Where it is.
    pub file: PathBuf,
    /// Half a sentence.
    pub why: String,
}

impl ChainKeyError {
    pub(super) fn new(file: &Path, why: impl Into<String>) -> Self {
        Self { file: file.to_owned(), why: why.into() }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        let file = self.file.display();
        format!("make one with `(umask 077; openssl rand -hex 32 > {file})`, outside the log and every root")
    }
}

/// Reads the key for a log in `events_dir`. A line break at its end is not part of it.
///
/// # Errors
///
/// When it cannot be read, is no regular file, is too short or too long, may
/// be read or written by others, or lies in the log.
pub fn read(file: &Path, events_dir: &Path) -> Result<ChainKey, ChainKeyError> {
    let wrong = |why: &str| ChainKeyError::new(file, why);
    let failed = |error: io::Error| ChainKeyError::new(file, error.to_string());
    let real = std::fs::canonicalize(file).map_err(failed)?;
    // the notes of where runs end lie beside the name, which may be a link
    let beside = file.parent().map(std::fs::canonicalize).transpose().map_err(failed)?;
    if let Ok(dir) = std::fs::canonicalize(events_dir)
        && (real.starts_with(&dir) || beside.is_some_and(|beside| beside.starts_with(&dir)))
    {
        return Err(wrong("it lies in the log, where whoever can write the log could reach it"));
    }
    let opened = File::open(&real).map_err(failed)?;
    let meta = opened.metadata().map_err(failed)?;
    let me = rustix::process::geteuid().as_raw();
    if !meta.is_file() {
        return Err(wrong("it is not a regular file"));
    }
    if meta.uid() != 0 && meta.uid() != me {
        return Err(wrong("it belongs to another user"));
    }
    if meta.mode() & 0o077 != 0 {
        let mode = meta.mode() & 0o7777;
        return Err(wrong(&format!("others than its owner may use it (mode {mode:04o}; `chmod 600` it)")));
    }
    let mut secret =
        Zeroizing::new(Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).min(8 << 10)));
    opened.take(limits::CHAIN_KEY_BYTES_MAX + 1).read_to_end(&mut secret).map_err(failed)?;
    let text = secret.trim_ascii_end();
    if text.len() < limits::CHAIN_KEY_BYTES_MIN {
        return Err(wrong(&format!("it is shorter than {} bytes", limits::CHAIN_KEY_BYTES_MIN)));
    }
    if text.len() as u64 > limits::CHAIN_KEY_BYTES_MAX {
        return Err(wrong(&format!("it is longer than {} bytes", limits::CHAIN_KEY_BYTES_MAX)));
    }
    ChainKey::new(text).ok_or_else(|| wrong("it is no key"))
}
