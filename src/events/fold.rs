//! A flood at the door costs bounded disk.
//!
//! Refusals are written one by one, [`limits::REFUSALS_SINGLE_MAX`] a second
//! over all sources; the rest is counted, and a second's count becomes one
//! event. A flood that lasts spends what is saved up for both, and is then
//! written down more seldom, until it has been calm for as long. Every refusal
//! is counted exactly once. Calls never come here.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::event::{Event, EventKind, Severity};
use crate::limits;

/// How long one fold lasts, while there is something saved up.
const SECOND: Duration = Duration::from_secs(1);

/// Counts refusals of the current second.
#[derive(Debug, Default)]
pub(super) struct Fold {
    began: Option<Instant>,
    single: u32,
    singles: Savings,
    folds: Savings,
    counted: Counted,
}

/// So many at once, and one more each time some time has passed.
#[derive(Debug, Default)]
struct Savings {
    /// When all of it is there again.
    whole_at: Option<Instant>,
}

impl Savings {
    /// When there is one to spend.
    fn next(&self, now: Instant, most: u32, every: Duration) -> Instant {
        self.whole_at.and_then(|at| at.checked_sub(every * (most - 1))).map_or(now, |at| at.max(now))
    }

    fn spend(&mut self, now: Instant, every: Duration) {
        self.whole_at = Some(self.whole_at.map_or(now, |at| at.max(now)) + every);
    }
}

/// Refusals that were not written one by one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counted {
    since: Option<Instant>,
    events: BTreeMap<&'static str, u64>,
    sources: HashMap<String, u64>,
    others: u64,
}

/// What becomes of one refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It is written by itself.
    Single,
    /// It was counted; `due` is when the count must be written.
    Folded { due: Instant },
}

impl Fold {
    /// Decides about one refusal at `now`.
    pub(super) fn meet(&mut self, kind: EventKind, source: &str, now: Instant) -> Fate {
        if self.began.is_none_or(|began| now.saturating_duration_since(began) >= SECOND) {
            (self.began, self.single) = (Some(now), 0);
        }
        let (most, every) = (limits::REFUSALS_SINGLE_SAVED, limits::REFUSALS_SINGLE_EVERY);
        if self.single < limits::REFUSALS_SINGLE_MAX && self.singles.next(now, most, every) <= now {
            self.singles.spend(now, every);
            self.single += 1;
            return Fate::Single;
        }
        self.count(kind, source, now);
        Fate::Folded { due: self.due(now) }
    }

    /// When the count must be written.
    pub(super) fn due(&self, now: Instant) -> Instant {
        let due = self.began.unwrap_or(now) + SECOND;
        self.folds.next(due, limits::FOLDED_SAVED, limits::FOLDED_EVERY)
    }

    /// Counts one that could not be written by itself.
    pub(super) fn count(&mut self, kind: EventKind, source: &str, now: Instant) {
        self.counted.since.get_or_insert(now);
        *self.counted.events.entry(kind.as_str()).or_default() += 1;
        if let Some(count) = self.counted.sources.get_mut(source) {
            *count += 1;
        } else if self.counted.sources.len() < limits::FOLDED_SOURCES_COUNTED_MAX {
            let source: String = source.chars().take(64).collect();
            *self.counted.sources.entry(source).or_default() += 1;
        } else {
            self.counted.others += 1;
        }
    }

    /// Takes what was counted, if anything was.
    pub(super) fn take(&mut self, now: Instant) -> Option<Counted> {
        if self.counted.events.is_empty() {
            return None;
        }
        self.folds.spend(now, limits::FOLDED_EVERY);
        Some(std::mem::take(&mut self.counted))
    }

    /// Puts back what could not be written.
    pub(super) fn give_back(&mut self, counted: Counted) {
        self.counted.since = counted.since.or(self.counted.since);
        for (event, count) in counted.events {
            *self.counted.events.entry(event).or_default() += count;
        }
        self.counted.others += counted.others;
        for (source, count) in counted.sources {
            if self.counted.sources.len() < limits::FOLDED_SOURCES_COUNTED_MAX
                || self.counted.sources.contains_key(&source)
            {
                *self.counted.sources.entry(source).or_default() += count;
            } else {
                self.counted.others += count;
            }
        }
    }
}

impl Counted {
    /// The one event that stands for all of them.
    pub(super) fn event(&self, now: Instant) -> Event {
        let took = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let mut busiest: Vec<_> = self.sources.iter().collect();
        busiest.sort_by(|(a, many), (b, few)| few.cmp(many).then_with(|| a.cmp(b)));
        let (named, rest) = busiest.split_at(busiest.len().min(limits::FOLDED_SOURCES_MAX));
        let events: Map<_, _> =
            self.events.iter().map(|(event, count)| ((*event).to_owned(), json!(count))).collect();
        let sources: Vec<Value> =
            named.iter().map(|(source, count)| json!({ "source": source, "count": count })).collect();
        let elsewhere = self.others + rest.iter().map(|(_, count)| **count).sum::<u64>();
        Event::new(EventKind::RefusalsFolded, Severity::Medium)
            .detail("count", self.events.values().sum::<u64>())
            .detail("seconds", took.as_secs() + u64::from(took.subsec_nanos() > 0))
            .detail("events", events)
            .detail("sources", sources)
            .detail("elsewhere", elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_a_flood_is_counted_once() {
        let (mut fold, start) = (Fold::default(), Instant::now());
        let mut single = 0;
        for at in 0..100_000_u32 {
            let source = if at % 2 == 0 { "203.0.113.9".to_owned() } else { format!("source {at}") };
            match fold.meet(EventKind::AuthenticationFailed, &source, start) {
                Fate::Single => single += 1,
                Fate::Folded { due } => assert_eq!(due, start + SECOND),
            }
        }
        assert_eq!(single, limits::REFUSALS_SINGLE_MAX);
        let counted = fold.take(start).unwrap();
        assert!(counted.sources.len() <= limits::FOLDED_SOURCES_COUNTED_MAX);
        let details = counted.event(start).details;
        assert_eq!(details["count"], 100_000 - 20);
        assert_eq!(details["events"]["authentication_failed"], 100_000 - 20);
        let sources = details["sources"].as_array().unwrap();
        assert_eq!(sources.len(), limits::FOLDED_SOURCES_MAX);
        assert_eq!(sources[0], json!({ "source": "203.0.113.9", "count": 50_000 - 10 }));
        let named: u64 = sources.iter().map(|source| source["count"].as_u64().unwrap()).sum();
        assert_eq!(named + details["elsewhere"].as_u64().unwrap(), 100_000 - 20);
        assert_eq!(fold.take(start), None);
    }

    #[test]
    fn the_next_second_starts_singly_again() {
        let (mut fold, start) = (Fold::default(), Instant::now());
        for _ in 0..30 {
            fold.meet(EventKind::HttpError, "a", start);
        }
        assert_eq!(fold.meet(EventKind::HttpError, "a", start + SECOND), Fate::Single);
    }

    #[test]
    fn what_could_not_be_written_is_counted_with_what_came_after() {
        let (mut fold, start) = (Fold::default(), Instant::now());
        fold.count(EventKind::HttpError, "a", start);
        let counted = fold.take(start).unwrap();
        fold.count(EventKind::HttpError, "b", start + SECOND);
        fold.count(EventKind::MessageRefused, "a", start + SECOND);
        fold.give_back(counted);
        let later = start + SECOND * 5 / 2;
        let details = fold.take(later).unwrap().event(later).details;
        assert_eq!(details["seconds"], 3);
        assert_eq!(details["count"], 3);
        assert_eq!(details["events"], json!({ "http_error": 2, "message_refused": 1 }));
        assert_eq!(details["sources"][0], json!({ "source": "a", "count": 2 }));
    }

    /// Goes through `seconds` with so many refusals in each. Gives how many were written singly in
    /// each second, and when a count was written.
    fn flood(fold: &mut Fold, start: Instant, seconds: u64, each: u32) -> (Vec<u32>, Vec<u64>) {
        let (mut singles, mut folds, mut due_at, mut told) = (Vec::new(), Vec::new(), None, 0);
        for second in 0..seconds {
            let mut single = 0;
            for at in 0..each {
                let now = start + SECOND * u32::try_from(second).unwrap() + SECOND * at / each;
                if due_at.is_some_and(|due| due <= now) {
                    told += fold.take(now).unwrap().events.values().sum::<u64>();
                    folds.push(second);
                    due_at = None;
                }
                match fold.meet(EventKind::AuthenticationFailed, "203.0.113.9", now) {
                    Fate::Single => single += 1,
                    Fate::Folded { due } => due_at = due_at.or(Some(due)),
                }
            }
            singles.push(single);
        }
        let rest = fold.take(start).map_or(0, |counted| counted.events.values().sum());
        let written = u64::from(singles.iter().sum::<u32>()) + told + rest;
        assert_eq!(written, seconds * u64::from(each), "every refusal is counted once");
        (singles, folds)
    }

    #[test]
    fn a_flood_that_lasts_is_written_down_more_seldom_and_a_calm_door_singly_again() {
        let (mut fold, start) = (Fold::default(), Instant::now());
        let (singles, folds) = flood(&mut fold, start, 3_600, 100);
        assert_eq!(singles[..10], [20; 10]);
        assert!(singles[12..].iter().all(|single| *single <= 1), "{singles:?}");
        assert!(folds.len() >= 360 && folds.len() <= 10 + 3_600 / 10, "{}", folds.len());
        assert!(folds.starts_with(&[1, 2, 3, 4, 5, 6, 7, 8, 9]), "{folds:?}");
        assert!(folds.windows(2).all(|pair| pair[1] - pair[0] <= 11), "none is kept back for long");
        // what is saved is there again after a while
        let calm = start + SECOND * 3_600 + limits::REFUSALS_SINGLE_EVERY * limits::REFUSALS_SINGLE_SAVED;
        let (singles, folds) = flood(&mut fold, calm, 10, 100);
        assert_eq!((singles.iter().sum::<u32>(), folds.len()), (200, 9));
    }

    #[test]
    fn neither_a_flood_just_below_the_rate_nor_one_that_comes_in_waves_costs_more() {
        for (each, rest) in [(19, 0), (20, 0), (2_000, 5), (20, 3)] {
            let (mut fold, start) = (Fold::default(), Instant::now());
            let mut lines = 0;
            for wave in 0..600 {
                let (singles, folds) = flood(&mut fold, start + SECOND * wave * (1 + rest), 1, each);
                lines += u64::from(singles.iter().sum::<u32>()) + folds.len() as u64;
            }
            let seconds = u64::from(600 * (1 + rest));
            let most = 210 + seconds / 2 + seconds / 10;
            assert!(lines <= most, "{each} {rest}: {lines} lines in {seconds} s");
        }
    }
}
