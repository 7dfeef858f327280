//! What the door writes down.
//!
//! One event for a refusal, one for a request that was served and is no call.
//! A call writes its own. None of these is waited for.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use http::StatusCode;
use serde_json::Map;

use super::{Door, refuse::Refused};
use crate::{
    caller::{Caller, Door as Through, Identity},
    events::{Event, EventKind, Outcome, Severity},
    limits,
    refusal::Code,
};

/// A request that was turned away on its headers or its body. Who holds a key is named by it.
pub(super) fn refused(
    door: &Door,
    (who, from): (&Identity, IpAddr),
    url: &str,
    method: &str,
    refused: &Refused,
    status: StatusCode,
) {
    let mut details = Map::new();
    if let Some((key, value)) = &refused.detail {
        details.insert((*key).to_owned(), value.as_str().into());
    }
    details.insert("url".to_owned(), short(url).into());
    details.insert("method".to_owned(), short(method).into());
    details.insert("status".to_owned(), status.as_u16().into());
    door.events.refused_at_door(refused.code, who, Some(from), Through::Http, details);
}

/// A message that was turned away before it became a call.
pub(super) fn message_refused(door: &Door, caller: &Caller, code: Code, bytes: usize) {
    let mut details = Map::new();
    details.insert("url".to_owned(), door.settings.path.as_str().into());
    details.insert("bytes".to_owned(), bytes.into());
    door.events.refused_at_door(code, &caller.identity, caller.peer, Through::Http, details);
}

/// What is wrong with a connection before there is a request.
pub(super) fn connection_refused(door: &Door, from: IpAddr, code: Code) {
    door.events.refused_at_door(code, &Identity::Address(from), Some(from), Through::Http, Map::new());
}

/// A request that was served and is no call. Nothing is built when nobody keeps it.
pub(super) fn served(door: &Door, caller: &Caller, method: &str, status: StatusCode, arrived: Instant) {
    door.events.request_served(caller, method, status.as_u16(), arrived.elapsed());
}

/// How the log was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reading {
    /// A page of it.
    Page,
    /// How many there are.
    Count,
    /// Somebody begins to follow.
    Began,
    /// And ends.
    Ended { why: &'static str, after: Duration },
}

impl Reading {
    const fn mode(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Count => "count",
            Self::Began | Self::Ended { .. } => "live",
        }
    }
}

/// The log was read: so many events, and which parameters were given; never their values.
pub(super) fn events_read(
    door: &Door,
    caller: &Caller,
    reading: Reading,
    count: usize,
    parameters: &[&'static str],
) {
    let mut event = Event::new(EventKind::EventsRead, Severity::Low).detail("mode", reading.mode());
    event = match reading {
        Reading::Page | Reading::Count => event.detail("count", count),
        Reading::Began => event.detail("state", "began"),
        Reading::Ended { why, .. } => {
            event.detail("state", "ended").detail("count", count).detail("why", why)
        }
    };
    event = event.detail("parameters", parameters);
    if let Reading::Ended { after, .. } = reading {
        event.duration = Some(after);
    }
    event.identifier = caller.identity.who();
    event.transport = Some(Through::Http);
    event.peer = caller.peer;
    event.outcome = Some(Outcome::Ok);
    door.events.note(event);
}

/// No descriptor was left to accept with.
pub(super) fn fd_exhausted(door: &Door) {
    door.events.note(Event::new(EventKind::FdExhausted, Severity::High));
}

/// As much of a foreign value as an event keeps; the log escapes it.
pub(super) fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(limits::REFUSED_VALUE_BYTES_MAX)).unwrap_or_default()
}

/// The same of bytes that need not be text.
pub(super) fn short_bytes(bytes: &[u8]) -> String {
    short(&String::from_utf8_lossy(bytes)).to_owned()
}
