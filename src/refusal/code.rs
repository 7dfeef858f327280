//! The words for machines: one for each reason there is.

use std::fmt;

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
    /// A regular expression that does not compile.
    BadPattern = "bad_pattern",
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
    /// A place that may hold secrets, or that makes another program run commands.
    Protected = "protected",

    // running
    /// Nothing is there.
    NotFound = "not_found",
    /// The system does not let us.
    PermissionDenied = "permission_denied",
    /// A directory where a file is needed.
    IsDirectory = "is_directory",
    /// A file where a directory is needed.
    NotDirectory = "not_directory",
    /// Something is there already.
    AlreadyExists = "already_exists",
    /// The root is not declared writable.
    ReadOnlyRoot = "read_only_root",
    /// A link where the thing itself is needed.
    IsLink = "is_link",
    /// A file with several names (hard links), which is never written.
    SeveralNames = "several_names",
    /// A directory that is not empty.
    NotEmpty = "not_empty",
    /// Not what the caller last saw, or changed while the call ran.
    Changed = "changed",
    /// Another call is changing the same directory.
    Busy = "busy",
    /// The text to replace does not occur.
    TextNotFound = "text_not_found",
    /// The text to replace occurs more than once.
    TextNotUnique = "text_not_unique",
    /// The owner or an extended attribute cannot be kept.
    NotKept = "not_kept",
    /// Too large for the journal, so it could not be undone.
    NotUndoable = "not_undoable",
    /// A mark that stands for something that was not shown, where the thing itself would be lost.
    WithheldText = "withheld_text",
    /// No such change, or not of this caller.
    UnknownChange = "unknown_change",
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
    /// More values than a message may hold.
    MessageTooComplex = "message_too_complex",
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
    /// A query that is not understood.
    BadQuery = "bad_query",
    /// A body that is not JSON by its media type.
    MediaType = "media_type",
    /// An `Accept` that excludes every answer.
    NotAcceptable = "not_acceptable",
    /// Too many open connections.
    TooManyConnections = "too_many_connections",
    /// Too many clients follow the log.
    TooManyFollowers = "too_many_followers",
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
