//! Diagnostics: for whoever runs the server, never for a client.
//!
//! They go to stderr and, in stdio mode, to a daily file besides, because
//! hosts hide stderr. Nothing here ever writes to stdout. Both writers drop
//! rather than wait, so a full pipe or a full disk never holds up a call, and
//! what they drop is counted: [`Diagnostics::dropped`].
//!
//! This is not the security log: see `events` for what is never dropped.

use std::{
    fmt,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_appender::{
    non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::limits;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// What needs a look.
    Warn,
    /// What an operator wants to know.
    #[default]
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// Every word that is understood, the usual ones first; the last three are
    /// those of the variable `LOG_LEVEL` in other programs.
    pub const WORDS: [(&'static str, Self); 9] = [
        ("off", Self::Off),
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
        ("silent", Self::Off),
        ("fatal", Self::Error),
        ("warning", Self::Warn),
    ];

    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// Diagnostics while they run. What waits is written when this is dropped.
#[derive(Debug)]
pub struct Diagnostics {
    guards: Vec<WorkerGuard>,
    lossy: Vec<ErrorCounter>,
    over_budget: Arc<AtomicU64>,
}

impl Diagnostics {
    /// Starts them: to stderr always, and to daily files in `dir` if there is
    /// one. Starts a thread for each; a second start in one process is quiet.
    ///
    /// A directory that cannot be used is said on stderr and is no reason to stop.
    pub fn start(level: Level, dir: Option<&Path>) -> Self {
        let mut own = Self { guards: Vec::new(), lossy: Vec::new(), over_budget: Arc::default() };
        let stderr = own.writer(io::stderr(), "diagnostics");
        // The libraries' own lines hold whole requests below `warn`.
        let quiet = level.filter().min(LevelFilter::WARN);
        let filter = ["rmcp", "hyper", "hyper_util", "warp", "mio", "notify", "tokio"]
            .into_iter()
            .fold(Targets::new().with_default(level.filter()), |all, library| all.with_target(library, quiet))
            // What rmcp calls an error is an answer that the log has already.
            .with_target("rmcp::service", LevelFilter::OFF);
        let (file, trouble) = match dir.map(daily_file).transpose() {
            Ok(file) => (file.map(|file| own.budgeted(file)), None),
            Err(error) => (None, Some(error)),
        };
        let file = file.map(|file| {
            tracing_subscriber::fmt::layer().with_writer(file).with_ansi(false).with_target(false)
        });
        let subscriber = tracing_subscriber::registry()
            .with(tracing_subscriber::fmt::layer().event_format(Plain).with_writer(stderr).with_ansi(false))
            .with(file)
            .with(filter);
        if subscriber.try_init().is_err() {
            tracing::debug!("diagnostics were started before");
        }
        if let Some(error) = trouble {
            tracing::warn!("no diagnostics file: {error}");
        }
        own
    }

    /// Lines that were dropped because a writer was too slow, or the day's budget was spent.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        let lossy: usize = self.lossy.iter().map(ErrorCounter::dropped_lines).sum();
        self.over_budget.load(Ordering::Relaxed).saturating_add(lossy as u64)
    }

    fn writer(&mut self, to: impl Write + Send + 'static, thread: &str) -> NonBlocking {
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(limits::DIAGNOSTICS_QUEUED_MAX)
            .lossy(true)
            .thread_name(thread)
            .finish(to);
        self.lossy.push(writer.error_counter());
        self.guards.push(guard);
        writer
    }

    fn budgeted(&mut self, file: RollingFileAppender) -> NonBlocking {
        let over = Arc::clone(&self.over_budget);
        self.writer(Budget { file, day: Instant::now(), spent: 0, over }, "diagnostics-file")
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        let dropped = self.dropped();
        if dropped > 0 {
            tracing::warn!(dropped, "diagnostics were dropped");
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "the directory of its own files")]
fn daily_file(dir: &Path) -> Result<RollingFileAppender, String> {
    // The appender complains on stderr, in words of its own, of a directory that it has yet to make.
    std::fs::create_dir_all(dir).map_err(|error| format!("{} cannot be made: {error}", dir.display()))?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("mcp-server")
        .filename_suffix("log")
        .max_log_files(limits::DIAGNOSTICS_FILES_MAX)
        .build(dir)
        .map_err(|error| format!("{} cannot be used: {error}", dir.display()))
}

/// A file that takes so much a day and counts the rest.
struct Budget {
    file: RollingFileAppender,
    day: Instant,
    spent: u64,
    over: Arc<AtomicU64>,
}

impl Write for Budget {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        const DAY: Duration = Duration::from_hours(24);
        if self.day.elapsed() > DAY {
            (self.day, self.spent) = (Instant::now(), 0);
        }
        if self.spent.saturating_add(line.len() as u64) > limits::DIAGNOSTICS_BYTES_MAX {
            self.over.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        self.spent = self.spent.saturating_add(line.len() as u64);
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// `info: what happened key=value`, one line, for a person.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(to, "{}: ", event.metadata().level().as_str().to_ascii_lowercase())?;
        ctx.field_format().format_fields(to.by_ref(), event)?;
        writeln!(to)
    }
}
