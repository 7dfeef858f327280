//! `GET /health`: whether the server lives, and for who holds a key, how.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;
use warp::reply::Response;

use super::{gate::Pass, refuse::json_response};
use crate::caller::Caller;

/// Who asks; `None` without a key.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) caller: Option<Arc<Caller>>,
}

pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    if pass.what().caller.is_none() {
        return json_response(StatusCode::OK, "{\"status\":\"ok\"}");
    }
    let door = pass.door();
    let body = json!({
        "status": "ok",
        "uptimeSeconds": door.started.elapsed().as_secs(),
        "memoryBytes": door.memory.resident(),
        "connections": door.connections.open(),
        "callsInFlight": door.protocol.dispatcher.seats.taken(),
        "eventsWritten": door.events.written(),
        "eventsFailed": door.events.failed(),
        "eventsChain": door.events.chain_state().as_str(),
    });
    json_response(StatusCode::OK, body.to_string())
}
