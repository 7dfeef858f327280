//! `changes`: what tools changed, and the way back.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    args::{CallArgs, ChangesCommand},
    printer::Printer,
    report::{Exit, Failure, Stopped},
    tools,
};
use crate::{
    app::Server,
    config::{Config, Loaded},
    journal::{Change, Journal, State, Step},
    limits,
    sandbox::files::RootSettings,
    sanitize::{
        marks::{Marker, Mode},
        unicode,
    },
    tools::{
        diff::{self, Version},
        settings,
    },
};

/// Runs one of them.
///
/// # Errors
///
/// When the journal or stdout is not usable.
pub fn run(
    server: Server,
    command: &ChangesCommand,
    loaded: Loaded,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let journal = Journal::new(loaded.config.journal.clone());
    match command {
        ChangesCommand::List { limit, json } => list(&journal, *limit, *json, printer),
        ChangesCommand::Show { id, json } => show(&journal, &find(&journal, id)?, *json, printer),
        ChangesCommand::Undo { id, force, json } => {
            let change = find(&journal, id)?;
            undo(server, with_roots_of(loaded.config, &change), id, *force, *json, printer)
        }
        ChangesCommand::Prune { json } => prune(&journal, *json, printer),
    }
}

fn list(journal: &Journal, limit: usize, json: bool, printer: &Printer) -> Result<Exit, Stopped> {
    let mut changes = journal.changes().map_err(|error| unreadable(&error))?;
    let mut count = 0;
    for change in changes.by_ref().take(limit) {
        count += 1;
        if json {
            printer.line(as_json(&change))?;
        } else {
            printer.line(unicode::show(&change.to_string(), usize::MAX))?;
        }
    }
    if count == 0 {
        printer.note("no changes: nothing was written lately, or what was has left the journal");
    } else if changes.next().is_some() {
        printer.note(format_args!("the newest {count} are shown; `--limit` shows more"));
    }
    Ok(Exit::Yes)
}

fn find(journal: &Journal, id: &str) -> Result<Change, Failure> {
    journal.change(id).map_err(|error| unreadable(&error))?.ok_or_else(|| {
        Failure::new(format!("there is no change `{}`", unicode::show(id, 64)))
            .hint("see which there are with `mcp-server changes list`")
    })
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::new(format!("the journal cannot be read: {error}"))
        .hint("`journal.dir` says where it is; it belongs to whoever runs the server")
}

fn as_json(change: &Change) -> Value {
    let Change { id, at, tool, who, undoes, recovered, roots, step } = change;
    json!({
        "v": 1, "id": id, "at": at, "tool": tool, "who": who, "undoes": undoes, "recovered": recovered,
        "roots": roots, "did": change.deed(), "step": step,
    })
}

fn show(journal: &Journal, change: &Change, json: bool, printer: &Printer) -> Result<Exit, Stopped> {
    let diff = difference(journal, change);
    if json {
        let mut whole = as_json(change);
        if let (Some(map), Some(diff)) = (whole.as_object_mut(), &diff) {
            map.insert("diff".into(), diff.as_str().into());
        }
        printer.line(whole)?;
        return Ok(Exit::Yes);
    }
    let at = change.at.round(jiff::Unit::Second).unwrap_or(change.at);
    printer.line(format_args!(
        "{}  {at}  {} by {}",
        change.id,
        change.tool,
        unicode::show(&change.who, 80)
    ))?;
    printer.line(unicode::show(&change.deed(), usize::MAX))?;
    for (name, directory) in &change.roots {
        printer
            .line(format_args!("{name}:/ was {}", unicode::show(&directory.to_string_lossy(), usize::MAX)))?;
    }
    if let Some(id) = &change.undoes {
        printer.line(format_args!("it took back {id}"))?;
    }
    if change.recovered {
        printer.line("its server was killed in the middle of it; it had happened")?;
    }
    for line in diff.iter().flat_map(|diff| diff.lines()) {
        printer.line(line)?;
    }
    Ok(Exit::Yes)
}

/// The diff of a change of one file whose bytes are kept.
fn difference(journal: &Journal, change: &Change) -> Option<String> {
    let Step::Set { place, before, after } = &change.step else { return None };
    let bytes = |state: &State| match state {
        State::Absent => Some(Vec::new()),
        State::File { sha256: Some(sha256), kept: true, .. } => {
            journal.bytes(sha256, limits::EDIT_BYTES_MAX as u64).ok()
        }
        _ => None,
    };
    let (before, after) = (bytes(before)?, bytes(after.as_ref()?)?);
    let marker = Marker::new(Mode::Off);
    Some(diff::unified(place, &Version::of(&before, &marker), &Version::of(&after, &marker)).text)
}

/// A change is undone where it was made, whatever the configuration names now: the owner himself asks.
fn with_roots_of(mut config: Config, change: &Change) -> Config {
    config.roots = change
        .roots
        .iter()
        .map(|(name, path)| RootSettings { name: name.clone(), path: path.clone(), write: true })
        .collect();
    config.tools = settings::Settings::default();
    config
}

fn undo(
    server: Server,
    config: Config,
    id: &str,
    force: bool,
    json: bool,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let mut args = Map::new();
    args.insert("id".into(), id.into());
    args.insert("force".into(), force.into());
    let call = CallArgs {
        name: "undo_change".into(),
        args: Vec::new(),
        args_json: Some(Value::Object(args).to_string()),
        json,
    };
    tools::call(server.open(config)?, &call, printer)
}

fn prune(journal: &Journal, json: bool, printer: &Printer) -> Result<Exit, Stopped> {
    let pruned = journal.prune(Timestamp::now()).map_err(|error| unreadable(&error))?;
    if json {
        printer.line(json!({
            "v": 1, "changes": pruned.changes, "bytes": pruned.bytes,
            "changes_left": pruned.changes_left, "bytes_left": pruned.bytes_left,
        }))?;
    } else {
        printer.line(format_args!(
            "removed {} changes and {} bytes; {} changes and {} bytes are left",
            pruned.changes, pruned.bytes, pruned.changes_left, pruned.bytes_left
        ))?;
    }
    Ok(Exit::Yes)
}
