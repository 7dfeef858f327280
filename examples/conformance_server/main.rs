//! Everything the official conformance suite expects of a server, built from
//! the library's own tools, prompts and resources.
//!
//! ```text
//! conformance_server [ADDR]     HTTP, by default on 127.0.0.1:8080; the endpoint is /mcp
//! conformance_server --stdio
//! ```
//!
//! Loopback only, no key, no limits: the suite knows of none of these. Absent
//! are the fixtures that ask the client something while a call runs, and
//! subscriptions, because nothing here changes by itself; further two that the
//! suite does not score: `json_schema_2020_12_tool`, whose schema not every client
//! accepts, so that a start with it is refused, and `test_reconnection`,
//! for streams that can be taken up again.

mod prompts;
mod resources;
mod tools;

use std::process::ExitCode;

use mcp_server::{Server, guard::Block};

/// One red pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\xdac\xfc\xff\x9f\xa1\x1e\0\x07\x82\x02\x7f=\xc8H\xef\0\0\0\0IEND\xaeB`\x82";

/// No sound at all.
const WAV: &[u8] = b"RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0D\xac\0\0\x88X\x01\0\x02\0\x10\0data\0\0\0\0";

fn main() -> ExitCode {
    let server = Server::new()
        .tool(tools::SimpleText)
        .tool(tools::ImageContent)
        .tool(tools::AudioContent)
        .tool(tools::EmbeddedResource)
        .tool(tools::MultipleContentTypes)
        .tool(tools::ErrorHandling)
        .tool(tools::ToolWithLogging)
        .tool(tools::ToolWithProgress)
        .tool(tools::MissingCapability)
        .tool(tools::StreamingElicitation)
        .tool(tools::LoggingTool)
        .tool(tools::WaitUntilCancelled)
        .tool(tools::CustomHeader)
        .prompt(prompts::SimplePrompt)
        .prompt(prompts::PromptWithArguments)
        .prompt(prompts::PromptWithResource)
        .prompt(prompts::PromptWithImage)
        .resource(resources::StaticText)
        .resource(resources::StaticBinary)
        .template(resources::TemplateData)
        .setting("limits.enabled", "false");
    let place = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    if place == "--stdio" {
        mcp_server::run_from(server, ["mcp-server", "serve"])
    } else {
        mcp_server::run_from(server, ["mcp-server", "serve", &format!("--http={place}"), "--no-auth"])
    }
}

fn pixel() -> Block {
    Block::Image { data: PNG.into(), mime: "image/png".into() }
}

fn silence() -> Block {
    Block::Audio { data: WAV.into(), mime: "audio/wav".into() }
}
