//! `directory_tree`.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use mcp_server::{
    refusal::Code,
    tools::{
        context::{Declared, Notice, Notices},
        mailbox::mailbox,
    },
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    ground::{Tree, deepen, scratch},
    server::{Said, Server},
};

/// A root `r` with these files and, where a path ends in `/`, directories.
fn with(paths: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    make(&root, paths);
    (dir, root)
}

fn make(root: &Path, paths: &[&str]) {
    for path in paths {
        let at = root.join(path);
        fs::create_dir_all(if path.ends_with('/') { &at } else { at.parent().unwrap() }).unwrap();
        if !path.ends_with('/') {
            fs::write(at, "").unwrap();
        }
    }
}

fn file(name: &str) -> Value {
    json!({ "name": name, "type": "file" })
}

fn dir(name: &str, children: &[Value]) -> Value {
    json!({ "name": name, "type": "directory", "children": children })
}

fn unopened(name: &str) -> Value {
    json!({ "name": name, "type": "directory" })
}

#[track_caller]
fn tree(said: &Said) -> Value {
    serde_json::from_str(said.text()).unwrap()
}

fn count(tree: &Value) -> usize {
    tree.as_array().unwrap().iter().map(|entry| 1 + entry.get("children").map_or(0, count)).sum()
}

#[tokio::test]
async fn a_tree_is_json_as_people_know_it() {
    let (_dir, root) = with(&["b.txt", "src/main.rs", "src/a/x", "empty/", ".hidden/y"]);
    symlink("/etc", root.join("link")).unwrap();
    symlink(".", root.join("loop")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, root.join("pipe"), rustix::fs::FileType::Fifo, 0o644.into(), 0)
        .unwrap();
    let server = Server::new(&[&root]);
    let said = server.call("directory_tree", json!({ "path": "." })).await;
    let wanted = json!([
        dir(".hidden", &[file("y")]),
        file("b.txt"),
        dir("empty", &[]),
        json!({ "name": "link", "type": "link" }),
        json!({ "name": "loop", "type": "link" }),
        json!({ "name": "pipe", "type": "fifo" }),
        dir("src", &[dir("a", &[file("x")]), file("main.rs")]),
    ]);
    // indented by two, keys in this order
    said.is(&serde_json::to_string_pretty(&wanted).unwrap()).has_no_note();
    server.call("directory_tree", json!({ "path": "empty" })).await.is("[]").has_no_note();
    server.call("directory_tree", json!({ "path": "b.txt" })).await.is_refused(Code::NotDirectory);
    server.call("directory_tree", json!({ "path": "gone" })).await.is_refused(Code::NotFound);
}

#[tokio::test]
async fn what_is_excluded_is_not_there_and_not_counted() {
    let (_dir, root) =
        with(&["node_modules/x", "a/node_modules/y", "a/b.log", "c.log", "a/keep/z.txt", "x/y/only", "q/"]);
    let server = Server::new(&[&root]);
    let without = async |patterns: Value| {
        let args = json!({ "path": "r:/", "excludePatterns": patterns });
        tree(&server.call("directory_tree", args).await)
    };
    let all = without(json!([])).await;
    assert_eq!(count(&all), 13);
    // a name without a star is meant wherever it stands, one with a star as globs are
    assert_eq!(
        without(json!(["node_modules", "*.log", "x/y"])).await,
        json!([dir("a", &[file("b.log"), dir("keep", &[file("z.txt")])]), dir("q", &[]), dir("x", &[])])
    );
    assert_eq!(without(json!(["**/*.log", "{a,x}", "q", "node_modules"])).await, json!([]));
    assert_eq!(without(json!(["**"])).await, json!([]));
    let said = server.call("directory_tree", json!({ "path": ".", "excludePatterns": ["["] })).await;
    assert!(said.is_refused(Code::BadGlob).contains("excludePatterns[0]"));
    let long = "a".repeat(1_023);
    let said = server.call("directory_tree", json!({ "path": ".", "excludePatterns": ["a", long] })).await;
    assert!(said.is_refused(Code::TooLong).contains("excludePatterns[1]"));
    let args = json!({ "path": ".", "excludePatterns": vec!["a"; 65], "maxEntries": 1 });
    server.call("directory_tree", args).await.is_refused(Code::TooLong);
}

#[tokio::test]
async fn what_lies_too_deep_is_not_opened_and_a_note_says_how_to_go_on() {
    let (_dir, root) = with(&["a/b/c/d/e/f", "a/b/empty/", "z/"]);
    let server = Server::new(&[&root]);
    let args = |depth: u64| json!({ "path": ".", "maxDepth": depth });
    let said = server.call("directory_tree", args(2)).await;
    assert_eq!(tree(&said), json!([dir("a", &[unopened("b")]), dir("z", &[])]));
    let note = "[not opened at level 2, so without children: \"r:/a/b\"; raise `maxDepth` or go on with one of them as `path`]";
    assert_eq!(said.note(), note);
    let said = server.call("directory_tree", json!({ "path": "r:/a/b", "maxDepth": 1 })).await;
    assert_eq!(tree(&said), json!([unopened("c"), unopened("empty")]));
    assert!(said.note().contains("\"r:/a/b/c\", \"r:/a/b/empty\""), "{}", said.note());
    // four levels unless asked otherwise
    let said = server.call("directory_tree", json!({ "path": "." })).await;
    assert!(said.note().contains("level 4") && said.note().contains("\"r:/a/b/c/d\""), "{}", said.note());
    server.call("directory_tree", args(6)).await.has_no_note();
    server.call("directory_tree", args(33)).await.is_refused(Code::OutOfRange);
}

#[tokio::test]
async fn a_level_that_does_not_fit_is_shared_out() {
    let (_dir, root) = with(&["a_small/1", "a_small/2", "src/deep/x", "src/main.rs"]);
    for n in 0..100 {
        make(&root, &[&format!("huge/{n:03}"), &format!("large/{n:02}")]);
    }
    let server = Server::new(&[&root]);
    let said = server.call("directory_tree", json!({ "path": ".", "maxEntries": 29 })).await;
    let shown = tree(&said);
    assert_eq!(count(&shown), 29);
    let sizes: Vec<_> =
        shown.as_array().unwrap().iter().map(|dir| dir["children"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [2, 11, 10, 2], "small ones whole, large ones alike");
    assert_eq!(shown[1]["children"][10], file("010"), "the first by name");
    assert_eq!(shown[3]["children"], json!([unopened("deep"), file("main.rs")]));
    assert_eq!(
        said.note(),
        "[only the first names are shown of \"r:/huge\" (11 of 100), \"r:/large\" (10 of 100)]\n\
         [not opened for want of room, so without children: \"r:/src/deep\"]\n\
         [raise `maxEntries` or go on with one of these directories as `path`]"
    );
    let said = server.call("directory_tree", json!({ "path": ".", "maxEntries": 3 })).await;
    assert_eq!(tree(&said), json!([unopened("a_small"), unopened("huge"), unopened("large")]));
    assert!(
        said.note().starts_with("[only the first names are shown of \"r:/\" (3 of 4)]"),
        "{}",
        said.note()
    );
    let said = server.call("directory_tree", json!({ "path": ".", "maxEntries": 4 })).await;
    assert_eq!(count(&tree(&said)), 4);
    assert!(said.note().contains("\"r:/a_small\", \"r:/huge\", \"r:/large\", \"r:/src\""), "{}", said.note());
    // one name of each: what shows none is not said to be empty
    let said = server.call("directory_tree", json!({ "path": ".", "maxEntries": 6 })).await;
    let opened = |entry: &Value| entry.get("children").map(|children| children.as_array().unwrap().len());
    let shown = tree(&said);
    assert_eq!(
        shown.as_array().unwrap().iter().map(opened).collect::<Vec<_>>(),
        [Some(1), Some(1), None, None]
    );
    assert_eq!(
        server.call("directory_tree", json!({ "path": ".", "maxEntries": 210 })).await.blocks().len(),
        1
    );
}

#[tokio::test]
async fn a_large_tree_is_bounded_by_entries_and_by_bytes() {
    let (outer, root) = with(&[]);
    for n in 0..12_000 {
        let at = root.join(format!("{:02}/{:02}", n % 20, n / 20 % 10));
        if n < 200 {
            fs::create_dir_all(&at).unwrap();
        }
        fs::File::create(at.join(format!("file-{n:05}.txt"))).unwrap();
    }
    let server = Server::new(&[&root]);
    let said = server.call("directory_tree", json!({ "path": "." })).await;
    assert_eq!(count(&tree(&said)), 500);
    let (slot, mut notices) = mailbox();
    let listening = Notices { slot: Some(slot), progress: true, ..Notices::default() };
    let context = server.context(&CancellationToken::new()).listening(listening, Declared::default());
    let all = json!({ "path": ".", "maxEntries": 20_000 });
    let said = server.call_with("directory_tree", all.clone(), context).await;
    assert!(matches!(notices.take(), Some(Notice::Progress { .. })));
    let shown = count(&tree(said.is_prompt()));
    // 12,220 entries are there
    assert!(said.text().len() <= 1 << 20 && shown > 10_000, "{shown} in {} bytes", said.text().len());
    assert_eq!(said.blocks().len() == 1, shown == 12_220);

    let long = outer.path().join("long");
    fs::create_dir(&long).unwrap();
    for n in 0..6_000 {
        fs::File::create(long.join(format!("{n:04}{}", "\\\"".repeat(120)))).unwrap();
    }
    let server = Server::new(&[&long]);
    let said = server.call("directory_tree", all.clone()).await;
    let shown = count(&tree(&said));
    let bytes = said.text().len();
    assert!(bytes <= 1 << 20 && bytes > 1_000_000 && shown < 6_000, "{shown} in {bytes} bytes");
    assert!(
        said.note().contains(&format!("({shown} of 6000)]\n[no more fits in a result; ")),
        "{}",
        said.note()
    );

    let cancel = CancellationToken::new();
    cancel.cancel();
    server.call_with("directory_tree", all, server.context(&cancel)).await.is_refused(Code::Abandoned);
}

#[tokio::test]
async fn notes_stay_short_however_many_directories_are_left_out() {
    let (_dir, root) = with(&[]);
    for n in 0..600 {
        make(&root, &[&format!("{n:03}{}/x/", "n".repeat(200))]);
    }
    let server = Server::new(&[&root]);
    let said = server.call("directory_tree", json!({ "path": ".", "maxEntries": 700 })).await;
    assert!(said.note().len() < 8_000 && said.note().contains("more"), "{}", said.note());
    let said = server.call("directory_tree", json!({ "path": ".", "maxDepth": 1, "maxEntries": 700 })).await;
    assert!(said.note().len() < 4_000 && said.note().contains(" and 59"), "{}", said.note());
}

#[tokio::test]
async fn hostile_trees_are_shown_as_far_as_trees_go() {
    let (_dir, root) = with(&[]);
    deepen(&root, 2_000);
    let server = Server::new(&[&root]);
    let said = server.call("directory_tree", json!({ "path": ".", "maxDepth": 32 })).await;
    assert_eq!(count(&tree(said.is_prompt())), 32);
    assert!(said.note().contains("level 32"), "{}", said.note());
    let tree_of_links = Tree::new();
    let said = tree_of_links.server().call("directory_tree", json!({ "path": ".", "maxDepth": 32 })).await;
    assert!(!said.whole().contains("secret.txt"), "no link is a way: {}", said.text());
    assert!(said.text().contains("link_to_outside_dir"));
}
