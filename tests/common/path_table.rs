//! Every argument that takes a path, of every tool.
//!
//! What must hold of one must hold of all. A test compares this table with
//! `tools/list`, so that a tool that is added without its rows is noticed.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test file uses its part of this")]

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// What an argument wants to find at its path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Takes {
    /// A regular file whose text is shown.
    Text,
    /// A regular file whose bytes are shown.
    Bytes,
    /// A directory.
    Directory,
    /// A file or a directory that is not read.
    Either,
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct PathArgument {
    /// The tool.
    pub tool: &'static str,
    /// The argument; of a list, each of its values.
    pub argument: &'static str,
    /// What it wants.
    pub takes: Takes,
    /// What else the tool needs, as JSON.
    with: &'static str,
}

const fn path(tool: &'static str, takes: Takes) -> PathArgument {
    PathArgument { tool, argument: "path", takes, with: "{}" }
}

/// All of them.
pub const PATH_ARGUMENTS: &[PathArgument] = &[
    path("read_text_file", Takes::Text),
    path("read_media_file", Takes::Bytes),
    PathArgument { argument: "paths", ..path("read_multiple_files", Takes::Text) },
    path("list_directory", Takes::Directory),
    path("list_directory_with_sizes", Takes::Directory),
    path("directory_tree", Takes::Directory),
    PathArgument { with: r#"{"pattern":"**"}"#, ..path("search_files", Takes::Directory) },
    PathArgument { with: r#"{"query":"x"}"#, ..path("search_file_contents", Takes::Either) },
    path("get_file_info", Takes::Either),
];

impl PathArgument {
    /// A call of the tool with this path in this argument.
    pub fn call(&self, path: &str) -> (&'static str, Value) {
        let mut arguments: Value = serde_json::from_str(self.with).unwrap();
        arguments[self.argument] = if self.argument == "paths" { json!([path]) } else { json!(path) };
        (self.tool, arguments)
    }

    /// Whether a regular file is what it wants.
    pub fn takes_files(&self) -> bool {
        self.takes != Takes::Directory
    }
}

/// The names in the table.
pub fn in_table() -> BTreeSet<(String, String)> {
    PATH_ARGUMENTS.iter().map(|row| (row.tool.to_owned(), row.argument.to_owned())).collect()
}

/// The arguments that take a path, by their names.
pub fn in_list<'a>(tools: impl IntoIterator<Item = (&'a str, &'a Value)>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (tool, schema) in tools {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_text = [property, &property["items"]].iter().any(|text| text["type"] == "string");
            if is_text && ["path", "paths", "source", "destination"].contains(&name.as_str()) {
                found.insert((tool.to_owned(), name.clone()));
            }
        }
    }
    found
}
