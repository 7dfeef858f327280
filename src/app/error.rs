//! Why a server does not start.

use std::{io, net::SocketAddr};

use crate::{events, export, policy::keys::KeyError, tools::lint::Finding};

/// Why a server does not start. Nothing listens then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A tool's definition is not fit for a client.
    #[error("{} tool definitions are not fit to be offered", .0.len())]
    Definitions(Vec<Finding>),
    /// The keys do not go together.
    #[error("the keys cannot be used")]
    Keys(Vec<KeyError>),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// An entry of `http.hosts` or `http.origins` is none.
    #[error("{0}")]
    Http(String),
    /// The system has no randomness to make a key from.
    #[error("no key can be made: {0}")]
    Chance(getrandom::Error),
    /// stdin or stdout cannot be used.
    #[error("stdin and stdout cannot be used: {0}")]
    Pipes(io::Error),
    /// Another thread runs already, though nothing may before the handles are open.
    #[error("another thread runs before the server has opened its handles")]
    Threads,
    /// The log cannot be kept.
    #[error(transparent)]
    Events(#[from] events::StartError),
    /// Events cannot be exported.
    #[error(transparent)]
    Export(#[from] export::StartError),
    /// The runtime cannot be built.
    #[error("the runtime cannot be started: {0}")]
    Runtime(io::Error),
}

impl StartError {
    /// More about it, one a line.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        match self {
            Self::Definitions(findings) => findings.iter().map(ToString::to_string).collect(),
            Self::Keys(errors) => errors.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    /// What to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Definitions(_) => "mend the definitions; every client reads them".into(),
            Self::Keys(_) => "see the keys with `mcp-server keys list`".into(),
            Self::Listen { error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
                "something listens there already; name another port, such as `--http=127.0.0.1:8081`".into()
            }
            Self::Listen { error, .. } if error.kind() == io::ErrorKind::PermissionDenied => {
                "ports below 1024 need a privilege; name another port, such as `--http=127.0.0.1:8080`".into()
            }
            Self::Listen { .. } => "name an address of this machine, such as `--http=127.0.0.1:8080`".into(),
            Self::Http(_) => {
                "see `mcp-server config show http.hosts` and `mcp-server config show http.origins`".into()
            }
            Self::Chance(_) => "set a key of your own with `mcp-server keys hash`".into(),
            Self::Pipes(_) => "start it with stdin and stdout open, as a host does".into(),
            Self::Threads => "start threads after `mcp_server::run`, or from a tool".into(),
            Self::Events(error) => error.hint.clone(),
            Self::Export(error) => error.hint().into(),
            Self::Runtime(_) => {
                "raise the limits on threads and descriptors (`ulimit -u`, `ulimit -n`)".into()
            }
        }
    }
}
