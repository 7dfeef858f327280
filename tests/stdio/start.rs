//! How the server is started, and what it does to the machine besides.

use std::{
    collections::HashSet,
    fs,
    io::{Read, Write},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::Path,
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{
    common::{Era, Place, StdioServer, initialize},
    host::{ANY_END, ERA, await_running, conversation, descriptors, ends, files_beneath, fixture},
};

#[test]
fn a_closed_descriptor_is_a_start_error_or_none_at_all() {
    for closed in ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-", "2>&-"] {
        let place = Place::new();
        let mut command = place.command_after(&format!("exec {closed}"), &["serve"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // It may have ended already.
        let _ = stdin.write_all(&conversation(&[ERA.call(1, "hello_world", json!({}))]));
        drop(stdin);
        let status = ends(&mut child, ANY_END);
        assert!(status.code().is_some(), "{closed}: {status}");
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        if closed == "2>&-" {
            assert_eq!(said.lines().count(), 2, "{said}");
        } else {
            assert!(said.is_empty(), "{closed}: {said}");
        }
        // Nothing of the protocol, and no event, went into a file that happened to get its number.
        for (path, ..) in files_beneath(place.path()) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("\"jsonrpc\""), "{closed}: {path}: {text}");
        }
    }
}

#[test]
fn a_thousand_inherited_descriptors_do_no_harm() {
    let place = Place::new();
    let open = "ulimit -n 4096; for n in $(seq 10 1010); do eval \"exec $n</dev/null\"; done";
    let mut server = StdioServer::spawn(place.command_after(open, &["serve"])).open(ERA);
    assert!(descriptors(server.process().pid()).len() > 1_000);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
}

#[test]
fn without_a_home_or_any_environment_it_serves_or_says_what_to_set() {
    for variables in [&[][..], &["PATH"], &["PATH", "MCP_SERVER_EVENTS_DIR"]] {
        let place = Place::new();
        let mut command = place.command(&["serve"]);
        // The account this runs under may have a home: nothing may be left there.
        let events = command
            .get_envs()
            .find(|(name, _)| *name == "MCP_SERVER_EVENTS_DIR")
            .unwrap()
            .1
            .unwrap()
            .to_owned();
        let state = place.dir("account");
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in variables {
            match *name {
                "PATH" => command.env("PATH", "/usr/bin:/bin"),
                _ => command.env("MCP_SERVER_EVENTS_DIR", &events),
            };
        }
        if variables.len() < 2 {
            // Nothing is recorded without a call, so nothing is written either.
            command.current_dir(&state);
        }
        let mut server = StdioServer::spawn(command);
        server.send(&initialize("hs"));
        let answer = server.answer_to("hs");
        if let Some(says) = answer.0["error"]["message"].as_str() {
            assert!(says.contains("hint"), "{says}");
        } else {
            server.ask(ERA, "tools/list", Value::Null).result();
        }
        assert!(files_beneath(&state).is_empty());
    }
}

#[test]
fn an_argument_that_is_no_text_is_refused_or_taken_and_never_a_crash() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--root"]);
    command.arg(std::ffi::OsStr::from_bytes(b"/tmp/\xFF\xFE")).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 2)), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn a_working_directory_that_is_gone_does_not_matter() {
    let place = Place::new();
    let gone = place.dir("gone");
    let leave = format!("cd {0}; rmdir {0}", gone.display());
    let mut server = StdioServer::spawn(place.command_after(&leave, &["serve"])).open(ERA);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
}

#[test]
fn whatever_it_writes_is_the_owners_alone_under_any_umask() {
    let place = Place::new();
    let mut server = StdioServer::spawn(place.command_after("umask 000", &["serve", "-vv"])).open(ERA);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
    let mut seen = 0;
    for dir in [place.events_dir(), place.path().join("state")] {
        for (path, _, mode) in files_beneath(&dir) {
            assert_eq!(mode & 0o777, 0o600, "{path}");
            let parent = fs::metadata(Path::new(&path).parent().unwrap()).unwrap().permissions().mode();
            assert_eq!(parent & 0o777, 0o700, "{path}");
            seen += 1;
        }
    }
    assert!(seen >= 2, "the log and the diagnostics: {seen}");
}

#[test]
fn a_start_refusal_is_the_answer_to_the_first_request_and_exit_2() {
    let place = Place::new();
    let file = place.write("config/mcp-server/config.toml", "[limits]\nkeyy = \"1/min\"\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let out_of_order = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} });
    for first in [initialize(1), Era::PerRequest.request(1, "tools/list", Value::Null), out_of_order] {
        let mut server = place.stdio(&[]);
        server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        server.send(&first);
        let refused = server.answer_to(1);
        refused.is_error(-32603);
        let says = refused.0["error"]["message"].as_str().unwrap().to_owned();
        assert!(says.contains("keyy") && says.contains("did you mean `key`?"), "{says}");
        let status = server.process().wait_within(ANY_END);
        assert_eq!(status.code(), Some(2));
        assert!(server.process().stderr().contains("keyy"));
    }
    // Whoever only closes gets the exit code.
    let (status, rest) = place.stdio(&[]).finish();
    assert_eq!((status.code(), rest.len()), (Some(2), 0));
}

#[test]
fn a_root_that_is_missing_is_a_warning_and_the_others_serve() {
    let place = Place::new();
    let there = place.write("there/a.txt", "hi\n").parent().unwrap().to_owned();
    let missing = place.path().join("not-there");
    let mut server =
        place.stdio(&["--root", there.to_str().unwrap(), "--root", missing.to_str().unwrap()]).open(ERA);
    server.call(ERA, "read_text_file", json!({ "path": "there:/a.txt" })).says("hi\n");
    let listed = server.call(ERA, "list_allowed_directories", json!({}));
    assert!(listed.text().contains("there:/") && listed.text().contains("not-there"), "{listed:?}");
    listed.never_mentions(missing.to_str().unwrap());
    assert!(server.process().stderr().contains("not-there"), "{}", server.process().stderr());
    assert_eq!(place.events_named("server_started")[0]["details"]["missing_roots"], 1);
    assert!(server.finish().0.success());
}

#[test]
fn two_at_once_each_have_a_log_of_their_own() {
    let place = Place::new();
    let (mut one, mut two) = (place.stdio(&[]).open(ERA), place.stdio(&[]).open(ERA));
    for _ in 0..20 {
        one.call(ERA, "hello_world", json!({})).says("Hello, World!");
        two.call(ERA, "hello_world", json!({})).says("Hello, World!");
    }
    assert!(one.finish().0.success() && two.finish().0.success());
    assert_eq!(place.events_named("tool_called").len(), 40);
    assert_eq!(
        files_beneath(&place.events_dir())
            .iter()
            .filter(|(path, ..)| Path::new(path).extension().is_some_and(|end| end == "jsonl"))
            .count(),
        2
    );
}

#[test]
fn a_probe_that_is_killed_does_not_disturb_the_next_start() {
    let place = Place::new();
    for has_called in [false, true] {
        let mut probe = place.stdio(&[]).open(ERA);
        if has_called {
            probe.call(ERA, "hello_world", json!({})).says("Hello, World!");
        }
        probe.process().signal(rustix::process::Signal::KILL);
        probe.process().wait_within(ANY_END);
        let mut next = place.stdio(&[]).open(ERA);
        next.call(ERA, "hello_world", json!({})).says("Hello, World!");
        assert!(next.finish().0.success());
    }
    assert_eq!(place.events_named("tool_called").len(), 3);
    let tail = place.run(&["events", "tail", "-n", "100", "--json"]);
    assert!(tail.status.success(), "{tail:?}");
}

#[test]
fn a_signal_ends_it_like_the_end_of_the_input() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::with_fixture_tools();
        let mut server = fixture(&place);
        server.send(&ERA.call(1, "hang", json!({})));
        await_running(&mut server, 1);
        server.process().signal(signal);
        assert!(server.process().wait_within(ANY_END).success(), "{signal:?}");
        server.answer_to(1).failure();
        assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
    }
}

#[test]
fn it_listens_nowhere_and_starts_no_program() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    server.call(ERA, "block", json!({ "millis": 0 })).text();
    let pid = server.process().pid();
    let sockets: HashSet<String> = descriptors(pid)
        .iter()
        .filter_map(|target| Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let Ok(text) = fs::read_to_string(format!("/proc/{pid}/net/{table}")) else { continue };
        for line in text.lines().skip(1) {
            let inode = line.split_whitespace().nth(9).unwrap();
            assert!(!sockets.contains(inode), "{table}: {line}");
        }
    }
    // Of Unix sockets only the runtime's own pair for signals may be there, and none listens (flag 0x10000).
    for line in fs::read_to_string(format!("/proc/{pid}/net/unix")).unwrap().lines().skip(1) {
        let fields: Vec<_> = line.split_whitespace().collect();
        assert!(!sockets.contains(fields[6]) || fields[3] == "00000000", "{line}");
    }
    for task in fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let children = fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        assert!(children.trim().is_empty(), "{children}");
    }
}

#[test]
fn a_secret_in_the_environment_is_in_nothing_that_it_says_or_writes() {
    const SECRET: &str = "canary-0123456789abcdefghijklmnopqrstuvwxyz";
    let place = Place::with_fixture_tools();
    let variables = [("API_KEY", SECRET), ("AWS_SECRET_ACCESS_KEY", SECRET), ("MCP_TOKEN", SECRET)];
    let mut server = StdioServer::start(&place, &["-vv"], &variables).open(ERA);
    server.call(ERA, "print", json!({})).says("printed");
    server.call(ERA, "panic", json!({ "mode": "async" })).never_mentions(SECRET);
    server.ask(ERA, "tools/list", Value::Null).never_mentions(SECRET);
    assert!(!server.process().stderr().contains(SECRET));
    assert!(server.finish().0.success());
    for (path, ..) in files_beneath(place.path()) {
        assert!(!fs::read_to_string(&path).unwrap().contains(SECRET), "{path}");
    }
}

#[test]
fn a_hangup_begins_the_next_part_of_the_log_and_ends_nothing() {
    use rustix::process::Signal;
    let place = Place::new();
    let mut server = place.stdio(&[]).open(ERA);
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    server.process().signal(Signal::HUP);
    let deadline = std::time::Instant::now() + ANY_END;
    while fs::read_dir(place.events_dir()).unwrap().count() < 2 {
        assert!(std::time::Instant::now() < deadline, "no second part");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    server.call(ERA, "hello_world", json!({})).says("Hello, World!");
    assert!(server.finish().0.success());
    let log = place.log();
    let calls = log.runs.values().flatten().filter(|event| event["event"] == "tool_called").count();
    assert_eq!((log.runs.len(), calls), (1, 2));
}
