//! Writing.

use std::fs;

use serde_json::{Value, json};

use crate::{
    common::Door,
    desk::{Desk, changes, is_protected},
};

const CORPUS: &str = include_str!("../corpus/paths.txt");

#[test]
fn what_holds_secrets_or_runs_commands_is_changed_by_no_tool() {
    for door in Door::ALL {
        let desk = Desk::new();
        let before = desk.contents();
        let mut server = desk.serve(door, &[]);
        let sensitive = CORPUS.lines().filter(|line| line.starts_with("deny\tsensitive_in_root\t"));
        let mut paths: Vec<String> = sensitive
            .map(|line| serde_json::from_str::<String>(line.split('\t').nth(2).unwrap()).unwrap())
            .map(|path| format!("root:/{path}"))
            .collect();
        assert_eq!(paths.len(), 5);
        paths.extend(
            [
                ".env.new",
                ".git/hooks/pre-commit",
                ".git/hooks/new",
                ".git",
                ".husky/pre-push",
                "app/.claude/settings.json",
                ".cursor/mcp.json",
                ".bashrc",
                ".ssh/authorized_keys",
                "folder/authorized_keys",
                ".VSCode/Settings.json",
            ]
            .map(|path| format!("root:/{path}")),
        );
        for path in paths {
            for (tool, arguments) in changes(&path) {
                // `source` may be refused first because it is not there
                is_protected(&server.call(tool, arguments.clone()), &format!("{tool} {arguments}"));
            }
        }
        // a key is one by its content
        for path in ["root:/deploy", "root:/certs/bundle.txt"] {
            let overwriting = changes(path).into_iter().filter(|(tool, arguments)| {
                *tool != "create_directory" && arguments.get("destination").is_none_or(|to| to != path)
            });
            for (tool, arguments) in overwriting {
                is_protected(&server.call(tool, arguments.clone()), &format!("{tool} {arguments}"));
            }
        }
        let said = server.call("write_file", json!({ "path": "root:/.vscode/tasks.json", "content": "x" }));
        said.fails_with("protected from changes: it can make another program run commands")
            .fails_with("`files.allow_protected = [\"root:/.vscode/tasks.json\"]`");
        server.stop();
        assert_eq!(desk.contents(), before, "nothing was changed");
    }
}

#[test]
fn a_directory_takes_no_secret_with_it() {
    for door in Door::ALL {
        let desk = Desk::new();
        for (path, text) in
            [("ops/.docker/config.json", "{}"), ("x/tasks.json", "{}"), ("x/settings.json", "{}")]
        {
            desk.place.write(&format!("root/{path}"), text);
        }
        let before = desk.contents();
        let mut server = desk.serve(door, &[]);
        let moved = |from: &str, to: &str| {
            ("move_file", json!({ "source": format!("root:/{from}"), "destination": format!("root:/{to}") }))
        };
        // under the new name it would not be protected, or would be
        for (from, to) in [
            ("ops/.docker", "ops/docker"),
            ("x", ".vscode2/../.devcontainer"),
            ("x", ".vscode/nested/../../.ssh2/../.idea"),
        ] {
            let (tool, arguments) = moved(from, to);
            is_protected(&server.call(tool, arguments), from);
        }
        let (tool, arguments) = ("delete_file", json!({ "path": "root:/app", "recursive": true }));
        is_protected(&server.call(tool, arguments), "delete");
        assert_eq!(desk.contents(), before, "nothing was changed");

        // where it stays protected it may go along, and an ordinary tree may go anywhere
        let (tool, arguments) = moved("app", "application");
        assert!(server.call(tool, arguments).is_well());
        is_protected(
            &server.call("read_text_file", json!({ "path": "root:/application/.env.local" })),
            "moved",
        );
        let (tool, arguments) = moved("x", "y");
        assert!(server.call(tool, arguments).is_well());
        assert!(
            server.call("delete_file", json!({ "path": "root:/node_modules", "recursive": true })).is_well()
        );

        // a copy leaves it out, here and there
        let copied =
            server.call("copy_file", json!({ "source": "root:/application", "destination": "root:/copy" }));
        assert!(copied.0.to_string().contains("1 protected places were not copied"), "{copied:?}");
        let copied =
            server.call("copy_file", json!({ "source": "root:/certs", "destination": "root:/copy/certs" }));
        assert!(copied.0.to_string().contains("2 protected places were not copied"), "{copied:?}");
        fs::remove_dir_all(desk.root().join(".vscode")).unwrap();
        let copied = server.call("copy_file", json!({ "source": "root:/y", "destination": "root:/.vscode" }));
        assert!(copied.0.to_string().contains("2 protected places were not copied"), "{copied:?}");
        server.stop();
        let names: Vec<_> = fs::read_dir(desk.root().join(".vscode")).unwrap().collect();
        assert!(names.is_empty(), "{names:?}");
        assert!(
            !desk.root().join("copy/.env.local").exists()
                && !desk.root().join("copy/certs/wide.txt").exists()
        );
    }
}

#[test]
fn what_a_tool_wrote_itself_is_undone_though_it_looks_like_a_key_now() {
    let desk = Desk::new();
    let mut server = desk.serve(Door::Stdio, &[]);
    let key = fs::read_to_string(desk.root().join("deploy")).unwrap();
    let written = server.call("write_file", json!({ "path": "root:/made.txt", "content": key }));
    let note: &Value = &written.result()["content"][1]["text"];
    let id = note.as_str().unwrap_or_default().split([' ', ';']).nth(1).unwrap_or_default().to_owned();
    is_protected(&server.call("read_text_file", json!({ "path": "root:/made.txt" })), "a key by its content");
    let undone = server.call("undo_change", json!({ "id": id }));
    assert!(undone.is_well() && !desk.root().join("made.txt").exists(), "{undone:?}");
    server.stop();
}

#[test]
fn no_undo_removes_what_its_owner_protects_since() {
    let desk = Desk::new();
    let mut server = desk.serve(Door::Stdio, &[]);
    let made = server.call("create_directory", json!({ "path": "root:/app" }));
    let note: &Value = &made.result()["content"][1]["text"];
    let id = note.as_str().unwrap_or_default().split([' ', ';', ']']).nth(1).unwrap_or_default().to_owned();
    fs::write(desk.root().join("app/.env"), "A=1\n").unwrap();
    let undone = server.call("undo_change", json!({ "id": id, "force": true }));
    assert!(!undone.is_well() && desk.root().join("app/.env").exists(), "{undone:?}");
    server.stop();
}
