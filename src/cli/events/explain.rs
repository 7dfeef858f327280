//! `mcp-server events explain CODE|EVENT_ID`: what a word of the log means, or
//! what one event does.

use std::path::Path;

use clap::Args;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{Format, Look};
use crate::{
    cli::{
        printer::{Printer, Tone},
        report::{Exit, Failure, Stopped},
    },
    events::{
        explain::{self, Explanation, Kind},
        filter::{Filter, grep},
        query,
        reader::{Order, Record},
        show::{show, show_json},
    },
};

/// `events explain`.
#[derive(Args, Clone, Debug)]
pub struct Explain {
    /// A code, an event, a finding of `verify`, or the id of an event or call; without it all words
    #[arg(value_name = "CODE|EVENT_ID")]
    pub what: Option<String>,
    /// Print JSON: one object, or one a line for all words
    #[arg(long, help_heading = "How to print")]
    pub json: bool,
}

pub(super) fn run(args: &Explain, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    let Some(what) = &args.what else {
        return all(args, printer);
    };
    if let Some(word) = explain::explain(what) {
        return one(&word, args, printer);
    }
    if is_id(what) {
        return event(what, args, dir, printer);
    }
    printer.say(format_args!(
        "{} no code, event or finding is named `{}`",
        printer.paint_err(Tone::Bad, "error:"),
        show(what)
    ));
    printer.say("");
    match explain::nearest(what) {
        Some(near) => printer.hint(format_args!("did you mean `{near}`?")),
        None => printer.hint("`mcp-server events explain` prints all words"),
    }
    Ok(Exit::No)
}

fn all(args: &Explain, printer: &Printer) -> Result<Exit, Stopped> {
    for word in explain::all() {
        if args.json {
            printer.line(as_json(&word))?;
        } else {
            printer.line(format_args!("{:<26}{:<8}{}", word.word, word.severity, word.meaning))?;
        }
    }
    Ok(Exit::Yes)
}

fn one(word: &Explanation, args: &Explain, printer: &Printer) -> Result<Exit, Stopped> {
    if args.json {
        printer.line(as_json(word))?;
        return Ok(Exit::Yes);
    }
    let kind = match (word.kind, word.event) {
        (Kind::Code, Some(event)) => format!("a code of {event}"),
        (Kind::Code, None) => "a code".to_owned(),
        (Kind::Event, _) => "an event".to_owned(),
        (Kind::Finding, _) => "a finding of `events verify`".to_owned(),
        (Kind::Unproven, _) => "what `events verify` cannot tell".to_owned(),
    };
    printer.line(format_args!("{}  {kind}, {}", printer.paint(Tone::Path, word.word), word.severity))?;
    printer.line(format_args!("  means  {}", word.meaning))?;
    printer.line(format_args!("  do     {}", word.remedy))?;
    Ok(Exit::Yes)
}

fn as_json(word: &Explanation) -> String {
    let mut object = json!(word);
    if let Some(object) = object.as_object_mut() {
        object.insert("v".to_owned(), 1.into());
    }
    object.to_string()
}

/// Ids of events and calls are UUIDs.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// All events of that id or call, and what the last one means.
fn event(id: &str, args: &Explain, dir: &Path, printer: &Printer) -> Result<Exit, Stopped> {
    let id = id.to_ascii_lowercase();
    let filter = Filter { grep: grep(&id).ok(), ..Filter::default() };
    let failed = |error: std::io::Error| {
        Failure::new(format!("the events in `{}` cannot be read", dir.display()))
            .fact(error.to_string())
            .hint("read them as the user the server runs as, or name the place with `events.dir`")
    };
    let events = query::read(dir, filter, Order::Oldest).map_err(failed)?;
    let is_it = |record: &Record| {
        let fields = &record.fields;
        fields.id.as_deref() == Some(&*id) || fields.call.as_deref() == Some(&*id)
    };
    let found: Vec<Record> = events.filter(is_it).collect();
    let Some(last) = found.last() else {
        printer.say(format_args!(
            "{} no event of the log has the id or call `{id}`",
            printer.paint_err(Tone::Bad, "error:")
        ));
        printer.say("");
        printer.hint("it may have been pruned; `mcp-server events list -o full` shows ids");
        return Ok(Exit::No);
    };
    let word = last.fields.code.as_deref().unwrap_or(&last.fields.event);
    let (word, allow) = (explain::explain(word), explain::allow(last));
    if args.json {
        let events: Vec<_> = found.iter().map(|record| json!(record.fields.id)).collect();
        let answer = json!({ "v": 1, "id": id, "events": events, "explanation": word, "allow": allow });
        printer.line(show_json(&answer.to_string()))?;
        return Ok(Exit::Yes);
    }
    let (format, zone) = (Format::Full, TimeZone::system());
    let mut look = Look { printer, format, zone, columns: printer.columns(), day: None };
    for record in &found {
        printer.line(look.render(record))?;
    }
    if let Some(word) = word {
        one(&word, args, printer)?;
    }
    if let Some(allow) = allow {
        printer.line(format_args!("  allow  {}", show(&allow)))?;
    }
    Ok(Exit::Yes)
}
