//! The roots, as `list_allowed_directories` and as resources, and `get_file_info`.

use std::{fs, os::unix::ffi::OsStrExt, path::PathBuf};

use mcp_server::{
    guard::Block,
    policy::Policy,
    refusal::Code,
    sandbox::{Files, files::RootSettings},
};
use serde_json::json;

use super::{
    ground::Tree,
    server::{Said, Server},
};

#[tokio::test]
async fn file_info_has_the_keys_people_expect() {
    let tree = Tree::new();
    let said = tree.server().call("get_file_info", json!({ "path": "file.txt" })).await;
    let keys: Vec<_> = said.text().lines().map(|line| line.split_once(": ").unwrap().0).collect();
    let wanted = ["size", "created", "modified", "accessed", "isDirectory", "isFile", "permissions"];
    assert_eq!(keys, wanted);
    for line in ["size: 12", "isDirectory: false", "isFile: true", "permissions: 644"] {
        assert!(said.text().lines().any(|said| said == line), "{}", said.text());
    }
    // a file that has just been written was not written a moment later
    let just_under = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(1_999);
    let file = fs::File::options().write(true).open(tree.root().join("file.txt")).unwrap();
    file.set_modified(just_under).unwrap();
    let said = tree.server().call("get_file_info", json!({ "path": "file.txt" })).await;
    assert!(said.text().contains("\nmodified: 1970-01-01T00:00:01Z\n"), "{}", said.text());
}

#[tokio::test]
async fn roots_are_listed_with_what_may_be_done() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path().to_path_buf();
    let root = |name: &str, path: PathBuf, write| RootSettings { name: name.into(), path, write };
    let mut server = Server::new(&[]);
    server.world.files = Files::open(&[
        root("a", here.clone(), true),
        root("b", here.clone(), false),
        root("c", here.join("no"), true),
    ])
    .0;
    let said = server.call("list_allowed_directories", json!({})).await;
    said.is("Allowed directories:\na:/\nb:/ (read only)\nc:/ (missing)");
    server.call("list_directory", json!({ "path": "c:/" })).await.is_refused(Code::RootMissing);
    let said = server.call("list_directory", json!({ "path": "x" })).await.is_refused(Code::AmbiguousRoot);
    assert!(said.contains("`a:/`, `b:/`, `c:/`"), "{said}");
    let narrow = server.reaching(&["b"]);
    narrow.call("list_allowed_directories", json!({})).await.is("Allowed directories:\nb:/ (read only)");
    narrow.call("list_directory", json!({ "path": "a:/" })).await.is_refused(Code::NotFound);
}

#[tokio::test]
async fn roots_are_resources() {
    let tree = Tree::new();
    let root = tree.root();
    fs::write(root.join("ä b%.txt"), "umlaut").unwrap();
    fs::write(root.join("bin"), [0, 159, 146, 150]).unwrap();
    fs::write(root.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "raw").unwrap();
    fs::write(root.join("large"), vec![b'x'; (1 << 20) + 1]).unwrap();
    let server = tree.server();
    let listed = server.resources.listed(&server.caller, &Policy::default(), &server.world);
    assert_eq!(listed.iter().map(|listed| listed.uri.as_str()).collect::<Vec<_>>(), ["root://root/"]);
    let templates = server.resources.templates(&server.caller, &Policy::default(), &server.world);
    assert_eq!(templates[0].uri, "root://root/{+path}");

    let text_of = |said: &Said| match said.blocks() {
        [Block::TextResource { uri, text, .. }] => (uri.clone(), text.clone()),
        blocks => panic!("{blocks:?}"),
    };
    let file = ("root://root/file.txt".to_owned(), "INSIDE file\n".to_owned());
    for uri in [
        "root://root/file.txt".to_owned(),
        "ROOT://root/sub/..%2Ffile%2Etxt".to_owned(),
        format!("file://{}/file.txt", root.display()),
        format!("file://localhost{}/file.txt", root.display()),
    ] {
        assert_eq!(text_of(&server.read(&uri).await), file, "{uri}");
    }
    let (uri, text) = text_of(&server.read("root://root/%C3%A4%20b%25.txt").await);
    assert_eq!((uri.as_str(), text.as_str()), ("root://root/%C3%A4%20b%25.txt", "umlaut"));
    let (uri, text) = text_of(&server.read("root://root/raw%3Acaf%25E9").await);
    assert_eq!((uri.as_str(), text.as_str()), ("root://root/raw%3Acaf%25E9", "raw"));
    let (uri, text) = text_of(&server.read("root://root/sub").await);
    assert_eq!((uri.as_str(), text.as_str()), ("root://root/sub", "[DIR] deep\n[LINK] link_up"));
    assert!(text_of(&server.read("root://root/").await).1.contains("[FILE] file.txt"));
    assert!(text_of(&server.read("root://root").await).1.contains("[FILE] file.txt"));
    let bin = server.read("root://root/bin").await;
    assert!(matches!(bin.blocks(), [Block::BlobResource { data, .. }] if data.len() == 4), "{bin:?}");

    server.read("root://other/x").await.is_refused(Code::UnknownResource);
    server.read("http://root/x").await.is_refused(Code::UnknownResource);
    server.read("root://root/gone").await.is_refused(Code::NotFound);
    server.read("root://root/%2e%2e/x").await.is_refused(Code::PathLeavesRoot);
    server.read("root://root/%FF").await.is_refused(Code::NotUtf8);
    server.read("root://root/a%00").await.is_refused(Code::NulByte);
    server.read("file://elsewhere/file.txt").await.is_refused(Code::PathLeavesRoot);
    server.read("file:///etc/passwd").await.is_refused(Code::PathLeavesRoot);
    server.read("root://root/fifo").await.is_prompt().is_refused(Code::NotRegular);
    assert!(server.read("root://root/link_to_slash").await.is_refused(Code::LinkLeavesRoot).contains("uri"));
    assert!(server.read("root://root/large").await.is_refused(Code::TooLarge).contains("read_text_file"));
}
