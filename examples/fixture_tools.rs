//! Tools that misbehave, for the tests that look at the server from outside.
//!
//! Each does one thing that a tool of a stranger might do: hang, spin, panic,
//! print, hand in too much. The server around them is the real one, with the
//! whole command line.

use std::{
    fs::OpenOptions,
    io::Write as _,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use mcp_server::{
    Server,
    guard::{Block, Draft},
    policy::Effect,
    refusal::{Capability, Refusal},
    sanitize::{
        glob::Glob,
        integer::Integer,
        path::FilePath,
        text::{Line, Name, Text},
    },
    tools::{CallContext, LogLevel, Tool},
};
use schemars::JsonSchema;
use serde::Deserialize;

fn main() -> ExitCode {
    let server = Server::built_in()
        .tool(Echo)
        .tool(Hang)
        .tool(Spin)
        .tool(BlockThread)
        .tool(Panic)
        .tool(Touches)
        .tool(Print)
        .tool(Huge)
        .tool(Progress)
        .tool(Canary)
        .tool(SlowWrite)
        .tool(AskUser);
    mcp_server::run(server)
}

/// Declares a tool that needs nothing of the world.
macro_rules! tool {
    ($tool:ident, $name:literal, $says:literal, $effect:ident, $args:ty, |$given:ident, $call:ident| $body:expr) => {
        struct $tool;

        impl Tool for $tool {
            const NAME: &'static str = $name;
            const TITLE: &'static str = $name;
            const DESCRIPTION: &'static str = $says;
            const EFFECT: Effect = Effect::$effect;
            type Args = $args;
            type Needs = ();

            async fn run(&self, $given: $args, (): (), $call: &CallContext) -> Result<Draft, Refusal> {
                $body
            }
        }
    };
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArgs {}

/// How long something takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Lasting {
    /// In milliseconds.
    millis: Integer<0, 600_000>,
}

impl Lasting {
    fn time(&self) -> Duration {
        Duration::from_millis(self.millis.get().unsigned_abs())
    }
}

// --- arguments --------------------------------------------------------------

/// One argument of each type.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EchoArgs {
    /// Free text.
    text: Option<Text<1_048_576>>,
    /// One line.
    line: Option<Line<1_000>>,
    /// A name.
    name: Option<Name<200>>,
    /// A path.
    path: Option<FilePath>,
    /// A pattern.
    glob: Option<Glob>,
    /// An integer.
    integer: Option<Integer<-1_000, 1_000>>,
    /// A number.
    number: Option<f64>,
    /// Yes or no.
    boolean: Option<bool>,
    /// One of three.
    choice: Option<Choice>,
    /// Several texts.
    list: Option<Vec<Text<65_536>>>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Red,
    Green,
    Blue,
}

impl EchoArgs {
    /// What was given, in the order of the schema.
    fn given(self) -> impl Iterator<Item = String> {
        let choice = self.choice.map(|choice| match choice {
            Choice::Red => "red",
            Choice::Green => "green",
            Choice::Blue => "blue",
        });
        let single = [
            self.text.map(Text::into_string),
            self.line.map(Line::into_string),
            self.name.map(Name::into_string),
            self.path.map(|path| path.as_str().to_owned()),
            self.glob.map(|glob| glob.as_str().to_owned()),
            self.integer.map(|integer| integer.to_string()),
            self.number.map(|number| number.to_string()),
            self.boolean.map(|boolean| boolean.to_string()),
            choice.map(str::to_owned),
        ];
        single.into_iter().flatten().chain(self.list.into_iter().flatten().map(Text::into_string))
    }
}

tool!(
    Echo,
    "echo",
    "Say every argument that is given, each in a block of its own.",
    Pure,
    EchoArgs,
    |args, _call| {
        Ok(args.given().fold(Draft::new(), |draft, text| draft.and(Block::Text(text))).at_most(1 << 20))
    }
);

// --- time -------------------------------------------------------------------

/// Tells whoever reads log messages that the run is under way: a test can wait for that.
fn begun(call: &CallContext) {
    call.log(LogLevel::Info, "begun");
}

tool!(Hang, "hang", "Wait without end.", Pure, NoArgs, |_args, call| {
    begun(call);
    std::future::pending().await
});

tool!(Spin, "spin", "Compute without a pause, whoever asks it to stop.", Pure, Lasting, |args, call| {
    begun(call);
    let until = Instant::now() + args.time();
    while Instant::now() < until {
        std::hint::spin_loop();
    }
    Ok(Draft::text("spun"))
});

tool!(BlockThread, "block", "Block a thread, whoever asks it to stop.", Pure, Lasting, |args, call| {
    call.blocking(move |call| {
        begun(call);
        thread::sleep(args.time());
        Ok(Draft::text("blocked"))
    })
    .await
});

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProgressArgs {
    /// How many steps.
    steps: Integer<1, 1_000_000>,
    /// The pause after each, in milliseconds.
    millis: Integer<0, 60_000>,
}

tool!(Progress, "progress", "Take steps and tell of each.", Pure, ProgressArgs, |args, call| {
    let pause = Duration::from_millis(args.millis.get().unsigned_abs());
    let steps = u32::try_from(args.steps.get()).unwrap_or(u32::MAX);
    for step in 1..=steps {
        call.progress(step.into(), Some(steps.into()), Some("a step"));
        call.log(LogLevel::Info, "a word");
        tokio::time::sleep(pause).await;
    }
    Ok(Draft::text("done"))
});

tool!(SlowWrite, "slow_write", "Take the time that a write takes.", WritesDisk, Lasting, |args, call| {
    begun(call);
    tokio::time::sleep(args.time()).await;
    sing_outside().map_err(|error| Refusal::tool(error.to_string()))?;
    Ok(Draft::text("written"))
});

// --- panics -----------------------------------------------------------------

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PanicArgs {
    /// Where it happens.
    mode: PanicMode,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum PanicMode {
    /// In the run itself.
    Async,
    /// On a thread that may block.
    Blocking,
    /// In a destructor, at the end of the run.
    InDrop,
    /// In a destructor, when the run is cancelled.
    WhenCancelled,
    /// While a lock is held.
    Locked,
    /// In a destructor while another panic unwinds: the process aborts.
    Twice,
}

/// What every panic says. It must not reach a client.
const PANIC: &str = "a secret of the operator";

/// Panics when it goes.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("{PANIC}");
    }
}

static LOCK: Mutex<u64> = Mutex::new(0);

tool!(Panic, "panic", "Panic.", Pure, PanicArgs, |args, call| {
    match args.mode {
        PanicMode::Async => panic!("{PANIC}"),
        PanicMode::Blocking => call.blocking(|_| panic!("{PANIC}")).await,
        PanicMode::InDrop => {
            let _bomb = Bomb;
            Ok(Draft::text("the result is lost"))
        }
        PanicMode::WhenCancelled => {
            let _bomb = Bomb;
            begun(call);
            std::future::pending().await
        }
        PanicMode::Locked => {
            let mut count = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
            *count += 1;
            panic!("{PANIC}: {count}");
        }
        PanicMode::Twice => {
            let _bomb = Bomb;
            panic!("{PANIC}")
        }
    }
});

/// A type of arguments that panics instead of saying no.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct Touchy(#[allow(dead_code, reason = "no value ever gets that far")] String);

impl TryFrom<String> for Touchy {
    type Error = String;

    fn try_from(_: String) -> Result<Self, String> {
        panic!("{PANIC}");
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TouchyArgs {
    /// Whatever it is, it panics.
    #[allow(dead_code, reason = "no value ever gets that far")]
    text: Touchy,
}

tool!(Touches, "touchy", "Panic while the arguments are read.", Pure, TouchyArgs, |_args, _call| {
    Ok(Draft::text("never"))
});

// --- output -----------------------------------------------------------------

tool!(Print, "print", "Print to stdout in every way there is.", Pure, NoArgs, |_args, _call| {
    #[allow(clippy::print_stdout, reason = "it is what the tool is for")]
    {
        println!("printed by println");
    }
    let failed = |_| Refusal::tool("stdout cannot be written");
    std::io::stdout().flush().map_err(failed)?;
    rustix::io::write(rustix::stdio::stdout(), b"printed to descriptor 1\n")
        .map_err(|error| failed(error.into()))?;
    Ok(Draft::text("printed"))
});

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HugeArgs {
    /// Of what there is so much.
    shape: Shape,
    /// How much: bytes, blocks or notes.
    count: Integer<0, 2_000_000_000>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Shape {
    /// One text of so many bytes.
    Text,
    /// So many blocks of one byte each.
    Blocks,
    /// So many notes.
    Notes,
    /// So many images of a megabyte each.
    Images,
    /// A link of so many bytes.
    Link,
}

tool!(Huge, "huge", "Hand in more than anybody asked for.", Pure, HugeArgs, |args, _call| {
    let count = args.count.as_usize();
    // Zeros: the system gives them without using memory, so that only what the server does with them counts.
    let zeros = |bytes| String::from_utf8(vec![0; bytes]).unwrap_or_default();
    Ok(match args.shape {
        Shape::Text => Draft::text(zeros(count)).at_most(1 << 20),
        Shape::Blocks => (0..count).fold(Draft::new(), |draft, _| draft.and(Block::Text("x".to_owned()))),
        Shape::Notes => (0..count).fold(Draft::text("noted"), |draft, _| draft.note("x".repeat(60))),
        Shape::Images => (0..count).fold(Draft::new(), |draft, _| {
            draft.and(Block::Image { data: vec![0; 1 << 20].into(), mime: "image/png".to_owned() })
        }),
        Shape::Link => Draft::new().and(Block::Link { uri: zeros(count), name: "a link".to_owned() }),
    })
});

// --- what ran ---------------------------------------------------------------

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CanaryArgs {
    /// Only say how often it sang.
    silent: Option<bool>,
}

static SONGS: AtomicU64 = AtomicU64::new(0);

tool!(
    Canary,
    "canary",
    "Sing, and say how often. Proves what ran and what did not.",
    Pure,
    CanaryArgs,
    |args, _call| {
        if !args.silent.unwrap_or_default() {
            SONGS.fetch_add(1, Ordering::SeqCst);
            sing_outside().map_err(|error| Refusal::tool(error.to_string()))?;
        }
        Ok(Draft::text(SONGS.load(Ordering::SeqCst).to_string()))
    }
);

/// Adds one byte to the file that `FIXTURE_CANARY` names, for tests that outlive the process.
#[allow(clippy::disallowed_methods, reason = "a word to the test, not to a client")]
fn sing_outside() -> std::io::Result<()> {
    let Some(file) = std::env::var_os("FIXTURE_CANARY") else { return Ok(()) };
    OpenOptions::new().append(true).create(true).open(file)?.write_all(b".")
}

tool!(AskUser, "ask_user", "Need a client that can ask its user.", Pure, NoArgs, |_args, call| {
    call.require(Capability::Elicitation)?;
    Ok(Draft::text("the client can ask"))
});
