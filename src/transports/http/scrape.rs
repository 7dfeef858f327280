//! The metrics, by name.
//!
//! Everything is read when it is asked for; nothing here waits for a disk.
//! Every label is a word of ours or the name of an offered tool, and every
//! series is there from the start, so that the first of a kind is seen as a
//! rise. What a client sends changes numbers, never how many there are.

use std::{fmt, sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet},
    metrics::MetricType::{Counter, Gauge, Histogram, Info},
    registry::Unit,
};

use super::{Door, process::Descriptors};
use crate::{
    events::{
        EventKind, Outcome, Severity,
        tally::{Calls, Times, Who},
    },
    limits,
    refusal::Code,
};

/// The figures of one door.
#[derive(Debug)]
pub(super) struct Scrape(pub(super) Arc<Door>);

impl prometheus_client::collector::Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut page = Page(encoder);
        let door = &self.0;
        calls(&mut page, door)?;
        events(&mut page, door)?;
        at_the_door(&mut page, door)?;
        limiters(&mut page, door)?;
        process(&mut page, door)
    }
}

fn calls(page: &mut Page<'_>, door: &Door) -> fmt::Result {
    let (tally, seats) = (door.events.tally(), &door.protocol.dispatcher.seats);
    page.counters("calls", "Calls that are over, by tool and outcome", |rows| {
        tally.calls().try_for_each(|calls| {
            Outcome::ALL.iter().try_for_each(|outcome| {
                rows.counter(&labels(calls), ("outcome", outcome.as_str()), calls.ended(*outcome))
            })
        })
    })?;
    let help = "How long calls took, from their beginning until their event was written";
    let mut rows = page.0.encode_descriptor("call_duration", help, Some(&Unit::Seconds), Histogram)?;
    for calls in tally.calls() {
        histogram(&mut rows.encode_family(&labels(calls))?, calls.times())?;
    }
    // Only the holder of a key, or an address, calls over HTTP.
    page.counters("call_refusals", "Calls that did not end well, by code and kind of caller", |rows| {
        Code::ALL.iter().try_for_each(|code| {
            [Who::Key, Who::Address].iter().try_for_each(|who| {
                rows.counter(&[("code", code.as_str())], ("caller", who.as_str()), tally.not_ok(*code, *who))
            })
        })
    })?;
    page.gauge("requests_in_flight", "Requests to the endpoint that are being answered", door.flights.now())?;
    page.gauge("calls_in_flight", "Calls without an ending", door.events.in_flight())?;
    page.gauge("calls_running", "Calls that have a seat", seats.taken())?;
    page.gauge("calls_running_max", "Seats", limits::CALLS_AT_ONCE_MAX)?;
    page.gauge("calls_queued", "Calls that wait for a seat", seats.queued())?;
    page.gauge("calls_queued_max", "Calls that may wait for a seat", limits::CALLS_QUEUED_MAX)
}

/// What calls are told apart by; one of a method that calls no tool has none.
fn labels(calls: &Calls) -> Vec<(&'static str, &'static str)> {
    [("method", calls.method())].into_iter().chain(calls.tool().map(|tool| ("tool", tool))).collect()
}

fn events(page: &mut Page<'_>, door: &Door) -> fmt::Result {
    let (events, tally) = (&door.events, door.events.tally());
    page.counters("events", "Security events that were written, by kind and severity", |rows| {
        EventKind::ALL.iter().try_for_each(|kind| {
            Severity::ALL.iter().try_for_each(|severity| {
                let labels = [("event", kind.as_str())];
                rows.counter(&labels, ("severity", severity.as_str()), tally.events(*kind, *severity))
            })
        })
    })?;
    let help = "How long calls waited for their ending event to be written";
    let mut rows = page.0.encode_descriptor("event_wait", help, Some(&Unit::Seconds), Histogram)?;
    histogram(&mut rows, tally.acknowledged())?;
    page.gauge("events_queued", "Events that wait to be written", events.waiting())?;
    page.gauge("events_queued_max", "Events that may wait to be written", limits::EVENTS_QUEUED_MAX)?;
    page.gauge("events_lag_seconds", "How long the writer has been at what it took last", events.behind())?;
    page.gauge("events_failing", "1 while events cannot be written", u64::from(events.is_failing()))?;
    page.counter("events_failed", "Events that a call waited for in vain", events.failed())?;
    page.counter(
        "events_dropped",
        "Events that nobody waited for and that were not written",
        events.dropped(),
    )?;
    page.gauge("events_unsaid", "Missing events that the log does not say so of yet", events.unsaid())?;
    let help = "Files removed before `events.max_age` because `events.max_bytes` was reached";
    page.counter("events_pruned_early", help, events.pruned_early())?;
    let chain = events.chain_state();
    page.gauge("events_chain_faults", "Findings when the chain of the log was checked last", chain.faults())?;
    let at = chain.at().and_then(|at| u64::try_from(at.as_second()).ok()).unwrap_or_default();
    page.gauge("events_chain_checked_timestamp_seconds", "When that was, 0 before the first time", at)?;
    let help = "Events that were written and that a collector did not get";
    page.counter("events_not_exported", help, events.not_exported())?;
    page.gauge("events_directory_bytes", "Bytes of all files of the log", events.dir_bytes())?;
    page.gauge("events_directory_max_bytes", "`events.max_bytes`", events.max_bytes())
}

fn at_the_door(page: &mut Page<'_>, door: &Door) -> fmt::Result {
    let tally = door.events.tally();
    let help = "Refusals before there was a call, by code; those that were folded too";
    page.counters("refusals", help, |rows| {
        Code::ALL.iter().try_for_each(|code| rows.counter(&[], ("code", code.as_str()), tally.at_door(*code)))
    })?;
    page.gauge("connections", "Open connections", door.connections.open())?;
    page.gauge("connections_max", "Connections that may be open", limits::CONNECTIONS_MAX)?;
    page.gauge("subscriptions", "Open subscriptions", door.subscriptions.taken())?;
    page.gauge("keys", "Keys", door.keys.now().names().count())
}

fn limiters(page: &mut Page<'_>, door: &Door) -> fmt::Result {
    // Penalties have a table for each of the two families of addresses.
    let penalties = ("penalty", door.penalties.rows(), 2 * limits::PENALTY_ROWS_MAX);
    let quota = door.protocol.dispatcher.policy.quota.rows();
    let tables: Vec<_> =
        quota.map(|(table, rows)| (table, rows, limits::LIMIT_ROWS_MAX)).chain([penalties]).collect();
    page.gauges("limiter_rows", "Rows that a table of the limits holds", |row| {
        tables.iter().try_for_each(|(table, rows, _)| row.gauge(("table", table), *rows))
    })?;
    page.gauges("limiter_rows_max", "Rows that it may hold", |row| {
        tables.iter().try_for_each(|(table, _, max)| row.gauge(("table", table), *max))
    })
}

fn process(page: &mut Page<'_>, door: &Door) -> fmt::Result {
    let mut build = page.0.encode_descriptor("build", "What runs", None, Info)?;
    build.encode_info(&[("version", &*door.protocol.version)])?;
    page.gauge("uptime_seconds", "Since the door was opened", door.started.elapsed())?;
    // Where the system does not say, there is no series.
    let said = [
        ("resident_memory_bytes", "Memory of this process", door.memory.resident()),
        ("threads", "Threads of this process", door.memory.threads()),
        ("open_fds", "Open descriptors", door.descriptors.count().map(|count| count as u64)),
        ("max_fds", "Descriptors that may be open", Descriptors::limit()),
    ];
    said.iter()
        .try_for_each(|(name, help, value)| value.map_or(Ok(()), |value| page.gauge(name, help, value)))
}

fn histogram(row: &mut MetricEncoder<'_>, times: &Times) -> fmt::Result {
    let end = |end: Option<Duration>| end.map_or(f64::INFINITY, |end| end.as_secs_f64());
    let buckets: Vec<_> = times.buckets().map(|(until, count)| (end(until), count)).collect();
    let count = buckets.iter().map(|(_, count)| count).sum();
    row.encode_histogram::<NoLabelSet>(times.sum().as_secs_f64(), count, &buckets, None)
}

/// What is being written.
struct Page<'a>(DescriptorEncoder<'a>);

/// The series of one metric.
struct Rows<'a>(MetricEncoder<'a>);

impl Page<'_> {
    fn counters(
        &mut self,
        name: &str,
        help: &str,
        write: impl FnOnce(&mut Rows<'_>) -> fmt::Result,
    ) -> fmt::Result {
        write(&mut Rows(self.0.encode_descriptor(name, help, None, Counter)?))
    }

    fn gauges(
        &mut self,
        name: &str,
        help: &str,
        write: impl FnOnce(&mut Rows<'_>) -> fmt::Result,
    ) -> fmt::Result {
        write(&mut Rows(self.0.encode_descriptor(name, help, None, Gauge)?))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut row = self.0.encode_descriptor(name, help, None, Counter)?;
        row.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Figure) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, Gauge)?.encode_gauge(&value.figure())
    }
}

impl Rows<'_> {
    /// One series.
    fn counter(&mut self, some: &[(&str, &str)], last: (&str, &str), value: u64) -> fmt::Result {
        let labels = [some, &[last]].concat();
        self.0.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
    }

    fn gauge(&mut self, label: (&str, &str), value: impl Figure) -> fmt::Result {
        self.0.encode_family(&[label])?.encode_gauge(&value.figure())
    }
}

/// What a gauge shows.
trait Figure: Copy {
    /// Exact up to 2⁵³, as everything is that Prometheus keeps.
    fn figure(self) -> f64;
}

impl Figure for u64 {
    #[allow(clippy::cast_precision_loss, reason = "said above")]
    fn figure(self) -> f64 {
        self as f64
    }
}

impl Figure for usize {
    fn figure(self) -> f64 {
        (self as u64).figure()
    }
}

impl Figure for Duration {
    fn figure(self) -> f64 {
        self.as_secs_f64()
    }
}
