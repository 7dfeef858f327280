//! The prompts that the conformance suite asks for.

use mcp_server::{
    guard::{Block, Draft},
    prompts::{Prompt, PromptArgs, PromptArgument},
    refusal::Refusal,
    tools::CallContext,
};

use crate::pixel;

/// One message.
pub(crate) struct SimplePrompt;

impl Prompt for SimplePrompt {
    const NAME: &'static str = "test_simple_prompt";
    const TITLE: &'static str = "Simple prompt";
    const DESCRIPTION: &'static str = "A prompt without arguments.";
    const ARGUMENTS: &'static [PromptArgument] = &[];

    async fn get(&self, _: PromptArgs, _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::text("This is a simple prompt for testing."))
    }
}

/// One message with two arguments put in, which can be completed.
pub(crate) struct PromptWithArguments;

impl Prompt for PromptWithArguments {
    const NAME: &'static str = "test_prompt_with_arguments";
    const TITLE: &'static str = "Prompt with arguments";
    const DESCRIPTION: &'static str = "A prompt with two arguments.";
    const ARGUMENTS: &'static [PromptArgument] = &[
        PromptArgument { name: "arg1", description: "The first argument.", required: true },
        PromptArgument { name: "arg2", description: "The second argument.", required: true },
    ];

    async fn get(&self, args: PromptArgs, _: &CallContext) -> Result<Draft, Refusal> {
        let arg = |name| args.named(name).unwrap_or_default();
        Ok(Draft::text(format!("Prompt with arguments: arg1='{}', arg2='{}'", arg("arg1"), arg("arg2"))))
    }

    async fn complete(&self, _: &str, typed: &str, _: &CallContext) -> Result<Vec<String>, Refusal> {
        let known = ["paris", "park", "party"];
        Ok(known.iter().filter(|word| word.starts_with(typed)).map(ToString::to_string).collect())
    }
}

/// A resource, and what to do with it.
pub(crate) struct PromptWithResource;

impl Prompt for PromptWithResource {
    const NAME: &'static str = "test_prompt_with_embedded_resource";
    const TITLE: &'static str = "Prompt with a resource";
    const DESCRIPTION: &'static str = "A prompt that carries a resource along.";
    const ARGUMENTS: &'static [PromptArgument] = &[PromptArgument {
        name: "resourceUri",
        description: "The address of the resource.",
        required: true,
    }];

    async fn get(&self, args: PromptArgs, _: &CallContext) -> Result<Draft, Refusal> {
        let resource = Block::TextResource {
            uri: args.named("resourceUri").unwrap_or_default().to_owned(),
            mime: "text/plain".into(),
            text: "Embedded resource content for testing.".into(),
        };
        let ask = Block::Text("Please process the embedded resource above.".into());
        Ok(Draft::new().and(resource).and(ask))
    }
}

/// An image, and what to do with it.
pub(crate) struct PromptWithImage;

impl Prompt for PromptWithImage {
    const NAME: &'static str = "test_prompt_with_image";
    const TITLE: &'static str = "Prompt with an image";
    const DESCRIPTION: &'static str = "A prompt that carries an image along.";
    const ARGUMENTS: &'static [PromptArgument] = &[];

    async fn get(&self, _: PromptArgs, _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::new().and(pixel()).and(Block::Text("Please analyze the image above.".into())))
    }
}
