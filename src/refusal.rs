//! Why a call is turned away, or did not end well.
//!
//! A [`Refusal`] speaks to two people. Its `Display` is for the caller: it
//! names the argument, the rule and the bound, never the value, and nothing
//! of the server. What the operator must know besides goes to the event.

mod code;

use std::{borrow::Cow, fmt, time::Duration};

pub use code::Code;

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
    #[error("this tool is switched off while too many of its runs do not end; try again later")]
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
    /// The tool has run and may have changed something; only how it ended could not be written.
    #[error(
        "the tool has run and what it changed stands, but the security log cannot be written, so its result is \
         withheld; do not repeat the call before you have looked"
    )]
    DoneNotRecorded,
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
            Self::NotRecorded | Self::DoneNotRecorded => Code::NotRecorded,
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
