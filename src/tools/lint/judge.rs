//! One definition, ours or a stranger's, against the rules.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Finding, prose};
use crate::{limits, sanitize::unicode};

/// Keywords of the portable subset: what every client takes, and what can be checked without
/// surprises. No `pattern`, because engines differ and some take exponential time.
const PORTABLE: [&str; 14] = [
    "type",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// What a schema that names its dialect may use besides; its tool gives up some clients.
const DIALECT: [&str; 12] =
    ["$schema", "$defs", "$anchor", "$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "const"];

/// The one dialect that may be named (MCP 2026-07-28, basic, JSON Schema usage).
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// An argument that is mirrored into an HTTP header, where proxies log it (MCP 2026-07-28,
/// streamable HTTP, custom headers).
const HEADER: &str = "x-mcp-header";

/// What the name of an argument that holds a secret contains, without its separators.
const SECRETS: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "credential", "apikey", "accesskey", "privatekey"];

/// Judges a definition by what the protocol and every client need. Time is linear in the
/// definition: depth and size are bounded before anything is walked, and nothing is ever fetched.
#[must_use]
pub fn judge(name: &str, title: &str, description: &str, schema: &Map<String, Value>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    // MCP 2026-07-28, tools, tool names.
    if name.is_empty() || name.len() > limits::FOREIGN_NAME_BYTES_MAX || !name.bytes().all(is_plain) {
        let max = limits::FOREIGN_NAME_BYTES_MAX;
        findings
            .push(Finding::new(name, format!("the name must be 1 to {max} of A-Z, a-z, 0-9, _, . and -")));
    }
    for (what, text, max) in [
        ("title", title, limits::TITLE_BYTES_MAX),
        ("description", description, limits::DESCRIPTION_BYTES_MAX),
    ] {
        findings
            .extend(prose::fault(text, max).map(|fault| Finding::new(name, format!("the {what} {fault}"))));
    }
    if let Err(fault) = bounded(schema) {
        findings.push(Finding::new(name, fault));
        return findings;
    }
    let mut judge = Judge {
        tool: name,
        is_dialect: schema.get("$schema").and_then(Value::as_str) == Some(DRAFT),
        headers: HashSet::new(),
        findings,
    };
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        judge.find("", "must be of type object");
    }
    judge.schema(schema, "");
    judge.findings
}

/// What is wrong with the address of an icon, if anything: it must be embedded or come over https.
#[must_use]
pub fn icon(src: &str) -> Option<&'static str> {
    let is_plain = src.len() <= limits::ICON_BYTES_MAX && src.bytes().all(|byte| byte.is_ascii_graphic());
    // No SVG: it can hold a script.
    let is_image =
        ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/webp;base64,", "https://"]
            .iter()
            .any(|start| src.starts_with(start));
    (!is_plain || !is_image).then_some("an icon must be an embedded PNG, JPEG or WebP, or an https address")
}

/// Refuses a schema that is too deep or too large, before anything recurses into it.
fn bounded(schema: &Map<String, Value>) -> Result<(), String> {
    let mut nodes = 0_usize;
    let mut due: Vec<(&Value, usize)> = schema.values().map(|value| (value, 1)).collect();
    while let Some((value, depth)) = due.pop() {
        nodes += 1;
        if depth > limits::SCHEMA_DEPTH_MAX {
            return Err(format!("the schema is nested deeper than {} levels", limits::SCHEMA_DEPTH_MAX));
        }
        if nodes > limits::SCHEMA_NODES_MAX {
            return Err(format!("the schema has more than {} parts", limits::SCHEMA_NODES_MAX));
        }
        match value {
            Value::Array(items) => due.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => due.extend(map.values().map(|value| (value, depth + 1))),
            _ => {}
        }
    }
    Ok(())
}

/// Walks a schema that [`bounded`] let pass.
struct Judge<'a> {
    tool: &'a str,
    is_dialect: bool,
    headers: HashSet<String>,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn find(&mut self, at: &str, says: &str) {
        let at = if at.is_empty() { "the schema".to_owned() } else { format!("argument `{at}`") };
        self.findings.push(Finding::new(self.tool, format!("{at} {says}")));
    }

    fn schema(&mut self, schema: &Map<String, Value>, at: &str) {
        for (keyword, value) in schema {
            let is_known = PORTABLE.contains(&keyword.as_str())
                || keyword == HEADER
                || (self.is_dialect && DIALECT.contains(&keyword.as_str()));
            if !is_known {
                let keyword = unicode::show(keyword, limits::TOOL_NAME_BYTES_MAX);
                self.find(at, &format!("uses `{keyword}`, which not every client takes"));
            }
            match (keyword.as_str(), value) {
                ("description", Value::String(text)) => {
                    if let Some(fault) = prose::fault(text, limits::DESCRIPTION_BYTES_MAX) {
                        self.find(at, &format!("has a description that {fault}"));
                    }
                }
                ("properties" | "$defs", Value::Object(map)) => self.properties(map, at),
                ("items" | "not" | "if" | "then" | "else", Value::Object(schema)) => self.schema(schema, at),
                ("allOf" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                    schemas.iter().filter_map(Value::as_object).for_each(|schema| self.schema(schema, at));
                }
                ("enum", Value::Array(values)) => values.iter().for_each(|value| self.value(value, at)),
                ("default" | "const", value) => self.value(value, at),
                ("$ref", value) if !value.as_str().is_some_and(|target| target.starts_with('#')) => {
                    self.find(at, "refers to something outside itself");
                }
                ("type", value) if !is_type(value) => self.find(at, "must have exactly one type"),
                ("additionalProperties", value) if value != &Value::Bool(false) => {
                    self.find(at, "must refuse unknown arguments (`additionalProperties: false`)");
                }
                _ => {}
            }
        }
        if !self.is_dialect {
            self.shape(schema, at);
        }
    }

    /// What the portable subset asks of each schema besides its keywords.
    fn shape(&mut self, schema: &Map<String, Value>, at: &str) {
        let Some(kind) = schema.get("type").and_then(Value::as_str) else {
            return self.find(at, "must have exactly one type");
        };
        if kind == "object" && !schema.contains_key("additionalProperties") {
            self.find(at, "must refuse unknown arguments (`additionalProperties: false`)");
        }
        if kind == "array" && !schema.get("items").is_some_and(Value::is_object) {
            self.find(at, "must say what its items are");
        }
        let known = |name: &str| schema.get("properties").is_some_and(|known| known.get(name).is_some());
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        if required.filter_map(Value::as_str).any(|name| !known(name)) {
            self.find(at, "requires an argument that it does not have");
        }
    }

    fn properties(&mut self, map: &Map<String, Value>, at: &str) {
        for (name, schema) in map {
            let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            let below = unicode::show(&below, limits::ARGUMENT_SHOWN_BYTES_MAX);
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            if name.is_empty() || name.len() > limits::TOOL_NAME_BYTES_MAX || !name.bytes().all(is_plain) {
                let max = limits::TOOL_NAME_BYTES_MAX;
                self.find(&below, &format!("must be named with 1 to {max} of A-Z, a-z, 0-9, _ and -"));
            }
            let Some(schema) = schema.as_object() else {
                self.find(&below, "must have a schema");
                continue;
            };
            if let Some(header) = schema.get(HEADER) {
                self.header(name, header, schema, &below);
            }
            self.schema(schema, &below);
        }
    }

    fn header(&mut self, name: &str, header: &Value, schema: &Map<String, Value>, at: &str) {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        match header.as_str() {
            Some(header) if !header.is_empty() && header.bytes().all(is_token) => {
                // Header names have no case (RFC 9110, section 5.1).
                if !self.headers.insert(header.to_ascii_lowercase()) {
                    self.find(at, "shares its header with another argument");
                }
                if is_secret(name) || is_secret(header) {
                    self.find(at, "looks like a secret, and a header is logged on the way");
                }
            }
            _ => self.find(at, "must be mirrored into a header that has a name"),
        }
        if !matches!(schema.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")) {
            self.find(at, "must be a string, an integer or a boolean to be mirrored into a header");
        }
    }

    /// A value that a client may show or send: an element of `enum`, a `default`.
    fn value(&mut self, value: &Value, at: &str) {
        match value {
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => {
                let fault = prose::fault(text, limits::TITLE_BYTES_MAX);
                if let Some(fault) = fault {
                    self.find(at, &format!("has a value that {fault}"));
                } else if text.contains(['$', '`', ';', '|', '{', '}']) {
                    self.find(at, "has a value with shell or template syntax");
                }
            }
            Value::Array(_) | Value::Object(_) if !self.is_dialect => {
                self.find(at, "has a value that is not a plain one");
            }
            _ => {}
        }
    }
}

fn is_type(value: &Value) -> bool {
    matches!(value.as_str(), Some("string" | "integer" | "number" | "boolean" | "array" | "object"))
}

/// `apiKey`, `api_key` and `API-Key` are one name. `token_count` is none, `session_token` is.
fn is_secret(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    plain.ends_with("token") || SECRETS.iter().any(|secret| plain.contains(secret))
}
