//! Who holds a key, what it reaches, and who guesses.

use std::{
    io::Write,
    net::Ipv4Addr,
    process::{Output, Stdio},
};

use mcp_server::policy::keys::{hash, show_sha256};
use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, Place, Reply, UNLIMITED},
    log::counted,
    wire::{Ask, HELLO, address, configured, eventually, full},
};

/// A `[keys.NAME]` section for the key `NAME-key`, with more lines.
pub fn section(name: &str, lines: &str) -> String {
    let hash = show_sha256(&hash(&secret(name)));
    format!("[keys.{name}]\nsha256 = \"{hash}\"\n{lines}\n")
}

pub fn secret(name: &str) -> String {
    format!("mcps_test-key-of-{name}-0123456789abcdef")
}

pub fn ask(server: &HttpServer, name: &str, method: &str, params: Value) -> Reply {
    let message = Era::Handshake.request(1, method, params);
    let ask = Ask::post(server, message.to_string());
    ask.set("Authorization", format!("Bearer {}", secret(name))).send(server)
}

pub fn call(server: &HttpServer, name: &str, tool: &str, arguments: Value) -> Reply {
    ask(server, name, "tools/call", json!({ "name": tool, "arguments": arguments }))
}

fn tools(server: &HttpServer, name: &str) -> Vec<String> {
    let answer = ask(server, name, "tools/list", json!({})).answer();
    let tools = answer.result()["tools"].as_array().unwrap().clone();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Runs `serve` where it must refuse to start.
#[track_caller]
fn refused(place: &Place, args: &[&str], env: &[(&str, &str)]) -> String {
    let Output { status, stderr, stdout } =
        place.command(&["serve"]).args(args).envs(env.iter().copied()).output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(stdout.is_empty(), "{stdout:?}");
    said
}

#[test]
fn a_key_reaches_the_tools_and_roots_that_its_owner_named() {
    let place = Place::new();
    let (notes, other) = (place.write("notes/a.txt", "in notes"), place.write("other/a.txt", "in other"));
    let config = format!(
        "[roots.notes]\npath = {:?}\n[roots.other]\npath = {:?}\n{}{}{}{}",
        notes.parent().unwrap(),
        other.parent().unwrap(),
        section("all", ""),
        section("narrow", "tools = [\"read_*\", \"list_*\"]\nroots = [\"notes\"]"),
        section("reader", "tools = [\"read_*\"]"),
        section("none", "tools = []"),
    );
    let mut server = configured(&place, &config, &[]);
    assert!(tools(&server, "all").len() >= 6);
    let reading = [
        "list_allowed_directories",
        "read_text_file",
        "read_media_file",
        "read_multiple_files",
        "list_directory",
        "list_directory_with_sizes",
    ];
    assert_eq!(tools(&server, "narrow"), reading);
    assert_eq!(tools(&server, "none"), Vec::<String>::new());

    let read = |name, path| call(&server, name, "read_text_file", json!({ "path": path })).answer();
    read("all", "other:/a.txt").says("in other");
    // One root is within reach, so a relative path is in that one.
    read("narrow", "notes:/a.txt").says("in notes");
    read("narrow", "a.txt").says("in notes");
    let outside = read("narrow", "other:/a.txt");
    outside.failure();
    outside.never_mentions("in other");
    let path = other.to_str().unwrap();
    assert!(!read("narrow", path).failure().contains("other"), "a root out of reach has no name");
    let listed = call(&server, "narrow", "list_allowed_directories", json!({})).answer();
    listed.says("Allowed directories:\nnotes:/ (read only)");

    let hidden = call(&server, "narrow", "search_files", json!({ "path": "notes:/", "pattern": "*" }));
    let missing = call(&server, "narrow", "no_such_tool", json!({}));
    hidden.is(200).answer().is_error(-32602);
    assert_eq!(hidden.text().replace("search_files", "no_such_tool"), missing.text(), "they look alike");

    let resources = ask(&server, "narrow", "resources/list", json!({})).answer();
    assert!(resources.0.to_string().contains("root://notes/"), "{resources:?}");
    resources.never_mentions("other");
    // An address shows files and directories, so it takes a key that may read both.
    for uri in ["root://notes/a.txt", "root://notes/"] {
        ask(&server, "reader", "resources/read", json!({ "uri": uri })).answer().is_error(-32602);
    }
    let foreign = ask(&server, "narrow", "resources/read", json!({ "uri": "root://other/a.txt" })).answer();
    assert!(foreign.0["error"].is_object(), "{foreign:?}");

    assert!(server.stop().success());
    let denied = place.events_named("tool_denied");
    assert_eq!(denied[0]["identifier"], "key:narrow");
    assert_eq!(denied[0]["tool"], "search_files");
}

#[test]
fn a_key_that_may_not_write_does_not_see_the_tools_that_do() {
    let place = Place::with_fixture_tools();
    let config = section("reader", "") + &section("writer", "write = true");
    let server = configured(&place, &config, &[]);
    let write = |name| call(&server, name, "slow_write", json!({ "millis": 1 })).answer();
    assert!(!tools(&server, "reader").contains(&"slow_write".to_owned()));
    write("reader").is_error(-32602);
    assert!(tools(&server, "writer").contains(&"slow_write".to_owned()));
    write("writer").says("written");
    let read_only = configured(&place, &config, &["--read-only"]);
    assert!(!tools(&read_only, "writer").contains(&"slow_write".to_owned()));
    call(&read_only, "writer", "slow_write", json!({ "millis": 1 })).answer().is_error(-32602);
}

#[test]
fn only_a_key_that_may_reads_the_log() {
    let place = Place::new();
    let config = section("watcher", "tools = []\nevents = true") + &section("worker", "");
    let mut server = configured(&place, &config, &[]);
    let get = |name: &str| {
        let ask = Ask::get(&server, "/security/events");
        ask.set("Authorization", format!("Bearer {}", secret(name))).send(&server)
    };
    get("watcher").is(200);
    let refused = get("worker");
    refused.is(403);
    assert_eq!(refused.json()["error"], "key_reach");
    assert!(refused.text().contains("keys.NAME.events"), "{}", refused.text());
    call(&server, "worker", "hello_world", json!({})).answer().says("Hello, World!");
    assert!(server.stop().success());
    assert_eq!(place.events_named("events_read")[0]["identifier"], "key:watcher");
    assert_eq!(place.events_named("http_error")[0]["code"], "key_reach");
    assert_eq!(place.events_named("tool_called")[0]["identifier"], "key:worker");
}

#[test]
fn a_key_past_its_date_or_away_from_its_address_counts_as_none() {
    let place = Place::new();
    let config = section("old", "expires = 2020-01-01T00:00:00Z")
        + &section("young", "expires = \"2999-12-31\"")
        + &section("near", "from = [\"127.1.0.0/16\"]");
    let mut server = configured(&place, &config, &[]);
    let status = |name: &str, from: Ipv4Addr| {
        let ask = Ask::post(&server, HELLO);
        ask.set("Authorization", format!("Bearer {}", secret(name))).send_from(&server, from)
    };
    let own = Ipv4Addr::new(127, 2, 0, 1);
    status("young", own).is(200);
    status("near", address(0)).is(200);
    for (name, reason) in [("old", "expired_token"), ("near", "wrong_address")] {
        let reply = status(name, own);
        reply.is(401);
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer realm=\"mcp-server\", error=\"invalid_token\"")
        );
        let last = place.await_events("authentication_failed", 1).pop().unwrap();
        eventually("the event", || {
            place.events_named("authentication_failed").pop().unwrap()["details"]["reason"] == reason
        });
        assert_eq!(last["severity"], "high");
    }
    assert!(server.stop().success());
}

#[test]
fn the_scheme_of_a_key_may_be_written_in_any_case() {
    let place = Place::new();
    let server = place.http(&[]);
    let key = crate::common::KEY;
    for (n, (line, status)) in [
        (format!("bearer {key}"), 200),
        (format!("BEARER {key}"), 200),
        (format!("Bearer  {key}"), 200),
        (format!("Bearer{key}"), 401),
        (format!("Basic {key}"), 401),
        ("Bearer".to_owned(), 401),
        ("Bearer ".to_owned(), 401),
        (String::new(), 401),
        (key.to_owned(), 401),
        (format!("Bearer {key}x"), 401),
        (format!("Bearer {}", &key[1..]), 401),
        (format!("Bearer {}", key.to_uppercase()), 401),
        (format!("Bearer {key}, Bearer {key}"), 401),
        (format!("Bearer {}", "x".repeat(60_000)), 401),
        ("Bearer k\u{e9}y".to_owned(), 401),
    ]
    .into_iter()
    .enumerate()
    {
        let ask = Ask::post(&server, HELLO).set("Authorization", &line);
        let reply = ask.send_from(&server, address(n));
        assert_eq!(reply.status, status, "{line:.40}");
        if status == 401 {
            assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer realm=\"mcp-server\""));
        }
    }
    let none = Ask::post(&server, HELLO).without("Authorization").send(&server);
    assert_eq!(none.header("www-authenticate"), Some("Bearer realm=\"mcp-server\""));
    assert!(none.text().contains("keys generate"), "{}", none.text());
    let twice = Ask::post(&server, HELLO).add("Authorization", format!("Bearer {key}"));
    twice.send(&server).is(400);
}

#[test]
fn every_request_of_a_connection_is_authenticated() {
    let place = Place::new();
    let server = place.http(&[]);
    let with_key = Ask::post(&server, HELLO).keep_alive();
    let bytes = [with_key.bytes(), with_key.set("Connection", "close").without("Authorization").bytes()];
    let mut stream = server.connect();
    stream.write_all(&bytes.concat()).unwrap();
    let replies = crate::wire::replies(&crate::wire::read_to_end(&mut stream));
    assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [200, 401]);
}

#[test]
fn the_key_of_the_environment_reaches_everything() {
    let place = Place::new();
    let file = place.write("key.txt", format!("{}\n", secret("file")));
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let server = HttpServer::start_without_key(&place, &[], &[("API_KEY_FILE", file.to_str().unwrap())]);
    call(&server, "file", "hello_world", json!({})).answer().says("Hello, World!");
    let event = &place.await_events("tool_called", 1)[0];
    assert_eq!(event["identifier"], "key:env");
    let get =
        Ask::get(&server, "/security/events").set("Authorization", format!("Bearer {}", secret("file")));
    get.send(&server).is(200);
}

#[test]
fn without_a_key_one_is_made_for_the_run_and_kept_nowhere() {
    let place = Place::new();
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut server = HttpServer::start_without_key(&place, &[], &[]);
        eventually("all of the greeting", || server.process().stderr().contains("stop with"));
        let said = server.process().stderr();
        let from = said.find("mcps_").expect("a key");
        let key: String = said[from..].chars().take_while(|c| !c.is_whitespace()).collect();
        assert_eq!(key.len(), 48, "{key}");
        Ask::post(&server, HELLO).without("Authorization").send(&server).is(401);
        let ask = Ask::post(&server, HELLO).set("Authorization", format!("Bearer {key}"));
        ask.send(&server).is(200).answer().says("Hello, World!");
        assert!(server.stop().success());
        keys.push(key);
    }
    assert_ne!(keys[0], keys[1]);
    let events = place.events();
    assert!(events.iter().any(|event| event["identifier"] == "key:this-run"));
    let grep = std::process::Command::new("grep").args(["-r", "mcps_"]).arg(place.path()).output().unwrap();
    assert!(grep.stdout.is_empty(), "{}", String::from_utf8_lossy(&grep.stdout));
}

#[test]
fn a_key_that_was_just_made_works() {
    let place = Place::new();
    let made = place.run(&["keys", "generate", "laptop", "--save"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key = String::from_utf8(made.stdout).unwrap();
    let server = HttpServer::start_without_key(&place, &[], &[]);
    let ask = Ask::post(&server, HELLO).set("Authorization", format!("Bearer {}", key.trim()));
    ask.send(&server).is(200);
    assert_eq!(place.await_events("tool_called", 1)[0]["identifier"], "key:laptop");
}

#[test]
fn a_key_that_anyone_could_guess_is_a_start_error() {
    let place = Place::new();
    for key in ["0123456789", "your-secret-api-key", "changeme-changeme-changeme-change", ""] {
        let said = refused(&place, &["--http=127.0.0.1:0"], &[("API_KEY", key)]);
        assert!(said.contains("API_KEY"), "{key}: {said}");
        assert!(key.is_empty() || !said.contains(key), "{key}: {said}");
    }
    let both = [("API_KEY", crate::common::KEY), ("ENABLE_AUTH", "false")];
    assert!(refused(&place, &["--http=127.0.0.1:0"], &both).contains("ENABLE_AUTH"));
}

#[test]
fn beyond_this_machine_it_starts_only_in_a_careful_shape() {
    let place = Place::new();
    let key = ("API_KEY", crate::common::KEY);
    let hosts = ("MCP_SERVER_HTTP_HOSTS", "mcp.example.com");
    let plain = ("MCP_SERVER_HTTP_PLAINTEXT", "true");
    let proxy = ("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let flag = format!("--http={address}");
        let said = refused(&place, &[&flag], &[]);
        for part in ["http.listen", "keys", "none", "http.hosts", "http.plaintext", "flag `--http`"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        for hint in ["keys generate", "http.hosts", "http.trusted_proxies", "--http=127.0.0.1"] {
            assert!(
                said.lines().any(|line| line.starts_with("hint:") && line.contains(hint)),
                "{hint}: {said}"
            );
        }
        for (env, missing) in [
            (&[hosts, plain][..], "keys generate"),
            (&[key, plain], "http.hosts"),
            (&[key, hosts], "http.trusted_proxies"),
        ] {
            let said = refused(&place, &[&flag], env);
            let hints: Vec<_> = said.lines().filter(|line| line.starts_with("hint:")).collect();
            assert!(hints[0].contains(missing), "{said}");
            assert_eq!(hints.len(), 2, "the other one is to stay here: {said}");
        }
        assert!(refused(&place, &[&flag, "--no-auth"], &[hosts, plain]).contains("--no-auth"));
    }
    assert!(place.events().is_empty(), "nothing was started");
    for shape in [plain, proxy] {
        let mut server = HttpServer::start_on(&place, "0.0.0.0:0", &[], &[key, hosts, shape]);
        Ask::get(&server, "/health").send(&server).is(200);
        let unlisted = Ask::post(&server, HELLO).send(&server);
        assert_eq!(unlisted.json()["error"], "untrusted_host");
        let listed = Ask::post(&server, HELLO).set("Host", "mcp.example.com").send(&server);
        let local = Ask::post(&server, HELLO)
            .set("Host", "mcp.example.com")
            .set("Origin", "http://localhost:3000")
            .send(&server);
        if shape == plain {
            listed.is(200);
            assert_eq!(local.json()["error"], "untrusted_origin", "no page is listed by itself here");
            assert!(server.process().stderr().contains("http.plaintext"), "said at every start");
        } else {
            assert_eq!((listed.status, &listed.json()["error"]), (403, &json!("https_required")));
        }
    }
}

#[test]
fn https_is_required_beyond_this_machine_and_only_a_trusted_proxy_can_vouch_for_it() {
    let place = Place::new();
    let env = [
        ("API_KEY", crate::common::KEY),
        ("MCP_SERVER_HTTP_HOSTS", "mcp.example.com"),
        ("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let server = HttpServer::start_on(&place, "0.0.0.0:0", &[], &env);
    let ask = Ask::post(&server, HELLO).set("Host", "mcp.example.com");
    for (proto, from, status) in [
        (Some("https"), Ipv4Addr::LOCALHOST, 200),
        (Some("HTTPS"), Ipv4Addr::LOCALHOST, 200),
        (Some("http, https"), Ipv4Addr::LOCALHOST, 200),
        (Some("https, http"), Ipv4Addr::LOCALHOST, 403),
        (Some("http"), Ipv4Addr::LOCALHOST, 403),
        (None, Ipv4Addr::LOCALHOST, 403),
        (Some("https"), address(0), 403),
    ] {
        let ask = proto.into_iter().fold(ask.clone(), |ask, proto| ask.set("X-Forwarded-Proto", proto));
        let reply = ask.send_from(&server, from);
        assert_eq!(reply.status, status, "{proto:?} from {from}: {reply:?}");
        if status == 403 {
            assert_eq!(reply.json()["error"], "https_required");
            assert!(reply.text().contains("http.plaintext") && reply.text().contains("http.trusted_proxies"));
        }
    }
    // Whoever watches the server comes without.
    Ask::get(&server, "/ready").send(&server).is(200);
    eventually("an event for each", || counted(&place, "http_error") == 4);
}

#[test]
fn on_this_machine_a_proxy_must_vouch_for_https_and_whoever_comes_directly_need_not() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1")]);
    let direct = Ask::post(&server, HELLO);
    direct.clone().send(&server).is(200);
    let forwarded = direct.add("X-Forwarded-For", "203.0.113.9");
    forwarded.clone().send(&server).is(403);
    forwarded.clone().add("X-Forwarded-Proto", "http").send(&server).is(403);
    forwarded.add("X-Forwarded-Proto", "https").send(&server).is(200);
}

#[test]
fn who_guesses_is_slowed_and_a_valid_key_never_is() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let (guesser, other) = (address(0), address(1));
    let wrong = Ask::post(&server, HELLO).set("Authorization", "Bearer wrong");
    let statuses: Vec<u16> = (0..20).map(|_| wrong.send_from(&server, guesser).status).collect();
    // Three within a second; on a machine that is slower than that, one more.
    let tries = statuses.iter().take_while(|status| **status == 401).count();
    assert!((3..=4).contains(&tries), "{statuses:?}");
    assert!(statuses[tries..].iter().all(|status| *status == 429), "{statuses:?}");
    let slowed = wrong.send_from(&server, guesser);
    let wait: u64 = slowed.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=15).contains(&wait), "{wait}");
    assert_eq!(slowed.json()["error"], "penalty");
    let without = Ask::post(&server, HELLO).without("Authorization").send_from(&server, guesser);
    assert_eq!(without.status, 429, "to leave the key away helps nobody");
    for _ in 0..50 {
        Ask::post(&server, HELLO).send_from(&server, guesser).is(200);
    }
    Ask::get(&server, "/health").send_from(&server, guesser).is(200);
    wrong.send_from(&server, other).is(401);
    // A wrong key is an offence where none is needed, too.
    for _ in 0..4 {
        let health = Ask::get(&server, "/health").set("Authorization", "Bearer wrong");
        let reply = health.send_from(&server, address(2));
        assert_eq!((reply.status, reply.text().as_str()), (200, r#"{"status":"ok"}"#));
    }
    wrong.send_from(&server, address(2)).is(429);
}

/// W12, in small; ten thousand with `FULL=1`.
#[test]
fn guesses_from_everywhere_do_not_shut_out_a_valid_key() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let wrong = Ask::post(&server, HELLO).set("Authorization", "Bearer wrong");
    let (addresses, each) = if full() { (5_000, 2) } else { (200, 2) };
    for n in 0..addresses {
        for _ in 0..each {
            wrong.send_from(&server, address(n)).is(401);
        }
        if n % 50 == 0 {
            Ask::post(&server, HELLO).send_from(&server, address(n)).is(200);
        }
    }
    for _ in 0..400 {
        let status = wrong.send(&server).status;
        assert!(matches!(status, 401 | 429), "{status}");
    }
    Ask::post(&server, HELLO).send(&server).is(200);
    assert!(server.stop().success());
    let guesses = counted(&place, "authentication_failed") + counted(&place, "rate_limit_exceeded");
    assert_eq!(guesses, addresses * each + 400);
}

#[test]
fn a_hash_in_the_file_that_is_the_key_itself_is_a_start_error() {
    let place = Place::new();
    place.write("config/mcp-server/config.toml", format!("[keys.x]\nsha256 = \"{}\"\n", secret("x")));
    let said = refused(&place, &["--http=127.0.0.1:0"], &[]);
    assert!(said.contains("keys hash") && !said.contains(&secret("x")), "{said}");
    let mut command = place.command(&["keys", "hash"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(secret("x").as_bytes()).unwrap();
    let printed = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(section("x", "").contains(printed.trim()), "{printed}");
}
