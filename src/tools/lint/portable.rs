//! From what schemars derives to what every client takes.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The schema of `T` in the portable subset: subschemas inlined; no `$schema`, `title`, `format`,
/// `anyOf` around an optional value, `null` among types, or `exclusiveMinimum`; unknown arguments
/// refused; properties in the order of the fields.
///
/// What cannot be said in the subset stays as it is, for [`judge`](super::judge) to find. A type
/// that writes its schema by hand and names a dialect (`$schema`) is left as written.
#[must_use]
pub fn portable_schema<T: JsonSchema>() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let Value::Object(mut root) = settings.into_generator().into_root_schema_for::<T>().to_value() else {
        return Map::new(); // `true`: no schema at all, which the lint refuses
    };
    if root.contains_key("$schema") {
        root.shift_remove("title"); // schemars' own, of the type's name
        return root;
    }
    reduce(&mut root);
    // The words of the arguments' type are ours; the tool's description is what a model reads.
    root.shift_remove("description");
    if root.get("type") == Some(&json!("object")) {
        root.entry("properties").or_insert_with(|| json!({}));
        root.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    root
}

/// Reduces one schema and all beneath it. As deep as `T`, which is finite: schemars refers where
/// a type holds itself.
fn reduce(schema: &mut Map<String, Value>) {
    for noise in ["title", "format"] {
        schema.shift_remove(noise);
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.shift_remove("default");
    }
    if let Some(Value::String(says)) = schema.get_mut("description") {
        // Where the source breaks its lines means nothing.
        *says = says.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    drop_null_type(schema);
    unwrap_optional(schema);
    join_constants(schema);
    if let Some(value) = schema.shift_remove("const") {
        schema.insert("enum".to_owned(), Value::Array(vec![value]));
    }
    if let Some(bound) = schema.get("exclusiveMinimum").and_then(Value::as_i64) {
        schema.shift_remove("exclusiveMinimum");
        schema.insert("minimum".to_owned(), bound.saturating_add(1).into());
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().filter_map(Value::as_object_mut).for_each(reduce);
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    if let Some(Value::Object(items)) = schema.get_mut("items") {
        reduce(items);
    }
}

/// `"type": ["string", "null"]` is how schemars says optional; `required` says it already.
fn drop_null_type(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [kind] = types.as_slice() {
            let kind = kind.clone();
            schema.insert("type".to_owned(), kind);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// `anyOf: [X, null]` is X. Words beside it win over those of X.
fn unwrap_optional(schema: &mut Map<String, Value>) {
    let Some(Value::Array(options)) = schema.get("anyOf") else { return };
    let mut some = options.iter().filter(|option| option.get("type") != Some(&json!("null")));
    let (Some(Value::Object(only)), None) = (some.next(), some.next()) else { return };
    let only = only.clone();
    schema.shift_remove("anyOf");
    let mut merged = only;
    merged.append(schema);
    *schema = merged;
    reduce(schema);
}

/// An enum whose variants have words of their own comes as `oneOf` constants; their words join
/// the description.
fn join_constants(schema: &mut Map<String, Value>) {
    let Some(Value::Array(options)) = schema.get("oneOf") else { return };
    let mut values = Vec::new();
    let mut words = Vec::new();
    for option in options {
        let own: Vec<&Value> = match (option.get("const"), option.get("enum")) {
            (Some(value), None) => vec![value],
            (None, Some(Value::Array(values))) => values.iter().collect(),
            _ => return,
        };
        if own.iter().any(|value| !value.is_string()) {
            return;
        }
        if let ([Value::String(value)], Some(Value::String(says))) =
            (own.as_slice(), option.get("description"))
        {
            words.push(format!("{value}: {}", says.trim_end_matches('.')));
        }
        values.extend(own.into_iter().cloned());
    }
    schema.shift_remove("oneOf");
    let said = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let said: Vec<String> = said.into_iter().chain((!words.is_empty()).then(|| words.join("; "))).collect();
    if !said.is_empty() {
        schema.insert("description".to_owned(), said.join(" ").into());
    }
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), Value::Array(values));
}
