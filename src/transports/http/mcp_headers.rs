//! What the headers of MCP say, and whether the body agrees.
//!
//! Proxies route by `MCP-Protocol-Version`, `Mcp-Method`, `Mcp-Name` and
//! `Mcp-Param-*` without reading the body (MCP 2026-07-28, Streamable HTTP,
//! "Standard headers"). If the two disagreed, they would judge another request
//! than the one that is served.
#![allow(clippy::result_large_err, reason = "a fault is made once for a message that is turned away")]

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use serde_json::{Map, Value};

use super::head::McpLines;
use crate::{
    protocol::{Fault, ProtocolVersion, Request},
    refusal::Code,
};

/// Around a value that cannot travel in a header as it is.
const ENCODED_PREFIX: &str = "=?base64?";
const ENCODED_SUFFIX: &str = "?=";
/// How a tool's schema names the header that repeats a property.
const ANNOTATION: &str = "x-mcp-header";
/// How deep annotated properties are looked for.
const ANNOTATION_DEPTH_MAX: usize = 8;

/// The headers, kept beyond the request they came with.
#[derive(Clone, Debug, Default)]
pub(super) struct McpHeaders {
    version: Option<HeaderValue>,
    method: Option<HeaderValue>,
    name: Option<HeaderValue>,
    params: Vec<(String, HeaderValue)>,
}

impl From<&McpLines<'_>> for McpHeaders {
    fn from(lines: &McpLines<'_>) -> Self {
        Self {
            version: lines.version.cloned(),
            method: lines.method.cloned(),
            name: lines.name.cloned(),
            params: lines.params.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect(),
        }
    }
}

impl McpHeaders {
    /// The version that the request is spoken in as far as the headers say.
    /// Without one it is 2025-03-26, as the specification has it.
    pub(super) fn version(&self) -> ProtocolVersion {
        self.known_version().unwrap_or(ProtocolVersion::V_2025_03_26)
    }

    /// Whether headers and body agree, and on which version.
    ///
    /// # Errors
    ///
    /// [`Code::UnsupportedVersion`] for a version nobody speaks here,
    /// [`Code::HeaderMismatch`] for a header that is missing or contradicts the
    /// body. `schema` finds that of a tool by its name.
    pub(super) fn agree<'a>(
        &self,
        request: &Request,
        schema: impl FnOnce(&str) -> Option<&'a Map<String, Value>>,
    ) -> Result<ProtocolVersion, Fault> {
        let mismatch = || Fault::new(Some(request.id.clone()), Code::HeaderMismatch);
        let known = self.known_version();
        let named = request.version_in_meta();
        if let (Some(version), None, None) = (&self.version, &known, &named) {
            let said = version.to_str().map_err(|_| mismatch())?;
            return Err(Fault::unsupported_version(Some(request.id.clone()), said));
        }
        if known.as_ref().is_some_and(|version| !version.has_initialize()) && !self.repeats(request, schema) {
            return Err(mismatch());
        }
        match named {
            Some(named) if self.version.as_ref().is_none_or(|said| said != named.as_str()) => Err(mismatch()),
            Some(named) => Ok(named),
            None => Ok(known.unwrap_or(ProtocolVersion::V_2025_03_26)),
        }
    }

    /// The version, if nobody speaks it here. All that is asked of a
    /// notification, for it changes nothing.
    pub(super) fn unspoken(&self) -> Option<&str> {
        let said = self.version.as_ref().filter(|_| self.known_version().is_none())?;
        Some(said.to_str().unwrap_or_default())
    }

    fn known_version(&self) -> Option<ProtocolVersion> {
        let said = self.version.as_ref()?.as_bytes();
        ProtocolVersion::KNOWN_VERSIONS.iter().find(|known| known.as_str().as_bytes() == said).cloned()
    }

    /// Whether the standard headers repeat what the body says.
    fn repeats<'a>(
        &self,
        request: &Request,
        schema: impl FnOnce(&str) -> Option<&'a Map<String, Value>>,
    ) -> bool {
        let method = request.method();
        if method == "initialize" && self.method.is_none() {
            // The handshake comes before the headers are agreed on.
            return true;
        }
        let is_method = self.method.as_ref().is_some_and(|said| said == method);
        let is_name = request
            .name()
            .is_none_or(|name| self.name.as_ref().and_then(decode).is_some_and(|said| said == name));
        let schema = request.name().filter(|_| method == "tools/call").and_then(schema);
        is_method && is_name && schema.is_none_or(|schema| self.repeats_params(request, schema))
    }

    fn repeats_params(&self, request: &Request, schema: &Map<String, Value>) -> bool {
        let empty = Map::new();
        let arguments = request.arguments().unwrap_or(&empty);
        self.repeats_properties(arguments, schema, 0)
    }

    fn repeats_properties(
        &self,
        arguments: &Map<String, Value>,
        schema: &Map<String, Value>,
        depth: usize,
    ) -> bool {
        let Some(Value::Object(properties)) = schema.get("properties") else { return true };
        properties.iter().all(|(property, schema)| {
            let Value::Object(schema) = schema else { return true };
            let argument = arguments.get(property).filter(|argument| !argument.is_null());
            let is_repeated = match schema.get(ANNOTATION) {
                Some(Value::String(header)) => match (self.param(header), argument) {
                    (None, None) => true,
                    (Some(said), Some(argument)) => is_same(said, argument),
                    _ => false,
                },
                _ => true,
            };
            let empty = Map::new();
            let inner = argument.and_then(Value::as_object).unwrap_or(&empty);
            is_repeated
                && (depth >= ANNOTATION_DEPTH_MAX || self.repeats_properties(inner, schema, depth + 1))
        })
    }

    fn param(&self, header: &str) -> Option<&HeaderValue> {
        self.params.iter().find(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, value)| value)
    }
}

/// A header's value with its base64 undone; `None` if it is not what it says.
fn decode(value: &HeaderValue) -> Option<Cow<'_, str>> {
    let text = value.to_str().ok()?;
    match text.strip_prefix(ENCODED_PREFIX).and_then(|rest| rest.strip_suffix(ENCODED_SUFFIX)) {
        Some(encoded) => {
            let bytes = BASE64_STANDARD.decode(encoded).ok()?;
            String::from_utf8(bytes).ok().map(Cow::Owned)
        }
        None => Some(Cow::Borrowed(text)),
    }
}

/// Whether a header repeats an argument: numbers by value (`42.0` is 42), everything else by text.
fn is_same(header: &HeaderValue, argument: &Value) -> bool {
    let Some(said) = decode(header) else { return false };
    match argument {
        Value::String(text) => said == text.as_str(),
        Value::Bool(yes) => said == if *yes { "true" } else { "false" },
        Value::Number(number) => {
            said == number.to_string()
                || serde_json::from_str::<serde_json::Number>(&said)
                    .is_ok_and(|said| is_same_number(&said, number))
        }
        // Annotations stand on plain values only; whatever else came is the schema's business.
        Value::Null | Value::Array(_) | Value::Object(_) => true,
    }
}

/// Beyond 2⁵³ a float no longer tells neighbours apart, so integers are compared as such.
fn is_same_number(one: &serde_json::Number, other: &serde_json::Number) -> bool {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one == other,
        _ => one
            .as_f64()
            .zip(other.as_f64())
            .is_some_and(|(one, other)| one.total_cmp(&other).is_eq() && one.abs() < 9_007_199_254_740_992.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Incoming, decode as decode_message};
    use serde_json::json;

    fn request(method: &str, mut params: Value, version: Option<&str>) -> Request {
        if let Some(version) = version {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientInfo": { "name": "probe", "version": "1" },
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        match decode_message(message.to_string().as_bytes()).expect("a request") {
            Incoming::Request(request) => *request,
            other => panic!("{other:?}"),
        }
    }

    fn call(arguments: &Value) -> Request {
        request("tools/call", json!({ "name": "hello_world", "arguments": arguments }), Some("2026-07-28"))
    }

    fn headers(lines: &[(&str, &str)]) -> McpHeaders {
        let mut headers = McpHeaders::default();
        for (name, value) in lines {
            let value = HeaderValue::from_str(value).expect("a value");
            match *name {
                "version" => headers.version = Some(value),
                "method" => headers.method = Some(value),
                "name" => headers.name = Some(value),
                param => headers.params.push((param.to_owned(), value)),
            }
        }
        headers
    }

    fn schema() -> Map<String, Value> {
        let schema = json!({ "type": "object", "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "count": { "type": "integer", "x-mcp-header": "Count" },
            "inner": { "type": "object", "properties": { "flag": { "type": "boolean", "x-mcp-header": "Flag" } } },
        }});
        schema.as_object().expect("an object").clone()
    }

    #[track_caller]
    fn code(lines: &[(&str, &str)], request: &Request) -> Result<String, Code> {
        let schema = schema();
        let agreed = headers(lines).agree(request, |_| Some(&schema));
        agreed.map(|version| version.as_str().to_owned()).map_err(|fault| fault.code)
    }

    const NEW: (&str, &str) = ("version", "2026-07-28");
    const CALL: (&str, &str) = ("method", "tools/call");
    const HELLO: (&str, &str) = ("name", "hello_world");

    #[test]
    fn a_request_without_a_version_is_served_as_2025_03_26() {
        let list = request("tools/list", json!({}), None);
        assert_eq!(code(&[], &list), Ok("2025-03-26".into()));
        assert_eq!(code(&[("version", "2025-11-25")], &list), Ok("2025-11-25".into()));
    }

    #[test]
    fn a_version_nobody_speaks_is_refused_naming_those_that_are_spoken() {
        let list = request("tools/list", json!({}), None);
        let fault = headers(&[("version", "1999-01-01")]).agree(&list, |_| None).expect_err("unknown");
        assert_eq!(fault.code, Code::UnsupportedVersion);
        let data = fault.error.data.expect("data");
        assert_eq!(data["requested"], "1999-01-01");
        assert!(data["supported"].as_array().expect("versions").contains(&json!("2026-07-28")));
    }

    #[test]
    fn header_and_meta_must_name_the_same_version() {
        let hello = call(&json!({}));
        assert_eq!(code(&[NEW, CALL, HELLO], &hello), Ok("2026-07-28".into()));
        assert_eq!(code(&[], &hello), Err(Code::HeaderMismatch));
        assert_eq!(code(&[("version", "2025-11-25")], &hello), Err(Code::HeaderMismatch));
    }

    #[test]
    fn method_and_name_must_be_repeated() {
        let hello = call(&json!({}));
        for lines in [
            &[NEW][..],
            &[NEW, CALL],
            &[NEW, HELLO],
            &[NEW, CALL, ("name", "other")],
            &[NEW, ("method", "Tools/call"), HELLO],
            &[NEW, CALL, ("name", "=?base64?aGVsbG9fd29ybG?=")],
            &[NEW, CALL, ("name", "=?base64?/w==?=")],
            &[NEW, CALL, ("name", "hello_wörld")],
        ] {
            assert_eq!(code(lines, &hello), Err(Code::HeaderMismatch), "{lines:?}");
        }
        let encoded = ("name", "=?base64?aGVsbG9fd29ybGQ=?=");
        assert_eq!(code(&[NEW, CALL, encoded], &hello), Ok("2026-07-28".into()));
    }

    #[test]
    fn annotated_arguments_must_be_repeated_by_value() {
        let agrees = |lines: &[(&str, &str)], arguments: Value| {
            code(&[&[NEW, CALL, HELLO], lines].concat(), &call(&arguments)).is_ok()
        };
        assert!(agrees(&[], json!({})));
        assert!(agrees(&[], json!({ "region": null })));
        assert!(agrees(&[("region", "eu")], json!({ "region": "eu" })));
        assert!(agrees(&[("region", "=?base64?w7w=?=")], json!({ "region": "ü" })));
        assert!(agrees(&[("count", "42")], json!({ "count": 42.0 })));
        assert!(agrees(&[("count", "42.0")], json!({ "count": 42 })));
        assert!(agrees(&[("flag", "true")], json!({ "inner": { "flag": true } })));
        assert!(!agrees(&[], json!({ "region": "eu" })));
        assert!(!agrees(&[("region", "us")], json!({ "region": "eu" })));
        assert!(!agrees(&[("region", "eu")], json!({})));
        assert!(!agrees(&[("region", "=?base64?***?=")], json!({ "region": "eu" })));
        assert!(!agrees(&[("count", "43")], json!({ "count": 42 })));
        assert!(!agrees(&[("flag", "1")], json!({ "inner": { "flag": true } })));
        assert!(!agrees(&[("count", "9007199254740993.0")], json!({ "count": 9_007_199_254_740_992_u64 })));
    }

    #[test]
    fn older_versions_need_no_such_headers() {
        let old = request("tools/call", json!({ "name": "hello_world" }), None);
        assert_eq!(code(&[("version", "2025-11-25")], &old), Ok("2025-11-25".into()));
        assert_eq!(code(&[("version", "2025-11-25"), ("method", "other")], &old), Ok("2025-11-25".into()));
    }
}
