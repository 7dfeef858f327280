//! One event, and the one line it becomes.
//!
//! A line is valid JSON, at most [`limits::EVENT_BYTES_MAX`] bytes with its
//! newline, and holds no control, direction-changing or invisible character:
//! whatever a client sent is escaped and, where it is long, cut. What only the
//! writer knows (when, which run, which number, after what) is added by it.

use std::{net::IpAddr, time::Duration};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{chain::Digest, details::push_details, show};
use crate::{
    caller::{Client, Door},
    limits,
    refusal::Code,
    trace::TraceContext,
};

/// Declares words beside their variants.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word that stands in the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The one with this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }
        }
    };
}

words! {
    /// What happened.
    EventKind {
        /// A call that ended well.
        ToolCalled = "tool_called",
        /// An argument did not become its type.
        InputValidationFailed = "input_validation_failed",
        /// The tool failed.
        ToolExecutionFailed = "tool_execution_failed",
        /// On record before a tool that writes or reaches out starts.
        ToolStarted = "tool_started",
        /// The gate turned a message away.
        MessageRefused = "message_refused",
        /// Many refusals in one.
        RefusalsFolded = "refusals_folded",
        /// The client went away or cancelled.
        ToolAbandoned = "tool_abandoned",
        /// Unknown tool, or not for this caller.
        ToolDenied = "tool_denied",
        /// So many runs of a tool outlived their calls that it is switched off.
        ToolDisabled = "tool_disabled",
        /// No key, wrong key, expired key.
        AuthenticationFailed = "authentication_failed",
        /// A limit was reached.
        RateLimitExceeded = "rate_limit_exceeded",
        /// `Origin` or `Host` is not listed.
        UntrustedOriginBlocked = "untrusted_origin_blocked",
        /// Any other 4xx or 5xx.
        HttpError = "http_error",
        /// The guard cut, cleaned or redacted a result.
        OutputWithheld = "output_withheld",
        /// The server started.
        ServerStarted = "server_started",
        /// The server stopped.
        ServerStopped = "server_stopped",
        /// A new part of the file begins.
        EventsRotated = "events_rotated",
        /// An unfinished file was found.
        EventsRecovered = "events_recovered",
        /// How the runs before this one ended.
        EventsWitnessed = "events_witnessed",
        /// An old file was removed.
        EventsPruned = "events_pruned",
        /// Events could not be written, or their file was taken away.
        EventsMissing = "events_missing",
        /// Events were written and could not be exported.
        EventsNotExported = "events_not_exported",
        /// The log is not as it was written.
        ChainBroken = "chain_broken",
        /// The wall clock jumped.
        ClockJump = "clock_jump",
        /// No descriptor was left.
        FdExhausted = "fd_exhausted",
        /// The log was read over HTTP.
        EventsRead = "events_read",
        /// Keys came, went or changed while the server ran.
        KeysChanged = "keys_changed",
        /// The configuration changed, and not all of it was taken up.
        ConfigChanged = "config_changed",
        /// A request that is no call.
        RequestServed = "request_served",
    }
}

words! {
    /// How grave.
    Severity {
        /// As it should be.
        Low = "low",
        /// Worth a look.
        Medium = "medium",
        /// Act.
        High = "high",
    }
}

words! {
    /// How it ended.
    Outcome {
        /// Well.
        Ok = "ok",
        /// Turned away for its input.
        Refused = "refused",
        /// Did not work.
        Failed = "failed",
        /// Not for this caller.
        Denied = "denied",
        /// Nobody waited for the end.
        Abandoned = "abandoned",
    }
}

impl EventKind {
    /// Whether this ends a call: every call leaves exactly one such event.
    #[must_use]
    pub const fn is_ending(self) -> bool {
        matches!(
            self,
            Self::ToolCalled
                | Self::InputValidationFailed
                | Self::ToolExecutionFailed
                | Self::ToolDenied
                | Self::RateLimitExceeded
                | Self::ToolAbandoned
        )
    }
}

/// Who an event of the server itself names.
const SERVER: &str = "server";

/// One event, before the writer gives it its place in the chain.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// How grave.
    pub severity: Severity,
    /// How it ended, if it is something that ends.
    pub outcome: Option<Outcome>,
    /// Why.
    pub code: Option<Code>,
    /// Who: `key:laptop`, `parent`, an address, or `server` for what the server did by itself.
    pub identifier: String,
    /// Which tool, as the client wrote it.
    pub tool: Option<String>,
    /// Which method, as the client wrote it.
    pub method: Option<String>,
    /// Through which door.
    pub transport: Option<Door>,
    /// The judged address.
    pub peer: Option<IpAddr>,
    /// What the client says of itself.
    pub client: Option<Client>,
    /// The id that all events of one call share.
    pub call: Option<String>,
    /// Whose trace the call belongs to.
    pub trace: Option<TraceContext>,
    /// How long it took.
    pub duration: Option<Duration>,
    /// More about it: shapes, counts and root-relative paths; never contents.
    pub details: Map<String, Value>,
}

impl Event {
    /// An event of the server itself; the fields say the rest.
    #[must_use]
    pub fn new(kind: EventKind, severity: Severity) -> Self {
        Self {
            kind,
            severity,
            outcome: None,
            code: None,
            identifier: SERVER.to_owned(),
            tool: None,
            method: None,
            transport: None,
            peer: None,
            client: None,
            call: None,
            trace: None,
            duration: None,
            details: Map::new(),
        }
    }

    /// With one more detail.
    #[must_use]
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Everything of the line that does not depend on its place.
    #[must_use]
    pub(super) fn encode(&self) -> Encoded {
        let mut out = Vec::with_capacity(512);
        word(&mut out, "event", self.kind.as_str());
        word(&mut out, "severity", self.severity.as_str());
        text(&mut out, "identifier", &self.identifier, IDENTIFIER_BYTES_MAX);
        name(&mut out, "details");
        push_details(&mut out, &self.details);
        if let Some(outcome) = self.outcome {
            word(&mut out, "outcome", outcome.as_str());
        }
        if let Some(code) = self.code {
            word(&mut out, "code", code.as_str());
        }
        if let Some(tool) = &self.tool {
            text(&mut out, "tool", tool, TOOL_BYTES_MAX);
        }
        if let Some(method) = &self.method {
            text(&mut out, "method", method, METHOD_BYTES_MAX);
        }
        if let Some(transport) = self.transport {
            word(&mut out, "transport", transport.as_str());
        }
        if let Some(peer) = self.peer {
            text(&mut out, "peer", &peer.to_string(), PEER_BYTES_MAX);
        }
        if let Some(client) = &self.client {
            let said = format!("{} {}", client.name, client.version);
            if !said.trim().is_empty() {
                text(&mut out, "client", said.trim(), limits::CLIENT_BYTES_MAX);
            }
        }
        word(&mut out, "id", Uuid::now_v7().hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        if let Some(call) = &self.call {
            text(&mut out, "call", call, CALL_BYTES_MAX);
        }
        if let Some(trace) = self.trace {
            word(&mut out, "traceparent", &trace.to_string());
        }
        let micros = self.duration.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        Encoded { kind: self.kind, severity: self.severity, body: out, duration_us: micros }
    }
}

// With the details, what one line is made of, in bytes. Together with names and punctuation the
// parts below stay under `limits::EVENT_BYTES_MAX`; a property test holds it.
/// What the writer adds.
const WRITER_BYTES_MAX: usize = 256;
const IDENTIFIER_BYTES_MAX: usize = 160;
const TOOL_BYTES_MAX: usize = 256;
const METHOD_BYTES_MAX: usize = 96;
const PEER_BYTES_MAX: usize = 64;
const CALL_BYTES_MAX: usize = 64;

/// An event as far as it can be written without its place.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) kind: EventKind,
    pub(super) severity: Severity,
    body: Vec<u8>,
    duration_us: Option<u64>,
}

impl Encoded {
    /// Bytes that its line will have at most, with its newline.
    pub(super) fn bytes_max(&self) -> usize {
        self.body.len() + WRITER_BYTES_MAX
    }

    /// Appends the whole line, without its newline.
    pub(super) fn push_line(&self, out: &mut Vec<u8>, timestamp: &str, run: &str, seq: u64, prev: Digest) {
        out.extend_from_slice(b"{\"v\":1,\"timestamp\":\"");
        out.extend_from_slice(timestamp.as_bytes());
        out.push(b'"');
        out.extend_from_slice(&self.body);
        word(out, "run", run);
        number(out, "seq", seq);
        if let Some(micros) = self.duration_us {
            number(out, "duration_us", micros);
        }
        name(out, "prev");
        out.push(b'"');
        prev.push_hex(out);
        out.extend_from_slice(b"\"}");
    }
}

fn name(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// A value of ours: a word that needs no escape.
fn word(out: &mut Vec<u8>, key: &str, value: &str) {
    name(out, key);
    out.push(b'"');
    out.extend_from_slice(value.as_bytes());
    out.push(b'"');
}

/// A value of theirs.
fn text(out: &mut Vec<u8>, key: &str, value: &str, max: usize) {
    name(out, key);
    out.push(b'"');
    show::push_json(out, value, max);
    out.push(b'"');
}

fn number(out: &mut Vec<u8>, key: &str, value: u64) {
    name(out, key);
    out.extend_from_slice(value.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn line(event: &Event) -> String {
        let mut out = Vec::new();
        event.encode().push_line(&mut out, "2026-11-22T13:02:19.113Z", "7f3a51c0", u64::MAX, Digest::START);
        String::from_utf8(out).unwrap()
    }

    #[track_caller]
    fn holds(line: &str) -> Value {
        assert!(line.len() < limits::EVENT_BYTES_MAX, "{} bytes", line.len());
        assert!(!line.chars().any(show::is_unseen), "{line:?}");
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    #[test]
    fn the_fields_stand_in_their_order() {
        let mut event = Event::new(EventKind::InputValidationFailed, Severity::Medium)
            .detail("argument", "path")
            .detail("rule", "path_leaves_root");
        event.identifier = "key:laptop".into();
        event.outcome = Some(Outcome::Refused);
        event.code = Some(Code::PathLeavesRoot);
        event.tool = Some("read_text_file".into());
        event.transport = Some(Door::Http);
        event.peer = Some("127.0.0.1".parse().unwrap());
        event.call = Some("c".into());
        event.trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        event.duration = Some(Duration::from_micros(212));
        let line = line(&event);
        let value = holds(&line);
        let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            keys.join(","),
            "v,timestamp,event,severity,identifier,details,outcome,code,tool,transport,peer,id,call,\
             traceparent,run,seq,duration_us,prev"
        );
        assert!(line.starts_with(
            "{\"v\":1,\"timestamp\":\"2026-11-22T13:02:19.113Z\",\"event\":\"input_validation_failed\",\
             \"severity\":\"medium\",\"identifier\":\"key:laptop\",\
             \"details\":{\"argument\":\"path\",\"rule\":\"path_leaves_root\"},\"outcome\":\"refused\""
        ));
    }

    #[test]
    fn a_name_that_forges_a_line_stays_inside_its_string() {
        let mut event = Event::new(EventKind::ToolDenied, Severity::Medium);
        event.tool = Some(
            "x\n{\"v\":1,\"event\":\"server_stopped\"}\r\u{85}\u{2028}\u{1b}[2J\u{9b}31m\u{202e}\0".into(),
        );
        let value = holds(&line(&event));
        assert_eq!(value["tool"].as_str(), event.tool.as_deref());
        assert_eq!(value["event"], "tool_denied");
    }

    #[test]
    fn what_is_too_long_is_cut_and_what_does_not_fit_is_counted() {
        let event = Event::new(EventKind::ToolCalled, Severity::Low).detail("path", "x".repeat(100_000));
        let value = holds(&line(&event));
        assert!(value["details"]["path"].as_str().unwrap().ends_with("x…"));

        let mut event = Event::new(EventKind::ToolCalled, Severity::Low).detail("first", 1);
        for at in 0..2_000 {
            event = event.detail(&format!("key {at}"), "y".repeat(100));
        }
        let value = holds(&line(&event));
        assert_eq!(value["details"]["first"], 1);
        assert!(value["details"]["left_out"].as_u64().unwrap() > 1_000);
    }

    #[test]
    fn details_nested_without_end_are_cut() {
        let deep = (0..500).fold(json!(1), |inner, _| json!([inner]));
        holds(&line(&Event::new(EventKind::ToolCalled, Severity::Low).detail("deep", deep)));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<String>().prop_map(Value::from),
            "[\\x00-\\x1f\\x7f-\\u{9f}\\u{2028}\\u{202e}\\u{e0041}\\u{10ffff}]{0,400}".prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_event_is_one_valid_bounded_line(
            texts in prop::collection::vec(any::<String>(), 6),
            repeat in 1_usize..40,
            details in prop::collection::vec((any::<String>(), any_value()), 0..12),
        ) {
            let mut event = Event::new(EventKind::UntrustedOriginBlocked, Severity::Medium);
            event.identifier = texts[0].repeat(repeat);
            event.tool = Some(texts[1].repeat(repeat));
            event.method = Some(texts[2].repeat(repeat));
            event.client = Some(Client { name: texts[3].repeat(repeat), version: texts[4].clone() });
            event.call = Some(texts[5].repeat(repeat));
            event.trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
            event.peer = Some("2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap());
            event.transport = Some(Door::Console);
            event.outcome = Some(Outcome::Abandoned);
            event.code = Some(Code::UntrustedOrigin);
            event.duration = Some(Duration::MAX);
            event.details = details.into_iter().collect();
            holds(&line(&event));
        }
    }
}
