//! `keys`: make, revoke, hash and list API keys.
//!
//! The secret goes to stdout, once, and nowhere else. What is kept is its
//! SHA-256: of 256 random bits, a fast hash gives nothing away.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use unicode_width::UnicodeWidthStr as _;

use super::{
    args::KeysCommand,
    case::{Case, failure},
    config::{alone, typed},
    printer::{Printer, Tone},
    report::{Exit, Failure, Stopped},
    serve::curl,
};
use crate::{
    config::{
        Loaded, Purpose,
        edit::{self, EditError},
        file, places,
        problem::visible,
        secrets, table,
        values::{self, Given},
    },
    events::{filter::Filter, query, reader::Order},
    limits,
    policy::keys::{self, Settings},
};

/// Runs one of them.
///
/// # Errors
///
/// When a file, stdin or stdout is not usable.
pub fn run(command: &KeysCommand, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    match command {
        KeysCommand::Generate { name, save, expires } => {
            let new = New::judge(name, expires.as_deref())?;
            if *save { generate_and_save(&new, case, printer) } else { generate(&new, case, printer) }
        }
        KeysCommand::Revoke { name, json } => revoke(name, *json, case, printer),
        KeysCommand::Hash => hash(printer),
        KeysCommand::List { json } => {
            let loaded = case.load(Purpose::Other).map_err(|problems| failure(&problems))?;
            if *json { list_as_json(&loaded, printer) } else { list(&loaded, printer) }
        }
    }
}

/// A key that is to be made.
struct New {
    name: String,
    expires: Option<Timestamp>,
}

impl New {
    fn judge(name: &str, expires: Option<&str>) -> Result<Self, Failure> {
        secrets::check_name(name).map_err(|says| Failure::new(format!("the name {says}")))?;
        let expires = expires.map(|text| {
            let given = Given::Loose(text.to_owned());
            let span = values::span(&given, &limits::KEY_LIFE)
                .map_err(|wrong| Failure::new(format!("`--expires` {}", wrong.says)))?;
            SignedDuration::try_from(span)
                .ok()
                .and_then(|span| Timestamp::now().checked_add(span).ok())
                .map(to_the_second)
                .ok_or_else(|| Failure::new("`--expires` is too far away"))
        });
        Ok(Self { name: name.to_owned(), expires: expires.transpose()? })
    }
}

fn make() -> Result<(SecretString, [u8; 32]), Failure> {
    keys::generate().map_err(|error| Failure::new(format!("the system gives no randomness: {error}")))
}

fn generate(new: &New, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let (key, sha256) = make()?;
    printer.line(key.expose_secret())?;
    printer.note("shown once, copy it now; to let it in, add this to the configuration:");
    for line in edit::section(&new.name, &sha256, new.expires).lines() {
        printer.note(format_args!("  {line}"));
    }
    hint_try(case, printer);
    Ok(Exit::Yes)
}

fn generate_and_save(new: &New, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    let path = target(case)?;
    let shown = case.tilde(&path);
    places::make_parent(&path).map_err(|error| Failure::new(format!("{shown} cannot be made: {error}")))?;
    let _held = hold(&path, &shown)?;
    let old = places::read(&path).map_err(|says| Failure::new(format!("{shown} {says}")))?;
    let (key, sha256) = make()?;
    let section = edit::section(&new.name, &sha256, new.expires);
    let edited = match edit::with_key(old.as_deref().unwrap_or_default(), &new.name, &section) {
        Ok(edited) => edited,
        Err(EditError::NameTaken) => {
            printer.say(format_args!("{shown} has a key named `{}` already; nothing was changed", new.name));
            printer.hint("list them with `mcp-server keys list`");
            return Ok(Exit::No);
        }
        Err(error) => {
            let failure = Failure::new(format!("cannot add a key to {shown}: {error}"));
            return Err(failure.hint("see what is wrong with `mcp-server config check`").into());
        }
    };
    places::replace(&path, &edited)
        .map_err(|error| Failure::new(format!("cannot write {shown}: {error}")))?;
    printer.line(key.expose_secret())?;
    let hash = keys::show_sha256(&sha256);
    let short = hash.get(..11).unwrap_or(&hash);
    printer.note(format_args!("saved `{}` to {shown} as {short}…; shown once, copy it now", new.name));
    hint_try(case, printer);
    Ok(Exit::Yes)
}

fn revoke(name: &str, json: bool, case: &Case<'_>, printer: &Printer) -> Result<Exit, Stopped> {
    if name == keys::ENV_KEY || name == keys::RUN_KEY {
        return Err(in_no_file(name).into());
    }
    let path = target(case)?;
    let shown = case.tilde(&path);
    let missing = || {
        Failure::new(format!("there is no configuration file {shown}, so there is no key to revoke"))
            .hint("name the file with `--config FILE`")
    };
    if !path.exists() {
        return Err(missing().into());
    }
    let _held = hold(&path, &shown)?;
    let old = places::read(&path).map_err(|says| Failure::new(format!("{shown} {says}")))?;
    let old = old.ok_or_else(missing)?;
    let broken =
        |error: EditError| Failure::new(format!("cannot take `{}` out of {shown}: {error}", visible(name)));
    let edited = match edit::without_key(&old, name) {
        Ok(edited) => edited,
        Err(EditError::NoSuchName) => {
            let known = edit::names(&old).map_err(broken)?;
            return Ok(unknown(name, &known, &shown, printer));
        }
        Err(error @ EditError::NoSection) => {
            let hint = "take it out with an editor; running servers take that up as well";
            return Err(broken(error).hint(hint).into());
        }
        Err(error) => {
            return Err(broken(error).hint("see what is wrong with `mcp-server config check`").into());
        }
    };
    places::replace(&path, &edited)
        .map_err(|error| Failure::new(format!("cannot write {shown}: {error}")))?;
    let left = edit::names(&edited).map_err(broken)?.len();
    // a running server takes the file up whole or not at all
    let unusable = case.load(Purpose::Running).err();
    if json {
        let file = path.to_string_lossy();
        let is_usable = unusable.is_none();
        printer.line(json!({ "v": 1, "revoked": name, "file": file, "keys": left, "usable": is_usable }))?;
    } else {
        printer.line(format_args!("revoked `{name}` in {shown}"))?;
    }
    if let Some(problems) = unusable {
        printer.note(
            "servers that run with this file still let it in: they keep the keys of before until the file is mended",
        );
        printer.say(failure(&problems));
        return Ok(Exit::No);
    }
    if json {
        return Ok(Exit::Yes);
    }
    printer.note("servers that run with this file refuse it within a second");
    if left == 0 {
        printer.note("it was the last key there; make another with `mcp-server keys generate laptop --save`");
    }
    Ok(Exit::Yes)
}

fn hold(path: &Path, shown: &str) -> Result<File, Failure> {
    places::hold(path).map_err(|error| Failure::new(format!("{shown} cannot be edited: {error}")))
}

/// Why a key that stands in no file cannot be taken out of one.
fn in_no_file(name: &str) -> Failure {
    let (what, hint) = if name == keys::ENV_KEY {
        (
            "is from the environment",
            "unset `API_KEY`, or change what `API_KEY_FILE` names, and start the server anew",
        )
    } else {
        (
            "is for one run of a server",
            "stop that server, or make a key of your own with `mcp-server keys generate laptop --save`",
        )
    };
    Failure::new(format!("the key `{name}` {what}, not from a file")).hint(hint)
}

fn unknown(name: &str, known: &[String], shown: &str, printer: &Printer) -> Exit {
    printer.say(format_args!("{shown} has no key named `{}`; nothing was changed", visible(name)));
    if let Some(near) = table::nearest_of(name, known.iter().cloned()) {
        printer.hint(format_args!("did you mean `{}`?", visible(&near)));
    }
    if known.is_empty() {
        printer.note("it has no keys");
    } else {
        let list: Vec<String> = known.iter().map(|name| visible(name)).collect();
        printer.note(format_args!("it has: {}", list.join(", ")));
    }
    Exit::No
}

/// The file in force or, where there is none, the one that would be.
fn target(case: &Case<'_>) -> Result<PathBuf, Failure> {
    if let Some(path) = &case.globals.config {
        if path.as_os_str() == "-" {
            return Err(Failure::new("this needs a file, and `--config -` is stdin"));
        }
        return typed(path, case);
    }
    let candidates =
        file::candidates(case.environment, None).map_err(|problem| failure(&alone(*problem, case)))?;
    candidates
        .iter()
        .find(|candidate| candidate.exists())
        .or_else(|| candidates.first())
        .map(|candidate| candidate.path.clone())
        .ok_or_else(|| {
            Failure::new("this system names no place for a configuration")
                .hint("name one with `--config FILE`")
        })
}

/// The line to try a key with, where the configuration tells it.
fn hint_try(case: &Case<'_>, printer: &Printer) {
    if let Ok(loaded) = case.load(Purpose::Other) {
        let http = &loaded.config.http;
        let url = format!("http://{}{}", http.listen, http.path);
        printer.hint("with the key in `KEY` and a server running, try it with");
        printer.note(format_args!("  {}", curl(" -H \"Authorization: Bearer $KEY\"", &url)));
    }
}

fn hash(printer: &Printer) -> Result<Exit, Stopped> {
    let mut text = String::new();
    let most = limits::CHOSEN_KEY_BYTES_MAX as u64 + 2;
    io::stdin()
        .lock()
        .take(most)
        .read_to_string(&mut text)
        .map_err(|error| Failure::new(format!("stdin cannot be read: {error}")))?;
    let key = SecretString::from(text.trim_end_matches(['\r', '\n']));
    secrets::judge(&key).map_err(|says| {
        Failure::new(format!("what came on stdin {says}"))
            .hint("make a good one with `mcp-server keys generate laptop`")
    })?;
    printer.line(keys::show_sha256(&keys::hash(key.expose_secret())))?;
    Ok(Exit::Yes)
}

fn list(loaded: &Loaded, printer: &Printer) -> Result<Exit, Stopped> {
    let keys = &loaded.config.keys;
    if keys.is_empty() {
        printer.note("no keys");
        printer.hint("make one with `mcp-server keys generate laptop --save`");
        return Ok(Exit::Yes);
    }
    let used = last_uses(loaded, printer);
    let names = keys.iter().map(|key| key.name.width()).max().unwrap_or_default();
    let reaches = keys.iter().map(|key| reach(key).width()).max().unwrap_or_default();
    let now = Timestamp::now();
    for key in keys {
        let (tone, expiry) = expiry(key, now);
        let (name, reach) = (&key.name, reach(key));
        let used = used.get(key.name.as_str());
        let used = used.map_or("no use on record".to_owned(), |at| format!("last used {at}"));
        printer.line(format_args!(
            "{name:names$}  {reach:reaches$}  {}; {used}",
            printer.paint(tone, &expiry)
        ))?;
    }
    Ok(Exit::Yes)
}

/// When each key was last used, from the log: as far back as it goes.
fn last_uses<'a>(loaded: &'a Loaded, printer: &Printer) -> BTreeMap<&'a str, Timestamp> {
    let mut waiting: BTreeMap<String, &str> =
        loaded.config.keys.iter().map(|key| (format!("key:{}", key.name), key.name.as_str())).collect();
    let filter = Filter { who: waiting.keys().cloned().collect(), ..Filter::default() };
    let mut used = BTreeMap::new();
    let events = match query::read(&loaded.config.events.dir, filter, Order::Newest) {
        Ok(events) => events,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return used,
        Err(error) => {
            printer.note(format_args!("last uses are not known: the security log cannot be read: {error}"));
            return used;
        }
    };
    for record in events {
        if let Some(name) = waiting.remove(&record.fields.identifier) {
            used.insert(name, to_the_second(record.at));
        }
        if waiting.is_empty() {
            break;
        }
    }
    used
}

fn to_the_second(time: Timestamp) -> Timestamp {
    time.round(jiff::Unit::Second).unwrap_or(time)
}

fn reach(key: &Settings) -> String {
    let some = |what: &str, chosen: &Option<Vec<String>>| match chosen {
        None => format!("all {what}"),
        Some(chosen) if chosen.is_empty() => format!("no {what}"),
        Some(chosen) => format!("{what} {}", chosen.join(", ")),
    };
    let mut parts = vec![some("tools", &key.tools), some("roots", &key.roots)];
    parts.push(if key.write { "read and write" } else { "read only" }.to_owned());
    if key.events {
        parts.push("security log".to_owned());
    }
    if !key.from.is_empty() {
        let from: Vec<String> = key.from.iter().map(ToString::to_string).collect();
        parts.push(format!("from {}", from.join(", ")));
    }
    parts.join("; ")
}

fn expiry(key: &Settings, now: Timestamp) -> (Tone, String) {
    match key.expires {
        None => (Tone::Dim, "never expires".to_owned()),
        Some(time) if time <= now => (Tone::Bad, format!("expired {time}")),
        Some(time) => {
            let days = (time.as_second() - now.as_second()) / (24 * 60 * 60);
            (Tone::Good, format!("expires {time}, in {days} days"))
        }
    }
}

fn list_as_json(loaded: &Loaded, printer: &Printer) -> Result<Exit, Stopped> {
    let used = last_uses(loaded, printer);
    let keys: Vec<_> = loaded
        .config
        .keys
        .iter()
        .map(|key| {
            json!({
                "name": key.name,
                "tools": key.tools,
                "roots": key.roots,
                "write": key.write,
                "events": key.events,
                "expires": key.expires.map(|time| time.to_string()),
                "last_used": used.get(key.name.as_str()).map(ToString::to_string),
                "from": key.from.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        })
        .collect();
    printer.line(json!({ "v": 1, "keys": keys }))?;
    Ok(Exit::Yes)
}
