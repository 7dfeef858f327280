//! `mcp-server changes`: the owner's own view of what was changed.

use std::process::Output;

use serde_json::{Value, json};

use crate::desk::{Desk, change};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn changes_are_listed_shown_undone_and_pruned_without_a_configuration() {
    let mut desk = Desk::new();
    desk.put("a.txt", "one\n");
    let id = change(&desk.edit("a.txt", "one", "two"));
    let run = |args: &[&str]| desk.place.run(args);
    let listed = said(&run(&["changes", "list"]));
    assert!(
        listed.contains(&id) && listed.contains("changed files:/a.txt (4 bytes before, 4 bytes after)"),
        "{listed}"
    );
    let shown = said(&run(&["changes", "show", &id]));
    assert!(shown.contains("edit_file by parent") && shown.contains("-one\n+two"), "{shown}");
    let json: Value = serde_json::from_slice(&run(&["changes", "list", "--json"]).stdout).unwrap();
    assert_eq!((&json["id"], &json["tool"]), (&json!(id), &json!("edit_file")));

    desk.put("a.txt", "three\n");
    let refused = run(&["changes", "undo", &id]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("was changed since"), "{}", said(&refused));
    desk.holds("a.txt", "three\n");
    let undone = run(&["changes", "undo", &id, "--force"]);
    assert!(undone.status.success(), "{}", said(&undone));
    desk.holds("a.txt", "one\n");

    let pruned = said(&run(&["changes", "prune"]));
    assert!(pruned.starts_with("removed 0 changes"), "{pruned}");
    let unknown = run(&["changes", "undo", "../../x"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("mcp-server changes list"));
}
