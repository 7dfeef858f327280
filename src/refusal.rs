//! Why a call is turned away, or did not end well.
//!
//! A [`Refusal`] speaks to two people. Its `Display` is for the caller: it
//! names the argument, the rule and the bound, never the value, and nothing
//! of the server. What the operator must know besides goes to the event.

use std::{borrow::Cow, fmt, time::Duration};

/// Declares the codes with their words in one place.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A stable word for logs, tests and scripts.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word itself.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

codes! {
    // what was asked for
    /// No such tool, or not for this caller: the two look the same from outside.
    UnknownTool = "unknown_tool",
    /// No such prompt.
    UnknownPrompt = "unknown_prompt",
    /// No such resource.
    UnknownResource = "unknown_resource",

    // arguments
    /// An argument the tool does not have.
    UnknownArgument = "unknown_argument",
    /// A required argument is missing.
    MissingArgument = "missing_argument",
    /// Another JSON type than the schema says.
    WrongType = "wrong_type",
    /// A number outside its bounds.
    OutOfRange = "out_of_range",
    /// More bytes than allowed.
    TooLong = "too_long",
    /// Nothing where something is needed.
    Empty = "empty",
    /// A NUL byte.
    NulByte = "nul_byte",
    /// A line break in what is one line.
    LineBreak = "line_break",
    /// A control, direction-changing or invisible character in an identifier.
    HiddenCharacter = "hidden_character",
    /// A character that names do not have.
    NotAName = "not_a_name",
    /// A glob that does not compile.
    BadGlob = "bad_glob",
    /// Two arguments that exclude each other.
    ArgumentsConflict = "arguments_conflict",

    // paths
    /// The path's text leads out of its root.
    PathLeavesRoot = "path_leaves_root",
    /// A link on the way leads out of its root.
    LinkLeavesRoot = "link_leaves_root",
    /// More components than allowed.
    PathTooDeep = "path_too_deep",
    /// Relative, though there are several roots.
    AmbiguousRoot = "ambiguous_root",
    /// Neither a regular file nor a directory.
    NotRegular = "not_regular",

    // running
    /// Nothing is there.
    NotFound = "not_found",
    /// The system does not let us.
    PermissionDenied = "permission_denied",
    /// A directory where a file is needed.
    IsDirectory = "is_directory",
    /// A file where a directory is needed.
    NotDirectory = "not_directory",
    /// Bytes that are not text in a known encoding.
    NotText = "not_text",
    /// Larger than a result may be.
    TooLarge = "too_large",
    /// Input or output failed.
    Io = "io",
    /// The root is configured but missing.
    RootMissing = "root_missing",
    /// The tool said no, in words of its own.
    ToolRefused = "tool_refused",
    /// The tool failed, and the cause is for the operator alone.
    ToolFailed = "tool_failed",
    /// The tool panicked.
    Panicked = "panicked",
    /// The tool took too long.
    Deadline = "deadline",
    /// The client went away or cancelled.
    Abandoned = "abandoned",
    /// Too many runs of this tool outlive their calls.
    ToolDisabled = "tool_disabled",
    /// The tool needs something the client did not declare.
    MissingCapability = "missing_capability",
    /// The event could not be written, so the call was refused.
    NotRecorded = "not_recorded",
    /// The server is stopping.
    Stopping = "stopping",

    // how much
    /// No seat within the time a call may wait for one.
    TooManyCalls = "too_many_calls",
    /// Too many requests from one address.
    LimitAddress = "limit_address",
    /// Too many requests with one key.
    LimitKey = "limit_key",
    /// Too many calls of one tool.
    LimitTool = "limit_tool",
    /// The same call over and over.
    LimitRepeat = "limit_repeat",
    /// Too many failed authentications from one address.
    Penalty = "penalty",

    // the gate
    /// More bytes than a message may have.
    MessageTooLarge = "message_too_large",
    /// Nested deeper than a message may be.
    MessageTooDeep = "message_too_deep",
    /// Not JSON.
    NotJson = "not_json",
    /// Not UTF-8.
    NotUtf8 = "not_utf8",
    /// One key twice in one object.
    DuplicateKey = "duplicate_key",
    /// A batch.
    Batch = "batch",
    /// An id that is no short string and no integer.
    BadId = "bad_id",
    /// The id of a call that is still in flight.
    IdInFlight = "id_in_flight",
    /// JSON, but not JSON-RPC 2.0.
    BadMessage = "bad_message",
    /// A method nobody knows.
    UnknownMethod = "unknown_method",
    /// Parameters that are not the method's.
    BadParams = "bad_params",
    /// The per-request `_meta` lacks what 2026-07-28 requires.
    MissingMeta = "missing_meta",
    /// A protocol version nobody speaks here.
    UnsupportedVersion = "unsupported_version",
    /// A header that contradicts the body.
    HeaderMismatch = "header_mismatch",
    /// A request without an id: a notification that asks for an answer.
    MissingId = "missing_id",

    // the HTTP door
    /// No key.
    NoKey = "no_key",
    /// A key nobody has.
    UnknownKey = "unknown_key",
    /// A key past its date.
    ExpiredKey = "expired_key",
    /// A key used from an address it is not for.
    KeyAddress = "key_address",
    /// A key that may not do this.
    KeyReach = "key_reach",
    /// An `Origin` that is not listed.
    UntrustedOrigin = "untrusted_origin",
    /// A `Host` that is not listed.
    UntrustedHost = "untrusted_host",
    /// Plain http where https is required.
    HttpsRequired = "https_required",
    /// No such route.
    NoRoute = "no_route",
    /// Not a method of this route.
    MethodNotAllowed = "method_not_allowed",
    /// A request whose framing or headers are ambiguous.
    BadRequest = "bad_request",
    /// A body that is not JSON by its media type.
    MediaType = "media_type",
    /// An `Accept` that excludes every answer.
    NotAcceptable = "not_acceptable",
    /// Too many open connections.
    TooManyConnections = "too_many_connections",
    /// The client was too slow.
    TooSlow = "too_slow",
}

impl Code {
    /// The code with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A rule that an argument broke: a word for machines, half a sentence for people.
///
/// `Display` is `code: text`, because serde carries errors as text only;
/// [`Broken::from_text`] is the way back.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{code}: {says}")]
pub struct Broken {
    /// Which rule.
    pub code: Code,
    /// The rule and its bound, to follow the argument's name: `must be at most 50 bytes`.
    pub says: Cow<'static, str>,
}

impl Broken {
    /// A broken rule.
    #[must_use]
    pub fn new(code: Code, says: impl Into<Cow<'static, str>>) -> Self {
        Self { code, says: says.into() }
    }

    /// Reads what `Display` wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (word, says) = text.split_once(": ")?;
        Some(Self { code: Code::parse(word)?, says: says.to_owned().into() })
    }
}

/// What a client must have declared for a tool to use it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Capability {
    /// The client can sample a model for us.
    Sampling,
    /// The client can ask its user.
    Elicitation,
    /// The client can list its roots.
    Roots,
}

impl Capability {
    /// The key in the client's capabilities.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sampling => "sampling",
            Self::Elicitation => "elicitation",
            Self::Roots => "roots",
        }
    }
}

/// Why a call is turned away, or did not end well.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Not offered, or not to this caller.
    #[error("unknown {kind}")]
    Unknown {
        /// `tool`, `prompt` or `resource`.
        kind: Kind,
    },
    /// An argument did not become its type.
    #[error("`{argument}` {}", broken.says)]
    Argument {
        /// The argument, as a path such as `edits[2].oldText`.
        argument: String,
        /// The rule.
        broken: Broken,
    },
    /// The tool could not do it, and the caller may know why.
    #[error("{says}")]
    Failed {
        /// Why, for machines.
        code: Code,
        /// Why, for the caller.
        says: Cow<'static, str>,
        /// What the operator should know besides.
        cause: Option<String>,
    },
    /// The tool broke, and the caller may not know why.
    #[error("the tool failed")]
    Broke {
        /// For the operator.
        cause: String,
    },
    /// The tool panicked.
    #[error("the tool failed unexpectedly")]
    Panicked,
    /// The tool took too long.
    #[error("the tool took longer than {} s and was stopped; ask for less at once", after.as_secs())]
    Deadline {
        /// How long it was given.
        after: Duration,
    },
    /// The client went away or cancelled.
    #[error("the call was cancelled")]
    Abandoned,
    /// Too many runs of the tool outlive their calls.
    #[error("this tool is switched off because too many of its runs did not end; restart the server")]
    ToolDisabled,
    /// The client must declare a capability first.
    #[error("this needs a client that declares `{}`", .0.as_str())]
    MissingCapability(Capability),
    /// A limit was reached.
    #[error("too many requests ({code}); try again in {} s", wait_seconds(*wait))]
    Limited {
        /// Which limit.
        code: Code,
        /// When to come back.
        wait: Duration,
    },
    /// No seat came free in time.
    #[error("too many calls at once; try again in a second")]
    TooManyCalls,
    /// The event could not be written.
    #[error(
        "the security log cannot be written, so the call was refused; the operator finds why in the server's diagnostics"
    )]
    NotRecorded,
    /// The server is stopping.
    #[error("the server is stopping")]
    Stopping,
}

/// What kind of thing a caller named.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// A tool.
    Tool,
    /// A prompt.
    Prompt,
    /// A resource.
    Resource,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tool => "tool",
            Self::Prompt => "prompt",
            Self::Resource => "resource",
        })
    }
}

/// Whole seconds until `wait` is over, never 0: what `Retry-After` takes.
#[must_use]
pub fn wait_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}

impl Refusal {
    /// A failure that the caller may know about, in a tool's own words.
    pub fn tool(says: impl Into<Cow<'static, str>>) -> Self {
        Self::failed(Code::ToolRefused, says)
    }

    /// A foreseeable failure with a code of ours.
    pub fn failed(code: Code, says: impl Into<Cow<'static, str>>) -> Self {
        Self::Failed { code, says: says.into(), cause: None }
    }

    /// An argument that broke a rule found only while running.
    pub fn argument(argument: impl Into<String>, code: Code, says: impl Into<Cow<'static, str>>) -> Self {
        Self::Argument { argument: argument.into(), broken: Broken::new(code, says) }
    }

    /// The stable word.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Unknown { kind: Kind::Tool } => Code::UnknownTool,
            Self::Unknown { kind: Kind::Prompt } => Code::UnknownPrompt,
            Self::Unknown { kind: Kind::Resource } => Code::UnknownResource,
            Self::Argument { broken, .. } => broken.code,
            Self::Failed { code, .. } | Self::Limited { code, .. } => *code,
            Self::Broke { .. } => Code::ToolFailed,
            Self::Panicked => Code::Panicked,
            Self::Deadline { .. } => Code::Deadline,
            Self::Abandoned => Code::Abandoned,
            Self::ToolDisabled => Code::ToolDisabled,
            Self::MissingCapability(_) => Code::MissingCapability,
            Self::TooManyCalls => Code::TooManyCalls,
            Self::NotRecorded => Code::NotRecorded,
            Self::Stopping => Code::Stopping,
        }
    }

    /// What only the operator may know.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Failed { cause, .. } => cause.as_deref(),
            Self::Broke { cause } => Some(cause),
            _ => None,
        }
    }
}
