//! What a browser is told, and what every answer carries.

use crate::{
    common::{HttpServer, Place, Reply, UNLIMITED},
    wire::{Ask, HELLO, address, eventually},
};

const PAGE: &str = "https://app.example.com";
const SECURITY: [(&str, &str); 7] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("cross-origin-resource-policy", "same-origin"),
    ("vary", "Origin"),
];

#[track_caller]
fn is_sealed(what: &str, reply: &Reply) {
    for (name, value) in SECURITY {
        assert_eq!(reply.header(name), Some(value), "{what}: {reply:?}");
    }
    assert_eq!(reply.header("access-control-allow-credentials"), None, "{what}");
    assert_ne!(reply.header("access-control-allow-origin"), Some("*"), "{what}");
}

fn pages() -> [(&'static str, &'static str); 2] {
    [UNLIMITED, ("TRUSTED_ORIGINS", PAGE)]
}

#[test]
fn every_answer_carries_the_security_headers() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &pages());
    let post = |body: &str| Ask::post(&server, body);
    let broken = post("").without("Content-Length").add("Transfer-Encoding", "chunked").bytes();
    let asks = [
        ("a call", post(HELLO).bytes()),
        ("a stream", post(HELLO).set("Accept", "text/event-stream").bytes()),
        ("a notification", post(r#"{"jsonrpc":"2.0","method":"notifications/x"}"#).bytes()),
        ("a preflight", post("").method("OPTIONS").set("Origin", PAGE).bytes()),
        ("health", Ask::get(&server, "/health").bytes()),
        ("readiness", Ask::get(&server, "/ready").bytes()),
        ("events", Ask::get(&server, "/security/events").with_key().bytes()),
        ("400 message", post("{").bytes()),
        ("400 framing", [broken, b"zz\r\n".to_vec()].concat()),
        ("400 host", post(HELLO).add("Host", "x").bytes()),
        ("400 header", post(HELLO).add("X Odd", "x").bytes()),
        ("400 request line", b"\x16\x03\x01\r\n\r\n".to_vec()),
        ("401", post(HELLO).without("Authorization").bytes()),
        ("403 origin", post(HELLO).set("Origin", "null").bytes()),
        ("403 host", post(HELLO).set("Host", "x").bytes()),
        ("404", post(HELLO).target("/x").bytes()),
        ("405", post(HELLO).method("GET").bytes()),
        ("406", post(HELLO).set("Accept", "x/y").bytes()),
        ("413", post(HELLO).set("Content-Length", 9_999_999).bytes()),
        ("431 target", post(HELLO).target(&format!("/{}", "x".repeat(70_000))).bytes()),
        ("415", post(HELLO).set("Content-Type", "text/plain").bytes()),
        ("431", post(HELLO).add("X-Long", "x".repeat(70_000)).bytes()),
    ];
    for (what, bytes) in asks {
        let reply = Reply::parse(&server.raw(bytes));
        let status: Option<u16> = what.get(..3).and_then(|digits| digits.parse().ok());
        assert!(status.is_none_or(|status| status == reply.status), "{what}: {reply:?}");
        is_sealed(what, &reply);
        assert_eq!(reply.header("strict-transport-security"), None, "{what}");
    }
    for _ in 0..4 {
        let ask = post(HELLO).set("Authorization", "Bearer x");
        is_sealed("401 and 429", &ask.send_from(&server, address(0)));
    }
}

#[test]
fn https_is_insisted_on_for_a_year_where_a_trusted_proxy_says_so() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &[("MCP_SERVER_HTTP_TRUSTED_PROXIES", "127.0.0.1")]);
    let ask = Ask::post(&server, HELLO).add("X-Forwarded-Proto", "https");
    assert_eq!(ask.send(&server).header("strict-transport-security"), Some("max-age=31536000"));
    let elsewhere = ask.send_from(&server, address(0));
    assert_eq!(elsewhere.is(200).header("strict-transport-security"), None, "not said by the proxy");
}

/// The preflight matrix: who asks, for which route, method and headers.
#[test]
fn a_preflight_of_a_listed_page_is_answered_without_a_key_and_of_another_refused() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &pages());
    let both_eras = "authorization, content-type, accept, mcp-protocol-version, mcp-method, mcp-name, \
                     mcp-session-id, last-event-id, Mcp-Param-Region, x-evil";
    for (route, methods) in [
        ("/mcp", "POST, OPTIONS"),
        ("/health", "GET, HEAD, OPTIONS"),
        ("/ready", "GET, HEAD, OPTIONS"),
        ("/security/events", "GET, HEAD, OPTIONS"),
    ] {
        let ask = |origin: &str| {
            Ask::get(&server, route)
                .method("OPTIONS")
                .add("Origin", origin)
                .add("Access-Control-Request-Method", "POST")
                .add("Access-Control-Request-Headers", both_eras)
        };
        for listed in [PAGE, "https://app.example.com:443", "http://localhost:3000", "http://127.0.0.1:1"] {
            let reply = ask(listed).send(&server);
            assert_eq!((reply.status, reply.text().as_str()), (204, ""), "{route} {listed}");
            assert_eq!(reply.header("access-control-allow-origin"), Some(listed));
            assert_eq!(reply.header("access-control-allow-methods"), Some(methods));
            assert_eq!(reply.header("access-control-max-age"), Some("7200"));
            let allowed = reply.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
            for name in both_eras.to_ascii_lowercase().split(", ") {
                let is_allowed = allowed.split(", ").any(|given| given == name);
                assert_eq!(is_allowed, name != "x-evil", "{name} of {allowed}");
            }
            is_sealed(route, &reply);
        }
        for foreign in [
            "null",
            "",
            "https://evil.example",
            "https://app.example.com.evil.example",
            "http://app.example.com",
        ] {
            let reply = ask(foreign).send(&server);
            assert_eq!(reply.status, 403, "{route} {foreign:?}");
            assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{reply:?}");
            is_sealed(route, &reply);
        }
        let bare = Ask::get(&server, route).method("OPTIONS").send(&server);
        assert_eq!((bare.status, bare.header("allow")), (204, Some(methods)));
        assert!(!bare.headers.iter().any(|(name, _)| name.starts_with("access-control-")), "{bare:?}");
    }
    Ask::get(&server, "/nothing").method("OPTIONS").add("Origin", PAGE).send(&server).is(404);
    eventually("preflights are no failed authentications", || {
        !place.events_named("request_served").is_empty()
    });
    assert!(place.events_named("authentication_failed").is_empty());
}

#[test]
fn a_listed_page_can_read_refusals_too() {
    let place = Place::new();
    let server = HttpServer::start(&place, &[], &pages());
    let post = || Ask::post(&server, HELLO).set("Origin", PAGE);
    for (ask, status) in [
        (post(), 200),
        (post().without("Authorization"), 401),
        (post().target("/x"), 404),
        (post().method("GET"), 405),
        (post().set("Content-Type", "text/plain"), 415),
        (post().set("Content-Length", 9_999_999), 413),
    ] {
        let reply = ask.send(&server);
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, Some(PAGE)));
        assert_eq!(reply.header("access-control-expose-headers"), Some("WWW-Authenticate, Retry-After"));
    }
}

#[test]
fn an_origin_that_could_never_be_sent_is_a_start_error() {
    let place = Place::new();
    for origin in ["*", "null", "https://*.example.com", "app.example.com", "https://a/b", "ftp://a"] {
        let output =
            place.command(&["serve", "--http=127.0.0.1:0"]).env("TRUSTED_ORIGINS", origin).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{origin}: {said}");
        assert!(said.contains("TRUSTED_ORIGINS") || said.contains("http.origins"), "{origin}: {said}");
    }
}
