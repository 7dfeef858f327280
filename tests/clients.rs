//! The Rust SDK's own client, through both doors and in both eras: what it
//! sends is not ours to choose, and it must find everything it looks for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failed step of a test is a panic"
)]

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use common::{HttpServer, KEY, PATIENCE, Place};
use rmcp::{
    ClientHandler, RoleClient,
    model::{
        CallToolRequestParams, ClientRequest, ProgressNotificationParam, ProtocolVersion,
        ReadResourceRequestParams, Request, ServerResult,
    },
    service::{
        ClientLifecycleMode, ClientServiceExt, NotificationContext, PeerRequestOptions, RunningService,
    },
    transport::{
        StreamableHttpClientTransport, TokioChildProcess,
        streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};

/// Keeps what a call says of its progress.
#[derive(Clone, Default)]
struct Listener {
    steps: Arc<Mutex<Vec<f64>>>,
    is_asked: Arc<AtomicBool>,
}

impl ClientHandler for Listener {
    async fn on_progress(&self, step: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.steps.lock().unwrap().push(step.progress);
    }

    async fn on_custom_request(
        &self,
        _: rmcp::model::CustomRequest,
        _: rmcp::service::RequestContext<RoleClient>,
    ) -> Result<rmcp::model::CustomResult, rmcp::ErrorData> {
        self.is_asked.store(true, Ordering::SeqCst);
        Err(rmcp::ErrorData::internal_error("nobody may ask", None))
    }
}

/// The two ways to begin.
fn eras() -> [(&'static str, ClientLifecycleMode); 2] {
    [
        ("2025-11-25", ClientLifecycleMode::Initialize),
        (
            "2026-07-28",
            ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
        ),
    ]
}

/// A server, and its client.
struct Connected {
    client: RunningService<RoleClient, Listener>,
    listener: Listener,
    place: Place,
    /// Over stdio the client owns the process.
    http: Option<HttpServer>,
}

impl Connected {
    async fn by(door: &str, mode: ClientLifecycleMode) -> Self {
        let place = Place::with_fixture_tools();
        place.write("notes/hello.txt", "hello from a file\n");
        let root = format!("notes={}", place.path().join("notes").display());
        let args = ["--root", root.as_str()];
        let listener = Listener::default();
        let (client, http) = if door == "http" {
            let server = place.http(&args);
            let config = StreamableHttpClientTransportConfig::with_uri(server.url()).auth_header(KEY);
            let transport = StreamableHttpClientTransport::from_config(config);
            (listener.clone().serve_with_lifecycle(transport, mode).await, Some(server))
        } else {
            let command = tokio::process::Command::from(place.command(&[&["serve"], &args[..]].concat()));
            let transport = TokioChildProcess::new(command).unwrap();
            (listener.clone().serve_with_lifecycle(transport, mode).await, None)
        };
        Self { client: client.expect("an agreement"), listener, place, http }
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> Result<Value, String> {
        let arguments = arguments.as_object().cloned().unwrap();
        let result = self.client.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments)).await;
        result.map(|result| serde_json::to_value(result).unwrap()).map_err(|error| error.to_string())
    }

    /// Ends both, and looks at the log.
    async fn end(self, calls: usize) {
        self.client.cancel().await.expect("an end");
        if let Some(mut server) = self.http {
            assert!(server.stop().success());
        }
        // Over stdio the client only closes the pipe; the process takes its time.
        self.place.await_events("server_stopped", 1);
        let ended = |event: &&Value| event["call"].is_string() && event["event"] != "tool_started";
        let events = self.place.events();
        assert_eq!(events.iter().filter(ended).count(), calls, "{events:#?}");
        assert!(events.iter().all(|event| event["event"] != "message_refused"), "{events:#?}");
        assert!(
            events
                .iter()
                .all(|event| event["event"] != "http_error" || event["code"] == "method_not_allowed")
        );
        assert!(!self.listener.is_asked.load(Ordering::SeqCst));
    }
}

async fn finds_everything(door: &str) {
    for (version, mode) in eras() {
        let server = Connected::by(door, mode).await;
        let client = &server.client;
        let info = client.peer_info().expect("who is there");
        assert_eq!(info.protocol_version.as_str(), version);
        assert!(info.capabilities.tools.is_some() && info.capabilities.resources.is_some());

        let tools = client.list_all_tools().await.expect("tools");
        assert!(tools.iter().any(|tool| tool.name == "read_text_file"), "{tools:?}");
        assert!(tools.iter().all(|tool| tool.annotations.is_some() && tool.description.is_some()));
        let hello = server.call("hello_world", json!({ "name": "Ada" })).await.unwrap();
        assert_eq!(hello["content"][0]["text"], "Hello, Ada!");
        let read = server.call("read_text_file", json!({ "path": "hello.txt" })).await.unwrap();
        assert_eq!(read["content"][0]["text"], "hello from a file\n");

        let resources = client.list_all_resources().await.expect("resources");
        assert_eq!(resources.iter().map(|one| one.uri.as_str()).collect::<Vec<_>>(), ["root://notes/"]);
        assert_eq!(client.list_all_resource_templates().await.expect("templates").len(), 1);
        let uri = "root://notes/hello.txt";
        let file = client.read_resource(ReadResourceRequestParams::new(uri)).await.expect("a file");
        let file = serde_json::to_value(file).unwrap();
        assert_eq!(file["contents"][0]["text"], "hello from a file\n");

        let refused = server.call("hello_world", json!({ "name": "$(rm -rf /)" })).await.unwrap();
        assert_eq!(refused["isError"], true, "{refused}");
        let outside = server.call("read_text_file", json!({ "path": "../../etc/passwd" })).await.unwrap();
        assert_eq!(outside["isError"], true, "{outside}");
        let unknown = server.call("no_such_tool", json!({})).await.unwrap_err();
        assert!(unknown.contains("-32602"), "{unknown}");
        let missing = client.read_resource(ReadResourceRequestParams::new("root://notes/nothing")).await;
        assert!(missing.is_err(), "{missing:?}");
        server.end(7).await;
    }
}

async fn hears_of_progress(door: &str) {
    for (version, mode) in eras() {
        let server = Connected::by(door, mode).await;
        let done = server.call("progress", json!({ "steps": 5, "millis": 20 })).await.unwrap();
        assert_eq!(done["content"][0]["text"], "done");
        // What was said before the result is handed to the client before it, but by another task.
        let begun = Instant::now();
        while server.listener.steps.lock().unwrap().len() < 5 {
            assert!(begun.elapsed() < PATIENCE, "{version}: {:?}", server.listener.steps.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(*server.listener.steps.lock().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0], "{version}");
        server.end(1).await;
    }
}

async fn gives_up(door: &str) {
    for (version, mode) in eras() {
        let server = Connected::by(door, mode).await;
        let params = CallToolRequestParams::new("progress")
            .with_arguments(json!({ "steps": 1, "millis": 60_000 }).as_object().cloned().unwrap());
        let request = ClientRequest::CallToolRequest(Request::new(params));
        let options = PeerRequestOptions::no_options();
        let handle = server.client.send_cancellable_request(request, options).await.expect("sent");
        let begun = Instant::now();
        while server.listener.steps.lock().unwrap().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "{version}: the call does not begin");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        handle.cancel(Some("no longer needed".into())).await.expect("cancelled");
        let gone = Instant::now();
        server.place.await_events("tool_abandoned", 1);
        assert!(gone.elapsed() < Duration::from_secs(1), "{version}: {:?}", gone.elapsed());
        let hello = server.call("hello_world", json!({})).await.unwrap();
        assert_eq!(hello["content"][0]["text"], "Hello, World!");
        server.end(2).await;
    }
}

async fn calls_at_once(door: &str) {
    for (version, mode) in eras() {
        let server = Connected::by(door, mode).await;
        let calls = (0..40).map(|n| {
            let server = &server;
            async move {
                let name = format!("Ada {n}");
                let said = server.call("hello_world", json!({ "name": name })).await.unwrap();
                assert_eq!(said["content"][0]["text"], format!("Hello, {name}!"), "{version}");
            }
        });
        futures_util::future::join_all(calls).await;
        server.end(40).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_it_finds_everything() {
    finds_everything("http").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_stdio_it_finds_everything() {
    finds_everything("stdio").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_it_hears_of_progress() {
    hears_of_progress("http").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_stdio_it_hears_of_progress() {
    hears_of_progress("stdio").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_a_call_that_it_gives_up_is_over() {
    gives_up("http").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_stdio_a_call_that_it_gives_up_is_over() {
    gives_up("stdio").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_calls_at_once_are_not_mixed_up() {
    calls_at_once("http").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_stdio_calls_at_once_are_not_mixed_up() {
    calls_at_once("stdio").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_tries_the_new_era_first_is_served_in_it() {
    for door in ["http", "stdio"] {
        let mode = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: Some(ProtocolVersion::V_2025_11_25),
        };
        let server = Connected::by(door, mode).await;
        let info = server.client.peer_info().expect("who is there");
        assert_eq!(info.protocol_version.as_str(), "2026-07-28", "{door}");
        server.call("hello_world", json!({})).await.unwrap();
        server.end(1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_older_version_is_agreed_on_as_it_is_asked_for() {
    for door in ["http", "stdio"] {
        for version in
            [ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_03_26, ProtocolVersion::V_2024_11_05]
        {
            let place = Place::new();
            let mut info = rmcp::model::ClientConfig::default();
            info.protocol_version = version.clone();
            let mode = ClientLifecycleMode::Initialize;
            let (client, _http) = if door == "http" {
                let server = place.http(&[]);
                let config = StreamableHttpClientTransportConfig::with_uri(server.url()).auth_header(KEY);
                let transport = StreamableHttpClientTransport::from_config(config);
                (info.serve_with_lifecycle(transport, mode).await, Some(server))
            } else {
                let command = tokio::process::Command::from(place.command(&["serve"]));
                let transport = TokioChildProcess::new(command).unwrap();
                (info.serve_with_lifecycle(transport, mode).await, None)
            };
            let client = client.expect("an agreement");
            assert_eq!(client.peer_info().expect("who is there").protocol_version, version, "{door}");
            assert_eq!(client.list_all_tools().await.expect("tools").len(), 1);
            client.call_tool(CallToolRequestParams::new("hello_world")).await.expect("a greeting");
            client.cancel().await.expect("an end");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_an_error_that_says_so() {
    let place = Place::new();
    let server = place.http(&[]);
    for (_, mode) in eras() {
        let config = StreamableHttpClientTransportConfig::with_uri(server.url()).auth_header("wrong");
        let transport = StreamableHttpClientTransport::from_config(config);
        let error = ().serve_with_lifecycle(transport, mode).await.expect_err("no agreement");
        let said = format!("{error:?}");
        assert!(said.contains("Auth") || said.contains("401"), "{said}");
    }
}

/// What the type of an answer is called must not matter to the one who reads it.
#[test]
fn the_results_of_the_sdk_read_what_is_written_here() {
    let place = Place::new();
    let server = place.http(&[]);
    for era in common::Era::ALL {
        let answer = server.call(era, "hello_world", json!({}));
        let result: ServerResult = serde_json::from_value(answer.result().clone()).unwrap();
        assert!(matches!(result, ServerResult::CallToolResult(_)), "{result:?}");
    }
}
