//! Floods at the door: each refusal is counted exactly once, and what they cost the disk is bounded
//! by time, not by how many there are. `FULL=1` sends 100,000 from as many sources.

use std::{
    collections::BTreeMap,
    io::{BufReader, Write},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

use crate::{
    common::{Door, Era, HttpServer, KEY, Log, Place, Server, UNLIMITED, read_reply},
    full,
};

/// Twenty singly and one folded a second, 200 and ten saved up; a line is below 1.5 KiB.
#[track_caller]
fn costs_little(log: &Log, seconds: u64, refusals: u64) {
    let lines = u64::try_from(log.events().filter(|event| event["call"].is_null()).count()).unwrap();
    assert!(lines <= 21 * (seconds + 2), "{lines} lines in {seconds} s");
    let longest = log.events().map(|event| event.to_string().len()).max().unwrap();
    assert!(longest <= 1_536, "a line of {longest} bytes");
    println!("{refusals} refusals in {seconds} s: {lines} lines, {} bytes, the longest {longest}", log.bytes);
}

/// Refusals by event: those that stand alone, and those in counts.
fn refusals(log: &Log) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for event in log.events() {
        let word = event["event"].as_str().unwrap();
        let is_ending = event["call"].is_string();
        match event["details"]["events"].as_object() {
            Some(folded) => {
                for (word, count) in folded {
                    *counts.entry(word.clone()).or_default() += count.as_u64().unwrap();
                }
            }
            None if event["outcome"].is_string() && !is_ending => {
                *counts.entry(word.to_owned()).or_default() += 1;
            }
            None => {}
        }
    }
    counts
}

/// Four connections send so many requests each; gives how many were refused.
fn refused_over(server: &HttpServer, each: usize, request: impl Fn(usize) -> Vec<u8> + Sync) -> u64 {
    let request = &request;
    thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|sender| {
                scope.spawn(move || {
                    let mut connection = BufReader::new(server.connect());
                    let mut refused = 0;
                    for at in 0..each {
                        connection.get_mut().write_all(&request(sender * each + at)).unwrap();
                        let reply = read_reply(&mut connection).unwrap();
                        assert!((400..500).contains(&reply.status), "{reply:?}");
                        refused += 1;
                        if reply.header("connection") == Some("close") {
                            connection = BufReader::new(server.connect());
                        }
                    }
                    refused
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).sum()
    })
}

fn head(server: &HttpServer, lines: &str) -> Vec<u8> {
    let host = server.addr();
    let body = Era::Handshake.request(1, "ping", Value::Null).to_string();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\nContent-Length: {}\r\n{lines}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[test]
fn refusals_from_many_sources_cost_the_disk_little_and_each_is_counted() {
    let each = if full() { 25_000 } else { 1_000 };
    let place = Place::new();
    let env =
        [UNLIMITED, ("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1"), ("MCP_SERVER_HTTP_PLAINTEXT", "true")];
    let mut server = HttpServer::start(&place, &[], &env);
    let begun = Instant::now();
    let sent = refused_over(&server, each, |at| {
        let source = std::net::Ipv4Addr::from(0x0b00_0000 + u32::try_from(at).unwrap());
        let why = match at % 3 {
            0 => "Authorization: Bearer wrong-0123456789abcdefghijklmnopqrstuvwxyz\r\n".to_owned(),
            1 => format!("Authorization: Bearer {KEY}\r\nOrigin: https://{}.example\r\n", "x".repeat(200)),
            _ => String::new(),
        };
        head(&server, &format!("X-Forwarded-For: {source}\r\nX-Forwarded-Proto: https\r\n{why}"))
    });
    for _ in 0..10 {
        server.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    }
    let seconds = begun.elapsed().as_secs();
    assert!(server.stop().success());
    let log = place.log();
    let counts = refusals(&log);
    assert_eq!(counts.values().sum::<u64>(), sent, "{counts:?}");
    assert_eq!(counts["untrusted_origin_blocked"], sent / 3, "{counts:?}");
    costs_little(&log, seconds, sent);
    // what calls leave is never in a count
    assert_eq!(log.endings().len(), 10);
}

#[test]
fn refusals_from_one_source_cost_the_disk_little_and_each_is_counted() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[]);
    let begun = Instant::now();
    let sent = refused_over(&server, if full() { 25_000 } else { 1_000 }, |_| {
        head(&server, "Authorization: Bearer wrong-0123456789abcdefghijklmnopqrstuvwxyz\r\n")
    });
    let seconds = begun.elapsed().as_secs();
    assert!(server.stop().success());
    let log = place.log();
    let counts = refusals(&log);
    assert_eq!(counts.values().sum::<u64>(), sent, "{counts:?}");
    assert!(counts["authentication_failed"] > 0 && counts["rate_limit_exceeded"] > 0, "{counts:?}");
    costs_little(&log, seconds, sent);
}

#[test]
fn lines_that_are_no_messages_cost_the_disk_little_and_each_is_counted() {
    let place = Place::new();
    let mut server = Server::start(&place, Door::Stdio, &[], &[]);
    let begun = Instant::now();
    let lines: u64 = if full() { 100_000 } else { 5_000 };
    let Server::Stdio(stdio) = &mut server else { return };
    for at in 0..lines {
        stdio.send_bytes(format!("what is this {at}\n").as_bytes());
    }
    let calls: Vec<_> = (0..50).map(|_| ("hello_world", json!({}))).collect();
    let answers = server.call_all(&calls);
    let seconds = begun.elapsed().as_secs();
    server.stop();
    let log = place.log();
    log.accounts_for(&answers, 0);
    assert_eq!(refusals(&log), BTreeMap::from([("message_refused".to_owned(), lines)]));
    costs_little(&log, seconds, lines);
}
