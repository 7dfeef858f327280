//! Bounds of searches, of names and of what files hold.

/// What of [`WALK_PENDING_BYTES_MAX`](super::WALK_PENDING_BYTES_MAX) any one directory may have, in bytes, however deep it is and whatever is held above it.
pub const WALK_LEVEL_BYTES_MIN: usize = 64 << 10;
/// Globs of more bytes are not compiled into one with others, which takes a kilobyte and more for each byte.
pub const GLOB_SHORT_BYTES_MAX: usize = 128;
/// What contents are searched for, in bytes: a long line, not a file.
pub const QUERY_BYTES_MAX: usize = 4 << 10;
/// The same once it is compiled: what that is bounds what a byte of a file can cost.
pub const PATTERN_COMPILED_BYTES_MAX: usize = 1 << 20;
/// What one thread remembers while it matches, in bytes.
pub const PATTERN_CACHE_BYTES_MAX: usize = 2 << 20;
/// How deep a pattern may nest.
pub const PATTERN_DEPTH_MAX: u32 = 100;
/// Lines that one search of contents finds, unless the caller asks for another number.
pub const MATCHES_DEFAULT: usize = 100;
/// Lines that one search of contents finds, whatever is asked for.
pub const MATCHES_MAX: i64 = 1_000;
/// Lines around each line that was found.
pub const CONTEXT_LINES_MAX: i64 = 20;
/// A line that is searched, in bytes; a file is searched as far as there is no longer one.
pub const LINE_BYTES_MAX: usize = 4 << 20;
/// A file of UTF-16 is searched so far, in bytes: all of it is held.
pub const UTF16_BYTES_MAX: u64 = 8 << 20;
/// What is shown of a line that was found, in bytes.
pub const SHOWN_LINE_BYTES_MAX: usize = 400;
/// Threads of one search of contents: more wait for the same disk.
pub const THREADS_MAX: usize = 4;
/// Files that one thread looks into before others are begun: where there are no more, that is faster.
pub const ALONE_FILES_MAX: usize = 32;
/// A file with rules of what to ignore, in bytes.
pub const IGNORE_FILE_BYTES_MAX: usize = 64 << 10;
/// Rules of what to ignore that hold in one directory; each costs some kilobytes.
pub const IGNORE_RULES_MAX: usize = 2_000;
