//! A run, and everything that can end it early.
//!
//! The run has a task of its own: its panic ends there, and a run that never
//! yields keeps one worker thread, not its caller.

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    caller::Identity,
    guard::Draft,
    limits,
    policy::seats::{Seat, Seats},
    refusal::Refusal,
    shutdown::Tasks,
    tools::{
        CallContext, Ready,
        context::{self, WeakRun},
    },
};

/// Waits for a seat, unless the client goes away first.
pub(super) async fn seat(
    seats: &Seats,
    caller: &Identity,
    cancel: &CancellationToken,
) -> Result<Seat, Refusal> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Refusal::Abandoned),
        seat = seats.take(caller) => seat,
    }
}

/// Runs `ready` until it ends, panics, is cancelled, or shows no progress for
/// too long. The seat is given back when this returns or is dropped.
pub(super) async fn deadline(
    tasks: &Tasks,
    ready: Ready,
    call: CallContext,
    cancel: CancellationToken,
    _seat: Seat,
) -> Result<Draft, Refusal> {
    let (started, pulse, run) = (Instant::now(), call.pulse(), call.run());
    let mut running =
        Running { task: tasks.spawn(ready.run(call)), run, cancel, tasks: tasks.clone(), over: false };
    loop {
        let (until, allowed) = context::deadline(started, pulse.last());
        tokio::select! {
            biased;
            () = running.cancel.cancelled() => return Err(Refusal::Abandoned),
            joined = &mut running.task => {
                running.over = true;
                return match joined {
                    Ok(result) => result,
                    Err(error) if error.is_panic() => Err(Refusal::Panicked),
                    Err(_) => Err(Refusal::Abandoned),
                };
            }
            () = sleep_until(until) => {
                if context::deadline(started, pulse.last()).0 <= Instant::now() {
                    return Err(Refusal::Deadline { after: allowed });
                }
            }
        }
    }
}

/// A run that is stopped with whoever waits for it: by its return or, when the
/// client has gone away, by being dropped.
struct Running {
    task: JoinHandle<Result<Draft, Refusal>>,
    run: WeakRun,
    cancel: CancellationToken,
    tasks: Tasks,
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.cancel.cancel();
        self.task.abort();
        let run = self.run.clone();
        self.tasks.spawn(async move {
            sleep(limits::CANCEL_GRACE).await;
            run.give_up();
        });
    }
}
