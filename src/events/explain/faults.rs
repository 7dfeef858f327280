//! What each finding of `events verify` means.

use crate::events::verify::{Unproven, What};

/// What a fault means, and what to do.
pub(super) const fn fault(what: What) -> (&'static str, &'static str) {
    const KEEP: &str = "keep a copy of the directory as it is, and find out who could write there";
    match what {
        What::Changed => ("a line is not what it was when the next one was written", KEEP),
        What::Missing => ("lines are gone: their numbers are missing", KEEP),
        What::OutOfPlace => ("a line stands where it was not written", KEEP),
        What::Inserted => ("a line that the chain does not know was put in", KEEP),
        What::OtherRun => ("a line of another run stands in this file", KEEP),
        What::NotAnEvent => ("something in the file is not an event as the server writes it", KEEP),
        What::FileMissing => ("a file is gone, and no record says that it was pruned", KEEP),
        What::EndCut => ("the end is not where somebody else saw it: lines were cut off", KEEP),
        What::Appended => ("lines follow where the log had ended", KEEP),
        What::NotKeyed => (
            "the run was chained with the key, and says now that it is not: its chain was made anew by somebody without it",
            KEEP,
        ),
        What::EndForged => (
            "the note of where a run ended was not made with the key",
            "find out who could write beside the key; with another key than that of then, name the old one",
        ),
    }
}

/// What cannot be told, and what to do.
pub(super) const fn unproven(what: Unproven) -> (&'static str, &'static str) {
    match what {
        Unproven::NoStop => (
            "the run did not say that it stopped: it was killed, or its end was cut off; a chain alone cannot tell which",
            "with `events.chain_key_file` the end of each run is noted beside the key, and a cut one shows",
        ),
        Unproven::Killed => (
            "the server was killed, and the log ends where it ended then",
            "nothing to do, if you know why it was killed",
        ),
        Unproven::LastLine => (
            "nothing follows the last line of this run yet: were that line alone changed, nothing would show it",
            "nothing to do: the next run to begin takes note of it; with `events.chain_key_file` it is noted at once",
        ),
        Unproven::NotNoted => (
            "the run is chained with the key, and the note of where it ended is not there: lines may have been cut off",
            "find out who could write beside the key; without these notes a cut end does not show",
        ),
        Unproven::Torn => (
            "the last line has no end: the server was killed while it wrote, or the file was cut",
            "nothing to do: nobody was answered for an unfinished line",
        ),
        Unproven::NeedsKey => (
            "the run is chained with a key, and cannot be checked without it",
            "name the key with `events.chain_key_file`",
        ),
        Unproven::WithoutKey => (
            "the run is chained without the key that there is now: whoever could write it could make its chain anew",
            "nothing to do: it is from before the key, or from a server without it",
        ),
        Unproven::Newer => {
            ("lines were written by a newer version, and were not read", "verify with that version")
        }
        Unproven::Unreadable => ("a file cannot be read", "verify as the user the server runs as"),
    }
}
