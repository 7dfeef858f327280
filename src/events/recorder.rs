//! The one way to the log.
//!
//! A call opens an [`Entry`]; whatever is no call is recorded directly. Nothing
//! here touches the disk: one thread of its own does (see `writer`).

use std::{
    fmt, io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Map, Value};

use super::{
    caps::Caps,
    chain::Chain,
    chain_state::ChainState,
    clock::MachineClock,
    codes,
    entry::{Entry, Facts},
    event::{Encoded, Event, EventKind, Outcome, Severity},
    files::FileName,
    fold::Fate,
    ground::{Directory, Ground},
    job::{Job, NotQueued, Weight},
    queue::Queue,
    seal,
    settings::{Durability, OnFailure, Settings},
    sink::Sink,
    start::{Beginning, StartError, StartFacts, run_name, started, unfit_place},
    tap::Tap,
    writer::Writer,
};
use crate::{
    caller::{Caller, Door, Identity},
    limits,
    refusal::{Code, Refusal},
};

/// Writes events. Clones write to the same file.
#[derive(Clone)]
pub struct Recorder(pub(super) Arc<Inner>);

pub(super) struct Inner {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
    ack: Duration,
    on_failure: OnFailure,
    max_bytes: u64,
    requests: bool,
    door: Door,
    run: FileName,
    tap: Option<Arc<dyn Tap>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("run", &self.0.run.to_string()).finish_non_exhaustive()
    }
}

impl Recorder {
    /// Opens the directory and starts the thread that writes.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made, is a link, belongs to everybody or
    /// cannot be written to; with [`Beginning::AtOnce`] also when the first
    /// event cannot be written.
    pub fn start(settings: Settings, facts: StartFacts, beginning: Beginning) -> Result<Self, StartError> {
        Self::tapped(settings, facts, beginning, None)
    }

    /// The same, with somebody who is given each line once it is written.
    ///
    /// # Errors
    ///
    /// As [`Recorder::start`].
    pub fn tapped(
        settings: Settings,
        facts: StartFacts,
        beginning: Beginning,
        tap: Option<Arc<dyn Tap>>,
    ) -> Result<Self, StartError> {
        let ground = Directory::open(&settings.dir).map_err(|unfit| unfit_place(&settings.dir, &unfit))?;
        Self::on(ground, settings, facts, beginning, tap)
    }

    fn on(
        ground: impl Ground,
        settings: Settings,
        facts: StartFacts,
        beginning: Beginning,
        tap: Option<Arc<dyn Tap>>,
    ) -> Result<Self, StartError> {
        let Settings { dir, max_bytes, max_age, ack, durability, on_failure, requests, chain_key_file } =
            settings;
        let refuse = |error: io::Error, hint: &str| StartError {
            dir: dir.clone(),
            why: error.to_string(),
            hint: hint.into(),
        };
        let run = run_name().map_err(|error| refuse(error, "try again"))?;
        let door = facts.door;
        let caps = Caps { max_bytes, max_age };
        let queue = Arc::new(Queue::default());
        let (chain, end) = match chain_key_file {
            Some(file) => seal::seal(&file, &dir, &run)?,
            None => (Chain::Plain, None),
        };
        let started = started(facts).detail("chain", chain.word());
        let mut sink = Sink::new(ground, run.clone(), durability, caps.part_bytes()).sealed(chain, end);
        sink.tap.clone_from(&tap);
        let mut writer = Writer::new(sink, MachineClock::start(), Arc::clone(&queue), caps, &started);
        if beginning == Beginning::AtOnce {
            let hint = "make room there, or name another place with `events.dir`";
            writer.begin().map_err(|error| refuse(error, hint))?;
        }
        let thread = std::thread::Builder::new()
            .name("events".into())
            .spawn(move || writer.run())
            .map_err(|error| refuse(error, "raise the limit on threads (`ulimit -u`)"))?;
        Ok(Self(Arc::new(Inner {
            queue,
            thread: Mutex::new(Some(thread)),
            ack: ack.unwrap_or(match durability {
                Durability::Kernel => limits::EVENT_ACK_KERNEL,
                Durability::Disk => limits::EVENT_ACK_DISK,
            }),
            on_failure,
            max_bytes,
            requests: requests.unwrap_or(door == Door::Http),
            door,
            run,
            tap,
        })))
    }

    /// Opens an entry.
    #[must_use]
    pub fn begin(&self, facts: Facts) -> Entry {
        Entry::open(self.clone(), facts)
    }

    /// Writes an event, and returns once it is written.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotRecorded`] when it could not be written in time, unless
    /// the owner chose to serve nevertheless.
    pub async fn record(&self, event: Event) -> Result<(), Refusal> {
        let written = self.put(event.encode(), None, || ()).await;
        self.judge(written)
    }

    /// Writes an event that nobody waits for.
    #[allow(clippy::needless_pass_by_value, reason = "an event is spent by writing it")]
    pub fn note(&self, event: Event) {
        self.send(event.encode(), Weight::Real);
    }

    /// A refusal before there is a call. In a flood it is counted instead of written.
    pub fn refused_at_door(
        &self,
        code: Code,
        who: &Identity,
        peer: Option<IpAddr>,
        door: Door,
        details: Map<String, Value>,
    ) {
        let (kind, severity, outcome) = codes::at_door(code);
        self.0.queue.tally.refused_at_door(code);
        let (source, now) = (who.who(), Instant::now());
        if self.0.queue.meet(kind, &source, now) != Fate::Single {
            return;
        }
        let event = Event {
            outcome: Some(outcome),
            code: Some(code),
            identifier: source.clone(),
            transport: Some(door),
            peer,
            details,
            ..Event::new(kind, severity)
        };
        if let Err(NotQueued::Full(_)) = self.0.queue.try_push(Job::note(event.encode(), Weight::Real)) {
            self.0.queue.count(kind, &source, now);
        }
    }

    /// A request that is no call was answered. Written if the owner wants
    /// those, and never waited for.
    pub fn request_served(&self, caller: &Caller, method: &str, status: u16, took: Duration) {
        if !self.0.requests {
            return;
        }
        let event = Event {
            outcome: Some(if status < 400 { Outcome::Ok } else { Outcome::Refused }),
            identifier: caller.identity.who(),
            method: Some(method.to_owned()),
            transport: Some(caller.door),
            peer: caller.peer,
            duration: Some(took),
            ..Event::new(EventKind::RequestServed, Severity::Low)
        };
        self.send(event.detail("status", status).encode(), Weight::Quiet);
    }

    /// Begins the next part of the file.
    pub fn rotate(&self) {
        self.0.queue.rotate();
    }

    /// Whether events cannot be written at present.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.0.queue.is_failing()
    }

    /// Why, for the operator.
    #[must_use]
    pub fn why_failing(&self) -> Option<String> {
        self.0.queue.why_failing()
    }

    /// Events that were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.0.queue.written.load(Ordering::Relaxed)
    }

    /// Events that somebody waited for, and that were not written in time.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.0.queue.failed.load(Ordering::Relaxed)
    }

    /// Events that calls were served without, because the owner chose so
    /// (`events.on_failure = "serve"`).
    #[must_use]
    pub fn unrecorded(&self) -> u64 {
        match self.0.on_failure {
            OnFailure::Refuse => 0,
            OnFailure::Serve => self.failed(),
        }
    }

    /// Whether calls are refused at present, because their events cannot be written.
    #[must_use]
    pub fn is_refusing(&self) -> bool {
        self.is_failing() && self.0.on_failure == OnFailure::Refuse
    }

    /// Events that nobody waited for, and that were not written.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.queue.dropped.load(Ordering::Relaxed)
    }

    /// Events that were written and could not be exported.
    #[must_use]
    pub fn not_exported(&self) -> u64 {
        self.0.tap.as_ref().map_or(0, |tap| tap.not_exported())
    }

    /// Files removed before `events.max_age` because `events.max_bytes` was reached.
    #[must_use]
    pub fn pruned_early(&self) -> u64 {
        self.0.queue.pruned_early.load(Ordering::Relaxed)
    }

    /// What was found when the chain of the log was checked last.
    #[must_use]
    pub fn chain_state(&self) -> ChainState {
        *self.0.queue.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what was found.
    pub fn set_chain_state(&self, state: ChainState) {
        *self.0.queue.chain.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Calls without an ending.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.0.queue.in_flight.load(Ordering::Relaxed)
    }

    /// Bytes that the directory may hold.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        self.0.max_bytes
    }

    /// Which door this run serves.
    #[must_use]
    pub fn door(&self) -> Door {
        self.0.door
    }

    /// Writes what waits and `server_stopped`, and ends the thread. Waits no
    /// longer than an event may take. Calls must be over by then: what comes
    /// later is not written.
    pub async fn stop(&self) {
        self.0.queue.close();
        if tokio::time::timeout(self.0.ack, self.0.queue.ended()).await.is_err() {
            tracing::error!("the events thread did not end in time");
            return;
        }
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the events thread ended unexpectedly");
        }
    }

    /// Gets a record written before the deadline. `queued` is called once the
    /// queue has it, or never will: what happens to the record is decided then.
    pub(super) async fn put(
        &self,
        record: Encoded,
        companion: Option<Encoded>,
        queued: impl FnOnce(),
    ) -> bool {
        let deadline = tokio::time::Instant::now() + self.0.ack;
        let (job, ticket) = Job::waited_for(record, companion);
        let pushed = self.0.queue.push(job, deadline).await;
        queued();
        let written = if pushed.is_ok() {
            ticket.wait(deadline).await
        } else {
            self.0.queue.unsaid.fetch_add(1, Ordering::Relaxed);
            false
        };
        let is_late = !written && tokio::time::Instant::now() >= deadline;
        if is_late && self.0.queue.set_late() {
            let waited = self.0.ack.as_millis();
            tracing::error!(
                "security events are not written within {waited} ms (`events.ack`): the disk hangs or is too slow"
            );
        }
        written
    }

    /// What a call hears of a record that was written or not.
    pub(super) fn judge(&self, written: bool) -> Result<(), Refusal> {
        if written {
            return Ok(());
        }
        self.0.queue.failed.fetch_add(1, Ordering::Relaxed);
        match self.0.on_failure {
            OnFailure::Refuse => Err(Refusal::NotRecorded),
            OnFailure::Serve => Ok(()),
        }
    }

    /// What waits, and what is counted.
    pub(super) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    fn send(&self, record: Encoded, weight: Weight) {
        if self.0.queue.try_push(Job::note(record, weight)).is_err() {
            self.0.queue.dropped.fetch_add(1, Ordering::Relaxed);
            self.0.queue.unsaid.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
impl Default for Recorder {
    /// A recorder of a test, in a directory of its own.
    fn default() -> Self {
        let dir = tempfile::tempdir().unwrap().keep();
        let facts = StartFacts { version: "0".into(), door: Door::Stdio, details: Map::new() };
        Self::start(Settings::in_dir(dir.join("events")), facts, Beginning::WithFirstEvent).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::ground::faults::{Faulty, Plan},
        *,
    };
    use crate::{
        caller::Client,
        events::{Ending, query, reader::Order},
    };

    fn facts() -> Facts {
        Facts {
            caller: Arc::new(Caller::parent()),
            client: Client::default(),
            method: "tools/call",
            name: "hello_world".into(),
            bytes_in: 40,
            trace: None,
        }
    }

    fn events(dir: &std::path::Path) -> Vec<String> {
        let events = query::read(dir, crate::events::filter::Filter::default(), Order::Oldest).unwrap();
        events.map(|record| record.fields.event).collect()
    }

    #[tokio::test]
    #[allow(clippy::await_holding_lock, reason = "the lock is what makes the disk hang")]
    async fn a_disk_that_hangs_refuses_calls_in_time_and_the_server_recovers() {
        let dir = tempfile::tempdir().unwrap();
        let plan = Plan::none();
        let ground = Faulty(Directory::open(dir.path()).unwrap(), plan.clone());
        let settings =
            Settings { ack: Some(Duration::from_millis(100)), ..Settings::in_dir(dir.path().to_owned()) };
        let start = StartFacts { version: "0".into(), door: Door::Http, details: Map::new() };
        let recorder = Recorder::on(ground, settings, start, Beginning::AtOnce, None).unwrap();

        let hang = Arc::clone(&plan.hang);
        let held = hang.lock().unwrap();
        let taken = recorder.begin(facts()); // the writer takes it, and hangs
        let waiting = recorder.begin(facts());
        let (taken, waiting) = {
            let first = taken.finish(Ending::ok(1, Map::new()));
            let second = async {
                tokio::time::sleep(Duration::from_millis(30)).await;
                waiting.finish(Ending::ok(2, Map::new())).await
            };
            tokio::join!(first, second)
        };
        assert_eq!((taken, waiting), (Err(Refusal::NotRecorded), Err(Refusal::NotRecorded)));
        assert!(recorder.behind() >= Duration::from_millis(100));
        assert_eq!(recorder.waiting(), 1);
        assert!(recorder.is_failing() && recorder.why_failing().is_some());
        drop(held);

        recorder.begin(facts()).finish(Ending::ok(3, Map::new())).await.unwrap();
        assert!(!recorder.is_failing());
        recorder.stop().await;
        // the first stands, the second was withdrawn, and the log says that one is missing
        assert_eq!(
            events(dir.path()),
            ["server_started", "tool_called", "events_missing", "tool_called", "server_stopped"]
        );
        assert_eq!((recorder.failed(), recorder.in_flight()), (2, 0));
    }

    #[tokio::test]
    async fn a_recorder_that_is_dropped_stops_by_itself() {
        let dir = tempfile::tempdir().unwrap();
        let start = StartFacts { version: "0".into(), door: Door::Http, details: Map::new() };
        let recorder =
            Recorder::start(Settings::in_dir(dir.path().to_owned()), start, Beginning::AtOnce).unwrap();
        let queue = Arc::clone(&recorder.0.queue);
        drop(recorder);
        queue.ended().await;
        assert_eq!(events(dir.path()), ["server_started", "server_stopped"]);
    }
}
