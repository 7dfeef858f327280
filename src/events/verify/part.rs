//! One file, line by line, against the chain of its run.
//!
//! Who is at fault when a line does not carry the digest of the one before?
//! The line before, if the next one still carries this line's digest; this
//! line, if that does not fit either. Numbers help to tell what is gone from
//! what was moved or put in. After whatever was found the chain is taken up
//! again, so that one change is one finding and the lines behind it are still
//! checked.

use super::{
    fault::{Doubt, Fault, Unproven, What},
    line::{self, Placed, Said},
};
use crate::{
    events::{
        chain::{Chain, Digest},
        files::FileName,
        record::Unread,
    },
    limits,
};

/// A line that was believed, as far as the next one needs it.
#[derive(Clone, Copy, Debug)]
struct Link {
    line: u64,
    at: u64,
    seq: u64,
    digest: Digest,
}

/// What one file says.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) name: FileName,
    /// Whole lines.
    pub(super) lines: u64,
    /// Number of the first event, and the digest that it carries.
    pub(super) first: Option<(u64, Digest)>,
    /// Number and digest of the last event, and where it stands.
    pub(super) last: Option<(u64, Digest, u64)>,
    /// The last event says that nothing follows.
    pub(super) is_finished: bool,
    /// It says so because another part follows.
    pub(super) ends_with_rotation: bool,
    /// How the run says that it is chained, where it says so.
    pub(super) declared: Option<String>,
    /// The name of its first file, as the run says.
    pub(super) began_as: Option<String>,
    /// What it says of other files: `(how it left, what)`.
    pub(super) said: Vec<(Left, Said)>,
    pub(super) faults: Vec<Fault>,
    /// Faults beyond those that are listed.
    pub(super) more_faults: u64,
    pub(super) doubts: Vec<Doubt>,
}

/// What became of another file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Left {
    /// It was found without an end.
    Recovered,
    /// It had ended when the next run began.
    Witnessed,
    /// It was removed, being old.
    Pruned,
}

/// Goes through the lines of one file.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    chain: &'a Chain,
    part: Part,
    shown: String,
    /// Lines of the number that came last. More than one, if several claim it.
    heads: Vec<Link>,
    /// A line that did not carry what it should, while it is open who is at fault.
    pending: Option<Link>,
    /// A line out of place; if the next one follows it, the chain goes on there.
    aside: Option<Link>,
    /// Lines that had no place, since the last one that had.
    strays: u64,
    /// The one event that was missing last, and the finding that says so.
    gap: Option<(u64, usize)>,
    count: u64,
    /// The first line of a newer version, where no other stood before it.
    newer: Option<(u64, u64)>,
}

/// What a line is that says it is of another version than those around it.
const NOT_OF_A_RUN: &str = "this line is not an event of this run: it says that another version wrote it";

impl<'a> Walk<'a> {
    pub(super) fn new(name: FileName, chain: &'a Chain) -> Self {
        let shown = name.to_string();
        let part = Part {
            name,
            lines: 0,
            first: None,
            last: None,
            is_finished: false,
            ends_with_rotation: false,
            declared: None,
            began_as: None,
            said: Vec::new(),
            faults: Vec::new(),
            more_faults: 0,
            doubts: Vec::new(),
        };
        Self {
            chain,
            part,
            shown,
            heads: Vec::new(),
            pending: None,
            aside: None,
            strays: 0,
            gap: None,
            count: 0,
            newer: None,
        }
    }

    /// The next whole line, which begins at byte `at`.
    pub(super) fn line(&mut self, at: u64, text: &[u8]) {
        self.count += 1;
        let Some(placed) = Placed::read(text) else {
            return self.stray(at, text);
        };
        if placed.run != self.part.name.run().as_bytes() {
            self.strays += 1;
            if self.strays == 1 || self.part.faults.last().is_none_or(|last| last.what != What::OtherRun) {
                let says = "lines of another run stand here".to_owned();
                self.fault(What::OtherRun, Some((self.count, at, placed.seq)), says);
            }
            return;
        }
        if let Some((line, at)) = self.newer.take() {
            self.fault(What::NotAnEvent, Some((line, at, 0)), NOT_OF_A_RUN.to_owned());
        }
        if self.part.is_finished {
            let says = "this line stands behind the one that says that nothing follows".to_owned();
            self.fault(What::Appended, Some((self.count, at, placed.seq)), says);
        }
        self.note(text);
        let link = Link { line: self.count, at, seq: placed.seq, digest: self.chain.digest(text) };
        self.place(link, placed);
    }

    /// A line that is longer than any of ours.
    pub(super) fn too_long(&mut self, at: u64) {
        self.count += 1;
        self.strays += 1;
        self.fault(What::NotAnEvent, Some((self.count, at, 0)), Unread::TooLong.to_string());
    }

    /// What stands behind the last newline.
    pub(super) fn torn(&mut self, at: u64, bytes: u64) {
        if self.part.is_finished {
            let says = format!("{bytes} bytes stand behind the line that says that nothing follows");
            return self.fault(What::Appended, Some((self.count + 1, at, 0)), says);
        }
        let says = format!("the last line has no end ({bytes} bytes): it was being written, or was cut");
        self.part.doubts.push(Doubt { what: Unproven::Torn, file: self.shown.clone(), at: Some(at), says });
        (self.part.is_finished, self.part.ends_with_rotation) = (false, false);
    }

    pub(super) fn end(mut self) -> Part {
        if let Some(before) = self.pending.take() {
            // no further line tells which
            let says =
                format!("this line, or line {} behind it, was changed: their digests do not fit", self.count);
            self.fault(What::Changed, Some((before.line, before.at, before.seq)), says);
        }
        self.settle(None);
        self.part.lines = self.count;
        self.part.last = self.heads.first().map(|head| (head.seq, head.digest, head.line));
        self.part
    }

    fn stray(&mut self, at: u64, line: &[u8]) {
        self.strays += 1;
        match line::why_not(line) {
            // one server writes a run, and is of one version
            Unread::Newer if self.part.first.is_some() => {
                self.fault(What::NotAnEvent, Some((self.count, at, 0)), NOT_OF_A_RUN.to_owned());
            }
            Unread::Newer => {
                self.newer.get_or_insert((self.count, at));
                let what = Unproven::Newer;
                let says = Unread::Newer.to_string();
                if !self.part.doubts.iter().any(|doubt| doubt.what == what) {
                    self.part.doubts.push(Doubt { what, file: self.shown.clone(), at: Some(at), says });
                }
            }
            _ => self.fault(
                What::NotAnEvent,
                Some((self.count, at, 0)),
                "this line is not an event as it was written".to_owned(),
            ),
        }
    }

    /// Keeps what the line says about files.
    fn note(&mut self, line: &[u8]) {
        let event = line::event(line);
        self.part.is_finished = matches!(event, Some(b"server_stopped" | b"events_rotated"));
        self.part.ends_with_rotation = event == Some(b"events_rotated");
        let left = match event {
            Some(b"server_started") => {
                if let Some(said) = line::said(line) {
                    (self.part.declared, self.part.began_as) = (said.chain, said.file);
                }
                return;
            }
            Some(b"events_recovered") => Left::Recovered,
            Some(b"events_witnessed") => Left::Witnessed,
            Some(b"events_pruned") => Left::Pruned,
            _ => return,
        };
        let Some(mut said) = line::said(line) else { return };
        let runs = std::mem::take(&mut said.runs).into_iter().take(limits::ENDS_WITNESSED);
        let chain = said.chain.clone();
        self.part.said.extend(runs.map(|run| (left, Said { chain: chain.clone(), ..run })));
        if said.file.is_some() {
            self.part.said.push((left, said));
        }
    }

    fn place(&mut self, link: Link, placed: Placed<'_>) {
        let Some(head) = self.heads.first().copied() else {
            self.part.first = Some((placed.seq, placed.prev));
            return self.take(link);
        };
        // whose digest it carries is what it follows, whatever its number says
        if let Some(true_head) = self.heads.iter().position(|head| head.digest == placed.prev) {
            self.settle(Some(true_head));
            let seq = head.seq.saturating_add(1);
            if link.seq != seq {
                self.fault(
                    What::Changed,
                    Some((link.line, link.at, link.seq)),
                    format!("this line was changed: it is event {seq} of its run"),
                );
            }
            return self.take(Link { seq, ..link });
        }
        if let Some(aside) = self.aside.take()
            && aside.digest == placed.prev
        {
            self.heads.clear();
            return self.take(link);
        }
        let gap = link.seq.saturating_sub(head.seq.saturating_add(1));
        match link.seq {
            seq if seq == head.seq.saturating_add(1) => {
                self.settle(None);
                self.pending = Some(head);
                self.take(link);
            }
            seq if seq == head.seq && self.heads.len() < HEADS_MAX => self.heads.push(link),
            seq if seq > head.seq => {
                self.settle(None);
                if gap > self.strays {
                    let says = format!(
                        "{} missing before this line",
                        events(head.seq.saturating_add(1), seq.saturating_sub(1))
                    );
                    self.gap = (gap == 1).then_some((seq.saturating_sub(1), self.part.faults.len()));
                    self.fault(What::Missing, Some((link.line, link.at, seq)), says);
                }
                // a stray that explains the gap was said already
                self.take(link);
            }
            seq => {
                if let Some((missing, finding)) = self.gap.take()
                    && missing == seq
                    && finding < self.part.faults.len()
                {
                    self.part.faults.remove(finding); // it is not gone, it is here
                }
                let says = format!("this line was written before event {} and stands behind it", head.seq);
                self.fault(What::OutOfPlace, Some((link.line, link.at, seq)), says);
                self.aside = Some(link);
            }
        }
    }

    fn take(&mut self, link: Link) {
        self.heads.clear();
        self.heads.push(link);
        (self.aside, self.strays) = (None, 0);
    }

    /// Decides who was at fault, now that the next line is known: `true_head` is the one it follows.
    fn settle(&mut self, true_head: Option<usize>) {
        let heads = std::mem::take(&mut self.heads);
        if let Some(before) = self.pending.take()
            && let Some(head) = heads.first()
        {
            let (culprit, says) = if true_head.is_some() {
                (before, "this line was changed: the next one carries another digest of it")
            } else {
                (*head, "this line, or the one before it, was changed: their digests do not fit")
            };
            self.fault(What::Changed, Some((culprit.line, culprit.at, culprit.seq)), says.to_owned());
        }
        for (at, head) in heads.iter().enumerate() {
            if heads.len() > 1 && true_head.map_or(at > 0, |true_head| at != true_head) {
                let says = format!("this line claims to be event {}, and another one is", head.seq);
                self.fault(What::Inserted, Some((head.line, head.at, head.seq)), says);
            }
        }
        self.heads = heads;
        if let Some(true_head) = true_head.filter(|at| *at < self.heads.len()) {
            self.heads.swap(0, true_head);
        }
        self.heads.truncate(1);
    }

    fn fault(&mut self, what: What, place: Option<(u64, u64, u64)>, says: String) {
        if self.part.faults.len() >= limits::FAULTS_LISTED_MAX {
            self.part.more_faults += 1;
            return;
        }
        let is_said = |fault: &Fault| fault.what == what && fault.line == place.map(|it| it.0);
        if self.part.faults.iter().rev().take(2).any(is_said) {
            return;
        }
        let (line, at, seq) = (place.map(|it| it.0), place.map(|it| it.1), place.map(|it| it.2));
        self.part.faults.push(Fault {
            what,
            file: self.shown.clone(),
            line,
            at,
            seq: seq.filter(|seq| *seq > 0),
            says,
        });
    }
}

/// Lines that claim the same number and are kept until it is known which one is true.
const HEADS_MAX: usize = 16;

/// `event 7 is`, `events 7 to 9 are`.
pub(super) fn events(from: u64, to: u64) -> String {
    if from >= to { format!("event {to} is") } else { format!("events {from} to {to} are") }
}
