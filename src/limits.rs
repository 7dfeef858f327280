//! Every bound, with its unit and its reason.
//!
//! A queue, loop, body, depth or wait without a bound here is a mistake. What
//! an owner may change lives in `config`; these are the ceilings beneath it.

mod export;
mod http;

use std::time::Duration;

pub use export::*;
pub use http::*;
pub mod search;

// --- messages -------------------------------------------------------------

/// One JSON-RPC message, in bytes: a call carries a path or a page, not a disk.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How deep a message may nest: the protocol needs about eight.
pub const MESSAGE_DEPTH_MAX: usize = 64;
/// Values in one message: two bytes can be one, and each costs hundreds once it is read.
pub const MESSAGE_VALUES_MAX: usize = 50_000;
/// A request id that is a string, in bytes: hosts send counters and UUIDs.
pub const ID_BYTES_MAX: usize = 256;
/// A client's name and version as kept in events, in bytes.
pub const CLIENT_BYTES_MAX: usize = 64;

// --- calls ----------------------------------------------------------------

/// Calls that run at once, over all callers.
pub const CALLS_AT_ONCE_MAX: usize = 64;
/// Calls that one caller runs at once, so that one cannot hold every seat.
pub const CALLS_PER_CALLER_MAX: usize = 16;
/// Calls that wait for a seat.
pub const CALLS_QUEUED_MAX: usize = 256;
/// How long a call waits for a seat before it is turned away.
pub const SEAT_WAIT_MAX: Duration = Duration::from_secs(5);
/// A call that shows no progress for this long is over.
pub const CALL_IDLE_MAX: Duration = Duration::from_secs(30);
/// A call is over after this long, whatever it reports.
pub const CALL_TOTAL_MAX: Duration = Duration::from_mins(5);
/// Runs of one tool that outlive their call before the tool is switched off; also its runs that
/// are on a thread at once.
pub const OVERDUE_RUNS_MAX: usize = 8;
/// Runs of all tools that are on a thread at once. Two more than of one tool, so that one
/// whose runs never yield leaves room for the others.
pub const TURNS_MAX: usize = OVERDUE_RUNS_MAX + 2;
/// How long what is under way may take to be cut off at a second signal.
pub const CUT_WAIT_MAX: Duration = Duration::from_millis(500);
/// Progress and log notices that wait for a slow client; more are dropped.
pub const NOTICES_QUEUED_MAX: usize = 64;

// --- results --------------------------------------------------------------

/// Text of one result, in bytes, unless the tool asks for more.
pub const RESULT_BYTES_DEFAULT: usize = 100 << 10;
/// Text of one result, in bytes, whatever the tool asks for.
pub const RESULT_BYTES_MAX: usize = 1 << 20;
/// Images, sounds and blobs of one result, in bytes before base64.
pub const MEDIA_BYTES_MAX: usize = 5 << 20;
/// Notes about one result, in bytes.
pub const NOTES_BYTES_MAX: usize = 16 << 10;
/// Names of files in one note, in bytes; the rest are counted.
pub const NOTE_NAMES_BYTES_MAX: usize = 2 << 10;
/// Content blocks of one result.
pub const RESULT_BLOCKS_MAX: usize = 1_000;

// --- what is withheld -----------------------------------------------------

/// The longest secret that is found whole, in bytes: a private key of 16,384 bits has 13 KB as text.
pub const SECRET_BYTES_MAX: usize = 16 << 10;
/// A text that is not UTF-8 is read if it is no larger, in bytes: all of it is held.
pub const FOREIGN_BYTES_MAX: u64 = 8 << 20;
/// Where a text says in which encoding it is (HTML standard, 13.2.3.2).
pub const DECLARATION_BYTES: usize = 1 << 10;
/// How much of what stands before and behind a secret is looked at, in bytes: a line, by and large.
pub const SECRET_AROUND_BYTES_MAX: usize = 256;
/// What is looked at before and after a part of a text to know what in the part is secret, in
/// bytes: two of the longest that overlap, and a line around them.
pub const SECRET_REACH_BYTES: usize = 2 * SECRET_BYTES_MAX + (2 << 10);
/// A mark, in bytes.
pub const MARK_BYTES_MAX: usize = 96;

// --- arguments ------------------------------------------------------------

/// How much of an argument's name a refusal repeats, in bytes.
pub const ARGUMENT_SHOWN_BYTES_MAX: usize = 64;

// --- definitions ----------------------------------------------------------

/// The name of a tool or an argument of ours, in bytes: some clients take no more.
pub const TOOL_NAME_BYTES_MAX: usize = 40;
/// The name of anybody's tool, in bytes (MCP 2026-07-28, tools, tool names).
pub const FOREIGN_NAME_BYTES_MAX: usize = 128;
/// A title, in bytes.
pub const TITLE_BYTES_MAX: usize = 80;
/// A description, in bytes: a model reads it with every request.
pub const DESCRIPTION_BYTES_MAX: usize = 1_024;
/// One word of a description, in bytes: what is longer is code, not a word.
pub const WORD_BYTES_MAX: usize = 40;
/// How deep a schema may nest.
pub const SCHEMA_DEPTH_MAX: usize = 16;
/// Values in a schema.
pub const SCHEMA_NODES_MAX: usize = 2_000;
/// The address of an icon, in bytes, embedded images included.
pub const ICON_BYTES_MAX: usize = 64 << 10;

// --- paths and files ------------------------------------------------------

/// A path argument, in bytes (`PATH_MAX`).
pub const PATH_BYTES_MAX: usize = 4_096;
/// One component of a path, in bytes (`NAME_MAX`).
pub const COMPONENT_BYTES_MAX: usize = 255;
/// Components of a path.
pub const PATH_DEPTH_MAX: usize = 256;
/// A glob, in bytes.
pub const GLOB_BYTES_MAX: usize = 1_024;
/// What of a file is looked at for a private key, in bytes: those before it may be certificates.
pub const CONTENT_JUDGED_BYTES: usize = 64 << 10;
/// How often it is looked at which files are those that the server relies on: editors replace them.
pub const OWN_LOOK_EVERY: Duration = Duration::from_secs(1);
/// Absolute links that are followed by re-opening beneath their root.
pub const LINK_HOPS_MAX: usize = 8;
/// Names in one listing.
pub const LISTING_ENTRIES_MAX: usize = 10_000;
/// How deep a search walks.
pub const WALK_DEPTH_MAX: usize = 32;
/// Entries one search looks at.
pub const WALK_ENTRIES_MAX: usize = 1_000_000;
/// Memory for the names a search still has to look at, in bytes.
pub const WALK_PENDING_BYTES_MAX: usize = 8 << 20;
/// Results of one search, unless the caller asks for another number.
pub const SEARCH_RESULTS_DEFAULT: usize = 200;
/// Results of one search, whatever is asked for.
pub const SEARCH_RESULTS_MAX: i64 = 10_000;
/// Patterns that one search leaves out.
pub const SEARCH_EXCLUDES_MAX: usize = 64;
/// Files that one call reads: more than fit in a result.
pub const READ_FILES_MAX: usize = 100;
/// Of those, how many an event names.
pub const EVENT_PATHS_MAX: usize = 16;
/// How deep a tree is shown, unless the caller asks for another number.
pub const TREE_DEPTH_DEFAULT: usize = 4;
/// How deep a tree is shown, whatever is asked for.
pub const TREE_DEPTH_MAX: i64 = 32;
/// Entries of a tree, unless the caller asks for another number: what a model reads at once.
pub const TREE_ENTRIES_DEFAULT: usize = 500;
/// Entries of a tree, whatever is asked for: about what a result can hold.
pub const TREE_ENTRIES_MAX: i64 = 20_000;
/// Directories that a tree left out and keeps the paths of; the rest are counted.
pub const LEFT_OUT_NAMED_MAX: usize = 16;
/// A search reports its progress every so many entries, or as many times [`CANCEL_CHECK_BYTES`].
pub const PROGRESS_ENTRIES: usize = 1_000;
/// How far into a file one call looks for a line, in bytes: about a second.
pub const SCAN_BYTES_MAX: u64 = 1 << 30;
/// A reader or walker asks whether it was cancelled at least this often, in bytes.
pub const CANCEL_CHECK_BYTES: usize = 64 << 10;
/// Roots.
pub const ROOTS_MAX: usize = 64;

// --- writing --------------------------------------------------------------

/// A file that is edited, in bytes: it is held in memory several times over.
pub const EDIT_BYTES_MAX: usize = 64 << 20;
/// Edits in one call.
pub const EDITS_MAX: usize = 1_000;
/// Files and directories that one call copies or deletes.
pub const CHANGE_ENTRIES_MAX: usize = 100_000;
/// How deep a directory that is copied, moved or deleted may be: as deep as a path.
pub const CHANGE_DEPTH_MAX: usize = PATH_DEPTH_MAX;
/// A copy reports its progress every so many bytes.
pub const COPY_PROGRESS_BYTES: u64 = 64 << 20;
/// How long a call waits for another that changes the same directory.
pub const CHANGE_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often who waits for a lock looks.
pub const LOCK_LOOK_EVERY: Duration = Duration::from_millis(2);
/// A tag, in bytes: twice as many digits are enough to tell the versions of one file apart.
pub const TAG_BYTES: usize = 8;
/// A file that is hashed for its tag when it is read, in bytes: about a tenth of a second.
pub const TAG_BYTES_MAX: u64 = 64 << 20;
/// Places that one edit replaces: each is looked at with what stands around it.
pub const EDIT_PLACES_MAX: usize = 100_000;
/// Places named in one refusal of an edit.
pub const PLACES_NAMED_MAX: usize = 20;
/// Lines of a diff that stand in a result; the rest is counted.
pub const DIFF_BYTES_MAX: usize = 64 << 10;

// --- the journal ----------------------------------------------------------

/// How hard zstd tries: an edit waits for it.
pub const JOURNAL_ZSTD_LEVEL: i32 = 1;
/// The window is looked at each time this part of `journal.max_bytes` was stored.
pub const JOURNAL_LOOKS: u64 = 16;
/// The window is looked at this often at least while changes are made.
pub const JOURNAL_LOOK_EVERY: Duration = Duration::from_hours(1);
/// The least `journal.max_bytes`.
pub const JOURNAL_BYTES_MIN: u64 = 1 << 20;
/// The most `journal.max_bytes`.
pub const JOURNAL_BYTES_MAX: u64 = 1 << 44;
/// Changes in one list, unless another number is asked for.
pub const CHANGES_LISTED_DEFAULT: usize = 20;
/// Changes in one list, whatever is asked for.
pub const CHANGES_LISTED_MAX: i64 = 1_000;

// --- events ---------------------------------------------------------------

/// One event line, in bytes.
pub const EVENT_BYTES_MAX: usize = 8 << 10;
/// Events that wait for the writer.
pub const EVENTS_QUEUED_MAX: usize = 1_024;
/// One part of a run's file, in bytes, before the next is begun.
pub const EVENT_PART_BYTES_MAX: u64 = 16 << 20;
/// One part of a run's file is closed at this age.
pub const EVENT_PART_AGE_MAX: Duration = Duration::from_hours(24);
/// Refusals at the door that are written singly in one second; then they fold.
pub const REFUSALS_SINGLE_MAX: u32 = 20;
/// How many of those may be saved up: ten seconds of a flood.
pub const REFUSALS_SINGLE_SAVED: u32 = 200;
/// One more is saved this often; a flood that lasts is written singly at this pace. With
/// [`FOLDED_EVERY`], a day of it costs a log of 256 MiB about a tenth (43,200 lines of 450 bytes and
/// 8,640 of 900), and a fifth where each line is as long as a stranger can make it.
pub const REFUSALS_SINGLE_EVERY: Duration = Duration::from_secs(2);
/// Folded events that may be saved up: one for each of the first seconds of a flood.
pub const FOLDED_SAVED: u32 = 10;
/// One more is saved this often; a flood that lasts is folded at this pace.
pub const FOLDED_EVERY: Duration = Duration::from_secs(10);
/// Sources named in one folded event.
pub const FOLDED_SOURCES_MAX: usize = 10;
/// Sources counted one by one in a second of a flood; the rest count as one.
pub const FOLDED_SOURCES_COUNTED_MAX: usize = 1_024;
/// Events that one `write` carries.
pub const EVENTS_BATCH_MAX: usize = 256;
/// How long a call waits for its event to be in the kernel's hands, unless configured.
pub const EVENT_ACK_KERNEL: Duration = Duration::from_secs(2);
/// How long a call waits for its event to be on the disk, unless configured.
pub const EVENT_ACK_DISK: Duration = Duration::from_secs(5);
/// Space set aside so that a full disk can be written down, in bytes.
pub const EVENTS_RESERVE_BYTES: u64 = 1 << 20;
/// Caps over the directory are looked at after this many bytes of our own at the latest.
pub const EVENTS_PRUNE_BYTES: u64 = 1 << 20;
/// Caps over the directory are looked at this often at least.
pub const EVENTS_PRUNE_EVERY: Duration = Duration::from_hours(1);
/// How soon a writer that failed tries again by itself.
pub const EVENTS_RETRY_EVERY: Duration = Duration::from_millis(500);
/// Events kept in memory by a run that has nothing to say yet.
pub const EVENTS_QUIET_MAX: usize = 64;
/// The wall clock may move this far against the monotonic one before it is an event.
pub const CLOCK_DRIFT_MAX: Duration = Duration::from_secs(2);
/// A line of an events file that a reader takes, in bytes: longer ones are not ours.
pub const EVENT_LINE_READ_MAX: usize = 64 << 10;
/// Words that events are counted by, such as names of clients: the busiest; the rest counts as one.
pub const STATS_KEYS_MAX: usize = 8_192;
/// Words with their counts in one answer of `/security/stats`: more than anybody reads.
pub const STATS_ROWS_MAX: usize = 500;
/// Steps of time in one series of counts: more than a page draws.
pub const SERIES_STEPS_MAX: usize = 2_000;
/// Threads that count events: more wait for the same disk.
pub const READERS_MAX: usize = 4;
/// Findings in one file that are told one by one; more are counted.
pub const FAULTS_LISTED_MAX: usize = 1_000;
/// Files that are verified side by side.
pub const VERIFY_THREADS_MAX: usize = 8;
/// Files of other runs that are looked at in a row for how they ended; the others have their turn with the caps.
pub const FILES_RECOVERED_AT_ONCE: usize = 256;
/// Runs whose end the next one to begin takes note of: as many as there are windows of hosts, by and large.
pub const ENDS_WITNESSED: usize = 4;
/// How often a server checks the chain of its own log.
pub const CHAIN_CHECK_EVERY: Duration = Duration::from_hours(6);
/// Findings that a server writes down one by one; the state says how many there are.
pub const FAULTS_TOLD_MAX: usize = 100;
/// The key of the log's chain, in bytes: what 128 bits take in hexadecimal.
pub const CHAIN_KEY_BYTES_MIN: usize = 32;
/// The same; more than any digest needs.
pub const CHAIN_KEY_BYTES_MAX: u64 = 4_096;
/// How often `events tail -f` looks where nothing wakes it.
pub const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// A watch may be lost without a word; then this is how late an event is seen.
pub const LOOK_ANYWAY_EVERY: Duration = Duration::from_secs(2);
/// An expression that events are searched with, in bytes.
pub const GREP_BYTES_MAX: usize = 1 << 10;
/// The same once it is compiled.
pub const GREP_COMPILED_BYTES_MAX: usize = 1 << 20;
/// A cursor as text, in bytes: it has to stand in a header.
pub const CURSOR_BYTES_MAX: usize = 8 << 10;
/// Runs that a cursor names: those that may still grow, and a few.
pub const CURSOR_RUNS_MAX: usize = 64;
/// Parts whose times are kept in memory for paging.
pub const EVENT_PARTS_KNOWN_MAX: usize = 4_096;
/// Errors without an id that stdio answers in one second; then only events.
pub const NAMELESS_ERRORS_MAX: u32 = 10;

// --- stdio ----------------------------------------------------------------

/// How long calls that hang may go on after the input has ended.
pub const EOF_WAIT_MAX: Duration = Duration::from_secs(2);
/// Bytes of answers that wait for an unread stdout; then stdin is no longer read.
pub const STDOUT_QUEUED_BYTES_MAX: usize = 4 << 20;
/// Requests that were read and not answered; then stdin is no longer read.
pub const IN_FLIGHT_MAX: usize = CALLS_QUEUED_MAX;
/// Subscriptions that are open at once: one tells as much as all.
pub const SUBSCRIPTIONS_MAX: usize = 8;
/// Bytes asked of stdin, or given to stdout, at once.
pub const PIPE_CHUNK_BYTES: usize = 64 << 10;
/// Chunks of stdin that wait to be looked at.
pub const CHUNKS_QUEUED_MAX: usize = 4;
/// How long a call waits for others to hand over their results before it runs beside them.
pub const OUTLET_WAIT_MAX: Duration = Duration::from_millis(500);
/// How often an idle stdout is looked at, so that a closed one is noticed.
pub const STDOUT_CHECK_EVERY: Duration = Duration::from_secs(1);
/// How long an unread stdout is waited for once stdin has ended; begins anew with each byte that is taken.
pub const STDOUT_STALL_MAX: Duration = Duration::from_secs(10);
/// How long a server that could not start waits for a request to say so to.
pub const START_REFUSAL_WAIT_MAX: Duration = Duration::from_secs(10);

// --- stopping -------------------------------------------------------------

/// How long running calls may go on after a stop was asked for.
pub const DRAIN_CALLS_MAX: Duration = Duration::from_secs(10);
/// How soon a cancelled call is over.
pub const CANCEL_GRACE: Duration = Duration::from_millis(100);

// --- limits ---------------------------------------------------------------

/// Rows of one table of limits before all others share one.
pub const LIMIT_ROWS_MAX: usize = 65_536;
/// Parts of one table of limits, each with a lock of its own.
pub const LIMIT_SHARDS: usize = 16;
/// Requests a minute that a limit may allow; beyond, it is no limit but a slip.
pub const LIMIT_PER_MINUTE_MAX: u32 = 1_000_000_000;
/// A limit's period, and the time in which its burst must grow back.
pub const LIMIT_PERIOD_MAX: Duration = Duration::from_hours(24);
/// Addresses of one family that are under a penalty; then the one that ends soonest makes room.
pub const PENALTY_ROWS_MAX: usize = 65_536;
/// A penalty is enforced once it has grown to this (`PerSourcePenalties min` of OpenSSH).
pub const PENALTY_WAIT_MIN: Duration = Duration::from_secs(15);
/// A penalty grows no further than this (`PerSourcePenalties max` of OpenSSH).
pub const PENALTY_WAIT_MAX: Duration = Duration::from_mins(10);

// --- keys -----------------------------------------------------------------

/// Keys: every request is compared with every one of them.
pub const KEYS_MAX: usize = 256;
/// A key's name, in bytes: it stands in every event of its calls.
pub const KEY_NAME_BYTES_MAX: usize = 32;
/// A key is taken this long past its date, because the clock of whoever wrote the date may differ.
pub const KEY_EXPIRY_LEEWAY: Duration = Duration::from_secs(30);
/// How long after its date a stream that was opened with a key ends; a changed configuration ends it at once.
pub const KEY_LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often the configuration is looked at where the file system does not tell of changes: a key
/// that was revoked is to be refused within a second.
pub const CONFIG_LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long the configuration must have stayed as it is before a change is taken up: an editor that
/// removes the file and writes it anew, or writes it in pieces, is then done.
pub const CONFIG_SETTLE: Duration = Duration::from_millis(200);
/// How often that is waited for; a file that never rests is taken up nevertheless.
pub const CONFIG_SETTLES_MAX: usize = 10;
/// How long one who changes a file of the owner waits for another who does.
pub const EDIT_WAIT_MAX: Duration = Duration::from_secs(5);

// --- diagnostics ----------------------------------------------------------

/// Diagnostics one process writes to its file in a day, in bytes; then it counts.
pub const DIAGNOSTICS_BYTES_MAX: u64 = 8 << 20;
/// Lines of diagnostics that wait to be written; room for all of them is taken at the start.
pub const DIAGNOSTICS_QUEUED_MAX: usize = 1_024;
/// Daily diagnostics files that are kept.
pub const DIAGNOSTICS_FILES_MAX: usize = 7;

// --- configuration --------------------------------------------------------

/// A configuration file, or a file that holds a key, in bytes.
pub const CONFIG_BYTES_MAX: u64 = 1 << 20;
/// The name of a root, in bytes: it stands before every path that is shown.
pub const ROOT_NAME_BYTES_MAX: usize = 32;
/// A key that a person chose, in bytes: what 128 bits take in hexadecimal.
pub const CHOSEN_KEY_BYTES_MIN: usize = 32;
/// The same; it has to stand in a header.
pub const CHOSEN_KEY_BYTES_MAX: usize = 4_096;
/// The least `events.max_bytes`.
pub const EVENTS_BYTES_MIN: u64 = 64 << 10;
/// The most `events.max_bytes`.
pub const EVENTS_BYTES_MAX: u64 = 1 << 44;
/// The least `events.max_age`.
pub const EVENTS_AGE_MIN: Duration = Duration::from_mins(1);
/// The most `events.max_age`: ten years.
pub const EVENTS_AGE_MAX: Duration = Duration::from_hours(3_650 * 24);
/// The least `events.ack`.
pub const ACK_WAIT_MIN: Duration = Duration::from_millis(10);
/// The most `events.ack`: longer, and the call's own deadline comes first.
pub const ACK_WAIT_MAX: Duration = Duration::from_secs(30);
/// How long a key may be good for when it is made.
pub const KEY_LIFE: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(3_650 * 24);
