//! A root with secrets in it, and a server on it.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use serde_json::{Value, json};

use crate::common::{Answer, Door, Place, Server};

/// In everything that is protected, and in nothing else.
pub(crate) const SECRET: &str = "SHIELDED-7f3a";

/// The body of a key that opens nothing.
pub(crate) const KEY_BODY: &str = "SHIELDED7f3aAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW";

/// Every tool that looks into a path, with what it needs besides.
pub(crate) fn looks(path: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("read_text_file", json!({ "path": path })),
        ("read_text_file", json!({ "path": path, "tail": 3 })),
        ("read_media_file", json!({ "path": path })),
        ("read_multiple_files", json!({ "paths": [path] })),
        ("get_file_info", json!({ "path": path })),
        ("list_directory", json!({ "path": path })),
        ("list_directory_with_sizes", json!({ "path": path })),
        ("directory_tree", json!({ "path": path })),
        ("search_files", json!({ "path": path, "pattern": "**" })),
        ("search_file_contents", json!({ "path": path, "query": "SHIELD" })),
        ("copy_file", json!({ "source": path, "destination": "root:/stolen" })),
    ]
}

/// Every tool that changes what is at a path.
pub(crate) fn changes(path: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("write_file", json!({ "path": path, "content": "x" })),
        ("edit_file", json!({ "path": path, "edits": [{ "oldText": "a", "newText": "b" }] })),
        ("edit_file", json!({ "path": path, "dryRun": true, "edits": [{ "oldText": "a", "newText": "b" }] })),
        ("delete_file", json!({ "path": path })),
        ("delete_file", json!({ "path": path, "recursive": true })),
        ("move_file", json!({ "source": path, "destination": "root:/taken" })),
        ("move_file", json!({ "source": "root:/plain.txt", "destination": path })),
        ("copy_file", json!({ "source": "root:/plain.txt", "destination": path })),
        ("create_directory", json!({ "path": path })),
    ]
}

pub(crate) struct Desk {
    pub(crate) place: Place,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self { place: Place::new() };
        let key =
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY_BODY}\n-----END OPENSSH PRIVATE KEY-----\n");
        let bags = format!("Bag Attributes\n    friendlyName: x\n{key}");
        let wide: Vec<u8> = format!("\u{feff}{key}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (path, text) in [
            (".env", format!("TOKEN={SECRET}\n").into_bytes()),
            ("app/.env.local", format!("TOKEN={SECRET}\n").into_bytes()),
            (".ssh/config", format!("User {SECRET}\n").into_bytes()),
            (".ssh/id_ed25519", key.clone().into_bytes()),
            (".git/config", format!("[remote]\nurl = https://u:{SECRET}@h/x\n").into_bytes()),
            (".git/hooks/pre-commit", b"#!/bin/sh\n".to_vec()),
            ("deploy", key.clone().into_bytes()),
            ("certs/bundle.txt", bags.into_bytes()),
            ("certs/wide.txt", wide),
            (".vscode/tasks.json", b"{}\n".to_vec()),
            (".mcp.json", b"{}\n".to_vec()),
            ("node_modules/.bin/x", b"#!/bin/sh\n".to_vec()),
            (".env.example", b"TOKEN=\n".to_vec()),
            ("plain.txt", b"plain a\n".to_vec()),
            ("src/crypto.rs", b"const BEGIN: &str = \"-----BEGIN OPENSSH PRIVATE KEY-----\";\n".to_vec()),
            ("src/environment.ts", b"export {};\n".to_vec()),
        ] {
            desk.place.write(&format!("root/{path}"), text);
        }
        desk.place.write("other/app/.npmrc", format!("_authToken={SECRET}\n"));
        for (target, name) in [
            (".env", "notes.txt"),
            (".ssh", "folder"),
            ("notes.txt", "again.txt"),
            ("app/../.env", "around.txt"),
            (".git/config", "remote.txt"),
        ] {
            symlink(target, desk.root().join(name)).unwrap();
        }
        symlink(desk.root().join(".env"), desk.root().join("absolute.txt")).unwrap();
        symlink(desk.place.dir("other").join("app"), desk.root().join("elsewhere")).unwrap();
        symlink("plain.txt", desk.root().join(".env.link")).unwrap();
        desk
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.place.dir("root")
    }

    /// Serves the two roots, both to be written.
    pub(crate) fn serve(&self, door: Door, env: &[(&str, &str)]) -> Server {
        let roots =
            format!("root={}:rw;other={}:rw", self.root().display(), self.place.dir("other").display());
        let mut all = vec![("MCP_SERVER_ROOTS", roots.as_str())];
        all.extend(env);
        Server::start(&self.place, door, &[], &all)
    }

    /// Every file in the roots, with what it holds.
    pub(crate) fn contents(&self) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let (mut seen, mut todo) = (Vec::new(), vec![self.root(), self.place.dir("other")]);
        while let Some(dir) = todo.pop() {
            for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
                let path = entry.path();
                match entry.file_type().unwrap() {
                    kind if kind.is_dir() => {
                        seen.push((path.clone(), None));
                        todo.push(path);
                    }
                    kind => seen.push((path.clone(), kind.is_file().then(|| fs::read(&path).unwrap()))),
                }
            }
        }
        seen.sort();
        seen
    }
}

/// Refused as protected, without a byte of what is there.
#[track_caller]
pub(crate) fn is_protected(answer: &Answer, about: &str) {
    answer.never_mentions(SECRET).never_mentions("SHIELDED7f3a");
    assert!(!answer.is_well(), "{about}: {answer:?}");
    assert!(answer.0.to_string().contains("protected"), "{about}: {answer:?}");
}
