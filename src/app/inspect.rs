//! The server looks after its own log: whether it still is as it was written.
//!
//! At the start, at each SIGHUP and every [`limits::CHAIN_CHECK_EVERY`], by one
//! thread of its own that no call waits for. What is found is an event, once.

use std::{collections::HashSet, num::NonZeroUsize, sync::Arc};

use jiff::Timestamp;
use tokio::time::sleep;

use super::signals::Hangups;
use crate::{
    events::{
        ChainState, Event, EventKind, Recorder, Settings, Severity, read_chain_key,
        verify::{self, Asked, Fault, Report},
    },
    limits,
    shutdown::Tasks,
};

/// Looks at the log until the server stops.
pub(super) async fn inspect(tasks: Tasks, settings: Settings, events: Recorder, mut hangups: Hangups) {
    let (settings, mut told) = (Arc::new(settings), HashSet::new());
    loop {
        let settings = Arc::clone(&settings);
        let looked = tasks.spawn_blocking(move || look(&settings));
        let looked = tokio::select! {
            () = tasks.stopped() => return,
            looked = looked => looked,
        };
        match looked {
            Ok(Ok(report)) => tell(&report, &mut told, &events),
            Ok(Err(why)) => tracing::warn!(why, "the chain of the log could not be checked"),
            Err(error) => tracing::warn!(%error, "the check of the log's chain ended unexpectedly"),
        }
        tokio::select! {
            () = tasks.stopped() => return,
            () = hangups.next() => {}
            () = sleep(limits::CHAIN_CHECK_EVERY) => {}
        }
    }
}

fn look(settings: &Settings) -> Result<Report, String> {
    let key = settings.chain_key_file.as_ref().map(|file| {
        let key = read_chain_key(file, &settings.dir).map_err(|error| error.to_string())?;
        Ok::<_, String>((file.clone(), key))
    });
    let asked = Asked { key: key.transpose()?, threads: Some(NonZeroUsize::MIN), ..Asked::default() };
    verify::verify(&settings.dir, &asked, &|_| ()).map_err(|error| error.to_string())
}

/// Writes down what is new, and keeps the state.
fn tell(report: &Report, told: &mut HashSet<String>, events: &Recorder) {
    let at = Timestamp::now();
    events.set_chain_state(match report.fault_count() {
        0 if report.doubts.iter().any(|doubt| doubt.what.hides()) => ChainState::Incomplete { at },
        0 => ChainState::Intact { at },
        faults => ChainState::Broken { at, faults },
    });
    for fault in &report.faults {
        if told.len() < limits::FAULTS_TOLD_MAX && told.insert(fault.to_string()) {
            tracing::error!("the log is not as it was written: {fault}");
            events.note(event(fault));
        }
    }
}

fn event(fault: &Fault) -> Event {
    let event = Event::new(EventKind::ChainBroken, Severity::High)
        .detail("finding", fault.what.as_str())
        .detail("file", &*fault.file)
        .detail("reason", &*fault.says);
    let event = fault.line.map_or(event.clone(), |line| event.detail("line", line));
    fault.seq.map_or(event.clone(), |seq| event.detail("of_seq", seq))
}
