//! What a running tool may know of its call, and say while it runs.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    lane::{Lane, Run, WeakRun},
    mailbox::Slot,
};
use crate::{
    caller::Caller,
    limits,
    refusal::{Capability, Code, Refusal},
    sanitize::marks::Marker,
    shutdown::Tasks,
};

/// How important a log notice is: the levels of RFC 5424, as MCP has them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LogLevel {
    /// For those who debug.
    Debug,
    /// As it should be.
    Info,
    /// As it should be, but worth a look.
    Notice,
    /// Not as it should be.
    Warning,
    /// It failed.
    Error,
    /// A component failed.
    Critical,
    /// Act now.
    Alert,
    /// Nothing works.
    Emergency,
}

/// What a call says before its result.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// How far it is.
    Progress {
        /// So much is done.
        done: f64,
        /// Of so much.
        total: Option<f64>,
        /// In words.
        message: Option<String>,
    },
    /// A word for the client's log.
    Log {
        /// How important.
        level: LogLevel,
        /// The word.
        text: String,
    },
}

/// Where the notices of one call go, and which of them are wanted.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// Where to; `None` when nobody listens.
    pub slot: Option<Slot>,
    /// The client sent a progress token.
    pub progress: bool,
    /// The client asked for log notices of this level and graver.
    pub log: Option<LogLevel>,
}

/// What the client of one call declared.
#[derive(Clone, Debug, Default)]
pub struct Declared(pub Vec<Capability>);

/// Everything a tool is told about its call.
#[derive(Clone, Debug)]
pub struct CallContext {
    id: Arc<str>,
    caller: Arc<Caller>,
    cancel: CancellationToken,
    notices: Notices,
    declared: Declared,
    tasks: Tasks,
    pulse: Pulse,
    details: Details,
    run: Arc<Run>,
    marker: Arc<Marker>,
}

/// What an event says about a call besides its fixed fields: shapes, counts
/// and root-relative paths; never contents.
#[derive(Clone, Debug, Default)]
pub struct Details(Arc<Mutex<Map<String, Value>>>);

impl Details {
    /// Notes one detail. The last value of a key stands.
    pub fn set(&self, key: &'static str, value: impl Into<Value>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value.into());
    }

    /// All of them, leaving none.
    #[must_use]
    pub fn take(&self) -> Map<String, Value> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl CallContext {
    /// A context for one call.
    #[must_use]
    pub fn new(caller: Arc<Caller>, tasks: Tasks, cancel: CancellationToken) -> Self {
        Self {
            id: Arc::default(),
            caller,
            cancel,
            notices: Notices::default(),
            declared: Declared::default(),
            tasks,
            pulse: Pulse(Arc::new(Mutex::new(Instant::now()))),
            details: Details::default(),
            run: Run::new(None),
            marker: Arc::default(),
        }
    }

    /// Where notices go, and what the client declared.
    #[must_use]
    pub fn listening(mut self, notices: Notices, declared: Declared) -> Self {
        self.notices = notices;
        self.declared = declared;
        self
    }

    /// Notices go out with the marks of this one.
    #[must_use]
    pub fn marking(mut self, marker: Arc<Marker>) -> Self {
        self.marker = marker;
        self
    }

    /// The id that all events of the call share.
    #[must_use]
    pub fn called(mut self, id: &str) -> Self {
        self.id = id.into();
        self
    }

    /// The same, for whoever names something after the call.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Counts this run in `lane` if it outlives its call.
    #[must_use]
    pub(crate) fn in_lane(mut self, lane: Lane) -> Self {
        self.run = Run::new(Some(lane));
        self
    }

    /// Who calls.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether the client has gone away or cancelled, or time is up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Waits for that.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// `?` on this between two steps ends a cancelled call there.
    ///
    /// # Errors
    ///
    /// [`Refusal::Abandoned`] once the call is cancelled.
    pub fn go_on(&self) -> Result<(), Refusal> {
        if self.is_cancelled() { Err(Refusal::Abandoned) } else { Ok(()) }
    }

    /// [`CallContext::go_on`] for a walk, asked at each entry: every
    /// [`limits::PROGRESS_ENTRIES`] of them it also says how far the walk is.
    pub fn steps(&self) -> impl Fn() -> Result<(), Refusal> + '_ {
        let seen = Cell::new(0_u32);
        move || {
            seen.set(seen.get().saturating_add(1));
            if (seen.get() as usize).is_multiple_of(limits::PROGRESS_ENTRIES) {
                self.progress(f64::from(seen.get()), None, None);
            }
            self.go_on()
        }
    }

    /// Says how far the call is. Also holds off the deadline, up to
    /// [`limits::CALL_TOTAL_MAX`]. A slow client misses steps rather than
    /// slowing the call.
    pub fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        self.pulse.beat();
        if self.notices.progress {
            let message = message.map(|message| self.marker.shown(message).0.into_owned());
            self.tell(Notice::Progress { done, total, message });
        }
    }

    /// A word for the client's log, if it asked for words of this level.
    pub fn log(&self, level: LogLevel, text: impl Into<String>) {
        if self.notices.log.is_some_and(|wanted| level >= wanted) {
            let text = self.marker.shown(&text.into()).0.into_owned();
            self.tell(Notice::Log { level, text });
        }
    }

    /// Notes a detail for the event of this call.
    pub fn detail(&self, key: &'static str, value: impl Into<Value>) {
        self.details.set(key, value);
    }

    /// Refuses unless the client declared `capability`.
    ///
    /// # Errors
    ///
    /// [`Refusal::MissingCapability`].
    pub fn require(&self, capability: Capability) -> Result<(), Refusal> {
        if self.declared.0.contains(&capability) {
            Ok(())
        } else {
            Err(Refusal::MissingCapability(capability))
        }
    }

    /// Runs `work` where it may block. `work` asks [`CallContext::go_on`] now
    /// and then: it cannot be stopped from outside, and is counted against
    /// its tool if it outlives the call.
    ///
    /// # Errors
    ///
    /// What `work` returns. A panic of `work` is a panic of the call.
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    {
        let own = self.clone();
        match self.tasks.spawn_blocking(move || work(&own)).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => Err(Refusal::Broke { cause: error.to_string() }),
        }
    }

    pub(crate) fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    pub(crate) fn details(&self) -> Details {
        self.details.clone()
    }

    pub(crate) fn run(&self) -> WeakRun {
        WeakRun::of(&self.run)
    }

    fn tell(&self, notice: Notice) {
        let Some(slot) = self.notices.slot.as_ref().filter(|_| !self.is_cancelled()) else { return };
        if slot.put(notice) {
            self.tasks.hand_on();
        } else {
            tracing::debug!("a notice was dropped: the client reads too slowly, or not at all");
        }
    }
}

/// When a call last showed progress.
#[derive(Clone, Debug)]
pub(crate) struct Pulse(Arc<Mutex<Instant>>);

impl Pulse {
    pub(crate) fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Until when a call may run on, given its last sign of progress.
pub(crate) fn deadline(started: Instant, pulse: Instant) -> (Instant, Duration) {
    let idle = pulse + limits::CALL_IDLE_MAX;
    let total = started + limits::CALL_TOTAL_MAX;
    if idle <= total { (idle, limits::CALL_IDLE_MAX) } else { (total, limits::CALL_TOTAL_MAX) }
}

/// A failure of the system, in words that name no path of the host.
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (code, says) = match error.kind() {
            ErrorKind::NotFound => (Code::NotFound, "nothing is there; list the directory to see what is"),
            ErrorKind::PermissionDenied => (Code::PermissionDenied, "the system does not allow it"),
            ErrorKind::IsADirectory => (Code::IsDirectory, "this is a directory"),
            ErrorKind::NotADirectory => (Code::NotDirectory, "this is not a directory"),
            ErrorKind::StorageFull => (Code::Io, "the disk is full"),
            ErrorKind::QuotaExceeded => (Code::Io, "the quota of the disk is used up"),
            ErrorKind::ReadOnlyFilesystem => (Code::PermissionDenied, "the file system is read only"),
            _ => (Code::Io, "input or output failed"),
        };
        Self::Failed { code, says: says.into(), cause: Some(error.to_string()) }
    }
}
