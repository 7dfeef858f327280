//! From bytes to one message.
//!
//! The gate ([`crate::sanitize::json`]) has the first look. Then the envelope
//! is read here, and the parameters by their method: rmcp's own reader tries
//! one shape after another and cannot say what was wrong. Whatever does not
//! fit is answered in fixed words.
#![allow(clippy::result_large_err, reason = "a fault is made once for a message that is turned away")]
#![allow(deprecated, reason = "the versions spoken here still have log messages; rmcp marks their types")]

use std::borrow::Cow;

use rmcp::model::{
    self, ClientRequest, ConstString, DiscoverRequestParams, Extensions, PingRequest, PingRequestMethod,
    RequestId, RequestMetaObject, RequestOptionalParam, RequestParamsMeta,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{Fault, Request};
use crate::{limits, refusal::Code, sanitize::json};

/// One message of a client.
#[derive(Clone, Debug)]
pub enum Incoming {
    /// Wants an answer.
    Request(Box<Request>),
    /// Wants none.
    Notification(Notification),
    /// An answer of the client's. We never ask, so nothing waits for it.
    Response,
    /// A request without an id: it cannot be answered, so it is not carried
    /// out, only recorded ([`Code::MissingId`]).
    MissingId,
}

/// What a client says without waiting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notification {
    /// It no longer waits for the request with this id.
    Cancelled(RequestId),
    /// Anything else: none of it changes what this server does.
    Other,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// A member that is there, even if it is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads one message.
///
/// # Errors
///
/// A [`Fault`] with everything its answer needs: what the gate refuses, what is
/// no JSON-RPC 2.0, an unknown method, and parameters that do not fit.
pub fn decode(bytes: &[u8]) -> Result<Incoming, Fault> {
    json::check(bytes)?;
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(bytes) else {
        return Err(Fault::new(None, Code::BadMessage));
    };
    let id = match envelope.id {
        None => None,
        Some(raw) => Some(id(raw).ok_or_else(|| Fault::new(None, Code::BadId))?),
    };
    if envelope.jsonrpc.is_none_or(|version| text(version).as_deref() != Some("2.0")) {
        return Err(Fault::new(id, Code::BadMessage));
    }
    let is_response = envelope.result.is_some() || envelope.error.is_some();
    let method = match envelope.method {
        None if is_response => return Ok(Incoming::Response),
        Some(raw) if !is_response => text(raw),
        _ => None,
    };
    let Some(method) = method else {
        return Err(Fault::new(id, Code::BadMessage));
    };
    match id {
        Some(id) => match request(&method, envelope.params) {
            Ok(request) => Ok(Incoming::Request(Box::new(Request { id, request, bytes: bytes.len() }))),
            Err(code) => Err(Fault::new(Some(id), code)),
        },
        None if method == "notifications/cancelled" => {
            Ok(Incoming::Notification(cancelled(envelope.params).unwrap_or(Notification::Other)))
        }
        None if method.starts_with("notifications/") => Ok(Incoming::Notification(Notification::Other)),
        None => Ok(Incoming::MissingId),
    }
}

/// A JSON string, with its escapes undone.
fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let quoted = raw.get();
    let inside = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if inside.contains('\\') {
        return serde_json::from_str::<String>(quoted).ok().map(Cow::Owned);
    }
    Some(Cow::Borrowed(inside))
}

/// A short string, or an integer as written: `1.0` and `1e2` are none, and `-0`
/// would not come back as it was.
fn id(raw: &RawValue) -> Option<RequestId> {
    if let Some(text) = text(raw) {
        return (text.len() <= limits::ID_BYTES_MAX).then(|| RequestId::String(text.as_ref().into()));
    }
    let digits = raw.get();
    let number = digits.parse::<i64>().ok()?;
    (number != 0 || digits == "0").then_some(RequestId::Number(number))
}

fn cancelled(params: Option<&RawValue>) -> Option<Notification> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Params<'a> {
        #[serde(borrow)]
        request_id: &'a RawValue,
    }
    let params: Params<'_> = serde_json::from_str(params?.get()).ok()?;
    id(params.request_id).map(Notification::Cancelled)
}

/// The methods of every version, by name. What is not here (tasks, skills,
/// subscriptions to one resource) does not exist on this server.
fn request(method: &str, params: Option<&RawValue>) -> Result<ClientRequest, Code> {
    Ok(match method {
        "initialize" => ClientRequest::InitializeRequest(older_params(params)?),
        "server/discover" => {
            let mut request = model::Request::new(DiscoverRequestParams {});
            keep(&mut request.extensions, only_meta(params)?);
            ClientRequest::DiscoverRequest(request)
        }
        "ping" => {
            let mut request = PingRequest { method: PingRequestMethod, extensions: Extensions::default() };
            keep(&mut request.extensions, only_meta(params)?);
            ClientRequest::PingRequest(request)
        }
        "tools/call" => ClientRequest::CallToolRequest(with_params(params)?),
        "tools/list" => ClientRequest::ListToolsRequest(paged(params)?),
        "resources/list" => ClientRequest::ListResourcesRequest(paged(params)?),
        "resources/templates/list" => ClientRequest::ListResourceTemplatesRequest(paged(params)?),
        "resources/read" => ClientRequest::ReadResourceRequest(with_params(params)?),
        "prompts/list" => ClientRequest::ListPromptsRequest(paged(params)?),
        "prompts/get" => {
            let request: model::GetPromptRequest = with_params(params)?;
            let args = request.params.arguments.iter().flatten();
            if !args.into_iter().all(|(_, value)| value.is_string()) {
                return Err(Code::BadParams);
            }
            ClientRequest::GetPromptRequest(request)
        }
        "completion/complete" => ClientRequest::CompleteRequest(with_params(params)?),
        "logging/setLevel" => ClientRequest::SetLevelRequest(older_params(params)?),
        "subscriptions/listen" => ClientRequest::SubscriptionsListenRequest(with_params(params)?),
        _ => return Err(Code::UnknownMethod),
    })
}

fn with_params<M, P>(params: Option<&RawValue>) -> Result<model::Request<M, P>, Code>
where
    M: ConstString,
    P: DeserializeOwned + RequestParamsMeta,
{
    let mut params: P = read(params)?;
    let meta = params.meta_mut().take();
    let mut request = model::Request::new(params);
    keep(&mut request.extensions, meta);
    Ok(request)
}

/// The parameters of a method that only the versions with a handshake have. A
/// request that names a later version asks for a method that is not there,
/// whatever its parameters are.
fn older_params<M, P>(params: Option<&RawValue>) -> Result<model::Request<M, P>, Code>
where
    M: ConstString,
    P: DeserializeOwned + RequestParamsMeta,
{
    with_params(params).map_err(|code| {
        let named = only_meta(params).ok().flatten().and_then(|meta| meta.protocol_version());
        if named.is_some_and(|version| !version.has_initialize()) { Code::UnknownMethod } else { code }
    })
}

fn paged<M, P>(params: Option<&RawValue>) -> Result<RequestOptionalParam<M, P>, Code>
where
    M: ConstString,
    P: DeserializeOwned + RequestParamsMeta,
{
    let mut params: P = read(params)?;
    let meta = params.meta_mut().take();
    let mut request = RequestOptionalParam::with_param(params);
    keep(&mut request.extensions, meta);
    Ok(request)
}

fn only_meta(params: Option<&RawValue>) -> Result<Option<RequestMetaObject>, Code> {
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "_meta", default)]
        meta: Option<RequestMetaObject>,
    }
    read::<Params>(params).map(|params| params.meta)
}

fn keep(extensions: &mut Extensions, meta: Option<RequestMetaObject>) {
    if let Some(meta) = meta {
        extensions.insert(meta);
    }
}

/// Parameters are an object or absent; a struct would also take them in order
/// from an array, so the first byte is looked at.
fn read<P: DeserializeOwned>(params: Option<&RawValue>) -> Result<P, Code> {
    let object = params.map_or("{}", RawValue::get);
    if !object.starts_with('{') {
        return Err(Code::BadParams);
    }
    serde_json::from_str(object).map_err(|_| Code::BadParams)
}
