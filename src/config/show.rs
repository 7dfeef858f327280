//! A configuration as text: the commented example, and what is in force.
//!
//! What is printed can be saved and read back. The key from the environment
//! is named, never written.

use std::fmt::Write as _;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::{
    Loaded,
    problem::Origin,
    table::{self, Key, Section},
};
use crate::policy::keys::ENV_KEY;

/// A value that is in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// The whole path.
    pub path: String,
    /// As TOML writes it.
    pub value: String,
    /// Who said so.
    pub origin: Origin,
    /// Whether nobody chose, so that the value depends on other things.
    pub is_open: bool,
}

impl Row {
    /// The value as JSON has it.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        let mut table: Value = toml::from_str(&format!("value = {}", self.value)).ok()?;
        table.get_mut("value").map(Value::take)
    }
}

/// Every value in force, in the order of the table.
#[must_use]
pub fn rows(loaded: &Loaded) -> Vec<Row> {
    let mut rows = Vec::new();
    for section in table::SECTIONS {
        let names: Vec<&str> = match section.name {
            "roots" => loaded.config.roots.iter().map(|root| root.name.as_str()).collect(),
            "keys" => loaded
                .config
                .keys
                .iter()
                .map(|key| key.name.as_str())
                .filter(|name| *name != ENV_KEY)
                .collect(),
            _ => vec![""],
        };
        for name in names {
            rows.extend(table::keys_of(section.name).filter_map(|key| row(loaded, key, name)));
        }
    }
    rows
}

fn row(loaded: &Loaded, key: &Key, name: &str) -> Option<Row> {
    let path = key.path_of(name);
    let origin = loaded.origins.of(&path);
    match (key.show)(&loaded.config, name) {
        // Where the system keeps state is nobody's choice, and may be elsewhere tomorrow.
        Some(value) if key.path == "events.dir" && origin == Origin::Default => {
            Some(Row { path, value, origin, is_open: true })
        }
        Some(value) => Some(Row { path, value, origin, is_open: false }),
        // An absent `tools`, `roots` or `expires` of a key means something else than any value.
        None if key.is_named() => None,
        None => Some(Row { path, value: key.default.to_owned(), origin, is_open: true }),
    }
}

/// The example file: every key at its default, commented out.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# mcp-server: every key, at its default. Uncomment to change.\n\
         # Order of authority: this file < MCP_SERVER_* < flags. See `mcp-server config show --origin`.\n",
    );
    for section in table::SECTIONS {
        text.push('\n');
        example_section(&mut text, section);
    }
    text
}

/// Where the remarks begin.
const REMARK_COLUMN: usize = 38;

fn example_section(text: &mut String, section: &Section) {
    let hash = if section.is_named() { "#" } else { "" };
    remarked(text, &format!("{hash}[{}]", section.header), section.says);
    let widest = table::keys_of(section.name).map(|key| key.field().len()).max().unwrap_or_default();
    for key in table::keys_of(section.name) {
        remarked(text, &format!("#{:widest$} = {}", key.field(), key.default), key.says);
    }
}

fn remarked(text: &mut String, line: &str, says: &str) {
    let gap = REMARK_COLUMN.saturating_sub(line.width()).max(2);
    let _infallible =
        if says.is_empty() { writeln!(text, "{line}") } else { writeln!(text, "{line}{:gap$}# {says}", "") };
}
