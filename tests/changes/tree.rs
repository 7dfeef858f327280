//! Directories: making, moving, copying and deleting them whole.

use std::{
    fs,
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Answer, Era},
    desk::{Desk, change, mode, tree},
};

fn planted(desk: &Desk) {
    desk.put("a/b/one.txt", "1");
    desk.put("a/b/two.bin", [0, 255, 1]);
    desk.put("a/run.sh", "#!/bin/sh\n");
    mode(&desk.root.join("a/run.sh"), 0o755);
    fs::create_dir(desk.root.join("a/empty")).unwrap();
    symlink("b/one.txt", desk.root.join("a/link")).unwrap();
    symlink("/nowhere", desk.root.join("a/dangling")).unwrap();
}

#[test]
fn a_directory_is_made_with_those_above_it_and_undone_as_one() {
    let mut desk = Desk::new();
    let made = desk.call("create_directory", json!({ "path": "x/y/z" }));
    assert!(desk.root.join("x/y/z").is_dir());
    desk.call("create_directory", json!({ "path": "x/y" })).text();
    desk.call("undo_change", json!({ "id": change(&made) })).text();
    assert!(desk.tree().is_empty());
    desk.put("f", "");
    desk.call("create_directory", json!({ "path": "f/g" })).fails_with("is a file");
}

#[test]
fn a_tree_comes_back_as_it_was() {
    let mut desk = Desk::new();
    planted(&desk);
    let before = desk.tree();
    desk.call("delete_file", json!({ "path": "a" })).fails_with("`recursive: true`");
    let id = change(&desk.call("delete_file", json!({ "path": "a", "recursive": true })));
    assert!(desk.tree().is_empty());
    desk.restart();
    desk.call("undo_change", json!({ "id": id })).text();
    assert_eq!(desk.tree(), before);
}

#[test]
fn a_move_and_a_copy_never_overwrite() {
    let mut desk = Desk::new();
    planted(&desk);
    let before = desk.tree();
    desk.put("taken", "");
    for tool in ["move_file", "copy_file"] {
        let to = |to: &str| json!({ "source": "a", "destination": to });
        desk.call(tool, to("taken")).fails_with("is there already");
        desk.call(tool, to("a/b/inside")).fails_with("lies in the directory");
        let done = desk.call(tool, to("c"));
        done.is_well();
        let same = tree(&desk.root.join("c")).into_iter().map(|(path, (_, content))| (path, content));
        let wanted =
            before.iter().filter_map(|(path, (_, content))| Some((path.strip_prefix("a").ok()?, content)));
        let wanted = wanted.filter(|(path, _)| !path.as_os_str().is_empty());
        assert!(same.eq(wanted.map(|(path, content)| (path.to_owned(), content.clone()))));
        desk.call("undo_change", json!({ "id": change(&done) })).text();
        fs::remove_file(desk.root.join("taken")).unwrap();
        assert_eq!(desk.tree(), before, "after {tool}");
        desk.put("taken", "");
    }
}

#[test]
fn a_copy_that_somebody_worked_in_is_not_undone() {
    let mut desk = Desk::new();
    planted(&desk);
    let copied = change(&desk.call("copy_file", json!({ "source": "a", "destination": "c" })));
    desk.put("c/mine.txt", "mine");
    desk.call("undo_change", json!({ "id": copied })).fails_with("was changed since");
    desk.holds("c/mine.txt", "mine");
    let undone = desk.call("undo_change", json!({ "id": copied, "force": true }));
    assert!(!desk.root.join("c").exists());
    desk.call("undo_change", json!({ "id": change(&undone) })).text();
    desk.holds("c/mine.txt", "mine");
}

#[test]
fn ten_thousand_files_come_back() {
    let mut desk = Desk::new();
    for dir in 0..100 {
        for file in 0..100 {
            desk.put(&format!("many/{dir}/{file}.txt"), format!("{dir} {}", file % 7));
        }
    }
    let before = desk.tree();
    let id = change(&patiently(&mut desk, "delete_file", json!({ "path": "many", "recursive": true })));
    assert!(desk.tree().is_empty());
    patiently(&mut desk, "undo_change", json!({ "id": id })).text();
    assert_eq!(desk.tree(), before);
}

#[test]
fn a_copy_that_is_cancelled_ends_and_leaves_nothing() {
    let mut desk = Desk::new();
    for dir in 0..40 {
        for file in 0..100 {
            desk.put(&format!("many/{dir}/{file}.txt"), vec![b'x'; 20_000]);
        }
    }
    let before = desk.tree();
    desk.server.send(&Era::Handshake.call(
        "slow",
        "copy_file",
        json!({ "source": "many", "destination": "copy" }),
    ));
    std::thread::sleep(Duration::from_millis(100));
    let since = Instant::now();
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "slow" } });
    desk.server.send(&cancel);
    desk.place.await_events("tool_abandoned", 1);
    assert!(since.elapsed() < Duration::from_secs(1), "{:?}", since.elapsed());
    // what was begun is cleared away before the next change of this directory
    desk.call("create_directory", json!({ "path": "next" })).text();
    desk.call("delete_file", json!({ "path": "next" })).text();
    assert_eq!(desk.tree().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

/// A program that was built to be debugged, on a busy machine, takes its time for so many.
#[track_caller]
fn patiently(desk: &mut Desk, tool: &str, arguments: Value) -> Answer {
    desk.server.send(&Era::Handshake.call(tool, tool, arguments));
    Answer(desk.server.receive_within(Duration::from_mins(4)).expect("an answer"))
}
