//! What the disk says about the places that a configuration names.
//!
//! Gathered once, so that [`check`](super::check) can judge without looking.
#![allow(clippy::disallowed_methods, reason = "the owner's own places, named by the owner")]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::Config;

/// What there is at a root's path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Found {
    Directory,
    Nothing,
    /// Something, but no directory.
    Other,
    /// The system does not let us look.
    Forbidden,
}

/// A root, links followed.
#[derive(Clone, Debug)]
pub(super) struct RootFact {
    pub name: String,
    pub real: PathBuf,
    pub found: Found,
}

/// The configuration file, links followed.
#[derive(Clone, Debug)]
pub(super) struct FileFact {
    /// As it was named.
    pub named: PathBuf,
    /// The name itself, links followed on the way to it only.
    pub link: PathBuf,
    pub real: PathBuf,
    /// Permission bits of the target; 0 where there are none.
    pub mode: u32,
    /// Permission bits of the directory that holds the target.
    pub dir_mode: u32,
    /// Whether the target, and the directory that holds it, belong to whoever runs this, or to root.
    pub is_own: bool,
}

/// Everything there is to know.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub now: Timestamp,
    pub events_dir: PathBuf,
    pub log_dir: Option<PathBuf>,
    pub journal_dir: PathBuf,
    pub file: Option<FileFact>,
    pub secret_files: Vec<PathBuf>,
    pub roots: Vec<RootFact>,
}

/// Looks at everything that `config` names.
pub(super) fn gather(config: &Config, file: Option<(&Path, u32)>, secret_files: &[PathBuf]) -> Facts {
    let roots = config.roots.iter().map(|root| RootFact {
        name: root.name.clone(),
        real: resolve(&root.path),
        found: match fs::metadata(&root.path) {
            Ok(metadata) if metadata.is_dir() => Found::Directory,
            Ok(_) => Found::Other,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Found::Forbidden,
            Err(_) => Found::Nothing,
        },
    });
    let file = file.filter(|(path, _)| path.as_os_str() != "-").map(|(path, mode)| {
        let real = resolve(path);
        let dir = real.parent().and_then(|dir| fs::metadata(dir).ok());
        let dir_mode = dir.map_or(0, |metadata| super::file::mode(&metadata));
        let is_own = [Some(real.as_path()), real.parent()].into_iter().flatten().all(is_own);
        let link = match (path.parent(), path.file_name()) {
            (Some(dir), Some(name)) => resolve(dir).join(name),
            _ => real.clone(),
        };
        FileFact { named: path.to_path_buf(), link, real, mode, dir_mode, is_own }
    });
    Facts {
        now: Timestamp::now(),
        events_dir: resolve(&config.events.dir),
        journal_dir: resolve(&config.journal.dir),
        log_dir: config.log.dir.as_deref().map(resolve),
        file,
        secret_files: secret_files.iter().map(|path| resolve(path)).collect(),
        roots: roots.collect(),
    }
}

/// Whether `path` belongs to whoever runs this, or to root. What cannot be looked at is not judged here.
fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    fs::metadata(path).map_or(true, |metadata| metadata.uid() == 0 || metadata.uid() == me)
}

/// `path` with every link followed, as far as it exists.
pub(super) fn resolve(path: &Path) -> PathBuf {
    path.ancestors()
        .find_map(|ancestor| {
            let real = fs::canonicalize(ancestor).ok()?;
            let rest = path.strip_prefix(ancestor).ok()?;
            Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
        })
        .unwrap_or_else(|| path.to_path_buf())
}
