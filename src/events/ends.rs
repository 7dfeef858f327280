//! Where each run ended, written down where the log's readers cannot reach.
//!
//! A chain does not show that its end was cut off. With a chain key the writer
//! keeps one small file a run beside that key, signed with it: how many events
//! there are and the digest of the last one. It is written after the lines are
//! and before anybody hears of them, so it never says more than the log, and
//! nothing that was acknowledged is missing from it. Whoever can only write
//! the log can neither change it nor put an older one back.

use std::{
    fs::{DirBuilder, File},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::{
    chain::{ChainKey, Digest},
    files::FileName,
};

/// What stands behind the name of a run's first file.
const SUFFIX: &str = ".end";
/// Every record has this length, so that each `write` covers the one before.
const RECORD_BYTES: usize = 320;

/// The directory of ends that belongs to a key file.
#[must_use]
pub fn dir_of(key_file: &Path) -> PathBuf {
    let mut name = key_file.as_os_str().to_owned();
    name.push(".ends");
    PathBuf::from(name)
}

#[derive(Deserialize, Serialize)]
struct Line {
    v: u64,
    first_file: String,
    /// The public name of the key that signed it: another key's notes are not ours to judge.
    key: String,
    seq: u64,
    last_digest: String,
    mac: String,
}

/// Signs ends, and knows where they are.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    dir: PathBuf,
    key: ChainKey,
}

/// The end of one run as it is being written.
#[derive(Debug)]
pub(super) struct End {
    ends: Ends,
    first: String,
    file: Option<File>,
    is_failing: bool,
}

impl Ends {
    /// Makes the directory if it is not there.
    pub(super) fn open(key_file: &Path, key: ChainKey) -> io::Result<Self> {
        let dir = dir_of(key_file);
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let stat = std::fs::symlink_metadata(&dir)?;
        if !stat.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a link or not a directory"));
        }
        rustix::fs::access(&dir, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?;
        Ok(Self { dir, key })
    }

    /// The end of the run that begins with this file.
    pub(super) fn of(&self, first: &FileName) -> End {
        End { ends: self.clone(), first: first.part(1).to_string(), file: None, is_failing: false }
    }

    fn remove(&self, of: &FileName) -> io::Result<()> {
        std::fs::remove_file(self.dir.join(format!("{}{SUFFIX}", of.part(1))))
    }

    fn sign(&self, first: &str, seq: u64, last: Digest) -> Digest {
        self.key.digest(format!("end 1 {first} {seq} {last}").as_bytes())
    }
}

impl End {
    /// Forgets a run of which nothing is left.
    pub(super) fn forget(&self, run: &FileName) -> io::Result<()> {
        self.ends.remove(run)
    }

    /// Notes how far the run is. What cannot be noted is said once; the log
    /// goes on, and the next event brings the note up to date.
    pub(super) fn advance(&mut self, seq: u64, last: Digest) {
        match self.try_advance(seq, last) {
            Ok(()) => self.is_failing = false,
            Err(error) => {
                self.file = None;
                if !std::mem::replace(&mut self.is_failing, true) {
                    let dir = self.ends.dir.display();
                    tracing::error!(%error, "the end of the log cannot be noted in {dir}; until it can, a cut end does not show");
                }
            }
        }
    }

    fn try_advance(&mut self, seq: u64, last: Digest) -> io::Result<()> {
        let mac = self.ends.sign(&self.first, seq, last).to_string();
        let line = Line {
            v: 1,
            first_file: self.first.clone(),
            key: self.ends.key.name().to_owned(),
            seq,
            last_digest: last.to_string(),
            mac,
        };
        let mut record = serde_json::to_vec(&line)?;
        record.resize(RECORD_BYTES - 1, b' ');
        record.push(b'\n');
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.ends.file(&self.first)?),
        };
        file.write_all_at(&record, 0)
    }
}

impl Ends {
    fn file(&self, first: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let path = self.dir.join(format!("{first}{SUFFIX}"));
        Ok(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?.into())
    }
}

/// The end of a run as it was noted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Noted {
    pub(super) first: FileName,
    /// How far the run was, or that the note is not one of ours.
    pub(super) end: Option<(u64, Digest)>,
}

/// What one note is.
enum Read {
    Ours(u64, Digest),
    /// The server was killed before it wrote it.
    Nothing,
    /// The key was replaced since: its runs need that key.
    OfAnotherKey,
    Forged,
}

/// Every end that was noted for runs with this key.
pub(super) fn read(key_file: &Path, key: &ChainKey) -> io::Result<Vec<Noted>> {
    let ends = Ends { dir: dir_of(key_file), key: key.clone() };
    let entries = match std::fs::read_dir(&ends.dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut noted = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let Some(first) = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)) else { continue };
        let Some(name) = FileName::parse(first) else { continue };
        match ends.read_one(first) {
            Ok(Read::Nothing | Read::OfAnotherKey) => {}
            Ok(Read::Ours(seq, last)) => noted.push(Noted { first: name, end: Some((seq, last)) }),
            Ok(Read::Forged) | Err(_) => noted.push(Noted { first: name, end: None }),
        }
    }
    noted.sort_by(|a, b| a.first.cmp(&b.first));
    Ok(noted)
}

impl Ends {
    fn read_one(&self, first: &str) -> io::Result<Read> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let path = self.dir.join(format!("{first}{SUFFIX}"));
        let file: File = rustix::fs::open(path, flags, Mode::empty())?.into();
        let mut text = Vec::with_capacity(RECORD_BYTES);
        file.take(RECORD_BYTES as u64).read_to_end(&mut text)?;
        if text.is_empty() {
            return Ok(Read::Nothing);
        }
        let line: Line = serde_json::from_slice(&text)?;
        if line.key != self.key.name() {
            return Ok(Read::OfAnotherKey);
        }
        let Some(last) = Digest::parse(line.last_digest.as_bytes()) else { return Ok(Read::Forged) };
        let is_ours = line.v == 1
            && line.first_file == first
            && Digest::parse(line.mac.as_bytes()) == Some(self.sign(first, line.seq, last));
        Ok(if is_ours { Read::Ours(line.seq, last) } else { Read::Forged })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_it_was_noted_and_a_changed_one_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let (key_file, key) = (dir.path().join("key"), ChainKey::new(b"secret").unwrap());
        let ends = Ends::open(&key_file, key.clone()).unwrap();
        let first = FileName::parse("20261121T130207Z-51c0.jsonl").unwrap();
        let mut end = ends.of(&first);
        for seq in [9, 10, 1_000_000] {
            end.advance(seq, Digest::of(b"x"));
            let noted = read(&key_file, &key).unwrap();
            assert_eq!(noted, [Noted { first: first.clone(), end: Some((seq, Digest::of(b"x"))) }]);
        }
        let path = dir_of(&key_file).join("20261121T130207Z-51c0.jsonl.end");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.len(), RECORD_BYTES);
        assert_eq!(read(&key_file, &ChainKey::new(b"another").unwrap()).unwrap(), []);
        std::fs::write(&path, text.replace(":1000000,", ":9,")).unwrap();
        assert_eq!(read(&key_file, &key).unwrap()[0].end, None);
        ends.remove(&first.part(3)).unwrap();
        assert_eq!(read(&key_file, &key).unwrap(), []);
    }
}
