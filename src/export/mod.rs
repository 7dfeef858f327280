//! What was logged, sent on to an OpenTelemetry collector.
//!
//! ```text
//! events writer ──tap──▶ queue ──courier──▶ POST /v1/logs, /v1/traces
//!                          │        │
//!                          └─counts─┴──report──▶ `events_not_exported`
//! ```
//!
//! The log is the record, a collector gets a copy of it: each line that was
//! written as one log record, with the line as its body, and each call's end
//! as one span. A collector that is down, slow or lying costs neither a call
//! nor a stop its time. What it does not get is counted, to the event, and
//! said in the log.
//!
//! All of it but the address is behind the feature `otlp`. Without it an
//! [`Exporter`] cannot be had, and whoever asks for one is told so.

#[cfg(not(feature = "otlp"))]
mod absent;
#[cfg(feature = "otlp")]
mod courier;
mod endpoint;
#[cfg(feature = "otlp")]
mod exporter;
#[cfg(feature = "otlp")]
mod messages;
#[cfg(feature = "otlp")]
mod post;
#[cfg(feature = "otlp")]
mod queue;
#[cfg(feature = "otlp")]
mod report;
#[cfg(feature = "otlp")]
mod spans;
#[cfg(feature = "otlp")]
mod tls;

use std::io;

#[cfg(not(feature = "otlp"))]
pub use absent::Exporter;
pub use endpoint::{Endpoint, Scheme};
#[cfg(feature = "otlp")]
pub use exporter::Exporter;

/// Whether this program was built with what it takes.
pub const IS_BUILT_IN: bool = cfg!(feature = "otlp");

/// Where events go besides the log.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settings {
    /// The collector; `None` is nowhere.
    pub otlp: Option<Endpoint>,
}

/// Who exports.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The server's name.
    pub name: String,
    /// The server's version.
    pub version: String,
    /// The tools that are offered: no other name becomes part of a span's.
    pub tools: Vec<String>,
}

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program cannot do it.
    #[error("`events.otlp` is set, but this program was not built with the feature `otlp`")]
    NotBuiltIn,
    /// The system trusts no authority for https.
    #[error("`events.otlp` names https, but this system has no certificates to trust: {0}")]
    NoTrust(String),
    /// The thread or its runtime cannot be started.
    #[error("events cannot be exported: {0}")]
    Thread(#[from] io::Error),
}

impl StartError {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotBuiltIn => "build it with `cargo build --release --features otlp`, or take the key away",
            Self::NoTrust(_) => "install the system's certificates (`ca-certificates`)",
            Self::Thread(_) => "raise the limits on threads and descriptors (`ulimit -u`, `ulimit -n`)",
        }
    }
}
