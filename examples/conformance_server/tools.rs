//! The tools that the conformance suite calls.

use std::time::Duration;

use mcp_server::{
    guard::{Block, Draft},
    policy::Effect,
    refusal::{Capability, Refusal},
    sanitize::text::Text,
    tools::{CallContext, LogLevel, Tool},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{pixel, silence};

/// Between two notices, so that they arrive one after another.
const PAUSE: Duration = Duration::from_millis(50);

/// No arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Declares a tool without arguments and needs, whose body is an expression of its call.
macro_rules! fixture {
    ($(#[$doc:meta])* $tool:ident = $name:literal, |$call:ident| $body:expr) => {
        $(#[$doc])*
        pub(crate) struct $tool;

        impl Tool for $tool {
            const NAME: &'static str = $name;
            const TITLE: &'static str = stringify!($tool);
            const DESCRIPTION: &'static str = concat!("The conformance fixture ", $name, ".");
            const EFFECT: Effect = Effect::Pure;
            type Args = Nothing;
            type Needs = ();

            async fn run(&self, _: Nothing, (): (), $call: &CallContext) -> Result<Draft, Refusal> {
                $body
            }
        }
    };
}

fixture!(
    /// One text.
    SimpleText = "test_simple_text",
    |_call| Ok(Draft::text("This is a simple text response for testing."))
);

fixture!(
    /// One image.
    ImageContent = "test_image_content",
    |_call| Ok(Draft::new().and(pixel()))
);

fixture!(
    /// One sound.
    AudioContent = "test_audio_content",
    |_call| Ok(Draft::new().and(silence()))
);

fixture!(
    /// One resource, carried along.
    EmbeddedResource = "test_embedded_resource",
    |_call| Ok(Draft::new().and(embedded("test://embedded-resource")))
);

fixture!(
    /// Text, image and resource together.
    MultipleContentTypes = "test_multiple_content_types",
    |_call| {
        let text = Draft::text("Multiple content types test:");
        Ok(text.and(pixel()).and(embedded("test://mixed-content-resource")))
    }
);

fixture!(
    /// A failure that the caller is told about.
    ErrorHandling = "test_error_handling",
    |_call| Err(Refusal::tool("this tool returns an error on purpose"))
);

fixture!(
    /// Three words for the client's log on the way.
    ToolWithLogging = "test_tool_with_logging",
    |call| {
        for word in ["started", "processing", "finished"] {
            call.log(LogLevel::Info, word);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Draft::text("Logged three times."))
    }
);

fixture!(
    /// Three steps on the way.
    ToolWithProgress = "test_tool_with_progress",
    |call| {
        for done in [0.0, 50.0, 100.0] {
            call.progress(done, Some(100.0), None);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Draft::text("Done in three steps."))
    }
);

fixture!(
    /// Only for clients that can sample.
    MissingCapability = "test_missing_capability",
    |call| {
        call.require(Capability::Sampling)?;
        Ok(Draft::text("The client can sample."))
    }
);

fixture!(
    /// Answers without asking anything, so that its stream carries no question.
    StreamingElicitation = "test_streaming_elicitation",
    |call| {
        call.require(Capability::Elicitation)?;
        Ok(Draft::text("Nothing was asked."))
    }
);

fixture!(
    /// A word for the log, which only those hear who asked for it.
    LoggingTool = "test_logging_tool",
    |call| {
        call.log(LogLevel::Info, "a word for the log");
        Ok(Draft::text("Logged once."))
    }
);

fixture!(
    /// Ends when it is cancelled, and not before. The suite has no such tool;
    /// the scripts that drive real clients do.
    WaitUntilCancelled = "wait_until_cancelled",
    |call| {
        call.cancelled().await;
        Err(Refusal::Abandoned)
    }
);

/// A tool whose argument travels in a header besides.
pub(crate) struct CustomHeader;

/// The argument of `test_custom_header`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomHeaderArgs {
    /// What is sent twice: here, and as `Mcp-Param-Value`.
    #[schemars(extend("x-mcp-header" = "Value"))]
    value: Text<1024>,
}

impl Tool for CustomHeader {
    const NAME: &'static str = "test_custom_header";
    const TITLE: &'static str = "CustomHeader";
    const DESCRIPTION: &'static str = "Takes an argument that is also sent as a header.";
    const EFFECT: Effect = Effect::Pure;
    type Args = CustomHeaderArgs;
    type Needs = ();

    async fn run(&self, args: CustomHeaderArgs, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::text(args.value.as_str()))
    }
}

fn embedded(uri: &str) -> Block {
    Block::TextResource {
        uri: uri.into(),
        mime: "text/plain".into(),
        text: "This is an embedded resource content.".into(),
    }
}
