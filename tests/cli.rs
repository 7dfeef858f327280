//! The command line as a person meets it.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stands outside"
)]

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use clap::error::ErrorKind;
use mcp_server::{
    cli::{args, completions, man},
    config::{env, show, table},
};
use tempfile::TempDir;

/// A fresh home, and nothing else in the environment.
struct Person {
    home: TempDir,
}

/// What a command said, and how it ended.
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

impl Said {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}stderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` is not in:\n{}", self.err);
        self
    }

    #[track_caller]
    fn answers(self, words: &str) -> Self {
        assert!(self.out.contains(words), "`{words}` is not in:\n{}", self.out);
        self
    }
}

impl Person {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.at(".config/mcp-server/config.toml")
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-server"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .current_dir(self.home.path());
        command
    }

    fn types(&self, line: &str) -> Said {
        self.command(line).stdin(Stdio::null()).output().unwrap().into()
    }

    fn pipes(&self, line: &str, text: &str) -> Said {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap().into()
    }
}

/// Every word of the tree that can be typed as a command, with its names.
fn every_command(command: &clap::Command, path: &str, all: &mut Vec<String>) {
    for sub in command.get_subcommands() {
        let path = format!("{path}{} ", sub.get_name());
        all.push(path.clone());
        every_command(sub, &path, all);
    }
}

#[test]
fn help_version_completions_and_man_need_nothing_to_be_in_order() {
    let person = Person::new();
    fs::create_dir_all(person.config().parent().unwrap()).unwrap();
    fs::write(person.config(), "[[[ not toml").unwrap();
    let gone = person.at("gone");
    fs::create_dir(&gone).unwrap();
    let mut commands = vec![String::new()];
    every_command(&args::command(), "", &mut commands);
    let lines =
        commands.iter().flat_map(|command| [format!("{command}--help"), format!("{command}-h")]).chain(
            ["--version", "completions bash", "completions zsh", "man", "config init --stdout"]
                .map(str::to_owned),
        );
    for line in lines {
        let inner = format!("cd {0} && rmdir {0} 2>/dev/null; exec \"$0\" {line}", gone.display());
        fs::create_dir_all(&gone).unwrap();
        let output = Command::new("/bin/sh")
            .args(["-c", &inner, env!("CARGO_BIN_EXE_mcp-server")])
            .env_clear()
            .env("HOME", "/proc/1/fdinfo/none")
            .env("MCP_SERVER_CONFIG", person.config())
            .env("MCP_SERVER_HTTP_AUTH", "perhaps")
            .output()
            .unwrap();
        let said = Said::from(output).ends(0);
        assert!(!said.out.is_empty() && said.err.is_empty(), "{line}: {}", said.err);
    }
}

#[test]
fn what_is_mistyped_ends_with_2_and_a_tip() {
    let person = Person::new();
    person.types("config shwo").ends(2).says("'show'");
    person.types("serve --plaintext").ends(2).says("--http");
    person.types("").ends(2);
    person.types("config show extra words").ends(2);
}

#[test]
fn an_address_that_stands_where_a_directory_does_is_a_slip_with_a_tip() {
    let person = Person::new();
    for (typed, meant) in [
        ("8080", "127.0.0.1:8080"),
        (":8080", "127.0.0.1:8080"),
        ("localhost:80", "127.0.0.1:80"),
        ("[::1]:80", "[::1]:80"),
    ] {
        for command in ["serve --http", "serve --check --http"] {
            let said = person.types(&format!("{command} {typed}")).ends(2);
            said.says("is no directory").says(&format!("`--http={meant}`"));
        }
    }
}

#[test]
fn a_closed_pipe_is_success() {
    let person = Person::new();
    let mut child = person
        .command("config show --all")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    Said::from(child.wait_with_output().unwrap()).ends(0);
    for line in ["config init --stdout", "man", "completions bash", "--help"] {
        let mut child = person.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = Said::from(child.wait_with_output().unwrap()).ends(0);
        assert_eq!(said.err, "", "{line}");
    }
}

#[test]
fn a_new_configuration_is_the_owners_alone_and_checks_clean() {
    let person = Person::new();
    person.types("config path").ends(1).says("mcp-server config init");
    person.types("config init").ends(0).says("wrote ~/.config/mcp-server/config.toml");
    assert_eq!(fs::metadata(person.config()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(person.config()).unwrap(), show::example());
    person.types("config check --strict").ends(0).answers("good: ~/.config/mcp-server/config.toml");
    person.types("config path").ends(0).answers("config.toml");
    person.types("config init").ends(1).says("was left as it is");
    person.types("config init --path sub/other.toml").ends(0);
    assert!(person.at("sub/other.toml").exists());
}

#[test]
fn a_wide_open_umask_opens_nothing() {
    let person = Person::new();
    let inner = "umask 000; \"$0\" config init && \"$0\" keys generate laptop --save";
    let output = Command::new("/bin/sh")
        .args(["-c", inner, env!("CARGO_BIN_EXE_mcp-server")])
        .env_clear()
        .env("HOME", person.home.path())
        .output()
        .unwrap();
    Said::from(output).ends(0);
    assert_eq!(fs::metadata(person.config()).unwrap().permissions().mode() & 0o777, 0o600);
    let dir = person.config().parent().unwrap().to_path_buf();
    assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn check_says_all_that_is_wrong_and_ends_with_1() {
    let person = Person::new();
    fs::write(person.at("bad.toml"), "[http]\nlistn = \"127.0.0.1:9000\"\nauth = \"no\"\n").unwrap();
    person
        .types("-c bad.toml config check")
        .ends(1)
        .says("error: ~/bad.toml has 2 problems\n  --> line 2, column 1\n    |\n  2 | listn = \"127.0.0.1:9000\"\n    | ^^^^^ unknown key in `[http]`; did you mean `listen`?\n")
        .says("must be true or false without quotes");
    let said = person.types("-c bad.toml config check --json").ends(1);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&json["ok"], &json["v"]), (&false.into(), &1.into()));
    assert_eq!(json["problems"][0]["line"], 2);
    assert_eq!(json["problems"][0]["key"], "http.listn");
    person.types("-c nowhere.toml config check").ends(2).says("~/nowhere.toml does not exist");
    person.types("-c bad.toml serve").ends(2).says("2 problems");
    person.types("-c bad.toml serve --http --check").ends(2).says("2 problems");
    person.types("serve --http=0.0.0.0:1 --check").ends(2).says("refusing to listen on every interface");
    person.types("serve --http --check").ends(0).answers("good");
    person.pipes("-c - config check", "[log]\nlevel = \"debug\"\n").ends(0);
    person
        .pipes("-c - config check", "[log]\nlevel = \"x\"\n")
        .ends(1)
        .says("the configuration on stdin has 1 problem");
    person.pipes("-c - serve", "").ends(2).says("stdin carries the protocol");
}

#[cfg(not(feature = "otlp"))]
#[test]
fn a_program_without_what_it_takes_to_export_says_so_before_it_serves() {
    let person = Person::new();
    let run = |line: &str| {
        let mut command = person.command(line);
        Said::from(command.env("MCP_SERVER_EVENTS_OTLP", "http://127.0.0.1:4318").output().unwrap())
    };
    for line in ["serve --http=127.0.0.1:0", "tools call hello_world", "config check"] {
        let said = run(line);
        assert_ne!(said.code, Some(0), "{line}");
        said.says("built with").says("feature `otlp`").says("hint: build it with `cargo build");
    }
    // whoever only reads the log needs no collector
    run("events list").ends(0);
}

#[test]
fn warnings_are_problems_when_they_are_asked_to_be() {
    let person = Person::new();
    fs::write(person.at("c.toml"), "[roots.lost]\npath = \"/nowhere/at/all\"\n").unwrap();
    person.types("-c c.toml config check").ends(0).says("warning: ~/c.toml:2 names /nowhere/at/all");
    person.types("-c c.toml config check --strict").ends(1).answers("doubtful");
    let quiet = person.types("-q -c c.toml config check").ends(0);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_place_where_no_log_could_be_kept_is_found_before_the_start_and_nothing_is_made_there() {
    let person = Person::new();
    let open = person.at("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    fs::write(person.at("file"), "").unwrap();
    for (dir, why) in [
        ("open", "others may write to it (mode 0777)"),
        ("file", "it is a link or not a directory"),
        ("file/below/it", "it cannot be created"),
    ] {
        let path = person.at(dir);
        fs::write(person.at("c.toml"), format!("[events]\ndir = \"{}\"\n", path.display())).unwrap();
        person
            .types("-c c.toml config check")
            .ends(0)
            .says(&format!(
                "warning: ~/c.toml:2 names ~/{dir}, where this user's server could not keep its events: {why}"
            ))
            .says("hint: ");
        person.types("-c c.toml config check --strict").ends(1);
        person.types("-c c.toml serve --check").ends(2).says(why).says("hint: ");
    }
    let new = person.at("not/there/yet");
    fs::write(person.at("c.toml"), format!("[events]\ndir = \"{}\"\n", new.display())).unwrap();
    person.types("-c c.toml config check --strict").ends(0).answers("good");
    assert!(!person.at("not").exists());
}

#[test]
fn what_is_shown_names_its_origin_and_can_be_saved_back() {
    let person = Person::new();
    fs::create_dir(person.at("notes")).unwrap();
    fs::write(person.at("c.toml"), "[roots.notes]\npath = \"~/notes\"\nwrite = true\n").unwrap();
    let mut command = person.command("-c c.toml config show --origin");
    let output = command.env("MCP_SERVER_HTTP_BODY", "2KiB").output().unwrap();
    let said = Said::from(output)
        .ends(0)
        .answers("roots.notes.write = true")
        .answers("# ~/c.toml:3")
        .answers("http.body = \"2KiB\"")
        .answers("# environment `MCP_SERVER_HTTP_BODY`")
        .answers("`--all` shows them");
    for text in [said.out, person.types("-c c.toml config show --all").ends(0).out] {
        fs::write(person.at("saved.toml"), text).unwrap();
        person.types("-c saved.toml config check --strict").ends(0);
    }
    person.types("-c c.toml config show http.path").ends(0).answers("http.path = \"/mcp\"\n");
    person.types("-c c.toml config show roots").ends(0).answers("roots.notes.path");
    person.types("config show http.pat").ends(1).says("did you mean `http.path`?");
    let json = person.types("config show http.body --json").ends(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["keys"][0]["value"], "1MiB");
}

#[test]
fn the_guides_variables_are_shown_when_asked_for_and_a_key_never_is() {
    let person = Person::new();
    let key = "3d1f9a77c0b24e5f8a6b7c8d9e0f1a2b";
    let show = |line: &str| -> Said {
        person.command(line).env("API_KEY", key).env("PORT", "9000").output().unwrap().into()
    };
    let said = show("config show --http --origin --all")
        .ends(0)
        .answers("# environment `PORT`")
        .answers("# keys.env is from environment `API_KEY`");
    assert!(!said.out.contains(key) && !said.out.contains("sha256"), "{}", said.out);
    assert!(!show("config show").ends(0).out.contains("9000"));
}

#[test]
fn a_key_is_shown_once_and_only_its_hash_is_kept() {
    let person = Person::new();
    person.types("config init").ends(0);
    let said = person.types("keys generate laptop --save --expires 90d").ends(0);
    let key = said.out.trim().to_owned();
    assert!(key.starts_with("mcps_") && key.len() == 48, "{key}");
    assert!(!said.err.contains(&key) && said.err.contains("saved `laptop` to ~/.config"), "{}", said.err);
    let saved = fs::read_to_string(person.config()).unwrap();
    assert!(saved.starts_with(&show::example()) && !saved.contains(&key), "{saved}");
    let hash = person.pipes("keys hash", &key).ends(0).out;
    assert!(saved.contains(hash.trim()), "{hash} is not in\n{saved}");
    person.types("config check --strict").ends(0);
    person.types("keys generate laptop --save").ends(1).says("already");
    assert_eq!(fs::read_to_string(person.config()).unwrap(), saved);
    person.types("keys list").ends(0).answers("laptop  all tools; all roots; read only  expires ");
    let json: serde_json::Value =
        serde_json::from_str(&person.types("keys list --json").ends(0).out).unwrap();
    assert_eq!(json["keys"][0]["name"], "laptop");
    person.types("keys generate env").ends(2).says("choose another");
    person.types("keys generate a/b").ends(2).says("must be a key's name");
    person.types("keys generate a --expires 90").ends(2).says("with its unit");
    person.pipes("keys hash", "short").ends(2).says("shorter than 32");
    let unsaved = person.types("keys generate phone").ends(0);
    assert!(unsaved.err.contains("[keys.phone]") && !unsaved.err.contains(unsaved.out.trim()));
}

#[test]
fn the_last_use_of_a_key_is_read_from_the_log() {
    let person = Person::new();
    person.types("keys generate laptop --save").ends(0);
    person.types("keys list").ends(0).answers("no use on record");
    let events = person.at(".local/state/mcp-server/events");
    fs::create_dir_all(&events).unwrap();
    let line = |seq: u32, time: &str| {
        format!(
            "{{\"v\":1,\"timestamp\":\"{time}\",\"event\":\"tool_called\",\"severity\":\"low\",\"identifier\":\"key:laptop\",\"details\":{{}},\"run\":\"x\",\"seq\":{seq},\"prev\":\"{:064}\"}}\n",
            0
        )
    };
    let text = line(1, "2026-11-21T13:02:07.000Z") + &line(2, "2026-11-22T14:02:11.123Z");
    fs::write(events.join("20261121T130207Z-51c0.jsonl"), text).unwrap();
    person.types("keys list").ends(0).answers("last used 2026-11-22T14:02:11Z");
    person.types("keys list --json").ends(0).answers("\"last_used\":\"2026-11-22T14:02:11Z\"");
}

#[test]
fn a_key_goes_into_the_file_that_is_read_and_through_a_link() {
    let person = Person::new();
    fs::write(person.at("real.toml"), "# mine\r\n[http]\r\nbody = \"2KiB\"").unwrap();
    fs::set_permissions(person.at("real.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.toml", person.at("link.toml")).unwrap();
    person.types("-c link.toml keys generate a --save").ends(0).says("saved `a` to ~/link.toml");
    assert!(fs::symlink_metadata(person.at("link.toml")).unwrap().is_symlink());
    let text = fs::read_to_string(person.at("real.toml")).unwrap();
    assert!(text.starts_with("# mine\r\n[http]\r\nbody = \"2KiB\"\r\n\r\n[keys.a]\r\n"), "{text:?}");
    assert_eq!(fs::metadata(person.at("real.toml")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(person.home.path()).unwrap().count(), 2, "something was left behind");
    fs::write(person.at("bad.toml"), "[[[").unwrap();
    person.types("-c bad.toml keys generate a --save").ends(2).says("config check");
    assert_eq!(fs::read_to_string(person.at("bad.toml")).unwrap(), "[[[");
}

#[test]
fn tools_can_be_listed_described_and_called() {
    let person = Person::new();
    person.types("tools list").ends(0).answers("hello_world").answers("(hidden: no root)");
    person.types("tools describe hello_world").ends(0).answers("effect    pure").answers("name");
    person.types("tools describe search_files").ends(0).answers("maxResults").answers("(1 to 10000)");
    person.types("tools call hello_world name:=5").ends(1).says("written with `:=`");
    person.types("tools describe nothing").ends(1).says("no tool is named `nothing`");
    person.types("tools call hello_world name=Ada").ends(0).answers("Hello, Ada!\n");
    person.types("tools call hello_world name=$(id)").ends(1).says("refused (not_a_name): `name` must");
    person.types("tools call hello_world nam=Ada").ends(1).says("refused (");
    person.types("tools call nothing").ends(1).says("refused (unknown_tool)");
    person.types("tools call hello_world name").ends(2).says("name=text");
    person.pipes("tools call hello_world --args-json -", "{\"name\": \"Bo\"}").ends(0).answers("Hello, Bo!");
    let json = person.types("tools call hello_world --json name:=7").ends(1).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["refused"]["code"].is_string(), "{json}");
    let hidden = person.command("tools list").env("MCP_SERVER_TOOLS_OFFER", "read_*").output().unwrap();
    Said::from(hidden).ends(0).answers("(hidden: not offered)");
}

/// Compares `files` with what is in `dir`; `UPDATE=1` writes them.
#[track_caller]
fn generated(dir: &str, files: Vec<(String, Vec<u8>)>) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(&dir).unwrap();
        for (name, text) in &files {
            fs::write(dir.join(name), text).unwrap();
        }
    }
    for (name, text) in &files {
        let kept = fs::read(dir.join(name)).unwrap_or_default();
        assert!(
            kept == *text,
            "{name} in {} is not what the program makes; run `UPDATE=1 cargo test`",
            dir.display()
        );
    }
    let names: BTreeSet<String> = files.into_iter().map(|(name, _)| name).collect();
    if dir != Path::new(env!("CARGO_MANIFEST_DIR")).join("") {
        for entry in fs::read_dir(&dir).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(names.contains(&name), "{name} in {} is made by nothing", dir.display());
        }
    }
}

#[test]
fn the_example_the_manual_and_the_completions_are_those_that_are_committed() {
    generated("", vec![("config.example.toml".to_owned(), show::example().into_bytes())]);
    generated("man", man::all().unwrap());
    generated("completions", completions::all());
}

#[test]
fn the_manual_names_every_variable_and_every_command_has_a_page() {
    let pages = man::all().unwrap();
    let first = String::from_utf8(pages[0].1.clone()).unwrap();
    assert_eq!(pages[0].0, "mcp-server.1");
    let own = table::plain_keys().map(|key| env::name_of(key.path));
    let others = env::OTHERS.iter().chain(env::GUIDE).map(|(name, _)| (*name).to_owned());
    for name in own.chain(others) {
        assert!(
            first.contains(&name) || first.contains(&name.replace('_', "\\_")),
            "{name} is not in the manual"
        );
    }
    let mut commands = Vec::new();
    every_command(&args::command(), "", &mut commands);
    for command in commands {
        let name = format!("mcp-server-{}.1", command.trim().replace(' ', "-"));
        assert!(pages.iter().any(|(page, _)| *page == name), "{name} is missing");
    }
}

#[test]
fn pages_are_written_where_they_are_asked_for() {
    let person = Person::new();
    person.types("man --dir pages").ends(0).says("wrote");
    assert!(person.at("pages/mcp-server-keys-generate.1").exists());
}

/// What stands between backticks in the program's own text.
fn backticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn sources(dir: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_command_that_a_text_shows_can_be_run() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut seen = 0;
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // What opens a module speaks to those who read it, not to those who type.
        for line in text.lines().filter(|line| !line.starts_with("//!")) {
            // Backticks pair up within one line of source, and only there.
            for shown in backticked(line).filter(|shown| shown.starts_with("mcp-server ")) {
                let shown = shown.replace("{}", "8080").replace('…', "");
                let words: Vec<&str> = shown.split_whitespace().collect();
                if let Err(error) = args::command().try_get_matches_from(&words) {
                    // A text may name a command without its arguments.
                    let named = matches!(
                        error.kind(),
                        ErrorKind::DisplayHelp
                            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                            | ErrorKind::MissingSubcommand
                            | ErrorKind::MissingRequiredArgument
                    );
                    assert!(named, "{}: `{shown}`: {error}", file.display());
                }
                seen += 1;
            }
            for shown in backticked(line).filter(|shown| shown.starts_with("--") && shown.len() > 2) {
                let shown = shown.replace("{}", "8080");
                let fits = [
                    "serve",
                    "serve --http",
                    "config show",
                    "config init",
                    "keys generate a",
                    "events tail",
                    "changes list",
                    "tools call a",
                ]
                .iter()
                .any(|command| {
                    let line = format!("mcp-server {command} {shown}");
                    let error = args::command().try_get_matches_from(line.split_whitespace()).err();
                    error.is_none_or(|error| {
                        matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::DisplayHelp)
                    })
                });
                assert!(fits, "{}: no command takes `{shown}`", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} were found");
}
