//! One request, read but not judged.
#![allow(deprecated, reason = "the versions spoken here still have log messages; rmcp marks their types")]

use rmcp::model::{
    ClientCapabilities, ClientRequest, GetMeta, Implementation, JsonObject, NumberOrString, ProgressToken,
    ProtocolVersion, RequestId, RequestMetaObject,
};

use super::notice;
use crate::{
    caller::Client,
    limits,
    refusal::Capability,
    tools::{LogLevel, context::Declared},
    trace::TraceContext,
};

/// One request: its envelope was read and its parameters have the shape of its
/// method. Nothing else is proven.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its id, to be repeated in the answer.
    pub id: RequestId,
    /// The method and its parameters; `_meta` stands in the extensions, where rmcp keeps it.
    pub request: ClientRequest,
    /// Bytes of the whole message.
    pub bytes: usize,
}

impl Request {
    /// The method, as it stands in `Mcp-Method`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.request.method()
    }

    /// What is asked for, as it stands in `Mcp-Name`: the tool, the prompt, or the address.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.request {
            ClientRequest::CallToolRequest(call) => Some(&call.params.name),
            ClientRequest::GetPromptRequest(get) => Some(&get.params.name),
            ClientRequest::ReadResourceRequest(read) => Some(&read.params.uri),
            _ => None,
        }
    }

    /// The arguments of a tool as they came, for `Mcp-Param-*`.
    #[must_use]
    pub fn arguments(&self) -> Option<&JsonObject> {
        match &self.request {
            ClientRequest::CallToolRequest(call) => call.params.arguments.as_ref(),
            _ => None,
        }
    }

    /// The `_meta` of the request; empty if it has none.
    #[must_use]
    pub fn meta(&self) -> &RequestMetaObject {
        self.request.get_meta()
    }

    /// The token to report progress with. One that is longer than an id may be is ignored,
    /// because it would be repeated in every notice.
    #[must_use]
    pub fn progress_token(&self) -> Option<ProgressToken> {
        self.meta().get_progress_token().filter(|token| match &token.0 {
            NumberOrString::String(text) => text.len() <= limits::ID_BYTES_MAX,
            NumberOrString::Number(_) => true,
        })
    }

    /// The version the request itself names, from 2026-07-28 on.
    #[must_use]
    pub fn version_in_meta(&self) -> Option<ProtocolVersion> {
        self.meta().protocol_version()
    }

    /// What the client says of itself, if this request says so.
    #[must_use]
    pub fn client(&self) -> Option<Client> {
        match &self.request {
            ClientRequest::InitializeRequest(hello) => Some(client(&hello.params.client_info)),
            _ => self.meta().client_info().as_ref().map(client),
        }
    }

    /// What the client declares it can do, if this request says so.
    #[must_use]
    pub fn declared(&self) -> Option<Declared> {
        match &self.request {
            ClientRequest::InitializeRequest(hello) => Some(declared(&hello.params.capabilities)),
            _ => self.meta().client_capabilities().as_ref().map(declared),
        }
    }

    /// Whose trace the request says that it belongs to: `traceparent` in its `_meta` (MCP
    /// 2026-07-28, basic, distributed tracing conventions; taken from every version).
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        self.meta().get_traceparent().and_then(TraceContext::parse)
    }

    /// The level `logging/setLevel` asks for.
    #[must_use]
    pub fn log_level(&self) -> Option<LogLevel> {
        match &self.request {
            ClientRequest::SetLevelRequest(set) => Some(notice::from_rmcp(set.params.level)),
            _ => None,
        }
    }

    /// Whether the request walks the line. All others are answered from what is at hand.
    #[must_use]
    pub const fn is_call(&self) -> bool {
        matches!(
            self.request,
            ClientRequest::CallToolRequest(_)
                | ClientRequest::GetPromptRequest(_)
                | ClientRequest::ReadResourceRequest(_)
                | ClientRequest::CompleteRequest(_)
        )
    }

    /// Whether the request is the handshake of the older versions.
    #[must_use]
    pub const fn is_handshake(&self) -> bool {
        matches!(self.request, ClientRequest::InitializeRequest(_))
    }

    /// Whether the request stays open until its client ends it: `subscriptions/listen`.
    #[must_use]
    pub const fn is_subscription(&self) -> bool {
        matches!(self.request, ClientRequest::SubscriptionsListenRequest(_))
    }
}

fn client(said: &Implementation) -> Client {
    Client { name: short(&said.name), version: short(&said.version) }
}

fn short(text: &str) -> String {
    let end = text.floor_char_boundary(limits::CLIENT_BYTES_MAX);
    text.get(..end).unwrap_or_default().to_owned()
}

fn declared(said: &ClientCapabilities) -> Declared {
    let mut all = Vec::new();
    if said.sampling.is_some() {
        all.push(Capability::Sampling);
    }
    if said.elicitation.is_some() {
        all.push(Capability::Elicitation);
    }
    if said.roots.is_some() {
        all.push(Capability::Roots);
    }
    Declared(all)
}
