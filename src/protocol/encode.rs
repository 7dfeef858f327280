//! Replies and notices as bytes: one line of JSON each, without a line break.

use bytes::Bytes;
use rmcp::model::{ErrorData, ProgressToken, RequestId, ServerNotification, ServerResult};
use serde::Serialize;

use super::notice;
use crate::tools::context::Notice;

#[derive(Serialize)]
struct Reply<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a ServerResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a ErrorData>,
}

#[derive(Serialize)]
struct Said<'a> {
    jsonrpc: &'static str,
    #[serde(flatten)]
    notification: &'a ServerNotification,
}

const VERSION: &str = "2.0";

/// The answer to a request.
#[must_use]
pub fn encode(id: &RequestId, answer: &Result<ServerResult, ErrorData>) -> Bytes {
    match answer {
        Ok(result) => {
            line(&Reply { jsonrpc: VERSION, id: Some(id), result: Some(result), error: None }, Some(id))
        }
        Err(error) => self::error(Some(id), error),
    }
}

/// An error, without an id where none could be read.
#[must_use]
pub fn error(id: Option<&RequestId>, error: &ErrorData) -> Bytes {
    line(&Reply { jsonrpc: VERSION, id, result: None, error: Some(error) }, id)
}

/// A notice of a running call; `None` for progress that nobody asked for.
#[must_use]
pub fn encode_notice(said: &Notice, token: Option<&ProgressToken>) -> Option<Bytes> {
    notice::notification(said, token).map(|notification| encode_notification(&notification))
}

/// A notification.
#[must_use]
pub fn encode_notification(notification: &ServerNotification) -> Bytes {
    line(&Said { jsonrpc: VERSION, notification }, None)
}

/// Our types always encode: their maps have string keys and their numbers are
/// finite. If one ever did not, its request would still get an answer.
fn line(message: &impl Serialize, id: Option<&RequestId>) -> Bytes {
    match serde_json::to_vec(message) {
        Ok(bytes) => bytes.into(),
        Err(problem) => {
            tracing::error!(%problem, "an answer could not be encoded");
            let id = id.map_or_else(String::new, |id| format!(r#""id":{},"#, id.clone().into_json_value()));
            format!(
                r#"{{"jsonrpc":"2.0",{id}"error":{{"code":-32603,"message":"the server failed unexpectedly"}}}}"#
            )
            .into()
        }
    }
}
