//! Nobody is waited for without an end (rows W2, W3 and W4 of the hostile table).
//!
//! The rows of a test wait in parallel. The minute of an idle connection and
//! the long bodies wait only with `FULL=1`.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    common::{Era, HttpServer, Place, Reply, UNLIMITED},
    log::counted,
    wire::{Ask, HELLO, eventually, full, next_reply, until_closed},
};

/// What a busy machine may be late.
const SLACK: Duration = Duration::from_secs(8);

/// Sends `first`, then one piece of `rest` each `pause`, until the server closes.
fn trickle(
    mut stream: TcpStream,
    first: &[u8],
    mut rest: impl Iterator<Item = impl AsRef<[u8]>>,
    pause: Duration,
) -> (Duration, Vec<u8>) {
    let begun = Instant::now();
    stream.write_all(first).unwrap();
    stream.set_read_timeout(Some(pause)).unwrap();
    let (mut said, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        if let Some(next) = rest.next()
            && stream.write_all(next.as_ref()).is_err()
        {
            break;
        }
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => said.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "never closed");
    }
    (begun.elapsed(), said)
}

#[track_caller]
fn is_after(seconds: u64, took: Duration, what: &str) {
    let least = Duration::from_secs(seconds);
    assert!(took + Duration::from_millis(200) >= least && took < least + SLACK, "{what} took {took:?}");
}

#[test]
fn a_header_block_has_ten_seconds_from_the_first_to_the_last_byte() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let head = Ask::post(&server, HELLO).bytes();
    let second = Duration::from_secs(1);
    let rows: [(&str, &[u8], &[u8]); 8] = [
        ("nothing", b"", b""),
        ("one byte", b"P", b""),
        ("a partial preface", b"PRI * HT", b""),
        ("a partial line", b"POST /mcp HTTP/1.1\r\nHost: x", b""),
        ("line ends", b"\r\n\r\n", b""),
        ("line ends, trickling", b"", b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"),
        ("a byte a second", b"", &head[..60]),
        ("half a ClientHello", b"\x16\x03\x01\x02", b""),
    ];
    thread::scope(|scope| {
        for (what, first, rest) in rows {
            let stream = server.connect();
            scope.spawn(move || {
                let (took, said) = trickle(stream, first, rest.chunks(1), second);
                assert!(!String::from_utf8_lossy(&said).contains(" 200 "), "{what}");
                if what.contains("ClientHello") && !said.is_empty() {
                    return; // refused as soon as it is no request
                }
                is_after(10, took, what);
            });
        }
        // A flood of the same, and a good client beside it.
        let flood: Vec<_> = (0..40).map(|_| server.connect()).collect();
        for _ in 0..5 {
            let begun = Instant::now();
            server.call(Era::Handshake, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
            assert!(begun.elapsed() < second, "{:?}", begun.elapsed());
        }
        for mut stream in flood {
            until_closed(&mut stream, Duration::from_secs(30));
        }
    });
    eventually("all are closed", || server.get("/health").json()["connections"] == 1);
    // Whoever never began a request was not refused one.
    eventually("the others are written down", || counted(&place, "http_error") == 5);
}

#[test]
fn a_body_has_thirty_seconds_and_a_minimum_rate() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let long = Ask::post(&server, "").set("Content-Length", 1 << 20).bytes();
    let chunked =
        Ask::post(&server, "").without("Content-Length").add("Transfer-Encoding", "chunked").bytes();
    let paused = [long.clone(), vec![b' '; 400]].concat();
    let quick = Duration::from_millis(50);
    let spaces = vec![b' '; 4_000];
    let chunks = b"1\r\n \r\n".repeat(600);
    thread::scope(|scope| {
        for (what, first, rest, pause, seconds) in [
            ("no body", &long, &b""[..], quick, 5),
            ("a byte a second", &long, &spaces[..60], Duration::from_secs(1), 5),
            ("a pause in the middle", &paused, b"", quick, 5),
            ("20 bytes a second", &long, &spaces[..600], quick, 5),
            ("chunks that trickle", &chunked, &chunks, quick, 5),
        ] {
            let stream = server.connect();
            scope.spawn(move || {
                let (took, said) = trickle(stream, first, rest.chunks(1), pause);
                is_after(seconds, took, what);
                let reply = Reply::parse(&said);
                assert_eq!(reply.status, 408, "{what}: {reply:?}");
                assert_eq!(reply.json()["error"]["data"]["error"], "too_slow", "{what}");
            });
        }
        if full() {
            scope.spawn(|| {
                let pieces = spaces.chunks(20).cycle();
                let (took, said) = trickle(server.connect(), &long, pieces, 2 * quick);
                is_after(30, took, "up to 200 bytes a second");
                Reply::parse(&said).is(408);
            });
        }
    });
    let slow = place.await_events("http_error", 5);
    assert!(slow.iter().all(|event| event["code"] == "too_slow"), "{slow:#?}");
}

/// The pause of a person or a model between two requests is no attack.
#[test]
fn an_idle_connection_has_a_minute() {
    let place = Place::new();
    let server = place.http(&[]);
    let mut stream = server.connect();
    let hello = Ask::post(&server, HELLO).keep_alive().bytes();
    stream.write_all(&hello).unwrap();
    next_reply(&mut stream).is(200);
    thread::sleep(Duration::from_secs(12)); // longer than a header block may take
    stream.write_all(&hello).unwrap();
    next_reply(&mut stream).is(200);
    // The next header block has ten seconds once it has begun.
    stream.write_all(b"POST").unwrap();
    let (took, _) = until_closed(&mut stream, Duration::from_secs(30));
    is_after(10, took, "half a request on a connection that was good");
    if full() {
        let mut stream = server.connect();
        stream.write_all(&hello).unwrap();
        next_reply(&mut stream).is(200);
        let (took, said) = until_closed(&mut stream, Duration::from_secs(90));
        is_after(60, took, "an idle connection");
        assert!(said.is_empty(), "{said:?}");
    }
}

/// A server, and clients that ask for much and read nothing of it.
fn unread(clients: usize) -> (Place, HttpServer, Vec<TcpStream>) {
    let place = Place::new();
    place.write("notes/big.txt", "0123456789abcdef\n".repeat(60_000));
    let root = format!("notes={}", place.path().join("notes").display());
    let server = HttpServer::start(&place, &["--root", &root], &[UNLIMITED]);
    let body = HELLO.replace("hello_world", "read_text_file").replace("{}", r#"{"path":"big.txt"}"#);
    // More requests than answers fit into both ends' buffers.
    let asks = Ask::post(&server, body).keep_alive().bytes().repeat(200);
    let streams = (0..clients).map(|_| {
        let mut stream = server.connect();
        stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        let _the_server_no_longer_reads = stream.write_all(&asks);
        stream
    });
    let streams = streams.collect();
    (place, server, streams)
}

/// The calls, once there have been no more for a second.
fn calls_until_still(place: &Place) -> usize {
    let (mut calls, mut since) = (0, Instant::now());
    while calls == 0 || since.elapsed() < Duration::from_secs(1) {
        let now = counted(place, "tool_called");
        if now > calls {
            (calls, since) = (now, Instant::now());
        }
        thread::sleep(Duration::from_millis(50));
    }
    calls
}

#[test]
fn a_client_that_does_not_read_holds_a_bounded_amount() {
    let clients = if full() { 60 } else { 20 };
    let (place, mut server, streams) = unread(clients);
    assert!(calls_until_still(&place) < clients * 200, "their requests wait, not their answers");
    let health = server.get("/health").json();
    // Two results of a megabyte at most for each, and what the program itself takes.
    let most = (clients as u64 * 2 + 48) << 20;
    assert!(health["memoryBytes"].as_u64().unwrap() < most, "{health}");
    drop(streams);
    eventually("nothing is left", || server.get("/health").json()["connections"] == 1);
    assert!(server.stop().success());
}

#[test]
fn a_client_that_does_not_read_has_thirty_seconds() {
    let (place, server, streams) = unread(3);
    calls_until_still(&place);
    let begun = Instant::now();
    while server.get("/health").json()["connections"] != 1 {
        assert!(begun.elapsed() < Duration::from_mins(1), "never cut");
        thread::sleep(Duration::from_millis(100));
    }
    // It was still for a second before.
    is_after(28, begun.elapsed(), "an unread answer");
    drop(streams);
}
