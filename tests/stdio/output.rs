//! What reaches stdout, and what a host may learn from it.

use serde_json::{Value, json};

use crate::{
    common::{Place, StdioServer, UNLIMITED},
    host::{ERA, fixture},
};

#[test]
fn nothing_but_json_rpc_reaches_stdout_whatever_is_logged_printed_or_broken() {
    for verbosity in [&["-vv"][..], &["-q"], &[]] {
        let place = Place::with_fixture_tools();
        let variables = [UNLIMITED, ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
        let mut server = StdioServer::start(&place, verbosity, &variables).open(ERA);
        server.call(ERA, "print", json!({})).says("printed");
        for mode in ["async", "blocking", "in_drop", "locked"] {
            server.call(ERA, "panic", json!({ "mode": mode })).fails_with("the tool failed unexpectedly");
        }
        server.send_bytes(b"noise\n[]\n{\"jsonrpc\":\"2.0\"}\n");
        server.call(ERA, "echo", json!({ "path": "../x" })).fails_with("`path`");
        server.call(ERA, "progress", json!({ "steps": 5, "millis": 0 })).says("done");
        server.ask(ERA, "tools/list", Value::Null).result();
        let said = server.process().stderr();
        assert!(said.contains("printed by println") && said.contains("printed to descriptor 1"), "{said}");
        // What is left are the three errors and the log messages; every line was JSON, or the harness had failed.
        let (status, rest) = server.finish();
        assert!(status.success());
        for message in rest {
            assert_eq!(message["jsonrpc"], "2.0", "{message}");
            assert!(message["error"].is_object() || message["method"].is_string(), "{message}");
            assert!(
                message["method"].is_null() || message.get("id").is_none(),
                "a server never asks: {message}"
            );
        }
    }
}

#[test]
fn a_result_is_one_line_whatever_line_breaks_it_holds() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    for text in ["a\nb", "a\rb", "a\r\nb", "\n\n\n"] {
        server.call(ERA, "echo", json!({ "text": text })).says(text);
    }
    // what ends a line for some and is seen by nobody
    for (text, shown) in [
        ("\u{2028}a\u{2029}", "[HIDDEN:U+2028]a[HIDDEN:U+2029]"),
        ("\u{85}\u{b}\u{c}", "[HIDDEN:U+0085][HIDDEN:U+000B][HIDDEN:U+000C]"),
        ("\0\u{1b}[2J", "[HIDDEN:U+0000][HIDDEN:U+001B][2J"),
        ("\u{7f}\u{feff}", "[HIDDEN:U+007F][HIDDEN:U+FEFF]"),
    ] {
        server.call(ERA, "echo", json!({ "text": text })).says(shown);
    }
    let (status, rest) = server.finish();
    assert!(status.success() && rest.is_empty());
}

#[test]
fn the_causes_of_a_panic_are_for_the_operator_alone() {
    let place = Place::with_fixture_tools();
    let mut server = fixture(&place);
    server.call(ERA, "panic", json!({ "mode": "async" })).never_mentions("secret").never_mentions(".rs");
    let events = place.events_named("tool_execution_failed");
    assert_eq!((events.len(), &events[0]["code"]), (1, &json!("panicked")));
}
