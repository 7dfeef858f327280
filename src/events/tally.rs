//! What happened, in numbers.
//!
//! Plain atomics, one for each word of a closed set: nothing that a client
//! sends can add one. What is counted is what the log says: an event once it
//! is written, a refusal at the door whether it is written or folded, a call
//! exactly once, as it ended. Who reads the numbers is no matter of this room.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::event::{EventKind, Outcome, Severity};
use crate::{caller::Identity, refusal::Code};

/// A counter for each of `N` words.
#[derive(Debug)]
pub struct Counts<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Counts<N> {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; N])
    }
}

impl<const N: usize> Counts<N> {
    fn add(&self, word: usize) {
        if let Some(count) = self.0.get(word) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn of(&self, word: usize) -> u64 {
        self.0.get(word).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

/// The upper ends of a histogram's buckets; the last has none. From a tool
/// that only computes to the longest that a call may take.
pub const BUCKETS: [Duration; 14] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(10),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
];

/// How long something took, so many times.
#[derive(Debug, Default)]
pub struct Times {
    buckets: Counts<{ BUCKETS.len() + 1 }>,
    micros: AtomicU64,
}

impl Times {
    pub(super) fn add(&self, took: Duration) {
        self.buckets.add(BUCKETS.partition_point(|end| *end < took));
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How many fell into each of [`BUCKETS`], and last how many took longer.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        let ends = BUCKETS.iter().copied().map(Some).chain([None]);
        ends.enumerate().map(|(place, end)| (end, self.buckets.of(place)))
    }

    /// All of them together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }
}

/// The calls of one tool, or of one method that calls none.
#[derive(Debug)]
pub struct Calls {
    method: &'static str,
    tool: Option<&'static str>,
    outcomes: Counts<{ Outcome::ALL.len() }>,
    times: Times,
}

impl Calls {
    fn of(method: &'static str, tool: Option<&'static str>) -> Self {
        Self { method, tool, outcomes: Counts::default(), times: Times::default() }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The tool: one of those that are offered, or [`OTHER`]; `None` where none is called.
    #[must_use]
    pub const fn tool(&self) -> Option<&'static str> {
        self.tool
    }

    /// So many ended like this.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.outcomes.of(outcome as usize)
    }

    /// How long they took, from their beginning until their event was written.
    #[must_use]
    pub const fn times(&self) -> &Times {
        &self.times
    }
}

/// Stands for every name that is no offered tool's.
pub const OTHER: &str = "other";
/// The method that calls a tool.
pub(super) const TOOLS_CALL: &str = "tools/call";
/// The methods that are calls and call no tool.
const WITHOUT_TOOL: [&str; 3] = ["resources/read", "prompts/get", "completion/complete"];

/// Who was turned away, without saying which.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Who {
    /// The holder of a key.
    Key,
    /// Somebody known by address only.
    Address,
    /// The process that started us.
    Parent,
    /// The person at the console.
    Console,
}

impl Who {
    /// All there are.
    pub const ALL: &'static [Self] = &[Self::Key, Self::Address, Self::Parent, Self::Console];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Address => "address",
            Self::Parent => "parent",
            Self::Console => "console",
        }
    }
}

impl From<&Identity> for Who {
    fn from(identity: &Identity) -> Self {
        match identity {
            Identity::Key(_) => Self::Key,
            Identity::Address(_) => Self::Address,
            Identity::Parent => Self::Parent,
            Identity::Console => Self::Console,
        }
    }
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Tally {
    events: Counts<{ EventKind::ALL.len() * Severity::ALL.len() }>,
    at_door: Counts<{ Code::ALL.len() }>,
    not_ok: Counts<{ Code::ALL.len() * Who::ALL.len() }>,
    /// By offered tool, as soon as it is known which those are.
    tools: OnceLock<Box<[Calls]>>,
    /// By method; the first for tools that are not offered.
    others: Box<[Calls]>,
    acknowledged: Times,
}

impl Default for Tally {
    fn default() -> Self {
        let other = Calls::of(TOOLS_CALL, Some(OTHER));
        let others = WITHOUT_TOOL.map(|method| Calls::of(method, None));
        Self {
            events: Counts::default(),
            at_door: Counts::default(),
            not_ok: Counts::default(),
            tools: OnceLock::new(),
            others: [other].into_iter().chain(others).collect(),
            acknowledged: Times::default(),
        }
    }
}

/// Which [`Calls`] a call belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Tool(usize),
    Other(usize),
}

impl Tally {
    /// Counts calls of these tools one by one. Said once, before the first call.
    pub(super) fn name_tools(&self, names: &[&'static str]) {
        let told_apart = names.iter().filter(|name| **name != OTHER);
        let calls = told_apart.map(|name| Calls::of(TOOLS_CALL, Some(*name))).collect();
        let _said_before = self.tools.set(calls);
    }

    fn tools(&self) -> &[Calls] {
        self.tools.get().map_or(&[], |tools| tools)
    }

    /// Where a call is counted. Looked up once a call.
    pub(super) fn slot(&self, method: &str, name: &str) -> Slot {
        if method == TOOLS_CALL {
            let tool = self.tools().iter().position(|calls| calls.tool == Some(name));
            return tool.map_or(Slot::Other(0), Slot::Tool);
        }
        let other = self.others.iter().position(|calls| calls.method == method);
        Slot::Other(other.unwrap_or_default())
    }

    pub(super) fn call_ended(&self, slot: Slot, who: Who, end: (Outcome, Option<Code>), took: Duration) {
        let calls = match slot {
            Slot::Tool(place) => self.tools().get(place),
            Slot::Other(place) => self.others.get(place),
        };
        if let Some(calls) = calls {
            calls.outcomes.add(end.0 as usize);
            calls.times.add(took);
        }
        if let Some(code) = end.1 {
            self.not_ok.add(code as usize * Who::ALL.len() + who as usize);
        }
    }

    pub(super) fn refused_at_door(&self, code: Code) {
        self.at_door.add(code as usize);
    }

    pub(super) fn wrote(&self, kind: EventKind, severity: Severity) {
        self.events.add(kind as usize * Severity::ALL.len() + severity as usize);
    }

    pub(super) fn acknowledged_after(&self, wait: Duration) {
        self.acknowledged.add(wait);
    }

    /// Events of this kind and severity that were written.
    #[must_use]
    pub fn events(&self, kind: EventKind, severity: Severity) -> u64 {
        self.events.of(kind as usize * Severity::ALL.len() + severity as usize)
    }

    /// Refusals at the door with this code; those that were folded too.
    #[must_use]
    pub fn at_door(&self, code: Code) -> u64 {
        self.at_door.of(code as usize)
    }

    /// Calls of such a caller that ended with this code.
    #[must_use]
    pub fn not_ok(&self, code: Code, who: Who) -> u64 {
        self.not_ok.of(code as usize * Who::ALL.len() + who as usize)
    }

    /// Every call that is over, by tool and method.
    pub fn calls(&self) -> impl Iterator<Item = &Calls> {
        self.tools().iter().chain(&*self.others)
    }

    /// How long calls waited for their ending events.
    #[must_use]
    pub const fn acknowledged(&self) -> &Times {
        &self.acknowledged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_own_counter() {
        let tally = Tally::default();
        for kind in EventKind::ALL {
            for severity in Severity::ALL {
                tally.wrote(*kind, *severity);
            }
        }
        let all = EventKind::ALL.iter().flat_map(|kind| Severity::ALL.iter().map(move |grave| (kind, grave)));
        assert!(all.clone().all(|(kind, severity)| tally.events(*kind, *severity) == 1));
        let slot = tally.slot(TOOLS_CALL, "x");
        for code in Code::ALL {
            tally.refused_at_door(*code);
            for who in Who::ALL {
                tally.call_ended(slot, *who, (Outcome::Refused, Some(*code)), Duration::ZERO);
            }
        }
        for code in Code::ALL {
            assert_eq!(tally.at_door(*code), 1, "{code}");
            assert!(Who::ALL.iter().all(|who| tally.not_ok(*code, *who) == 1), "{code}");
        }
        let ended = |outcome: Outcome| tally.calls().map(|calls| calls.ended(outcome)).sum::<u64>();
        assert_eq!(ended(Outcome::Refused), (Code::ALL.len() * Who::ALL.len()) as u64);
        assert_eq!(ended(Outcome::Ok), 0);
    }

    #[test]
    fn a_name_that_is_no_offered_tool_is_other() {
        let tally = Tally::default();
        tally.name_tools(&["read_text_file", OTHER, "hello_world"]);
        let count = |method: &str, name: &str| {
            tally.call_ended(tally.slot(method, name), Who::Key, (Outcome::Ok, None), Duration::from_secs(1));
        };
        for n in 0..1_000 {
            count(TOOLS_CALL, &format!("tool {n}"));
            count("resources/read", &format!("file:///{n}"));
        }
        for name in ["hello_world", "hello_world", OTHER, "", "hello_world\n"] {
            count(TOOLS_CALL, name);
        }
        let counted: Vec<_> =
            tally.calls().map(|calls| (calls.method(), calls.tool(), calls.ended(Outcome::Ok))).collect();
        assert_eq!(
            counted,
            [
                (TOOLS_CALL, Some("read_text_file"), 0),
                (TOOLS_CALL, Some("hello_world"), 2),
                (TOOLS_CALL, Some(OTHER), 1_003),
                ("resources/read", None, 1_000),
                ("prompts/get", None, 0),
                ("completion/complete", None, 0),
            ]
        );
    }

    #[test]
    fn a_time_falls_into_the_first_bucket_that_it_fits() {
        let times = Times::default();
        for micros in [0, 100, 101, 300_000_000, 300_000_001] {
            times.add(Duration::from_micros(micros));
        }
        let counts: Vec<u64> = times.buckets().map(|(_, count)| count).collect();
        assert_eq!((counts[0], counts[1], counts[13], counts[14]), (2, 1, 1, 1));
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(times.sum(), Duration::from_micros(600_000_202));
        assert!(BUCKETS.is_sorted());
    }
}
