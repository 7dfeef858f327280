//! Keys that change while the server runs: taken up whole or not at all, and nobody else notices.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Output,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, PATIENCE, Place, UNLIMITED},
    keys::{call, secret, section},
    wire::{Ask, eventually, read_to_end},
};

/// How long after a change the old keys may hold, ten times what is promised.
const TAKEN_UP: Duration = Duration::from_secs(10);
/// SIGHUPs under load, each with a part of the log of its own.
const HANGUPS: usize = 40;
/// Rewrites one upon the other.
const REWRITES: usize = 200;

fn serve(place: &Place, config: &Path) -> HttpServer {
    let config = config.to_str().unwrap();
    HttpServer::start_without_key(place, &["--config", config], &[UNLIMITED])
}

fn started(place: &Place, text: &str) -> (PathBuf, HttpServer) {
    let config = place.write("etc/config.toml", text);
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let server = serve(place, &config);
    (config, server)
}

fn status(server: &HttpServer, name: &str) -> u16 {
    call(server, name, "hello_world", json!({})).status
}

#[track_caller]
fn becomes(server: &HttpServer, name: &str, wanted: u16) {
    let deadline = Instant::now() + TAKEN_UP;
    loop {
        let status = status(server, name);
        // asking so often with what is no key has its penalty
        if status == wanted || wanted == 401 && status == 429 {
            return;
        }
        assert!(Instant::now() < deadline, "`{name}` is answered with {status}, not {wanted}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The details of the events with this word, once there are so many.
#[track_caller]
fn told(place: &Place, event: &str, count: usize) -> Vec<Value> {
    let details = || {
        let log = place.log();
        log.named(event).into_iter().map(|event| event["details"].clone()).collect::<Vec<_>>()
    };
    eventually(event, || details().len() >= count);
    details()
}

fn replace(config: &Path, text: &str) {
    let beside = config.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(&beside, config).unwrap();
}

fn revoke(place: &Place, config: &Path, name: &str, more: &[&str]) -> Output {
    let config = config.to_str().unwrap();
    place.run(&[&["--config", config, "keys", "revoke", name], more].concat())
}

#[test]
fn a_key_is_revoked_under_load_and_the_other_loses_nothing() {
    let place = Place::new();
    let before = format!("# mine\n{}# of b\n{}", section("a", ""), section("b", ""));
    let (config, server) = started(&place, &before);
    let (done, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(status(&server, "b"), 200);
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
        assert_eq!(status(&server, "a"), 200);
        let output = revoke(&place, &config, "a", &["--json"]);
        assert!(output.status.success(), "{output:?}");
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&said["revoked"], &said["keys"]), (&json!("a"), &json!(1)));
        becomes(&server, "a", 401);
        done.store(true, Ordering::Relaxed);
    });
    assert!(calls.load(Ordering::Relaxed) > 0);
    assert_eq!(fs::read_to_string(&config).unwrap(), format!("# mine\n\n# of b\n{}", section("b", "")));
    let changes = told(&place, "keys_changed", 1);
    assert_eq!(changes, [json!({ "added": [], "removed": ["a"], "changed": {}, "keys": 1 })]);
    let log = place.log();
    let of_b = log.named("tool_called").into_iter().filter(|event| event["identifier"] == "key:b").count();
    assert_eq!(of_b, calls.load(Ordering::Relaxed));
    // the last one: nobody is let in, rather than everybody
    assert!(revoke(&place, &config, "b", &[]).status.success());
    becomes(&server, "b", 401);
    assert_eq!(server.request("POST", "/mcp", &[], b"{}").status, 401);
    assert_eq!(told(&place, "keys_changed", 2)[1]["keys"], 0);
}

/// What has been open since before a key was revoked ends with it, and says why.
#[test]
fn what_a_revoked_key_has_open_ends() {
    let place = Place::new();
    let (config, server) = started(&place, &(section("a", "events = true") + &section("b", "events = true")));
    let era = Era::PerRequest;
    let subscription =
        era.request(7, "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    let open = |name: &str| {
        let with_key = |ask: Ask| ask.set("Authorization", format!("Bearer {}", secret(name)));
        let follow = Ask::get(&server, "/security/events").add("Accept", "text/event-stream");
        [with_key(Ask::message(&server, era, &subscription)), with_key(follow)].map(|ask| {
            let mut stream = server.connect();
            stream.write_all(&ask.bytes()).unwrap();
            stream
        })
    };
    let (of_a, of_b) = (open("a"), open("b"));
    told(&place, "events_read", 2);
    assert!(revoke(&place, &config, "a", &[]).status.success());
    let begun = Instant::now();
    let [subscription, events] = of_a.map(|mut stream| String::from_utf8(read_to_end(&mut stream)).unwrap());
    assert!(begun.elapsed() < TAKEN_UP, "{:?}", begun.elapsed());
    assert!(subscription.contains(r#""id":7"#) && subscription.ends_with("0\r\n\r\n"), "{subscription:?}");
    assert!(events.contains("event: end") && events.contains("unknown_key"), "{events:?}");
    // and the other's go on
    for stream in of_b {
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut stream = stream;
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_err(), "{}", String::from_utf8_lossy(&rest));
    }
}

#[test]
fn without_a_key_left_nobody_is_let_in_beyond_this_machine_either() {
    let place = Place::new();
    let config = place.write("etc/config.toml", section("a", ""));
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    let args = ["--config", config.to_str().unwrap()];
    let env =
        [UNLIMITED, ("MCP_SERVER_HTTP_HOSTS", "mcp.example.com"), ("MCP_SERVER_HTTP_PLAINTEXT", "true")];
    let server = HttpServer::start_on(&place, "0.0.0.0:0", &args, &env);
    let status = |bearer: &str| {
        let ask = Ask::get(&server, "/security/events").set("Host", "mcp.example.com");
        ask.set("Authorization", format!("Bearer {bearer}")).send(&server).status
    };
    assert_eq!(status(&secret("a")), 403);
    assert!(revoke(&place, &config, "a", &[]).status.success());
    assert_eq!(told(&place, "keys_changed", 1)[0]["keys"], 0);
    assert_eq!(status(&secret("a")), 401);
    let bare = Ask::get(&server, "/security/events").set("Host", "mcp.example.com").without("Authorization");
    assert_eq!(bare.send(&server).status, 401);
}

#[test]
fn what_revokes_a_key_in_a_file_that_cannot_be_taken_up_says_so() {
    let place = Place::new();
    let (config, server) = started(&place, &(section("a", "") + &section("b", "")));
    let broken = fs::read_to_string(&config).unwrap() + "\n[limits]\nbogus = 1\n";
    fs::write(&config, &broken).unwrap();
    told(&place, "config_changed", 1);
    let out = revoke(&place, &config, "a", &[]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("still let it in") && said.contains("bogus"), "{said}");
    assert_eq!(status(&server, "a"), 200);
    let mended = fs::read_to_string(&config).unwrap().replace("bogus = 1\n", "");
    replace(&config, &mended);
    becomes(&server, "a", 401);
    assert_eq!(status(&server, "b"), 200);
    let told = told(&place, "config_changed", 2);
    assert!(told[1]["reason"].as_str().unwrap().contains("good again"), "{told:?}");
}

#[test]
fn keys_that_are_revoked_at_once_are_all_gone() {
    let place = Place::new();
    let names = ["a", "b", "c", "d", "e", "f"];
    let all: String = names.iter().map(|name| section(name, "")).collect();
    for _ in 0..5 {
        let config = place.write("etc/config.toml", &all);
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
        thread::scope(|scope| {
            for name in &names[1..] {
                scope.spawn(|| assert!(revoke(&place, &config, name, &[]).status.success()));
            }
        });
        let left = fs::read_to_string(&config).unwrap();
        assert_eq!(left.matches("[keys.").count(), 1, "{left}");
    }
}

#[test]
fn what_cannot_be_revoked_says_what_to_do() {
    let place = Place::new();
    let config = place.write("c.toml", section("laptop", ""));
    let unknown = revoke(&place, &config, "labtop", &[]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert_eq!(unknown.status.code(), Some(1), "{said}");
    assert!(said.contains("did you mean `laptop`?") && said.contains("it has: laptop"), "{said}");
    for (file, name, says) in
        [(&config, "env", "unset `API_KEY`"), (&place.path().join("none"), "laptop", "name the file with")]
    {
        let output = revoke(&place, file, name, &[]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says), "{said}");
    }
    assert_eq!(fs::read_to_string(&config).unwrap(), section("laptop", ""));
}

#[test]
fn keys_come_and_change_by_rename_in_place_and_through_links() {
    let place = Place::new();
    let (config, server) = started(&place, &section("a", ""));
    replace(&config, &format!("{}{}", section("a", ""), section("b", "")));
    becomes(&server, "b", 200);
    fs::write(&config, section("a", "tools = []")).unwrap();
    becomes(&server, "b", 401);
    let denied = call(&server, "a", "hello_world", json!({}));
    denied.is(200).answer().is_error(-32602);
    fs::write(&config, section("a", "expires = \"2020-01-01\"")).unwrap();
    becomes(&server, "a", 401);
    let changes = told(&place, "keys_changed", 3);
    assert_eq!(changes[1]["changed"], json!({ "a": ["tools"] }));
    assert_eq!(changes[2]["changed"], json!({ "a": ["tools", "expires"] }));
    // the whole directory is another
    let dir = config.parent().unwrap();
    fs::rename(dir, place.path().join("old")).unwrap();
    place.write("etc/config.toml", section("c", ""));
    becomes(&server, "c", 200);

    // a directory of links, as Kubernetes mounts it, with a second server on the same file
    place.write("mount/..1/config.toml", section("one", ""));
    place.write("mount/..2/config.toml", section("two", ""));
    let mount = place.dir("mount");
    symlink("..1", mount.join("..data")).unwrap();
    symlink("..data/config.toml", mount.join("config.toml")).unwrap();
    let servers = [serve(&place, &mount.join("config.toml")), serve(&place, &mount.join("config.toml"))];
    symlink("..2", mount.join("..new")).unwrap();
    fs::rename(mount.join("..new"), mount.join("..data")).unwrap();
    for server in &servers {
        becomes(server, "two", 200);
        // or the penalty of whoever tried so often
        assert!(matches!(status(server, "one"), 401 | 429));
    }
}

#[test]
fn a_file_that_cannot_be_used_leaves_the_old_keys() {
    let place = Place::new();
    let (config, server) = started(&place, &section("a", ""));
    let bad = [
        "[keys.a\n".to_owned(),
        "[keys.a]\nsha256 = \"mcps_secret\"\n".to_owned(),
        format!("{}[http]\nlistn = \"x\"\n", section("b", "")),
    ];
    for (count, text) in bad.iter().enumerate() {
        replace(&config, text);
        let refused = told(&place, "config_changed", count + 1);
        assert!(refused[count]["reason"].is_string(), "{refused:#?}");
        assert!(!refused[count].to_string().contains("mcps_secret"), "{refused:#?}");
        assert_eq!((status(&server, "a"), status(&server, "b")), (200, 401));
    }
    fs::write(&config, section("b", "")).unwrap();
    becomes(&server, "b", 200);
    fs::set_permissions(&config, fs::Permissions::from_mode(0o666)).unwrap();
    told(&place, "config_changed", 4);
    fs::remove_file(&config).unwrap();
    told(&place, "config_changed", 5);
    assert_eq!(status(&server, "b"), 200);
    // what else changed is told, and waits
    replace(&config, &format!("{}[limits]\ntool = \"5/min\"\n", section("c", "")));
    becomes(&server, "c", 200);
    let last = told(&place, "config_changed", 6).pop().unwrap();
    assert_eq!(last, json!({ "needs_restart": ["limits.tool"] }));
    assert_eq!(place.log().named("keys_changed").len(), 2);
}

#[test]
fn the_key_of_a_run_ends_with_the_first_key_of_the_owner() {
    let place = Place::new();
    let config = place.write("config.toml", "# nothing yet\n");
    let mut server = serve(&place, &config);
    let said = server.process().stderr();
    let key = said.split_whitespace().find(|word| word.starts_with("mcps_")).unwrap().to_owned();
    let bearer = format!("Bearer {key}");
    let health = || server.request("GET", "/security/events", &[("Authorization", &bearer)], b"").status;
    assert_eq!(health(), 200);
    fs::write(&config, section("a", "")).unwrap();
    // not by trying, which is punished
    assert_eq!(told(&place, "keys_changed", 1)[0]["removed"], json!(["this-run"]));
    assert_eq!((health(), status(&server, "a")), (401, 200));
}

#[test]
fn hangups_and_rewrites_under_load_lose_no_call_and_break_no_chain() {
    let place = Place::new();
    let (config, mut server) = started(&place, &section("a", ""));
    let process = rustix::process::Pid::from_raw(i32::try_from(server.process().pid()).unwrap()).unwrap();
    // it says where it listens a moment before it minds signals
    assert_eq!(status(&server, "a"), 200);
    let calls = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(status(&server, "a"), 200);
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..HANGUPS {
            rustix::process::kill_process(process, Signal::HUP).unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        for number in 0..REWRITES {
            replace(&config, &format!("{}{}", section("a", ""), section(&format!("k{number}"), "")));
        }
        becomes(&server, &format!("k{}", REWRITES - 1), 200);
        done.store(true, Ordering::Relaxed);
    });
    // asked to stop while it reads
    fs::write(&config, section("b", "")).unwrap();
    server.process().signal(Signal::TERM);
    assert!(server.process().wait_within(PATIENCE).success());
    let log = place.log();
    assert_eq!((log.runs.len(), &log.torn), (1, &Vec::new()));
    assert_eq!(log.named("tool_called").len(), calls.load(Ordering::Relaxed) + 2);
    assert!(fs::read_dir(place.events_dir()).unwrap().count() > 2, "more than one part");
}
