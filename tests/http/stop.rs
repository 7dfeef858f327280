//! Leaving: calls in flight are answered, and nobody holds up the end.

use std::{
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::json;

use crate::{
    common::{Era, HttpServer, PATIENCE, Place, Reply, hang_up},
    wire::{Ask, HELLO, connect_from, eventually, next_reply, read_to_end},
};

#[track_caller]
fn calling(server: &HttpServer, tool: &str, arguments: serde_json::Value) -> TcpStream {
    let era = Era::PerRequest;
    let mut stream = server.connect();
    let message = era.call(1, tool, arguments);
    stream.write_all(&Ask::message(server, era, &message).keep_alive().bytes()).unwrap();
    stream
}

fn in_flight(server: &HttpServer) -> u64 {
    server.get("/health").json()["callsInFlight"].as_u64().unwrap()
}

#[test]
fn calls_in_flight_are_answered_and_the_last_line_tells_how_many() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::with_fixture_tools();
        let mut server = place.http(&[]);
        let mut calls: Vec<_> =
            (0..5).map(|_| calling(&server, "progress", json!({ "steps": 1, "millis": 1_500 }))).collect();
        eventually("all run", || in_flight(&server) == 5);
        let idle = server.connect();
        let begun = Instant::now();
        server.process().signal(signal);
        for stream in &mut calls {
            let reply = Reply::parse(&read_to_end(stream));
            assert_eq!(reply.header("connection"), Some("close"), "{reply:?}");
            reply.is(200).answer().says("done");
        }
        assert!(server.process().wait_within(PATIENCE).success());
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        drop(idle);
        let said = server.process().stderr();
        assert!(said.contains("stopping: waiting up to 10 s for 5 calls"), "{said}");
        assert!(said.lines().last().unwrap().starts_with("stopped: 5 finished, 0 abandoned; "), "{said}");
        let events = place.events();
        assert_eq!(events.last().unwrap()["event"], "server_stopped");
        assert!(said.contains(&format!("; {} events written", events.len())), "{said} {}", events.len());
        assert_eq!(place.events_named("tool_called").len(), 5);
    }
}

#[test]
fn what_hangs_is_abandoned_after_ten_seconds() {
    let place = Place::with_fixture_tools();
    let mut server = place.http(&[]);
    let mut hanging: Vec<_> = (0..3).map(|_| calling(&server, "hang", json!({}))).collect();
    let mut blocking = calling(&server, "block", json!({ "millis": 60_000 }));
    eventually("all run", || in_flight(&server) == 4);
    let begun = Instant::now();
    server.process().signal(Signal::TERM);
    eventually("nobody else is let in", || TcpStream::connect(server.addr()).is_err());
    assert!(server.process().wait_within(Duration::from_secs(30)).success());
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(9) && took < Duration::from_secs(16), "{took:?}");
    for stream in hanging.iter_mut().chain([&mut blocking]) {
        let reply = Reply::parse(&read_to_end(stream));
        reply.is(200).answer().fails_with("the call was cancelled (abandoned)");
    }
    let said = server.process().stderr();
    assert!(said.lines().last().unwrap().starts_with("stopped: 0 finished, 4 abandoned; "), "{said}");
    assert_eq!(place.events_named("tool_abandoned").len(), 4);
    assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for signals in [[Signal::TERM, Signal::TERM], [Signal::INT, Signal::INT], [Signal::TERM, Signal::INT]] {
        let place = Place::with_fixture_tools();
        let mut server = place.http(&[]);
        let _hanging = calling(&server, "hang", json!({}));
        eventually("it runs", || in_flight(&server) == 1);
        server.process().signal(signals[0]);
        eventually("it stops", || server.process().stderr().contains("stopping"));
        let begun = Instant::now();
        server.process().signal(signals[1]);
        let status = server.process().wait_within(PATIENCE);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert!(status.success(), "{status}");
        eventually("it says so", || server.process().stderr().contains("a second signal"));
        assert!(!place.events().is_empty(), "what is there is whole");
    }
}

#[test]
fn neither_an_idle_client_nor_half_a_request_holds_up_the_end() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let _silent = server.connect();
    let mut half = server.connect();
    half.write_all(b"POST /mcp HTTP/1.1\r\nHost:").unwrap();
    let mut idle = server.connect();
    idle.write_all(&Ask::post(&server, HELLO).keep_alive().bytes()).unwrap();
    next_reply(&mut idle).is(200);
    let begun = Instant::now();
    assert!(server.stop().success());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(read_to_end(&mut idle).is_empty());
    assert!(server.process().stderr().contains("stopped: 0 finished, 0 abandoned"));
}

#[test]
fn a_request_that_is_being_sent_when_the_stop_comes_is_answered() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let mut stream = server.connect();
    let bytes = Ask::post(&server, HELLO).bytes();
    stream.write_all(&bytes[..bytes.len() - 5]).unwrap();
    eventually("it is being read", || server.get("/health").json()["connections"] == 2);
    thread::sleep(Duration::from_millis(100));
    server.process().signal(Signal::TERM);
    eventually("it stops", || server.process().stderr().contains("stopping"));
    stream.write_all(&bytes[bytes.len() - 5..]).unwrap();
    let reply = Reply::parse(&read_to_end(&mut stream));
    assert!(matches!(reply.status, 200 | 503), "{reply:?}");
    assert!(server.process().wait_within(PATIENCE).success());
}

#[test]
fn who_asks_while_it_stops_is_told_that_it_does() {
    let place = Place::with_fixture_tools();
    let mut server = place.http(&[]);
    let mut ready = connect_from(&server, std::net::Ipv4Addr::LOCALHOST);
    let hanging = calling(&server, "progress", json!({ "steps": 1, "millis": 2_000 }));
    eventually("it runs", || in_flight(&server) == 1);
    // Its head is half sent, so the connection is still there.
    let bytes = Ask::get(&server, "/ready").with_key().bytes();
    ready.write_all(&bytes[..20]).unwrap();
    thread::sleep(Duration::from_millis(100));
    server.process().signal(Signal::TERM);
    eventually("it stops", || server.process().stderr().contains("stopping"));
    ready.write_all(&bytes[20..]).unwrap();
    let reply = Reply::parse(&read_to_end(&mut ready));
    assert_eq!((reply.status, reply.text().as_str()), (503, r#"{"status":"draining"}"#));
    hang_up(&hanging);
    assert!(server.process().wait_within(PATIENCE).success());
}

#[test]
fn it_starts_again_on_the_same_port_at_once() {
    let place = Place::new();
    let mut server = place.http(&[]);
    let listen = server.addr().to_string();
    let mut open = server.connect();
    open.write_all(&Ask::post(&server, HELLO).keep_alive().bytes()).unwrap();
    next_reply(&mut open).is(200);
    assert!(server.stop().success());
    let key = [("API_KEY", crate::common::KEY)];
    let mut second = HttpServer::start_on(&place, &listen, &[], &key);
    second.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    let output = place.command(&["serve", &format!("--http={listen}")]).envs(key).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&listen) && said.contains("hint:"), "a taken port is a start error: {said}");
    assert!(second.stop().success());
}
