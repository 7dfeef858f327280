//! `GET /security/events`: the log, newest first, for keys with `events = true`.

use std::sync::Arc;

use http::StatusCode;
use jiff::Timestamp;
use warp::reply::Response;

use super::{
    gate::Pass,
    record,
    refuse::{Reader, Refused, json_response},
};
use crate::{caller::Caller, limits, refusal::Code};

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    caller: Arc<Caller>,
    limit: usize,
    since: Option<Timestamp>,
}

impl Asked {
    /// Reads `limit` (1 to 1,000) and `since` (RFC 3339) for a caller who may.
    ///
    /// # Errors
    ///
    /// [`Code::KeyReach`] for a key that may not, [`Code::BadRequest`] for
    /// what is neither of the two.
    pub(super) fn read(caller: Arc<Caller>, query: Option<&str>) -> Result<Self, Refused> {
        if !caller.reach.events {
            return Err(Code::KeyReach.into());
        }
        let mut asked = Self { caller, limit: limits::EVENTS_PAGE_DEFAULT, since: None };
        for (key, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match key.as_ref() {
                "limit" => {
                    let limit =
                        value.parse().ok().filter(|limit| (1..=limits::EVENTS_PAGE_MAX).contains(limit));
                    asked.limit = limit.ok_or_else(|| bad("`limit` is a number from 1 to 1000"))?;
                }
                "since" => {
                    let since =
                        value.parse().map_err(|_| bad("`since` is a time such as 2026-11-22T13:00:00Z"))?;
                    asked.since = Some(since);
                }
                _ => return Err(bad("the query takes `limit` and `since`")),
            }
        }
        Ok(asked)
    }
}

fn bad(note: &'static str) -> Refused {
    Refused::noting(Code::BadRequest, note)
}

pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let (dir, limit, since) = (door.events_dir.clone(), asked.limit, asked.since);
    let read = door.tasks.spawn_blocking(move || crate::events::query::newest_as_json(&dir, limit, since));
    match read.await {
        Ok(Ok(page)) => {
            record::events_read(door, &asked.caller, page.count);
            json_response(StatusCode::OK, page.json)
        }
        failed => {
            tracing::error!(?failed, "the security events could not be read");
            Refused::from(Code::Io).to_response(Reader::Person)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caller::Reach;

    fn asking(query: &str) -> Result<(usize, Option<Timestamp>), Code> {
        let caller = Caller { reach: Arc::new(Reach::everything()), ..Caller::console() };
        Asked::read(Arc::new(caller), Some(query)).map(|a| (a.limit, a.since)).map_err(|refused| refused.code)
    }

    #[test]
    fn limit_and_since_are_read_strictly() {
        assert_eq!(asking(""), Ok((limits::EVENTS_PAGE_DEFAULT, None)));
        assert_eq!(asking("limit=1"), Ok((1, None)));
        let since = "2026-11-22T13:00:00Z".parse().ok();
        assert_eq!(asking("limit=1000&since=2026-11-22T13%3A00%3A00Z"), Ok((1_000, since)));
        for query in ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "since=yesterday", "x=y"] {
            assert_eq!(asking(query), Err(Code::BadRequest), "{query}");
        }
    }

    #[test]
    fn a_key_without_events_reads_none() {
        let caller = Caller { reach: Arc::default(), ..Caller::console() };
        assert_eq!(
            Asked::read(Arc::new(caller), None).map_err(|refused| refused.code).err(),
            Some(Code::KeyReach)
        );
    }
}
