//! `GET /security/events`: the log, newest first and page by page, or as it is
//! written; for keys with `events = true`.
//!
//! Filters are the command line's, read by the same code. Whoever takes only an
//! event stream follows (see `live`); everybody else gets a page.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use http::{HeaderMap, Method, StatusCode};
use jiff::{Timestamp, tz::TimeZone};
use warp::reply::Response;

use super::{
    gate::Pass,
    head::Head,
    live,
    record::{self, Reading},
    refuse::{Reader, Refused, json_response},
};
use crate::{
    caller::Caller,
    events::{
        cursor::{Cursor, Key, Position},
        filter::Filter,
        query,
        words::{self, Words},
    },
    limits,
    refusal::Code,
};

/// What is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) caller: Arc<Caller>,
    /// Its expression is compiled last.
    pub(super) filter: Filter,
    pub(super) grep: Option<String>,
    /// Which parameters there were.
    pub(super) filters: Vec<&'static str>,
    pub(super) arrived: Instant,
    how: How,
}

#[derive(Debug)]
enum How {
    Page {
        limit: usize,
        before: Option<Key>,
    },
    Follow {
        /// From behind this on; from now on, if there is none.
        after: Option<Position>,
        /// `HEAD`: only what the answer would look like.
        is_head: bool,
    },
}

/// Every parameter there is.
const PARAMETERS: [&str; 13] = [
    "limit", "cursor", "since", "until", "severity", "event", "outcome", "code", "tool", "who", "peer",
    "client", "grep",
];

impl Asked {
    /// Reads the query of a caller who may.
    ///
    /// # Errors
    ///
    /// [`Code::KeyReach`] for a key that may not, [`Code::BadQuery`] for
    /// what makes no sense, with what would.
    pub(super) fn read(
        caller: Arc<Caller>,
        head: &Head<'_>,
        headers: &HeaderMap,
        method: &Method,
        query: Option<&str>,
        arrived: Instant,
    ) -> Result<Self, Refused> {
        if !caller.reach.events {
            return Err(Code::KeyReach.into());
        }
        let mut given = Given::read(query.unwrap_or_default())?;
        let is_followed = head.accepts.prefers_events();
        if is_followed && let Some(id) = last_event_id(headers)? {
            // who comes back asks for the same address again, and has got further
            given.cursor = Some(id);
        }
        let cursor = given.cursor.as_deref().map(Cursor::parse);
        let how = match (is_followed, cursor) {
            (_, Some(None)) => return Err(bad("this cursor is none; begin anew without one")),
            (false, Some(Some(Cursor::On(_)))) => {
                return Err(bad(
                    "this cursor goes on to what is newer; send it with `Accept: text/event-stream`",
                ));
            }
            (true, Some(Some(Cursor::Back(_)))) => {
                return Err(bad(
                    "this cursor goes back to what is older; send it without `Accept: text/event-stream`",
                ));
            }
            (true, _) if given.limit.is_some() => {
                return Err(bad("`limit` is for pages; who follows gets every event"));
            }
            (true, _) if given.words.since.is_some() || given.words.until.is_some() => {
                return Err(bad(
                    "`since` and `until` are for pages; who follows gets what comes from now on, or from behind `cursor`",
                ));
            }
            (false, cursor) => How::Page {
                limit: given.limit.unwrap_or(limits::EVENTS_PAGE_DEFAULT),
                before: match cursor {
                    Some(Some(Cursor::Back(key))) => Some(key),
                    _ => None,
                },
            },
            (true, cursor) => How::Follow {
                after: match cursor {
                    Some(Some(Cursor::On(position))) => Some(position),
                    _ => None,
                },
                is_head: method == Method::HEAD,
            },
        };
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let grep = given.words.grep.take();
        let filter = given.words.filter(&now).map_err(|slip| bad(slip.to_string()))?;
        Ok(Self { caller, filter, grep, filters: given.names, arrived, how })
    }
}

/// What stands in the query.
#[derive(Default)]
struct Given {
    limit: Option<usize>,
    cursor: Option<String>,
    words: Words,
    names: Vec<&'static str>,
}

impl Given {
    fn read(query: &str) -> Result<Self, Refused> {
        let mut given = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let Some(name) = PARAMETERS.into_iter().find(|known| *known == name) else {
                let near = words::near(&name, &PARAMETERS);
                let near = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
                let (name, all) = (words::shown(&name), PARAMETERS.join(", "));
                return Err(bad(format!("there is no `{name}`{near}; the query takes {all}")));
            };
            given.take(name, &value)?;
            if !given.names.contains(&name) {
                given.names.push(name);
            }
        }
        Ok(given)
    }

    fn take(&mut self, name: &'static str, value: &str) -> Result<(), Refused> {
        match name {
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=limits::EVENTS_PAGE_MAX).contains(limit));
                let limit = limit.ok_or_else(|| bad("`limit` is a number from 1 to 1000"))?;
                if self.limit.replace(limit).is_none() { Ok(()) } else { Err(twice(name)) }
            }
            "cursor" if self.cursor.replace(value.to_owned()).is_none() => Ok(()),
            "cursor" => Err(twice(name)),
            _ => take(&mut self.words, name, value),
        }
    }
}

/// The parameters that filter, in the order of [`PARAMETERS`].
pub(super) const FILTERS: &[&str] = PARAMETERS.split_at(2).1;

/// Takes one of [`FILTERS`].
pub(super) fn take(words: &mut Words, name: &str, value: &str) -> Result<(), Refused> {
    let once = match name {
        "since" => &mut words.since,
        "until" => &mut words.until,
        "severity" => &mut words.severity,
        "grep" => &mut words.grep,
        _ => {
            let list = match name {
                "event" => &mut words.event,
                "outcome" => &mut words.outcome,
                "code" => &mut words.code,
                "tool" => &mut words.tool,
                "who" => &mut words.who,
                "peer" => &mut words.peer,
                _ => &mut words.client,
            };
            list.extend(parts(value));
            return Ok(());
        }
    };
    if once.replace(value.to_owned()).is_none() { Ok(()) } else { Err(twice(name)) }
}

/// Parts a list at its commas. One that belongs to a word has a backslash before it, and so has a
/// backslash that stands before either.
fn parts(list: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut letters = list.chars().peekable();
    while let Some(letter) = letters.next() {
        let literal = if letter == '\\' { letters.next_if(|next| matches!(next, ',' | '\\')) } else { None };
        match (literal, letter) {
            (None, ',') => parts.push(std::mem::take(&mut part)),
            (literal, letter) => part.push(literal.unwrap_or(letter)),
        }
    }
    parts.push(part);
    parts
}

pub(super) fn bad(note: impl Into<std::borrow::Cow<'static, str>>) -> Refused {
    Refused::noting(Code::BadQuery, note)
}

pub(super) fn twice(name: &str) -> Refused {
    bad(format!("`{name}` stands twice"))
}

/// What a reader of event streams sends when it comes back.
fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let mut all = headers.get_all("last-event-id").iter();
    match (all.next(), all.next()) {
        (Some(_), Some(_)) => Err(twice("Last-Event-ID")),
        // an empty one is what a reader has that was given none
        (Some(id), None) if !id.is_empty() => {
            let id =
                id.to_str().map_err(|_| bad("`Last-Event-ID` is none of ours; begin anew without one"))?;
            Ok(Some(id.to_owned()))
        }
        _ => Ok(None),
    }
}

pub(super) async fn answer(pass: Pass<Asked>) -> Response {
    match &pass.what().how {
        How::Page { limit, before } => page(&pass, *limit, before.clone()).await,
        How::Follow { is_head: true, .. } => live::empty(),
        How::Follow { after, is_head: false } => live::answer(&pass, after.clone()).await,
    }
}

/// Says to whoever reads the disk that nobody waits any more.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn page(pass: &Pass<Asked>, limit: usize, before: Option<Key>) -> Response {
    let (door, asked) = (pass.door(), pass.what());
    let Some(turn) = door.log.turns.wait(&asked.caller).await else {
        return Refused::from(Code::Io).to_response(Reader::Person);
    };
    let gone = Gone(Arc::default());
    let (log, is_gone) = (Arc::clone(&door.log), Arc::clone(&gone.0));
    let what = query::Asked { filter: asked.filter.clone(), limit, before };
    let read = door.tasks.spawn_blocking(move || {
        let _turn = turn;
        query::page(&log.dir, &log.known, &what, &|| is_gone.load(Ordering::Relaxed))
    });
    match read.await {
        Ok(Ok(page)) => {
            record::events_read(door, &asked.caller, Reading::Page, page.count, &asked.filters);
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

    fn ask(reach: Reach, headers: &HeaderMap, query: Option<&str>) -> Result<Asked, Refused> {
        let caller = Caller { reach: Arc::new(reach), ..Caller::console() };
        let head = Head::read(headers);
        Asked::read(Arc::new(caller), &head, headers, &Method::GET, query, Instant::now())
    }

    fn asking(query: &str) -> Result<Asked, String> {
        ask(Reach::everything(), &HeaderMap::new(), Some(query)).map_err(|refused| {
            assert_eq!(refused.code, Code::BadQuery);
            refused.note.unwrap_or_default().into_owned()
        })
    }

    #[track_caller]
    fn limit(query: &str) -> usize {
        match asking(query).expect(query).how {
            How::Page { limit, .. } => limit,
            How::Follow { .. } => panic!("no page"),
        }
    }

    #[test]
    fn limit_and_since_are_read_strictly() {
        assert_eq!(limit(""), limits::EVENTS_PAGE_DEFAULT);
        assert_eq!(limit("limit=1"), 1);
        assert_eq!(limit("limit=1000&since=2026-11-22T13%3A00%3A00Z"), 1_000);
        for query in
            ["limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "since=soon", "x=y", "limit=1&limit=1"]
        {
            assert!(asking(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_list_is_written_with_commas_or_repeated() {
        let asked =
            asking("event=tool_called,tool_denied&event=events_read&tool=a%2Cb&grep=x%2B").expect("a query");
        assert_eq!(asked.filter.events, ["tool_called", "tool_denied", "events_read"]);
        assert_eq!(asked.filter.tools, ["a", "b"]);
        assert_eq!(asked.filters, ["event", "tool", "grep"]);
    }

    #[test]
    fn a_comma_of_a_word_s_own_has_a_backslash_before_it() {
        let rows: [(&str, &[&str]); 7] = [
            ("a,b", &["a", "b"]),
            (r"a\,b", &["a,b"]),
            (r"a\\,b", &[r"a\", "b"]),
            (r"a\b", &[r"a\b"]),
            (r"a\", &[r"a\"]),
            ("", &[""]),
            (",", &["", ""]),
        ];
        for (list, wanted) in rows {
            assert_eq!(parts(list), wanted, "{list}");
        }
    }

    #[test]
    fn a_slip_is_told_with_what_was_probably_meant() {
        for (query, says) in [
            ("evnt=x", "did you mean `event`?"),
            ("q=x", "the query takes limit, cursor, since"),
            ("event=tool_caled", "did you mean `tool_called`?"),
            ("severity=grave", "low, medium, high"),
            ("since=1h&until=2h", "later than"),
            ("cursor=x", "begin anew"),
            ("who=a&severity=low&severity=high", "`severity` stands twice"),
        ] {
            let said = asking(query).expect_err(query);
            assert!(said.contains(says), "{query}: {said}");
        }
    }

    #[test]
    fn a_key_without_events_reads_none() {
        let refused = ask(Reach::default(), &HeaderMap::new(), None).expect_err("not for this key");
        assert_eq!(refused.code, Code::KeyReach);
    }
}
