//! Many at once (rows W1, W8, W9 and W11 of the hostile table, in small counts;
//! more of each with `FULL=1`).

use std::{
    io::{BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    common::{Era, HttpServer, KEY, Place, Reply, UNLIMITED},
    log::counted,
    wire::{Ask, HELLO, LIST, address, connect_from, eventually, full, next_reply, read_to_end, replies},
};

#[test]
fn one_address_has_sixty_four_connections_and_others_are_served() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let (greedy, other) = (address(0), address(1));
    let held: Vec<_> = (0..64).map(|_| connect_from(&server, greedy)).collect();
    eventually("they are open", || server.get("/health").json()["connections"] == 65);
    for _ in 0..3 {
        let reply = Ask::post(&server, HELLO).send_from(&server, greedy);
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")), "{reply:?}");
        assert_eq!(reply.json()["error"], "too_many_connections");
    }
    Ask::post(&server, HELLO).send_from(&server, other).is(200);
    drop(held);
    eventually("they are gone", || server.get("/health").json()["connections"] == 1);
    Ask::post(&server, HELLO).send_from(&server, greedy).is(200);
    let refused = place.await_events("rate_limit_exceeded", 3);
    assert_eq!(refused.len(), 3);
    assert_eq!(refused[0]["code"], "too_many_connections");
    assert_eq!(refused[0]["identifier"], greedy.to_string());
}

#[test]
fn a_thousand_and_twenty_four_connections_are_all_there_are() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let mut good = server.connect();
    let ask = Ask::post(&server, LIST).keep_alive().bytes();
    good.write_all(&ask).unwrap();
    next_reply(&mut good).is(200);
    let mut held: Vec<_> = (0..1_023).map(|n| connect_from(&server, address(n / 64))).collect();
    for n in 0..80 {
        let reply = Ask::get(&server, "/health").send_from(&server, address(100 + n));
        assert!(matches!(reply.status, 503 | 0), "{reply:?}");
    }
    let begun = Instant::now();
    good.write_all(&ask).unwrap();
    next_reply(&mut good).is(200);
    assert!(begun.elapsed() < Duration::from_secs(1), "who was there is served: {:?}", begun.elapsed());
    held.truncate(1_000);
    eventually("room comes back", || {
        Ask::get(&server, "/health").send_from(&server, address(200)).status == 200
    });
    if full() {
        // Those that never said a word are closed by themselves.
        let begun = Instant::now();
        for stream in &mut held {
            read_to_end(stream);
        }
        assert!(begun.elapsed() < Duration::from_secs(18), "{:?}", begun.elapsed());
    }
    drop(held);
    let health = server.get("/health").json();
    assert!(health["memoryBytes"].as_u64().unwrap() < 64 << 20, "{health}");
}

#[test]
fn a_trusted_proxy_speaks_for_many() {
    let place = Place::new();
    let env = [UNLIMITED, ("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1")];
    let server = HttpServer::start(&place, &[], &env);
    let held: Vec<_> = (0..200).map(|_| server.connect()).collect();
    Ask::post(&server, HELLO).send(&server).is(200);
    assert_eq!(held.len(), 200);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let mut stream = server.connect();
    let mut writer = stream.try_clone().unwrap();
    let requests: Vec<u8> = (1..=500)
        .flat_map(|id| {
            let ask = Ask::post(&server, LIST.replace("\"id\":1", &format!("\"id\":{id}")));
            if id == 500 { ask.bytes() } else { ask.keep_alive().bytes() }
        })
        .collect();
    let all = thread::scope(|scope| {
        scope.spawn(move || writer.write_all(&requests).unwrap());
        replies(&read_to_end(&mut stream))
    });
    let ids: Vec<_> = all.iter().map(|reply| reply.json()["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=500).collect::<Vec<_>>());
}

#[test]
fn a_connection_ends_with_its_thousandth_request_and_nothing_is_lost() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let total: u32 = if full() { 10_000 } else { 1_100 };
    let (mut answered, mut connections) = (0, 0);
    while answered < total {
        let mut stream = BufReader::new(server.connect());
        connections += 1;
        for of_connection in 1..=1_000 {
            let id = answered + 1;
            let body = HELLO.replace("\"id\":1", &format!("\"id\":{id}"));
            stream.get_mut().write_all(&Ask::post(&server, body).keep_alive().bytes()).unwrap();
            let reply = next_reply(&mut stream);
            reply.is(200).answer().has_id(id).says("Hello, World!");
            answered += 1;
            let last = of_connection == 1_000;
            assert_eq!(reply.header("connection"), last.then_some("close"), "request {of_connection}");
            if last {
                assert!(read_to_end(stream.get_mut()).is_empty());
            }
            if answered == total {
                break;
            }
        }
    }
    assert_eq!(connections, total.div_ceil(1_000));
    assert!(server.stop().success());
    assert_eq!(place.events_named("tool_called").len(), total as usize);
}

/// Requests behind the thousandth are not carried out, so that a client can send them again.
#[test]
fn what_is_pipelined_behind_the_last_request_is_not_carried_out() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let mut stream = server.connect();
    let mut writer = stream.try_clone().unwrap();
    let requests = Ask::post(&server, HELLO).keep_alive().bytes().repeat(1_200);
    let all = thread::scope(|scope| {
        scope.spawn(move || {
            let _closed_before_all = writer.write_all(&requests);
        });
        read_to_end(&mut stream)
    });
    let all = replies(&all);
    assert!(all.iter().all(|reply| reply.status == 200));
    assert!(all.len() <= 1_000, "{}", all.len());
    assert!(server.stop().success());
    assert_eq!(place.events_named("tool_called").len(), 1_000);
}

/// W9: connections that come and go leave nothing behind.
#[test]
fn clients_that_come_and_go_leave_no_descriptor_and_no_flood_of_events() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let pid = server.process().pid();
    let descriptors = || std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    server.call(Era::Handshake, "hello_world", json!({})).text();
    let before = descriptors();
    let rounds = if full() { 50_000 } else { 2_000 };
    let ask = Ask::post(&server, LIST).bytes();
    for n in 0..rounds {
        // The cap of one address is not what is looked at here.
        let mut stream = connect_from(&server, address(n % 200));
        if n % 2 == 0 {
            let _ = stream.write_all(&ask);
        }
        drop(stream);
    }
    eventually("they are gone", || server.get("/health").json()["connections"] == 1);
    eventually("their descriptors too", || descriptors() <= before + 2);
    server.call(Era::Handshake, "hello_world", json!({})).text();
    assert!(server.stop().success());
    let calls = place.events_named("tool_called").len();
    assert_eq!(calls, 2);
}

/// W11: no descriptor is left for another connection.
#[test]
fn running_out_of_descriptors_stops_neither_those_who_are_there_nor_the_log() {
    let place = Place::new();
    let mut command = place.command_after("ulimit -n 64", &["serve", "--http=127.0.0.1:0"]);
    command.envs([UNLIMITED, ("API_KEY", KEY)]);
    let mut server = HttpServer::launch(command);
    let mut good = server.connect();
    let ask = Ask::post(&server, HELLO).keep_alive().bytes();
    let ask_good = |good: &mut TcpStream| {
        good.write_all(&ask).unwrap();
        next_reply(good).is(200).answer().says("Hello, World!");
    };
    ask_good(&mut good);
    // As many as the server holds, and as many as wait in the kernel's queue.
    let clients: Vec<_> = (0..180).map(|n| connect_from(&server, address(n))).collect();
    place.await_events("fd_exhausted", 1);
    for _ in 0..20 {
        let begun = Instant::now();
        ask_good(&mut good);
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    thread::sleep(Duration::from_secs(1));
    drop(clients);
    let begun = Instant::now();
    Ask::post(&server, HELLO).send_from(&server, Ipv4Addr::LOCALHOST).is(200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert!(server.stop().success());
    assert_eq!(place.events_named("fd_exhausted").len(), 1, "said once");
    assert_eq!(counted(&place, "tool_called"), 22, "each call has its event");
    assert_eq!(place.events().last().unwrap()["event"], "server_stopped");
}

/// A slow reader beside a good one: the cap and the deadlines keep them apart.
#[test]
fn sixty_four_clients_of_one_key_are_all_answered() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let rounds = if full() { 200 } else { 20 };
    thread::scope(|scope| {
        for client in 0..64 {
            let server = &server;
            scope.spawn(move || {
                let mut stream = connect_from(server, address(client));
                for round in 0..rounds {
                    let name = format!("Ada {client} {round}");
                    let body = HELLO.replace("{}", &json!({ "name": name }).to_string());
                    stream.write_all(&Ask::post(server, body).keep_alive().bytes()).unwrap();
                    let reply: Reply = next_reply(&mut stream);
                    reply.is(200).answer().says(&format!("Hello, {name}!"));
                }
            });
        }
    });
    assert_eq!(counted(&place, "tool_called"), 64 * rounds);
}
