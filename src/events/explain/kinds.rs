//! What each event means.

use crate::events::{
    EventKind,
    Severity::{self, High, Low, Medium},
};

/// How grave it is at most, what it means, and what to do.
#[allow(clippy::too_many_lines, reason = "one table")]
pub(super) const fn explain(kind: EventKind) -> (Severity, &'static str, &'static str) {
    match kind {
        EventKind::ToolCalled => (
            Low,
            "a call ended well; every call leaves exactly one event that says how it ended",
            "nothing to do",
        ),
        EventKind::InputValidationFailed => (
            Medium,
            "a call was refused for an argument; nothing was run with it",
            "`code` says which rule it broke; `mcp-server events explain CODE` what that means",
        ),
        EventKind::ToolExecutionFailed => (
            High,
            "a tool failed (low), took too long (medium) or panicked (high)",
            "`code` and `details` say why",
        ),
        EventKind::ToolStarted => (
            Low,
            "on record before a tool that writes or reaches out begins; another event with the same `call` says how it ended",
            "one without the other is a change whose end nobody saw: look at what it did",
        ),
        EventKind::MessageRefused => {
            (Medium, "a message was turned away before it became a call", "`code` says why; mend the client")
        }
        EventKind::RefusalsFolded => (
            Medium,
            "so many requests were refused that they were counted: how many of which kind, and the busiest sources",
            "a flood: turn the busiest sources away before they reach the server",
        ),
        EventKind::ToolAbandoned => {
            (Low, "the client cancelled or went away before the answer", "nothing to do")
        }
        EventKind::ToolDenied => (
            Medium,
            "somebody called what does not exist, or what is not for them",
            "if it should be, widen the key's `tools` or `roots`",
        ),
        EventKind::ToolDisabled => (
            High,
            "so many runs of a tool did not end when they were cancelled that it was switched off",
            "restart the server, and report it to whoever wrote the tool",
        ),
        EventKind::AuthenticationFailed => (
            High,
            "somebody came without a key that holds",
            "`mcp-server events stats --by peer --event authentication_failed` shows from where",
        ),
        EventKind::RateLimitExceeded => (
            Medium,
            "a limit was reached; `code` says which",
            "raise the limit if it is meant to be used so much",
        ),
        EventKind::UntrustedOriginBlocked => (
            Medium,
            "a web page, or a host name, that is not on the list",
            "add it to `http.origins` or `http.hosts` if it is yours",
        ),
        EventKind::HttpError => {
            (High, "any other request that was not served: 4xx (medium), 5xx (high)", "`code` says why")
        }
        EventKind::OutputWithheld => (
            Medium,
            "a part of a result was not sent: it was too large, or it is a secret or a hidden character, for which a mark stands; `details` counts them",
            "nothing to do; what was too large can be read in pieces, and `guard.secrets` chooses what is done about secrets",
        ),
        EventKind::KeysChanged => (
            Medium,
            "keys were added, taken out or changed while the server ran; `details` names them",
            "nothing to do, if it was you; if not, find out who may write the configuration",
        ),
        EventKind::ConfigChanged => (
            Medium,
            "the configuration changed while the server ran: what needs a restart, or why it was not taken up",
            "restart where `needs_restart` names something, or mend what `reason` says; `mcp-server config check` judges it",
        ),
        EventKind::ServerStarted => (
            Low,
            "a server started: its version, what it offers, and the digest of its tools",
            "another digest than last time means that the tools changed",
        ),
        EventKind::ServerStopped => {
            (Low, "a server stopped and said so: nothing follows in its file", "nothing to do")
        }
        EventKind::EventsRotated => (
            Low,
            "the file was full or a day old, or SIGHUP asked for it; the run goes on in the next part",
            "nothing to do",
        ),
        EventKind::EventsRecovered => (
            Low,
            "a file was found whose server did not say that it stopped: it was killed, or its end was cut off",
            "`mcp-server events verify` compares the file with what was found",
        ),
        EventKind::EventsWitnessed => (
            Low,
            "how the runs that ended last had ended when this one began: their last line cannot be changed, or their files be removed, without `events verify` finding it",
            "nothing to do",
        ),
        EventKind::EventsPruned => (
            Medium,
            "an old file was removed, for its age (low) or because the log was full (medium)",
            "raise `events.max_bytes` if files go before `events.max_age`",
        ),
        EventKind::EventsMissing => (
            High,
            "events could not be written, or their file was taken away; calls were refused meanwhile",
            "`reason` says why: make room, or find out who touched the log",
        ),
        EventKind::EventsNotExported => (
            Medium,
            "events are in the log, and did not reach the collector that `events.otlp` names",
            "look at the collector; the log itself is whole",
        ),
        EventKind::ClockJump => (
            Medium,
            "the wall clock was set; times before and after do not compare, numbers still do",
            "find out who set it, if it was not you",
        ),
        EventKind::FdExhausted => (
            High,
            "no descriptor was left to take connections with",
            "raise `ulimit -n`, or find out who holds connections",
        ),
        EventKind::EventsRead => {
            (Low, "somebody read the log over HTTP", "nothing to do, if that key is yours")
        }
        EventKind::RequestServed => {
            (Low, "a request that is no call was answered", "`events.requests = false` leaves these out")
        }
        EventKind::ChainBroken => (
            High,
            "the log is not as it was written: a line carries the digest of the line before it, and somewhere this does not fit. It \
             proves that somebody, or a broken disk, changed, removed, moved or added something there after it was written. It does \
             not prove the opposite: without a chain key (`events.chain_key_file`) whoever can write the log can make the whole chain \
             anew, and a cut tail looks like a server that was killed; with the key both show",
            "`mcp-server events verify` says where; keep a copy of the directory, and find out who could write there",
        ),
    }
}
