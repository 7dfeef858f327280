//! What is never written, and what a failure leaves behind: everything as it was.

use std::{fs, os::unix::fs::symlink};

use serde_json::json;

use crate::{
    common::{Era, Place, SmallDisk, StdioServer},
    desk::{Desk, mode, tree},
};

#[test]
fn nothing_is_written_through_a_link_or_into_a_file_of_several_names() {
    let mut desk = Desk::new();
    desk.put("real.txt", "real");
    symlink("real.txt", desk.root.join("link.txt")).unwrap();
    fs::hard_link(desk.root.join("real.txt"), desk.root.join("second.txt")).unwrap();
    desk.call("write_file", json!({ "path": "link.txt", "content": "x" })).fails_with("is a link");
    desk.edit("link.txt", "real", "x").fails_with("is a link");
    desk.call("write_file", json!({ "path": "second.txt", "content": "x" })).fails_with("2 names");
    desk.edit("real.txt", "real", "x").fails_with("2 names");
    desk.holds("real.txt", "real");
    let outside = desk.place.dir("outside");
    symlink(&outside, desk.root.join("out")).unwrap();
    for (tool, arguments) in [
        ("write_file", json!({ "path": "out/x", "content": "x" })),
        ("create_directory", json!({ "path": "out/x/y" })),
        ("copy_file", json!({ "source": "real.txt", "destination": "out/x" })),
        ("move_file", json!({ "source": "real.txt", "destination": "out/x" })),
    ] {
        desk.call(tool, arguments).fails_with("leaves the root");
    }
    assert_eq!(tree(&outside).len(), 0);
    // a link itself may go, and what it leads to stays
    desk.call("delete_file", json!({ "path": "out" })).text();
    assert!(outside.is_dir());
}

#[test]
fn a_root_that_is_read_only_is_written_by_no_tool() {
    let place = Place::new();
    let (open, shut) = (place.dir("open"), place.dir("shut"));
    fs::write(shut.join("a.txt"), "a").unwrap();
    symlink(&shut, open.join("way")).unwrap();
    let rw = format!("{}:rw", open.display());
    let args = ["--root", &rw, "--root", shut.to_str().unwrap()];
    let mut server = StdioServer::start(&place, &args, &[]).open(Era::Handshake);
    let mut refused = |tool: &str, arguments| {
        server.call(Era::Handshake, tool, arguments).fails_with("roots.shut.write = true");
    };
    for dir in ["shut:/", "open:/way/"] {
        refused("write_file", json!({ "path": format!("{dir}b"), "content": "" }));
        refused(
            "edit_file",
            json!({ "path": format!("{dir}a.txt"), "edits": [{ "oldText": "a", "newText": "b" }] }),
        );
        refused("create_directory", json!({ "path": format!("{dir}d") }));
        refused("delete_file", json!({ "path": format!("{dir}a.txt") }));
        refused("move_file", json!({ "source": format!("{dir}a.txt"), "destination": "open:/a.txt" }));
        refused("copy_file", json!({ "source": "shut:/a.txt", "destination": format!("{dir}b") }));
    }
    server
        .call(Era::Handshake, "copy_file", json!({ "source": "shut:/a.txt", "destination": "open:/a.txt" }))
        .text();
    assert_eq!(tree(&shut).len(), 1);

    let names = |args: &[&str]| {
        let mut server = StdioServer::start(&place, args, &[]).open(Era::Handshake);
        let listed = server.ask(Era::Handshake, "tools/list", json!({}));
        listed.result()["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].to_string())
            .collect::<String>()
    };
    assert!(!names(&["--root", shut.to_str().unwrap()]).contains("write_file"));
    assert!(!names(&["--root", &rw, "--read-only"]).contains("delete_file"));
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    let place = Place::new();
    let Some(disk) = SmallDisk::of(1 << 20, place.path().join("small")) else { return };
    let path = disk.path().join("a.txt");
    fs::write(&path, "old").unwrap();
    disk.fill("filler");
    let root = format!("files={}:rw", disk.path().display());
    let mut server = StdioServer::start(&place, &["--root", &root], &[]).open(Era::Handshake);
    let content = "x".repeat(500_000);
    for (tool, arguments) in [
        ("write_file", json!({ "path": "a.txt", "content": content })),
        ("write_file", json!({ "path": "b.txt", "content": content })),
    ] {
        server.call(Era::Handshake, tool, arguments).fails_with("the disk is full");
    }
    assert_eq!(fs::read(&path).unwrap(), b"old");
    let mut names: Vec<_> =
        fs::read_dir(disk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.txt", "filler"], "no litter");
    server.call(Era::Handshake, "delete_file", json!({ "path": "filler" })).text();
    server.call(Era::Handshake, "write_file", json!({ "path": "a.txt", "content": content })).text();
}

#[test]
fn a_journal_that_cannot_be_written_stops_every_change() {
    let mut desk = Desk::with(&[("MCP_SERVER_JOURNAL_DIR", "/proc/nowhere")]);
    desk.put("a.txt", "a");
    let before = desk.tree();
    for (tool, arguments) in [
        ("write_file", json!({ "path": "a.txt", "content": "b" })),
        ("delete_file", json!({ "path": "a.txt" })),
        ("move_file", json!({ "source": "a.txt", "destination": "b.txt" })),
        ("create_directory", json!({ "path": "d" })),
    ] {
        desk.call(tool, arguments).fails_with("nothing was changed");
    }
    assert_eq!(desk.tree(), before);
}

#[test]
fn what_the_system_forbids_is_said_and_changes_nothing() {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root may do anything");
        return;
    }
    let mut desk = Desk::new();
    desk.put("d/a.txt", "a");
    mode(&desk.root.join("d"), 0o555);
    desk.call("write_file", json!({ "path": "d/a.txt", "content": "b" })).fails_with("does not allow it");
    desk.call("delete_file", json!({ "path": "d/a.txt" })).fails_with("does not allow it");
    desk.holds("d/a.txt", "a");
    mode(&desk.root.join("d"), 0o755);
}

#[test]
fn two_who_edit_at_once_lose_nothing() {
    let desk = Desk::new();
    desk.put("a.txt", "<<>>\n");
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let place = &desk.place;
            scope.spawn(move || {
                let root = format!("{}:rw", place.dir("files").display());
                let mut server = StdioServer::start(place, &["--root", &root], &[]).open(Era::Handshake);
                for round in 0..25 {
                    let edits =
                        json!([{ "oldText": "<<>>\n", "newText": format!("<<>>\n{worker}.{round}\n") }]);
                    server
                        .call(Era::Handshake, "edit_file", json!({ "path": "a.txt", "edits": edits }))
                        .text();
                }
            });
        }
    });
    let text = fs::read_to_string(desk.root.join("a.txt")).unwrap();
    assert_eq!(text.lines().count(), 101);
}

#[test]
fn contents_that_look_like_commands_are_only_contents() {
    let mut desk = Desk::new();
    let rows = include_str!("../corpus/commands.txt");
    let mut tried = 0;
    for row in rows.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let Some(Ok(text)) = row.split('\t').nth(2).map(serde_json::from_str::<String>) else { continue };
        desk.call("write_file", json!({ "path": "a.txt", "content": format!("1{text}") })).text();
        desk.holds("a.txt", format!("1{text}"));
        if !text.is_empty() {
            let edits = json!([{ "oldText": format!("1{text}"), "newText": format!("2{text}") }]);
            desk.call("edit_file", json!({ "path": "a.txt", "edits": edits })).text();
            desk.holds("a.txt", format!("2{text}"));
        }
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
    assert_eq!(desk.tree().len(), 1);
}

#[test]
fn names_that_look_like_commands_are_only_names() {
    let mut desk = Desk::new();
    let rows = include_str!("../corpus/commands.txt");
    let mut tried = 0;
    for row in rows.lines().filter(|row| !row.starts_with('#') && !row.is_empty()) {
        let Some(Ok(name)) = row.split('\t').nth(2).map(serde_json::from_str::<String>) else { continue };
        if name.is_empty() || name.len() > 255 || name.contains(['/', '\0']) || name == "." || name == ".." {
            continue;
        }
        desk.call("write_file", json!({ "path": name, "content": "x" })).text();
        desk.holds(&name, "x");
        desk.call("copy_file", json!({ "source": name, "destination": "plain" })).text();
        desk.call("delete_file", json!({ "path": name })).text();
        desk.call("move_file", json!({ "source": "plain", "destination": name })).text();
        desk.holds(&name, "x");
        desk.call("delete_file", json!({ "path": name })).text();
        assert_eq!(desk.tree().len(), 0, "{name:?}");
        tried += 1;
    }
    assert!(tried > 50, "{tried}");
}
