//! One event.

use serde_json::{Map, Value};

/// What happened.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EventKind {
    /// A call that ended well.
    ToolCalled,
    /// An argument did not become its type.
    InputValidationFailed,
    /// The tool failed.
    ToolExecutionFailed,
    /// On record before a tool that writes or reaches out starts.
    ToolStarted,
    /// The gate turned a message away.
    MessageRefused,
    /// Many refusals in one.
    RefusalsFolded,
    /// The client went away or cancelled.
    ToolAbandoned,
    /// Unknown tool, or not for this caller.
    ToolDenied,
    /// No key, wrong key, expired key.
    AuthenticationFailed,
    /// A limit was reached.
    RateLimitExceeded,
    /// `Origin` or `Host` is not listed.
    UntrustedOriginBlocked,
    /// Any other 4xx or 5xx.
    HttpError,
    /// The guard cut, cleaned or redacted a result.
    OutputWithheld,
    /// The server started.
    ServerStarted,
    /// The server stopped.
    ServerStopped,
    /// A new part of the file begins.
    EventsRotated,
    /// An unfinished file was found.
    EventsRecovered,
    /// An old file was removed.
    EventsPruned,
    /// The wall clock jumped.
    ClockJump,
    /// No descriptor was left.
    FdExhausted,
    /// The log was read over HTTP.
    EventsRead,
    /// A request that is no call.
    RequestServed,
}

/// How grave.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// As it should be.
    Low,
    /// Worth a look.
    Medium,
    /// Act.
    High,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Well.
    Ok,
    /// Turned away for its input.
    Refused,
    /// Did not work.
    Failed,
    /// Not for this caller.
    Denied,
    /// Nobody waited for the end.
    Abandoned,
}

/// One event, before the writer gives it its place in the chain.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// How grave.
    pub severity: Severity,
    /// More about it.
    pub details: Map<String, Value>,
}
