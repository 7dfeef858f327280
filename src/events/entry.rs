//! A call on record, from its beginning to its one ending event.
//!
//! [`Entry::finish`] returns once the event is written. An entry that is
//! dropped before, by a client that goes away or by a panic, writes
//! `tool_abandoned`: no call is ever without its event.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    codes,
    event::{Event, EventKind, Outcome, Severity},
    job::{Job, Weight},
    recorder::Recorder,
    tally::{Slot, TOOLS_CALL, Who},
};
use crate::{
    caller::{Caller, Client},
    refusal::{Code, Refusal},
    sanitize::marks::Tally,
    trace::TraceContext,
};

/// Shared by all events of one call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallId(pub String);

/// What is known of a call when it begins.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// What the client says of itself.
    pub client: Client,
    /// The method.
    pub method: &'static str,
    /// What is called, as the client wrote it.
    pub name: String,
    /// Bytes of the message.
    pub bytes_in: usize,
    /// Whose trace it belongs to.
    pub trace: Option<TraceContext>,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ending {
    kind: EventKind,
    severity: Severity,
    outcome: Outcome,
    code: Option<Code>,
    /// Details of the event about what was left out, if anything was.
    withheld: Map<String, Value>,
    details: Map<String, Value>,
}

impl Ending {
    /// Well, with `bytes_out` bytes of content.
    #[must_use]
    pub fn ok(bytes_out: usize, mut details: Map<String, Value>) -> Self {
        details.insert("bytes_out".into(), bytes_out.into());
        Self {
            kind: EventKind::ToolCalled,
            severity: Severity::Low,
            outcome: Outcome::Ok,
            code: None,
            withheld: Map::new(),
            details,
        }
    }

    /// With a result that itself says that it did not work, and why for machines.
    #[must_use]
    pub fn said_no(code: Code, bytes_out: usize, details: Map<String, Value>) -> Self {
        let (kind, severity, outcome) = codes::in_call(code);
        Self { kind, severity, outcome, code: Some(code), ..Self::ok(bytes_out, details) }
    }

    /// Not well. The event says what the caller was told, and what only the
    /// operator may know.
    #[must_use]
    pub fn refused(refusal: &Refusal, mut details: Map<String, Value>) -> Self {
        let (kind, severity, outcome) = codes::ending(refusal);
        if let Refusal::Argument { argument, broken } = refusal {
            details.insert("argument".into(), argument.as_str().into());
            details.insert("rule".into(), broken.code.as_str().into());
        }
        details.insert("reason".into(), refusal.to_string().into());
        if let Some(cause) = refusal.cause() {
            details.insert("cause".into(), cause.into());
        }
        Self { kind, severity, outcome, code: Some(refusal.code()), withheld: Map::new(), details }
    }

    /// Bytes and whole blocks that the guard left out of the result.
    #[must_use]
    pub fn withholding(mut self, bytes: usize, blocks: usize) -> Self {
        if bytes > 0 || blocks > 0 {
            self.withheld.insert("bytes".into(), bytes.into());
            self.withheld.insert("blocks".into(), blocks.into());
        }
        self
    }

    /// What stands in the result as a mark: counts by kind, never what it is.
    #[must_use]
    pub fn marking(mut self, tally: &Tally) -> Self {
        let Tally { secrets, shown, hidden } = tally;
        for (key, kinds) in [("secrets", secrets), ("secrets_shown", shown)] {
            if !kinds.is_empty() {
                let kinds = kinds.iter().map(|(kind, count)| ((*kind).to_owned(), Value::from(*count)));
                self.withheld.insert(key.into(), kinds.collect());
            }
        }
        if *hidden > 0 {
            self.withheld.insert("hidden".into(), (*hidden).into());
        }
        self
    }
}

/// A call on record. Dropped before [`Entry::finish`], it is written down as abandoned.
#[derive(Debug)]
pub struct Entry {
    recorder: Recorder,
    call: CallId,
    facts: Facts,
    started: Instant,
    /// Where it is counted.
    slot: Slot,
    /// How it ended, once that is decided.
    end: Option<(Outcome, Option<Code>)>,
    /// It is on record that the call may change something from now on.
    announced: AtomicBool,
}

impl Entry {
    pub(super) fn open(recorder: Recorder, facts: Facts) -> Self {
        recorder.queue().in_flight.fetch_add(1, Ordering::Relaxed);
        let call = CallId(Uuid::now_v7().to_string());
        let slot = recorder.queue().tally.slot(facts.method, &facts.name);
        let announced = AtomicBool::new(false);
        Self { recorder, call, facts, started: Instant::now(), slot, announced, end: None }
    }

    /// The id that all events of the call share.
    #[must_use]
    pub fn call(&self) -> &CallId {
        &self.call
    }

    /// Puts on record that the call is about to change something or to reach
    /// out. Returns once that is written.
    ///
    /// # Errors
    ///
    /// As [`Recorder::record`]; the call must not go on then.
    pub async fn announce(&self) -> Result<(), Refusal> {
        self.recorder.record(self.event(EventKind::ToolStarted, Severity::Low)).await?;
        self.announced.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Writes how the call ended, and returns once that is written.
    ///
    /// # Errors
    ///
    /// As [`Recorder::record`]; the answer must not be given then. A call
    /// that was announced has run: that is said instead.
    pub async fn finish(mut self, ending: Ending) -> Result<(), Refusal> {
        let mut event = self.event(ending.kind, ending.severity);
        event.outcome = Some(ending.outcome);
        event.code = ending.code;
        event.duration = Some(self.started.elapsed());
        event.details.extend(ending.details);
        let companion = (!ending.withheld.is_empty()).then(|| {
            let mut event = self.event(EventKind::OutputWithheld, Severity::Medium);
            event.details.extend(ending.withheld);
            event.encode()
        });
        let recorder = self.recorder.clone();
        let (record, end, waiting) = (event.encode(), (ending.outcome, ending.code), Instant::now());
        let written = recorder.put(record, companion, || self.end = Some(end)).await;
        recorder.queue().tally.acknowledged_after(waiting.elapsed());
        let judged = recorder.judge(written).map_err(|refusal| {
            if self.announced.load(Ordering::Relaxed) { Refusal::DoneNotRecorded } else { refusal }
        });
        if let Err(refusal) = &judged {
            self.end = Some((codes::ending(refusal).2, Some(refusal.code())));
        }
        judged
    }

    fn event(&self, kind: EventKind, severity: Severity) -> Event {
        let facts = &self.facts;
        let mut event = Event {
            identifier: facts.caller.identity.who(),
            transport: Some(facts.caller.door),
            peer: facts.caller.peer,
            client: Some(facts.client.clone()),
            call: Some(self.call.0.clone()),
            trace: facts.trace,
            ..Event::new(kind, severity)
        };
        if facts.method == TOOLS_CALL {
            event.tool = Some(facts.name.clone());
        } else {
            event.method = Some(facts.method.to_owned());
            event = event.detail(subject(facts.method), shown(&facts.name));
        }
        event.detail("bytes_in", facts.bytes_in)
    }
}

/// What the name of a call that is no tool's stands for.
fn subject(method: &str) -> &'static str {
    if method.starts_with("resources/") { "uri" } else { "prompt" }
}

/// An absolute `file:` URI names places of this machine, and is not kept.
fn shown(name: &str) -> &str {
    if name.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:")) { "file:" } else { name }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let (queue, took) = (self.recorder.queue(), self.started.elapsed());
        let (kind, severity, abandoned) = codes::ending(&Refusal::Abandoned);
        let end = self.end.unwrap_or((abandoned, Some(Code::Abandoned)));
        queue.in_flight.fetch_sub(1, Ordering::Relaxed);
        queue.tally.call_ended(self.slot, Who::from(&self.facts.caller.identity), end, took);
        if self.end.is_some() {
            return;
        }
        let event = Event {
            outcome: Some(abandoned),
            code: Some(Code::Abandoned),
            duration: Some(took),
            ..self.event(kind, severity)
        };
        if queue.push_anyway(Job::note(event.encode(), Weight::Real)).is_err() {
            queue.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
