//! `GET /security/posture`: how the server stands, for keys that may read the log.
//!
//! Names, numbers and choices. No key, no hash, and no path of this machine.

use std::{sync::Arc, time::Instant};

use http::StatusCode;
use serde_json::{Value, json};
use warp::reply::Response;

use super::{
    Door, Https,
    gate::Pass,
    record,
    refuse::{Refused, json_response},
};
use crate::{
    caller::{Caller, Door as Through},
    events::{
        ChainState, reader,
        settings::{Durability, OnFailure, Settings as Events},
    },
    policy::quota::{Authentication, Settings as Limits},
    refusal::Code,
};

/// What the owner chose elsewhere than about this door.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// How often.
    pub limits: Limits,
    /// What is kept, and how surely.
    pub events: Events,
}

/// Who asks.
#[derive(Debug)]
pub(super) struct Asked {
    caller: Arc<Caller>,
    arrived: Instant,
}

impl Asked {
    /// For a caller who may.
    ///
    /// # Errors
    ///
    /// [`Code::KeyReach`] for a key that may not.
    pub(super) fn read(caller: Arc<Caller>, arrived: Instant) -> Result<Self, Refused> {
        if caller.reach.events { Ok(Self { caller, arrived }) } else { Err(Code::KeyReach.into()) }
    }
}

pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let dir = door.log.dir.clone();
    let files = door.tasks.spawn_blocking(move || reader::files(&dir)).await;
    let bytes = match files {
        Ok(Ok(files)) => Some(files.iter().map(|file| file.len).sum::<u64>()),
        failed => {
            tracing::warn!(?failed, "the files of the log could not be counted");
            None
        }
    };
    let body = json!({
        "v": 1,
        "server": server(door),
        "door": entrance(door),
        "roots": roots(door),
        "tools": tools(door),
        "readOnly": door.protocol.dispatcher.policy.read_only,
        "limits": limits(door),
        "events": events(door, bytes),
        "sandbox": "handles",
    });
    record::served(door, &asked.caller, "GET /security/posture", StatusCode::OK, asked.arrived);
    json_response(StatusCode::OK, body.to_string())
}

fn server(door: &Door) -> Value {
    json!({
        "name": door.protocol.name,
        "version": door.protocol.version,
        "uptimeSeconds": door.started.elapsed().as_secs(),
        "connections": door.connections.open(),
        "callsInFlight": door.protocol.dispatcher.seats.taken(),
        "memoryBytes": door.memory.resident(),
        "stopping": door.tasks.is_stopping(),
    })
}

fn entrance(door: &Door) -> Value {
    let settings = &door.settings;
    let https = match door.https {
        Https::Required => "required",
        Https::AsForwarded => "as forwarded",
        Https::Optional => "optional",
    };
    json!({
        "listen": settings.listen.to_string(),
        "loopback": settings.listen.ip().to_canonical().is_loopback(),
        "authentication": if settings.auth { "keys" } else { "off" },
        "keys": door.keys.now().names().collect::<Vec<_>>(),
        "https": https,
        "hosts": settings.hosts,
        "origins": settings.origins,
        "trustedProxies": settings.trusted_proxies.len(),
        "bodyBytes": settings.body,
    })
}

fn roots(door: &Door) -> Vec<Value> {
    let roots = door.protocol.dispatcher.world.files.roots();
    let read_only = door.protocol.dispatcher.policy.read_only;
    roots
        .map(|root| {
            json!({
                "name": root.name,
                "writable": root.is_writable && !read_only,
                "missing": root.is_missing,
            })
        })
        .collect()
}

fn tools(door: &Door) -> Vec<Value> {
    let dispatcher = &door.protocol.dispatcher;
    // What the owner offers to a caller with no key of a narrower reach.
    let everyone = Caller::console();
    let offered = dispatcher.offers.tools.offered(&everyone, &dispatcher.policy, &dispatcher.world);
    offered
        .map(|tool| json!({ "name": tool.name, "title": tool.title, "effect": tool.effect.as_str() }))
        .collect()
}

fn limits(door: &Door) -> Value {
    let limits = &door.chosen.limits;
    let authentication = if door.settings.auth { Authentication::Required } else { Authentication::Off };
    json!({
        "enabled": limits.enabled,
        "address": limits.address_rate(authentication).to_string(),
        "key": limits.key.to_string(),
        "tool": limits.tool.to_string(),
        "repeat": limits.repeat_rate(Through::Http).to_string(),
    })
}

/// Whether it takes a key, and what was found when it was checked last.
fn chain(door: &Door) -> String {
    let key = if door.chosen.events.chain_key_file.is_some() { "with a key" } else { "without a key" };
    let found = match door.events.chain_state() {
        ChainState::Unchecked => "not checked yet".to_owned(),
        ChainState::Intact { .. } => "as it was written".to_owned(),
        ChainState::Incomplete { .. } => "as it was written, where it could be checked".to_owned(),
        ChainState::Broken { faults, .. } => format!("ALTERED, {faults} findings"),
    };
    format!("{key}; {found}")
}

fn events(door: &Door, bytes: Option<u64>) -> Value {
    let (recorder, chosen) = (&door.events, &door.chosen.events);
    json!({
        "written": recorder.written(),
        "failed": recorder.failed(),
        "failing": recorder.is_failing(),
        "chain": chain(door),
        "prunedEarly": recorder.pruned_early(),
        "bytes": bytes,
        "maxBytes": recorder.max_bytes(),
        "maxAgeSeconds": chosen.max_age.as_secs(),
        "durability": match chosen.durability {
            Durability::Kernel => "kernel",
            Durability::Disk => "disk",
        },
        "onFailure": match chosen.on_failure {
            OnFailure::Refuse => "refuse",
            OnFailure::Serve => "serve",
        },
        "requests": chosen.requests.unwrap_or(true),
    })
}
