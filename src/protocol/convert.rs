//! From what the line hands back to what MCP sends.
//!
//! Only a [`Released`] becomes a reply; there is no way here from a draft.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use rmcp::model::{
    CallToolResult, CompleteResult, CompletionInfo, ContentBlock, ErrorCode, ErrorData, GetPromptResult,
    PromptMessage, ReadResourceResult, Resource, ResourceContents,
};
use serde_json::{Value, json};

use super::error::error;
use crate::{
    events::CallId,
    guard::{Block, Released, Role},
    limits,
    refusal::{Code, Refusal},
};

/// The result of a tool: text in `content` alone, never twice.
#[must_use]
pub fn result(released: Released) -> CallToolResult {
    let is_failure = released.is_failure();
    let content = released.into_blocks().into_iter().map(|(_, block)| content(block)).collect();
    if is_failure { CallToolResult::error(content) } else { CallToolResult::success(content) }
}

/// The contents of the resource at `uri`. A note about them comes last, as text.
#[must_use]
pub fn contents(released: Released, uri: &str) -> ReadResourceResult {
    let contents = released.into_blocks().into_iter().map(|(_, block)| match block {
        Block::Text(text) => ResourceContents::text(text, uri),
        Block::Image { data, mime } | Block::Audio { data, mime } => {
            ResourceContents::blob(STANDARD.encode(data), uri).with_mime_type(mime)
        }
        Block::TextResource { uri, mime, text } => ResourceContents::text(text, uri).with_mime_type(mime),
        Block::BlobResource { uri, mime, data } => {
            ResourceContents::blob(STANDARD.encode(data), uri).with_mime_type(mime)
        }
        Block::Link { uri: target, .. } => {
            ResourceContents::text(target, uri).with_mime_type("text/uri-list")
        }
    });
    ReadResourceResult::new(contents.collect())
}

/// The messages of a prompt.
#[must_use]
pub fn messages(released: Released, description: &'static str) -> GetPromptResult {
    let messages = released.into_blocks().into_iter().map(|(role, block)| {
        let role = match role {
            Role::User => rmcp::model::Role::User,
            Role::Assistant => rmcp::model::Role::Assistant,
        };
        PromptMessage::new(role, content(block))
    });
    GetPromptResult::new(messages.collect()).with_description(description)
}

/// The values of a completion: at most the 100 that the specification allows.
#[must_use]
pub fn completion(released: Released) -> CompleteResult {
    let (is_whole, has_notes) = (released.withheld().is_nothing(), released.has_notes());
    let mut values: Vec<String> = released
        .into_blocks()
        .into_iter()
        .filter_map(|(_, block)| match block {
            Block::Text(value) => Some(value),
            _ => None,
        })
        .collect();
    if has_notes {
        values.pop(); // no value
    }
    let mut completion = CompletionInfo::default();
    completion.total = u32::try_from(values.len()).ok().filter(|_| is_whole);
    completion.has_more = Some(!is_whole || values.len() > CompletionInfo::MAX_VALUES);
    values.truncate(CompletionInfo::MAX_VALUES);
    completion.values = values;
    CompleteResult::new(completion)
}

fn content(block: Block) -> ContentBlock {
    match block {
        Block::Text(text) => ContentBlock::text(text),
        Block::Image { data, mime } => ContentBlock::image(STANDARD.encode(data), mime),
        Block::Audio { data, mime } => ContentBlock::audio(STANDARD.encode(data), mime),
        Block::TextResource { uri, mime, text } => {
            ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(mime))
        }
        Block::BlobResource { uri, mime, data } => {
            ContentBlock::resource(ResourceContents::blob(STANDARD.encode(data), uri).with_mime_type(mime))
        }
        Block::Link { uri, name } => ContentBlock::resource_link(Resource::new(uri, name)),
    }
}

/// A refused `tools/call`. A model can act on an `isError` result, so that is
/// what it gets, but for the two refusals that have an error of their own.
///
/// # Errors
///
/// -32602 for a tool that does not exist for this caller, -32021 for a
/// capability that the client did not declare.
pub fn refused_tool(refusal: &Refusal, call: &CallId) -> Result<CallToolResult, ErrorData> {
    match refusal {
        Refusal::Unknown { .. } => Err(error(ErrorCode::INVALID_PARAMS, refusal.to_string(), None)),
        Refusal::MissingCapability(_) => Err(missing_capability(refusal)),
        _ => Ok(CallToolResult::error(vec![ContentBlock::text(words(refusal, call))])),
    }
}

/// A refused `resources/read`, `prompts/get` or `completion/complete`: these
/// have no `isError`. `uri` is repeated for a resource, as the specification
/// wants, if it could be one of ours; nothing else of the request is.
#[must_use]
pub fn refused(refusal: &Refusal, call: &CallId, uri: Option<&str>) -> ErrorData {
    let number = match refusal {
        Refusal::MissingCapability(_) => return missing_capability(refusal),
        Refusal::Unknown { .. } | Refusal::Argument { .. } => ErrorCode::INVALID_PARAMS,
        Refusal::Failed { code, .. } if !matches!(code, Code::Io | Code::ToolFailed) => {
            ErrorCode::INVALID_PARAMS
        }
        _ => ErrorCode::INTERNAL_ERROR,
    };
    let mut data = json!({ "code": refusal.code().as_str() });
    let uri = uri.filter(|uri| uri.len() <= limits::PATH_BYTES_MAX);
    if let (Some(uri), Value::Object(data)) = (uri, &mut data) {
        data.insert("uri".into(), uri.into());
    }
    error(number, words(refusal, call), Some(data))
}

fn missing_capability(refusal: &Refusal) -> ErrorData {
    let required = match refusal {
        Refusal::MissingCapability(capability) => json!({ capability.as_str(): {} }),
        _ => json!({}),
    };
    let data = json!({ "requiredCapabilities": required });
    error(ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, refusal.to_string(), Some(data))
}

/// The refusal's words, its code, and, where only the log knows more, the id to
/// look for there.
fn words(refusal: &Refusal, call: &CallId) -> String {
    let mut words = refusal.to_string();
    let code = refusal.code();
    // Writing to a String cannot fail.
    let _ = match refusal {
        Refusal::Limited { .. } => Ok(()), // its words hold the code already
        Refusal::Panicked
        | Refusal::Broke { .. }
        | Refusal::Deadline { .. }
        | Refusal::NotRecorded
        | Refusal::DoneNotRecorded => write!(words, " ({code}, call {})", call.0),
        _ => write!(words, " ({code})"),
    };
    words
}
