//! Whether a run ends where others saw it end.

use super::{
    End, Report,
    fault::{Fault, Unproven, What},
    join::{doubt, whole_file},
    known::{Known, Seen},
    part::{Left, Part, events},
};
use crate::events::{chain::Digest, files::FileName, pruned::Mark};

/// Compares where a part ends with what another server saw of it. Returns whether that is the end.
pub(super) fn as_seen(part: &Part, left: Left, once: &str, known: &Known<'_>, report: &mut Report) -> bool {
    let mut is_proven = false;
    for seen in known.seen.get(&part.name).into_iter().flatten().filter(|seen| seen.left == left) {
        let Some(seq) = seen.seq else { continue };
        let digest = seen.digest.filter(|_| is_comparable(part, seen));
        let before = report.fault_count();
        compare(part, seq, digest, Digest::sealed, once, report);
        if report.fault_count() > before {
            return false; // the others would say the same
        }
        is_proven |= digest.is_some();
    }
    is_proven
}

/// Digests of a run chained in another way cannot be compared.
fn is_comparable(part: &Part, seen: &Seen) -> bool {
    part.declared.is_none() || part.declared == seen.chain
}

/// Compares where a part ends with where it ended once; `told` makes of a digest what was told of it then.
fn compare(
    part: &Part,
    seq: u64,
    digest: Option<Digest>,
    told: fn(Digest) -> Digest,
    once: &str,
    report: &mut Report,
) {
    let (last, found, line) = part.last.unwrap_or((0, Digest::START, 0));
    let fault = if last < seq {
        let gone = events(last.saturating_add(1), seq);
        (What::EndCut, format!("the end was cut off: {gone} gone that stood here {once}"))
    } else if last > seq {
        let more = events(seq.saturating_add(1), last);
        (What::Appended, format!("{more} behind the end as it was {once}"))
    } else if digest.is_some_and(|digest| digest != told(found)) {
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
pub(super) fn as_noted(
    last: &Part,
    pruned: Option<&Mark>,
    run: &FileName,
    known: &Known<'_>,
    report: &mut Report,
) -> bool {
    let Some(noted) = known.noted(run) else { return false };
    let Some((seq, digest)) = noted.end else {
        let says = "the note of where this run ended was not made with the key".to_owned();
        report.faults.push(whole_file(What::EndForged, run, None, says));
        return false;
    };
    if last.last.is_none() && pruned.is_some_and(|mark| mark.last_seq == seq) {
        return true; // the server was killed while it began this part
    }
    // lines that nobody was told of may stand behind the note
    if last.last.is_none_or(|(last, _, _)| last <= seq) {
        let before = report.fault_count();
        compare(last, seq, Some(digest), |digest| digest, "when its end was noted", report);
        return report.fault_count() == before;
    }
    false
}

/// How the run ended, whose last part this is.
pub(super) fn end(
    last: &Part,
    is_live: bool,
    is_anchored: bool,
    known: &Known<'_>,
    report: &mut Report,
) -> End {
    if is_live && !last.is_finished {
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
