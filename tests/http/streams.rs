//! What a call says before its result, and a client that does not wait for it.

use std::{
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, Place, UNLIMITED, hang_up},
    log::counted,
    wire::{Ask, HELLO, eventually, full, read_until},
};

/// `tools/call progress`, with a token.
fn progress(era: Era, steps: u32, millis: u32) -> Value {
    era.request(
        1,
        "tools/call",
        json!({
            "name": "progress",
            "arguments": { "steps": steps, "millis": millis },
            "_meta": { "progressToken": "t-1" },
        }),
    )
}

fn hang(era: Era) -> Value {
    era.call(1, "hang", json!({}))
}

#[track_caller]
fn send(server: &HttpServer, era: Era, message: &Value) -> TcpStream {
    let mut stream = server.connect();
    stream.write_all(&Ask::message(server, era, message).bytes()).unwrap();
    stream
}

#[test]
fn progress_is_a_stream_for_who_reads_streams_and_json_for_who_does_not() {
    let place = Place::with_fixture_tools();
    let server = place.http(&[]);
    for era in Era::ALL {
        let message = progress(era, 3, 20);
        let reply = Ask::message(&server, era, &message).send(&server);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
        assert_eq!(reply.header("x-accel-buffering"), Some("no"));
        assert_eq!(reply.header("content-length"), None);
        let messages = reply.messages();
        let (steps, others): (Vec<_>, Vec<_>) =
            messages.iter().partition(|message| message["method"] == "notifications/progress");
        assert_eq!(steps.len(), 3, "{messages:?}");
        // The older era has words for the log unless it asked for none; nothing ever asks the client.
        let words = others.iter().filter(|message| message["method"] == "notifications/message").count();
        assert_eq!((words, others.len() - words), (if era == Era::Handshake { 3 } else { 0 }, 1));
        for (step, message) in (1..).zip(steps) {
            assert!(message.get("id").is_none(), "{message}");
            assert_eq!(message["params"]["progressToken"], "t-1");
            assert_eq!(message["params"]["progress"].as_f64(), Some(f64::from(step)));
        }
        reply.answer().has_id(1).says("done");
        for accept in ["application/json", "*/*"] {
            let json = Ask::message(&server, era, &message).set("Accept", accept).send(&server);
            assert_eq!(json.header("content-type"), Some("application/json"), "{accept}");
            json.answer().says("done");
        }
    }
    let silent = Era::PerRequest.call(1, "progress", json!({ "steps": 3, "millis": 1 }));
    let reply = Ask::message(&server, Era::PerRequest, &silent).send(&server);
    assert_eq!(
        reply.header("content-type"),
        Some("application/json"),
        "who asked for nothing is told nothing"
    );
}

#[test]
fn progress_arrives_while_the_call_runs() {
    let place = Place::with_fixture_tools();
    let server = place.http(&[]);
    let mut stream = send(&server, Era::PerRequest, &progress(Era::PerRequest, 2, 1_500));
    let begun = Instant::now();
    read_until(&mut stream, "notifications/progress");
    assert!(begun.elapsed() < Duration::from_millis(1_400), "{:?}", begun.elapsed());
    read_until(&mut stream, "\"result\"");
}

#[test]
fn a_client_that_goes_away_cancels_its_call_and_gives_its_seat_back() {
    let place = Place::with_fixture_tools();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let era = Era::PerRequest;
    let mut ended = 0;
    for (message, seen) in [(hang(era), None), (progress(era, 1, 60_000), Some("notifications/progress"))] {
        // As many as one caller may run at once, so that a seat that is lost is missed.
        for round in 0..2 {
            let mut streams: Vec<_> = (0..16).map(|_| send(&server, era, &message)).collect();
            if let Some(seen) = seen {
                for stream in &mut streams {
                    read_until(stream, seen);
                }
            }
            eventually("all run", || server.get("/health").json()["callsInFlight"] == 16);
            let gone = Instant::now();
            streams.iter().for_each(hang_up);
            ended += 16;
            eventually("all are over", || server.get("/health").json()["callsInFlight"] == 0);
            assert!(gone.elapsed() < Duration::from_secs(1), "{:?} in round {round}", gone.elapsed());
            eventually("each has its event", || counted(&place, "tool_abandoned") == ended);
        }
    }
    for event in place.events_named("tool_abandoned") {
        assert_eq!((&event["outcome"], &event["severity"]), (&json!("abandoned"), &json!("low")));
        assert_eq!(event["identifier"], "key:env");
    }
    server.call(era, "hello_world", json!({})).says("Hello, World!");
    assert!(server.stop().success());
}

#[test]
fn a_cancelled_notification_over_http_changes_nothing() {
    let place = Place::with_fixture_tools();
    let server = place.http(&[]);
    let mut stream = send(&server, Era::PerRequest, &progress(Era::PerRequest, 2, 300));
    read_until(&mut stream, "notifications/progress");
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    Ask::post(&server, cancel).send(&server).is(202);
    read_until(&mut stream, "done");
}

/// W16: whoever breaks off, and where, leaves nothing behind.
#[test]
fn a_client_may_break_off_at_every_byte_of_a_request_and_of_an_answer() {
    let place = Place::with_fixture_tools();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let era = Era::PerRequest;
    let message = progress(era, 3, 1);
    let request = Ask::message(&server, era, &message).bytes();
    let whole = server.raw(&request).len();
    let step = if full() { 1 } else { 7 };
    let (mut begun, mut broken) = (1, 0);
    for cut in (0..=request.len()).step_by(step) {
        let mut stream = server.connect();
        stream.write_all(&request[..cut]).unwrap();
        begun += usize::from(cut == request.len());
        broken += 1;
        if cut % 2 == 0 {
            hang_up(&stream);
        }
        drop(stream);
        pace(&server, broken);
    }
    for cut in (0..whole).step_by(step) {
        let mut stream = server.connect();
        stream.write_all(&request).unwrap();
        let mut piece = vec![0; cut];
        std::io::Read::read_exact(&mut stream, &mut piece).unwrap();
        begun += 1;
        drop(stream);
        broken += 1;
        pace(&server, broken);
    }
    eventually("nothing is left", || {
        let health = server.get("/health").json();
        (&health["connections"], &health["callsInFlight"]) == (&json!(1), &json!(0))
    });
    let ended = || counted(&place, "tool_called") + counted(&place, "tool_abandoned");
    // A call whose last byte was cut off with its client may never have begun.
    eventually("each call that began has ended", || ended() + 2 >= begun);
    server.call(era, "hello_world", json!({})).says("Hello, World!");
    assert!(server.stop().success());
    let health: Value = json!(place.events_named("tool_execution_failed"));
    assert_eq!(health, json!([]));
}

/// Not faster than the server closes, or the cap on connections answers instead.
fn pace(server: &HttpServer, count: usize) {
    if count.is_multiple_of(24) {
        eventually("the broken ones are closed", || {
            server.get("/health").json()["connections"].as_u64().unwrap() < 8
        });
    }
}

#[test]
fn a_subscription_is_acknowledged_and_costs_no_seat() {
    let place = Place::with_fixture_tools();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let era = Era::PerRequest;
    let message =
        era.request(7, "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    let mut streams: Vec<_> = (0..20).map(|_| send(&server, era, &message)).collect();
    for stream in &mut streams {
        read_until(stream, "notifications/subscriptions/acknowledged");
    }
    assert_eq!(server.get("/health").json()["callsInFlight"], 0);
    server.call(era, "hello_world", json!({})).says("Hello, World!");
    let json_only = Ask::message(&server, era, &message).set("Accept", "application/json").send(&server);
    assert_eq!(json_only.status, 406);
    streams.truncate(5);
    eventually("who went away is gone", || server.get("/health").json()["connections"] == 6);
    let stopping = thread::scope(|scope| {
        let ends: Vec<_> = streams
            .iter_mut()
            .map(|stream| scope.spawn(|| String::from_utf8(crate::wire::read_to_end(stream)).unwrap()))
            .collect();
        let status = server.stop();
        for end in ends {
            let text = end.join().unwrap();
            assert!(text.contains(r#""id":7"#) && text.ends_with("0\r\n\r\n"), "{text:?}");
        }
        status
    });
    assert!(stopping.success());
}

#[test]
fn a_call_that_waits_for_a_seat_is_served_when_one_comes_free() {
    let place = Place::with_fixture_tools();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let era = Era::Handshake;
    let held: Vec<_> = (0..16).map(|_| send(&server, era, &hang(era))).collect();
    eventually("all run", || server.get("/health").json()["callsInFlight"] == 16);
    let begun = Instant::now();
    server.call(era, "hello_world", json!({})).fails_with("too many calls");
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(4_900) && waited < Duration::from_secs(20), "{waited:?}");
    let event = &place.await_events("rate_limit_exceeded", 1)[0];
    assert_eq!(event["code"], "too_many_calls");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| server.call(era, "hello_world", json!({ "name": "Ada" })));
        thread::sleep(Duration::from_millis(300));
        // What is no call needs no seat.
        Ask::post(&server, HELLO.replace("tools/call", "ping")).send(&server).is(200);
        hang_up(&held[0]);
        waiting.join().unwrap().says("Hello, Ada!");
    });
}
