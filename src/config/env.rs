//! The environment, read once.
//!
//! Nothing else in the program reads variables, the home directory or the
//! working directory: a snapshot is taken at start and handed on, so a test
//! can hand in another.
#![allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fmt,
    path::{Path, PathBuf},
};

use directories::{BaseDirs, ProjectDirs};

use super::table;

/// The name of the program in paths and variables.
pub const PROGRAM: &str = "mcp-server";
/// Before the name of every variable of our own.
pub const PREFIX: &str = "MCP_SERVER_";
/// Names the configuration file.
pub const CONFIG: &str = "MCP_SERVER_CONFIG";
/// Names the roots: `name=path[:rw];…`.
pub const ROOTS: &str = "MCP_SERVER_ROOTS";

/// Variables that every command reads besides those made from the table of
/// keys, with what they set.
pub const OTHERS: &[(&str, &str)] = &[
    (CONFIG, "the configuration file, unless `--config` names one"),
    (ROOTS, "the roots, as `name=path[:rw];...`"),
    ("LOG_LEVEL", "`log.level`; also `fatal` and `silent`"),
    ("STATE_DIRECTORY", "set by systemd: where the security log and the diagnostics go"),
    ("NO_COLOR", "no colour, unless `--color` says otherwise"),
    ("CLICOLOR_FORCE", "colour everywhere, unless `--color` says otherwise"),
    ("TERM", "no colour if it is `dumb`"),
];

/// Variables of the security guide and of systemd that `serve --http` alone reads.
pub const GUIDE: &[(&str, &str)] = &[
    ("ENABLE_AUTH", "`http.auth`"),
    ("API_KEY", "a key named `env` that reaches everything; at least 32 characters"),
    ("API_KEY_FILE", "a file that holds such a key"),
    ("CREDENTIALS_DIRECTORY", "set by systemd: the credential `api_key` is such a key"),
    ("ENABLE_RATE_LIMIT", "`limits.enabled`"),
    ("MAX_REQUESTS_PER_MINUTE", "`limits.address` and `limits.key`, in requests a minute"),
    ("ENABLE_REQUEST_LOGGING", "`events.requests`"),
    ("TRUSTED_ORIGINS", "`http.origins`, parted by commas"),
    ("HOST", "the address in `http.listen`"),
    ("PORT", "the port in `http.listen`"),
    ("MCP_ENDPOINT", "`http.path`"),
    ("HEALTH_ENDPOINT", "`http.health_path`"),
];

/// A snapshot of everything the process was started with.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Environment {
    /// The variables.
    pub variables: BTreeMap<OsString, OsString>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// Where the system keeps a person's configuration of this program.
    pub config_dir: Option<PathBuf>,
    /// Where the system keeps what this program writes down.
    pub state_dir: Option<PathBuf>,
    /// The directory it was started in, if there is one.
    pub working_dir: Option<PathBuf>,
}

impl Environment {
    /// Takes the snapshot.
    #[must_use]
    pub fn capture() -> Self {
        let project = ProjectDirs::from("", "", PROGRAM);
        Self {
            variables: env::vars_os().collect(),
            home: BaseDirs::new().map(|base| base.home_dir().to_path_buf()),
            config_dir: project.as_ref().map(|dirs| dirs.config_dir().to_path_buf()),
            state_dir: project
                .as_ref()
                .map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf()),
            working_dir: env::current_dir().ok(),
        }
    }

    /// A variable's value. `None` when it is not set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The variables of our own, in order, with their names.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.variables
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?, value.as_os_str())))
            .filter(|(name, _)| name.starts_with(PREFIX))
    }

    /// Where events and diagnostics go unless told otherwise: what systemd
    /// says, else what the system's custom is. Several directories from
    /// systemd are parted by `:`; the first is ours.
    #[must_use]
    pub fn state(&self) -> Option<PathBuf> {
        self.get("STATE_DIRECTORY")
            .and_then(OsStr::to_str)
            .and_then(|all| all.split(':').next())
            .map(Path::new)
            .filter(|path| path.is_absolute())
            .map(Path::to_path_buf)
            .or_else(|| self.state_dir.clone())
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("variables", &self.variables.keys())
            .field("home", &self.home)
            .field("config_dir", &self.config_dir)
            .field("state_dir", &self.state_dir)
            .field("working_dir", &self.working_dir)
            .finish()
    }
}

/// The variable that sets `key`.
#[must_use]
pub fn name_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

/// What a variable that begins with [`PREFIX`] is to us.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Own {
    /// Sets this key.
    Sets(&'static table::Key),
    /// Read elsewhere.
    Elsewhere,
    /// Made by a container platform for a service of our name.
    ServiceLink,
    /// Nearly one of ours.
    Typo(String),
    /// Nothing we know.
    Unknown,
}

/// Sorts a variable that begins with [`PREFIX`].
pub(super) fn sort(name: &str) -> Own {
    if matches!(name, CONFIG | ROOTS) {
        return Own::Elsewhere;
    }
    let names = || table::plain_keys().map(|key| (name_of(key.path), key));
    if let Some((_, key)) = names().find(|(known, _)| known == name) {
        return Own::Sets(key);
    }
    if is_service_link(name) {
        return Own::ServiceLink;
    }
    // The field alone, such as `MCP_SERVER_READ_ONLY`: a wish that must not go unheard.
    let field = name.strip_prefix(PREFIX).unwrap_or(name);
    if let Some((known, _)) = names().find(|(_, key)| key.field().eq_ignore_ascii_case(field)) {
        return Own::Typo(known);
    }
    names()
        .map(|(known, _)| known)
        .chain([CONFIG.to_owned(), ROOTS.to_owned()])
        .map(|known| (strsim::osa_distance(&known, &name.to_ascii_uppercase()), known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map_or(Own::Unknown, |(_, known)| Own::Typo(known))
}

/// Whether Kubernetes or Docker makes this name for a service called
/// `mcp-server`, or one whose name begins so.
fn is_service_link(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    let ends =
        ["SERVICE_HOST", "SERVICE_PORT"].iter().any(|end| rest == *end || rest.ends_with(&format!("_{end}")));
    let named_port = rest.starts_with("SERVICE_PORT_") || rest.contains("_SERVICE_PORT_");
    let port = format!("_{rest}").split_once("_PORT").is_some_and(|(_, after)| {
        after.is_empty()
            || after.strip_prefix('_').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
    });
    ends || named_port || port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_variable_of_its_own() {
        let mut names: Vec<String> = table::plain_keys().map(|key| name_of(key.path)).collect();
        names.extend([CONFIG.to_owned(), ROOTS.to_owned()]);
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn variables_are_sorted_by_what_they_are() {
        let sets = |name: &str| match sort(name) {
            Own::Sets(key) => key.path,
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(sets("MCP_SERVER_HTTP_LISTEN"), "http.listen");
        assert_eq!(sets("MCP_SERVER_HTTP_TRUSTED_PROXIES"), "http.trusted_proxies");
        assert_eq!(sets("MCP_SERVER_EVENTS_MAX_BYTES"), "events.max_bytes");
        assert_eq!(sort("MCP_SERVER_CONFIG"), Own::Elsewhere);
        for typo in [
            "MCP_SERVER_HTTP_LISTN",
            "MCP_SERVER_HTTP_LISTEN_",
            "MCP_SERVER_ROOT",
            "mcp_server_http_listen".to_ascii_uppercase().as_str().replace("HTTP", "HTPT").as_str(),
        ] {
            assert!(matches!(sort(typo), Own::Typo(_)), "{typo}");
        }
        for link in [
            "MCP_SERVER_SERVICE_HOST",
            "MCP_SERVER_SERVICE_PORT",
            "MCP_SERVER_SERVICE_PORT_HTTP",
            "MCP_SERVER_PORT",
            "MCP_SERVER_PORT_8080_TCP",
            "MCP_SERVER_PORT_8080_TCP_ADDR",
            "MCP_SERVER_BLUE_SERVICE_HOST",
            "MCP_SERVER_BLUE_PORT",
            "MCP_SERVER_BLUE_PORT_80_TCP_PROTO",
        ] {
            assert_eq!(sort(link), Own::ServiceLink, "{link}");
        }
        for unknown in ["MCP_SERVER_IMAGE_TAG", "MCP_SERVER_", "MCP_SERVER_ROOTS_NOTES_PATH"] {
            assert_eq!(sort(unknown), Own::Unknown, "{unknown}");
        }
    }

    #[test]
    fn values_of_variables_are_not_printed() {
        let mut environment = Environment::default();
        environment.variables.insert("API_KEY".into(), "hunter2".into());
        assert!(!format!("{environment:?}").contains("hunter2"));
    }

    #[test]
    fn systemd_says_where_state_goes() {
        let mut environment =
            Environment { state_dir: Some("/home/ana/state".into()), ..Environment::default() };
        assert_eq!(environment.state(), Some("/home/ana/state".into()));
        environment.variables.insert("STATE_DIRECTORY".into(), "/var/lib/a:/var/lib/b".into());
        assert_eq!(environment.state(), Some("/var/lib/a".into()));
    }
}
