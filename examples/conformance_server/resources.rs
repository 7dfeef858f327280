//! The resources that the conformance suite reads.

use mcp_server::{
    guard::{Block, Draft},
    refusal::{Kind, Refusal},
    resources::{Resource, Template, Variables},
    tools::CallContext,
};

use crate::PNG;

/// A text at a fixed address.
pub(crate) struct StaticText;

impl Resource for StaticText {
    const URI: &'static str = "test://static-text";
    const NAME: &'static str = "static-text";
    const DESCRIPTION: &'static str = "A text.";
    const MIME: &'static str = "text/plain";
    type Needs = ();

    async fn read(&self, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::new().and(Block::TextResource {
            uri: Self::URI.into(),
            mime: Self::MIME.into(),
            text: "This is the content of the static text resource.".into(),
        }))
    }
}

/// Bytes at a fixed address.
pub(crate) struct StaticBinary;

impl Resource for StaticBinary {
    const URI: &'static str = "test://static-binary";
    const NAME: &'static str = "static-binary";
    const DESCRIPTION: &'static str = "An image of one pixel.";
    const MIME: &'static str = "image/png";
    type Needs = ();

    async fn read(&self, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::new().and(Block::BlobResource {
            uri: Self::URI.into(),
            mime: Self::MIME.into(),
            data: PNG.into(),
        }))
    }
}

/// One text for each id.
pub(crate) struct TemplateData;

impl Template for TemplateData {
    const URI_TEMPLATE: &'static str = "test://template/{id}/data";
    const NAME: &'static str = "template-data";
    const DESCRIPTION: &'static str = "What is known about an id.";
    const MIME: &'static str = "application/json";
    type Needs = ();

    async fn read(&self, uri: &str, variables: Variables, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        let id = variables.0.get("id").ok_or(Refusal::Unknown { kind: Kind::Resource })?;
        Ok(Draft::new().and(Block::TextResource {
            uri: uri.to_owned(),
            mime: Self::MIME.into(),
            text: serde_json::json!({ "id": id, "data": format!("Data for ID: {id}") }).to_string(),
        }))
    }
}
