//! `/metrics`: who may read it, and that its numbers are those of the log.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    net::Ipv4Addr,
};

use mcp_server::policy::keys::{hash, show_sha256};
use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, KEY, PATIENCE, Place, Reply, UNLIMITED, hang_up},
    wire::{Ask, HELLO, LIST, address, configured, eventually, tally},
};

/// What one scrape says: each series with its value.
struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    #[track_caller]
    fn of(server: &HttpServer) -> Self {
        Self::read(server.get("/metrics").is(200))
    }

    /// Reads the page strictly: every series belongs to the metric that was announced last, and
    /// stands there once.
    #[track_caller]
    fn read(reply: &Reply) -> Self {
        let (mut series, mut announced) = (BTreeMap::new(), String::new());
        for line in reply.text().lines() {
            if let Some(about) = line.strip_prefix("# ") {
                let mut words = about.split(' ');
                if words.next() == Some("HELP") {
                    words.next().unwrap().clone_into(&mut announced);
                    assert!(words.next().is_some(), "no help: {line}");
                }
                continue;
            }
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&announced) && name.starts_with("mcp_server_"), "{line}");
            let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
            assert!(series.insert(name.to_owned(), value).is_none(), "twice: {line}");
        }
        Self(series)
    }

    /// The value of one series, or 0 where there is none.
    #[track_caller]
    fn one(&self, series: &str) -> f64 {
        *self.0.get(&format!("mcp_server_{series}")).unwrap_or_else(|| panic!("no series {series}"))
    }

    /// The sum of all series of a metric that hold these labels.
    fn sum(&self, metric: &str, labels: &[(&str, &str)]) -> f64 {
        let start = format!("mcp_server_{metric}{{");
        let holds =
            |name: &str| labels.iter().all(|(key, value)| name.contains(&format!("{key}=\"{value}\"")));
        self.0
            .iter()
            .filter(|(name, _)| name.starts_with(&start) && holds(name))
            .map(|(_, value)| value)
            .sum()
    }

    fn names(&self) -> BTreeSet<&String> {
        self.0.keys().collect()
    }
}

fn figure(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

#[track_caller]
fn same(counted: f64, expected: usize, what: &str) {
    assert!((counted - figure(expected)).abs() < 0.5, "{what}: {counted} counted, {expected} expected");
}

fn key_section(name: &str, lines: &str) -> String {
    format!("[keys.{name}]\nsha256 = \"{}\"\n{lines}\n", show_sha256(&hash(&secret(name))))
}

fn secret(name: &str) -> String {
    format!("mcps_test-key-of-{name}-0123456789abcdef")
}

#[test]
fn metrics_are_for_keys_that_read_events_and_for_listed_addresses() {
    let place = Place::new();
    let config = format!(
        "[http]\nmetrics_from = [\"127.1.0.0/24\", \"198.51.100.7\"]\ntrusted_proxies = [\"127.2.0.0/24\"]\n{}{}",
        key_section("watcher", "events = true\ntools = []"),
        key_section("caller", ""),
    );
    let mut server = configured(&place, &config, &[]);
    let here = Ipv4Addr::LOCALHOST;
    let (listed, proxy) = (address(0), Ipv4Addr::new(127, 2, 0, 1));
    let ask = || Ask::get(&server, "/metrics");
    let bearer = |name: &str| format!("Bearer {}", secret(name));
    let rows: Vec<(&str, Ask, Ipv4Addr, u16)> = vec![
        ("a key for events", ask().set("Authorization", bearer("watcher")), here, 200),
        ("the key of the environment", ask().with_key(), here, 200),
        ("a key for calls only", ask().set("Authorization", bearer("caller")), here, 403),
        ("no key", ask(), here, 401),
        ("a wrong key", ask().set("Authorization", "Bearer x"), here, 401),
        ("a listed address", ask(), listed, 200),
        ("a listed address that asks by address", ask().set("Host", "10.0.0.7:8080"), listed, 200),
        ("the same by IPv6", ask().set("Host", "[2001:db8::7]:8080"), listed, 200),
        ("a listed address under a strange name", ask().set("Host", "rebound.example"), listed, 403),
        (
            "a listed address with a key for calls only",
            ask().set("Authorization", bearer("caller")),
            listed,
            200,
        ),
        ("a listed address with a wrong key", ask().set("Authorization", "Bearer x"), listed, 200),
        ("a page at a listed address", ask().set("Origin", "https://evil.example"), listed, 403),
        ("a key under a strange name", ask().with_key().set("Host", "rebound.example"), here, 403),
        ("a key by a strange address", ask().with_key().set("Host", "10.0.0.7:8080"), here, 403),
        ("only claims to be listed", ask().set("X-Forwarded-For", "127.1.0.1"), here, 401),
        ("a proxy says it is", ask().set("X-Forwarded-For", "198.51.100.7"), proxy, 200),
        ("a proxy says it is not", ask().set("X-Forwarded-For", "198.51.100.8"), proxy, 403),
        (
            "the same with https",
            ask().set("X-Forwarded-For", "198.51.100.8").set("X-Forwarded-Proto", "https"),
            proxy,
            401,
        ),
        ("posts", Ask::post(&server, HELLO).target("/metrics"), here, 405),
        ("heads", ask().with_key().method("HEAD"), here, 200),
        ("calls without a key", Ask::post(&server, HELLO).without("Authorization"), listed, 401),
        ("reads the log without a key", Ask::get(&server, "/security/events"), listed, 401),
    ];
    for (what, ask, from, status) in &rows {
        let reply = ask.send_from(&server, *from);
        assert_eq!(reply.status, *status, "{what}: {}", reply.text());
        assert_eq!(
            reply.text().contains("mcp_server_calls_total"),
            *status == 200 && *what != "heads",
            "{what}"
        );
    }
    assert!(server.stop().success());
    // What was refused is on record, the wrong key of the listed address too; what was served is not.
    let refused = rows.iter().filter(|(.., status)| *status != 200).count();
    assert_eq!(tally(&place).values().sum::<usize>(), refused + 1, "{:#?}", tally(&place));
    assert_eq!(place.events_named("request_served").len(), 0);
}

#[test]
fn without_authentication_the_counts_are_open_to_this_machine_and_to_no_page() {
    let place = Place::new();
    let mut server = HttpServer::start_without_key(&place, &["--no-auth"], &[]);
    Ask::get(&server, "/metrics").send(&server).is(200);
    Ask::get(&server, "/metrics").set("Host", "rebound.example").send(&server).is(403);
    Ask::get(&server, "/metrics").set("Origin", "https://evil.example").send(&server).is(403);
    assert!(server.stop().success());
    assert_eq!(place.events_named("request_served").len(), 0);
}

#[test]
fn a_range_that_is_everybody_is_refused_at_the_start() {
    let place = Place::new();
    place.write("config/mcp-server/config.toml", "[http]\nmetrics_from = [\"10.0.0.0/8\", \"::/0\"]\n");
    let said = place.run(&["serve", "--http=127.0.0.1:0"]);
    assert_eq!(said.status.code(), Some(2));
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("anyone could read the metrics without a key"), "{said}");
}

#[test]
fn the_form_is_the_one_that_is_asked_for() {
    let place = Place::new();
    let server = place.http(&[]);
    let open_metrics =
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1";
    for (accept, media_type, end) in [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("text/html", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        ("application/openmetrics-text;q=0", "text/plain; version=0.0.4; charset=utf-8", "\n"),
        (open_metrics, "application/openmetrics-text; version=1.0.0; charset=utf-8", "\n# EOF\n"),
    ] {
        let reply = Ask::get(&server, "/metrics").with_key().set("Accept", accept).send(&server);
        reply.is(200);
        assert_eq!(reply.header("content-type"), Some(media_type), "{accept}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.text().ends_with(end), "{accept}");
        assert!(Scrape::read(&reply).0.len() > 300, "{accept}");
    }
}

/// Calls of every outcome, refusals of several kinds, and what is no call.
fn mixed_load(place: &Place, server: &HttpServer) -> usize {
    let era = Era::Handshake;
    for (tool, arguments) in [
        ("hello_world", json!({})),
        ("hello_world", json!({ "name": "Ada" })),
        ("hello_world", json!({ "name": "$(rm -rf /)" })),
        ("read_text_file", json!({ "path": "a.txt" })),
        ("read_text_file", json!({ "path": "../../etc/passwd" })),
        ("read_text_file", json!({ "path": "nothing.txt" })),
        ("no_such_tool", json!({})),
        ("other", json!({})),
        ("panic", json!({ "with": "message" })),
        ("slow_write", json!({ "millis": 1 })),
    ] {
        server.call(era, tool, arguments);
    }
    for (method, params) in [
        ("resources/read", json!({ "uri": "root://notes/a.txt" })),
        ("resources/read", json!({ "uri": "root://nowhere/a.txt" })),
        ("prompts/get", json!({ "name": "none" })),
    ] {
        server.ask(era, method, params);
    }
    let hung: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&Ask::post(server, HELLO.replace("hello_world", "hang")).bytes()).unwrap();
            stream
        })
        .collect();
    eventually("three hang", || server.get("/health").json()["callsInFlight"] == 3);
    let scrape = Scrape::of(server);
    same(scrape.one("calls_running"), 3, "running");
    same(scrape.one("calls_in_flight"), 3, "without an end");
    same(scrape.one("requests_in_flight"), 3, "requests");
    hung.iter().for_each(hang_up);
    place.await_events("tool_abandoned", 3);
    Ask::post(server, LIST).send(server).is(200);
    Ask::post(server, "{").send(server).is(400);
    Ask::post(server, HELLO).set("Authorization", "Bearer x").send(server).is(401);
    Ask::get(server, "/nothing").send(server).is(404);
    16
}

#[test]
fn every_call_is_counted_once_as_it_ended_and_every_event_as_it_stands_in_the_log() {
    let place = Place::with_fixture_tools();
    let notes = place.write("notes/a.txt", "a note");
    let root = format!("notes={}:rw", notes.parent().unwrap().display());
    let mut server = HttpServer::start(&place, &["--root", &root], &[UNLIMITED]);
    let calls = mixed_load(&place, &server);
    // Refusals are answered before their events are written.
    for word in ["message_refused", "authentication_failed", "http_error"] {
        place.await_events(word, 1);
    }
    let events = place.events().len();
    eventually("all are counted", || Scrape::of(&server).sum("events_total", &[]) > figure(events) - 0.5);
    let scrape = Scrape::of(&server);
    assert!(server.stop().success());
    let log = place.log();
    let endings = log.endings();
    assert_eq!(endings.len(), calls);
    same(scrape.sum("calls_total", &[]), calls, "calls by outcome");
    same(scrape.sum("call_duration_seconds_count", &[]), calls, "calls by time");
    same(scrape.one("event_wait_seconds_count"), calls - 3, "calls that waited for their event");

    let mut by_labels = BTreeMap::<_, usize>::new();
    let mut by_code = BTreeMap::<_, usize>::new();
    for ending in &endings {
        let outcome = ending["outcome"].as_str().unwrap();
        let tool = ending["tool"].as_str();
        let named = tool.map(|name| if name.contains("no_such") || name == "other" { "other" } else { name });
        let of =
            named.map_or(("method", ending["method"].as_str().unwrap_or_default()), |name| ("tool", name));
        *by_labels.entry((of, outcome)).or_default() += 1;
        if let Some(code) = ending["code"].as_str() {
            *by_code.entry(code).or_default() += 1;
        }
    }
    assert!(by_labels.len() >= 10, "{by_labels:?}");
    for ((of, outcome), count) in &by_labels {
        same(scrape.sum("calls_total", &[*of, ("outcome", outcome)]), *count, &format!("{of:?} {outcome}"));
    }
    for (code, count) in &by_code {
        let labels = [("code", *code), ("caller", "key")];
        same(scrape.sum("call_refusals_total", &labels), *count, code);
    }
    same(scrape.sum("call_refusals_total", &[]), by_code.values().sum(), "all codes");

    // The scrape was before the stop; its own event is the only one it cannot know of.
    let mut events = BTreeMap::<_, usize>::new();
    for event in log.events().filter(|event| event["event"] != "server_stopped") {
        let word = |field: &str| event[field].as_str().unwrap().to_owned();
        *events.entry((word("event"), word("severity"))).or_default() += 1;
    }
    same(scrape.sum("events_total", &[]), events.values().sum(), "all events");
    for ((event, severity), count) in &events {
        let labels = [("event", event.as_str()), ("severity", severity.as_str())];
        same(scrape.sum("events_total", &labels), *count, event);
    }
    for (code, count) in [("not_json", 1), ("unknown_key", 1), ("no_route", 1), ("no_key", 0)] {
        same(scrape.sum("refusals_total", &[("code", code)]), count, code);
    }
    same(scrape.sum("refusals_total", &[]), 3, "refusals at the door");
}

/// The figures that a board or an alarm asks for, in a server that did a little of everything.
#[test]
fn what_is_measured_is_there_and_plausible() {
    let place = Place::new();
    let mut server = place.http(&[]);
    server.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    let held = server.connect();
    eventually("two are open", || Scrape::of(&server).one("connections") >= 2.0);
    let scrape = Scrape::of(&server);
    for (series, least, most) in [
        ("connections", 1.0, 64.0),
        ("connections_max", 1_024.0, 1_024.0),
        ("keys", 1.0, 1.0),
        ("calls_running", 0.0, 0.0),
        ("calls_running_max", 64.0, 64.0),
        ("calls_queued", 0.0, 0.0),
        ("calls_queued_max", 256.0, 256.0),
        ("requests_in_flight", 0.0, 0.0),
        ("subscriptions", 0.0, 0.0),
        ("limiter_rows{table=\"key\"}", 1.0, 1.0),
        ("limiter_rows{table=\"tool\"}", 1.0, 1.0),
        ("limiter_rows{table=\"penalty\"}", 0.0, 0.0),
        ("limiter_rows_max{table=\"key\"}", 65_536.0, 65_536.0),
        ("events_failing", 0.0, 0.0),
        ("events_failed_total", 0.0, 0.0),
        ("events_dropped_total", 0.0, 0.0),
        ("events_unsaid", 0.0, 0.0),
        ("events_pruned_early_total", 0.0, 0.0),
        ("events_queued", 0.0, 1.0),
        ("events_lag_seconds", 0.0, PATIENCE.as_secs_f64()),
        ("events_directory_max_bytes", 268_435_456.0, 268_435_456.0),
        ("uptime_seconds", 0.001, 3_600.0),
        ("resident_memory_bytes", 1e6, 1e9),
        ("threads", 2.0, 100.0),
        ("open_fds", 5.0, 200.0),
        ("max_fds", 64.0, 1e12),
        (concat!("build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), 1.0, 1.0),
    ] {
        let value = scrape.one(series);
        assert!((least..=most).contains(&value), "{series}: {value}");
    }
    let bytes: u64 =
        fs::read_dir(place.events_dir()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    same(scrape.one("events_directory_bytes"), usize::try_from(bytes).unwrap(), "bytes of the log");
    let open = fs::read_dir(format!("/proc/{}/fd", server.process().pid())).unwrap().count();
    let counted = scrape.one("open_fds");
    assert!((counted - figure(open)).abs() <= 4.0, "{counted} counted, {open} open");
    drop(held);
}

#[test]
fn the_table_of_metrics_names_all_there_are_with_their_help() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/README.md")).unwrap();
    let rows: BTreeMap<_, _> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `mcp_server_")?.split_once("` |"))
        .map(|(name, rest)| (name, rest.trim_end_matches('|').rsplit('|').next().unwrap().trim()))
        .collect();
    let place = Place::new();
    let server = place.http(&[]);
    let told = server.get("/metrics").text();
    let told: BTreeMap<_, _> =
        told.lines().filter_map(|line| line.strip_prefix("# HELP mcp_server_")?.split_once(' ')).collect();
    assert_eq!(rows.keys().collect::<Vec<_>>(), told.keys().collect::<Vec<_>>());
    for (name, help) in told {
        assert!(rows[name].eq_ignore_ascii_case(help), "{name}: {help}");
    }
}

#[test]
fn refusals_that_were_folded_are_counted_too() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let wrong = Ask::post(&server, HELLO).set("Authorization", "Bearer wrong");
    let no_route = Ask::get(&server, "/nothing").keep_alive();
    let mut stream = server.connect();
    stream.write_all(&no_route.bytes().repeat(499)).unwrap();
    stream.write_all(&wrong.bytes()).unwrap();
    let said = crate::wire::replies(&crate::wire::read_to_end(&mut stream));
    assert_eq!(said.len(), 500);
    let scrape = Scrape::of(&server);
    same(scrape.sum("refusals_total", &[("code", "no_route")]), 499, "no route");
    same(scrape.sum("refusals_total", &[("code", "unknown_key")]), 1, "a wrong key");
    same(scrape.sum("refusals_total", &[]), 500, "all");
    let written = scrape.sum("events_total", &[("event", "http_error")]);
    assert!(written < 400.0, "{written} of 499 were written one by one");
}

#[test]
fn a_log_that_cannot_be_written_is_seen() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    server.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    let (dir, away) = (place.events_dir(), place.path().join("away"));
    fs::rename(&dir, &away).unwrap();
    let refused = server.call(Era::Handshake, "hello_world", json!({}));
    assert!(!refused.is_well(), "{refused:?}");
    let scrape = Scrape::of(&server);
    same(scrape.one("events_failing"), 1, "failing");
    same(scrape.one("events_failed_total"), 1, "failed");
    assert!(scrape.one("events_unsaid") >= 1.0);
    same(scrape.sum("calls_total", &[("tool", "hello_world"), ("outcome", "ok")]), 1, "well");
    same(scrape.sum("calls_total", &[("tool", "hello_world"), ("outcome", "failed")]), 1, "failed");
    same(scrape.sum("call_refusals_total", &[("code", "not_recorded")]), 1, "not recorded");
    fs::rename(&away, &dir).unwrap();
    eventually("it is written again", || Scrape::of(&server).one("events_failing") < 0.5);
    server.call(Era::Handshake, "hello_world", json!({})).says("Hello, World!");
    eventually("what is missing was said", || {
        Scrape::of(&server).sum("events_total", &[("event", "events_missing")]) > 0.5
    });
    let scrape = Scrape::of(&server);
    assert!(server.stop().success());
    let written = place.log().events().count();
    same(scrape.sum("events_total", &[]), written - 1, "all events but the last");
}

/// Tool names, codes, clients, origins, paths and prompts by the thousand: numbers rise, and the
/// series stay those that there were.
#[test]
fn no_client_can_add_a_series_or_write_a_label() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let before = Scrape::of(&server);
    let hostile = "tool\"} 1\n# HELP mcp_server_x\nmcp_server_x{a=\"\\";
    // A name that no header can hold comes in the era that sends none.
    let requests = |era: Era| {
        let one = |n: u32| {
            let name = if era == Era::Handshake { format!("{hostile}{n}") } else { format!("tool_{n}") };
            let mut request = match n % 4 {
                0 => era.request(n, "resources/read", json!({ "uri": format!("root://{name}") })),
                1 => era.request(n, "prompts/get", json!({ "name": name })),
                2 => era.call(n, "hello_world", json!({ name: n })),
                _ => era.call(n, &name, json!({})),
            };
            let client = json!({ "name": format!("client {hostile}{n}"), "version": format!("{n}\"}}\n") });
            if era == Era::PerRequest {
                request["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] = client;
            }
            request
        };
        (0..5_000).map(one).collect::<Vec<Value>>()
    };
    for era in Era::ALL {
        assert!(server.ask_all(era, &requests(era)).iter().all(|answer| !answer.is_well()));
    }
    for n in 0..200 {
        Ask::post(&server, HELLO).set("Origin", format!("https://{n}.example")).send(&server).is(403);
        Ask::get(&server, &format!("/{n}%22%7d")).send(&server).is(404);
        Ask::post(&server, LIST.replace("tools/list", &format!("x/{n}"))).send(&server);
        Ask::post(&server, HELLO).set("User-Agent", format!("x\"}} {n}")).method("BREW").send(&server);
    }
    let after = Scrape::of(&server);
    assert_eq!(before.names(), after.names());
    same(after.sum("calls_total", &[]), 10_000, "calls");
    same(after.sum("calls_total", &[("tool", "other")]), 2_500, "calls of tools that are not there");
    same(after.sum("refusals_total", &[]), 800, "refusals");
    assert!(server.get("/metrics").text().len() < 128 << 10);
    assert!(!server.get("/metrics").text().contains(KEY));
}
