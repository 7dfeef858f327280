//! `mcp-server events tail|list|stats|verify|explain|path`: reading the log.
//!
//! The answer goes to stdout, everything about it to stderr. Reading needs no
//! server and changes nothing.

mod explain;
mod look;
mod stats;
mod verify;
mod which;

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    sync::Arc,
};

use clap::{Args, Subcommand};
use jiff::{Timestamp, Zoned, tz::TimeZone};

use self::look::{Look, thousands};
pub use self::{explain::Explain, look::Format, stats::Stats, verify::Verify, which::Which};
use super::{
    printer::Printer,
    progress::Progress,
    report::{Exit, Failure, Stopped},
};
use crate::events::{
    Settings,
    filter::Filter,
    follow::Follow,
    reader::{self, Events, Found, Looked, Order, Record, Remark},
};

/// Read the security event log.
#[derive(Clone, Debug, Subcommand)]
pub enum EventsCommand {
    /// Print the newest events, and follow with `-f`
    Tail(Tail),
    /// Print all events that match, oldest first
    List(List),
    /// Count the events that match
    Stats(Stats),
    /// Check that the log is as it was written
    Verify(Verify),
    /// Say what a code or one event means, and what to do
    Explain(Explain),
    /// Print where the log is
    Path(PathOf),
}

/// `events tail`.
#[derive(Args, Clone, Debug)]
pub struct Tail {
    /// Keep printing as events happen
    #[arg(short, long)]
    pub follow: bool,
    /// How many to start with, or `all`
    #[arg(short = 'n', long, value_name = "N", default_value = "10", value_parser = lines)]
    pub lines: Lines,
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// `events list`.
#[derive(Args, Clone, Debug)]
pub struct List {
    /// Newest first
    #[arg(short, long)]
    pub reverse: bool,
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// `events path`.
#[derive(Args, Clone, Debug)]
pub struct PathOf {
    /// The files that running servers write to
    #[arg(long)]
    pub current: bool,
}

/// How many events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lines {
    /// All.
    All,
    /// So many at most.
    Count(usize),
}

fn lines(text: &str) -> Result<Lines, String> {
    match text {
        "all" => Ok(Lines::All),
        count => count.parse().map(Lines::Count).map_err(|_| "a number, or `all`".to_owned()),
    }
}

/// How to print.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "How to print")]
pub struct How {
    /// One of short, wide, full, json
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value_t, hide_possible_values = true)]
    pub output: Format,
    /// Same as `--output json`: one object a line
    #[arg(long, conflicts_with = "output")]
    pub json: bool,
    /// Show times in UTC
    #[arg(long)]
    pub utc: bool,
}

/// Runs one of the commands on the log that `settings` name.
///
/// # Errors
///
/// [`Stopped::Failure`] when the log cannot be read or an argument makes no
/// sense, [`Stopped::Output`] when nobody reads the answer any more.
pub fn run(command: &EventsCommand, settings: &Settings, printer: &Printer) -> Result<Exit, Stopped> {
    let dir = &settings.dir;
    match command {
        EventsCommand::Tail(args) => tail(args, dir, printer),
        EventsCommand::List(args) => list(args, dir, printer),
        EventsCommand::Stats(args) => stats::run(args, dir, printer),
        EventsCommand::Verify(args) => verify::run(args, settings, printer),
        EventsCommand::Explain(args) => explain::run(args, dir, printer),
        EventsCommand::Path(args) => path(args, dir, printer),
    }
}

fn tail(args: &Tail, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    let zone = args.how.zone();
    let filter = args.which.filter(&Zoned::now().with_time_zone(zone.clone()))?;
    let known = files(dir)?;
    let mut out = Out::new(printer, args.how, zone, &known);
    let mut summary = Summary::of(&known);
    match args.lines {
        Lines::All => {
            let mut events = out.watch(Events::new(known.clone(), filter.clone(), Order::Oldest));
            for record in events.by_ref() {
                out.put(&record)?;
            }
            summary.end(events.looked_at(), events.remarks(), printer);
        }
        Lines::Count(count) => {
            let mut events = out.watch(Events::new(known.clone(), filter.clone(), Order::Newest));
            let newest: Vec<Record> = events.by_ref().take(count).collect();
            for record in newest.iter().rev() {
                out.put(record)?;
            }
            summary.end(events.looked_at(), events.remarks(), printer);
        }
    }
    out.flush()?;
    if args.follow {
        return follow(dir, filter, &known, &mut out, printer);
    }
    Ok(summary.judge(out.count, dir, printer))
}

fn follow(
    dir: &Path,
    filter: Filter,
    known: &[Found],
    out: &mut Out<'_>,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let mut follow = Follow::new(dir, filter, known);
    loop {
        for record in follow.read() {
            out.put(&record)?;
        }
        out.flush()?;
        for notice in follow.notices() {
            printer.note(format_args!("note: {notice}"));
        }
        follow.wait();
    }
}

fn list(args: &List, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    let zone = args.how.zone();
    let filter = args.which.filter(&Zoned::now().with_time_zone(zone.clone()))?;
    let known = files(dir)?;
    let mut summary = Summary::of(&known);
    let order = if args.reverse { Order::Newest } else { Order::Oldest };
    let mut out = Out::new(printer, args.how, zone, &known);
    let mut events = out.watch(Events::new(known, filter, order));
    for record in events.by_ref() {
        out.put(&record)?;
    }
    out.flush()?;
    summary.end(events.looked_at(), events.remarks(), printer);
    Ok(summary.judge(out.count, dir, printer))
}

fn path(args: &PathOf, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    if !args.current {
        printer.line(dir.display())?;
        return Ok(Exit::Yes);
    }
    let current: Vec<Found> = files(dir)?.into_iter().filter(Found::is_live).collect();
    if current.is_empty() {
        return Err(Failure::new("no server writes events there at present")
            .fact(dir.display().to_string())
            .hint("a server on stdio makes its file with the first call")
            .into());
    }
    for file in current {
        printer.line(file.path.display())?;
    }
    Ok(Exit::Yes)
}

fn files(dir: &Path) -> Result<Vec<Found>, Failure> {
    reader::files(dir).map_err(|error| {
        Failure::new(format!("the events in `{}` cannot be read", dir.display()))
            .fact(error.to_string())
            .hint("read them as the user the server runs as, or name the place with `events.dir`")
    })
}

impl How {
    fn zone(self) -> TimeZone {
        if self.utc { TimeZone::UTC } else { TimeZone::system() }
    }
}

/// Prints in blocks: a million events are a million lines, not a million writes.
struct Out<'a> {
    look: Look<'a>,
    block: String,
    count: u64,
    progress: Arc<Progress>,
}

const BLOCK_BYTES: usize = 32 << 10;

impl<'a> Out<'a> {
    fn new(printer: &'a Printer, how: How, zone: TimeZone, files: &[Found]) -> Self {
        let format = if how.json { Format::Json } else { how.output };
        let look = Look { printer, format, zone, columns: printer.columns(), day: None };
        let progress = Arc::new(Progress::new(files.iter().map(|file| file.len).sum(), printer));
        Self { look, block: String::new(), count: 0, progress }
    }

    /// The same events, while it is told how far they are read.
    fn watch(&self, events: Events) -> Events {
        let progress = Arc::clone(&self.progress);
        events.watched(move |bytes| progress.step(bytes))
    }

    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.block.push_str(&self.look.render(record));
        self.block.push('\n');
        self.count += 1;
        if self.block.len() >= BLOCK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.progress.clear();
        if !self.block.is_empty() {
            self.look.printer.raw(self.block.as_bytes())?;
            self.block.clear();
        }
        Ok(())
    }
}

/// What there is to say when nothing was found.
struct Summary {
    first: Option<Timestamp>,
    looked: Looked,
}

impl Summary {
    fn of(files: &[Found]) -> Self {
        let first = files.first().and_then(|file| file.name.started());
        Self { first, looked: Looked::default() }
    }

    /// Says what was skipped while reading.
    fn end(&mut self, looked: Looked, remarks: Vec<Remark>, printer: &Printer) {
        self.looked = looked;
        for remark in remarks {
            printer.note(format_args!("note: skipped in {remark}"));
        }
    }

    fn judge(&self, found: u64, dir: &Path, printer: &Printer) -> Exit {
        if found > 0 {
            return Exit::Yes;
        }
        if io::stderr().is_terminal() {
            printer.note("no events match");
            let looked = self.looked;
            printer.note(format_args!(
                "  looked at {} files, {} events, in {}",
                looked.files,
                thousands(looked.lines),
                dir.display()
            ));
            match self.first {
                Some(first) => {
                    let first = first.to_zoned(TimeZone::system()).strftime("%a %-d %b %Y").to_string();
                    printer.hint(format_args!("the oldest file is from {first}; widen `--since`"));
                }
                None => printer.hint("a server on stdio makes its file with the first call"),
            }
        }
        if printer.quiet > 0 { Exit::No } else { Exit::Yes }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::printer::ColorChoice;
    use crate::events::Severity;

    #[derive(clap::Parser)]
    struct Line {
        #[command(subcommand)]
        command: EventsCommand,
    }

    fn read(args: &[&str], dir: &Path, quiet: u8) -> Result<Exit, Stopped> {
        let line = Line::try_parse_from(["events"].iter().chain(args)).unwrap();
        run(&line.command, &Settings::in_dir(dir.to_owned()), &Printer::new(ColorChoice::Never, quiet, 0))
    }

    #[test]
    fn the_arguments_are_consistent() {
        <Line as clap::CommandFactory>::command().debug_assert();
        let line = Line::try_parse_from([
            "events",
            "tail",
            "-n",
            "all",
            "--outcome",
            "denied,refused",
            "-p",
            "high",
        ]);
        let Ok(Line { command: EventsCommand::Tail(tail) }) = line else { panic!() };
        assert_eq!(tail.lines, Lines::All);
        assert_eq!(tail.which.outcome, ["denied", "refused"]);
        assert_eq!(tail.which.severity, Some(Severity::High));
        assert!(Line::try_parse_from(["events", "list", "--code", "path_leave_root"]).is_err());
    }

    #[test]
    fn nothing_found_is_a_no_only_with_q() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(&["list"], dir.path(), 0).unwrap(), Exit::Yes);
        assert_eq!(read(&["list"], dir.path(), 1).unwrap(), Exit::No);
        assert_eq!(read(&["tail"], &dir.path().join("not/there"), 1).unwrap(), Exit::No);
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        for args in [&["list", "-g", "("][..], &["list", "-S", "soon"], &["list", "-S", "1h", "-U", "2h"]] {
            assert!(matches!(read(args, dir.path(), 0), Err(Stopped::Failure(_))), "{args:?}");
        }
        assert!(matches!(read(&["path", "--current"], dir.path(), 0), Err(Stopped::Failure(_))));
    }
}
