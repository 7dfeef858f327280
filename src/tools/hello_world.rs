//! `hello_world`: the smallest useful tool, and the first thing to try.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{guard::Draft, policy::Effect, refusal::Refusal, sanitize::text::Name};

/// Greets someone.
#[derive(Debug)]
pub struct HelloWorld;

/// The arguments of `hello_world`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HelloArgs {
    /// Whom to greet; the world, if nobody is named.
    name: Option<Name<50>>,
}

impl Tool for HelloWorld {
    const NAME: &'static str = "hello_world";
    const TITLE: &'static str = "Hello, world";
    const DESCRIPTION: &'static str = "Greet someone, to check that the server answers.";
    const EFFECT: Effect = Effect::Pure;
    type Args = HelloArgs;
    type Needs = ();

    async fn run(&self, args: HelloArgs, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        let name = args.name.as_ref().map_or("World", Name::as_str);
        Ok(Draft::text(format!("Hello, {name}!")))
    }
}
