//! Bytes by their SHA-256, compressed.
//!
//! An object is written beside its place and renamed into it, so it is whole
//! or not there. The same bytes are stored once.

#![allow(clippy::disallowed_methods, reason = "the journal's own directory, outside every root")]

use std::{
    fmt,
    fs::{self, DirBuilder, File},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Journal, OBJECTS, Storing, sync_dir};
use crate::limits;

/// SHA-256 of the bytes of a file, in hexadecimal.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String")]
pub struct Digest(String);

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match HEXLOWER.decode(text.as_bytes()) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text)),
            _ => Err("no SHA-256 in hexadecimal"),
        }
    }
}

impl Digest {
    /// Of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::from(Sha256::new_with_prefix(bytes))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Sha256> for Digest {
    fn from(hash: Sha256) -> Self {
        Self(HEXLOWER.encode(&hash.finalize()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// Of the bytes.
    pub sha256: Digest,
    /// How many they were.
    pub bytes: u64,
}

impl Storing<'_> {
    /// Says that many objects are to come: they are made durable together when the change begins.
    pub fn many(&self) {
        self.is_many.set(cfg!(target_os = "linux"));
    }

    /// Stores `bytes`.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<Stored> {
        let sha256 = Digest::of(bytes);
        let path = self.journal.object(&sha256);
        // an empty one is what a power cut leaves of a name whose bytes were not there yet
        if !fs::metadata(&path).is_ok_and(|object| object.len() > 0) {
            let mut packed = self.pack()?;
            packed.write_all(bytes)?;
            self.seal(packed, &sha256)?;
        }
        Ok(Stored { sha256, bytes: bytes.len() as u64 })
    }

    /// Stores what `source` gives, piece by piece. `go_on` is asked before each.
    ///
    /// # Errors
    ///
    /// What the system or `go_on` says.
    pub fn stream<E: From<io::Error>>(
        &self,
        source: &mut dyn Read,
        go_on: &dyn Fn() -> Result<(), E>,
    ) -> Result<Stored, E> {
        let (mut packed, mut hash, mut bytes) = (self.pack()?, Sha256::new(), 0);
        let mut piece = vec![0; limits::CANCEL_CHECK_BYTES];
        loop {
            go_on()?;
            let read = source.read(&mut piece)?;
            let Some(part) = piece.get(..read).filter(|part| !part.is_empty()) else { break };
            hash.update(part);
            packed.write_all(part)?;
            bytes += read as u64;
        }
        let sha256 = Digest::from(hash);
        self.seal(packed, &sha256)?;
        Ok(Stored { sha256, bytes })
    }

    fn pack(&self) -> io::Result<Packing> {
        let name = format!("{}.tmp", uuid::Uuid::now_v7());
        let path = self.journal.settings.dir.join(OBJECTS).join(name);
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        let encoder = zstd::Encoder::new(file, limits::JOURNAL_ZSTD_LEVEL)?;
        Ok(Packing { encoder: Some(encoder), path })
    }

    fn seal(&self, mut packing: Packing, sha256: &Digest) -> io::Result<()> {
        let Some(encoder) = packing.encoder.take() else { return Ok(()) };
        let file = encoder.finish()?;
        if !self.is_many.get() {
            file.sync_data()?;
        }
        self.journal.count(file.metadata()?.len());
        let path = self.journal.object(sha256);
        if let Some(dir) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
            fs::rename(&packing.path, &path)?;
            packing.path = PathBuf::new();
            if !self.is_many.get() {
                sync_dir(dir)?;
            }
        }
        Ok(())
    }
}

/// An object under way. Dropped before it is sealed, it goes.
struct Packing {
    encoder: Option<zstd::Encoder<'static, File>>,
    path: PathBuf,
}

impl Packing {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.encoder.as_mut().map_or(Ok(()), |encoder| encoder.write_all(bytes))
    }
}

impl Drop for Packing {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _best_effort = fs::remove_file(&self.path);
        }
    }
}

impl Journal {
    /// The bytes with this digest, piece by piece.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] when they are not kept, and what the system says.
    pub fn read(&self, sha256: &Digest) -> io::Result<impl Read + use<>> {
        zstd::Decoder::new(File::open(self.object(sha256))?)
    }

    /// All of them, if they are no more than `bytes_max` and whole.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidData`] when they are more, or not those that were stored.
    pub fn bytes(&self, sha256: &Digest, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(sha256)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max || Digest::of(&bytes) != *sha256 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal holds other bytes"));
        }
        Ok(bytes)
    }

    pub(super) fn object(&self, sha256: &Digest) -> PathBuf {
        let (first, rest) = sha256.0.split_at_checked(2).unwrap_or_default();
        self.settings.dir.join(OBJECTS).join(first).join(format!("{rest}.zst"))
    }
}
