//! The arguments of a call, from raw JSON to proven types.
//!
//! [`Arguments::prove`] is the only way from one to the other. It names the
//! argument that broke a rule, the rule, and its bound; the value never
//! appears. Nothing is coerced: `"5"` is no integer and `5.0` neither.
//!
//! Names and `null` are settled from the schema first, at every level, so that
//! a client reads `edits[2].newtext` and not a parser's words. Types and
//! bounds are proven by the types alone; the schema then only says in words
//! what would have been right.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::unicode;
use crate::{
    limits,
    refusal::{Broken, Code, Refusal},
};

/// Arguments as they came.
#[derive(Clone, Debug, Default, Hash, PartialEq)]
pub struct Arguments(Map<String, Value>);

impl From<Map<String, Value>> for Arguments {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl Arguments {
    /// Turns them into `T`, whose schema is `schema`.
    ///
    /// `null` for an argument that may be left out counts as left out.
    ///
    /// # Errors
    ///
    /// [`Refusal::Argument`] for the first argument that is unknown, then that is missing, then
    /// that is not what its type takes.
    pub fn prove<T: DeserializeOwned>(self, schema: &Map<String, Value>) -> Result<T, Refusal> {
        let mut value = Value::Object(self.0);
        names(&mut value, schema, "")?;
        serde_path_to_error::deserialize(&value).map_err(|error| {
            let path = error.path();
            let broken = Broken::from_text(&error.inner().to_string())
                .unwrap_or_else(|| must_be(schema_at(schema, path), value_at(&value, path)));
            refuse(&path.to_string(), broken)
        })
    }
}

fn refuse(argument: &str, broken: Broken) -> Refusal {
    // A path holds names that the client chose.
    Refusal::Argument { argument: unicode::show(argument, limits::ARGUMENT_SHOWN_BYTES_MAX), broken }
}

/// Settles names at every level: refuses unknown ones, drops `null` where nothing is needed,
/// refuses what is missing. Goes no deeper than `schema`, which the table of tools bounds.
fn names(value: &mut Value, schema: &Map<String, Value>, path: &str) -> Result<(), Refusal> {
    match value {
        Value::Object(map) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else {
                return if path.is_empty() { unknown(map, &Map::new(), path) } else { Ok(()) };
            };
            let required = || schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let is_required = |name: &str| required().any(|required| required == name);
            unknown(map, known, path)?;
            map.retain(|name, value| !value.is_null() || is_required(name));
            if let Some(name) = required().filter_map(Value::as_str).find(|name| !map.contains_key(*name)) {
                return Err(refuse(&below(path, name), Broken::new(Code::MissingArgument, "is required")));
            }
            for (name, value) in map {
                if let Some(schema) = known.get(name).and_then(Value::as_object) {
                    names(value, schema, &below(path, name))?;
                }
            }
            Ok(())
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items").and_then(Value::as_object) else { return Ok(()) };
            let mut nested =
                items.iter_mut().enumerate().filter(|(_, item)| item.is_object() || item.is_array());
            nested.try_for_each(|(at, item)| names(item, schema, &format!("{path}[{at}]")))
        }
        _ => Ok(()),
    }
}

fn unknown(map: &Map<String, Value>, known: &Map<String, Value>, path: &str) -> Result<(), Refusal> {
    let Some(name) = map.keys().find(|name| !known.contains_key(*name)) else { return Ok(()) };
    let takes: Vec<&str> = known.keys().map(String::as_str).collect();
    let says = if takes.is_empty() {
        "is unknown; there are no arguments here".into()
    } else {
        format!("is unknown; use {}", takes.join(", "))
    };
    Err(refuse(&below(path, name), Broken::new(Code::UnknownArgument, says)))
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn schema_at<'a>(schema: &'a Map<String, Value>, path: &Path) -> Option<&'a Map<String, Value>> {
    path.iter().try_fold(schema, |schema, segment| match segment {
        Segment::Map { key } => schema.get("properties")?.get(key)?.as_object(),
        Segment::Seq { .. } => schema.get("items")?.as_object(),
        _ => None,
    })
}

fn value_at<'a>(value: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        Segment::Map { key } => value.get(key),
        Segment::Seq { index } => value.get(index),
        _ => None,
    })
}

/// What the schema asks for, for a value that its type did not take.
fn must_be(schema: Option<&Map<String, Value>>, value: Option<&Value>) -> Broken {
    let Some(schema) = schema else {
        return Broken::new(Code::WrongType, "is not what the schema of this tool asks for");
    };
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    // Of the right type and still not taken: not one of the values, or outside the bounds.
    let is_of_kind = match value {
        Some(Value::String(_)) => kind == "string",
        Some(Value::Number(number)) => kind == "number" || (kind == "integer" && !number.is_f64()),
        Some(Value::Bool(_)) => kind == "boolean",
        Some(Value::Array(_)) => kind == "array",
        Some(Value::Object(_)) => kind == "object",
        Some(Value::Null) | None => false,
    };
    Broken::new(if is_of_kind { Code::OutOfRange } else { Code::WrongType }, in_words(schema, kind))
}

fn in_words(schema: &Map<String, Value>, kind: &str) -> String {
    let bound = |name: &str| schema.get(name).filter(|bound| bound.is_number());
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        return format!("must be one of {}", values.join(", "));
    }
    let (noun, least, most) = match kind {
        "integer" => ("an integer", bound("minimum"), bound("maximum")),
        "number" => ("a number", bound("minimum"), bound("maximum")),
        "string" => {
            return match bound("maxLength") {
                Some(max) => format!("must be a string of at most {max} bytes"),
                None => "must be a string".to_owned(),
            };
        }
        "boolean" => ("true or false", None, None),
        "array" => ("a list", None, None),
        "object" => ("an object", None, None),
        _ => return "is not what the schema of this tool asks for".to_owned(),
    };
    match (least, most) {
        (Some(least), Some(most)) => format!("must be {noun} from {least} to {most}"),
        (Some(least), None) => format!("must be {noun} of at least {least}"),
        (None, Some(most)) => format!("must be {noun} of at most {most}"),
        (None, None) => format!("must be {noun}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::sanitize::{integer::Integer, path::FilePath, text::Name};

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Args {
        path: FilePath,
        name: Option<Name<10>>,
        #[serde(default)]
        limit: Option<Integer<1, 1000>>,
        #[serde(default)]
        sort: Sort,
        #[serde(default)]
        deep: bool,
        #[serde(default)]
        edits: Vec<Edit>,
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Sort {
        #[default]
        Name,
        Size,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Edit {
        old_text: Name<5>,
        note: Option<Name<5>>,
    }

    fn prove(args: Value) -> Result<Args, Refusal> {
        let schema = json!({
            "type": "object",
            "properties": {
                "path": { "type": "string", "minLength": 1, "maxLength": 4096 },
                "name": { "type": "string", "maxLength": 10 },
                "limit": { "type": "integer", "minimum": 1, "maximum": 1000 },
                "sort": { "type": "string", "enum": ["name", "size"] },
                "deep": { "type": "boolean" },
                "edits": { "type": "array", "items": {
                    "type": "object", "required": ["oldText"],
                    "properties": { "oldText": { "type": "string" }, "note": { "type": "string" } },
                } },
            },
            "required": ["path"],
        });
        let (Value::Object(args), Value::Object(schema)) = (args, schema) else { panic!("two objects") };
        Arguments::from(args).prove(&schema)
    }

    #[track_caller]
    fn refused(args: Value, code: Code, says: &str) {
        let refusal = prove(args).expect_err("a refusal");
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, says));
    }

    #[test]
    fn right_arguments_become_their_types() {
        let args = prove(
            json!({ "path": "a", "limit": 5, "sort": "size", "deep": true, "edits": [{ "oldText": "x" }] }),
        );
        let args = args.expect("arguments");
        assert_eq!((args.path.as_str(), args.limit.map(Integer::get), args.sort), ("a", Some(5), Sort::Size));
    }

    #[test]
    fn null_for_what_may_be_left_out_counts_as_left_out() {
        let args =
            json!({ "path": "a", "name": null, "limit": null, "sort": null, "deep": null, "edits": null });
        assert_eq!(prove(args), prove(json!({ "path": "a" })));
        assert!(prove(json!({ "path": "a", "edits": [{ "oldText": "x", "note": null }] })).is_ok());
        refused(json!({ "path": null }), Code::WrongType, "`path` must be a string of at most 4096 bytes");
    }

    #[test]
    fn an_unknown_argument_is_named_and_so_are_the_known_ones() {
        let known = "use path, name, limit, sort, deep, edits";
        refused(json!({ "colour": 1 }), Code::UnknownArgument, &format!("`colour` is unknown; {known}"));
        refused(
            json!({ "\u{202e}\n": 1 }),
            Code::UnknownArgument,
            &format!("`\\u{{202e}}\\u{{a}}` is unknown; {known}"),
        );
        let long = prove(json!({ "x".repeat(1_000_000): 1 })).expect_err("a refusal").to_string();
        assert!(long.len() < 150, "{long}");
        refused(
            json!({ "path": "a", "edits": [{ "oldText": "x" }, { "oldtext": "x" }] }),
            Code::UnknownArgument,
            "`edits[1].oldtext` is unknown; use oldText, note",
        );
    }

    #[test]
    fn a_missing_argument_is_named() {
        refused(json!({}), Code::MissingArgument, "`path` is required");
        refused(
            json!({ "path": "a", "edits": [{}] }),
            Code::MissingArgument,
            "`edits[0].oldText` is required",
        );
    }

    #[test]
    fn a_wrong_type_is_told_what_would_be_right_and_nothing_is_coerced() {
        let path = |key: &str, value: Value| json!({ "path": "a", key: value });
        let integer = "`limit` must be an integer from 1 to 1000";
        for wrong in [json!("5"), json!(5.0), json!(true), json!([5]), json!({}), json!(1e300)] {
            refused(path("limit", wrong), Code::WrongType, integer);
        }
        for outside in [json!(0), json!(1001), json!(-1), json!(u64::MAX)] {
            refused(path("limit", outside), Code::OutOfRange, integer);
        }
        refused(path("sort", json!("date")), Code::OutOfRange, "`sort` must be one of name, size");
        refused(path("sort", json!(1)), Code::WrongType, "`sort` must be one of name, size");
        refused(path("deep", json!("true")), Code::WrongType, "`deep` must be true or false");
        refused(path("deep", json!(0)), Code::WrongType, "`deep` must be true or false");
        refused(path("edits", json!("x")), Code::WrongType, "`edits` must be a list");
        refused(path("edits", json!(["x"])), Code::WrongType, "`edits[0]` must be an object");
        refused(
            path("edits", json!([{ "oldText": 1 }])),
            Code::WrongType,
            "`edits[0].oldText` must be a string",
        );
    }

    #[test]
    fn a_broken_rule_keeps_its_code_and_words() {
        refused(
            json!({ "path": "../x" }),
            Code::PathLeavesRoot,
            "`path` must stay inside its root: a `..` in it leads out",
        );
        refused(
            json!({ "path": "a", "name": "12345678901" }),
            Code::TooLong,
            "`name` must be at most 10 bytes",
        );
        let deep = json!({ "path": "a", "edits": [{ "oldText": "x" }, { "oldText": "123456" }] });
        refused(deep, Code::TooLong, "`edits[1].oldText` must be at most 5 bytes");
    }

    #[test]
    fn equal_arguments_hash_alike_in_any_order() {
        use std::hash::{BuildHasher, RandomState};
        let keys = RandomState::new();
        let hash =
            |value: Value| keys.hash_one(Arguments::from(value.as_object().expect("an object").clone()));
        assert_eq!(
            hash(json!({ "b": [{ "d": 1, "c": 2 }], "a": null })),
            hash(json!({ "a": null, "b": [{ "c": 2, "d": 1 }] })),
        );
        assert_ne!(hash(json!({ "a": 1 })), hash(json!({ "a": "1" })));
        assert_ne!(hash(json!({ "a": [1, 2] })), hash(json!({ "a": [2, 1] })));
    }

    proptest! {
        #[test]
        fn no_refusal_repeats_a_value(value in "SECRET[a-z<>$ ]{0,30}", key in prop::sample::select(vec!["path", "name", "limit", "sort", "deep", "edits"])) {
            let mut args = json!({ "path": "a" });
            args[key] = Value::from(format!("../{value}"));
            if let Err(refusal) = prove(args.clone()) {
                prop_assert!(!format!("{refusal:?}").contains("SECRET"), "{:?}", refusal);
            }
            args[key] = json!([{ "oldText": value, "note": { "x": value } }]);
            if let Err(refusal) = prove(args) {
                prop_assert!(!format!("{refusal:?}").contains("SECRET"), "{:?}", refusal);
            }
        }
    }
}
