//! The details of an event, in as many bytes as there are for them.

use serde_json::{Map, Value};

use super::show;

/// All details of one event, in bytes.
const DETAILS_BYTES_MAX: usize = 6 << 10;
const DETAILS_DEPTH_MAX: usize = 8;
/// How long strings may be; the next is tried when the details are still too long.
const DETAIL_BYTES_MAX: [usize; 4] = [1 << 10, 256, 64, 16];

/// The details that fit: whole if they can be, with shorter strings if they
/// must be, and with the first entries and a count of the rest otherwise.
pub(super) fn push_details(out: &mut Vec<u8>, details: &Map<String, Value>) {
    let start = out.len();
    let end = start + DETAILS_BYTES_MAX;
    for max in DETAIL_BYTES_MAX {
        if push_map(out, details, &Fit { max, end }, 0).is_some() {
            return;
        }
        out.truncate(start);
    }
    let fit = Fit { max: 16, end: end - 64 };
    let mut left_out = 0_u64;
    out.push(b'{');
    for (key, value) in details {
        let mark = out.len();
        if push_entry(out, key, value, &fit, 0).is_none() {
            out.truncate(mark);
            left_out += 1;
        } else {
            out.push(b',');
        }
    }
    out.extend_from_slice(format!("\"left_out\":{left_out}}}").as_bytes());
}

/// How long a string may be, and where the output must end.
struct Fit {
    max: usize,
    end: usize,
}

impl Fit {
    fn check(&self, out: &[u8]) -> Option<()> {
        (out.len() <= self.end).then_some(())
    }
}

fn push_map(out: &mut Vec<u8>, map: &Map<String, Value>, fit: &Fit, depth: usize) -> Option<()> {
    out.push(b'{');
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_entry(out, key, value, fit, depth)?;
    }
    out.push(b'}');
    fit.check(out)
}

fn push_entry(out: &mut Vec<u8>, key: &str, value: &Value, fit: &Fit, depth: usize) -> Option<()> {
    push_text(out, key, fit.max.min(128));
    out.push(b':');
    push_value(out, value, fit, depth + 1)
}

fn push_text(out: &mut Vec<u8>, text: &str, max: usize) {
    out.push(b'"');
    show::push_json(out, text, max);
    out.push(b'"');
}

fn push_value(out: &mut Vec<u8>, value: &Value, fit: &Fit, depth: usize) -> Option<()> {
    match value {
        Value::Array(_) | Value::Object(_) if depth > DETAILS_DEPTH_MAX => push_text(out, "…", fit.max),
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(yes) => out.extend_from_slice(if *yes { b"true" } else { b"false" }),
        Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::String(text) => push_text(out, text, fit.max),
        Value::Array(values) => {
            out.push(b'[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                push_value(out, value, fit, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(map) => return push_map(out, map, fit, depth),
    }
    fit.check(out)
}
