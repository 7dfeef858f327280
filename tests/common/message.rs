//! Messages of both eras.

use serde_json::{Value, json};

/// How a client speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Era {
    /// 2025-11-25: a handshake first.
    Handshake,
    /// 2026-07-28: everything in every request.
    PerRequest,
}

impl Era {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Handshake, Self::PerRequest];

    /// The protocol version.
    pub const fn version(self) -> &'static str {
        match self {
            Self::Handshake => "2025-11-25",
            Self::PerRequest => "2026-07-28",
        }
    }

    /// A request, with the `_meta` that its era wants.
    pub fn request(self, id: impl Into<Value>, method: &str, params: Value) -> Value {
        let mut message = json!({ "jsonrpc": "2.0", "id": id.into(), "method": method });
        if let Some(params) = self.params(params) {
            message["params"] = params;
        }
        message
    }

    /// `tools/call`.
    pub fn call(self, id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
        self.request(id, "tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// The headers that go with a message over HTTP.
    pub fn headers(self, message: &Value) -> Vec<(&'static str, String)> {
        let mut headers = vec![("MCP-Protocol-Version", self.version().to_owned())];
        if self == Self::PerRequest {
            let params = &message["params"];
            headers.extend(message["method"].as_str().map(|method| ("Mcp-Method", method.to_owned())));
            let name = params["name"].as_str().or_else(|| params["uri"].as_str());
            headers.extend(name.map(|name| ("Mcp-Name", name.to_owned())));
        }
        headers
    }

    fn params(self, params: Value) -> Option<Value> {
        match (self, params) {
            (Self::Handshake, Value::Null) => None,
            (Self::Handshake, params) => Some(params),
            (Self::PerRequest, params) => {
                let mut params = if params.is_null() { json!({}) } else { params };
                let meta = &mut params["_meta"];
                meta["io.modelcontextprotocol/protocolVersion"] = self.version().into();
                meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "tests", "version": "1.0.0" });
                if meta["io.modelcontextprotocol/clientCapabilities"].is_null() {
                    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
                }
                Some(params)
            }
        }
    }
}

/// What opens a connection of the handshake era.
pub fn initialize(id: impl Into<Value>) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id.into(), "method": "initialize",
        "params": {
            "protocolVersion": Era::Handshake.version(),
            "capabilities": {},
            "clientInfo": { "name": "tests", "version": "1.0.0" },
        },
    })
}
