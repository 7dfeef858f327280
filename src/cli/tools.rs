//! `tools`: what clients will see, and a call by hand.
//!
//! A call from here walks the same line as any other: the person at the
//! console meets the same checks and leaves the same events.

use std::io::{self, IsTerminal as _, Read as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr as _;

use super::{
    args::{CallArgs, ToolsCommand},
    printer::{Printer, Tone},
    report::{Exit, Failure, Stopped},
};
use crate::{
    app::{Opened, Server},
    caller::Door,
    config::Loaded,
    dispatch::Target,
    events::Beginning,
    guard::{Block, Released},
    limits, protocol,
    refusal::Code,
    sanitize::{args::Arguments, unicode},
    tools::{Annotations, Definition, catalog::Row},
};

/// Lists, describes or calls tools.
///
/// # Errors
///
/// When the server cannot be opened, the arguments cannot be read, or stdout is closed.
pub fn run(
    server: Server,
    command: &ToolsCommand,
    loaded: Loaded,
    printer: &Printer,
) -> Result<Exit, Stopped> {
    let opened = server.open(loaded.config)?;
    match command {
        ToolsCommand::List { json: true } => list_as_json(&opened, printer),
        ToolsCommand::List { json: false } => list(&opened, printer),
        ToolsCommand::Describe { name, json: true } => describe_as_json(&opened, name, printer),
        ToolsCommand::Describe { name, json: false } => describe(&opened, name, printer),
        ToolsCommand::Call(args) => call(opened, args, printer),
    }
}

/// Lists every tool, hidden ones with the reason.
fn list(opened: &Opened, printer: &Printer) -> Result<Exit, Stopped> {
    let rows: Vec<&Row> = opened.offers.tools.rows().collect();
    let names = rows.iter().map(|row| row.definition().name.width()).max().unwrap_or_default();
    let effects = rows.iter().map(|row| row.definition().effect.as_str().width()).max().unwrap_or_default();
    for row in rows {
        let Definition { name, title, effect, .. } = row.definition();
        match hidden(opened, row) {
            None => {
                printer.line(format_args!("{name:names$}  {:effects$}  {title}", effect.as_str()))?;
            }
            Some(why) => {
                let why = printer.paint(Tone::Warn, &format!("(hidden: {why})"));
                printer.line(format_args!("{name:names$}  {why}"))?;
            }
        }
    }
    printer.note(format_args!("sha256 of the table: {}", opened.digest()));
    if opened.world.files.is_empty() {
        printer.hint("name a root for the file tools with `[roots.NAME]` in the configuration, or `MCP_SERVER_ROOTS=NAME=DIR`");
    }
    Ok(Exit::Yes)
}

/// The same as one JSON object.
fn list_as_json(opened: &Opened, printer: &Printer) -> Result<Exit, Stopped> {
    let tools: Vec<Value> = opened
        .offers
        .tools
        .rows()
        .map(|row| {
            let definition = row.definition();
            json!({
                "name": definition.name,
                "title": definition.title,
                "effect": definition.effect.as_str(),
                "hidden": hidden(opened, row),
            })
        })
        .collect();
    printer.line(json!({ "v": 1, "tools": tools, "tools_sha256": opened.digest() }))?;
    Ok(Exit::Yes)
}

/// Why clients do not see a tool.
fn hidden(opened: &Opened, row: &Row) -> Option<&'static str> {
    let (policy, definition) = (&opened.policy, row.definition());
    if !row.tool().is_possible(&opened.world) {
        Some(if opened.world.files.is_empty() { "no root" } else { "no writable root" })
    } else if policy.offer.as_ref().is_some_and(|globs| !globs.is_match(definition.name)) {
        Some("not offered")
    } else if policy.read_only && definition.effect.writes() {
        Some("read only")
    } else {
        None
    }
}

fn find<'a>(opened: &'a Opened, name: &str, printer: &Printer) -> Option<&'a Row> {
    let found = opened.offers.tools.find(name);
    if found.is_none() {
        printer.say(format_args!("no tool is named `{}`", unicode::show(name, 80)));
        printer.hint("see which there are with `mcp-server tools list`");
    }
    found
}

/// Tells what a tool does.
fn describe(opened: &Opened, name: &str, printer: &Printer) -> Result<Exit, Stopped> {
    let Some(row) = find(opened, name, printer) else { return Ok(Exit::No) };
    let definition = row.definition();
    let effect = Annotations::from(definition.effect);
    printer.line(format_args!("{name}: {}", definition.description))?;
    let repeat = if effect.idempotent { "safe to repeat" } else { "not safe to repeat" };
    printer.line(format_args!("  {:10}{}; {repeat}", "effect", definition.effect.as_str()))?;
    for line in arguments(&definition.schema) {
        printer.line(format_args!("  {line}"))?;
    }
    let per_key = &opened.config().limits;
    let limit = if per_key.enabled {
        format!("{} calls per key", per_key.tool)
    } else {
        "no limit on calls".to_owned()
    };
    printer.line(format_args!(
        "  {:10}{} KiB a reply unless it says otherwise, {} s a call without progress, {limit}",
        "limits",
        limits::RESULT_BYTES_DEFAULT >> 10,
        limits::CALL_IDLE_MAX.as_secs(),
    ))?;
    if let Some(why) = hidden(opened, row) {
        printer.line(format_args!("  {:10}hidden: {why}", "clients"))?;
    }
    Ok(Exit::Yes)
}

/// Prints what clients get of it, to the letter.
fn describe_as_json(opened: &Opened, name: &str, printer: &Printer) -> Result<Exit, Stopped> {
    let Some(row) = find(opened, name, printer) else { return Ok(Exit::No) };
    let tool = serde_json::to_string(&protocol::tool(row.definition())).map_err(io::Error::from)?;
    printer.line(tool)?;
    Ok(Exit::Yes)
}

fn arguments(schema: &Map<String, Value>) -> Vec<String> {
    let mut rows = Vec::new();
    rows_of(schema, "", &mut rows);
    let names = rows.iter().map(|row| row.name.width()).max().unwrap_or_default().max(8) + 2;
    let types = rows.iter().map(|row| row.kind.width()).max().unwrap_or_default();
    let line = |row: &Told| format!("{:names$}{:types$}  {}  {}", row.name, row.kind, row.need, row.says);
    rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
}

/// What is told of one argument.
struct Told {
    name: String,
    kind: String,
    need: &'static str,
    says: String,
}

/// The arguments of an object, and those of the objects in a list as `edits[].oldText`.
fn rows_of(schema: &Map<String, Value>, before: &str, rows: &mut Vec<Told>) {
    let is_required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|other| other == name))
    };
    for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let name_here = format!("{before}{name}");
        let says = schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ");
        let says =
            [says, bounds(schema)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let need = if is_required(name) { "required" } else { "optional" };
        rows.push(Told { name: name_here.clone(), kind: kind(schema), need, says });
        if let Some(items) = schema.get("items").and_then(Value::as_object) {
            rows_of(items, &format!("{name_here}[]."), rows);
        }
    }
}

/// The bounds of a value, such as `(1 to 1000)`.
fn bounds(schema: &Value) -> String {
    let number = |key: &str| schema.get(key).and_then(Value::as_i64);
    let range = |least: &str, most: &str, unit: &str| match (number(least), number(most)) {
        (Some(least), Some(most)) => Some(format!("({least} to {most}{unit})")),
        (None, Some(most)) => Some(format!("(up to {most}{unit})")),
        (Some(least), None) => Some(format!("({least} or more{unit})")),
        (None, None) => None,
    };
    let words = schema.get("enum").and_then(Value::as_array).map(|words| {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        format!("({})", words.join(" or "))
    });
    words
        .or_else(|| range("minimum", "maximum", ""))
        .or_else(|| range("minLength", "maxLength", " characters"))
        .or_else(|| range("minItems", "maxItems", " of them"))
        .unwrap_or_default()
}

fn kind(schema: &Value) -> String {
    let of = |kind: &Value| {
        kind.as_str()
            .filter(|kind| *kind != "null")
            .map(|kind| if kind == "string" { "text" } else { kind }.to_owned())
    };
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(of).collect::<Vec<_>>().join(" or "),
        Some(kind) => of(kind).unwrap_or_default(),
        None => "any".to_owned(),
    }
}

/// Calls a tool as the person at the console.
pub(super) fn call(opened: Opened, args: &CallArgs, printer: &Printer) -> Result<Exit, Stopped> {
    let arguments = match &args.args_json {
        Some(text) => parse_json(text)?,
        None => parse_pairs(&args.args)?,
    };
    let bytes = serde_json::to_vec(&arguments).map_or(0, |text| text.len());
    let target = Target::Tool { name: args.name.clone(), args: Arguments::from(arguments) };
    let console = opened.start(Door::Console, Beginning::WithFirstEvent)?.at_console()?;
    let answer = console.call(target, bytes);
    console.close();
    match &answer.result {
        Ok(released) if args.json => printer.line(as_json(released, &answer.call.0))?,
        Ok(released) => print(released, printer)?,
        Err(refusal) if args.json => printer.line(json!({
            "v": 1,
            "call": answer.call.0,
            "refused": { "code": refusal.code().as_str(), "says": refusal.to_string() },
        }))?,
        Err(refusal) => {
            let word = printer.paint_err(Tone::Warn, "refused");
            printer.say(format_args!("{word} ({}): {refusal}", refusal.code()));
            if refusal.code() == Code::UnknownTool {
                printer.hint("see which there are, and which are hidden, with `mcp-server tools list`");
            }
            if refusal.code() == Code::WrongType {
                printer.hint("numbers, booleans and lists are written with `:=`, as in `head:=10`");
            }
        }
    }
    let went_well = answer.result.as_ref().is_ok_and(|released| !released.is_failure());
    Ok(if went_well { Exit::Yes } else { Exit::No })
}

fn print(released: &Released, printer: &Printer) -> io::Result<()> {
    let terminal = io::stdout().is_terminal();
    for (_, block) in released.blocks() {
        match block {
            Block::Text(text) | Block::TextResource { text, .. } if terminal => {
                for line in text.lines() {
                    printer.line(
                        line.split('\t')
                            .map(|part| unicode::show(part, usize::MAX))
                            .collect::<Vec<_>>()
                            .join("\t"),
                    )?;
                }
            }
            Block::Text(text) | Block::TextResource { text, .. } => {
                printer.raw(text.as_bytes())?;
                if !text.ends_with('\n') {
                    printer.raw(b"\n")?;
                }
            }
            Block::Image { data, mime }
            | Block::Audio { data, mime }
            | Block::BlobResource { data, mime, .. } => {
                printer.line(format_args!(
                    "({}, {} bytes; `--json` prints it)",
                    unicode::show(mime, 80),
                    data.len()
                ))?;
            }
            Block::Link { uri, name } => {
                printer.line(format_args!("{}  {}", unicode::show(name, 200), unicode::show(uri, 4_096)))?;
            }
        }
    }
    Ok(())
}

fn as_json(released: &Released, call: &str) -> Value {
    let blocks: Vec<Value> = released
        .blocks()
        .iter()
        .map(|(_, block)| match block {
            Block::Text(text) => json!({ "type": "text", "text": text }),
            Block::Image { data, mime } => {
                json!({ "type": "image", "data": BASE64_STANDARD.encode(data), "mimeType": mime })
            }
            Block::Audio { data, mime } => {
                json!({ "type": "audio", "data": BASE64_STANDARD.encode(data), "mimeType": mime })
            }
            Block::TextResource { uri, mime, text } => {
                json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } })
            }
            Block::BlobResource { uri, mime, data } => {
                let blob = BASE64_STANDARD.encode(data);
                json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "blob": blob } })
            }
            Block::Link { uri, name } => json!({ "type": "resource_link", "uri": uri, "name": name }),
        })
        .collect();
    json!({ "v": 1, "call": call, "content": blocks, "isError": released.is_failure() })
}

fn parse_json(text: &str) -> Result<Map<String, Value>, Failure> {
    let text = if text == "-" {
        let mut read = String::new();
        io::stdin()
            .lock()
            .take(limits::MESSAGE_BYTES_MAX as u64)
            .read_to_string(&mut read)
            .map_err(|error| Failure::new(format!("stdin cannot be read: {error}")))?;
        read
    } else {
        text.to_owned()
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Failure::new("`--args-json` must be one JSON object, such as `{\"name\": \"Ada\"}`")),
        Err(error) => Err(Failure::new(format!("`--args-json` is no JSON: {error}"))),
    }
}

fn parse_pairs(pairs: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut map = Map::new();
    for pair in pairs {
        let shown = unicode::show(pair, 80);
        let (key, text) = pair.split_once('=').ok_or_else(|| {
            Failure::new(format!("`{shown}` is no argument; write `name=text` or `name:=json`"))
        })?;
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => {
                let value = serde_json::from_str(text)
                    .map_err(|error| Failure::new(format!("`{shown}` holds no JSON: {error}")))?;
                (key, value)
            }
            None => (key, Value::from(text)),
        };
        if map.insert(key.to_owned(), value).is_some() {
            return Err(Failure::new(format!("`{}` is given twice", unicode::show(key, 80))));
        }
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn pairs(pairs: &[&str]) -> Result<Value, String> {
        let pairs: Vec<String> = pairs.iter().map(ToString::to_string).collect();
        parse_pairs(&pairs).map(Value::Object).map_err(|failure| failure.what)
    }

    #[test]
    fn arguments_are_text_unless_they_say_json() {
        assert_eq!(
            pairs(&["a=1", "b:=1", "c==", "d:=[true]"]),
            Ok(json!({"a": "1", "b": 1, "c": "=", "d": [true]}))
        );
        assert!(pairs(&["a"]).unwrap_err().contains("name=text"));
        assert!(pairs(&["a:=x"]).unwrap_err().contains("no JSON"));
        assert!(pairs(&["a=1", "a=2"]).unwrap_err().contains("twice"));
    }
}
