//! A line with tools that behave badly, for tests of the doors.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::Protocol;
use crate::{
    caller::Door,
    dispatch::{Dispatcher, Offers},
    events::{Beginning, Recorder, Settings, StartFacts},
    guard::{Block, Draft, Guard},
    policy::{Effect, Policy, seats::Seats},
    prompts::{Prompt, PromptArgs, PromptArgument},
    refusal::{Capability, Refusal},
    resources::Resource,
    sandbox::World,
    shutdown::Tasks,
    tools::{CallContext, HelloWorld, LogLevel, Tool},
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoArgs {}

/// Declares a tool without needs.
macro_rules! tool {
    ($tool:ident, $name:literal, $args:ty, |$self:ident, $given:ident, $call:ident| $body:expr) => {
        impl Tool for $tool {
            const NAME: &'static str = $name;
            const TITLE: &'static str = $name;
            const DESCRIPTION: &'static str = "A tool for tests.";
            const EFFECT: Effect = Effect::Pure;
            type Args = $args;
            type Needs = ();

            async fn run(&$self, $given: $args, (): (), $call: &CallContext) -> Result<Draft, Refusal> {
                $body
            }
        }
    };
}

/// How many calls of [`Hang`] run, and how many ever ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hanging {
    pub(crate) now: Arc<AtomicUsize>,
    pub(crate) ever: Arc<AtomicUsize>,
}

struct Hang(Hanging);
struct Leave(Arc<AtomicUsize>);
impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
tool!(Hang, "hang", NoArgs, |self, _args, _call| {
    self.0.now.fetch_add(1, Ordering::SeqCst);
    self.0.ever.fetch_add(1, Ordering::SeqCst);
    let _leave = Leave(Arc::clone(&self.0.now));
    std::future::pending().await
});

struct Panics;
tool!(Panics, "panics", NoArgs, |self, _args, _call| panic!("a secret of the operator"));

struct Prints;
tool!(Prints, "prints", NoArgs, |self, _args, _call| {
    #[allow(clippy::print_stdout, reason = "what the test is about")]
    {
        println!("a tool prints");
    }
    Ok(Draft::text("printed"))
});

struct Steps;
tool!(Steps, "steps", NoArgs, |self, _args, call| {
    for step in 0..3_u8 {
        call.progress(f64::from(step), Some(3.0), Some("a step"));
        call.log(LogLevel::Info, "a word");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(Draft::text("done"))
});

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BigArgs {
    bytes: usize,
}
struct Big;
tool!(Big, "big", BigArgs, |self, args, _call| Ok(Draft::text("x".repeat(args.bytes)).at_most(1 << 20)));

struct Asks;
tool!(Asks, "asks", NoArgs, |self, _args, call| {
    call.require(Capability::Sampling)?;
    Ok(Draft::text("asked"))
});

struct Fails;
tool!(Fails, "fails", NoArgs, |self, _args, _call| Err(Refusal::tool("there is nothing to do here")));

struct Greet;
impl Prompt for Greet {
    const NAME: &'static str = "greet";
    const TITLE: &'static str = "Greet";
    const DESCRIPTION: &'static str = "Greets someone.";
    const ARGUMENTS: &'static [PromptArgument] =
        &[PromptArgument { name: "who", description: "Whom to greet.", required: true }];

    async fn get(&self, args: PromptArgs, _: &CallContext) -> Result<Draft, Refusal> {
        Ok(Draft::text(format!("Say hello to {}.", args.named("who").unwrap_or_default())))
    }

    async fn complete(&self, _: &str, typed: &str, _: &CallContext) -> Result<Vec<String>, Refusal> {
        Ok((0..150).map(|n| format!("{typed}{n}")).collect())
    }
}

struct Note;
impl Resource for Note {
    const URI: &'static str = "test://note";
    const NAME: &'static str = "note";
    const DESCRIPTION: &'static str = "A note.";
    const MIME: &'static str = "text/plain";
    type Needs = ();

    async fn read(&self, (): (), _: &CallContext) -> Result<Draft, Refusal> {
        let (uri, mime) = (Self::URI.into(), Self::MIME.into());
        Ok(Draft::new().and(Block::TextResource { uri, mime, text: "noted".into() }))
    }
}

/// What a test holds on to.
pub(crate) struct Fixture {
    pub(crate) protocol: Arc<Protocol>,
    pub(crate) hanging: Hanging,
    pub(crate) tasks: Tasks,
    log: TempDir,
}

impl Fixture {
    /// The events written so far, as JSON lines; complete once the recorder is stopped.
    pub(crate) fn log(self) -> Log {
        Log(self.log)
    }
}

/// Where the events of a fixture are.
pub(crate) struct Log(TempDir);

impl Log {
    /// Every event but the server's own, as `event code`.
    #[allow(clippy::disallowed_methods, reason = "a test reads what was written")]
    pub(crate) fn read(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.0.path().join("events")).unwrap().map(|file| file.unwrap().path());
        let texts = files.filter(|file| file.extension().is_some_and(|end| end == "jsonl"));
        let text: String = texts.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|event| !event["event"].as_str().unwrap().starts_with("server_"))
            .map(|event| {
                let code = event["code"].as_str().unwrap_or("-");
                format!("{} {code}", event["event"].as_str().unwrap())
            })
            .collect()
    }
}

/// Everything above, offered.
pub(crate) fn full() -> Fixture {
    let hanging = Hanging::default();
    let mut offers = Offers::default();
    offers.tools.add(HelloWorld);
    offers.tools.add(Hang(hanging.clone()));
    offers.tools.add(Panics);
    offers.tools.add(Prints);
    offers.tools.add(Steps);
    offers.tools.add(Big);
    offers.tools.add(Asks);
    offers.tools.add(Fails);
    offers.prompts.add(Greet);
    offers.resources.add(Note);
    with(offers, hanging)
}

/// `hello_world` and nothing else.
pub(crate) fn bare() -> Fixture {
    let mut offers = Offers::default();
    offers.tools.add(HelloWorld);
    with(offers, Hanging::default())
}

fn with(offers: Offers, hanging: Hanging) -> Fixture {
    let tasks = Tasks::default();
    let log = tempfile::tempdir().unwrap();
    let facts = StartFacts { version: "0.0.0".into(), door: Door::Stdio, details: Map::new() };
    let settings = Settings::in_dir(log.path().join("events"));
    let events = Recorder::start(settings, facts, Beginning::WithFirstEvent).unwrap();
    let dispatcher = Dispatcher {
        offers,
        policy: Policy::default(),
        seats: Seats::default(),
        turns: crate::dispatch::Turns::default(),
        world: World::default(),
        guard: Guard::default(),
        events,
        tasks: tasks.clone(),
    };
    let protocol = Protocol::new(Arc::new(dispatcher), "mcp-server", "0.0.0").instructed("Be kind.");
    Fixture { protocol: Arc::new(protocol), hanging, tasks, log }
}
