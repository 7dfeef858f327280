//! `GET /ready`: whether the server takes calls.

use std::{sync::Arc, time::Instant};

use http::StatusCode;
use warp::reply::Response;

use super::{gate::Pass, record, refuse::json_response};
use crate::{caller::Caller, events::Recorder};

/// Who asks; `None` without a key.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) caller: Option<Arc<Caller>>,
    pub(super) arrived: Instant,
}

pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let (status, word) = if door.tasks.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if door.events.is_refusing() {
        (StatusCode::SERVICE_UNAVAILABLE, "events_failing")
    } else {
        (StatusCode::OK, "ready")
    };
    if status != StatusCode::OK
        && let Some(caller) = &asked.caller
    {
        record::served(door, caller, "GET /ready", status, asked.arrived);
    }
    json_response(status, format!("{{\"status\":\"{word}\"{}}}", warning(&door.events)))
}

/// What whoever watches must know though calls are taken, the gravest first.
fn warning(events: &Recorder) -> String {
    let unrecorded = events.unrecorded();
    if events.is_refusing() {
        String::new() // the status says it
    } else if events.is_failing() {
        format!(",\"warning\":\"events_failing\",\"unrecorded\":{unrecorded}")
    } else if unrecorded > 0 {
        format!(",\"warning\":\"events_unrecorded\",\"unrecorded\":{unrecorded}")
    } else if events.chain_state().faults() > 0 {
        ",\"warning\":\"chain_broken\"".to_owned()
    } else if events.pruned_early() > 0 {
        // the cap on bytes has taken events that are younger than `events.max_age`
        ",\"warning\":\"events_pruned\"".to_owned()
    } else {
        String::new()
    }
}
