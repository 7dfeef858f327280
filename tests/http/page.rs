//! The page: where it is, what stands around it, and what it asks for.

use crate::{
    common::{HttpServer, KEY, Place},
    wire::{Ask, configured},
};

const POLICY: &str = "content-security-policy";

#[test]
fn the_page_is_static_and_under_a_strict_policy() {
    let place = Place::new();
    let server = place.http(&[]);
    let page = Ask::get(&server, "/").without("Authorization").send(&server);
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let policy = page.header(POLICY).unwrap().to_owned();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let text = page.text();
    let parts = text.split('"').filter(|word| word.starts_with("/page/"));
    let mut count = 0;
    for part in parts {
        let reply = Ask::get(&server, part).without("Authorization").send(&server);
        assert_eq!((reply.status, reply.header(POLICY)), (200, Some(&*policy)), "{part}");
        let head = Ask::get(&server, part).method("HEAD").send(&server);
        assert_eq!((head.status, head.text().as_str()), (200, ""), "{part}");
        count += 1;
    }
    assert!(count >= 3, "{text}");
    // who holds a key sees the same
    assert_eq!(Ask::get(&server, "/").with_key().send(&server).text(), text);
    for (target, status) in
        [("/page/x.js", 404), ("/page/", 404), ("/page/page.js/", 404), ("/page/../page/page.js", 404)]
    {
        assert_eq!(Ask::get(&server, target).with_key().send(&server).status, status, "{target}");
    }
    assert_eq!(Ask::post(&server, "{}").target("/").send(&server).status, 405);
    // and every other answer keeps the policy that allows nothing
    assert!(!Ask::get(&server, "/health").send(&server).header(POLICY).unwrap().contains("self"));
}

#[test]
fn the_page_is_on_for_this_machine_and_off_elsewhere() {
    let place = Place::new();
    let off = HttpServer::start(&place, &[], &[("MCP_SERVER_HTTP_PAGE", "false")]);
    assert_eq!(Ask::get(&off, "/").with_key().send(&off).status, 404);
    assert_eq!(Ask::get(&off, "/page/page.js").with_key().send(&off).status, 404);
    let beyond = [("MCP_SERVER_HTTP_HOSTS", "mcp.example.com"), ("MCP_SERVER_HTTP_PLAINTEXT", "true")];
    for (page, status) in [(None, 404), (Some(("MCP_SERVER_HTTP_PAGE", "true")), 200)] {
        let env: Vec<_> = [("API_KEY", KEY)].into_iter().chain(beyond).chain(page).collect();
        let server = HttpServer::start_on(&place, "0.0.0.0:0", &[], &env);
        let ask = Ask::get(&server, "/").set("Host", "mcp.example.com").with_key();
        assert_eq!(ask.send(&server).status, status, "{page:?}");
    }
}

#[test]
fn what_the_page_asks_for_needs_a_key_that_reads_events() {
    let place = Place::new();
    let section = |name: &str, events: bool| {
        let sha256 = hex(name);
        format!("[keys.{name}]\nsha256 = \"{sha256}\"\nevents = {events}\n")
    };
    let server = configured(&place, &(section("reader", true) + &section("worker", false)), &[]);
    for target in ["/security/posture", "/security/codes", "/security/stats?by=tool,code&series=minute"] {
        for (key, status) in [("reader", 200), ("worker", 403)] {
            let ask = Ask::get(&server, target).set("Authorization", format!("Bearer {}", secret(key)));
            let reply = ask.send(&server);
            assert_eq!(reply.status, status, "{target}: {}", reply.text());
            assert!(status != 200 || reply.json()["v"] == 1, "{target}");
        }
        assert_eq!(Ask::get(&server, target).without("Authorization").send(&server).status, 401, "{target}");
    }
    let reader = format!("Bearer {}", secret("reader"));
    for query in ["", "?by=colour", "?series=year", "?by=tool&outcome=fine", "?by=tool&x=1"] {
        let ask = Ask::get(&server, &format!("/security/stats{query}")).set("Authorization", &reader);
        assert_eq!(ask.send(&server).status, 400, "{query}");
    }
}

fn secret(name: &str) -> String {
    format!("{name}-0123456789abcdefghijklmnopqrstuvwxyz")
}

fn hex(name: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(secret(name))
        .iter()
        .fold(String::from("sha256:"), |hex, byte| hex + &format!("{byte:02x}"))
}
