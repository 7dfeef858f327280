//! A flood at the door costs bounded disk.
//!
//! Up to [`limits::REFUSALS_SINGLE_MAX`] refusals a second are written one by
//! one, over all sources; the rest of that second is counted and becomes one
//! event. Every refusal is counted exactly once. Calls never come here.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};

use super::event::{Event, EventKind, Severity};
use crate::limits;

/// How long one fold lasts.
const SECOND: Duration = Duration::from_secs(1);

/// Counts refusals of the current second.
#[derive(Debug, Default)]
pub(super) struct Fold {
    began: Option<Instant>,
    single: u32,
    counted: Counted,
}

/// Refusals that were not written one by one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Counted {
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
        if self.single < limits::REFUSALS_SINGLE_MAX {
            self.single += 1;
            return Fate::Single;
        }
        self.count(kind, source);
        Fate::Folded { due: self.began.unwrap_or(now) + SECOND }
    }

    /// Counts one that could not be written by itself.
    pub(super) fn count(&mut self, kind: EventKind, source: &str) {
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
    pub(super) fn take(&mut self) -> Option<Counted> {
        (!self.counted.events.is_empty()).then(|| std::mem::take(&mut self.counted))
    }

    /// Puts back what could not be written.
    pub(super) fn give_back(&mut self, counted: Counted) {
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
    pub(super) fn event(&self) -> Event {
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
        let counted = fold.take().unwrap();
        assert!(counted.sources.len() <= limits::FOLDED_SOURCES_COUNTED_MAX);
        let details = counted.event().details;
        assert_eq!(details["count"], 100_000 - 20);
        assert_eq!(details["events"]["authentication_failed"], 100_000 - 20);
        let sources = details["sources"].as_array().unwrap();
        assert_eq!(sources.len(), limits::FOLDED_SOURCES_MAX);
        assert_eq!(sources[0], json!({ "source": "203.0.113.9", "count": 50_000 - 10 }));
        let named: u64 = sources.iter().map(|source| source["count"].as_u64().unwrap()).sum();
        assert_eq!(named + details["elsewhere"].as_u64().unwrap(), 100_000 - 20);
        assert_eq!(fold.take(), None);
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
        let mut fold = Fold::default();
        fold.count(EventKind::HttpError, "a");
        let counted = fold.take().unwrap();
        fold.count(EventKind::HttpError, "b");
        fold.count(EventKind::MessageRefused, "a");
        fold.give_back(counted);
        let details = fold.take().unwrap().event().details;
        assert_eq!(details["count"], 3);
        assert_eq!(details["events"], json!({ "http_error": 2, "message_refused": 1 }));
        assert_eq!(details["sources"][0], json!({ "source": "a", "count": 2 }));
    }
}
