//! What the owner chose, and who said so.
//!
//! File < environment < flag; every value remembers its [`Origin`]. A
//! [`Config`] comes only from [`load`], which has parsed every value, judged
//! the whole, and names everything that is wrong at once. The rooms own their
//! settings; they are only gathered here.
//!
//! | Weakest to strongest | |
//! |---|---|
//! | defaults | built in, then what the program itself sets |
//! | one file | the first that exists; files are never merged |
//! | the guide's variables | `serve --http` only; `LOG_LEVEL` by all |
//! | `MCP_SERVER_*` | one for each key of [`table`] |
//! | flags | |
//!
//! A layer that names roots names all of them: a person who types
//! `--root ~/notes` does not also serve what a file names.

mod check;
mod draft;
pub mod edit;
pub mod env;
mod facts;
pub mod file;
mod load;
mod origins;
pub mod places;
pub mod problem;
pub mod roots;
pub mod secrets;
pub mod show;
pub mod table;
pub(crate) mod values;
mod variables;
mod walk;
pub mod watch;

use std::path::PathBuf;

pub use env::Environment;
pub use file::Named;
pub use load::load;
pub use origins::Origins;
pub use problem::{Origin, Problem, Problems};

use crate::{
    events, export, journal, policy,
    sandbox::files::{RootSettings, ShieldSettings},
    sanitize::marks,
    telemetry, tools,
    transports::http,
};

/// Everything an owner may choose.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is offered.
    pub tools: tools::settings::Settings,
    /// The HTTP door.
    pub http: http::settings::Settings,
    /// How much of it.
    pub limits: policy::quota::Settings,
    /// The security log.
    pub events: events::settings::Settings,
    /// Where it goes besides.
    pub export: export::Settings,
    /// What is kept of files that tools change.
    pub journal: journal::Settings,
    /// An edit is refused if the owner or an extended attribute of the file cannot be kept.
    pub keep_owner: bool,
    /// What no tool looks into, although it lies in a root.
    pub shield: ShieldSettings,
    /// What is done about secrets in results.
    pub secrets: marks::Mode,
    /// Diagnostics.
    pub log: LogSettings,
    /// Where file tools work, in the order in which they were named.
    pub roots: Vec<RootSettings>,
    /// Who may come in. The one named `env` is from the environment.
    pub keys: Vec<policy::keys::Settings>,
}

/// The `[log]` section, and where the diagnostics' files are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LogSettings {
    /// How much is said.
    pub level: telemetry::Level,
    /// Where the daily files are; `None` where the system names no place.
    pub dir: Option<PathBuf>,
}

impl Config {
    /// The root of this name.
    #[must_use]
    pub fn root(&self, name: &str) -> Option<&RootSettings> {
        self.roots.iter().find(|root| root.name == name)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&policy::keys::Settings> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Default for Config {
    /// Every key at its default; `events.dir` and `journal.dir` are not known yet.
    fn default() -> Self {
        Self {
            tools: tools::settings::Settings::default(),
            http: http::settings::Settings::default(),
            limits: policy::quota::Settings::default(),
            events: events::settings::Settings::in_dir(PathBuf::new()),
            export: export::Settings::default(),
            journal: journal::Settings::in_dir(PathBuf::new()),
            keep_owner: true,
            shield: ShieldSettings::default(),
            secrets: marks::Mode::default(),
            log: LogSettings::default(),
            roots: Vec::new(),
            keys: Vec::new(),
        }
    }
}

/// What the configuration is for: it decides which variables are read and what is judged.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Purpose {
    /// To serve on stdin and stdout.
    Stdio,
    /// To serve on HTTP.
    Http,
    /// To go on serving on HTTP with what changed: it listens already, and where is not judged again.
    Running,
    /// To be judged for either.
    Check,
    /// To read the log: what is wrong elsewhere is said, and does not matter.
    Log,
    /// Any other command.
    #[default]
    Other,
}

impl Purpose {
    /// Whether the variables for `serve --http` count.
    #[must_use]
    pub const fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Running)
    }
}

/// A key that a flag sets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlagSetting {
    /// Which key.
    pub key: &'static str,
    /// Which flag, with its dashes.
    pub flag: &'static str,
    /// To what.
    pub text: String,
}

/// What the command line says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Flags {
    /// The configuration file, if one was named.
    pub config: Option<Named>,
    /// What it is for.
    pub purpose: Purpose,
    /// Keys.
    pub settings: Vec<FlagSetting>,
    /// Roots, each with the flag that named it. If there are any, there are no others.
    pub roots: Vec<(roots::Typed, &'static str)>,
}

/// A configuration that was judged.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What is in force.
    pub config: Config,
    /// Who said so.
    pub origins: Origins,
    /// What is allowed but should be looked at.
    pub warnings: Vec<Problem>,
    /// The file that was read; `-` is stdin.
    pub source: Option<PathBuf>,
    /// Shown as `~`.
    pub home: Option<PathBuf>,
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
