//! The one file: which it is, who may write it, and what it says.
//!
//! The first of the candidates that exists is read, and no other. A candidate
//! that exists and cannot be read is an error: going on to a weaker one in
//! silence would change what the owner wrote.
#![allow(clippy::disallowed_methods, reason = "the owner's own files, named by the owner")]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{
    env::{self, Environment},
    problem::{Mark, Origin, Problem, tilde},
};
use crate::limits;

/// Where the file is to come from, when a flag says so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Named {
    /// This file and no other.
    File(PathBuf),
    /// What comes on stdin.
    Stdin,
}

/// A place where the file may be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// The path; `-` is stdin.
    pub path: PathBuf,
    /// Who named it.
    pub origin: Origin,
}

impl Candidate {
    /// Whether somebody named it, so that it must exist.
    fn is_named(&self) -> bool {
        self.origin != Origin::Default
    }

    /// Whether anything is there, be it a link that leads nowhere.
    #[must_use]
    pub fn exists(&self) -> bool {
        is_there(&self.path)
    }

    /// Whether it is stdin.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }
}

/// Every place that would be looked at, in order.
///
/// # Errors
///
/// When the variable that names the file is no name.
pub fn candidates(environment: &Environment, named: Option<&Named>) -> Result<Vec<Candidate>, Box<Problem>> {
    let only = |path: PathBuf, origin| Ok(vec![Candidate { path, origin }]);
    match named {
        Some(Named::Stdin) => return only("-".into(), Origin::Flag("--config")),
        Some(Named::File(path)) => {
            let origin = Origin::Flag("--config");
            let path = absolute(environment, path)
                .map_err(|says| Problem { origin: Some(origin.clone()), ..Problem::new(says) })?;
            return only(path, origin);
        }
        None => {}
    }
    if let Some(value) = environment.get(env::CONFIG) {
        let origin = Origin::Env(env::CONFIG.to_owned());
        let path = super::values::at_home(Path::new(value), environment.home.as_deref())
            .map_err(|wrong| Problem { origin: Some(origin.clone()), ..Problem::new(wrong.says) })?;
        if !path.is_absolute() {
            let problem = Problem::new("must be an absolute path, or begin with `~/`");
            return Err(Problem { origin: Some(origin), ..problem }
                .hint("unset it, or use `--config FILE`")
                .into());
        }
        return only(path, origin);
    }
    let own = environment.config_dir.iter().map(|dir| dir.join("config.toml"));
    let system = cfg!(unix).then(|| Path::new("/etc").join(env::PROGRAM).join("config.toml"));
    Ok(own.chain(system).map(|path| Candidate { path, origin: Origin::Default }).collect())
}

/// What a person typed, from where they typed it. The error is the end of a sentence.
pub(crate) fn absolute(environment: &Environment, path: &Path) -> Result<PathBuf, String> {
    let path = super::values::at_home(path, environment.home.as_deref())
        .map_err(|wrong| format!("names {}, which {}", tilde(path, None), wrong.says))?;
    if path.is_absolute() {
        return Ok(path);
    }
    match &environment.working_dir {
        Some(dir) => Ok(dir.join(path)),
        None => Err(format!(
            "names {}, but the directory it was started in is gone; write the whole path",
            tilde(&path, None)
        )),
    }
}

/// A file as it was read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub path: PathBuf,
    pub text: String,
    /// Who may write it; 0 where that is not known.
    pub mode: u32,
}

impl Source {
    pub(super) fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.path.clone(), line }
    }
}

/// Reads the first candidate that exists.
pub(super) fn read(candidates: &[Candidate], home: Option<&Path>) -> Result<Option<Source>, Box<Problem>> {
    for candidate in candidates {
        if candidate.is_stdin() {
            let text = bounded(io::stdin().lock()).and_then(|bytes| text(bytes, &candidate.path))?;
            return Ok(Some(Source { path: candidate.path.clone(), text, mode: 0 }));
        }
        match open(&candidate.path) {
            Ok(file) => return source(file, candidate, home).map(Some),
            Err(error) if is_absent(&error) && !candidate.is_named() && !is_link(&candidate.path) => {}
            Err(error) => return Err(unreadable(&candidate.path, home, &error).into()),
        }
    }
    Ok(None)
}

/// Whether the file that will be read, if there is one, can be.
///
/// # Errors
///
/// Why not.
pub fn is_readable(candidates: &[Candidate], home: Option<&Path>) -> Result<(), Box<Problem>> {
    match candidates {
        [only] if only.is_stdin() => Ok(()),
        candidates => match read(candidates, home) {
            // What it says is judged elsewhere.
            Err(problem) if problem.mark.is_none() => Err(problem),
            _ => Ok(()),
        },
    }
}

/// Whether anything is there, or may be: what cannot be looked at is not absent.
pub(super) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or_else(|error| !is_absent(&error), |_| true)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// A link that leads nowhere is a mistake, not an absent file.
fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

fn unreadable(path: &Path, home: Option<&Path>, error: &io::Error) -> Problem {
    let says = match error.kind() {
        io::ErrorKind::NotFound if is_link(path) => "is a link that leads nowhere".to_owned(),
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    let problem = Problem::new(format!("the configuration file {} {says}", tilde(path, home)));
    match error.kind() {
        io::ErrorKind::NotFound => problem.hint("write a commented one with `mcp-server config init`"),
        _ => problem.hint("name another with `--config FILE`"),
    }
}

/// Opens without waiting: a pipe that nobody writes to must not hold up the start.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    options.open(path)
}

fn source(file: File, candidate: &Candidate, home: Option<&Path>) -> Result<Source, Box<Problem>> {
    let path = &candidate.path;
    let metadata = file.metadata().map_err(|error| unreadable(path, home, &error))?;
    if !metadata.is_file() {
        let says = format!("the configuration file {} is not a regular file", tilde(path, home));
        return Err(Problem::new(says).hint("to hand it in, use `--config -` and stdin").into());
    }
    let text = bounded(file).and_then(|bytes| text(bytes, path))?;
    Ok(Source { path: path.clone(), text, mode: mode(&metadata) })
}

/// The permission bits; 0 where there are none.
pub(super) fn mode(metadata: &fs::Metadata) -> u32 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        metadata.mode()
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        0
    }
}

/// A small file of the owner's, such as one that holds a key, with its mode.
pub(super) fn small(path: &Path) -> Result<(Vec<u8>, u32), String> {
    let file = open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    })?;
    let metadata = file.metadata().map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let bytes = bounded(file).map_err(|problem| problem.says)?;
    Ok((bytes, mode(&metadata)))
}

fn bounded(reader: impl Read) -> Result<Vec<u8>, Box<Problem>> {
    let mut bytes = Vec::new();
    let most = limits::CONFIG_BYTES_MAX;
    reader
        .take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::new(format!("the configuration cannot be read: {error}")))?;
    if bytes.len() as u64 > most {
        let says = format!("the configuration is larger than {}", super::values::show_size(most));
        return Err(Problem::new(says).into());
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>, path: &Path) -> Result<String, Box<Problem>> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(error.as_bytes().get(..at).unwrap_or_default()).into_owned();
        let mark = Mark::new(&before, &(at..at));
        let origin = Origin::File { path: path.to_path_buf(), line: mark.line };
        Problem { origin: Some(origin), ..Problem::new("is not UTF-8 from here on") }.at(Some(mark)).into()
    })
}
