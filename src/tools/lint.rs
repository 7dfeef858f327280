//! What a tool may say of itself.
//!
//! A model believes a definition, and no person reads it again. So every
//! definition is judged once, at start: names are plain, descriptions hold
//! visible characters and no markup, schemas stay within the subset that every
//! client takes (plain types and bounds, nothing nested without end, nothing
//! that is fetched). A table with a finding does not serve.
//!
//! It judges form. Whether a plain sentence means harm is for the person who
//! adds the tool: a list of bad phrases would refuse honest words and miss the
//! next phrase.

mod judge;
mod portable;
mod prose;

use std::{collections::HashSet, fmt};

pub use judge::{icon, judge};
pub use portable::portable_schema;

use super::Definition;
use crate::{limits, sanitize::unicode};

/// Something wrong with a definition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The tool, as it is named.
    pub tool: String,
    /// What is wrong, and where.
    pub says: String,
}

impl Finding {
    fn new(tool: &str, says: impl Into<String>) -> Self {
        Self { tool: tool.to_owned(), says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tool = unicode::show(&self.tool, limits::TOOL_NAME_BYTES_MAX * 2);
        write!(f, "tool `{tool}`: {}", self.says)
    }
}

/// Judges a table of our own: all of [`judge`], and besides names at most
/// [`limits::TOOL_NAME_BYTES_MAX`] bytes of `[a-z0-9_]`, no name twice, and no name that says
/// it changes something on a tool whose effect says it does not.
pub fn definitions<'a>(definitions: impl Iterator<Item = &'a Definition>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names = HashSet::new();
    for Definition { name, title, description, effect, schema } in definitions {
        findings.extend(judge(name, title, description, schema));
        if !is_plain(name) {
            let max = limits::TOOL_NAME_BYTES_MAX;
            findings.push(Finding::new(name, format!("the name must be at most {max} of a-z, 0-9 and _")));
        }
        if !names.insert(*name) {
            findings.push(Finding::new(name, "another tool has the same name"));
        }
        let verb = name.split('_').next().unwrap_or_default();
        if !effect.writes() && CHANGING_VERBS.contains(&verb) {
            findings.push(Finding::new(
                name,
                format!("its name says `{verb}`, its effect says it changes nothing"),
            ));
        }
    }
    findings
}

/// Judges the further names of a table's tools: as plain as names, and each
/// belongs to one tool alone.
pub fn aliases<'a>(rows: impl Iterator<Item = (&'a str, &'a [&'a str])> + Clone) -> Vec<Finding> {
    let mut taken: HashSet<&str> = rows.clone().map(|(name, _)| name).collect();
    let mut findings = Vec::new();
    for (name, aliases) in rows {
        for alias in aliases {
            let shown = unicode::show(alias, limits::TOOL_NAME_BYTES_MAX * 2);
            if !is_plain(alias) {
                let max = limits::TOOL_NAME_BYTES_MAX;
                let says = format!("its alias `{shown}` must be at most {max} of a-z, 0-9 and _");
                findings.push(Finding::new(name, says));
            } else if !taken.insert(alias) {
                findings.push(Finding::new(name, format!("its alias `{shown}` is the name of another tool")));
            }
        }
    }
    findings
}

fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= limits::TOOL_NAME_BYTES_MAX && name.bytes().all(is_plain)
}

/// First words of names that promise a change, so that `readOnlyHint` cannot contradict the name.
const CHANGING_VERBS: [&str; 10] =
    ["write", "edit", "delete", "remove", "move", "rename", "create", "append", "replace", "undo"];

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{
        policy::Effect,
        refusal::Code,
        sanitize::{args::Arguments, corpus::rows, integer::Integer, path::FilePath, text::Name},
        tools::{Catalog, HelloWorld, Tool},
    };

    const POISON: &str = include_str!("../../tests/corpus/poison.jsonl");
    const UNICODE: &str = include_str!("../../tests/corpus/unicode.txt");

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(map) = value else { panic!("no object") };
        map
    }

    /// Built by moving: `json!` and `clone` recurse, and some arguments here have no end.
    fn schema_with(name: &str, argument: Value) -> Map<String, Value> {
        let properties = Map::from_iter([(name.to_owned(), argument)]);
        Map::from_iter([
            ("type".to_owned(), "object".into()),
            ("properties".to_owned(), Value::Object(properties)),
            ("additionalProperties".to_owned(), false.into()),
        ])
    }

    /// What the lint says of a row of the corpus, put where its channel says.
    fn verdict(channel: &str, text: &str) -> Vec<Finding> {
        let plain = json!({ "type": "string", "description": "A city." });
        let schema = schema_with("city", plain.clone());
        let says = |description: &str| judge("tool", "Tool", description, &schema);
        let argument = |argument: Value| judge("tool", "Tool", "A tool.", &schema_with("city", argument));
        let merged = |text: &str| {
            let mut schema = object(plain.clone());
            schema.extend(object(serde_json::from_str(text).expect("JSON")));
            argument(Value::Object(schema))
        };
        match channel {
            "tool_description" | "server_instructions" | "prompt_template" => says(text),
            "tool_title" => judge("tool", text, "A tool.", &schema),
            "tool_name" => judge(text, "Tool", "A tool.", &schema),
            "param_name" => judge("tool", "Tool", "A tool.", &schema_with(text, plain)),
            "param_description" => argument(json!({ "type": "string", "description": text })),
            "enum_value" => argument(json!({ "type": "string", "enum": ["high", text] })),
            "default_value" => argument(json!({ "type": "string", "default": text })),
            "example_value" => argument(json!({ "type": "string", "examples": [text] })),
            "schema_ref" | "schema_pattern" => merged(text),
            "x_mcp_header" => judge(
                "tool",
                "Tool",
                "A tool.",
                &schema_with("password", json!({ "type": "string", "x-mcp-header": "Value" })),
            ),
            "icon" => icon(text).into_iter().map(|says| Finding::new("tool", says)).collect(),
            "annotation" => {
                // The annotations follow from the effect, so the lie would be in the effect.
                let name = if text.contains("deletes") { "delete_file" } else { "list_directory" };
                let (title, description) = ("Tool", "A tool.");
                definitions(
                    [&Definition { name, title, description, effect: Effect::ReadsDisk, schema }].into_iter(),
                )
            }
            other => panic!("an unknown channel: {other}"),
        }
    }

    #[test]
    fn poisoned_definitions_are_refused_by_their_form_and_honest_ones_pass() {
        // Rows that are plain sentences; form cannot tell them from honest ones.
        const SENTENCES: [&str; 7] = [
            "hidden_instruction",
            "shadowing",
            "rug_pull",
            "authority",
            "conditional_trigger",
            "privilege",
            "instructional_name",
        ];
        let mut missed = Vec::new();
        let (mut sentences, mut caught) = (0, 0);
        for row in POISON.lines() {
            let row: Value = serde_json::from_str(row).expect("JSON");
            let field = |name: &str| row[name].as_str().expect("a text");
            let (channel, technique, text) = (field("channel"), field("technique"), field("text"));
            let is_structural = !SENTENCES.contains(&technique) || channel.ends_with("_value");
            match field("expect") {
                "reject_at_registration" if is_structural => {
                    assert_ne!(verdict(channel, text), [], "{} {technique}: {text}", field("id"));
                }
                "reject_at_registration" => {
                    sentences += 1;
                    if verdict(channel, text).is_empty() {
                        missed.push(field("id").to_owned());
                    } else {
                        caught += 1;
                    }
                }
                "pass" if channel != "tool_result" => {
                    assert_eq!(verdict(channel, text), [], "{} {text}", field("id"));
                }
                _ => {}
            }
        }
        println!(
            "plain sentences: {caught} of {sentences} refused by their form; not seen: {}",
            missed.join(" ")
        );
        assert!(sentences > 0);
    }

    #[test]
    fn hidden_text_in_a_description_is_refused_and_real_languages_are_not() {
        let says = |text: &str| verdict("tool_description", text);
        let escapes = rows(UNICODE, "escape")
            .filter(|(_, row)| row.contains(|char: char| char.is_control() || char == '\u{2029}'));
        for (_, row) in rows(UNICODE, "strip").chain(escapes) {
            assert_ne!(says(&row), [], "{}", row.escape_unicode());
        }
        for (_, row) in rows(UNICODE, "keep").filter(|(_, row)| !row.contains(char::is_control)) {
            assert_eq!(says(&row), [], "{row}");
        }
    }

    #[test]
    fn a_schema_without_end_is_refused_at_once_and_nothing_is_fetched() {
        let one = |key: &str, value: Value| Value::Object(Map::from_iter([(key.to_owned(), value)]));
        let nested = (0..10_000).fold(Value::from("x"), |inner, _| one("anyOf", Value::Array(vec![inner])));
        let wide = one("enum", vec!["x"; 10_000].into());
        for argument in [nested, wide] {
            let schema = schema_with("a", argument);
            let begun = Instant::now();
            assert_eq!(judge("tool", "Tool", "A tool.", &schema).len(), 1);
            assert!(begun.elapsed() < Duration::from_millis(50), "{:?}", begun.elapsed());
            drop_flat(schema);
        }
        for target in ["http://127.0.0.1:1/x.json", "file:///etc/passwd", "other.json", "#/$defs/a"] {
            let schema = schema_with("a", json!({ "type": "string", "$ref": target }));
            assert_ne!(judge("tool", "Tool", "A tool.", &schema), [], "{target}");
        }
    }

    /// Drops a deep value level by level: `Value` itself would recurse.
    fn drop_flat(map: Map<String, Value>) {
        let mut due: Vec<Value> = map.into_iter().map(|(_, value)| value).collect();
        while let Some(value) = due.pop() {
            match value {
                Value::Array(items) => due.extend(items),
                Value::Object(map) => due.extend(map.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
    }

    #[test]
    fn a_secret_is_not_mirrored_into_a_header() {
        let mirrored =
            |name: &str, argument: Value| judge("tool", "Tool", "A tool.", &schema_with(name, argument));
        assert_eq!(mirrored("value", json!({ "type": "string", "x-mcp-header": "Value" })), []);
        for name in ["password", "apiKey", "api_key", "session-token", "clientSecret", "Authorization-Token"]
        {
            assert_ne!(mirrored(name, json!({ "type": "string", "x-mcp-header": "Value" })), [], "{name}");
        }
        assert_eq!(mirrored("token_count", json!({ "type": "integer", "x-mcp-header": "Count" })), []);
        for wrong in [json!(""), json!("a b"), json!("a\r\nb"), json!(5)] {
            assert_ne!(mirrored("value", json!({ "type": "string", "x-mcp-header": wrong })), []);
        }
        assert_ne!(mirrored("value", json!({ "type": "number", "x-mcp-header": "Value" })), []);
        let both = json!({ "type": "string", "x-mcp-header": "Value" });
        let schema = json!({ "type": "object", "properties": { "a": both, "b": both }, "additionalProperties": false });
        assert_eq!(judge("tool", "Tool", "A tool.", &object(schema)).len(), 1);
    }

    #[test]
    fn a_table_has_each_plain_name_once() {
        let schema = schema_with("a", json!({ "type": "string" }));
        let one = |name: &'static str, effect| Definition {
            name,
            title: "Tool",
            description: "A tool.",
            effect,
            schema: schema.clone(),
        };
        let table = [
            one("read_file", Effect::ReadsDisk),
            one("read_file", Effect::ReadsDisk),
            one("Read", Effect::ReadsDisk),
            one("write_file", Effect::WritesDisk),
            one("write_note", Effect::Pure),
            one("a_name_that_is_a_little_longer_than_forty", Effect::Pure),
        ];
        let said: Vec<String> = definitions(table.iter()).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "tool `read_file`: another tool has the same name",
                "tool `Read`: the name must be at most 40 of a-z, 0-9 and _",
                "tool `write_note`: its name says `write`, its effect says it changes nothing",
                "tool `a_name_that_is_a_little_longer_than_forty`: the name must be at most 40 of a-z, 0-9 and _",
            ]
        );
    }

    /// How to sort.
    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Sort {
        /// By name.
        Name,
        /// By size.
        Size,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "only its schema is looked at")]
    enum Plain {
        A,
        B,
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Edit {
        /// What to replace.
        old_text: Name<9>,
        count: Option<u32>,
    }

    /// Words that a client does not see.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Args {
        /// Where it is,
        /// as one sentence.
        path: FilePath,
        head_lines: Option<Integer<1, 1000>>,
        /// The order.
        sort: Option<Sort>,
        #[serde(default)]
        plain: Option<Plain>,
        edits: Option<Vec<Edit>>,
        #[serde(default)]
        deep: bool,
        positive: std::num::NonZeroU32,
        small: u8,
        ratio: f64,
        #[schemars(extend("x-mcp-header" = "Region"))]
        region: Option<Name<20>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    #[test]
    fn a_derived_schema_is_portable() {
        let schema = portable_schema::<Args>();
        assert_eq!(judge("tool", "Tool", "A tool.", &schema), []);
        let expected = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "description": "Where it is, as one sentence." },
                "headLines": { "type": "integer", "minimum": 1, "maximum": 1000 },
                "sort": { "type": "string", "enum": ["name", "size"], "description": "The order. name: By name; size: By size" },
                "plain": { "type": "string", "enum": ["a", "b"] },
                "edits": { "type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "old_text": { "type": "string", "minLength": 1, "maxLength": 9, "description": "What to replace." },
                        "count": { "type": "integer", "minimum": 0 },
                    },
                    "required": ["old_text"], "additionalProperties": false,
                } },
                "deep": { "type": "boolean", "default": false },
                "positive": { "type": "integer", "minimum": 1 },
                "small": { "type": "integer", "minimum": 0, "maximum": 255 },
                "ratio": { "type": "number" },
                "region": { "type": "string", "minLength": 1, "maxLength": 20, "x-mcp-header": "Region" },
            },
            "required": ["path", "positive", "small", "ratio"],
            "additionalProperties": false,
        });
        assert_eq!(Value::Object(schema.clone()), expected);
        let names: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
        assert_eq!(
            names,
            ["path", "headLines", "sort", "plain", "edits", "deep", "positive", "small", "ratio", "region"]
        );
    }

    #[test]
    fn the_guides_examples_are_refused_and_taken_by_hello_world() {
        let schema = portable_schema::<<HelloWorld as Tool>::Args>();
        let greet = |name: &str| {
            let args = Arguments::from(object(json!({ "name": name })));
            args.prove::<<HelloWorld as Tool>::Args>(&schema).map(|_| ()).map_err(|refusal| refusal.code())
        };
        assert_eq!(greet("Hello World"), Ok(()));
        assert_eq!(greet("$(rm -rf /)"), Err(Code::NotAName));
        assert_eq!(greet("rm -rf /; cat /etc/passwd"), Err(Code::NotAName));
        let mut catalog = Catalog::default();
        catalog.add(HelloWorld);
        assert_eq!(catalog.lint(), Ok(()));
    }

    #[test]
    fn no_arguments_are_an_empty_object() {
        let schema = portable_schema::<Nothing>();
        assert_eq!(
            Value::Object(schema.clone()),
            json!({ "type": "object", "properties": {}, "additionalProperties": false })
        );
        assert_eq!(judge("tool", "Tool", "A tool.", &schema), []);
    }

    /// A schema by hand, in a dialect that it names.
    struct ByHand;

    impl JsonSchema for ByHand {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "ByHand".into()
        }

        fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
            schemars::json_schema!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "$defs": { "address": { "$anchor": "addressDef", "type": "object", "properties": { "street": { "type": "string" } } } },
                "properties": { "name": { "type": "string" }, "address": { "$ref": "#/$defs/address" } },
                "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
                "if": { "properties": { "name": { "const": "x" } } }, "then": { "required": ["address"] }, "else": {},
                "additionalProperties": false,
            })
        }
    }

    #[test]
    fn a_schema_that_names_its_dialect_is_left_as_written() {
        let schema = portable_schema::<ByHand>();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["properties"]["address"], json!({ "$ref": "#/$defs/address" }));
        assert_eq!(schema["$defs"]["address"]["$anchor"], "addressDef");
        assert!(schema.contains_key("allOf") && schema.contains_key("if") && schema.contains_key("else"));
        assert_eq!(judge("tool", "Tool", "A tool.", &schema), []);
    }
}
