//! `search_files`.

use std::{fs, os::unix::fs::symlink};

use mcp_server::refusal::Code;
use serde_json::{Value, json};

use super::{
    ground::{deepen, scratch},
    server::Server,
};

#[tokio::test]
async fn a_search_matches_as_globs_do() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("r");
    fs::create_dir_all(root.join("src/.hidden")).unwrap();
    fs::create_dir_all(root.join("node_modules/x")).unwrap();
    for name in ["a.md", "src/b.md", "src/.hidden/c.md", "node_modules/x/d.md", "src/e.rs"] {
        fs::write(root.join(name), "").unwrap();
    }
    fs::write(root.join(".gitignore"), "*.md\n").unwrap();
    symlink("..", root.join("src/up")).unwrap();
    let server = Server::new(&[&root]);
    let search = async |args: Value| server.call("search_files", args).await;
    search(json!({ "path": ".", "pattern": "*.md" })).await.is("r:/a.md").has_no_note();
    let all =
        search(json!({ "path": "r:/", "pattern": "**/*.md", "excludePatterns": ["node_modules"] })).await;
    all.is("r:/a.md\nr:/src/.hidden/c.md\nr:/src/b.md");
    search(json!({ "path": "src", "pattern": "*.{md,rs}" })).await.is("r:/src/b.md\nr:/src/e.rs");
    search(json!({ "path": ".", "pattern": "nothing" })).await.is("No matches found");
    let some = search(json!({ "path": ".", "pattern": "**/*.md", "maxResults": 1 })).await;
    assert!(some.text().lines().count() == 1 && some.note().contains("maxResults"), "{some:?}");
    search(json!({ "path": "a.md", "pattern": "*" })).await.is_refused(Code::NotDirectory);
}

#[tokio::test]
async fn a_tree_of_ten_thousand_levels_is_searched_as_deep_as_searches_go() {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    deepen(&root, 10_000);
    let server = Server::new(&[&root]);
    let said = server.call("search_files", json!({ "path": ".", "pattern": "**/d" })).await;
    assert_eq!(said.is_prompt().text().lines().count(), 32);
    assert!(said.note().contains("deeper than 32"), "{}", said.note());
    let said = server.call("list_directory", json!({ "path": "d/".repeat(200) })).await;
    said.is_prompt().is("[DIR] d");
    server
        .call("list_directory", json!({ "path": "d/".repeat(2_000) }))
        .await
        .is_prompt()
        .is_refused(Code::PathTooDeep);
}
