//! What a client sees of the protocol, whichever door it comes through.

mod envelope;
mod methods;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{self, Fixture},
    *,
};
use crate::{
    caller::{Caller, Client},
    refusal::Code,
    tools::{
        LogLevel,
        context::{Notice, Notices},
    },
};

const LEGACY: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "probe", "version": "1" },
    })
}

#[track_caller]
fn fault(message: impl AsRef<[u8]>) -> (i32, Value, Code) {
    let fault = decode(message.as_ref()).expect_err("it was taken");
    let reply: Value = serde_json::from_slice(&fault.encode()).unwrap();
    (fault.error.code.0, reply.get("id").cloned().unwrap_or(Value::Null), fault.code)
}

#[track_caller]
fn request(message: &Value) -> Request {
    match decode(message.to_string().as_bytes()) {
        Ok(Incoming::Request(request)) => *request,
        other => panic!("no request: {other:?}"),
    }
}

/// Answers as a door would that has agreed on `version`.
async fn ask(fixture: &Fixture, version: &str, message: &Value) -> Value {
    let request = request(message);
    let id = request.id.clone();
    let spoken: ProtocolVersion = serde_json::from_value(json!(version)).unwrap();
    let ask = Ask {
        caller: Arc::new(Caller::console()),
        version: spoken.clone(),
        client: Client::default(),
        declared: request.declared().unwrap_or_default(),
        trace: None,
        notices: Notices::default(),
        cancel: CancellationToken::new(),
    };
    let answer = fixture.protocol.answer(request, ask).await;
    if let Err(error) = &answer {
        let allowed = [-32600, -32601, -32602, -32603, -32021, -32022];
        assert!(allowed.contains(&error.code.0), "{error:?}");
    }
    serde_json::from_slice(&encode(&id, &answer)).unwrap()
}

async fn modern(fixture: &Fixture, method: &str, mut params: Value) -> Value {
    params["_meta"] = meta();
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(fixture, "2026-07-28", &message).await
}

async fn legacy(fixture: &Fixture, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    ask(fixture, "2025-11-25", &message).await
}
