//! A run's turns on the worker threads.
//!
//! A tool that computes without ever yielding keeps the thread it runs on, and
//! nothing can take that thread back. So runs take turns: at most
//! [`limits::TURNS_MAX`] are on a thread at once, [`limits::OVERDUE_RUNS_MAX`]
//! of one tool. One that would take the last worker hands the worker's other
//! work to a fresh thread first, so deadlines, signals and the doors always
//! find one, and no thread waits in reserve for a tool that hangs.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
    task::block_in_place,
};
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
        InTurn { run, all: PollSemaphore::new(Arc::clone(&self.0)), own: lane.turns(), gave_way: 0 }
    }
}

/// How often a run steps back before it has another thread take over: a step of
/// another run is mostly over in a moment, and a thread is not to be had as fast.
const GIVE_WAY_MAX: u32 = 32;

/// A run that waits for its turn before each step.
pub(super) struct InTurn {
    run: Running,
    all: PollSemaphore,
    own: PollSemaphore,
    /// So many times since its last step.
    gave_way: u32,
}

impl Future for InTurn {
    type Output = Result<Draft, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // In this order: a run that still waits for the second gives the first
        // back at once, so a tool whose runs hang holds up none but its own.
        let _of_all = ready!(self.all.poll_acquire(cx));
        let _of_own = ready!(self.own.poll_acquire(cx));
        let on_threads = limits::TURNS_MAX.saturating_sub(self.all.available_permits());
        if would_take_the_last_of_them(on_threads) {
            if self.gave_way < GIVE_WAY_MAX {
                self.gave_way += 1;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.gave_way = 0;
            return block_in_place(|| self.run.as_mut().poll(cx));
        }
        self.gave_way = 0;
        self.run.as_mut().poll(cx)
    }
}

/// Whether no worker is left when so many runs are on a thread. A runtime of
/// one thread has nothing to hand on to.
fn would_take_the_last_of_them(on_threads: usize) -> bool {
    let Ok(runtime) = Handle::try_current() else { return false };
    runtime.runtime_flavor() == RuntimeFlavor::MultiThread && on_threads >= runtime.metrics().num_workers()
}
