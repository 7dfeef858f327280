//! A wall clock that jumps: the log goes on in order, the limits do not notice, and nothing is
//! removed because a file only seems to be old.

use std::{
    fs,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    common::{Door, Era, HttpServer, Place, Server},
    outside::WallClock,
};

const HOUR: i64 = 3_600;
const YEARS: i64 = 10 * 365 * 24 * HOUR;

fn until_1970() -> i64 {
    -i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[test]
fn a_wall_clock_that_jumps_is_on_record_and_neither_order_nor_files_suffer() {
    let Some(clock) = WallClock::new() else { return };
    let env = clock.env();
    let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for door in Door::ALL {
        clock.set(0);
        let place = Place::new();
        // a log of yesterday, which a leap of ten years must not make old
        let yesterday = place
            .write("events/20260101T000000Z-0000aaaa.jsonl", "{\"event\":\"server_stopped\",\"seq\":9}\n");
        fs::set_permissions(place.events_dir(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let file = fs::File::options().write(true).open(&yesterday).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_hours(24)).unwrap();
        place.meddles();

        let mut server = Server::start(&place, door, &[], &env);
        server.call("hello_world", json!({})).says("Hello, World!");
        let jumps = [HOUR, 0, -HOUR, YEARS, -YEARS, until_1970(), 0];
        for ahead in jumps {
            clock.set(ahead);
            for _ in 0..3 {
                server.call("hello_world", json!({})).says("Hello, World!");
            }
        }
        server.stop();
        assert!(yesterday.exists(), "{door:?}");
        fs::remove_file(&yesterday).unwrap();
        let log = place.log();
        assert_eq!(log.endings().len(), 1 + 3 * jumps.len());
        let mut from = 0;
        let expected: Vec<_> = jumps.iter().map(|to| to - std::mem::replace(&mut from, *to)).collect();
        let said = log.named("clock_jump");
        let said: Vec<_> = said.iter().map(|jump| jump["details"]["seconds"].as_i64().unwrap()).collect();
        assert_eq!(said.len(), expected.len(), "{said:?}");
        assert!(said.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 60), "{said:?} {expected:?}");
        assert_eq!(log.named("events_pruned").len(), 0);
    }
}

#[test]
fn a_jump_neither_refills_a_limit_nor_empties_it() {
    let Some(clock) = WallClock::new() else { return };
    let env = clock.env();
    let mut env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    env.push(("MCP_SERVER_LIMITS_KEY", "1/min burst 5"));
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &env);
    let status = || server.post(Era::Handshake, &Era::Handshake.request(1, "ping", Value::Null)).status;
    for ahead in [0, HOUR, -YEARS, YEARS, 0] {
        clock.set(ahead);
        assert_eq!(status(), 200, "at {ahead}");
    }
    for ahead in [0, 2 * HOUR, YEARS, until_1970(), -YEARS] {
        clock.set(ahead);
        assert_eq!(status(), 429, "at {ahead}");
    }
}

/// A key's end is a date, so there it is the wall that counts.
#[test]
fn a_key_ends_by_the_wall() {
    let Some(clock) = WallClock::new() else { return };
    let env = clock.env();
    let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let place = Place::new();
    let made = place.run(&["keys", "generate", "laptop", "--expires", "30d", "--save"]);
    assert!(made.status.success(), "{made:?}");
    let key = String::from_utf8(made.stdout).unwrap();
    let bearer = format!("Bearer {}", key.trim());
    let server = HttpServer::start_without_key(&place, &[], &env);
    let ping = Era::Handshake.request(1, "ping", Value::Null).to_string();
    let status = || {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
        ];
        server.request("POST", "/mcp", &headers, ping.as_bytes()).status
    };
    for (ahead, expected) in
        [(0, 200), (29 * 24 * HOUR, 200), (31 * 24 * HOUR, 401), (-YEARS, 200), (YEARS, 401)]
    {
        clock.set(ahead);
        assert_eq!(status(), expected, "at {ahead}");
    }
}
