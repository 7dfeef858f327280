//! `mcp-server events verify`: whether the log is as it was written.

use std::io;

use clap::Args;
use jiff::{Zoned, tz::TimeZone};
use serde_json::{Value, json};

use super::{files, look::thousands, which::Which};
use crate::{
    cli::{
        printer::{Printer, Tone},
        progress::Progress,
        report::{Exit, Failure, Stopped},
    },
    events::{
        Settings, read_chain_key,
        show::{show, show_json},
        verify::{self, Asked, Doubt, End, Fault, Report, Run, Unproven},
    },
};

/// `events verify`.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Exit status: 0 as it was written, though an end may not be proven; 1 altered; 2 not all of it could be checked."
)]
pub struct Verify {
    /// Only files that were written to since: `10m`, `2h`, `today`, `2026-11-22`, RFC 3339
    #[arg(short = 'S', long, value_name = "WHEN", help_heading = "Which files")]
    pub since: Option<String>,
    /// Only runs that had started by then
    #[arg(short = 'U', long, value_name = "WHEN", help_heading = "Which files")]
    pub until: Option<String>,
    /// Print one JSON object
    #[arg(long, help_heading = "How to print")]
    pub json: bool,
}

/// What can be said in one word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Intact,
    /// Nothing is wrong, and not every end is proven.
    EndNotProven,
    Altered,
    /// Nothing is wrong in what could be looked at.
    Incomplete,
}

impl Verdict {
    fn of(report: &Report) -> Self {
        if report.fault_count() > 0 {
            Self::Altered
        } else if report.doubts.iter().any(|doubt| doubt.what.hides()) {
            Self::Incomplete
        } else if report.doubts.iter().any(|doubt| doubt.what.leaves_an_end_open()) {
            Self::EndNotProven
        } else {
            Self::Intact
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Intact => "intact",
            Self::EndNotProven => "end_not_proven",
            Self::Altered => "altered",
            Self::Incomplete => "incomplete",
        }
    }
}

pub(super) fn run(args: &Verify, settings: &Settings, printer: &Printer) -> Result<Exit, Stopped> {
    let which = Which { since: args.since.clone(), until: args.until.clone(), ..Which::default() };
    let times = which.filter(&Zoned::now().with_time_zone(TimeZone::system()))?;
    let key = match &settings.chain_key_file {
        Some(file) => {
            let key = read_chain_key(file, &settings.dir);
            let key = key.map_err(|error| Failure::new(error.to_string()).hint(error.hint))?;
            Some((file.clone(), key))
        }
        None => None,
    };
    let has_key = key.is_some();
    let asked = Asked { since: times.since, until: times.until, key, threads: None };
    if !settings.dir.exists() {
        let missing = Failure::new(format!("there is no log in `{}`", settings.dir.display()));
        return Err(missing.hint("a server makes it with its first event; `mcp-server events path` says where, and what names it").into());
    }
    let total = files(&settings.dir)?.iter().map(|file| file.len).sum();
    let progress = Progress::new(total, printer);
    let report = verify::verify(&settings.dir, &asked, &|bytes| progress.step(bytes));
    drop(progress);
    let report = report.map_err(|error| {
        Failure::new(format!("the events in `{}` cannot be verified", settings.dir.display()))
            .fact(error.to_string())
            .hint("verify as the user the server runs as")
    })?;
    let verdict = Verdict::of(&report);
    if args.json {
        printer.line(show_json(&as_json(&report, verdict).to_string()))?;
    } else {
        print(&report, verdict, printer)?;
        advise(&report, verdict, has_key, printer);
    }
    match verdict {
        Verdict::Intact | Verdict::EndNotProven => Ok(Exit::Yes),
        Verdict::Altered => Ok(Exit::No),
        Verdict::Incomplete => Err(Stopped::Reported),
    }
}

fn print(report: &Report, verdict: Verdict, printer: &Printer) -> io::Result<()> {
    for run in &report.runs {
        printer.line(line(run))?;
    }
    for fault in &report.faults {
        let (tone, word) = (printer.paint(Tone::Bad, "ALTERED"), fault.what.as_str());
        printer.line(format_args!("{tone}  {word}  {}", show(&fault.to_string())))?;
    }
    if report.more_faults > 0 {
        printer.line(format_args!("and {} more", thousands(report.more_faults)))?;
    }
    for doubt in &report.doubts {
        let (tone, word) = (printer.paint(Tone::Warn, "note"), doubt.what.as_str());
        printer.line(format_args!("{tone}  {word}  {}", show(&doubt.to_string())))?;
    }
    let files: usize = report.runs.iter().map(|run| run.files).sum();
    let of = format!(
        "{} in {} of {}",
        count(report.lines(), "event"),
        count(files as u64, "file"),
        count(report.runs.len() as u64, "run")
    );
    let unproven = report.doubts.iter().filter(|doubt| doubt.what.leaves_an_end_open()).count() as u64;
    printer.line(match verdict {
        Verdict::Intact if report.runs.is_empty() => "no events, so nothing is altered".to_owned(),
        Verdict::Intact => format!("{}: {of}", printer.paint(Tone::Good, "intact")),
        Verdict::EndNotProven => format!(
            "unchanged where the chain reaches, but the end of {} is not proven: {of}",
            count(unproven, "run")
        ),
        Verdict::Altered => {
            let findings = count(report.fault_count(), "finding");
            format!("{}: {findings} in {of}", printer.paint(Tone::Bad, "altered"))
        }
        Verdict::Incomplete => format!("not all of it could be checked: {of}"),
    })
}

/// `20261122T130207Z-51c0.jsonl  12 files  104 201 events  stopped`.
fn line(run: &Run) -> String {
    let end = match run.end {
        End::Running => "running",
        End::Stopped => "stopped",
        End::Killed => "ended without a stop",
        End::Unknown => "ended without a stop, end not proven",
        End::Unchecked => {
            return format!(
                "{}  {}  not checked: it takes its key",
                run.first_file,
                count(run.files as u64, "file")
            );
        }
    };
    let files = count(run.files as u64, "file");
    let key = if run.is_keyed { ", with a key" } else { "" };
    format!("{}  {files}  {}  {end}{key}", run.first_file, count(run.lines, "event"))
}

/// `1 event`, `1 204 events`.
fn count(count: u64, what: &str) -> String {
    format!("{} {what}{}", thousands(count), if count == 1 { "" } else { "s" })
}

fn advise(report: &Report, verdict: Verdict, has_key: bool, printer: &Printer) {
    match verdict {
        Verdict::Altered => {
            printer
                .hint("`mcp-server events explain chain_broken` says what this proves and what it does not");
        }
        Verdict::Incomplete if report.doubts.iter().any(|doubt| doubt.what == Unproven::NeedsKey) => {
            printer.hint(
                "name the file with the key of then with `events.chain_key_file`, in this run alone with \
                 `MCP_SERVER_EVENTS_CHAIN_KEY_FILE=FILE mcp-server events verify`",
            );
        }
        Verdict::Incomplete => printer.hint("verify as the user the server runs as"),
        _ if !has_key && !report.runs.is_empty() => {
            printer.hint(
                "there is no chain key: who can write the log could make its chain anew, or remove its newest files or lines; \
                 see `events.chain_key_file`",
            );
        }
        _ => {}
    }
}

fn as_json(report: &Report, verdict: Verdict) -> Value {
    let fault = |fault: &Fault| {
        json!({
            "what": fault.what.as_str(), "file": fault.file, "line": fault.line, "byte": fault.at,
            "seq": fault.seq, "says": fault.says,
        })
    };
    let doubt = |doubt: &Doubt| json!({ "what": doubt.what.as_str(), "file": doubt.file, "byte": doubt.at, "says": doubt.says });
    let run = |run: &Run| {
        json!({
            "first_file": run.first_file, "files": run.files, "events": run.lines, "keyed": run.is_keyed,
            "end": run.end.as_str(), "end_noted": run.is_anchored, "faults": run.faults,
        })
    };
    json!({
        "v": 1,
        "verdict": verdict.as_str(),
        "events": report.lines(),
        "bytes": report.bytes,
        "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
        "more_faults": report.more_faults,
        "unproven": report.doubts.iter().map(doubt).collect::<Vec<_>>(),
        "runs": report.runs.iter().map(run).collect::<Vec<_>>(),
    })
}
