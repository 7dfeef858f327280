//! MCP: translation and nothing else.
//!
//! ```text
//! bytes ──decode──▶ Request ──Protocol::answer──▶ Result<ServerResult, ErrorData> ──encode──▶ bytes
//! ```
//!
//! Plain functions from rmcp's request types to rmcp's result types, for all
//! versions from 2024-11-05 to 2026-07-28. Nothing is remembered between two
//! requests: what a connection agreed on is handed in by its door, in [`Ask`].
//! Both doors call the same functions, so they cannot disagree.

mod answer;
mod convert;
mod decode;
mod digest;
mod encode;
mod era;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
mod lists;
mod notice;
mod request;
mod subscription;
#[cfg(test)]
mod tests;

pub use answer::{Ask, Protocol};
pub use convert::{completion, contents, messages, refused, refused_tool, result};
pub use decode::{Incoming, Notification, decode};
pub use digest::tools_sha256;
pub use encode::{encode, encode_notice, encode_notification, error as encode_error};
pub use era::{negotiate, served};
pub use error::{Fault, http_status};
pub use lists::{capabilities, tool};
pub use notice::{LOG_LEVEL_DEFAULT, notices, notification};
pub use request::Request;
pub use rmcp::model::{
    ErrorData, ProgressToken, ProtocolVersion, RequestId, ServerNotification, ServerResult,
};
pub use subscription::{acknowledged, completed};
