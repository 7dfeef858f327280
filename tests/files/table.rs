//! What a client is told of the tools, before it calls one.

use mcp_server::{
    protocol,
    tools::{Catalog, add_built_in_tools},
};
use serde_json::Value;

use super::{
    ground::Tree,
    path_table::{in_list, in_table},
};

/// A model reads the list with every request.
const LIST_BYTES_MAX: usize = 10_000;

#[test]
fn the_list_of_tools_is_short() {
    let tree = Tree::new();
    let server = tree.server();
    let listed: Vec<Value> = server
        .catalog
        .rows()
        .map(|row| serde_json::to_value(protocol::tool(row.definition())).unwrap())
        .collect();
    let bytes = serde_json::to_string(&listed).unwrap().len();
    let each: Vec<_> =
        listed.iter().map(|tool| format!("{} {}", tool.to_string().len(), tool["name"])).collect();
    assert!(bytes < LIST_BYTES_MAX, "{bytes} bytes: {each:#?}");
}

#[test]
fn every_argument_that_takes_a_path_stands_in_the_table_of_hostile_paths() {
    let mut catalog = Catalog::default();
    add_built_in_tools(&mut catalog);
    let definitions: Vec<_> = catalog
        .rows()
        // what writes is tried in a place that is written to
        .filter(|row| !row.definition().effect.writes() && row.definition().name != "list_changes")
        .map(|row| (row.definition().name, Value::Object(row.definition().schema.clone())))
        .collect();
    assert_eq!(in_list(definitions.iter().map(|(name, schema)| (*name, schema))), in_table());
}
