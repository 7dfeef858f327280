//! What a run begins with, and why there may be none.

use std::{
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::{Map, Value};

use super::{
    chain_key::{self, ChainKeyError},
    event::{Event, EventKind, Severity},
    files::FileName,
    ground::{Directory, Unfit},
    settings::Settings,
};
use crate::caller::Door;

/// What the first event of a run says.
#[derive(Clone, Debug)]
pub struct StartFacts {
    /// The version of the program.
    pub version: String,
    /// Which door is opened.
    pub door: Door,
    /// Posture and digest of the tool table, in words and numbers.
    pub details: Map<String, Value>,
}

/// When the file of a run is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Beginning {
    /// When the recorder starts: for servers.
    AtOnce,
    /// With the first call or refusal: a host that only looks leaves no file.
    WithFirstEvent,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[error("security events cannot be kept in `{}`: {why}", dir.display())]
pub struct StartError {
    /// Where.
    pub dir: PathBuf,
    /// Half a sentence.
    pub why: String,
    /// What to do.
    pub hint: String,
}

/// Whether a recorder that is started now by this user could keep events as
/// `settings` say. Makes nothing.
///
/// # Errors
///
/// What starting it would say of the directory, or of the key of the chain.
pub fn look(settings: &Settings) -> Result<(), StartError> {
    let dir = &settings.dir;
    Directory::look(dir).map_err(|unfit| unfit_place(dir, &unfit))?;
    match &settings.chain_key_file {
        Some(file) => chain_key::read(file, dir).map(drop).map_err(|error| unfit_key(dir, error)),
        None => Ok(()),
    }
}

pub(super) fn unfit_key(dir: &Path, error: ChainKeyError) -> StartError {
    StartError { dir: dir.to_owned(), why: error.to_string(), hint: error.hint }
}

pub(super) fn unfit_place(dir: &Path, unfit: &Unfit) -> StartError {
    StartError { dir: dir.to_owned(), why: unfit.to_string(), hint: hint(unfit).into() }
}

const fn hint(unfit: &Unfit) -> &'static str {
    match unfit {
        Unfit::Create(_) | Unfit::Open(_) | Unfit::Write(_) => {
            "let the server's user write there, or name another place with `events.dir`"
        }
        Unfit::NotDirectory => "name the directory itself with `events.dir`, not a link to it",
        Unfit::Foreign(_) => {
            "give it to the server's user with `chown`, or name another place with `events.dir`"
        }
        Unfit::Loose(_) => "take the right to write from others with `chmod go-w`",
    }
}

/// `20261121T130207Z-7f3a51c0.jsonl`, of now and of chance.
pub(super) fn run_name() -> io::Result<FileName> {
    let mut chance = [0; 4];
    getrandom::fill(&mut chance).map_err(io::Error::other)?;
    let start = jiff::Timestamp::try_from(SystemTime::now()).map_err(io::Error::other)?;
    let run = format!("{:08x}", u32::from_be_bytes(chance));
    Ok(FileName::first(&start.strftime("%Y%m%dT%H%M%SZ").to_string(), &run))
}

pub(super) fn started(facts: StartFacts) -> Event {
    let mut event = Event::new(EventKind::ServerStarted, Severity::Low)
        .detail("version", facts.version)
        .detail("pid", std::process::id());
    event.transport = Some(facts.door);
    event.details.extend(facts.details);
    event
}
