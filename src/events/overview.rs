//! Several counts of the same events, in one reading of the log.

use std::{io, path::Path, time::Duration};

use jiff::tz::TimeZone;

use super::{
    filter::Filter,
    glance::Glance,
    reader,
    series::Series,
    stats::{By, Stats},
    walk::{self, Count, Walked},
};

/// What is to be counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Wanted {
    /// By these.
    pub by: Vec<By>,
    /// Over time, in such steps.
    pub step: Option<Duration>,
}

/// Events, counted in several ways. Hours and days are those of UTC.
#[derive(Clone, Debug)]
pub struct Overview {
    /// By each of what was wanted.
    pub by: Vec<Stats>,
    /// Over time.
    pub series: Option<Series>,
    /// All events.
    pub events: u64,
}

impl Overview {
    fn new(wanted: &Wanted) -> Self {
        Self {
            by: wanted.by.iter().map(|by| Stats::new(*by, TimeZone::UTC)).collect(),
            series: wanted.step.map(|step| Series::new(step, TimeZone::UTC)),
            events: 0,
        }
    }
}

impl Count for Overview {
    fn add(&mut self, glance: &Glance<'_>) {
        self.by.iter_mut().for_each(|stats| Count::add(stats, glance));
        self.series.iter_mut().for_each(|series| series.add(glance));
        self.events += 1;
    }

    fn merge(&mut self, other: Self) {
        self.by.iter_mut().zip(other.by).for_each(|(ours, theirs)| ours.merge(theirs));
        if let (Some(ours), Some(theirs)) = (&mut self.series, other.series) {
            ours.merge(theirs);
        }
        self.events += other.events;
    }
}

/// Counts the events of `dir` that `filter` lets through.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn overview(dir: &Path, filter: &Filter, wanted: &Wanted) -> io::Result<Walked<Overview>> {
    Ok(walk::walk(&reader::files(dir)?, filter, &|_| (), || Overview::new(wanted)))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::events::stats;

    #[test]
    fn several_counts_in_one_reading_are_those_of_several_readings() {
        let dir = tempfile::tempdir().unwrap();
        for (run, words) in [("51c0", ["ok", "refused"]), ("51c1", ["denied", "ok"])] {
            let mut lines = String::new();
            for n in 1..=20_usize {
                let (outcome, key, tool) = (words[n % 2], n % 3, n % 5);
                let _infallible = writeln!(
                    lines,
                    "{{\"v\":1,\"timestamp\":\"2026-11-22T13:{n:02}:11.113Z\",\"event\":\"tool_called\",\
                     \"severity\":\"low\",\"identifier\":\"key:k{key}\",\"details\":{{}},\
                     \"outcome\":\"{outcome}\",\"tool\":\"t{tool}\",\"run\":\"{run}\",\"seq\":{n}}}"
                );
            }
            std::fs::write(dir.path().join(format!("20261122T130000Z-{run}.jsonl")), lines).unwrap();
        }
        let filter = Filter { outcomes: vec!["ok".into()], ..Filter::default() };
        let wanted = Wanted { by: vec![By::Tool, By::Who, By::Code], step: Some(Duration::from_mins(1)) };
        let seen = overview(dir.path(), &filter, &wanted).unwrap().counted;
        assert_eq!(seen.events, 20);
        for counted in &seen.by {
            let alone = stats::count(dir.path(), &filter, counted.by(), &TimeZone::UTC).unwrap().counted;
            assert_eq!(counted.rows(), alone.rows());
            assert_eq!(counted.events(), 20);
        }
        let ok: u64 = seen.series.unwrap().buckets().map(|(_, bucket)| bucket.ok).sum();
        assert_eq!(ok, 20);
    }
}
