//! The file tools and the roots as resources, as a caller meets them.

#![allow(clippy::disallowed_methods, reason = "builds the trees that the tools then look at")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mcp_server::{
    caller::{Caller, Reach},
    guard::{Block, Guard},
    policy::Policy,
    refusal::{Code, Kind, Refusal},
    resources::{Resources, Source as _, roots::Roots},
    sandbox::{Files, World, files::RootSettings},
    shutdown::Tasks,
    tools::{
        CallContext, Catalog, add_built_in_tools,
        context::{Declared, Notice, Notices},
        mailbox::mailbox,
    },
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "OUTSIDE-SECRET";

/// Short against what it would take without a bound, long against a busy machine.
const PROMPT: Duration = Duration::from_secs(20);

/// A server without doors.
struct Server {
    world: World,
    catalog: Catalog,
    resources: Resources,
    caller: Arc<Caller>,
}

impl Server {
    fn new(roots: &[&Path]) -> Self {
        let mut settings: Vec<RootSettings> = Vec::new();
        for path in roots {
            let name = path.file_name().unwrap().to_str().unwrap().to_lowercase();
            assert!(
                settings.iter().all(|root| root.name != name),
                "each root of a test has a name of its own"
            );
            settings.push(RootSettings { name, path: path.to_path_buf(), write: false });
        }
        let mut catalog = Catalog::default();
        add_built_in_tools(&mut catalog);
        let mut resources = Resources::default();
        resources.add_source(Roots);
        let world = World { files: Files::open(&settings).0, ..World::default() };
        Self { world, catalog, resources, caller: Arc::new(Caller::console()) }
    }

    fn reaching(mut self, roots: &[&str]) -> Self {
        let roots = roots.iter().map(|root| (*root).to_owned()).collect();
        let reach = Reach { roots: Some(roots), ..Reach::everything() };
        self.caller = Arc::new(Caller { reach: Arc::new(reach), ..Caller::console() });
        self
    }

    fn context(&self, cancel: &CancellationToken) -> CallContext {
        CallContext::new(Arc::clone(&self.caller), Tasks::default(), cancel.clone())
    }

    async fn call(&self, tool: &str, args: Value) -> Said {
        self.call_with(tool, args, self.context(&CancellationToken::new())).await
    }

    async fn call_with(&self, tool: &str, args: Value, context: CallContext) -> Said {
        let Value::Object(args) = args else { panic!("arguments are an object") };
        let row = self.catalog.find(tool).unwrap();
        let permit = Policy::default().admit(&self.caller, row.definition().subject(), 0).unwrap();
        let started = Instant::now();
        let result = match row.tool().prepare(permit, &self.caller, args.into(), &self.world) {
            Ok(ready) => ready.run(context).await,
            Err(refusal) => Err(refusal),
        };
        Said::new(result.map(|draft| Guard.release(draft).into_blocks()), started)
    }

    async fn read(&self, uri: &str) -> Said {
        let started = Instant::now();
        if !Roots.owns(uri) {
            return Said::new(Err(Refusal::Unknown { kind: Kind::Resource }), started);
        }
        let permit = Policy::default().admit(&self.caller, Roots.subject(), 0).unwrap();
        let result = match Roots.prepare(permit, &self.caller, uri.to_owned(), &self.world) {
            Ok(ready) => ready.run(self.context(&CancellationToken::new())).await,
            Err(refusal) => Err(refusal),
        };
        Said::new(result.map(|draft| Guard.release(draft).into_blocks()), started)
    }
}

/// What a caller heard.
#[derive(Debug)]
struct Said {
    result: Result<Vec<Block>, Refusal>,
    took: Duration,
}

impl Said {
    fn new(result: Result<Vec<(mcp_server::guard::Role, Block)>, Refusal>, started: Instant) -> Self {
        let result = result.map(|blocks| blocks.into_iter().map(|(_, block)| block).collect());
        Self { result, took: started.elapsed() }
    }

    #[track_caller]
    fn blocks(&self) -> &[Block] {
        self.result.as_ref().unwrap()
    }

    #[track_caller]
    fn text(&self) -> &str {
        let Some(Block::Text(text)) = self.blocks().first() else { panic!("{self:?}") };
        text
    }

    #[track_caller]
    fn note(&self) -> &str {
        let [_, Block::Text(note)] = self.blocks() else { panic!("no note: {self:?}") };
        note
    }

    #[track_caller]
    fn is(&self, text: &str) -> &Self {
        assert_eq!(self.text(), text);
        self
    }

    #[track_caller]
    fn has_no_note(&self) -> &Self {
        assert_eq!(self.blocks().len(), 1, "{self:?}");
        self
    }

    #[track_caller]
    fn is_refused(&self, code: Code) -> String {
        let refusal = self.result.as_ref().unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
        refusal.to_string()
    }

    #[track_caller]
    fn is_prompt(&self) -> &Self {
        assert!(self.took < PROMPT, "took {:?}", self.took);
        self
    }

    /// Everything that leaves, to be searched.
    fn whole(&self) -> String {
        match &self.result {
            Ok(blocks) => format!("{blocks:?}"),
            Err(refusal) => refusal.to_string(),
        }
    }
}

/// The tree of `corpus/make_fixture.sh`, built here.
struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().to_path_buf();
        let (root, outside, sibling) = (base.join("root"), base.join("outside"), base.join("root-evil"));
        for dir in [&root.join("sub/deep"), &outside, &sibling] {
            fs::create_dir_all(dir).unwrap();
        }
        fs::write(root.join("file.txt"), "INSIDE file\n").unwrap();
        fs::write(root.join("sub/deep/note.txt"), "INSIDE note\n").unwrap();
        fs::write(outside.join("secret.txt"), format!("{SECRET}-7f3a\n")).unwrap();
        fs::write(sibling.join("x.txt"), format!("{SECRET}-sibling\n")).unwrap();
        let links = [
            (outside.join("secret.txt"), "link_to_outside_file"),
            ("../outside/secret.txt".into(), "link_to_outside_rel"),
            (outside.clone(), "link_to_outside_dir"),
            ("..".into(), "link_to_root_parent"),
            ("/".into(), "link_to_slash"),
            ("chain2".into(), "chain1"),
            ("chain3".into(), "chain2"),
            (outside.join("secret.txt"), "chain3"),
            ("../../outside/secret.txt".into(), "sub/link_up"),
            (outside.join("does-not-exist"), "dangling_outside"),
            (outside.join("newdir"), "dangling_outside_dir"),
            ("/proc/self/root".into(), "link_to_proc_root"),
            ("/proc/self/cwd".into(), "link_to_proc_cwd"),
            (root.join("file.txt"), "link_abs_inside"),
            ("loop_b".into(), "loop_a"),
            ("loop_a".into(), "loop_b"),
            (sibling.clone(), "link_to_sibling"),
            ("sub/deep".into(), "link_dotdot_inside"),
            ("file.txt".into(), "link_inside_rel"),
            ("sub".into(), "link_inside_dir"),
        ];
        for (target, name) in links {
            symlink(target, root.join(name)).unwrap();
        }
        fs::hard_link(outside.join("secret.txt"), root.join("hardlink_to_outside")).unwrap();
        for name in ["fifo", "fifo_busy"] {
            make_node(&root.join(name), rustix::fs::FileType::Fifo, 0);
        }
        make_node(
            &root.join("chardev_zero"),
            rustix::fs::FileType::CharacterDevice,
            rustix::fs::makedev(1, 5),
        );
        fs::File::create(root.join("sparse_1TiB.bin")).unwrap().set_len(1 << 40).unwrap();
        drop(std::os::unix::net::UnixListener::bind(root.join("unix.sock")).unwrap());
        Self { dir }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    fn server(&self) -> Server {
        Server::new(&[&self.root()])
    }

    /// A row of the corpus with its places filled in.
    fn fill(&self, text: &str) -> String {
        let base = self.dir.path().display();
        text.replace("{ROOT}", &format!("{base}/root"))
            .replace("{SIBLING}", &format!("{base}/root-evil"))
            .replace("{OUTSIDE}", &format!("{base}/outside"))
    }
}

/// A node that is no file. Without the right to make it there is none, and its rows say "not found".
fn make_node(path: &Path, kind: rustix::fs::FileType, device: u64) {
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    let _ = rustix::fs::mknodat(rustix::fs::CWD, path, kind, mode, device);
}

/// A folder for trees of many files: in memory where the system has that, as disks are slow at them.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

struct Row {
    expect: String,
    class: String,
    text: String,
}

fn corpus(text: &str) -> Vec<Row> {
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    rows.map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap().to_owned();
        Row { expect: next(), class: next(), text: serde_json::from_str(&next()).unwrap() }
    })
    .collect()
}

const PATH_TOOLS: [&str; 4] = ["read_text_file", "list_directory", "get_file_info", "search_files"];

fn arguments(tool: &str, path: &str) -> Value {
    match tool {
        "search_files" => json!({ "path": path, "pattern": "**" }),
        _ => json!({ "path": path }),
    }
}

#[tokio::test]
async fn every_path_of_the_corpus_stays_inside_three_times_over() {
    let tree = Tree::new();
    let server = tree.server();
    let rows = corpus(include_str!("corpus/paths.txt"));
    for row in rows.iter().filter(|row| row.expect == "allow" && row.class == "ordinary") {
        let path = tree.root().join(&row.text);
        if !row.text.contains("{ROOT}") && !path.exists() {
            fs::write(path, "ordinary\n").unwrap();
        }
    }
    for _ in 0..3 {
        for row in &rows {
            let path = tree.fill(&row.text);
            for tool in PATH_TOOLS {
                let said = server.call(tool, arguments(tool, &path)).await;
                judge(row, tool, &said);
            }
        }
    }
}

#[track_caller]
fn judge(row: &Row, tool: &str, said: &Said) {
    let about = format!("{tool} {:?}: {}", row.text, said.whole());
    assert!(said.took < PROMPT, "{:?} for {about}", said.took);
    if row.class == "hardlink" {
        // the bytes are the file's own, whatever its other names
        assert_eq!(said.whole().contains(SECRET), tool == "read_text_file", "{about}");
        return;
    }
    assert!(!said.whole().contains(SECRET), "{about}");
    let is_file = tool == "read_text_file" || tool == "get_file_info";
    match row.expect.as_str() {
        "deny" if row.class != "sensitive_in_root" => assert!(said.result.is_err(), "{about}"),
        "allow" => assert_eq!(said.result.is_ok(), is_file, "{about}"),
        "special" if row.text != "sub" || tool == "read_text_file" => {
            assert!(said.result.is_err(), "{about}");
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_path_of_the_corpus_stays_inside_as_an_address() {
    let tree = Tree::new();
    let server = tree.server();
    for row in corpus(include_str!("corpus/paths.txt")) {
        let path = tree.fill(&row.text);
        let encoded = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
        let relative = path.trim_start_matches('/');
        let addresses = [
            path.clone(),
            format!("root://root/{path}"),
            format!("root://root/{encoded}"),
            format!("file:///{relative}"),
            format!("file://localhost/{relative}"),
            format!("file://{path}"),
        ];
        for uri in addresses {
            let said = server.read(&uri).await;
            said.is_prompt();
            if row.class != "hardlink" {
                assert!(!said.whole().contains(SECRET), "{uri}: {}", said.whole());
            }
        }
    }
}

#[tokio::test]
async fn links_are_followed_inside_and_refused_when_they_leave() {
    let tree = Tree::new();
    let server = tree.server();
    let read = async |path: &str| server.call("read_text_file", json!({ "path": path })).await;
    for path in ["link_inside_rel", "link_abs_inside"] {
        read(path).await.is("INSIDE file\n");
    }
    read("link_inside_dir/deep/note.txt").await.is("INSIDE note\n");
    read("hardlink_to_outside").await.is(&format!("{SECRET}-7f3a\n"));
    let leaving = [
        "link_to_outside_file",
        "link_to_outside_rel",
        "link_to_outside_dir/secret.txt",
        "link_to_outside_dir/nothing",
        "link_to_root_parent/outside/secret.txt",
        "link_to_slash/etc/passwd",
        "chain1",
        "sub/link_up",
        "dangling_outside",
        "dangling_outside_dir/new.txt",
        "link_to_proc_root/etc/passwd",
        "link_to_proc_cwd",
        "link_to_sibling/x.txt",
    ];
    let mut heard = Vec::new();
    for path in leaving {
        heard.push(read(path).await.is_refused(Code::LinkLeavesRoot));
    }
    heard.dedup();
    assert_eq!(heard.len(), 1, "the same words whatever is there: {heard:?}");
    read("loop_a").await.is_refused(Code::NotFound);
    let listed = server.call("list_directory", json!({ "path": "link_inside_dir" })).await;
    listed.is("[DIR] deep\n[LINK] link_up");
}

#[tokio::test]
async fn absolute_links_lead_from_root_to_root_a_bounded_number_of_times() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    fs::create_dir_all(&one).unwrap();
    fs::create_dir_all(two.join("d")).unwrap();
    fs::write(two.join("d/x.txt"), "two").unwrap();
    symlink(two.join("d"), one.join("there")).unwrap();
    for hop in 0..12 {
        symlink(one.join(format!("hop{}", hop + 1)), one.join(format!("hop{hop}"))).unwrap();
    }
    fs::write(one.join("hop12"), "end").unwrap();
    let server = Server::new(&[&one, &two]);
    server.call("read_text_file", json!({ "path": "one:/there/x.txt" })).await.is("two");
    server.call("read_text_file", json!({ "path": "one:/hop4" })).await.is("end");
    server.call("read_text_file", json!({ "path": "one:/hop0" })).await.is_refused(Code::NotFound);
    let narrow = Server::new(&[&one, &two]).reaching(&["one"]);
    let said = narrow.call("read_text_file", json!({ "path": "one:/there/x.txt" })).await;
    said.is_refused(Code::LinkLeavesRoot);
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once_and_listed_truthfully() {
    let tree = Tree::new();
    let server = tree.server();
    for path in ["fifo", "fifo_busy", "unix.sock"] {
        for tool in ["read_text_file", "get_file_info"] {
            server.call(tool, json!({ "path": path })).await.is_prompt().is_refused(Code::NotRegular);
        }
    }
    let said = server.call("read_text_file", json!({ "path": "sub" })).await.is_refused(Code::IsDirectory);
    assert!(said.contains("root:/sub") && said.contains("list_directory"), "{said}");
    server.call("list_directory", json!({ "path": "file.txt" })).await.is_refused(Code::NotDirectory);
    let said = server.call("read_text_file", json!({ "path": "gone" })).await.is_refused(Code::NotFound);
    assert!(said.contains("root:/gone") && !said.contains(&*tree.root().to_string_lossy()), "{said}");
    let listing = server.call("list_directory", json!({ "path": "." })).await;
    for line in ["[FIFO] fifo", "[SOCKET] unix.sock", "[LINK] chain1", "[DIR] sub", "[FILE] file.txt"] {
        assert!(listing.text().lines().any(|listed| listed == line), "{line}");
    }
}

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
    assert_eq!(whole.is_prompt().text().len(), 100 << 10);
    assert!(whole.note().contains("`offset: 1, lineOffset: 102400`"), "{}", whole.note());
    assert_eq!(read(json!({ "head": 1 })).await.is_prompt().text().len(), 100 << 10);
    let tail = read(json!({ "tail": 1 })).await;
    assert_eq!(tail.is_prompt().text().len(), 100 << 10);
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
    let said = read(json!({ "path": "l1.ini" })).await.is_refused(Code::NotText);
    assert!(said.contains("offset 3"), "{said}");
    read(json!({ "path": "t.txt", "offset": 0 })).await.is_refused(Code::OutOfRange);
}

#[tokio::test]
async fn what_is_benign_or_odd_comes_back_as_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    let server = Server::new(&[&root]);
    let rows = [include_str!("corpus/benign.txt"), include_str!("corpus/unicode.txt")];
    for row in rows.iter().flat_map(|rows| corpus(rows)) {
        fs::write(root.join("f"), &row.text).unwrap();
        let said = server.call("read_text_file", json!({ "path": "f" })).await;
        assert_eq!(said.text(), row.text.strip_prefix('\u{feff}').unwrap_or(&row.text));
    }
}

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
    said.is("a:/\nb:/ (read only)\nc:/ (missing)");
    server.call("list_directory", json!({ "path": "c:/" })).await.is_refused(Code::RootMissing);
    let said = server.call("list_directory", json!({ "path": "x" })).await.is_refused(Code::AmbiguousRoot);
    assert!(said.contains("`a:/`, `b:/`, `c:/`"), "{said}");
    let narrow = server.reaching(&["b"]);
    narrow.call("list_allowed_directories", json!({})).await.is("b:/ (read only)");
    narrow.call("list_directory", json!({ "path": "a:/" })).await.is_refused(Code::NotFound);
}

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

/// A chain of directories named `d`, made handle by handle: its path is longer than a path may be.
fn deepen(root: &Path, levels: usize) {
    use rustix::fs::{Mode, OFlags};
    let mut at = rustix::fs::open(root, OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..levels {
        rustix::fs::mkdirat(&at, "d", Mode::from_raw_mode(0o755)).unwrap();
        at = rustix::fs::openat(&at, "d", OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
}

#[tokio::test]
async fn a_directory_of_many_names_is_listed_as_far_as_it_fits() {
    let count = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
    let dir = scratch();
    let root = dir.path().join("r");
    fs::create_dir(&root).unwrap();
    for n in 0..count {
        fs::File::create(root.join(format!("{n:06}"))).unwrap();
    }
    let server = Server::new(&[&root]);
    let said = server.call("list_directory", json!({ "path": "." })).await;
    let lines: Vec<_> = said.is_prompt().text().lines().collect();
    assert_eq!((lines.len(), lines[0], lines[9_999]), (10_000, "[FILE] 000000", "[FILE] 009999"));
    assert!(said.note().contains(&format!("10000 of {count}")), "{}", said.note());

    let (slot, mut notices) = mailbox();
    let listening = Notices { slot: Some(slot), progress: true, ..Notices::default() };
    let context = server.context(&CancellationToken::new()).listening(listening, Declared::default());
    let args = json!({ "path": ".", "pattern": "*9" });
    let found = server.call_with("search_files", args.clone(), context).await;
    assert_eq!(found.is_prompt().text().lines().count(), 200);
    assert!(matches!(notices.take(), Some(Notice::Progress { .. })));

    let cancel = CancellationToken::new();
    cancel.cancel();
    for (tool, args) in [("search_files", args), ("list_directory", json!({ "path": "." }))] {
        let said = server.call_with(tool, args, server.context(&cancel)).await;
        said.is_refused(Code::Abandoned);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_swapped_for_a_link_never_shows_what_is_outside() {
    let tree = Tree::new();
    let root = tree.root();
    let secret = tree.dir.path().join("outside/secret.txt");
    fs::write(root.join("plain"), "INSIDE plain\n").unwrap();
    symlink(&secret, root.join("link")).unwrap();
    fs::create_dir(root.join("dir")).unwrap();
    fs::write(root.join("dir/secret.txt"), "INSIDE dir\n").unwrap();
    symlink(tree.dir.path().join("outside"), root.join("dirlink")).unwrap();
    fs::hard_link(root.join("plain"), root.join("swap")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let (stop, root) = (Arc::clone(&stop), root.clone());
        move || {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            while !stop.load(Ordering::Relaxed) {
                for (one, two) in [("swap", "link"), ("dir", "dirlink")] {
                    let (one, two) = (root.join(one), root.join(two));
                    renameat_with(CWD, one, CWD, two, RenameFlags::EXCHANGE).unwrap();
                }
            }
        }
    });
    let server = tree.server();
    let (mut inside, mut refused) = (0, 0);
    for _ in 0..2_000 {
        for path in ["swap", "dir/secret.txt"] {
            let said = server.call("read_text_file", json!({ "path": path })).await;
            assert!(!said.whole().contains(SECRET), "{}", said.whole());
            match said.result {
                Ok(_) => inside += 1,
                Err(_) => refused += 1,
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert!(inside > 0 && refused > 0, "the race was run: {inside} inside, {refused} refused");
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
