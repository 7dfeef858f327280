//! Where a path may lead, through every argument of the tools that write, at both doors.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{
        Door, Era, Place, Server, StdioServer,
        fixture::{self, SECRET, corpus},
        path_table::in_list,
    },
    desk::{Tree, tree},
};

/// A tool, its arguments with `PATH` for the path of a row and `FREE` for one that is free, and the
/// argument that takes the row's.
const CALLS: &[(&str, &str, &str)] = &[
    ("write_file", "path", r#"{"path":"PATH","content":"WRITTEN"}"#),
    ("edit_file", "path", r#"{"path":"PATH","edits":[{"oldText":"T","newText":"WRITTEN"}]}"#),
    ("create_directory", "path", r#"{"path":"PATH"}"#),
    ("copy_file", "source", r#"{"source":"PATH","destination":"FREE"}"#),
    ("copy_file", "destination", r#"{"source":"mine.txt","destination":"PATH"}"#),
    ("move_file", "source", r#"{"source":"PATH","destination":"FREE"}"#),
    ("move_file", "destination", r#"{"source":"mine.txt","destination":"PATH"}"#),
    ("list_changes", "path", r#"{"path":"PATH"}"#),
    ("delete_file", "path", r#"{"path":"PATH","recursive":true}"#),
];

/// Classes of rows that lead outside whatever is done there. The others may also mean a name inside.
const OUTSIDE: [&str; 5] = ["absolute", "dotdot", "nul", "prefix_sibling", "too_long"];

/// Ten times what it may take.
const PROMPT: Duration = Duration::from_secs(10);

fn arguments(text: &str, path: &str, free: &str) -> Value {
    let mut arguments: Value = serde_json::from_str(text).unwrap();
    for value in arguments.as_object_mut().unwrap().values_mut() {
        match value.as_str() {
            Some("PATH") => *value = path.into(),
            Some("FREE") => *value = free.into(),
            _ => {}
        }
    }
    arguments
}

/// What lies outside, and how the directory that holds it all is made up.
fn outside(base: &Path) -> (Vec<Tree>, Vec<String>) {
    let mut names: Vec<_> =
        fs::read_dir(base).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    (["outside", "root-evil"].map(|dir| tree(&base.join(dir))).into(), names)
}

/// The files of the root that hold what stands outside, but for the one that is another name of it.
fn leaked(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let (path, facts) = (entry.path(), entry.metadata().unwrap());
            if facts.is_dir() {
                pending.push(path);
            } else if facts.is_file()
                && facts.len() < 1 << 20
                && entry.file_name() != "hardlink_to_outside"
                && String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(SECRET)
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// The tree as it was, with a file that may be copied and moved.
fn renew(base: &Path) {
    let root = base.join("root");
    for entry in fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    fixture::make(base);
    fs::write(root.join("mine.txt"), "MINE").unwrap();
}

#[test]
fn no_path_of_the_corpus_makes_a_tool_write_outside() {
    for door in Door::ALL {
        let place = Place::new();
        let ground = place.dir("ground");
        fixture::make(&ground);
        let root = format!("{}:rw", ground.join("root").display());
        let mut server = Server::start(&place, door, &["--root", &root], &[]);
        let before = outside(&ground);
        for row in corpus(include_str!("../corpus/paths.txt")) {
            let path = fixture::fill(&ground, &row.text);
            renew(&ground);
            for (number, (tool, argument, text)) in CALLS.iter().enumerate() {
                let started = Instant::now();
                let answer = server.call(tool, arguments(text, &path, &format!("free{number}")));
                let about = format!("{tool} with {:?} as {argument}", row.text);
                assert!(started.elapsed() < PROMPT, "{about} took {:?}", started.elapsed());
                answer.never_mentions(SECRET);
                if OUTSIDE.contains(&&*row.class) {
                    assert!(!answer.is_well(), "{about} was done");
                }
                if row.class != "hardlink" {
                    assert_eq!(leaked(&ground.join("root")), [""; 0], "{about}");
                }
                if !ground.join("root/mine.txt").exists() {
                    fs::write(ground.join("root/mine.txt"), "MINE").unwrap();
                }
            }
            assert_eq!(outside(&ground), before, "{:?}", row.text);
        }
        server.stop();
    }
}

#[test]
fn every_argument_that_takes_a_path_is_tried() {
    let place = Place::new();
    let root = format!("{}:rw", place.dir("files").display());
    let mut server = StdioServer::start(&place, &["--root", &root], &[]);
    let listed = server.ask(Era::PerRequest, "tools/list", json!({}));
    let tools = listed.result()["tools"].as_array().unwrap().clone();
    let writing = tools.iter().filter(|tool| tool["annotations"]["readOnlyHint"] == false);
    let listed = in_list(writing.map(|tool| (tool["name"].as_str().unwrap(), &tool["inputSchema"])));
    let tried = CALLS.iter().map(|(tool, argument, _)| ((*tool).to_owned(), (*argument).to_owned()));
    let tried: std::collections::BTreeSet<_> = tried.filter(|(tool, _)| tool != "list_changes").collect();
    assert_eq!(listed, tried);
}
