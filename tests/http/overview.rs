//! The page among the other routes, and what it reads: counts, what words mean,
//! how the server stands.

use mcp_server::policy::keys::{hash, show_sha256};
use serde_json::{Value, json};

use crate::{
    common::{Era, HttpServer, KEY, Place, UNLIMITED},
    keys::{call, secret, section},
    wire::{Ask, configured, tally},
};

#[test]
fn opening_the_page_is_one_event_and_no_offence() {
    let place = Place::new();
    let mut server = HttpServer::start(&place, &[], &[UNLIMITED]);
    let page = Ask::get(&server, "/").send(&server).is(200).text();
    let parts = page.split('"').filter(|word| word.starts_with("/page/"));
    for path in parts {
        Ask::get(&server, path).send(&server).is(200);
    }
    assert!(server.stop().success());
    let requests = place.events_named("request_served");
    assert_eq!(requests.iter().map(|event| &event["method"]).collect::<Vec<_>>(), ["GET /"]);
    assert_eq!(tally(&place).values().sum::<usize>(), 1, "{:?}", tally(&place));
}

#[test]
fn the_page_is_for_its_own_host_and_no_other_site() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    for path in ["/", "/page/page.js"] {
        Ask::get(&server, path).set("Host", "evil.example").send(&server).is(403);
        Ask::get(&server, path).set("Origin", "https://evil.example").send(&server).is(403);
    }
}

#[test]
fn a_route_of_the_owner_s_own_keeps_the_page_s_place() {
    let place = Place::new();
    let env = [("API_KEY", KEY), ("MCP_SERVER_HTTP_PATH", "/")];
    let server = HttpServer::start_on(&place, "127.0.0.1:0", &[], &env);
    Ask::get(&server, "/").with_key().send(&server).is(405);
    Ask::get(&server, "/page/page.js").send(&server).is(404);
    let both = [("MCP_SERVER_HTTP_PATH", "/"), ("MCP_SERVER_HTTP_PAGE", "true"), ("API_KEY", KEY)];
    let checked = place.command(&["serve", "--http=127.0.0.1:0", "--check"]).envs(both).output().unwrap();
    let said = String::from_utf8(checked.stderr).unwrap();
    assert!(!checked.status.success() && said.contains("takes its place"), "{said}");
}

#[test]
fn counts_are_those_of_the_log_and_take_its_filters() {
    let place = Place::new();
    let config =
        ["[limits]\nenabled = false\n".to_owned(), section("a", "events = true"), section("b", "")].concat();
    let server = configured(&place, &config, &[]);
    for _ in 0..3 {
        call(&server, "a", "hello_world", json!({})).is(200);
    }
    call(&server, "b", "hello_world", json!({})).is(200);
    call(&server, "b", "hello, \\world", json!({}));
    let get = |query: &str| {
        let ask = Ask::get(&server, &format!("/security/stats?{query}"));
        ask.set("Authorization", format!("Bearer {}", secret("a"))).send(&server)
    };
    let rows = |said: &Value, by: &str| -> Vec<(String, u64)> {
        let rows = said["by"][by]["rows"].as_array().unwrap().iter();
        rows.map(|row| (row["word"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap())).collect()
    };
    let said = get("by=tool,who&series=minute").json();
    assert_eq!(said["v"], 1);
    assert_eq!(rows(&said, "tool"), [("hello_world".to_owned(), 4), ("hello, \\world".to_owned(), 1)]);
    assert!(rows(&said, "who").contains(&("key:a".to_owned(), 3)), "{said}");
    assert_eq!(said["series"]["stepSeconds"], 60);
    let buckets = said["series"]["buckets"].as_array().unwrap();
    let sum = |word: &str| buckets.iter().map(|bucket| bucket[word].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("ok"), sum("denied")), (4, 1), "{said}");
    let one = get("by=who&event=tool_called&who=key:b").json();
    assert_eq!((rows(&one, "who"), &one["events"]), (vec![("key:b".to_owned(), 1)], &json!(1)));
    // a comma that belongs to the word has a backslash before it, and so has a backslash
    let comma = get("by=tool&tool=hello%5C%2C%20%5C%5Cworld").json();
    assert_eq!(rows(&comma, "tool"), [("hello, \\world".to_owned(), 1)]);
    for query in
        ["", "by=", "by=x", "by=hour", "series=day", "by=tool&limit=1", "by=tool&event=x", "by=tool&grep=("]
    {
        let reply = get(query);
        assert_eq!((reply.status, &reply.json()["error"]), (400, &json!("bad_query")), "{query}");
    }
    let read = place.await_events("events_read", 3);
    assert!(read.iter().all(|event| event["identifier"] == "key:a"), "{read:?}");
}

#[test]
fn the_posture_tells_names_and_choices_and_no_secret_and_no_place() {
    let place = Place::new();
    place.dir("notes");
    place.dir("drafts");
    let root = |name: &str, more: &str| {
        format!("[roots.{name}]\npath = \"{}/{name}\"\n{more}\n", place.path().display())
    };
    let config = [
        root("notes", ""),
        root("drafts", "write = true"),
        root("gone", ""),
        "[limits]\nkey = \"77/min\"\n[events]\nmax_bytes = \"64MiB\"\n".to_owned(),
        section("owner", "events = true"),
    ]
    .concat();
    let server = configured(&place, &config, &[]);
    let ask = Ask::get(&server, "/security/posture");
    let reply = ask.set("Authorization", format!("Bearer {}", secret("owner"))).send(&server);
    let said = reply.is(200).json();
    assert_eq!(
        said["roots"],
        json!([
            { "name": "notes", "writable": false, "missing": false },
            { "name": "drafts", "writable": true, "missing": false },
            { "name": "gone", "writable": false, "missing": true },
        ])
    );
    assert_eq!(
        (&said["v"], &said["limits"]["key"], &said["limits"]["tool"]),
        (&json!(1), &json!("77/min"), &json!("600/min"))
    );
    assert_eq!(said["events"]["maxBytes"], 64 << 20);
    assert!(said["events"]["bytes"].as_u64().unwrap() > 0 && said["events"]["chain"].is_string(), "{said}");
    assert!(said["door"]["keys"].as_array().unwrap().contains(&json!("owner")), "{said}");
    let tools = said["tools"].as_array().unwrap();
    assert!(
        tools.iter().any(|tool| tool["name"] == "read_text_file" && tool["effect"] == "reads disk"),
        "{said}"
    );
    let text = reply.text();
    let hash = show_sha256(&hash(&secret("owner")));
    for hidden in [place.path().to_str().unwrap(), KEY, &secret("owner"), hash.trim_start_matches("sha256:")]
    {
        assert!(!text.contains(hidden), "{hidden} is told");
    }
}

#[test]
fn every_word_that_the_log_may_hold_is_explained() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[UNLIMITED]);
    server.call(Era::Handshake, "hello_world", json!({})).text();
    server.call(Era::Handshake, "nothing", json!({}));
    Ask::get(&server, "/nothing").send(&server).is(404);
    let said = server.get("/security/codes").is(200).json();
    let words = said["codes"].as_array().unwrap();
    let text = |word: &Value, field: &str| word[field].as_str().unwrap_or_default().to_owned();
    assert!(
        words.len() > 60
            && words.iter().all(|word| !text(word, "meaning").is_empty() && !text(word, "remedy").is_empty())
    );
    for event in place.events() {
        for field in ["event", "code"] {
            let Some(seen) = event[field].as_str() else { continue };
            assert!(words.iter().any(|word| word["word"] == seen), "{seen} is not explained");
        }
    }
}
