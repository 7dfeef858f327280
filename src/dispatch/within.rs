//! A run, and everything that can end it early.
//!
//! The run has a task of its own: its panic ends there, and a run that never
//! yields keeps one worker thread, not its caller.

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{Dispatcher, turns::InTurn};
use crate::{
    caller::Identity,
    events::{Event, EventKind, Recorder, Severity},
    guard::Draft,
    limits,
    policy::seats::{Seat, Seats},
    refusal::Refusal,
    shutdown::Tasks,
    tools::{CallContext, Lane, Ready, WeakRun, context},
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
    dispatcher: &Dispatcher,
    ready: Ready,
    call: CallContext,
    lane: &Lane,
    cancel: CancellationToken,
    _seat: Seat,
) -> Result<Draft, Refusal> {
    let (started, pulse) = (Instant::now(), call.pulse());
    pulse.beat(); // what was waited for before is not the tool's time
    let run = call.run();
    let in_turn: InTurn = dispatcher.turns.take(ready.run(call), lane);
    let (tasks, events) = (dispatcher.tasks.clone(), dispatcher.events.clone());
    let mut running = Running { task: tasks.spawn(in_turn), run, cancel, tasks, events, over: false };
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
    events: Recorder,
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.cancel.cancel();
        self.task.abort();
        let (run, events) = (self.run.clone(), self.events.clone());
        self.tasks.spawn(async move {
            sleep(limits::CANCEL_GRACE).await;
            if let Some(lane) = run.give_up() {
                events.note(switched_off(&lane));
            }
        });
    }
}

fn switched_off(lane: &Lane) -> Event {
    let mut event = Event::new(EventKind::ToolDisabled, Severity::Medium);
    event.tool = Some(lane.name().to_owned());
    event.detail("overdue_runs", limits::OVERDUE_RUNS_MAX)
}
