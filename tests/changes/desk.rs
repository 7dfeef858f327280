//! A writable root with a server, and looks at what is in it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::common::{Answer, Era, Place, StdioServer};

/// A root named `files`, and a server that may write there.
pub struct Desk {
    pub place: Place,
    pub root: PathBuf,
    pub server: StdioServer,
}

impl Desk {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(env: &[(&str, &str)]) -> Self {
        let place = Place::new();
        let root = place.dir("files");
        let server = serve(&place, env);
        Self { place, root, server }
    }

    /// Ends the server as `kill -9` does, and starts another.
    pub fn restart(&mut self) {
        self.server.process().signal(rustix::process::Signal::KILL);
        self.server = serve(&self.place, &[]);
    }

    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> Answer {
        self.server.call(Era::Handshake, tool, arguments)
    }

    #[track_caller]
    pub fn edit(&mut self, path: &str, old: &str, new: &str) -> Answer {
        self.call("edit_file", json!({ "path": path, "edits": [{ "oldText": old, "newText": new }] }))
    }

    pub fn put(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    #[track_caller]
    pub fn holds(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let found = fs::read(self.root.join(path)).unwrap();
        assert_eq!(found.escape_ascii().to_string(), bytes.as_ref().escape_ascii().to_string());
    }

    pub fn tree(&self) -> Tree {
        tree(&self.root)
    }
}

fn serve(place: &Place, env: &[(&str, &str)]) -> StdioServer {
    let root = format!("{}:rw", place.dir("files").display());
    StdioServer::start(place, &["--root", &root], env).open(Era::Handshake)
}

/// The id of the change that an answer tells.
#[track_caller]
pub fn change(answer: &Answer) -> String {
    let notes = answer.result()["content"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap();
    let id = notes.split("[change ").nth(1).unwrap_or_else(|| panic!("{notes}"));
    id.split([';', ':']).next().unwrap().to_owned()
}

/// The tag that an answer tells.
#[track_caller]
pub fn tag(answer: &Answer) -> String {
    let notes = answer.result()["content"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap();
    let tag = notes.split("tag ").nth(1).unwrap_or_else(|| panic!("{notes}"));
    tag.chars().take_while(char::is_ascii_hexdigit).collect()
}

/// Everything below a directory: kind, mode and content.
pub type Tree = BTreeMap<PathBuf, (u32, Vec<u8>)>;

pub fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let facts = fs::symlink_metadata(&path).unwrap();
            let content = if facts.is_symlink() {
                fs::read_link(&path).unwrap().as_os_str().as_encoded_bytes().to_vec()
            } else if facts.is_dir() {
                pending.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path.strip_prefix(root).unwrap().to_owned(), (facts.mode(), content));
        }
    }
    found
}

pub fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
