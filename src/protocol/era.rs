//! Which version a request is served in.
//!
//! From 2026-07-28 on every request names its version and says what its client
//! can do; before, both were agreed on once by `initialize`. One server speaks
//! both, request by request, and remembers nothing: what a connection agreed on
//! is handed in by the door.
#![allow(clippy::result_large_err, reason = "a fault is made once for a message that is turned away")]
#![allow(deprecated, reason = "the versions spoken here still have log messages; rmcp marks their types")]

use rmcp::model::{ClientRequest, ProtocolVersion};

use super::{Fault, Request};
use crate::refusal::Code;

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

/// What `initialize` agrees on: the version asked for if it has a handshake and
/// is spoken here, else the newest that has one.
#[must_use]
pub fn negotiate(requested: &ProtocolVersion) -> ProtocolVersion {
    if requested.has_initialize() && ProtocolVersion::KNOWN_VERSIONS.contains(requested) {
        requested.clone()
    } else {
        ProtocolVersion::LATEST_WITH_INITIALIZE
    }
}

/// The version `request` is served in. `spoken` is what the connection agreed
/// on or, over HTTP, what the version header says.
///
/// # Errors
///
/// A [`Fault`]: a version nobody speaks here (-32022), `_meta` without what its
/// version requires (-32602), or a method its version does not have (-32601).
pub fn served(request: &Request, spoken: Option<&ProtocolVersion>) -> Result<ProtocolVersion, Fault> {
    let meta = request.meta();
    let named = meta.protocol_version();
    if let Some(unknown) = named.as_ref().filter(|named| !ProtocolVersion::KNOWN_VERSIONS.contains(named)) {
        return Err(Fault::unsupported_version(Some(request.id.clone()), unknown.as_str()));
    }
    let version = named.as_ref().or(spoken);
    let is_by_request = version.is_some_and(|version| !version.has_initialize());
    let needs_meta = match &request.request {
        ClientRequest::DiscoverRequest(_) => true,
        ClientRequest::InitializeRequest(_) | ClientRequest::PingRequest(_) => is_by_request,
        // A version that is there but is no string counts as missing, not as absent.
        _ => is_by_request || version.is_none() || (named.is_none() && meta.contains_key(VERSION_KEY)),
    };
    if needs_meta {
        let missing = meta.missing_required_keys(&ProtocolVersion::V_2026_07_28);
        if !missing.is_empty() {
            return Err(Fault::missing_meta(request.id.clone(), &missing));
        }
    }
    let version = match (&request.request, version) {
        (ClientRequest::InitializeRequest(hello), _) if !is_by_request => {
            negotiate(&hello.params.protocol_version)
        }
        (_, Some(version)) => version.clone(),
        (_, None) => ProtocolVersion::LATEST_WITH_INITIALIZE,
    };
    if has_method(&request.request, &version) {
        Ok(version)
    } else {
        Err(Fault::new(Some(request.id.clone()), Code::UnknownMethod))
    }
}

/// Methods that came or went with 2026-07-28. `server/discover` exists in
/// every version: it is how a client finds out which are spoken.
fn has_method(request: &ClientRequest, version: &ProtocolVersion) -> bool {
    match request {
        ClientRequest::InitializeRequest(_)
        | ClientRequest::PingRequest(_)
        | ClientRequest::SetLevelRequest(_) => version.has_initialize(),
        ClientRequest::SubscriptionsListenRequest(_) => !version.has_initialize(),
        _ => true,
    }
}
