//! Errors as JSON-RPC has them: which number, which words, which status.
//!
//! The words are fixed. Nothing of the message that was turned away is
//! repeated, and no text of a parser reaches a client.

use std::borrow::Cow;

use bytes::Bytes;
use rmcp::model::{ErrorCode, ErrorData, ProtocolVersion, RequestId};
use serde_json::{Value, json};

use super::encode;
use crate::{
    limits,
    refusal::Code,
    sanitize::json::{MessageFault, MessageId},
};

/// A message that was turned away before it became a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The id to answer with, where one could be read.
    pub id: Option<RequestId>,
    /// What the client is told.
    pub error: ErrorData,
    /// What the log is told.
    pub code: Code,
}

impl Fault {
    /// A fault in the fixed words of its code.
    #[must_use]
    pub fn new(id: Option<RequestId>, code: Code) -> Self {
        let (number, says) = words(code);
        Self { id, error: error(number, says, None), code }
    }

    /// The answer, as it is sent.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        encode::error(self.id.as_ref(), &self.error)
    }

    /// The per-request `_meta` of 2026-07-28 lacks these fields.
    pub(super) fn missing_meta(id: RequestId, missing: &[&str]) -> Self {
        let says = format!(
            "the `_meta` of a request must hold {}; older clients send `initialize` first",
            missing.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(" and "),
        );
        let error = error(ErrorCode::INVALID_PARAMS, says, Some(json!({ MISSING: missing })));
        Self { id: Some(id), error, code: Code::MissingMeta }
    }

    /// A version nobody speaks here. As much of it is repeated as a version could be long.
    #[must_use]
    pub fn unsupported_version(id: Option<RequestId>, requested: &str) -> Self {
        let requested = requested.get(..requested.floor_char_boundary(limits::CLIENT_BYTES_MAX));
        let data = json!({ "supported": ProtocolVersion::KNOWN_VERSIONS, "requested": requested });
        let says = "unsupported protocol version; `data.supported` lists those that are spoken here";
        Self {
            id,
            error: error(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, says, Some(data)),
            code: Code::UnsupportedVersion,
        }
    }
}

impl From<MessageFault> for Fault {
    fn from(fault: MessageFault) -> Self {
        let (number, says) = (ErrorCode(fault.kind.number()), fault.says());
        Self { id: fault.id.map(request_id), error: error(number, says, None), code: fault.code }
    }
}

/// The member of an error's `data` that lists missing fields of `_meta`.
const MISSING: &str = "missing";

/// An id as the gate read it, in rmcp's type.
pub(super) fn request_id(id: MessageId) -> RequestId {
    match id {
        MessageId::Text(text) => RequestId::String(text.into()),
        MessageId::Number(number) => RequestId::Number(number),
    }
}

pub(super) fn error(
    code: ErrorCode,
    message: impl Into<Cow<'static, str>>,
    data: Option<Value>,
) -> ErrorData {
    ErrorData { code, message: message.into(), data }
}

/// The number and the words of a code. Codes that never stand for a whole
/// message share the last arm.
const fn words(code: Code) -> (ErrorCode, &'static str) {
    match code {
        Code::UnknownMethod => (ErrorCode::METHOD_NOT_FOUND, "unknown method"),
        Code::BadParams => (ErrorCode::INVALID_PARAMS, "the parameters are not those of this method"),
        Code::HeaderMismatch => (
            ErrorCode::HEADER_MISMATCH,
            "a header is missing or contradicts the body; `MCP-Protocol-Version`, `Mcp-Method`, for a call \
                 `Mcp-Name`, and each `Mcp-Param-*` must repeat what the body says",
        ),
        Code::IdInFlight => (
            ErrorCode::INVALID_REQUEST,
            "a request with this id is still in flight; wait for its answer or use another id",
        ),
        Code::BadId => {
            (ErrorCode::INVALID_REQUEST, "the id must be a string of at most 256 bytes or a 64-bit integer")
        }
        Code::TooManyCalls => {
            (ErrorCode::INVALID_REQUEST, "too many subscriptions at once; end one before opening another")
        }
        Code::Panicked => (ErrorCode::INTERNAL_ERROR, "the server failed unexpectedly"),
        _ => (
            ErrorCode::INVALID_REQUEST,
            "the message is no request, notification or response of JSON-RPC 2.0",
        ),
    }
}

/// The HTTP status of an error, by the version that is spoken: 2026-07-28 wants
/// 404 for an unknown method and 400 where the request itself is at fault; older
/// versions keep 200 for whatever a method answers.
#[must_use]
pub fn http_status(error: &ErrorData, version: &ProtocolVersion) -> u16 {
    match error.code {
        ErrorCode::PARSE_ERROR
        | ErrorCode::INVALID_REQUEST
        | ErrorCode::HEADER_MISMATCH
        | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        | ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => 400,
        ErrorCode::METHOD_NOT_FOUND if !version.has_initialize() => 404,
        ErrorCode::INVALID_PARAMS if error.data.as_ref().is_some_and(|data| data.get(MISSING).is_some()) => {
            400
        }
        _ => 200,
    }
}
