//! The parts of each run in a row, and what others saw of them.

use std::collections::HashSet;

use super::{
    End, Looked, Report, Run,
    fault::{Doubt, Fault, Unproven, What},
    known::{Known, Seen},
    part::{Left, Part, events},
    seen::{as_noted, as_seen, end},
};
use crate::events::{
    chain::{ChainKey, Digest, KEYED},
    ends::Noted,
    files::{FileName, RunName},
    pruned::Mark,
};

pub(super) fn join(
    looked: Vec<Looked>,
    noted: &[Noted],
    marks: Vec<Mark>,
    key: Option<&ChainKey>,
    is_whole: bool,
) -> Report {
    let known = Known::gather(&looked, noted, marks, key, is_whole);
    let mut report = Report::default();
    let there: HashSet<RunName> = looked.iter().map(|one| one.file.name.run_name()).collect();
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
fn vanished(there: &HashSet<RunName>, known: &Known<'_>, report: &mut Report) {
    // a note goes with the last file of its run, so it is no excuse that a younger one was pruned
    let noted = known.noted.values().map(|noted| &noted.first);
    let is_accused =
        |seen: &[Seen]| seen.iter().any(|seen| seen.left != Left::Pruned) && !known.was_pruned(seen);
    let accused = known.seen.iter().filter(|(_, seen)| is_accused(seen)).map(|(file, _)| file);
    let is_gone = |file: &&FileName| {
        let run = file.run_name();
        !there.contains(&run) && !known.ended.contains(&run)
    };
    let mut gone: Vec<&FileName> = noted.chain(accused).filter(is_gone).collect();
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

pub(super) fn whole_file(what: What, file: &FileName, seq: Option<u64>, says: String) -> Fault {
    Fault { what, file: file.to_string(), line: None, at: None, seq, says }
}

pub(super) fn doubt(what: Unproven, file: &FileName, says: impl Into<String>) -> Doubt {
    Doubt { what, file: file.to_string(), at: None, says: says.into() }
}

/// Judges one run, whose parts these are.
fn run(parts: Vec<Looked>, known: &Known<'_>, report: &mut Report) -> Option<Run> {
    let (first, files) = (parts.first()?.file.name.clone(), parts.len());
    let is_live = parts.last().is_some_and(|last| last.is_live);
    let (needs_key, is_keyed) = parts.first().map(|one| (one.needs_key.clone(), one.is_keyed))?;
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
    if let Some(word) = needs_key {
        report.doubts.push(doubt(Unproven::NeedsKey, &first, wanted_key(&word, known.key)));
        return Some(Run { end: if is_live { End::Running } else { End::Unchecked }, ..run });
    }
    let before = report.fault_count();
    let readable = readable(parts, report);
    let is_complete = readable.len() == files;
    run.lines = readable.iter().map(|part| part.lines).sum();
    if is_complete {
        begins(&readable, is_keyed, known, report);
        for (one, next) in readable.iter().zip(readable.iter().skip(1)) {
            let between = next.name.before().filter(|before| *before != one.name);
            if between.is_none_or(|before| known.mark(&before, is_keyed).is_none()) {
                follows(one, next, report);
            }
        }
        unfinished(&readable, report);
    }
    if is_keyed_no_more(&readable, known, &name) {
        let says = "this run was chained with the key, and says now that it is not".to_owned();
        report.faults.push(whole_file(What::NotKeyed, &first, None, says));
    }
    let mut is_witnessed = false;
    for part in &readable {
        as_seen(part, Left::Recovered, "when another server found it", known, report);
        is_witnessed = as_seen(part, Left::Witnessed, "when the next run began", known, report);
    }
    if let Some(last) = readable.last().filter(|_| is_complete) {
        let end_of = readable.iter().rev().find(|part| part.last.is_some()).unwrap_or(last);
        let pruned = end_of.name.before().and_then(|before| known.mark(&before, is_keyed));
        run.is_anchored = as_noted(end_of, pruned, &name, known, report) || is_witnessed;
        run.end = end(last, is_live, run.is_anchored, known, report);
    }
    for part in readable {
        report.faults.extend(part.faults);
        report.more_faults += part.more_faults;
        report.doubts.extend(part.doubts);
    }
    if run.end == End::Stopped && !run.is_anchored && report.fault_count() == before {
        report.doubts.push(not_witnessed(&name, is_keyed && known.key.is_some()));
    }
    if known.key.is_some() && !is_keyed {
        report.doubts.push(doubt(
            Unproven::WithoutKey,
            &first,
            "this run is chained without the key: whoever could write it could make its chain anew",
        ));
    }
    Some(run)
}

/// The parts that could be read. Of the others that is said.
fn readable(parts: Vec<Looked>, report: &mut Report) -> Vec<Part> {
    let mut readable = Vec::with_capacity(parts.len());
    for Looked { file, part, .. } in parts {
        match part {
            Ok(part) => readable.push(part),
            Err(error) => {
                let says = format!("it cannot be read: {error}");
                report.doubts.push(doubt(Unproven::Unreadable, &file.name, says));
            }
        }
    }
    readable
}

/// Which key there is and which it would take, as far as is known.
fn wanted_key(word: &str, given: Option<&ChainKey>) -> String {
    let which = word.strip_prefix(KEYED).filter(|name| !name.is_empty() && is_key_name(name));
    let wanted = which.map_or("a key".to_owned(), |name| format!("the key {name}"));
    match given {
        None => format!("this run is chained with {wanted}, and cannot be checked without it"),
        Some(key) => {
            format!("this run is chained with {wanted}, and the key that was given is {}", key.name())
        }
    }
}

/// The word stands in a file that anybody may have written.
fn is_key_name(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn not_witnessed(run: &FileName, is_keyed: bool) -> Doubt {
    if is_keyed {
        return doubt(
            Unproven::NotNoted,
            run,
            "the note beside the key of where this run ended is not there: lines may have been cut off its end",
        );
    }
    doubt(
        Unproven::LastLine,
        run,
        "nothing follows its last line yet, so nothing would show if that alone was changed",
    )
}

fn is_keyed_no_more(parts: &[Part], known: &Known<'_>, run: &FileName) -> bool {
    known.noted(run).is_some()
        && parts.iter().filter_map(|part| part.declared.as_deref()).any(|word| !word.starts_with(KEYED))
}

/// Whether the first part that is there is where the run began, or where pruning left it.
fn begins(parts: &[Part], is_keyed: bool, known: &Known<'_>, report: &mut Report) {
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
        if let Some(other) = part.began_as.as_ref().filter(|file| **file != part.name.to_string()) {
            let says = match FileName::parse(other) {
                Some(other) => format!("this is a copy of {other}, or was renamed: it began under that name"),
                None => "this run began under another name".to_owned(),
            };
            report.faults.push(at_first(What::OtherRun, says));
        }
        if seq > 1 && !part.faults.iter().any(|fault| fault.line == Some(1)) {
            let says = format!("{} missing before this line", events(1, seq.saturating_sub(1)));
            report.faults.push(at_first(What::Missing, says));
        } else if seq == 1 && prev != Digest::START {
            let says = "this line was changed: nothing can stand before it, and it says so".to_owned();
            report.faults.push(at_first(What::Changed, says));
        }
        return;
    }
    let Some(before) = part.name.before() else { return };
    let Some(mark) = known.mark(&before, is_keyed) else {
        if known.is_whole {
            let says = format!(
                "this file is gone, no record says that it was pruned, and {} begins behind it",
                part.name
            );
            report.faults.push(whole_file(What::FileMissing, &before, seq.checked_sub(1), says));
        }
        return;
    };
    let last = mark.last_seq;
    if mark.part == before && last > 0 && last.saturating_add(1) != seq {
        let says = format!(
            "the part before this one was pruned and ended with event {last}; this begins with {seq}"
        );
        report.faults.push(at_first(What::Missing, says));
    }
}

/// A part behind which there are events ends with the line that says so.
fn unfinished(parts: &[Part], report: &mut Report) {
    for (one, next) in parts.iter().zip(parts.iter().skip(1)) {
        let is_excused = one.ends_with_rotation || !one.faults.is_empty() || !one.doubts.is_empty();
        if is_excused || next.last.is_none() && one.last.is_some() {
            continue; // killed while the next part was being begun
        }
        let says = match one.last {
            None => "there is no event in this file, and the run goes on behind it",
            Some(_) => {
                "this file does not end with the event that says that the run goes on, and it does: its end was cut off or moved"
            }
        };
        report.faults.push(whole_file(What::Missing, &one.name, None, says.to_owned()));
    }
}

/// Whether a part goes on where the one before it ended.
fn follows(one: &Part, next: &Part, report: &mut Report) {
    let (Some((last, digest, line)), Some((seq, prev))) = (one.last, next.first) else { return };
    if one.name.next() != next.name {
        let gone = one.name.next();
        let says = if seq > last.saturating_add(1) {
            format!("this file is gone, and with it {}", range(last.saturating_add(1), seq.saturating_sub(1)))
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
    if seq > last.saturating_add(1) {
        let says = format!(
            "{} missing before this line: {} ends too soon",
            events(last.saturating_add(1), seq.saturating_sub(1)),
            one.name
        );
        report.faults.push(at_first(What::Missing, says));
    } else if prev != digest {
        let says =
            format!("this line carries another digest of line {line} of {}, which was changed", one.name);
        if !one.faults.iter().any(|fault| fault.line == Some(line))
            && !next.faults.iter().any(|fault| fault.line == Some(1))
        {
            report.faults.push(at_first(What::Changed, says));
        }
    } else if seq != last.saturating_add(1) {
        let says = format!("this line says that it is event {seq}, and follows event {last}");
        report.faults.push(at_first(What::Changed, says));
    }
}

fn range(from: u64, to: u64) -> String {
    if from >= to { format!("event {to}") } else { format!("events {from} to {to}") }
}
