//! `GET /ready`: whether the server takes calls.

use std::{sync::Arc, time::Instant};

use http::StatusCode;
use warp::reply::Response;

use super::{gate::Pass, record, refuse::json_response};
use crate::caller::Caller;

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
    } else if door.events.is_failing() {
        (StatusCode::SERVICE_UNAVAILABLE, "events_failing")
    } else {
        (StatusCode::OK, "ready")
    };
    if status != StatusCode::OK
        && let Some(caller) = &asked.caller
    {
        record::served(door, caller, "GET /ready", status, asked.arrived);
    }
    // Ready, but the cap on bytes has taken events that are younger than `events.max_age`.
    let warning = if door.events.chain_state().faults() > 0 {
        ",\"warning\":\"chain_broken\""
    } else if door.events.pruned_early() > 0 {
        ",\"warning\":\"events_pruned\""
    } else {
        ""
    };
    json_response(status, format!("{{\"status\":\"{word}\"{warning}}}"))
}
