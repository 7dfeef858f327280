//! `GET /security/stats`: the log in numbers, for keys with `events = true`.

use std::{sync::Arc, time::Duration};

use http::StatusCode;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};
use warp::reply::Response;

use super::{
    events::{self, bad},
    gate::Pass,
    record::{self, Reading},
    refuse::{Reader, Refused, json_response},
};
use crate::{
    caller::Caller,
    events::{
        filter::Filter,
        overview::{Overview, Wanted, overview},
        series::Series,
        show::show_json,
        stats::{By, Key, Stats},
        words::Words,
    },
    limits,
    refusal::Code,
};

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) caller: Arc<Caller>,
    wanted: Wanted,
    pub(super) filter: Filter,
    pub(super) grep: Option<String>,
    parameters: Vec<&'static str>,
}

/// What can be counted by: what a filter takes.
const BY: [By; 7] = [By::Who, By::Tool, By::Code, By::Event, By::Outcome, By::Peer, By::Client];

impl Asked {
    /// Reads `by` (words with commas between them), `series` (`minute` or `hour`) and the filters
    /// of `/security/events`, for a caller who may.
    ///
    /// # Errors
    ///
    /// [`Code::KeyReach`] for a key that may not, [`Code::BadQuery`] for what is none of these.
    pub(super) fn read(caller: Arc<Caller>, query: Option<&str>) -> Result<Self, Refused> {
        if !caller.reach.events {
            return Err(Code::KeyReach.into());
        }
        let (mut wanted, mut words, mut parameters) = (Wanted::default(), Words::default(), Vec::new());
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "by" => {
                    parameters.push("by");
                    for word in value.split(',') {
                        let by = By::parse(word).filter(|by| BY.contains(by)).ok_or_else(|| bad(WRONG_BY))?;
                        if !wanted.by.contains(&by) {
                            wanted.by.push(by);
                        }
                    }
                }
                "series" => {
                    parameters.push("series");
                    wanted.step = Some(step(&value).ok_or_else(|| bad(WRONG_SERIES))?);
                }
                name => {
                    let filters = events::FILTERS.iter().find(|filter| **filter == name);
                    let filter = filters.ok_or_else(|| bad(WRONG_NAME))?;
                    events::take(&mut words, filter, &value)?;
                    parameters.push(*filter);
                }
            }
        }
        parameters.dedup();
        if wanted == Wanted::default() {
            return Err(bad("say what to count: `by`, `series` or both"));
        }
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let grep = words.grep.take();
        let filter = words.filter(&now).map_err(|slip| bad(slip.to_string()))?;
        Ok(Self { caller, wanted, filter, grep, parameters })
    }
}

const WRONG_NAME: &str = "counts take `by`, `series` and the filters of `/security/events`";
const WRONG_BY: &str = "`by` is who, tool, code, event, outcome, peer or client, or several with commas";
const WRONG_SERIES: &str = "`series` is `minute` or `hour`";

fn step(word: &str) -> Option<Duration> {
    match word {
        "minute" => Some(Duration::from_mins(1)),
        "hour" => Some(Duration::from_hours(1)),
        _ => None,
    }
}

pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let Some(turn) = door.log.turns.wait(&asked.caller).await else {
        return Refused::from(Code::Io).to_response(Reader::Person);
    };
    let (dir, wanted, filter) = (door.log.dir.clone(), asked.wanted.clone(), asked.filter.clone());
    let step = wanted.step.unwrap_or_default();
    let read = door.tasks.spawn_blocking(move || {
        let _turn = turn;
        overview(&dir, &filter, &wanted)
    });
    match read.await {
        Ok(Ok(walked)) => {
            let seen = walked.counted;
            let count = usize::try_from(seen.events).unwrap_or(usize::MAX);
            record::events_read(door, &asked.caller, Reading::Count, count, &asked.parameters);
            json_response(StatusCode::OK, show_json(&told(&seen, step).to_string()).into_owned())
        }
        failed => {
            tracing::error!(?failed, "the security events could not be counted");
            Refused::from(Code::Io).to_response(Reader::Person)
        }
    }
}

fn told(seen: &Overview, step: Duration) -> Value {
    let by: Map<String, Value> =
        seen.by.iter().map(|stats| (stats.by().as_str().to_owned(), counts(stats))).collect();
    json!({ "v": 1, "events": seen.events, "by": by, "series": seen.series.as_ref().map(|seen| series(seen, step)) })
}

/// The busiest words, how many events have none, and how many have one that is not told.
fn counts(stats: &Stats) -> Value {
    let (mut rows, mut without, mut others) = (Vec::new(), 0, stats.others());
    for row in stats.rows() {
        match row.key {
            Key::Word(word) if rows.len() < limits::STATS_ROWS_MAX => {
                rows.push(json!({ "word": word, "count": row.count }));
            }
            Key::Word(_) => others += row.count,
            _ => without += row.count,
        }
    }
    json!({ "rows": rows, "without": without, "others": others })
}

fn series(series: &Series, step: Duration) -> Value {
    let buckets: Vec<Value> = series
        .buckets()
        .map(|(at, bucket)| {
            json!({
                "at": at.to_string(),
                "ok": bucket.ok,
                "refused": bucket.refused,
                "denied": bucket.denied,
                "failed": bucket.failed,
                "abandoned": bucket.abandoned,
                "other": bucket.other,
                "folded": bucket.folded,
            })
        })
        .collect();
    json!({ "stepSeconds": step.as_secs(), "buckets": buckets })
}
