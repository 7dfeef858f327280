//! The parts of each run in a row, and what others saw of them.

use super::{
    End, Looked, Report, Run,
    fault::{Doubt, Fault, Unproven, What},
    line::Said,
    part::{Left, Part, events},
};
use crate::events::{chain::Digest, ends::Noted, files::FileName};

/// How another run, or the note beside the key, saw a file end.
#[derive(Clone, Debug)]
struct Seen {
    file: FileName,
    left: Left,
    seq: Option<u64>,
    /// Not known if that run is chained in another way.
    digest: Option<Digest>,
    /// As it was chained by who says so.
    chain: Option<String>,
}

impl Seen {
    fn read((left, said): &(Left, Said)) -> Option<Self> {
        Some(Self {
            file: FileName::parse(said.file.as_deref()?)?,
            left: *left,
            seq: said.last_seq,
            digest: said.last_digest.as_deref().and_then(|digest| Digest::parse(digest.as_bytes())),
            chain: said.chain.clone(),
        })
    }
}

/// Everything that is known besides the parts themselves.
struct Known<'a> {
    seen: Vec<Seen>,
    noted: &'a [Noted],
    has_key: bool,
    /// No file was left out by the time it is from.
    is_whole: bool,
}

impl Known<'_> {
    fn of(&self, file: &FileName, left: Left) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.left == left && seen.file == *file)
    }

    /// The oldest go first, so who removed a younger one had removed this.
    fn was_pruned(&self, file: &FileName) -> bool {
        self.seen.iter().any(|seen| seen.left == Left::Pruned && seen.file >= *file)
    }

    fn noted(&self, run: &FileName) -> Option<&Noted> {
        self.noted.iter().find(|noted| noted.first.is_same_run(run))
    }
}

pub(super) fn join(looked: Vec<Looked>, noted: &[Noted], has_key: bool, is_whole: bool) -> Report {
    let seen = looked.iter().filter_map(|one| one.part.as_ref().ok());
    let seen: Vec<Seen> = seen.flat_map(|part| part.said.iter().filter_map(Seen::read)).collect();
    let known = Known { seen, noted, has_key, is_whole };
    let mut report = Report::default();
    let there: Vec<FileName> = looked.iter().map(|one| one.file.name.clone()).collect();
    let mut looked = looked.into_iter().peekable();
    while let Some(first) = looked.next() {
        let mut parts = vec![first];
        while let Some(next) = looked
            .next_if(|next| parts.last().is_some_and(|last| last.file.name.is_same_run(&next.file.name)))
        {
            parts.push(next);
        }
        let before = report.fault_count();
        let run = run(parts, &known, &mut report);
        let faults = report.fault_count() - before;
        report.runs.extend(run.map(|run| Run { faults, ..run }));
    }
    if is_whole {
        vanished(&there, &known, &mut report);
    }
    report
}

/// Whole runs that somebody saw and that are gone.
fn vanished(there: &[FileName], known: &Known<'_>, report: &mut Report) {
    let is_gone = |file: &FileName| !there.iter().any(|one| one.is_same_run(file)) && !known.was_pruned(file);
    let mut gone: Vec<&FileName> = known.noted.iter().map(|noted| &noted.first).collect();
    gone.extend(known.seen.iter().filter(|seen| seen.left == Left::Recovered).map(|seen| &seen.file));
    gone.retain(|file| is_gone(file));
    gone.sort_unstable();
    gone.dedup_by(|a, b| a.is_same_run(b));
    for file in gone {
        report.faults.push(whole_file(
            What::FileMissing,
            file,
            None,
            "every file of this run is gone, and no record says that it was pruned".to_owned(),
        ));
    }
}

fn whole_file(what: What, file: &FileName, seq: Option<u64>, says: String) -> Fault {
    Fault { what, file: file.to_string(), line: None, at: None, seq, says }
}

fn doubt(what: Unproven, file: &FileName, says: impl Into<String>) -> Doubt {
    Doubt { what, file: file.to_string(), at: None, says: says.into() }
}

/// Judges one run, whose parts these are.
fn run(parts: Vec<Looked>, known: &Known<'_>, report: &mut Report) -> Option<Run> {
    let (first, files) = (parts.first()?.file.name.clone(), parts.len());
    let is_live = parts.last().is_some_and(|last| last.is_live);
    let (needs_key, is_keyed) = parts.first().map(|one| (one.needs_key, one.is_keyed))?;
    let name = first.part(1);
    let mut run = Run {
        first_file: name.to_string(),
        files,
        lines: 0,
        is_keyed,
        end: if is_live { End::Running } else { End::Unknown },
        is_anchored: false,
        faults: 0,
    };
    if needs_key {
        report.doubts.push(doubt(
            Unproven::NeedsKey,
            &first,
            "this run is chained with a key, and cannot be checked without it",
        ));
        return Some(run);
    }
    let mut readable = Vec::new();
    for one in parts {
        match one.part {
            Ok(part) => readable.push(part),
            Err(error) => {
                report.doubts.push(doubt(
                    Unproven::Unreadable,
                    &one.file.name,
                    format!("it cannot be read: {error}"),
                ));
            }
        }
    }
    let is_complete = readable.len() == files;
    run.lines = readable.iter().map(|part| part.lines).sum();
    if is_complete {
        begins(&readable, known, report);
        for (one, next) in readable.iter().zip(readable.iter().skip(1)) {
            follows(one, next, report);
        }
    }
    if is_keyed_no_more(&readable, known, &name) {
        let says = "this run was chained with the key, and says now that it is not".to_owned();
        report.faults.push(whole_file(What::NotKeyed, &first, None, says));
    }
    for part in &readable {
        as_recovered(part, known, report);
    }
    if let Some(last) = readable.last().filter(|_| is_complete) {
        let end_of = readable.iter().rev().find(|part| part.last.is_some()).unwrap_or(last);
        run.is_anchored = as_noted(end_of, &name, known, report);
        run.end = end(last, is_live, run.is_anchored, known, report);
    }
    for part in readable {
        report.faults.extend(part.faults);
        report.more_faults += part.more_faults;
        report.doubts.extend(part.doubts);
    }
    if known.has_key && !is_keyed {
        report.doubts.push(doubt(
            Unproven::WithoutKey,
            &first,
            "this run is chained without the key: whoever could write it could make its chain anew",
        ));
    }
    Some(run)
}

fn is_keyed_no_more(parts: &[Part], known: &Known<'_>, run: &FileName) -> bool {
    known.noted(run).is_some()
        && parts
            .iter()
            .filter_map(|part| part.declared.as_deref())
            .any(|word| !word.starts_with(crate::events::chain::KEYED))
}

/// Whether the first part that is there is where the run began, or where pruning left it.
fn begins(parts: &[Part], known: &Known<'_>, report: &mut Report) {
    let Some(part) = parts.first() else { return };
    let Some((seq, prev)) = part.first else { return };
    let at_first = |what, says: String| Fault {
        what,
        file: part.name.to_string(),
        line: Some(1),
        at: Some(0),
        seq: Some(seq),
        says,
    };
    if part.name.is_first() {
        if seq > 1 && !part.faults.iter().any(|fault| fault.line == Some(1)) {
            let says = format!("{} missing before this line", events(1, seq - 1));
            report.faults.push(at_first(What::Missing, says));
        } else if seq == 1 && prev != Digest::START {
            let says = "this line was changed: nothing can stand before it, and it says so".to_owned();
            report.faults.push(at_first(What::Changed, says));
        }
        return;
    }
    let Some(before) = part.name.before() else { return };
    match known.of(&before, Left::Pruned) {
        Some(seen) if seen.seq.is_some_and(|last| last + 1 != seq) => {
            let last = seen.seq.unwrap_or_default();
            let says = format!(
                "the part before this one was pruned and ended with event {last}; this begins with {seq}"
            );
            report.faults.push(at_first(What::Missing, says));
        }
        Some(_) => {}
        None if known.was_pruned(&before) || !known.is_whole => {}
        None => report.faults.push(whole_file(
            What::FileMissing,
            &before,
            Some(seq - 1),
            format!(
                "this file is gone, no record says that it was pruned, and {} begins behind it",
                part.name
            ),
        )),
    }
}

/// Whether a part goes on where the one before it ended.
fn follows(one: &Part, next: &Part, report: &mut Report) {
    let (Some((last, digest, line)), Some((seq, prev))) = (one.last, next.first) else { return };
    if one.name.next() != next.name {
        let gone = one.name.next();
        let says = if seq > last + 1 {
            format!("this file is gone, and with it {}", range(last + 1, seq - 1))
        } else {
            format!("this file is gone, between {} and {}", one.name, next.name)
        };
        return report.faults.push(whole_file(What::FileMissing, &gone, None, says));
    }
    let at_first = |what, says: String| Fault {
        what,
        file: next.name.to_string(),
        line: Some(1),
        at: Some(0),
        seq: Some(seq),
        says,
    };
    if seq > last + 1 {
        let says =
            format!("{} missing before this line: {} ends too soon", events(last + 1, seq - 1), one.name);
        report.faults.push(at_first(What::Missing, says));
    } else if prev != digest {
        let says =
            format!("this line carries another digest of line {line} of {}, which was changed", one.name);
        if !one.faults.iter().any(|fault| fault.line == Some(line))
            && !next.faults.iter().any(|fault| fault.line == Some(1))
        {
            report.faults.push(at_first(What::Changed, says));
        }
    } else if seq != last + 1 {
        let says = format!("this line says that it is event {seq}, and follows event {last}");
        report.faults.push(at_first(What::Changed, says));
    }
}

fn range(from: u64, to: u64) -> String {
    if from >= to { format!("event {to}") } else { format!("events {from} to {to}") }
}

/// Compares a part with what the server that found it without an end saw.
fn as_recovered(part: &Part, known: &Known<'_>, report: &mut Report) {
    let Some(seen) = known.of(&part.name, Left::Recovered) else { return };
    let Some(seq) = seen.seq else { return };
    compare(
        part,
        seq,
        seen.digest.filter(|_| is_comparable(part, seen)),
        "when another server found it",
        report,
    );
}

/// Digests of a run chained in another way cannot be compared.
fn is_comparable(part: &Part, seen: &Seen) -> bool {
    part.declared.is_none() || part.declared == seen.chain
}

/// Compares where a part ends with where it ended once.
fn compare(part: &Part, seq: u64, digest: Option<Digest>, once: &str, report: &mut Report) {
    let (last, found, line) = part.last.unwrap_or((0, Digest::START, 0));
    let fault = if last < seq {
        let says = format!("the end was cut off: {} gone that stood here {once}", events(last + 1, seq));
        (What::EndCut, says)
    } else if last > seq {
        (What::Appended, format!("{} behind the end as it was {once}", events(seq + 1, last)))
    } else if digest.is_some_and(|digest| digest != found) {
        (What::Changed, format!("the last line is not what it was {once}"))
    } else {
        return;
    };
    report.faults.push(Fault {
        what: fault.0,
        file: part.name.to_string(),
        line: Some(line).filter(|line| *line > 0),
        at: None,
        seq: Some(last).filter(|seq| *seq > 0),
        says: fault.1,
    });
}

/// Compares where the run ends with the note beside the key. Returns whether the note says that this is the end.
fn as_noted(last: &Part, run: &FileName, known: &Known<'_>, report: &mut Report) -> bool {
    let Some(noted) = known.noted(run) else { return false };
    let Some((seq, digest)) = noted.end else {
        let says = "the note of where this run ended was not made with the key".to_owned();
        report.faults.push(whole_file(What::EndForged, run, None, says));
        return false;
    };
    // lines that nobody was told of may stand behind the note
    if last.last.is_none_or(|(last, _, _)| last <= seq) {
        let before = report.fault_count();
        compare(last, seq, Some(digest), "when its end was noted", report);
        return report.fault_count() == before;
    }
    false
}

fn end(last: &Part, is_live: bool, is_anchored: bool, known: &Known<'_>, report: &mut Report) -> End {
    if is_live {
        return End::Running;
    }
    let is_stopped = last.is_finished && last.last.is_some();
    if is_stopped && !last.ends_with_rotation {
        return End::Stopped;
    }
    if last.ends_with_rotation {
        let next = last.name.next();
        if known.is_whole {
            let says = "this file is gone: the part before it says that it was begun".to_owned();
            report.faults.push(whole_file(What::FileMissing, &next, None, says));
        }
        return End::Unknown;
    }
    let was_found = known.of(&last.name, Left::Recovered).and_then(|seen| seen.seq);
    if is_anchored || was_found.is_some_and(|seq| last.last.is_some_and(|(last, _, _)| last == seq)) {
        let says = if is_anchored {
            "ended without a stop: it was killed, and its end is where it was noted"
        } else {
            "ended without a stop: it was killed, and its end is as the next server found it"
        };
        report.doubts.push(doubt(Unproven::Killed, &last.name, says));
        return End::Killed;
    }
    if report.faults.iter().any(|fault| fault.what == What::EndCut && fault.file == last.name.to_string()) {
        return End::Unknown;
    }
    report.doubts.push(doubt(
        Unproven::NoStop,
        &last.name,
        "ended without a stop: it was killed, or its end was cut off; nothing here proves which",
    ));
    End::Unknown
}
