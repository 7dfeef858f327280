//! What is not exported becomes an event.
//!
//! At most one a minute says that it lasts, and one that it is over. The
//! event is written like any other and so is to be exported too; that it may
//! be missed in its turn makes no second one before the minute is over.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::queue::Queue;
use crate::{
    events::{Event, EventKind, Severity, Tap as _, WeakRecorder},
    limits,
};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TOO_FAST: &str = "events came faster than the collector took them";

/// How the collector is doing.
#[derive(Debug, Default)]
pub(super) struct Health {
    failing: AtomicBool,
    spans_missed: AtomicU64,
    why: Mutex<Option<String>>,
}

impl Health {
    /// A request came to nothing.
    pub(super) fn fail(&self, why: &str) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!("events are not exported: {why}");
        }
        self.remark(why.to_owned());
    }

    /// A request was taken.
    pub(super) fn succeed(&self) {
        if self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("events are exported again");
        }
    }

    /// Keeps what is to be said.
    pub(super) fn remark(&self, why: String) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    /// Counts spans that were dropped.
    pub(super) fn miss_spans(&self, count: u64) {
        self.spans_missed.fetch_add(count, Ordering::Relaxed);
    }

    fn why(&self) -> String {
        let mut why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        let lasts = self.failing.load(Ordering::Relaxed);
        let said = if lasts { why.clone() } else { why.take() };
        said.map_or_else(|| TOO_FAST.to_owned(), |why| format!("the collector fails: {why}"))
    }
}

/// What is seen at one look.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Seen {
    missed: u64,
    spans: u64,
    exported: u64,
}

/// Says what is missed.
#[derive(Debug)]
pub(super) struct Reporter {
    pub(super) queue: Arc<Queue>,
    pub(super) health: Arc<Health>,
    pub(super) events: WeakRecorder,
}

impl Reporter {
    /// Looks again and again.
    pub(super) async fn run(&self) {
        let mut trouble = Trouble::default();
        loop {
            sleep(LOOK_EVERY).await;
            let seen = Seen {
                missed: self.queue.not_exported(),
                spans: self.health.spans_missed.load(Ordering::Relaxed),
                exported: self.queue.exported(),
            };
            let failing = self.health.failing.load(Ordering::Relaxed);
            let state = if failing { State::Failing } else { State::Working };
            if let Some(said) = trouble.look(Instant::now(), Timestamp::now(), seen, state) {
                self.events.note(said.event(&self.health.why()));
            }
        }
    }
}

/// Whether the last request was taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Working,
    Failing,
}

/// What there is to say about what was missed.
#[derive(Debug, Eq, PartialEq)]
struct Said {
    count: u64,
    spans: u64,
    since: Timestamp,
    is_over: bool,
}

impl Said {
    fn event(&self, why: &str) -> Event {
        let event = Event::new(EventKind::EventsNotExported, Severity::Medium)
            .detail("count", self.count)
            .detail("spans", self.spans)
            .detail("since", self.since.to_string())
            .detail("over", self.is_over);
        if self.is_over && self.count + self.spans == 0 { event } else { event.detail("reason", why) }
    }
}

/// What was missed and said so far. Pure: time and counts are handed in.
#[derive(Debug, Default)]
struct Trouble {
    since: Option<Timestamp>,
    /// Whether it was said that it lasts.
    is_open: bool,
    said: Seen,
    said_at: Option<Instant>,
    last: Seen,
}

impl Trouble {
    fn look(&mut self, now: Instant, wall: Timestamp, seen: Seen, state: State) -> Option<Said> {
        let is_new = (seen.missed, seen.spans) != (self.last.missed, self.last.spans);
        if is_new {
            self.last = seen;
            self.since = self.since.or(Some(wall));
        }
        let since = self.since?;
        let count = seen.missed - self.said.missed;
        let spans = seen.spans - self.said.spans;
        // something was exported, and its room given back, since the last one was missed
        let is_over = state == State::Working && !is_new && seen.exported > self.last.exported;
        let is_due = self.said_at.is_none_or(|said| now - said >= limits::EXPORT_EVENT_EVERY);
        let is_said = (is_over && self.is_open) || (count + spans > 0 && is_due);
        if is_over && (is_said || count + spans == 0) {
            self.since = None;
        }
        if !is_said {
            return None;
        }
        if !is_over || !self.is_open {
            self.said_at = Some(now);
        }
        (self.said, self.is_open) = (seen, !is_over);
        Some(Said { count, spans, since, is_over })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks once a second, at what each second shows.
    fn looks(seconds: &[(u64, u64, State)]) -> Vec<(usize, u64, bool)> {
        let (start, mut trouble) = (Instant::now(), Trouble::default());
        let mut said = Vec::new();
        for (second, (missed, exported, state)) in seconds.iter().enumerate() {
            let seen = Seen { missed: *missed, spans: 0, exported: *exported };
            let now = start + LOOK_EVERY * u32::try_from(second).unwrap();
            let event = trouble.look(now, Timestamp::UNIX_EPOCH, seen, *state);
            said.extend(event.map(|event| (second, event.count, event.is_over)));
        }
        said
    }

    #[test]
    fn it_is_said_once_a_minute_while_it_lasts_and_once_when_it_is_over() {
        let mut seconds: Vec<_> = (0..150).map(|second| (second * 10, 0, State::Failing)).collect();
        seconds.push((1_500, 1, State::Working)); // the last was missed in this very second
        seconds.extend([(1_500, 2, State::Working); 100]);
        assert_eq!(looks(&seconds), [(1, 10, false), (61, 600, false), (121, 600, false), (151, 290, true)]);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(looks(&[(0, 0, State::Failing), (0, 0, State::Failing), (0, 1, State::Working)]), []);
    }

    #[test]
    fn a_collector_that_says_nothing_is_not_one_that_is_well_again() {
        assert_eq!(
            looks(&[(5, 0, State::Working), (5, 0, State::Working), (5, 0, State::Working)]),
            [(0, 5, false)]
        );
    }

    #[test]
    fn one_that_comes_and_goes_is_no_flood() {
        let seconds: Vec<_> = (0..120_u64)
            .map(|second| match second % 3 {
                0 => (second + 1, second, State::Failing),
                _ => (second - second % 3 + 1, second + 1, State::Working),
            })
            .collect();
        assert!(looks(&seconds).len() <= 5, "{:?}", looks(&seconds));
    }
}
