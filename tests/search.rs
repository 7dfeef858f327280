//! The two searches, as a host meets them.

#![allow(clippy::disallowed_methods, reason = "builds the trees that are then searched")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails may panic")]

mod common;

use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::Path,
    time::{Duration, Instant},
};

use common::{Answer, Era, Place, StdioServer, UNLIMITED};
use mcp_server::sanitize::marks::Marker;
use serde_json::{Value, json};

const ERA: Era = Era::PerRequest;

/// Short against what it would take without a bound, long against a busy machine.
const PROMPT: Duration = Duration::from_secs(10);

/// A server with one root, `r`, in which a test puts its files.
struct Tree {
    place: Place,
}

impl Tree {
    fn of(files: &[(&str, &str)]) -> Self {
        let place = Place::new();
        place.dir("r");
        let tree = Self { place };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        self.place.write(&format!("r/{path}"), contents);
    }

    fn root(&self) -> std::path::PathBuf {
        self.place.path().join("r")
    }

    fn server(&self) -> Server {
        let root = format!("r={}", self.root().display());
        Server(StdioServer::start(&self.place, &["--root", &root], &[UNLIMITED]))
    }
}

struct Server(StdioServer);

impl Server {
    #[track_caller]
    fn search(&mut self, arguments: Value) -> Said {
        let begun = Instant::now();
        Said(self.0.call(ERA, "search_file_contents", arguments), begun.elapsed())
    }

    /// Searches everything for lines that hold `query`.
    #[track_caller]
    fn find(&mut self, query: &str) -> Said {
        self.search(json!({ "path": ".", "query": query }))
    }
}

/// What was said, and how soon.
struct Said(Answer, Duration);

impl Said {
    #[track_caller]
    fn is(&self, text: &str) -> &Self {
        self.0.says(text);
        self
    }

    #[track_caller]
    fn is_prompt(&self) -> &Self {
        assert!(self.1 < PROMPT, "{:?}: {:?}", self.1, self.0);
        self
    }

    /// The notes; empty if there are none.
    fn note(&self) -> &str {
        self.0.result()["content"][1]["text"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn notes(&self, part: &str) -> &Self {
        assert!(self.note().contains(part), "{part:?} is not in {:?}", self.0);
        self
    }

    /// The files in which something was found, without their root.
    #[track_caller]
    fn files(&self) -> Vec<&str> {
        self.0.text().lines().filter_map(|line| line.strip_prefix("r:/")).collect()
    }
}

#[test]
fn lines_are_found_in_the_order_of_the_paths_with_those_around_them() {
    let tree = Tree::of(&[
        ("b.rs", "one\nfn two() {}\nthree\nfour\nfive\nfn six() {}\n"),
        ("a/z.rs", "fn last() {}"),
        ("a-b.rs", "FN\nfn mid() {}\r\nend\r\n"),
        ("a.md", "no function\n"),
    ]);
    let mut server = tree.server();
    let found =
        "r:/a/z.rs\n1:fn last() {}\n\nr:/a-b.rs\n2:fn mid() {}\n\nr:/b.rs\n2:fn two() {}\n6:fn six() {}\n";
    assert_eq!(server.find("fn ").is(found).note(), "");
    let around = server.search(json!({ "path": "b.rs", "query": "^fn", "isRegex": true, "contextLines": 1 }));
    around.is("r:/b.rs\n1-one\n2:fn two() {}\n3-three\n--\n5-five\n6:fn six() {}\n");
    let joined = server.search(json!({ "path": "r:/b.rs", "query": "fn", "contextLines": 2 }));
    joined.is("r:/b.rs\n1-one\n2:fn two() {}\n3-three\n4-four\n5-five\n6:fn six() {}\n");
    let ends = server.search(json!({ "path": ".", "query": r"\}$", "isRegex": true, "glob": "a-*" }));
    ends.is("r:/a-b.rs\n2:fn mid() {}\n");
    let any = server.search(json!({ "path": ".", "query": "fn", "caseSensitive": false, "glob": "a-b.rs" }));
    any.is("r:/a-b.rs\n1:FN\n2:fn mid() {}\n");
    server.find("f.").is("No matches found").notes("[4 files were searched]");
    server.search(json!({ "path": "gone", "query": "x" })).0.fails_with("nothing is there");
    let listed = server.0.call(ERA, "search_files", json!({ "path": ".", "pattern": "**" }));
    listed.says("r:/a\nr:/a/z.rs\nr:/a-b.rs\nr:/a.md\nr:/b.rs");
}

#[test]
fn a_glob_means_names_at_any_depth_or_paths() {
    let tree = Tree::of(&[
        ("x.rs", "x"),
        ("src/x.rs", "x"),
        ("src/deep/x.rs", "x"),
        ("src/x.min.js", "x"),
        ("{a}", "x"),
    ]);
    let mut server = tree.server();
    for (glob, files) in [
        ("*.rs", &["src/deep/x.rs", "src/x.rs", "x.rs"] as &[&str]),
        ("src/*.rs", &["src/x.rs"]),
        ("src/**/*.rs", &["src/deep/x.rs", "src/x.rs"]),
        ("**/deep/**", &["src/deep/x.rs"]),
        ("/*.rs", &["x.rs"]),
        ("*.{js,md}", &["src/x.min.js"]),
        ("!*.rs", &["src/x.min.js", "{a}"]),
        ("!src/**", &["x.rs", "{a}"]),
        (r"\{a\}", &["{a}"]),
    ] {
        let said = server.search(json!({ "path": ".", "query": "x", "glob": glob }));
        assert_eq!(said.files(), files, "{glob}");
    }
    let none = server.search(json!({ "path": ".", "query": "x", "glob": "*.py" }));
    none.is("No matches found").notes("none that `glob` means");
    server.search(json!({ "path": ".", "query": "x", "glob": "!" })).0.fails_with("`glob`");
    server.search(json!({ "path": ".", "query": "x", "glob": "[" })).0.fails_with("`glob` must be a glob");
}

/// Rows of what is ignored: the files (each holds an `x`), and those in which it is found.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

const RULES: &[Row<'_>] = &[
    (
        "a name at any depth",
        &[(".gitignore", "a"), ("a", "x"), ("b/a", "x"), ("b/c", "x"), ("d/a/e", "x")],
        &["b/c"],
    ),
    (
        "a path from its directory on",
        &[(".gitignore", "/a\nb/c"), ("a", "x"), ("d/a", "x"), ("b/c", "x"), ("d/b/c", "x")],
        &["d/a", "d/b/c"],
    ),
    ("directories alone", &[(".gitignore", "a/"), ("a/b", "x"), ("c/a", "x")], &["c/a"]),
    (
        "a negation",
        &[(".gitignore", "*.log\n!keep.log"), ("a.log", "x"), ("keep.log", "x"), ("b/keep.log", "x")],
        &["b/keep.log", "keep.log"],
    ),
    (
        "nothing comes back out of a directory",
        &[(".gitignore", "a/\n!a/b"), ("a/b", "x"), ("c", "x")],
        &["c"],
    ),
    ("the last rule that matches", &[(".gitignore", "!a\na\n!b\n"), ("a", "x"), ("b", "x")], &["b"]),
    (
        "the nearest directory",
        &[(".gitignore", "*.txt"), ("a/.gitignore", "!*.txt"), ("a/b.txt", "x"), ("c.txt", "x")],
        &["a/b.txt"],
    ),
    (
        "two stars",
        &[
            (".gitignore", "a/**/z\nb/**\n**/c"),
            ("a/z", "x"),
            ("a/1/2/z", "x"),
            ("a/1/y", "x"),
            ("b/y", "x"),
            ("d/c", "x"),
        ],
        &["a/1/y"],
    ),
    (
        "comments, spaces and escapes",
        &[
            (".gitignore", "# b\n\\#a\n\\!a\nc \n\nd\\ e\r\n"),
            ("#a", "x"),
            ("!a", "x"),
            ("b", "x"),
            ("c", "x"),
            ("d e", "x"),
        ],
        &["b"],
    ),
    ("what is no rule", &[(".gitignore", "[z-a]\na\n!\n/\n"), ("a", "x"), ("b", "x")], &["b"]),
    (".ignore weighs more", &[(".gitignore", "a\n"), (".ignore", "!a\nb\n"), ("a", "x"), ("b", "x")], &["a"]),
    (
        ".git/info/exclude weighs less",
        &[(".git/info/exclude", "a\nb\n"), (".gitignore", "!a"), ("a", "x"), ("b", "x")],
        &["a"],
    ),
    (
        "a repository within another",
        &[
            (".gitignore", "a"),
            (".ignore", "b"),
            ("in/.git/HEAD", "x"),
            ("in/a", "x"),
            ("in/b", "x"),
            ("a", "x"),
        ],
        &["in/a"],
    ),
    (
        "version control keeps its own",
        &[(".git/x", "x"), ("a/.hg/x", "x"), (".github/x", "x"), ("b/.git", "x"), (".jj/x", "x")],
        &[".github/x", "b/.git"],
    ),
    ("hidden files are files", &[(".rc", "x"), (".a/b", "x")], &[".a/b", ".rc"]),
    ("a byte order mark", &[(".gitignore", "\u{feff}a\n"), ("a", "x"), ("b", "x")], &["b"]),
    ("names as bytes", &[(".gitignore", "é*\n"), ("élan", "x"), ("elan", "x")], &["elan"]),
];

#[test]
fn what_gitignore_and_its_kin_leave_out_is_not_searched() {
    for (what, files, found) in RULES {
        let tree = Tree::of(files);
        assert_eq!(
            tree.server().search(json!({ "path": ".", "query": "x", "glob": "!*ignore" })).files(),
            *found,
            "{what}"
        );
    }
}

#[test]
fn rules_hold_below_the_directory_that_is_named_and_not_for_itself() {
    let tree = Tree::of(&[
        (".gitignore", "*.log\n/out/\n"),
        ("sub/deep/a.log", "x"),
        ("sub/deep/a.txt", "x"),
        ("out/b.log", "x"),
        ("out/b.txt", "x"),
    ]);
    let mut server = tree.server();
    let mut below = |path: &str| server.search(json!({ "path": path, "query": "x" })).files().join(" ");
    assert_eq!(below("."), "sub/deep/a.txt");
    assert_eq!(below("sub/deep"), "sub/deep/a.txt");
    assert_eq!(below("out"), "out/b.txt");
    assert_eq!(below("out/b.log"), "out/b.log");
    server.find("nowhere").notes("[not searched: 2 ignored by `.gitignore` or `.ignore` (name one as `path`");
}

#[test]
fn rules_without_end_are_followed_as_far_as_they_go_and_that_is_said() {
    let many: Vec<_> = (0..10_000).map(|n| format!("*a*{n}*")).collect();
    let tree = Tree::of(&[("a/.gitignore", &many.join("\n")), ("a/ba7", "x"), ("a/b", "x")]);
    tree.write("c/.gitignore", format!("{}\nb\n", "*a".repeat(1 << 20)));
    tree.write("c/b", "x");
    tree.write("d/.gitignore", "[a-z]*".repeat(170));
    tree.write("d/b", "x");
    let said = tree.server().find("x");
    assert_eq!(said.is_prompt().files(), ["a/b", "c/b", "d/b"]);
    said.notes("[files of ignore rules that are too long and were followed in part: 2]");
}

#[test]
fn text_is_found_whatever_its_marks_and_binary_files_are_left_out() {
    let tree = Tree::of(&[("bom.txt", "\u{feff}name=1\nx=2\n"), ("plain.txt", "key=1\n")]);
    tree.write("le.reg", b"\xFF\xFEk\0e\0y\0=\x001\0\r\0\n\0");
    tree.write("be.txt", b"\xFE\xFF\0k\0e\0y\0=\x001\0\n");
    tree.write("image.png", b"\x89PNG key=1\n\0\0");
    tree.write("latin.txt", b"key=caf\xe9\n");
    tree.write(
        "late.txt",
        [b"key=early\n".as_slice(), &b"a line\n".repeat(50_000), b"\0\nkey=late\n"].concat(),
    );
    let mut server = tree.server();
    let said = server.find("key=");
    said.is("r:/be.txt\n1:key=1\n\nr:/late.txt\n1:key=early\n\nr:/latin.txt\n1:key=caf[HIDDEN:U+FFFD]\n\nr:/le.reg\n1:key=1\n\nr:/plain.txt\n1:key=1\n");
    said.notes("[not searched: 1 binary]").notes("up to a NUL byte, or to a line of more than 4 MiB: 1]");
    said.notes("not UTF-8, which U+FFFD stands for: 1]");
    let first = server.search(json!({ "path": "bom.txt", "query": "^name", "isRegex": true }));
    assert_eq!(first.is("r:/bom.txt\n1:name=1\n").note(), "");
    server.search(json!({ "path": "image.png", "query": "key" })).is("No matches found").notes("1 binary");
}

#[test]
fn a_long_line_is_cut_around_what_matches() {
    let tree = Tree::of(&[]);
    let long = format!("{}NEEDLE{}", "é".repeat(100_000), "ü".repeat(100_000));
    tree.write("long.txt", format!("{}\n{long}\nNEEDLE\n", "y".repeat(1_000)));
    let mut server = tree.server();
    let said = server.search(json!({ "path": ".", "query": "NEEDLE", "contextLines": 1 }));
    let lines: Vec<_> = said.0.text().lines().collect();
    assert!(
        lines[1].starts_with("1-yyy") && lines[1].ends_with("y…") && lines[1].len() < 420,
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("2:…é") && lines[2].ends_with("ü…") && lines[2].contains("éNEEDLEü"),
        "{}",
        lines[2]
    );
    assert!(lines[2].len() < 420 && !lines[2].contains('\u{fffd}'), "{}", lines[2]);
    assert_eq!(lines[3], "3:NEEDLE");
    said.notes("[lines of more than 400 bytes, cut where … stands; `read_text_file` shows them whole: 2]");
    tree.write("huge.txt", format!("NEEDLE\n{}\nNEEDLE\n", "x".repeat(6 << 20)));
    let said = server.search(json!({ "path": "huge.txt", "query": "NEEDLE" }));
    said.is("r:/huge.txt\n1:NEEDLE\n").notes("to a line of more than 4 MiB: 1]");
}

#[test]
fn a_full_answer_is_the_first_of_all_and_says_where_the_next_line_is() {
    let tree = Tree::of(&[]);
    for n in 0..300 {
        tree.write(&format!("{n:03}.txt"), format!("first {n}\nother\nsecond {n}\n"));
    }
    let mut server = tree.server();
    let mut answers = Vec::new();
    for _ in 0..5 {
        let said = server.search(json!({ "path": ".", "query": "second", "maxResults": 50 }));
        assert_eq!(said.files().len(), 50);
        said.notes(
            "[`maxResults` is reached; the next matching line is r:/050.txt:3. To see more, raise it, or ",
        );
        answers.push(said.0.text().to_owned());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "it is the same each time");
    let all = server.find("second");
    assert_eq!(all.files().len(), 100);
    let odd = server.search(json!({ "path": ".", "query": "s", "maxResults": 101, "contextLines": 1 }));
    odd.notes("the next matching line is r:/050.txt:3.");
    let rest = server.search(json!({ "path": ".", "query": "second", "maxResults": 300 }));
    assert_eq!((rest.files().len(), rest.note()), (300, ""));

    tree.write("000.txt", format!("{}\n", "s".repeat(390)).repeat(1_000));
    let said = server.search(json!({ "path": ".", "query": "s", "maxResults": 1_000 }));
    assert!(said.0.text().len() <= 100 << 10 && said.0.text().len() > 99 << 10, "{}", said.0.text().len());
    said.notes("[no more fits; the next matching line is r:/000.txt:2");
    assert!(!said.note().contains("truncated"), "{}", said.note());
}

#[test]
fn names_that_are_no_text_are_shown_as_everywhere_and_taken_back() {
    let tree = Tree::of(&[("a\nb", "x\n")]);
    fs::write(tree.root().join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "x\n").unwrap();
    let mut server = tree.server();
    let said = server.find("x");
    said.is("r:/raw:a%0Ab\n1:x\n\nr:/raw:caf%E9\n1:x\n");
    for name in said.files() {
        server.search(json!({ "path": name, "query": "x" })).is(&format!("r:/{name}\n1:x\n"));
    }
}

#[test]
fn links_and_what_is_no_file_are_not_searched() {
    let tree = Tree::of(&[("a/file", "x INSIDE\n")]);
    let outside = tree.place.write("outside/secret", "x SECRET\n");
    symlink(&outside, tree.root().join("to_file")).unwrap();
    symlink(outside.parent().unwrap(), tree.root().join("to_dir")).unwrap();
    symlink("a", tree.root().join("a_again")).unwrap();
    symlink(&outside, tree.root().join(".gitignore")).unwrap();
    fs::create_dir(tree.root().join("b")).unwrap();
    symlink(&outside, tree.root().join("b/.ignore")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, tree.root().join("fifo"), fifo, 0o644.into(), 0).unwrap();
    let mut server = tree.server();
    let said = server.find("x");
    assert_eq!(said.is_prompt().is("r:/a/file\n1:x INSIDE\n").note(), "");
    server.search(json!({ "path": "a_again", "query": "x" })).is("r:/a_again/file\n1:x INSIDE\n");
    server
        .search(json!({ "path": "to_dir", "query": "x" }))
        .0
        .fails_with("leaves the root")
        .never_mentions("SECRET");
    server
        .search(json!({ "path": "to_file", "query": "x" }))
        .0
        .fails_with("leaves the root")
        .never_mentions("SECRET");
    server.search(json!({ "path": "fifo", "query": "x" })).is_prompt().0.fails_with("regular file");
}

#[test]
fn no_pattern_is_slow_and_a_bad_one_is_told_what_is_wrong() {
    let tree = Tree::of(&[]);
    tree.write("a.txt", "a".repeat(1 << 20));
    tree.write("b.txt", format!("{}!\n", "a".repeat(100)).repeat(10_000));
    let mut server = tree.server();
    for query in [
        "(a+)+$",
        "(a|aa)+$",
        "(a|a?)+$",
        "(.*a){20}",
        "(.*)*$",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(x+x+)+y",
        "a{1,1000}b",
        "(a?){500}a{500}b",
        "([a-zA-Z]+)*!$",
        ".*.*=.*",
        r"\w+\s*=\s*\w+",
        "(?i)A{50}",
    ] {
        let said = server.search(json!({ "path": ".", "query": query, "isRegex": true, "maxResults": 1 }));
        said.is_prompt().0.text();
    }
    for (query, says) in [
        ("(", "`query` must be a regular expression (unclosed group)"),
        (r"(a)\1", "backreferences are not supported"),
        ("(?=a)", "look-around"),
        (r"a\nb", "`query` must match within one line"),
        ("a\nb", "`query` must match within one line"),
        (r"(\w{50}){50}", "`query` compiles to more than 1024 KiB"),
        ("((a{1,100}){1,100}){1,100}", "`query` compiles to more than 1024 KiB"),
        ("", "`query` must not be empty"),
        ("a\0", "`query` must not contain a NUL"),
    ] {
        let said = server.search(json!({ "path": ".", "query": query, "isRegex": true }));
        said.is_prompt().0.fails_with(says);
    }
    // the message itself may have a mebibyte
    let said = server.search(json!({ "path": ".", "query": "(".repeat(1_000_000), "isRegex": true }));
    said.is_prompt().0.fails_with("`query` must be at most 4096 bytes");
    server.search(json!({ "path": ".", "query": "(" })).is("No matches found");
    let codes: Vec<_> = tree.place.events_named("input_validation_failed");
    assert!(codes.iter().any(|event| event["code"] == "bad_pattern"), "{codes:?}");
}

#[test]
fn nothing_tells_whether_a_line_with_a_secret_matches() {
    let secret = "u=postgres://user:pa55w0rdX@db.internal/db";
    let filler = "filler line\n".repeat(200_000);
    let tree = Tree::of(&[
        ("conf", &format!("{secret}\nport=1\nname=2\nlast=3\n")),
        ("many", &"key=AKIAQ3EGRZ7XKLMNPQRS\n".repeat(40_000)),
        ("huge", &format!("{secret}\nport=1\n{filler}")),
    ]);
    tree.write(
        "wide.txt",
        secret.encode_utf16().chain([10]).fold(vec![0xff, 0xfe], |mut bytes, unit| {
            bytes.extend(unit.to_le_bytes());
            bytes
        }),
    );
    let mut server = tree.server();
    let mut ask = |file: &str, query: String, more: Value| {
        let mut args = json!({ "path": file, "query": query, "isRegex": true });
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let said = server.search(args);
        said.is_prompt();
        said.0.result().clone()
    };
    for file in ["conf", "huge", "wide.txt", "."] {
        for (right, wrong) in [("user:pa55", "user:pa56"), ("user:pa55|port", "user:pa56|port")] {
            for more in [json!({}), json!({ "maxResults": 1 }), json!({ "contextLines": 2 })] {
                let said = ask(file, right.to_owned(), more.clone());
                assert_eq!(said, ask(file, wrong.to_owned(), more), "{file} {right}");
                assert!(!said.to_string().contains("pa55"), "{said}");
            }
        }
    }
    assert_eq!(ask("many", "key=AKIAQ".into(), json!({})), ask("many", "key=AKIAR".into(), json!({})));
}

#[test]
fn commands_are_searched_for_and_found_as_the_text_they_are() {
    let rows: Vec<String> = include_str!("corpus/commands.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(2))
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    let lines: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.split('\n'))
        .filter(|line| !line.is_empty() && Marker::default().marks(line.as_bytes()).made().is_empty())
        .collect();
    assert!(lines.len() > 100, "{}", lines.len());
    let tree = Tree::of(&[]);
    for (n, line) in lines.iter().enumerate() {
        tree.write(&format!("{n:04}.txt"), format!("before\n{line}\nbehind\n"));
    }
    let before = tree_of(tree.place.path());
    let mut server = tree.server();
    for (n, line) in lines.iter().enumerate() {
        let said = server.search(json!({ "path": ".", "query": line, "maxResults": 1_000 }));
        let shown = format!("r:/{n:04}.txt\n2:{}\n", line.strip_suffix('\r').unwrap_or(line));
        assert!(line.len() > 400 || said.0.text().contains(&shown), "{line:?} {:?}", said.0);
        let escaped = regex_syntax_escape(line);
        let again =
            server.search(json!({ "path": ".", "query": escaped, "isRegex": true, "maxResults": 1_000 }));
        assert!(line.contains('\r') || again.0.text() == said.0.text(), "{line:?} {:?}", again.0);
    }
    assert!(server.0.finish().0.success());
    assert_eq!(tree_of(tree.place.path()), before, "nothing was run");
}

/// Every character that could mean something, after a backslash.
fn regex_syntax_escape(text: &str) -> String {
    let escape = |char: char| {
        if char.is_ascii_punctuation() && char != '<' && char != '>' {
            format!("\\{char}")
        } else {
            char.to_string()
        }
    };
    text.chars().map(escape).collect()
}

/// Every name below `dir` but those of the log and of its own state.
fn tree_of(dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut due = vec![dir.to_path_buf()];
    while let Some(at) = due.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir()
                && entry.file_name() != "events"
                && entry.file_name() != "state"
            {
                due.push(entry.path());
            }
            names.push(entry.path().display().to_string());
        }
    }
    names.retain(|name| !name.ends_with("/events"));
    names.sort();
    names
}

#[test]
fn a_search_that_is_cancelled_ends_and_so_does_its_work() {
    let tree = Tree::of(&[]);
    // a pattern with thousands of states at once in a text that keeps them all alive
    let mut state = 88_172_645_463_325_252_u64;
    let mut line = || {
        let bits = (0..4).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            format!("{state:064b}")
        });
        bits.collect::<String>() + "\n"
    };
    for name in ["a", "b"] {
        tree.write(name, (0..100_000).map(|_| line()).collect::<String>());
    }
    let slow = json!({ "path": ".", "query": "[01]*1[01]{1000}2", "isRegex": true });
    let mut server = tree.server();
    for round in 0..3 {
        server.0.send(&ERA.call("slow", "search_file_contents", slow.clone()));
        assert!(!server.0.look(Duration::from_millis(500)), "{round}: it takes long");
        let since = Instant::now();
        server.0.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "slow" } }));
        tree.place.await_events("tool_abandoned", round + 1);
        assert!(since.elapsed() < Duration::from_secs(1), "{round}: {:?}", since.elapsed());
        std::thread::sleep(Duration::from_secs(1));
        let before = cpu(&server);
        std::thread::sleep(Duration::from_millis(500));
        assert!(cpu(&server) - before < 10, "{round}: nothing runs on");
    }
    server.search(json!({ "path": "a", "query": "2" })).is("No matches found");
    assert!(server.0.finish().0.success());
}

/// How long the server has run so far, in hundredths of a second.
fn cpu(server: &Server) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.pid())).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

impl Server {
    fn pid(&self) -> u32 {
        self.0.pid()
    }
}

#[test]
fn a_long_search_says_how_far_it_is() {
    let tree = Tree::of(&[]);
    for n in 0..3_000 {
        tree.write(&format!("{n}"), "x\n");
    }
    tree.write("large", "nothing of that\n".repeat(8 << 20));
    let mut server = tree.server();
    let mut request = ERA.call("far", "search_file_contents", json!({ "path": ".", "query": "y" }));
    request["params"]["_meta"]["progressToken"] = json!("token");
    server.0.send(&request);
    server.0.answer_to("far").says("No matches found");
    let mut told = Vec::new();
    while server.0.early_answers() > 0 {
        let message = server.0.receive();
        assert_eq!(message["method"], "notifications/progress");
        told.push(message["params"]["progress"].as_f64().unwrap());
    }
    assert!(!told.is_empty() && told.is_sorted_by(|one, other| one < other), "{told:?}");
}

#[test]
fn a_directory_that_is_swapped_for_a_link_never_shows_what_is_outside() {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let tree = Tree::of(&[("dir/name", "x INSIDE\n"), ("swap/file", "x INSIDE\n")]);
    let outside = tree.place.write("outside/name", "x SECRET\n");
    let at = |name: &str| tree.root().join(name);
    symlink(outside.parent().unwrap(), at("dirlink")).unwrap();
    symlink(&outside, at("swap/link")).unwrap();
    let mut server = tree.server();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for (one, two) in [("dir", "dirlink"), ("swap/file", "swap/link")] {
                    renameat_with(CWD, at(one), CWD, at(two), RenameFlags::EXCHANGE).unwrap();
                }
            }
        });
        for _ in 0..300 {
            server.find("x").0.never_mentions("SECRET");
            server
                .0
                .call(ERA, "search_files", json!({ "path": ".", "pattern": "**" }))
                .never_mentions("SECRET");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
