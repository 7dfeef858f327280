//! The owner's files that commands write: a new configuration, one more key.
//!
//! A file is replaced whole, by a rename, or not at all; it is readable by its
//! owner only. Links are followed, so that a configuration kept elsewhere
//! stays there.
#![allow(clippy::disallowed_methods, reason = "the owner's own files, written at the owner's word")]

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use crate::limits;

/// Writes a new file.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when something is there, and what the system says.
pub fn create(path: &Path, text: &str) -> io::Result<()> {
    make_parent(path)?;
    let mut file = open_new(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _best_effort = fs::remove_file(path);
    }
    written
}

/// Keeps every other command that edits files in this directory waiting as long as it is held: who reads a file,
/// changes it and writes it back must not undo what another did meanwhile.
///
/// # Errors
///
/// [`io::ErrorKind::WouldBlock`] when another does not end, and what the system says.
pub fn hold(path: &Path) -> io::Result<File> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let dir = File::open(target.parent().unwrap_or(Path::new(".")))?;
    let began = Instant::now();
    loop {
        match dir.try_lock() {
            Ok(()) => return Ok(dir),
            Err(TryLockError::WouldBlock) if began.elapsed() < limits::EDIT_WAIT_MAX => {
                sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    "another command is editing there; try again",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Replaces a file, or writes a new one. Owner and mode stay, but nobody else may write it afterwards.
///
/// # Errors
///
/// What the system says; the old file is then as it was.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    make_parent(path)?;
    let (target, old) = match fs::canonicalize(path) {
        Ok(target) => (target, Some(fs::metadata(path)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (path.to_path_buf(), None),
        Err(error) => return Err(error),
    };
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.new", std::process::id()));
    let beside = target.with_file_name(name);
    let file = open_new(&beside)?;
    let replaced = fill(file, text, old.as_ref()).and_then(|()| fs::rename(&beside, &target));
    if replaced.is_err() {
        let _best_effort = fs::remove_file(&beside);
    }
    replaced.and_then(|()| sync_parent(&target))
}

fn fill(mut file: File, text: &str, old: Option<&fs::Metadata>) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(old) = old {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(old.mode() & 0o7755))?;
    }
    #[cfg(not(unix))]
    let _ = old;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A file that is to be edited; `None` when there is none.
///
/// # Errors
///
/// Why it cannot be read.
pub fn read(path: &Path) -> Result<Option<String>, String> {
    match super::file::small(path) {
        Ok((bytes, _)) => String::from_utf8(bytes).map(Some).map_err(|_| "is not UTF-8".to_owned()),
        Err(_) if !path.exists() => Ok(None),
        Err(says) => Err(says),
    }
}

/// Writes `text` over whatever is at `path`: for pages that are made from the program itself.
///
/// # Errors
///
/// What the system says.
pub fn write_page(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

/// Where a new configuration goes unless told otherwise.
#[must_use]
pub fn default_file(environment: &super::Environment) -> Option<PathBuf> {
    environment.config_dir.as_ref().map(|dir| dir.join("config.toml"))
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes the directory of a file that is to be written.
///
/// # Errors
///
/// What the system says.
pub fn make_parent(path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(parent)
}

/// So that the rename survives a power cut.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if cfg!(unix) => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}
