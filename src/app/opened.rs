//! What is opened while one thread runs, and what is started then.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use rustix::fs::Mode;
use serde_json::{Map, Value, json};
use tokio::{
    runtime::{self, Runtime},
    time::timeout,
};

use super::{Server, StartError};
use crate::{
    caller::{Door, Reach},
    config::Config,
    dispatch::{Dispatcher, Offers, Turns},
    events::{Beginning, Recorder, StartFacts},
    export::{Exporter, Identity},
    guard::Guard,
    journal::Journal,
    limits,
    policy::{
        Policy,
        quota::{Authentication, Quota},
        seats::Seats,
    },
    protocol::{self, Protocol},
    sandbox::{
        Changes, Clock, Files, Needs as _, World,
        changes::{Manner, Recovered},
        files::MissingRoot,
    },
    sanitize::marks::Marker,
    shutdown::Tasks,
    telemetry::Diagnostics,
};

/// A server whose handles are open and whose threads are not started.
#[derive(Debug)]
pub struct Opened {
    name: &'static str,
    version: &'static str,
    pub(crate) offers: Offers,
    pub(crate) policy: Policy,
    pub(crate) world: World,
    missing: Vec<MissingRoot>,
    config: Config,
}

/// A server that could answer, before a door is opened.
#[derive(Debug)]
pub struct App {
    pub(super) config: Config,
    pub(super) protocol: Arc<Protocol>,
    pub(super) tasks: Tasks,
    pub(super) posture: Posture,
    exporter: Option<Exporter>,
    _diagnostics: Diagnostics,
}

/// What a server offers, for whoever starts it.
#[derive(Clone, Debug)]
pub struct Posture {
    /// The tools that are offered, by name.
    pub tools: Vec<&'static str>,
    /// The roots, by name.
    pub roots: Vec<String>,
    /// The roots that are configured and cannot be opened, with the reason.
    pub missing: Vec<String>,
    /// Where the log is.
    pub events: PathBuf,
}

impl Server {
    /// Lints what is offered and opens what the configuration names. Files made
    /// from now on are the owner's alone (`umask 077`).
    ///
    /// # Errors
    ///
    /// [`StartError::Definitions`]. A root that is missing is no error: the
    /// others serve.
    pub fn open(self, config: Config) -> Result<Opened, StartError> {
        let umask = rustix::process::umask(Mode::from_raw_mode(0o077));
        self.offers.tools.lint().map_err(StartError::Definitions)?;
        let (files, missing) = Files::open_shielded(&config.roots, &config.shield);
        let authentication = if config.http.auth { Authentication::Required } else { Authentication::Off };
        let policy = Policy {
            read_only: config.tools.read_only,
            offer: config.tools.offer.set(),
            quota: Quota::new(&config.limits, authentication),
        };
        let journal = Journal::new(config.journal.clone());
        // marks are taken back and tags compared where tools write; elsewhere nothing is kept
        let key = if files.roots().any(|root| root.is_writable) { journal.key().ok() } else { None };
        let marker =
            key.map_or_else(|| Marker::new(config.secrets), |key| Marker::with_key(config.secrets, key));
        Ok(Opened {
            name: self.name,
            version: self.version,
            offers: self.offers,
            policy,
            world: World {
                files,
                journal: Some(Arc::new(journal)),
                manner: Manner { keep_owner: config.keep_owner, umask: umask.bits() },
                marker: Arc::new(marker),
                clock: Clock,
            },
            missing,
            config,
        })
    }
}

impl Opened {
    /// What it is configured to do.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// SHA-256 of the tool table, in hex.
    #[must_use]
    pub fn digest(&self) -> String {
        protocol::tools_sha256(&self.offers.tools, &self.policy, &self.world)
    }

    /// Starts the event writer, what exports, and the diagnostics.
    ///
    /// # Errors
    ///
    /// [`StartError::Events`], [`StartError::Export`], or [`StartError::Threads`] when something started a thread before.
    pub fn start(self, door: Door, beginning: Beginning) -> Result<App, StartError> {
        if cfg!(debug_assertions) && threads().is_some_and(|threads| threads != 1) {
            return Err(StartError::Threads);
        }
        let posture = self.posture();
        let mut details = details(&posture, &self.digest(), &self.config);
        if let Some(recovered) = self.clear_up().filter(|recovered| *recovered != Recovered::default()) {
            details.insert("changes_recovered".into(), recovered.happened.into());
            details.insert("changes_forgotten".into(), recovered.forgotten.into());
        }
        let facts = StartFacts { version: self.version.into(), door, details };
        let mut exporter = self.exporter(&posture)?;
        let tap = exporter.as_ref().map(Exporter::tap);
        let events = Recorder::tapped(self.config.events.clone(), facts, beginning, tap)?;
        if let Some(exporter) = &mut exporter {
            exporter.start(&events)?;
        }
        events.name_tools(&posture.tools);
        let files = matches!(door, Door::Stdio).then_some(self.config.log.dir.as_deref()).flatten();
        let diagnostics = Diagnostics::start(self.config.log.level, files);
        let tasks = Tasks::default();
        let dispatcher = Dispatcher {
            offers: self.offers,
            policy: self.policy,
            seats: Seats::default(),
            turns: Turns::default(),
            guard: Guard { marker: Arc::clone(&self.world.marker) },
            world: self.world,
            events,
            tasks: tasks.clone(),
        };
        let protocol = Protocol::new(Arc::new(dispatcher), self.name, self.version);
        Ok(App {
            config: self.config,
            protocol: Arc::new(protocol),
            tasks,
            posture,
            exporter,
            _diagnostics: diagnostics,
        })
    }

    /// Ends the changes that a process before this one was killed in.
    fn clear_up(&self) -> Option<Recovered> {
        if !Changes::is_met(&self.world) {
            return None;
        }
        let changes = Changes::take(&self.world, &Reach::everything());
        changes.recover().map_err(|error| tracing::warn!("the journal cannot be read: {error}")).ok()
    }

    fn exporter(&self, posture: &Posture) -> Result<Option<Exporter>, StartError> {
        let identity = Identity {
            name: self.name.into(),
            version: self.version.into(),
            tools: posture.tools.iter().map(|tool| (*tool).to_owned()).collect(),
        };
        let endpoint = self.config.export.otlp.clone();
        Ok(endpoint.map(|endpoint| Exporter::open(endpoint, identity)).transpose()?)
    }

    /// What it will offer.
    #[must_use]
    pub fn posture(&self) -> Posture {
        let everyone = crate::caller::Caller::console();
        Posture {
            tools: self
                .offers
                .tools
                .offered(&everyone, &self.policy, &self.world)
                .map(|definition| definition.name)
                .collect(),
            roots: self.world.files.roots().map(|root| root.name.to_owned()).collect(),
            missing: self
                .missing
                .iter()
                .map(|root| format!("{} ({}): {}", root.name, root.path.display(), root.error))
                .collect(),
            events: self.config.events.dir.clone(),
        }
    }
}

fn details(posture: &Posture, digest: &str, config: &Config) -> Map<String, Value> {
    let Value::Object(mut details) = json!({
        "tools": posture.tools.len(),
        "tools_sha256": digest,
        "roots": posture.roots,
        "missing_roots": posture.missing.len(),
        "sandbox": "handles",
    }) else {
        return Map::new();
    };
    if let Some(endpoint) = &config.export.otlp {
        details.insert("otlp".into(), endpoint.to_string().into());
    }
    details
}

impl App {
    /// Where the log is written.
    #[must_use]
    pub fn events(&self) -> &Recorder {
        &self.protocol.dispatcher.events
    }

    /// Ends what the doors left behind, then the log.
    pub(super) async fn finish(&self) {
        self.tasks.stop();
        self.tasks.drain(limits::CANCEL_GRACE).await;
        self.events().stop().await;
    }

    /// What is left to do when nothing runs any more, or nothing more is waited
    /// for: the log ends, and what stands in it has `wait` to be exported.
    pub(super) async fn close(&self, wait: Duration) {
        let _flushed = timeout(limits::CUT_WAIT_MAX, self.events().stop()).await;
        if let Some(exporter) = &self.exporter {
            exporter.finish(wait).await;
        }
    }

    /// What it offers.
    #[must_use]
    pub const fn posture(&self) -> &Posture {
        &self.posture
    }

    /// The server's name, as clients see it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.protocol.name
    }

    /// The server's version, as clients see it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.protocol.version
    }
}

/// How long a stop waits for what is still to be exported: not long, and at a second signal less.
pub(super) fn patience<T>(served: Option<&T>) -> Duration {
    served.map_or(limits::CUT_WAIT_MAX, |_| limits::EXPORT_FLUSH_MAX + limits::CUT_WAIT_MAX)
}

/// The runtime. As many workers as there are cores, and never one alone: then
/// each run would have to hand the only one on first.
pub(super) fn runtime() -> Result<Runtime, StartError> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    runtime::Builder::new_multi_thread()
        .worker_threads(cores.max(2))
        .thread_name("worker")
        .enable_all()
        .build()
        .map_err(StartError::Runtime)
}

/// Threads of this process, where the system tells.
fn threads() -> Option<usize> {
    let tasks = rustix::fs::openat(
        rustix::fs::CWD,
        "/proc/self/task",
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        Mode::empty(),
    );
    let entries = rustix::fs::Dir::new(tasks.map_err(io::Error::from).ok()?).ok()?;
    Some(entries.flatten().filter(|entry| !entry.file_name().to_bytes().starts_with(b".")).count())
}
