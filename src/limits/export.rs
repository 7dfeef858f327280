//! Bounds of what is sent to a collector.

use std::time::Duration;

/// What waits for a collector, in bytes; what comes then is dropped, counted and said. A few
/// thousand events: it bridges a restart of the collector, not a day without one.
pub const EXPORT_QUEUED_BYTES_MAX: usize = 2 << 20;
/// Events that one request to a collector carries.
pub const EXPORT_BATCH_MAX: usize = 512;
/// How long an event waits for others to travel with.
pub const EXPORT_GATHER: Duration = Duration::from_secs(1);
/// One request to a collector, from the connection to the last byte of the answer.
pub const EXPORT_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long a batch is tried before it is dropped.
pub const EXPORT_RETRY_MAX: Duration = Duration::from_mins(1);
/// The first pause between two tries; each further one is twice as long.
pub const EXPORT_PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause between two tries, whatever a collector asks for.
pub const EXPORT_PAUSE_MAX: Duration = Duration::from_secs(8);
/// An answer of a collector, in bytes: it holds two numbers and a sentence.
pub const EXPORT_ANSWER_BYTES_MAX: usize = 64 << 10;
/// What is kept of a collector's own words, in bytes.
pub const EXPORT_WORDS_BYTES_MAX: usize = 256;
/// How long a stop waits for what is still to be exported.
pub const EXPORT_FLUSH_MAX: Duration = Duration::from_secs(2);
/// That events are not exported is written down this often at most.
pub const EXPORT_EVENT_EVERY: Duration = Duration::from_mins(1);
