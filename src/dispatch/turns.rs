//! A run's turns on the worker threads.
//!
//! A tool that computes without ever yielding keeps the thread it runs on, and
//! nothing can take that thread back. So runs take turns: at most
//! [`limits::TURNS_MAX`] are on a thread at once, [`limits::OVERDUE_RUNS_MAX`]
//! of one tool. There are more threads than that, so deadlines, signals and
//! the doors always find one.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

use crate::{
    guard::Draft,
    limits,
    refusal::Refusal,
    tools::{Lane, Running},
};

/// The turns of all runs of one server.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::TURNS_MAX)))
    }
}

impl Turns {
    /// `run`, polled only while it has a turn.
    pub(super) fn take(&self, run: Running, lane: &Lane) -> InTurn {
        InTurn { run, all: PollSemaphore::new(Arc::clone(&self.0)), own: lane.turns() }
    }
}

/// A run that waits for its turn before each step.
pub(super) struct InTurn {
    run: Running,
    all: PollSemaphore,
    own: PollSemaphore,
}

impl Future for InTurn {
    type Output = Result<Draft, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // In this order: a run that still waits for the second gives the first
        // back at once, so a tool whose runs hang holds up none but its own.
        let _of_all = ready!(self.all.poll_acquire(cx));
        let _of_own = ready!(self.own.poll_acquire(cx));
        self.run.as_mut().poll(cx)
    }
}
