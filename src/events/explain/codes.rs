//! What each code means, and what to do about it. A new code does not compile
//! until somebody has put it into words.

use crate::refusal::Code;

/// What it means, and what to do.
#[allow(clippy::too_many_lines, reason = "one table")]
pub(super) const fn explain(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::UnknownTool => (
            "a tool was called that does not exist, or that this caller may not see; the two look the same to the caller",
            "`mcp-server tools list` shows what there is; a key's `tools`, `tools.offer` and `--read-only` decide who sees what",
        ),
        Code::UnknownPrompt => (
            "a prompt was asked for that does not exist",
            "the client asks for a name that it did not get from here; look at the client",
        ),
        Code::UnknownResource => (
            "a resource was asked for that does not exist, or lies in a root that this caller may not see",
            "`resources/list` shows what there is; a key's `roots` decides who sees what",
        ),
        Code::UnknownArgument => (
            "a call had an argument that the tool does not have",
            "`mcp-server tools describe NAME` shows the arguments; models mend this by themselves",
        ),
        Code::MissingArgument => (
            "a call lacked an argument that the tool needs",
            "`mcp-server tools describe NAME` shows the arguments; models mend this by themselves",
        ),
        Code::WrongType => (
            "an argument had another JSON type than the schema says; nothing is converted silently",
            "`mcp-server tools describe NAME` shows the types; models mend this by themselves",
        ),
        Code::OutOfRange => {
            ("a number was outside its bounds", "`mcp-server tools describe NAME` shows the bounds")
        }
        Code::TooLong => (
            "an argument had more bytes than it may have",
            "send less at once; the bound is in `mcp-server tools describe NAME`",
        ),
        Code::Empty => (
            "an argument was empty where something is needed",
            "nothing to do for the owner; models mend this by themselves",
        ),
        Code::NulByte => (
            "an argument held a NUL byte, which ends a name for the system and not for others",
            "nothing to allow: look at who sent it if it comes again",
        ),
        Code::LineBreak => (
            "an argument that is one line held a line break",
            "nothing to allow: look at who sent it if it comes again",
        ),
        Code::HiddenCharacter => (
            "a name held a control, direction-changing or invisible character: what a person sees there is not what it is",
            "nothing to allow: if a model was given such text by a page or a file, that text tries to deceive",
        ),
        Code::NotAName => (
            "an argument that is a name held signs that names do not have, such as those of a shell",
            "nothing was run: no tool has a shell; look at who sent it if it comes again",
        ),
        Code::BadGlob => {
            ("a pattern does not compile, or would be too large", "models mend this by themselves")
        }
        Code::BadPattern => (
            "a text to search for is no regular expression, or would be too large as one",
            "models mend this by themselves",
        ),
        Code::ArgumentsConflict => {
            ("two arguments were given that exclude each other", "models mend this by themselves")
        }
        Code::PathLeavesRoot => (
            "a path led out of its root by `..` or as an absolute path elsewhere; nothing was opened",
            "if the place is meant to be reached, make it a root of its own with `--root` or `[roots.NAME]`; if not, somebody is trying the fence: see who with `mcp-server events stats --by who --code path_leaves_root`",
        ),
        Code::LinkLeavesRoot => (
            "a link inside a root leads out of it; it was not followed",
            "make the link's target a root of its own if it is meant to be reached, or remove the link",
        ),
        Code::PathTooDeep => {
            ("a path had more parts than a path may have", "nothing to allow: no real tree is so deep")
        }
        Code::AmbiguousRoot => (
            "a path was relative, and there are several roots",
            "models mend this by themselves: `NAME:/path` says which root",
        ),
        Code::NotRegular => (
            "a path named a device, a pipe or a socket, which are never opened",
            "nothing to allow; remove it from the root if it does not belong there",
        ),
        Code::Protected => (
            "a place inside a root was asked for that may hold secrets (by its name, or because it begins as a private key does), or a file was to be changed that makes another program run commands; nothing was shown or changed",
            "if it is meant to be reached, name it in `files.allow_protected`: the refusal had the line; if not, see who asked with `mcp-server events stats --by who --code protected`",
        ),
        Code::NotFound => ("nothing is at that path", "nothing to do: models try names"),
        Code::PermissionDenied => (
            "the system does not let the server's user read this",
            "give the server's user the right if it is meant to be read",
        ),
        Code::IsDirectory => {
            ("a directory was named where a file is needed", "models mend this by themselves")
        }
        Code::NotDirectory => {
            ("a file was named where a directory is needed", "models mend this by themselves")
        }
        Code::AlreadyExists => (
            "something stands where a new file, a copy or what is moved was to be",
            "nothing to do for the owner: nothing is ever overwritten by a move or a copy",
        ),
        Code::ReadOnlyRoot => (
            "a tool was asked to write in a root that is not declared writable",
            "`roots.NAME.write = true` or `--root DIR:rw` declares it writable",
        ),
        Code::IsLink => (
            "a tool was asked to write through a link; a link is never followed for writing",
            "name the file that the link leads to",
        ),
        Code::SeveralNames => (
            "a tool was asked to write a file with several names (hard links), which may lie outside the roots",
            "copy the file and delete the name in the root, if it is to be edited there",
        ),
        Code::NotEmpty => (
            "a directory that is not empty was to be deleted without `recursive`",
            "nothing to do for the owner; models mend this by themselves",
        ),
        Code::Changed => (
            "a file was not what the caller had last seen, or was changed by somebody else at the same moment; it is as they left it",
            "nothing to do for the owner: the model reads the file again",
        ),
        Code::Busy => (
            "a call waited five seconds for another that was changing the same directory",
            "try again; if it lasts, another program may hold a lock on the directory",
        ),
        Code::TextNotFound => (
            "the text that an edit was to replace does not occur in the file",
            "nothing to do for the owner: the refusal shows the nearest place",
        ),
        Code::TextNotUnique => (
            "the text that an edit was to replace occurs more than once, and nothing was replaced by guess",
            "nothing to do for the owner: the refusal names the lines",
        ),
        Code::NotKept => (
            "the owner or an extended attribute of a file could not be kept, so the file was left as it was",
            "run the server as the owner of the files, or set `files.keep_owner = false`",
        ),
        Code::NotUndoable => (
            "a change would not fit in the journal, or the journal no longer holds the old bytes",
            "raise `journal.max_bytes`, or let such changes through without a way back with `journal.allow_larger = true`",
        ),
        Code::WithheldText => (
            "a text to be written held a mark such as `[REDACTED:…]`, which stands for something that was not shown; what it stands for would have been lost",
            "nothing to do for the owner: the model reads again, or uses `edit_file`, which puts back what a mark hides",
        ),
        Code::UnknownChange => (
            "a change was named that is not in the journal, or not this caller's",
            "`mcp-server changes list` shows what there is; older changes went with `journal.max_age` and `journal.max_bytes`",
        ),
        Code::NotText => {
            ("a file holds bytes that are no text in a known encoding", "nothing to do: it is left as it is")
        }
        Code::TooLarge => {
            ("something is larger than a result may be", "read it in pieces with `offset` and `limit`")
        }
        Code::Io => (
            "reading or writing failed; the event has the system's words",
            "look at the disk and at the system's log",
        ),
        Code::RootMissing => (
            "a root is configured and is not there",
            "create or mount it and start the server again, or take it out of the configuration",
        ),
        Code::ToolRefused => {
            ("a tool said no, in words of its own", "look at the tool's own words in the event")
        }
        Code::ToolFailed => (
            "a tool failed; the caller heard only that, the event has the cause",
            "look at `cause` in the event's details",
        ),
        Code::Panicked => (
            "a tool panicked; its call ended, everything else went on",
            "report it to whoever wrote the tool, with the diagnostics of that moment",
        ),
        Code::Deadline => (
            "a tool took longer than a call may take, and was ended",
            "ask for less at once; if it is a slow disk or a slow site, look there",
        ),
        Code::Abandoned => (
            "the client cancelled, or went away before the answer",
            "nothing to do, unless there are many: then the client waits too little",
        ),
        Code::ToolDisabled => (
            "so many runs of a tool did not end when they were cancelled that it was switched off",
            "restart the server, and report it to whoever wrote the tool",
        ),
        Code::MissingCapability => (
            "a tool needs something that the client does not offer",
            "use a client that can, or another tool",
        ),
        Code::NotRecorded => (
            "the event could not be written in time, so the call was refused: nothing is answered that is not on record",
            "make room on the disk of the log, or mend its directory: `mcp-server events path` says where it is; it goes on by itself then",
        ),
        Code::TooManyCalls => (
            "so many calls ran at once that there was no room for another in time",
            "wait, or let the client send less at once",
        ),
        Code::LimitAddress => (
            "an address without a key sent more requests than it may",
            "if it is meant to, give it a key or raise `limits.address`; if not, it is a scan",
        ),
        Code::LimitKey => (
            "a key sent more requests than it may",
            "raise `limits.key` if it is meant to; if not, its client is in a loop",
        ),
        Code::LimitTool => (
            "a key called one tool more often than it may",
            "raise `limits.tool` if it is meant to; if not, its model is in a loop",
        ),
        Code::LimitRepeat => (
            "the same call came again and again",
            "its model is in a loop: look at what it is told; `limits.repeat` is the bound",
        ),
        Code::Penalty => (
            "an address failed so often to show a key that it is made to wait",
            "nothing to do: a valid key is never touched by this; see who with `mcp-server events stats --by peer --event authentication_failed`",
        ),
        Code::MessageTooLarge => (
            "a message had more bytes than a message may have",
            "send less at once; over HTTP the bound is `http.body`",
        ),
        Code::MessageTooDeep => (
            "a message was nested deeper than a message may be",
            "nothing to allow: no client writes such a message by itself",
        ),
        Code::MessageTooComplex => (
            "a message held more values than a message may hold",
            "nothing to allow: no client writes such a message by itself",
        ),
        Code::NotJson => {
            ("a message was not JSON", "mend the client; on stdio something else may print into its pipe")
        }
        Code::NotUtf8 => ("a message was not UTF-8", "mend the client"),
        Code::DuplicateKey => (
            "an object held one key twice, which two readers may read differently",
            "nothing to allow: mend the client, or look at who sent it",
        ),
        Code::Batch => {
            ("several messages came in one, which this protocol does not have any more", "mend the client")
        }
        Code::BadId => ("a request's id was no short string and no integer", "mend the client"),
        Code::IdInFlight => (
            "a request had the id of a call that still runs",
            "mend the client: each request needs an id of its own",
        ),
        Code::BadMessage => ("a message was JSON, but not JSON-RPC 2.0", "mend the client"),
        Code::UnknownMethod => (
            "a method was called that nobody knows here",
            "nothing to do: clients try what a server may have",
        ),
        Code::BadParams => ("a method's parameters were not its own", "mend the client"),
        Code::MissingMeta => (
            "a request of 2026-07-28 lacked what that version asks for in `_meta`",
            "mend the client, or let it speak an older version",
        ),
        Code::UnsupportedVersion => (
            "a client asked for a version of the protocol that is not spoken here",
            "update the client or the server",
        ),
        Code::HeaderMismatch => (
            "a header said something else than the body, so whoever checks only one of them is deceived",
            "mend the client or the proxy between; look at who sent it if it comes again",
        ),
        Code::MissingId => {
            ("a request came without an id, so nobody could be answered; it was not run", "mend the client")
        }
        Code::NoKey => (
            "a request came without a key",
            "give the client a key: `mcp-server keys generate NAME --save`; if nobody is meant to come from there, it is a scan",
        ),
        Code::UnknownKey => (
            "a request came with a key that nobody has, or that was revoked",
            "if it is yours, `mcp-server keys list` shows which there are; if there are many, somebody is guessing: see from where with `mcp-server events stats --by peer --code unknown_key`",
        ),
        Code::ExpiredKey => (
            "a key was used after its last day",
            "make a new one with `mcp-server keys generate`, or change its `expires`",
        ),
        Code::KeyAddress => (
            "a key was used from an address that it is not for",
            "add the address to the key's `from` if it is meant to; if not, the key is in other hands: revoke it",
        ),
        Code::KeyReach => (
            "a good key asked for a route that it is not for",
            "`events = true` in the key's section lets it read the log, if it is meant to",
        ),
        Code::UntrustedOrigin => (
            "a web page asked that is not on the list: this is how a page in somebody's browser reaches servers behind it",
            "add the page's origin to `http.origins` if it is yours",
        ),
        Code::UntrustedHost => (
            "a request named a host that this server does not answer to: this is how a name is bound to another address",
            "add the name to `http.hosts` if it is yours",
        ),
        Code::HttpsRequired => (
            "a request came without https where https is needed",
            "let the proxy forward https only, and say so in `X-Forwarded-Proto`",
        ),
        Code::NoRoute => (
            "a route was asked for that does not exist",
            "nothing to do: scanners ask for all kinds of routes",
        ),
        Code::MethodNotAllowed => (
            "a route was asked with a method that it does not take",
            "mend the client; `Allow` says what it takes",
        ),
        Code::BadRequest => (
            "a request could be read in two ways, or its query makes no sense",
            "mend the client or the proxy between; look at who sent it if it comes again",
        ),
        Code::MediaType => (
            "a body was not declared as JSON: this is how a plain form reaches a server from a page",
            "send `Content-Type: application/json`",
        ),
        Code::NotAcceptable => (
            "a client accepts none of the forms in which there is an answer",
            "send `Accept: application/json, text/event-stream`",
        ),
        Code::TooManyConnections => (
            "an address, or all of them together, had more connections than there is room for",
            "close what is not used; behind a proxy name it in `http.trusted_proxies`",
        ),
        Code::BadQuery => (
            "a query of the log asked for something that there is not",
            "the answer says what may be asked for",
        ),
        Code::TooManyFollowers => (
            "so many follow the log over HTTP that there is no room for another",
            "close what is not looked at, or follow with `mcp-server events tail -f`",
        ),
        Code::TooSlow => (
            "a client sent or took its bytes more slowly than anybody should",
            "nothing to allow: slow clients hold what others need",
        ),
    }
}
