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
    /// What to do. Never what would overwrite a key: the log of before needs it.
    pub hint: String,
}

impl ChainKeyError {
    pub(super) fn new(file: &Path, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), why: why.into(), hint: hint.into() }
    }
}

/// What to do where there is no key yet, or was one.
fn make(file: &Path) -> String {
    let file = file.display();
    format!(
        "put the one of before back, which the log of before needs; if there was none, make one with \
         `(umask 077; openssl rand -hex 32 > {file})`, outside the log and every root"
    )
}

/// Reads the key for a log in `events_dir`. A line break at its end is not part of it.
///
/// # Errors
///
/// When it cannot be read, is no regular file, is too short or too long, may
/// be read or written by others, or lies in the log.
pub fn read(file: &Path, events_dir: &Path) -> Result<ChainKey, ChainKeyError> {
    let shown = file.display();
    let wrong = |why: &str, hint: &str| ChainKeyError::new(file, why, hint);
    let failed = |error: io::Error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => make(file),
            _ => "let the user that the server runs as read it".to_owned(),
        };
        ChainKeyError::new(file, error.to_string(), hint)
    };
    let real = std::fs::canonicalize(file).map_err(failed)?;
    // the notes of where runs end lie beside the name, which may be a link
    let beside = file.parent().map(std::fs::canonicalize).transpose().map_err(failed)?;
    if let Ok(dir) = std::fs::canonicalize(events_dir)
        && (real.starts_with(&dir) || beside.is_some_and(|beside| beside.starts_with(&dir)))
    {
        return Err(wrong(
            "it lies in the log, where whoever can write the log could reach it",
            "move it elsewhere with the notes beside it, and name that place with `events.chain_key_file`",
        ));
    }
    let opened = File::open(&real).map_err(failed)?;
    let meta = opened.metadata().map_err(failed)?;
    let me = rustix::process::geteuid().as_raw();
    if !meta.is_file() {
        return Err(wrong("it is not a regular file", "name the file itself with `events.chain_key_file`"));
    }
    if meta.uid() != 0 && meta.uid() != me {
        return Err(wrong(
            "it belongs to another user",
            "give it to the user that the server runs as, with `chown`",
        ));
    }
    if meta.mode() & 0o077 != 0 {
        let mode = meta.mode() & 0o7777;
        let why = format!("others than its owner may use it (mode {mode:04o})");
        return Err(wrong(
            &why,
            &format!("take that from them with `chmod 600 {shown}`; whoever read it could forge the log"),
        ));
    }
    let mut secret =
        Zeroizing::new(Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).min(8 << 10)));
    opened.take(limits::CHAIN_KEY_BYTES_MAX + 1).read_to_end(&mut secret).map_err(failed)?;
    let text = secret.trim_ascii_end();
    if text.len() < limits::CHAIN_KEY_BYTES_MIN {
        return Err(wrong(&format!("it is shorter than {} bytes", limits::CHAIN_KEY_BYTES_MIN), &make(file)));
    }
    if text.len() as u64 > limits::CHAIN_KEY_BYTES_MAX {
        return Err(wrong(&format!("it is longer than {} bytes", limits::CHAIN_KEY_BYTES_MAX), &make(file)));
    }
    ChainKey::new(text).ok_or_else(|| wrong("it is no key", &make(file)))
}
