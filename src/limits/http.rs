//! Bounds of the HTTP door.

use std::time::Duration;

/// Open connections.
pub const CONNECTIONS_MAX: usize = 1_024;
/// Open connections from one address.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 64;
/// Requests on one connection before it is closed.
pub const REQUESTS_PER_CONNECTION_MAX: u32 = 1_000;
/// From accept to the last byte of the first header block, and from there on for each further one.
pub const HEADERS_WAIT_MAX: Duration = Duration::from_secs(10);
/// Bytes of all bodies that are being read or answered, but for small ones; more wait.
pub const BODIES_BYTES_MAX: usize = 64 << 20;
/// A body of this many bytes is small: as many as there are connections fit beside the others.
pub const BODY_SMALL_MAX: usize = 16 << 10;
/// The whole body.
pub const BODY_WAIT_MAX: Duration = Duration::from_secs(30);
/// A body slower than this many bytes a second, after [`BODY_RATE_GRACE`], is cut.
pub const BODY_RATE_MIN: u64 = 100;
/// How long a body may be slow before its rate is looked at.
pub const BODY_RATE_GRACE: Duration = Duration::from_secs(5);
/// A connection with no request in flight.
pub const IDLE_WAIT_MAX: Duration = Duration::from_mins(1);
/// One write to a client that does not read.
pub const WRITE_WAIT_MAX: Duration = Duration::from_secs(30);
/// Bytes of an unread body that are read and dropped before a refusal, so that the refusal arrives.
pub const DRAIN_BYTES_MAX: usize = 64 << 10;
/// How long that takes at most.
pub const DRAIN_WAIT_MAX: Duration = Duration::from_secs(1);
/// The request line and all headers of one request, in bytes; also what is buffered of a body at once.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// Entries of `X-Forwarded-For` that are looked at, from the right.
pub const FORWARDED_HOPS_MAX: usize = 16;
/// Connections over the cap that are told so at one time; more are just closed.
pub const TURNED_AWAY_AT_ONCE_MAX: usize = 64;
/// How long accepting rests when no descriptor is left.
pub const ACCEPT_REST: Duration = Duration::from_millis(250);
/// That no descriptor is left is written down this often at most.
pub const EXHAUSTION_EVENT_EVERY: Duration = Duration::from_mins(1);
/// A silent event stream gets a comment this often, so that nobody between takes it for dead.
pub const SSE_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Subscriptions that are open over HTTP; each holds a connection.
pub const HTTP_SUBSCRIPTIONS_MAX: usize = 256;
/// Events in one answer of `/security/events`.
pub const EVENTS_PAGE_MAX: usize = 1_000;
/// Events in one answer of `/security/events`, unless asked otherwise.
pub const EVENTS_PAGE_DEFAULT: usize = 100;
/// Answers of `/security/events` that are being read from the disk at once; more wait.
pub const EVENTS_PAGES_AT_ONCE_MAX: usize = 4;
/// Clients that follow `/security/events` at once; each holds a connection.
pub const EVENTS_FOLLOWERS_MAX: usize = 32;
/// Events that a follower is given at once.
pub const EVENTS_FOLLOWED_BATCH_MAX: usize = 256;
/// Batches that wait for a follower that does not read; the rest waits in the log.
pub const EVENTS_FOLLOWED_QUEUED_MAX: usize = 4;
/// A follower that takes nothing for this long is told to come back.
pub const FOLLOWER_STALL_MAX: Duration = Duration::from_secs(10);
/// What is written within this time is one look for a follower.
pub const FOLLOWER_LOOK_EVERY: Duration = Duration::from_millis(10);
/// How often it is looked at whether a follower's key still holds.
pub const FOLLOWER_CHECK_EVERY: Duration = Duration::from_millis(250);
/// Bytes of a refused `Origin`, `Host` or target that an event keeps.
pub const REFUSED_VALUE_BYTES_MAX: usize = 128;
