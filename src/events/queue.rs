//! What waits for the writer.
//!
//! At most [`limits::EVENTS_QUEUED_MAX`] records wait. A caller waits for room
//! and then for its record, both within one deadline; past it, a record that
//! the writer has not taken is withdrawn, and one that it has taken stands.
//! Endings of abandoned calls cannot wait and are few: they always get in.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};

use super::{
    chain_state::ChainState,
    fold::{Fate, Fold},
    job::{Job, NotQueued},
    tally::Tally,
};
use crate::limits;

/// The records that wait, and what the room knows of itself.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    room: Notify,
    ended: watch::Sender<bool>,
    /// Refusals of this second.
    fold: Mutex<Fold>,
    /// Why events cannot be written at present.
    failing: Mutex<Option<String>>,
    is_failing: AtomicBool,
    /// Somebody waited in vain, and nothing was written since: the disk may hang.
    late: AtomicBool,
    /// Events that were written.
    pub(super) written: AtomicU64,
    /// Events that somebody waited for, and that were not written in time.
    pub(super) failed: AtomicU64,
    /// Events that nobody waited for, and that were not written.
    pub(super) dropped: AtomicU64,
    /// Events that are missing, and that the log does not say so of yet.
    pub(super) unsaid: AtomicU64,
    /// Files that were removed before their time.
    pub(super) pruned_early: AtomicU64,
    /// Calls without an ending.
    pub(super) in_flight: AtomicUsize,
    /// Whether the log is as it was written.
    pub(super) chain: Mutex<ChainState>,
    /// What happened, in numbers.
    pub(super) tally: Tally,
    /// Bytes of the directory when it was last looked at, and of what we wrote since.
    pub(super) dir_bytes: AtomicU64,
    /// When the writer took what it is at.
    busy_since: Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    fold_due: Option<Instant>,
    rotate: bool,
    closed: bool,
    sleeping: bool,
}

/// What the writer is woken for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Woken {
    /// Refusals were counted, and their second is over.
    pub(super) fold: bool,
    /// Somebody asked for the next part.
    pub(super) rotate: bool,
    /// Nothing comes any more once the batch is empty.
    pub(super) closed: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            room: Notify::new(),
            ended: watch::Sender::new(false),
            fold: Mutex::default(),
            failing: Mutex::default(),
            is_failing: AtomicBool::new(false),
            late: AtomicBool::new(false),
            written: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            unsaid: AtomicU64::new(0),
            pruned_early: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            chain: Mutex::default(),
            tally: Tally::default(),
            dir_bytes: AtomicU64::new(0),
            busy_since: Mutex::default(),
        }
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fold(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, state: &State) {
        if state.sleeping {
            self.wake.notify_one();
        }
    }

    /// Gets a record in if there is room.
    pub(super) fn try_push(&self, job: Job) -> Result<(), NotQueued> {
        self.push_below(limits::EVENTS_QUEUED_MAX, job)
    }

    /// Gets a record in whether there is room or not. For endings of calls
    /// only: there are no more of those than calls in flight.
    pub(super) fn push_anyway(&self, job: Job) -> Result<(), NotQueued> {
        self.push_below(usize::MAX, job)
    }

    fn push_below(&self, room: usize, job: Job) -> Result<(), NotQueued> {
        let mut state = self.state();
        if state.closed {
            return Err(NotQueued::Closed);
        }
        if state.jobs.len() >= room {
            return Err(NotQueued::Full(Box::new(job)));
        }
        state.jobs.push_back(job);
        self.wake(&state);
        Ok(())
    }

    /// Waits for room until `deadline`.
    pub(super) async fn push(&self, mut job: Job, deadline: tokio::time::Instant) -> Result<(), NotQueued> {
        loop {
            let room = self.room.notified();
            tokio::pin!(room);
            room.as_mut().enable(); // before looking, so that no room is missed
            match self.try_push(job) {
                Err(NotQueued::Full(again)) => job = *again,
                done => return done,
            }
            if tokio::time::timeout_at(deadline, room).await.is_err() {
                return Err(NotQueued::Full(Box::new(job)));
            }
        }
    }

    /// Decides about a refusal at the door.
    pub(super) fn meet(&self, kind: super::EventKind, source: &str, now: Instant) -> Fate {
        let fate = self.fold().meet(kind, source, now);
        if let Fate::Folded { due } = fate {
            self.due(due);
        }
        fate
    }

    /// Counts a refusal that found no room.
    pub(super) fn count(&self, kind: super::EventKind, source: &str, now: Instant) {
        let due = {
            let mut fold = self.fold();
            fold.count(kind, source, now);
            fold.due(now)
        };
        self.due(due);
    }

    fn due(&self, due: Instant) {
        let mut state = self.state();
        if state.fold_due.is_none() {
            state.fold_due = Some(due);
            self.wake(&state);
        }
    }

    /// What was counted.
    pub(super) fn take_fold(&self, now: Instant) -> Option<super::fold::Counted> {
        self.fold().take(now)
    }

    /// What was counted and could not be written; it is tried again.
    pub(super) fn give_back(&self, counted: super::fold::Counted, now: Instant) {
        self.fold().give_back(counted);
        self.due(now + Duration::from_secs(1));
    }

    /// Asks for the next part of the file.
    pub(super) fn rotate(&self) {
        let mut state = self.state();
        state.rotate = true;
        self.wake(&state);
    }

    /// Nothing more gets in.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        self.wake(&state);
    }

    /// The writer waits for records, at most until `until`, and takes them.
    pub(super) fn take(&self, batch: &mut Vec<Job>, until: Option<Instant>) -> Woken {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let fold = state.fold_due.is_some_and(|due| due <= now || state.closed);
            let woken = Woken { fold, rotate: state.rotate, closed: state.closed };
            let over = until.is_some_and(|until| until <= now);
            if !state.jobs.is_empty() || woken != Woken::default() || over {
                break;
            }
            let wait = [until, state.fold_due].into_iter().flatten().min();
            state.sleeping = true;
            state = match wait {
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(wait) => {
                    let wait = wait.saturating_duration_since(now);
                    self.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            state.sleeping = false;
        }
        let due = state.fold_due.is_some_and(|due| due <= Instant::now() || state.closed);
        if due {
            state.fold_due = None;
        }
        let count = state.jobs.len().min(limits::EVENTS_BATCH_MAX);
        batch.extend(state.jobs.drain(..count));
        let woken = Woken {
            fold: due,
            rotate: std::mem::take(&mut state.rotate),
            closed: state.closed && state.jobs.is_empty(),
        };
        drop(state);
        if count > 0 {
            self.room.notify_waiters();
        }
        woken
    }

    /// Records that wait for the writer.
    pub(super) fn waiting(&self) -> usize {
        self.state().jobs.len()
    }

    /// The writer begins to write, or is done with it.
    pub(super) fn set_busy(&self, since: Option<Instant>) {
        *self.busy_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// How long the writer has been at what it took last.
    pub(super) fn busy_for(&self) -> Duration {
        let since = *self.busy_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Notes that events can or cannot be written.
    pub(super) fn set_failing(&self, why: Option<String>) {
        self.is_failing.store(why.is_some(), Ordering::Release);
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Notes that somebody waited in vain. Says whether that is news.
    pub(super) fn set_late(&self) -> bool {
        !self.late.swap(true, Ordering::AcqRel)
    }

    /// Notes that what was taken is written. Says whether somebody had waited in vain.
    pub(super) fn set_in_time(&self) -> bool {
        self.late.swap(false, Ordering::AcqRel)
    }

    pub(super) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire) || self.late.load(Ordering::Acquire)
    }

    pub(super) fn why_failing(&self) -> Option<String> {
        let why = self.failing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        why.or_else(|| self.late.load(Ordering::Acquire).then(|| "writing takes too long".to_owned()))
    }

    /// The writer has ended; nobody waits in vain.
    pub(super) fn end(&self) {
        self.close();
        for job in std::mem::take(&mut self.state().jobs) {
            job.done(false);
        }
        self.room.notify_waiters();
        self.ended.send_replace(true);
    }

    /// Returns once the writer has ended.
    pub(super) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        let _sender_lives = ended.wait_for(|ended| *ended).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Event, EventKind, Severity, event::Encoded, job::Weight};

    fn record() -> Encoded {
        Event::new(EventKind::ToolCalled, Severity::Low).encode()
    }

    #[tokio::test]
    async fn a_record_past_its_deadline_is_withdrawn_unless_it_was_taken() {
        let deadline = tokio::time::Instant::now() + Duration::from_millis(20);
        let (late, ticket) = Job::waited_for(record(), None);
        assert!(!ticket.wait(deadline).await);
        assert!(!late.take());

        let (taken, ticket) = Job::waited_for(record(), None);
        assert!(taken.take());
        assert!(!ticket.wait(deadline).await);
        taken.done(true);
    }

    #[tokio::test]
    async fn a_full_queue_makes_callers_wait_and_lets_endings_of_abandoned_calls_in() {
        let queue = Queue::default();
        for _ in 0..limits::EVENTS_QUEUED_MAX {
            queue.try_push(Job::note(record(), Weight::Real)).unwrap();
        }
        let deadline = tokio::time::Instant::now() + Duration::from_millis(20);
        let (job, _ticket) = Job::waited_for(record(), None);
        assert!(matches!(queue.push(job, deadline).await, Err(NotQueued::Full(_))));
        queue.push_anyway(Job::note(record(), Weight::Real)).unwrap();

        let (job, _ticket) = Job::waited_for(record(), None);
        let deadline = tokio::time::Instant::now() + Duration::from_millis(20);
        let (pushed, ()) = tokio::join!(queue.push(job, deadline), async {
            queue.take(&mut Vec::new(), None);
        });
        pushed.unwrap();
    }
}
