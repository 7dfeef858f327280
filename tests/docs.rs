//! README.md and SECURITY.md say what is so: each promise names the test that
//! proves it, each command is one of ours, each sample is what is printed.
//!
//! A promise is an item of SECURITY.md beneath "What it promises", or a row of
//! its checklists. It ends in `[test: NAME]`, with NAME as `cargo test` prints
//! it behind the name of its binary: `events::a_test` in `tests/events.rs`,
//! `lib::policy::tests::a_test` in the library, `doc::policy` for the examples
//! beside that module which must not compile.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a panic"
)]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use common::{HttpServer, KEY, Place, Reply};
use mcp_server::cli::args;
use syn::{Attribute, Item, ItemFn};

const PAGES: [&str; 6] = [
    "README.md",
    "SECURITY.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "contrib/README.md",
    "contrib/prometheus/alerts.yml",
];

fn home() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn read(path: impl AsRef<Path>) -> String {
    let path = home().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

// --- promises -------------------------------------------------------------

/// The promises of SECURITY.md, each in one line.
fn promises(page: &str) -> Vec<String> {
    let mut promises: Vec<String> = Vec::new();
    let mut section = "";
    let mut is_open = false;
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        is_open &= line.starts_with("  ");
        match section {
            "What it promises" if line.starts_with("- ") => {
                promises.push(line.to_owned());
                is_open = true;
            }
            "What it promises" if is_open => {
                let last = promises.last_mut().unwrap();
                last.push(' ');
                last.push_str(line.trim());
            }
            // The first two rows of a table are its head.
            "The checklists" if line.starts_with("| ") && !line.starts_with("| the guide") => {
                promises.push(line.trim_end_matches('|').trim().to_owned());
            }
            _ => {}
        }
    }
    promises
}

/// The tests that stand at the end of a promise, and what stands before them.
fn split_proofs(promise: &str) -> (&str, Vec<&str>) {
    let (mut says, mut proofs) = (promise.trim(), Vec::new());
    while let Some((before, name)) = says.strip_suffix(']').and_then(|rest| rest.rsplit_once("[test: ")) {
        proofs.push(name.trim());
        says = before.trim_end();
    }
    (says, proofs)
}

#[test]
fn every_promise_ends_with_a_test_that_exists() {
    let tests = every_test();
    let promises = promises(&read("SECURITY.md"));
    assert!(promises.len() > 60, "only {} were found", promises.len());
    let mut wrong = Vec::new();
    for promise in &promises {
        let (says, proofs) = split_proofs(promise);
        // What only whoever runs it can do is said to be so.
        if proofs.is_empty() && !says.ends_with("yours") {
            wrong.push(format!("no test proves: {says}"));
        }
        let unknown = proofs.iter().filter(|name| !tests.contains(**name));
        wrong.extend(unknown.map(|name| format!("there is no test {name}, which should prove: {says}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_test_is_named_outside_a_promise() {
    let page = read("SECURITY.md");
    let counted: usize = promises(&page).iter().map(|promise| split_proofs(promise).1.len()).sum();
    assert_eq!(page.matches("[test: ").count() - 1, counted, "one stands in the explanation of the form");
}

/// Every test there is, but those that are ignored, by its name.
fn every_test() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for file in sources("src") {
        let path = module(&file);
        collect(&file, &["lib".to_owned()].into_iter().chain(path).collect::<Vec<_>>(), &mut tests);
    }
    for file in sources("tests") {
        collect(&file, &module(&file), &mut tests);
    }
    tests
}

/// The source files beneath a directory, relative to it.
fn sources(dir: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs") {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&home().join(dir), &mut found);
    found
}

/// The module that a file is: `src/a/b.rs`, `src/a/b/mod.rs` and, among tests, `tests/a/main.rs`.
fn module(file: &Path) -> Vec<String> {
    let below = file.strip_prefix(home()).unwrap().with_extension("");
    let mut path: Vec<String> =
        below.iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    path.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    path
}

fn collect(file: &Path, path: &[String], into: &mut BTreeSet<String>) {
    let text = fs::read_to_string(file).unwrap();
    if text.lines().any(|line| line.starts_with("//! ```compile_fail")) {
        into.insert(format!("doc::{}", path[1..].join("::")));
    }
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    collect_items(&parsed.items, path, into);
}

fn collect_items(items: &[Item], path: &[String], into: &mut BTreeSet<String>) {
    let mut add = |name: String| {
        into.insert(format!("{}::{name}", path.join("::")));
    };
    let mut inner = Vec::new();
    for item in items {
        match item {
            Item::Fn(ItemFn { attrs, sig, .. }) if is_test(attrs) => add(sig.ident.to_string()),
            Item::Macro(call) if call.mac.path.is_ident("proptest") => {
                functions(&call.mac.tokens.to_string()).into_iter().for_each(&mut add);
            }
            Item::Mod(module) => inner.push(module),
            _ => {}
        }
    }
    for module in inner {
        if let Some((_, items)) = &module.content {
            collect_items(items, &[path, &[module.ident.to_string()]].concat(), into);
        }
    }
}

/// `#[test]` or `#[tokio::test]`, and not `#[ignore]`.
fn is_test(attrs: &[Attribute]) -> bool {
    let ends_in = |attr: &Attribute, word: &str| {
        attr.path().segments.last().is_some_and(|segment| segment.ident == word)
    };
    attrs.iter().any(|attr| ends_in(attr, "test")) && !attrs.iter().any(|attr| ends_in(attr, "ignore"))
}

/// The names of the functions in the body of a `proptest!`.
fn functions(body: &str) -> Vec<String> {
    let words: Vec<&str> = body.split_whitespace().collect();
    let after_fn = words.windows(2).filter(|two| two[0] == "fn").map(|two| two[1]);
    after_fn.map(|name| name.split('(').next().unwrap().to_owned()).collect()
}

// --- commands and links ---------------------------------------------------

/// Every command line of ours that a page shows, in a sample or between backticks.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fence = None;
    for line in page.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(info.trim()) };
            continue;
        }
        match fence {
            Some("sh") => found.push(line.trim().to_owned()),
            Some("console") => found.extend(line.strip_prefix("$ ").map(str::to_owned)),
            Some(_) => {}
            None => found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned)),
        }
    }
    let of_ours = |line: &String| line.starts_with("mcp-server ") || line.starts_with("cargo run ");
    found.into_iter().filter(of_ours).collect()
}

/// The words of a command line as a shell would hand them over, up to a pipe or a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '#' | '>' | '<' | '&') if word.is_none() => break,
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[track_caller]
fn assert_can_be_typed(page: &str, words: &[String]) {
    // clap calls `--version` an error too, but one for stdout.
    let refused = args::command().try_get_matches_from(words).err().filter(clap::Error::use_stderr);
    assert!(refused.is_none(), "{page} shows {words:?}: {}", refused.unwrap());
}

#[test]
fn every_command_on_a_page_can_be_typed() {
    let mut seen = 0;
    for page in PAGES {
        for line in commands(&read(page)) {
            let mut words = words(&line);
            if words[0] == "cargo" {
                let Some(end) = words.iter().position(|word| word == "--") else { continue };
                words.splice(..=end, ["mcp-server".to_owned()]);
            }
            assert_can_be_typed(page, &words);
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} were found");
}

/// The fenced blocks of a page that are marked with this word.
fn blocks<'a>(page: &'a str, info: &str) -> Vec<&'a str> {
    let start = format!("\n```{info}\n");
    page.split(start.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn what_a_host_is_told_to_run_can_be_run() {
    let mut seen = 0;
    for block in blocks(&read("README.md"), "json") {
        let snippet: serde_json::Value = serde_json::from_str(block).unwrap();
        let servers = snippet.as_object().unwrap().values().next().unwrap();
        for server in servers.as_object().unwrap().values() {
            let mut words = vec![server["command"].as_str().unwrap().to_owned()];
            let given = server["args"].as_array().unwrap();
            words.extend(given.iter().map(|word| word.as_str().unwrap().to_owned()));
            assert_can_be_typed("README.md", &words);
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}

#[test]
fn every_file_that_a_page_links_to_is_there() {
    for page in PAGES {
        for link in read(page).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            let file = link.split('#').next().unwrap();
            let is_elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            let beside = home().join(page).with_file_name(file);
            assert!(is_elsewhere || beside.exists(), "{page} links to {file}");
        }
    }
}

// --- samples --------------------------------------------------------------

#[test]
fn own_tool_stands_in_the_readme_as_it_is_and_is_short() {
    let file = read("examples/own_tool.rs");
    assert!(blocks(&read("README.md"), "rust").contains(&file.trim_end()), "README.md shows another one");
    assert!(file.lines().count() <= 25, "{} lines", file.lines().count());
}

#[test]
fn samples_marked_to_be_run_are_what_is_printed() {
    let page = read("README.md");
    let marked: Vec<&str> = page.split("<!-- run -->\n").skip(1).collect();
    assert!(!marked.is_empty());
    let place = Place::new();
    for name in ["hello.txt", "todo.md"] {
        place.write(&format!("notes/{name}"), read(Path::new("examples/sample").join(name)));
    }
    let root = format!("notes={}", place.dir("notes").display());
    for rest in marked {
        let sample = blocks(&format!("\n{rest}"), "console").first().copied().unwrap().to_owned();
        for step in sample.strip_prefix("$ ").unwrap().split("\n$ ") {
            let (line, printed) = step.split_once('\n').unwrap();
            let mut command = place.command(&[]);
            let output = command.args(&words(line)[1..]).env("MCP_SERVER_ROOTS", &root).output().unwrap();
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
            // The digest of the table is on stderr, where scripts do not look.
            let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("sha256 of")).collect();
            assert_eq!(said.join("\n"), printed, "{line}");
        }
    }
}

#[test]
fn a_configuration_that_the_readme_shows_checks_clean() {
    let page = read("README.md");
    let shown = blocks(&page, "toml");
    assert!(!shown.is_empty());
    for (number, text) in shown.into_iter().enumerate() {
        let place = Place::new();
        place.dir("home/notes");
        let file = place.write(&format!("home/{number}.toml"), text);
        let key = place.write("home/.config/mcp-server/chain.key", "0123456789abcdef0123456789abcdef\n");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let output = place.run(&["-c", file.to_str().unwrap(), "config", "check", "--http", "--strict"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_three_checks_of_the_guide_are_answered_as_the_readme_says() {
    let place = Place::new();
    let server = place.http(&[]);
    let page = read("README.md");
    let shows = |reply: &Reply| {
        let shown = format!("\n{}\n{}\n", reply.text(), reply.status);
        assert!(page.contains(&shown), "README.md does not show this answer:{shown}");
    };

    let list = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let refused = post(&server, "invalid-key", list);
    refused.is(401);
    shows(&refused);

    let call = br#"{
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": "hello_world",
            "arguments": {
                "name": "$(rm -rf /)"
            }
        }
    }"#;
    shows(&post(&server, KEY, call));

    let health = || server.request("GET", "/health", &[("Accept", "*/*")], b"");
    let statuses: Vec<u16> = (0..150).map(|_| health().status).collect();
    let passed = statuses.iter().filter(|status| **status == 200).count();
    assert!((100..150).contains(&passed), "{passed} of 150 passed");
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(statuses[..100].iter().all(|status| *status == 200), "{statuses:?}");
}

/// As `curl` sends it: without a version header, and with `Accept: */*`.
#[track_caller]
fn post(server: &HttpServer, key: &str, body: &[u8]) -> Reply {
    let bearer = format!("Bearer {key}");
    let headers = [("Accept", "*/*"), ("Content-Type", "application/json"), ("Authorization", &bearer)];
    server.request("POST", "/mcp", &headers, body)
}
