//! The one thread that owns the file.
//!
//! It takes what waits, writes it with one `write`, and only then tells those
//! who wait. What cannot be written is refused at once, counted, and said in
//! the log as soon as there is one again; the writer recovers by itself.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

use super::{
    clock::Clock,
    event::{Encoded, Event, EventKind, Severity},
    ground::Ground,
    queue::{Job, Queue, Weight, Woken},
    sink::{Line, Sink, stamp},
};
use crate::limits;

/// What bounds the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    pub(super) max_bytes: u64,
    pub(super) max_age: Duration,
}

impl Caps {
    /// Bytes of one part: small directories have small parts, or nothing could be pruned.
    pub(super) fn part_bytes(self) -> u64 {
        (self.max_bytes / 8).clamp(64 << 10, limits::EVENT_PART_BYTES_MAX)
    }

    /// Caps are looked at after so many bytes of our own.
    fn step_bytes(self) -> u64 {
        (self.max_bytes / 64).clamp(16 << 10, limits::EVENTS_PRUNE_BYTES)
    }

    /// What all servers together may write between two looks.
    pub(super) fn headroom_bytes(self) -> u64 {
        self.max_bytes / 16
    }
}

/// Why nothing can be written at present.
struct Trouble {
    since: Timestamp,
    why: String,
}

/// The writer of one run.
pub(super) struct Writer<G, C> {
    pub(super) sink: Sink<G>,
    pub(super) clock: C,
    pub(super) queue: Arc<Queue>,
    pub(super) caps: Caps,
    /// Whether there is a reason for a file.
    awake: bool,
    quiet: VecDeque<(Timestamp, Encoded)>,
    trouble: Option<Trouble>,
    retry_at: Option<Instant>,
    reserve: Reserve,
    /// What there is to say about a part that somebody took away.
    lost: Option<Encoded>,
    /// What the wall said, and when.
    seen: (Timestamp, Duration),
    missing_said: Option<Duration>,
    has_recovered: bool,
    pruned: Option<Duration>,
    unpruned_bytes: u64,
}

/// Space that is set aside.
enum Reserve {
    Unasked,
    Held {
        _space: File,
    },
    Spent,
    /// This file system gives none.
    None,
}

impl<G: Ground, C: Clock> Writer<G, C> {
    /// A writer with its first event, which waits for something to happen.
    pub(super) fn new(sink: Sink<G>, clock: C, queue: Arc<Queue>, caps: Caps, started: &Event) -> Self {
        let seen = (clock.wall(), clock.run());
        Self {
            sink,
            clock,
            queue,
            caps,
            awake: false,
            quiet: VecDeque::from([(seen.0, started.encode())]),
            trouble: None,
            retry_at: None,
            reserve: Reserve::Unasked,
            lost: None,
            seen,
            missing_said: None,
            has_recovered: false,
            pruned: None,
            unpruned_bytes: 0,
        }
    }

    /// Makes the file now.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        self.awake = true;
        let lines: Vec<_> = self.quiet.drain(..).collect();
        let lines: Vec<Line<'_>> = lines.iter().map(|(at, record)| (*at, record)).collect();
        self.commit(&lines)?;
        self.chores();
        Ok(())
    }

    /// Works until the queue is closed.
    pub(super) fn run(mut self) {
        let mut batch = Vec::with_capacity(limits::EVENTS_BATCH_MAX);
        loop {
            let woken = self.queue.take(&mut batch, self.wake_at());
            self.work(&mut batch, woken);
            if woken.closed {
                break;
            }
        }
        self.finish();
    }

    fn wake_at(&self) -> Option<Instant> {
        let prune = self.pruned.map(|pruned| {
            let next = (pruned + limits::EVENTS_PRUNE_EVERY).saturating_sub(self.clock.run());
            Instant::now() + next.max(Duration::from_secs(1))
        });
        [self.retry_at, prune].into_iter().flatten().min()
    }

    fn work(&mut self, batch: &mut Vec<Job>, woken: Woken) {
        let at = self.clock.wall();
        let waiting = batch.len();
        batch.retain(Job::take);
        self.queue.unsaid.fetch_add((waiting - batch.len()) as u64, Ordering::Relaxed);
        let counted = if woken.fold { self.queue.take_fold() } else { None };
        if !self.awake && counted.is_none() && batch.iter().all(|job| job.weight == Weight::Quiet) {
            self.seen = (at, self.clock.run());
            self.keep(at, batch);
            return;
        }
        self.awake = true;
        if woken.rotate && self.sink.current().is_some() {
            self.rotate(at);
        }

        let missing = self.missing();
        let jump = self.clock_jump(at);
        let fold = counted.as_ref().map(super::fold::Counted::event);
        let said: Vec<_> = [jump, missing.as_ref().map(|(event, _)| event.clone()), fold]
            .into_iter()
            .flatten()
            .map(|event| event.encode())
            .collect();
        let quiet = std::mem::take(&mut self.quiet);
        let mut lines: Vec<Line<'_>> = quiet.iter().map(|(at, record)| (*at, record)).collect();
        lines.extend(said.iter().map(|record| (at, record)));
        for job in batch.iter() {
            lines.extend(job.companion.iter().chain([&job.record]).map(|record| (at, record)));
        }
        let written = lines.is_empty() || self.commit_or_fail(&lines);
        drop(lines);
        if written {
            self.seen = (at, self.clock.run());
            batch.drain(..).for_each(|job| job.done(true));
            self.chores();
        } else {
            self.quiet = quiet;
            if let Some(counted) = counted {
                self.queue.give_back(counted, Instant::now());
            }
            let lost = batch.len() as u64 + missing.map_or(0, |(_, count)| count);
            self.queue.unsaid.fetch_add(lost, Ordering::Relaxed);
            let unheard = batch.drain(..).filter(|job| !job.is_waited_for()).count();
            self.queue.dropped.fetch_add(unheard as u64, Ordering::Relaxed);
        }
    }

    /// Keeps quiet records until something happens; the start is kept always.
    fn keep(&mut self, at: Timestamp, batch: &mut Vec<Job>) {
        for job in batch.drain(..) {
            if self.quiet.len() >= limits::EVENTS_QUIET_MAX {
                self.quiet.remove(1);
                self.queue.dropped.fetch_add(1, Ordering::Relaxed);
            }
            self.quiet.push_back((at, job.record));
        }
    }

    /// What has to be said about events that were not written, and how many those are.
    fn missing(&mut self) -> Option<(Event, u64)> {
        let now = self.clock.run();
        let is_due = self.missing_said.is_none_or(|said| now.saturating_sub(said) >= Duration::from_secs(1));
        if self.trouble.is_none() && !is_due {
            return None;
        }
        let count = self.queue.unsaid.swap(0, Ordering::Relaxed);
        if count == 0 && self.trouble.is_none() {
            return None;
        }
        self.missing_said = Some(now);
        Some((self.missing_event(count), count))
    }

    fn missing_event(&self, count: u64) -> Event {
        let event = Event::new(EventKind::EventsMissing, Severity::High).detail("missing", count);
        match &self.trouble {
            Some(trouble) => event.detail("reason", &*trouble.why).detail("since", stamp(trouble.since)),
            None => event.detail("reason", "more came than could be written in time"),
        }
    }

    /// The event of a wall clock that moved by itself.
    fn clock_jump(&self, at: Timestamp) -> Option<Event> {
        let elapsed = self.clock.run().saturating_sub(self.seen.1);
        let expected = self.seen.0.saturating_add(SignedDuration::try_from(elapsed).ok()?).ok()?;
        let moved = at.duration_since(expected);
        // a clock that is being corrected slowly does not jump
        let allowed = limits::CLOCK_DRIFT_MAX + elapsed / 1_000;
        (moved.unsigned_abs() > allowed).then(|| {
            Event::new(EventKind::ClockJump, Severity::Medium)
                .detail("expected", stamp(expected))
                .detail("found", stamp(at))
                .detail("seconds", moved.as_secs())
        })
    }

    /// Writes all lines, or notes the trouble.
    pub(super) fn commit_or_fail(&mut self, lines: &[Line<'_>]) -> bool {
        match self.commit(lines) {
            Ok(()) => {
                if let Some(trouble) = self.trouble.take() {
                    tracing::info!(since = %stamp(trouble.since), "security events are written again");
                    self.queue.set_failing(None);
                }
                self.retry_at = None;
                true
            }
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    fn commit(&mut self, lines: &[Line<'_>]) -> io::Result<()> {
        self.set_aside()?;
        let (now, at) = (self.clock.run(), self.clock.wall());
        self.settle(now)?;
        let bytes = lines.iter().map(|(_, record)| record.bytes_max() as u64).sum();
        if self.sink.is_over(bytes, now) {
            self.sink.rotate(at, now)?;
        }
        let all: Vec<Line<'_>> =
            self.lost.iter().map(|record| (at, record)).chain(lines.iter().copied()).collect();
        self.unpruned_bytes += self.sink.append(&all)?;
        self.queue.written.fetch_add(all.len() as u64, Ordering::Relaxed);
        self.lost = None;
        Ok(())
    }

    fn settle(&mut self, now: Duration) -> io::Result<()> {
        if let Some(lost) = self.sink.settle(now)? {
            tracing::error!(file = %lost.name, "{}; security events go on in the next part", lost.why);
            let event = Event::new(EventKind::EventsMissing, Severity::High)
                .detail("reason", lost.why)
                .detail("file", lost.name.to_string())
                .detail("events", lost.events);
            self.lost = Some(event.encode());
        }
        Ok(())
    }

    /// The reserve is taken once the first file is wanted. Once it is spent,
    /// nothing but its loss is written until it is there again.
    fn set_aside(&mut self) -> io::Result<()> {
        match self.reserve {
            Reserve::Held { .. } | Reserve::None => {}
            Reserve::Spent => self.reserve = Reserve::Held { _space: self.sink.ground.reserve()? },
            Reserve::Unasked => {
                self.reserve = match self.sink.ground.reserve() {
                    Ok(space) => Reserve::Held { _space: space },
                    Err(error) => {
                        tracing::debug!(%error, "no space could be set aside for the day the disk is full");
                        Reserve::None
                    }
                };
            }
        }
        Ok(())
    }

    fn fail(&mut self, error: &io::Error) {
        let why = error.to_string();
        self.retry_at = Some(Instant::now() + limits::EVENTS_RETRY_EVERY);
        if let Some(trouble) = &mut self.trouble {
            trouble.why = why.clone();
        } else {
            tracing::error!(reason = why, "security events cannot be written");
            self.trouble = Some(Trouble { since: self.clock.wall(), why: why.clone() });
        }
        self.queue.set_failing(Some(why));
        let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        if is_full && matches!(self.reserve, Reserve::Held { .. }) {
            self.reserve = Reserve::Spent; // gives its space back
            let event = self.missing_event(self.queue.unsaid.load(Ordering::Relaxed)).encode();
            if self.sink.append(&[(self.clock.wall(), &event)]).is_ok() {
                self.queue.written.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn rotate(&mut self, at: Timestamp) {
        let now = self.clock.run();
        let rotated = self.settle(now).and_then(|()| self.sink.rotate(at, now));
        if let Err(error) = rotated {
            self.fail(&error);
        }
    }

    /// What is done after callers have had their answer.
    fn chores(&mut self) {
        if !self.has_recovered {
            self.has_recovered = true;
            self.recover();
        }
        let now = self.clock.run();
        let is_due =
            self.pruned.is_none_or(|pruned| now.saturating_sub(pruned) >= limits::EVENTS_PRUNE_EVERY);
        if is_due || self.unpruned_bytes >= self.caps.step_bytes() {
            self.pruned = Some(now);
            self.unpruned_bytes = 0;
            self.prune();
        }
    }

    fn finish(&mut self) {
        if !self.sink.has_begun() {
            return;
        }
        let mut batch = Vec::new();
        self.work(&mut batch, Woken { fold: true, ..Woken::default() });
        let event = Event::new(EventKind::ServerStopped, Severity::Low)
            .detail("events", self.queue.written.load(Ordering::Relaxed) + 1)
            .detail("failed", self.queue.failed.load(Ordering::Relaxed))
            .detail("dropped", self.queue.dropped.load(Ordering::Relaxed));
        self.commit_or_fail(&[(self.clock.wall(), &event.encode())]);
    }
}

impl<G, C> Drop for Writer<G, C> {
    /// However the thread ends, nobody waits for it in vain.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.queue.set_failing(Some("the events thread ended unexpectedly; restart the server".into()));
        }
        self.queue.end();
    }
}
