//! The share of the server that the runs of one tool may take.
//!
//! A run that outlives its call cannot be stopped from outside, only counted:
//! [`limits::OVERDUE_RUNS_MAX`] of them switch the tool off until they end.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

use crate::limits;

/// What the runs of one tool, prompt or source of resources have in common.
#[derive(Clone, Debug)]
pub(crate) struct Lane(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: String,
    overdue: AtomicUsize,
    turns: Arc<Semaphore>,
}

impl Lane {
    /// The lane of what is called `name` in the log.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Shared {
            name: name.into(),
            overdue: AtomicUsize::new(0),
            turns: Arc::new(Semaphore::new(limits::OVERDUE_RUNS_MAX)),
        }))
    }

    /// Whose it is.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether too many runs have outlived their calls.
    pub(crate) fn is_switched_off(&self) -> bool {
        self.0.overdue.load(Ordering::Acquire) >= limits::OVERDUE_RUNS_MAX
    }

    /// The turns its runs take on the worker threads.
    pub(crate) fn turns(&self) -> PollSemaphore {
        PollSemaphore::new(Arc::clone(&self.0.turns))
    }
}

/// Alive as long as any part of a run is: its future, or a blocking piece of it.
#[derive(Debug)]
pub(crate) struct Run {
    lane: Option<Lane>,
    is_overdue: AtomicBool,
}

impl Run {
    /// A run in `lane`; `None` is one that nobody counts.
    pub(crate) fn new(lane: Option<Lane>) -> Arc<Self> {
        Arc::new(Self { lane, is_overdue: AtomicBool::new(false) })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if *self.is_overdue.get_mut()
            && let Some(lane) = &self.lane
        {
            lane.0.overdue.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// A run as seen by whoever waits for it.
#[derive(Clone, Debug)]
pub(crate) struct WeakRun(Weak<Run>);

impl WeakRun {
    pub(crate) fn of(run: &Arc<Run>) -> Self {
        Self(Arc::downgrade(run))
    }

    /// The call is over; what still runs of it is overdue. Returns the lane if
    /// that switched it off.
    pub(crate) fn give_up(&self) -> Option<Lane> {
        let run = self.0.upgrade()?;
        let lane = run.lane.as_ref()?;
        if run.is_overdue.swap(true, Ordering::AcqRel) {
            return None;
        }
        let overdue = lane.0.overdue.fetch_add(1, Ordering::AcqRel) + 1;
        (overdue == limits::OVERDUE_RUNS_MAX).then(|| lane.clone())
    }
}
