//! The first things a client does, through each door and in each era.

mod common;

use common::{Era, Place};
use serde_json::json;

#[test]
fn a_client_on_stdio_is_greeted_in_either_era() {
    let place = Place::new();
    for era in Era::ALL {
        let mut server = place.stdio(&[]).open(era);
        server.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
        let (status, rest) = server.finish();
        assert!(status.success(), "{era:?}: {status}");
        assert!(rest.is_empty(), "{era:?}: {rest:?}");
    }
}

#[test]
fn a_client_over_http_is_greeted_in_either_era() {
    let place = Place::new();
    let mut server = place.http(&[]);
    for era in Era::ALL {
        server.call(era, "hello_world", json!({ "name": "Ada" })).says("Hello, Ada!");
    }
    assert!(server.stop().success());
}

#[test]
fn a_tool_that_is_not_there_is_a_protocol_error_through_either_door() {
    let place = Place::new();
    let http = place.http(&[]);
    for era in Era::ALL {
        let mut stdio = place.stdio(&[]).open(era);
        stdio.call(era, "no_such_tool", json!({})).is_error(-32602);
        http.call(era, "no_such_tool", json!({})).is_error(-32602);
    }
    assert_eq!(place.events_named("tool_denied").len(), 4);
}
