//! The narrowest change of the configuration that would have let an event pass.
//!
//! There is none for what nobody should allow: a path that leaves its root, a
//! name that hides something, a message that is none.

use serde_json::Value;

use crate::{
    events::{record::Record, show::show},
    refusal::Code,
};

/// What to write into the configuration, if anything would do and should be thought of.
#[must_use]
pub fn allow(record: &Record) -> Option<String> {
    let fields = &record.fields;
    let key = fields.identifier.strip_prefix("key:").map(show);
    let detail = |name: &str| fields.details.get(name).and_then(Value::as_str).map(quoted);
    Some(match Code::parse(fields.code.as_deref()?)? {
        Code::UntrustedOrigin => {
            format!("add {} to `http.origins`, if that page is yours", detail("origin")?)
        }
        Code::UntrustedHost => format!("add {} to `http.hosts`, if that name is yours", detail("host")?),
        Code::UnknownTool => {
            let tool = quoted(fields.tool.as_deref()?);
            format!("if there is such a tool: add {tool} to `tools` in `[keys.{}]`", key?)
        }
        Code::KeyReach => format!("`events = true` in `[keys.{}]`, if it is to read the log", key?),
        Code::KeyAddress => format!(
            "add {} to the key's `from`, if it is meant to come from there",
            quoted(fields.peer.as_deref()?)
        ),
        Code::ExpiredKey => "a later `expires` in the key's section, or better a new key".to_owned(),
        Code::LimitAddress => "a higher `limits.address`, or a key for whoever comes from there".to_owned(),
        Code::LimitKey => "a higher `limits.key`".to_owned(),
        Code::LimitTool => "a higher `limits.tool`".to_owned(),
        Code::LimitRepeat => "a higher `limits.repeat`".to_owned(),
        Code::MessageTooLarge => "a higher `http.body`".to_owned(),
        _ => return None,
    })
}

/// As it would stand in TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", show(text).replace('"', "\\\""))
}
