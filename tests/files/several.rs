//! `read_multiple_files`.

use std::fs;

use mcp_server::refusal::Code;
use serde_json::{Value, json};

use super::{
    ground::{Tree, scratch},
    server::{SECRET, Server},
};

/// A root `r` with these files.
fn with(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Server) {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    for (name, bytes) in files {
        fs::write(root.join(name), bytes).unwrap();
    }
    let server = Server::new(&[&root]);
    (dir, server)
}

#[tokio::test]
async fn each_file_stands_below_its_path_in_the_order_asked_for() {
    let (_dir, server) = with(&[("b", b"two\r\n"), ("a", b"one"), ("empty", b""), ("bom", b"\xef\xbb\xbfx")]);
    let read = async |paths: Value| server.call("read_multiple_files", json!({ "paths": paths })).await;
    read(json!(["b", "r:/a"])).await.is("r:/b:\ntwo\r\n\n\n---\nr:/a:\none\n").has_no_note();
    read(json!(["empty"])).await.is("r:/empty:\n\n").has_no_note();
    read(json!(["bom", "bom"])).await.is("r:/bom:\nx\n\n---\nr:/bom:\nx\n").has_no_note();
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_so_in_its_place_and_the_others_are_read() {
    let tree = Tree::new();
    fs::write(tree.root().join("latin"), b"caf\xe9\0").unwrap();
    let server = tree.server();
    let rows = [
        ("gone", "root:/gone: Error - nothing is there; list the directory to see what is"),
        ("sub", "root:/sub: Error - is a directory; `list_directory` shows what is in it"),
        ("../up", "paths[1]: Error - must stay inside its root: a `..` in it leads out"),
        (
            "/etc/passwd",
            "paths[1]: Error - must stay beneath a root; `list_allowed_directories` names the roots",
        ),
        (
            "link_to_outside_file",
            "root:/link_to_outside_file: Error - leads through a link that leaves the root",
        ),
        ("fifo", "root:/fifo: Error - must be a regular file or a directory"),
        ("", "paths[1]: Error - must not be empty; `.` is the root itself"),
        ("a\0", "paths[1]: Error - must not contain a NUL character"),
        ("latin", "root:/latin: Error - the file is not UTF-8 text"),
    ];
    for (path, error) in rows {
        let paths = json!(["file.txt", path, "sub/deep/note.txt"]);
        let said = server.call("read_multiple_files", json!({ "paths": paths })).await;
        assert!(said.is_prompt().is_well(), "{said:?}");
        let parts: Vec<_> = said.has_no_note().text().split("\n---\n").collect();
        assert_eq!(
            (parts[0], parts[2]),
            ("root:/file.txt:\nINSIDE file\n\n", "root:/sub/deep/note.txt:\nINSIDE note\n\n")
        );
        assert!(parts[1].starts_with(error), "{:?}", parts[1]);
        assert!(!said.text().contains(SECRET));
    }
}

#[tokio::test]
async fn a_call_of_which_every_file_fails_is_a_failure_that_tells_of_each() {
    let tree = Tree::new();
    let server = tree.server();
    let read = async |paths: Value| server.call("read_multiple_files", json!({ "paths": paths })).await;
    let said = read(json!(["gone", "sub"])).await;
    let text = said.fails_with(Code::NotFound);
    assert!(text.contains("root:/gone: Error - ") && text.contains("\n---\nroot:/sub: Error - "), "{text}");
    // what is wrong with an argument is what the log must tell
    read(json!(["gone", "../x"])).await.fails_with(Code::PathLeavesRoot);
    read(json!(["gone", "chain1"])).await.fails_with(Code::LinkLeavesRoot);
    assert!(read(json!(["gone", "file.txt", "../x"])).await.is_well());
}

#[tokio::test]
async fn no_paths_too_many_and_what_is_no_path_are_refused() {
    let (_dir, server) = with(&[("a", b"a")]);
    let read = async |paths: Value| server.call("read_multiple_files", json!({ "paths": paths })).await;
    read(json!([])).await.is_refused(Code::Empty);
    assert!(read(json!(vec!["a"; 100])).await.is_well());
    assert!(read(json!(vec!["a"; 101])).await.is_refused(Code::TooLong).contains("100"));
    let said = read(json!(["a", 5])).await.is_refused(Code::WrongType);
    assert!(said.starts_with("`paths[1]` must be a string"), "{said}");
    read(json!("a")).await.is_refused(Code::WrongType);
}

/// Follows the notes until nothing is missing. Gives the text of each file.
async fn follow(server: &Server, paths: &[String]) -> Vec<String> {
    let mut texts = vec![String::new(); paths.len()];
    let mut from = 0;
    while from < paths.len() {
        let said = server.call("read_multiple_files", json!({ "paths": paths[from..] })).await;
        assert!(said.text().len() <= 100 << 10, "{}", said.text().len());
        let sections: Vec<_> = said.text().split("\n---\n").collect();
        let (first, shown) = (from, sections.len());
        for (at, section) in sections.iter().enumerate() {
            let text = section.strip_prefix(&*format!("r:/{}:\n", paths[first + at])).unwrap();
            texts[first + at].push_str(text.strip_suffix('\n').unwrap());
        }
        from += shown;
        let notes = if said.blocks().len() > 1 { said.note() } else { "" };
        if let Some(args) = notes.split('`').find(|part| part.starts_with("path: ")) {
            let mut args: Value = serde_json::from_str(&as_json(args)).unwrap();
            assert_eq!(args["path"], format!("r:/{}", paths[from - 1]));
            loop {
                let said = server.call("read_text_file", args.clone()).await;
                texts[from - 1].push_str(said.text());
                let Some(more) = (said.blocks().len() > 1).then(|| said.note().split('`').nth(1).unwrap())
                else {
                    break;
                };
                args = serde_json::from_str(&as_json(&format!("path: {}, {more}", args["path"]))).unwrap();
            }
        }
        if from < paths.len() {
            let unread = format!("from `paths[{}]` on: \"r:/{}\"", from - first, paths[from]);
            assert!(notes.contains(&unread), "{notes}");
        } else {
            assert!(!notes.contains("not read"), "{notes}");
        }
    }
    texts
}

/// `path: "a", offset: 5` as JSON.
fn as_json(args: &str) -> String {
    let names = ["path", "offset", "lineOffset"];
    let quoted = names.iter().fold(format!(" {args}"), |args, name| {
        args.replace(&format!(" {name}: "), &format!(" \"{name}\": "))
    });
    format!("{{{quoted}}}")
}

#[tokio::test]
async fn what_does_not_fit_is_read_to_the_last_byte_by_following_the_notes() {
    let line = |n: usize| format!("{n} {}\n", "é".repeat(n % 90));
    let whole: Vec<String> = vec![
        (0..700).map(line).collect(),
        (0..900).map(line).collect(),
        String::new(),
        "x".repeat(250_000),
        "short".to_owned(),
        "y".repeat(90_000),
        (0..20).map(line).collect(),
    ];
    let names: Vec<String> = (0..whole.len()).map(|n| format!("f{n}")).collect();
    let files: Vec<_> = names.iter().map(String::as_str).zip(whole.iter().map(String::as_bytes)).collect();
    let (_dir, server) = with(&files);
    assert_eq!(follow(&server, &names).await, whole);
    let backwards: Vec<_> = names.iter().rev().cloned().collect();
    let read = follow(&server, &backwards).await;
    assert!(read.iter().eq(whole.iter().rev()), "every byte comes, and once");
}

#[tokio::test]
async fn a_sparse_terabyte_among_them_costs_no_more_than_what_fits() {
    let tree = Tree::new();
    let server = tree.server();
    let paths = json!(["file.txt", "sparse_1TiB.bin", "file.txt"]);
    let said = server.call("read_multiple_files", json!({ "paths": paths })).await;
    said.is_prompt().is("root:/file.txt:\nINSIDE file\n\n");
    assert!(said.note().contains("from `paths[1]` on: \"root:/sparse_1TiB.bin\", \"root:/file.txt\""));
    let said = server.call("read_multiple_files", json!({ "paths": ["sparse_1TiB.bin"] })).await;
    assert!(said.is_prompt().note().contains("offset: 1, lineOffset: "), "{}", said.note());
}

#[tokio::test]
async fn notes_stay_short_however_many_and_long_the_names_are() {
    let (dir, server) = with(&[]);
    let names: Vec<_> = (0..100).map(|n| format!("{n}{}", "n".repeat(240))).collect();
    for name in &names {
        fs::write(dir.path().join("r").join(name), "x".repeat(50_000)).unwrap();
    }
    let said = server.call("read_multiple_files", json!({ "paths": names })).await;
    let note = said.note();
    assert!(note.len() < 4_000 && note.contains(" more; read them in another call]"), "{note}");
    // a list of failures is bounded too
    let long = format!("{}/", "\u{1}".repeat(250)).repeat(15);
    let said = server.call("read_multiple_files", json!({ "paths": vec![long; 100] })).await;
    assert!(said.text().len() <= 100 << 10 && said.failure.is_some(), "{}", said.text().len());
    assert!(said.note().contains("read them in another call"), "{}", said.note());
}
