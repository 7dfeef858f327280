//! The line that lifts it.

use serde_json::json;

use crate::{
    common::Door,
    desk::{Desk, SECRET, is_protected},
};

#[test]
fn the_line_that_a_refusal_names_lifts_it_for_that_place_alone() {
    for door in Door::ALL {
        let desk = Desk::new();
        let mut server = desk.serve(door, &[]);
        let refused = server.call("read_text_file", json!({ "path": "root:/.env" })).failure().to_owned();
        server.stop();
        let line = refused.split('`').nth(3).unwrap().to_owned();
        assert_eq!(line, "files.allow_protected = [\"root:/.env\"]");
        desk.place.write("config/mcp-server/config.toml", format!("{line}\n"));
        let mut server = desk.serve(door, &[]);
        for path in ["root:/.env", "root:/notes.txt", "root:/again.txt", "root:/absolute.txt"] {
            let answer = server.call("get_file_info", json!({ "path": path }));
            assert!(answer.is_well(), "{path}: {answer:?}");
            assert!(server.call("read_text_file", json!({ "path": path })).is_well());
        }
        let listing = server.call("list_directory", json!({ "path": "root:/" })).text().to_owned();
        assert!(listing.contains("[FILE] .env\n") && listing.contains("[protected] .ssh"), "{listing}");
        is_protected(&server.call("read_text_file", json!({ "path": "root:/app/.env.local" })), "another");
        let edit = json!({ "path": "root:/.env", "edits": [{ "oldText": "TOKEN=", "newText": "KEY=" }] });
        assert!(server.call("edit_file", edit).is_well());
        server.stop();
        let text = std::fs::read_to_string(desk.root().join(".env")).unwrap();
        assert_eq!(text, format!("KEY={SECRET}\n"));
    }
}

#[test]
fn a_directory_lifts_what_is_below_it_and_a_place_below_only_itself() {
    let desk = Desk::new();
    let allow = |places: &'static str| [("MCP_SERVER_FILES_ALLOW_PROTECTED", places)];
    let read = |path: &str| ("read_text_file", json!({ "path": path }));

    let mut server = desk.serve(Door::Stdio, &allow("root:/.ssh/"));
    assert!(server.call("list_directory", json!({ "path": "root:/.ssh" })).is_well());
    for (tool, arguments) in
        [read("root:/.ssh/config"), read("root:/.ssh/id_ed25519"), read("root:/folder/config")]
    {
        assert!(server.call(tool, arguments).is_well());
    }
    let found = server.call("search_files", json!({ "path": "root:/.ssh", "pattern": "**" }));
    found.says("root:/.ssh/config\nroot:/.ssh/id_ed25519");
    server.stop();

    let mut server = desk.serve(Door::Stdio, &allow("root:/.ssh/config, root:/deploy, root:/.vscode"));
    assert!(server.call("read_text_file", json!({ "path": "root:/.ssh/config" })).is_well());
    assert!(server.call("read_text_file", json!({ "path": "root:/deploy" })).is_well());
    let answer = server.call("write_file", json!({ "path": "root:/.vscode/tasks.json", "content": "[]" }));
    assert!(answer.is_well(), "{answer:?}");
    is_protected(&server.call("read_text_file", json!({ "path": "root:/.ssh/id_ed25519" })), "beside it");
    is_protected(&server.call("list_directory", json!({ "path": "root:/.ssh" })), "above it");
    is_protected(&server.call("read_text_file", json!({ "path": "root:/certs/bundle.txt" })), "another key");
    server.stop();
}

#[test]
fn a_place_in_a_root_that_there_is_not_is_a_start_error() {
    let desk = Desk::new();
    let root = format!("root={}", desk.root().display());
    let mut command = desk.place.command(&["config", "check"]);
    command.env("MCP_SERVER_ROOTS", root).env("MCP_SERVER_FILES_ALLOW_PROTECTED", "rot:/.env");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && said.contains("`rot` is no root") && said.contains("`root:/`"),
        "{said}"
    );
}
