//! `read_text_file`: what a file holds, whole or in part.

use std::{
    fs,
    time::{Duration, Instant},
};

use mcp_server::sanitize::marks::Marker;
use mcp_server::{guard::Block, refusal::Code};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{fixture::corpus, ground::Tree, server::Server};

#[tokio::test]
async fn a_sparse_terabyte_is_read_from_both_ends_and_never_scanned_whole() {
    let tree = Tree::new();
    let server = tree.server();
    let read = async |more: Value| {
        let mut args = json!({ "path": "sparse_1TiB.bin" });
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.call("read_text_file", args).await
    };
    let whole = read(json!({})).await;
    assert_eq!(whole.is_prompt().text(), "[HIDDEN:U+0000×137216]");
    assert!(whole.note().contains("`offset: 1, lineOffset: 137216`"), "{}", whole.note());
    assert_eq!(read(json!({ "head": 1 })).await.is_prompt().text(), "[HIDDEN:U+0000×137216]");
    let tail = read(json!({ "tail": 1 })).await;
    assert_eq!(tail.is_prompt().text(), "[HIDDEN:U+0000×137216]");
    assert!(tail.note().contains("only the end fits"), "{}", tail.note());
    assert!(read(json!({ "offset": 2 })).await.is_prompt().is_refused(Code::TooLarge).contains("1024 MiB"));
    read(json!({ "tail": 1, "lineNumbers": true })).await.is_prompt().is_refused(Code::TooLarge);
    assert!(
        server
            .read("root://root/sparse_1TiB.bin")
            .await
            .is_refused(Code::TooLarge)
            .contains("read_text_file")
    );
}

#[tokio::test]
async fn a_large_file_is_read_to_its_end_by_following_the_notes() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    let lines: Vec<_> = (1..=3_000).map(|n| format!("{n} {}\r\n", "é".repeat(n % 200))).collect();
    let whole = format!("{}{}\nend", lines.concat(), "x".repeat(250_000));
    fs::write(root.join("big.txt"), &whole).unwrap();
    let server = Server::new(&[&root]);
    let (mut read, mut args) = (String::new(), json!({ "path": "big.txt" }));
    loop {
        let said = server.call("read_text_file", args).await;
        assert!(said.text().len() <= 100 << 10);
        read.push_str(said.text());
        let [_, Block::Text(note)] = said.blocks() else { break };
        let next = note.split('`').nth(1).unwrap();
        args = json!({ "path": "big.txt" });
        for pair in next.split(", ") {
            let (name, value) = pair.split_once(": ").unwrap();
            args[name] = value.parse().unwrap();
        }
    }
    assert!(read == whole, "every byte comes, and once");
}

#[tokio::test]
async fn the_text_stands_alone_and_notes_say_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("t.txt"), "one\r\ntwo\nthree\n").unwrap();
    fs::write(root.join("l1.ini"), b"caf\xE9\n").unwrap();
    fs::write(root.join("bytes"), b"caf\xE9\0\n").unwrap();
    fs::write(root.join("empty"), "").unwrap();
    let server = Server::new(&[&root]);
    let read = async |args: Value| server.call("read_text_file", args).await;
    read(json!({ "path": "t.txt" })).await.is("one\r\ntwo\nthree\n").has_no_note();
    read(json!({ "path": "t.txt", "head": 2 })).await.is("one\r\ntwo\n").has_no_note();
    read(json!({ "path": "t.txt", "tail": 1 })).await.is("three\n").has_no_note();
    read(json!({ "path": "t.txt", "head": 0, "tail": 0 })).await.is("one\r\ntwo\nthree\n");
    read(json!({ "path": "empty" })).await.is("").has_no_note();
    let some = read(json!({ "path": "t.txt", "offset": 2, "limit": 1, "lineNumbers": true })).await;
    assert_eq!(some.is("2\ttwo\n").note(), "[the file goes on; continue with `offset: 3`]");
    let past = read(json!({ "path": "t.txt", "offset": 9 })).await;
    assert_eq!(past.is("").note(), "[the file has only 3 lines]");
    for both in
        [json!({ "head": 1, "tail": 1 }), json!({ "tail": 1, "offset": 2 }), json!({ "head": 1, "limit": 2 })]
    {
        let mut args = json!({ "path": "t.txt" });
        args.as_object_mut().unwrap().extend(both.as_object().unwrap().clone());
        read(args).await.is_refused(Code::ArgumentsConflict);
    }
    let said = read(json!({ "path": "l1.ini" })).await;
    assert!(
        said.is("caf\u{e9}\n").note().contains("not UTF-8: read as windows-1252, as it looks"),
        "{said:?}"
    );
    let said = read(json!({ "path": "bytes" })).await.is_refused(Code::NotText);
    assert!(said.contains("offset 3"), "{said}");
    read(json!({ "path": "t.txt", "offset": 0 })).await.is_refused(Code::OutOfRange);
}

#[tokio::test]
async fn what_is_benign_or_odd_comes_back_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    let server = Server::new(&[&root]);
    let rows = [include_str!("../corpus/benign.txt"), include_str!("../corpus/unicode.txt")];
    for row in rows.iter().flat_map(|rows| corpus(rows)) {
        fs::write(root.join("f"), &row.text).unwrap();
        let said = server.call("read_text_file", json!({ "path": "f" })).await;
        let text = row.text.strip_prefix('\u{feff}').unwrap_or(&row.text);
        assert_eq!(said.text(), Marker::default().shown(text).0);
    }
}

#[tokio::test]
async fn a_cancelled_read_of_a_huge_file_is_over_at_once() {
    let tree = Tree::new();
    let server = tree.server();
    let mut took = Vec::new();
    while took.len() < 10 && took.iter().all(|took| *took > Duration::from_millis(100)) {
        let cancel = CancellationToken::new();
        let args = json!({ "path": "sparse_1TiB.bin", "offset": 2 });
        let reading = server.call_with("read_text_file", args, server.context(&cancel));
        let stopping = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            cancel.cancel();
            Instant::now()
        };
        let (said, cancelled) = tokio::join!(reading, stopping);
        said.is_refused(Code::Abandoned);
        took.push(cancelled.elapsed());
    }
    assert!(took.last().is_some_and(|took| *took < Duration::from_millis(100)), "{took:?}");
}
