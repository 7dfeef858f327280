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
#[derive(Clone, Debug, Default, PartialEq)]
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

    /// One text for equal arguments, whatever the order of their keys.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut value = Value::Object(self.0.clone());
        value.sort_all_objects();
        value.to_string()
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
            items
                .iter_mut()
                .enumerate()
                .try_for_each(|(at, item)| names(item, schema, &format!("{path}[{at}]")))
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
