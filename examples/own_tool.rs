//! One tool of your own beside the built-in ones.
use mcp_server::tools::{CallContext, Tool};
use mcp_server::{Server, guard::Draft, policy::Effect, refusal::Refusal, sanitize::text::Text};
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Args {
    /// The text to count.
    text: Text<100_000>,
}
struct CountWords;
impl Tool for CountWords {
    const NAME: &str = "count_words";
    const TITLE: &str = "Count words";
    const DESCRIPTION: &str = "Count the words of a text.";
    const EFFECT: Effect = Effect::Pure;
    type Args = Args;
    type Needs = ();
    async fn run(&self, args: Args, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::text(args.text.as_str().split_whitespace().count().to_string()))
    }
}

fn main() -> std::process::ExitCode {
    mcp_server::run(Server::built_in().tool(CountWords))
}
