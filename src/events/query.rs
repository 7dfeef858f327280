//! The events that are asked for, read from the files.

use std::{fmt::Write as _, io, path::Path};

use jiff::Timestamp;

use super::{
    filter::Filter,
    reader::{self, Events, Order},
    show,
    sink::stamp,
};

/// The events of `dir` that `filter` lets through.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn read(dir: &Path, filter: Filter, order: Order) -> io::Result<Events> {
    Ok(Events::new(reader::files(dir)?, filter, order))
}

/// The newest events, as the endpoint answers them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// `{"events":[…],"totalEvents":N,"next":…}`, newest first. `next` is the
    /// time of the oldest event here if older ones were left out, else null.
    pub json: String,
    /// How many events it holds.
    pub count: usize,
}

/// The newest `limit` events not older than `since`, newest first. Lines are
/// given as they stand in the log.
///
/// # Errors
///
/// When the directory cannot be read.
pub fn newest_as_json(dir: &Path, limit: usize, since: Option<Timestamp>) -> io::Result<Page> {
    let filter = Filter { since, ..Filter::default() };
    let mut events = read(dir, filter, Order::Newest)?;
    let (mut json, mut count, mut oldest) = (String::from("{\"events\":["), 0, None);
    for record in events.by_ref().take(limit) {
        if count > 0 {
            json.push(',');
        }
        json.push_str(&show::show_json(&record.raw));
        oldest = Some(record.at);
        count += 1;
    }
    let next = match oldest {
        Some(at) if events.next().is_some() => format!("\"{}\"", stamp(at)),
        _ => "null".to_owned(),
    };
    let _infallible = write!(json, "],\"totalEvents\":{count},\"next\":{next}}}");
    Ok(Page { json, count })
}
