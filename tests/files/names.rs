//! Names that are odd, long, hostile or no text: shown one way, and taken back.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    sync::atomic::{AtomicBool, Ordering},
};

use mcp_server::sanitize::marks::Marker;
use mcp_server::sanitize::path::show;
use serde_json::{Value, json};

use super::{fixture::corpus, ground::scratch, server::Server};

/// Names that may stand on a disk, from every corpus and a few besides.
fn names() -> Vec<Vec<u8>> {
    let corpora = [
        include_str!("../corpus/benign.txt"),
        include_str!("../corpus/commands.txt"),
        include_str!("../corpus/paths.txt"),
        include_str!("../corpus/unicode.txt"),
    ];
    let texts = corpora.iter().flat_map(|rows| corpus(rows)).map(|row| row.text.into_bytes());
    let own = [
        &b"two\nlines"[..],
        b"[DIR] not one",
        b"---",
        b"caf\xe9",
        b"\xff\xfe",
        b"raw:x",
        b" ",
        b"a: Error - b",
        b"\x1b[31mred",
    ];
    let mut names: Vec<_> = texts.chain(own.map(<[u8]>::to_vec)).collect();
    names.retain(|name| {
        let is_path = matches!(&**name, b"" | b"." | b"..") || name.contains(&b'/') || name.contains(&0);
        // what is protected is listed otherwise
        !is_path && name.len() <= 255 && name != b".env"
    });
    names.sort_unstable();
    names.dedup();
    names
}

#[tokio::test]
async fn a_name_is_shown_alike_everywhere_and_taken_back_as_it_was_shown() {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    let names = names();
    assert!(names.len() > 300, "{}", names.len());
    for name in &names {
        fs::write(root.join(OsStr::from_bytes(name)), name).unwrap();
    }
    let shown: Vec<_> = names.iter().map(|name| show(name)).collect();
    let server = Server::new(&[&root]);
    let said = server.call("list_directory", json!({ "path": "." })).await;
    let lines: Vec<_> = shown.iter().map(|name| format!("[FILE] {name}")).collect();
    said.is(&lines.join("\n")).has_no_note();

    let said = server.call("list_directory_with_sizes", json!({ "path": "." })).await;
    let sized: Vec<_> = said.text().split('\n').take(names.len()).collect();
    for (line, name) in sized.iter().zip(&shown) {
        assert!(line.starts_with(&format!("[FILE] {name:<30} ")) && line.ends_with(" B"), "{line}");
    }

    let said = server.call("directory_tree", json!({ "path": ".", "maxEntries": 20_000 })).await;
    let tree: Value = serde_json::from_str(said.text()).unwrap();
    let wanted: Vec<_> = shown.iter().map(|name| json!({ "name": name, "type": "file" })).collect();
    assert_eq!(tree, Value::from(wanted));

    let found =
        server.call("search_files", json!({ "path": ".", "pattern": "*", "maxResults": 10_000 })).await;
    assert_eq!(found.text().lines().count(), names.len());

    for (name, shown) in names.iter().zip(&shown) {
        let path = format!("r:/{shown}");
        if path.trim() == "r:/" {
            continue;
        }
        let Ok(text) = std::str::from_utf8(name) else { continue };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = &*Marker::default().shown(text).0;
        server.call("read_text_file", json!({ "path": path })).await.is(text);
        let several = server.call("read_multiple_files", json!({ "paths": [path, path] })).await;
        several.is(&format!("{path}:\n{text}\n\n---\n{path}:\n{text}\n"));
    }
}

#[tokio::test]
async fn what_is_no_text_has_an_address_that_is_taken_back() {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    fs::write(root.join(OsStr::from_bytes(b"caf\xe9")), b"\x00\xff").unwrap();
    let server = Server::new(&[&root]);
    let said = server.call("read_media_file", json!({ "path": "raw:caf%E9" })).await;
    let [mcp_server::guard::Block::BlobResource { uri, mime, data }] = said.blocks() else {
        panic!("{said:?}")
    };
    assert_eq!((uri.as_str(), mime.as_str()), ("root://r/raw%3Acaf%25E9", "application/octet-stream"));
    assert_eq!(&data[..], b"\x00\xff");
    assert_eq!(server.read(uri).await.blocks(), said.blocks(), "the address leads to the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_changes_while_it_is_listed_is_listed_all_the_same() {
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir_all(root.join("stays/deep")).unwrap();
    fs::write(root.join("stays.txt"), "12345").unwrap();
    let over = AtomicBool::new(false);
    let server = Server::new(&[&root]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0_u32;
            while !over.load(Ordering::Relaxed) {
                round += 1;
                let name = root.join(format!("x{}", round % 50));
                match round % 4 {
                    0 => drop(fs::write(&name, "x")),
                    1 => drop(fs::create_dir_all(name.join("y/z"))),
                    2 => drop(symlink("/", &name)),
                    _ => drop(fs::remove_file(&name).or_else(|_| fs::remove_dir_all(&name))),
                }
            }
        });
        let calls = async {
            for _ in 0..300 {
                for tool in ["list_directory", "list_directory_with_sizes", "directory_tree"] {
                    let said = server.call(tool, json!({ "path": "." })).await;
                    assert!(said.is_well() && said.text().contains("stays.txt"), "{said:?}");
                    assert!(!said.whole().contains("passwd"), "{said:?}");
                }
            }
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(calls));
        over.store(true, Ordering::Relaxed);
    });
}
