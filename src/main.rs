//! Parse, run, exit code.

use std::process::ExitCode;

use mcp_server::{
    cli::{
        self, Program,
        args::ToolsCommand,
        printer::Printer,
        report::{Exit, Failure, Stopped},
        tools,
    },
    config::{Loaded, Purpose},
    dispatch::{Dispatcher, Offers},
    events::Recorder,
    guard::Guard,
    policy::{Policy, quota::Quota, seats::Seats},
    sandbox::World,
    shutdown::Tasks,
};

struct Bare;

impl Program for Bare {
    fn defaults(&self) -> &[(String, String)] {
        &[]
    }

    fn serve(&self, _: Loaded, _: Purpose, _: &Printer) -> Result<Exit, Stopped> {
        Err(Failure::new("the doors are not hung yet").into())
    }

    fn tools(&self, command: &ToolsCommand, loaded: Loaded, printer: &Printer) -> Result<Exit, Stopped> {
        let mut offers = Offers::default();
        mcp_server::tools::add_built_in_tools(&mut offers.tools);
        let dispatcher = Dispatcher {
            offers,
            policy: Policy {
                read_only: loaded.config.tools.read_only,
                offer: loaded.config.tools.offer.set(),
                quota: Quota::default(),
            },
            seats: Seats::default(),
            world: World::default(),
            guard: Guard,
            events: Recorder,
            tasks: Tasks::default(),
        };
        match command {
            ToolsCommand::List { json: false } => tools::list(&dispatcher, printer),
            ToolsCommand::List { json: true } => tools::list_as_json(&dispatcher, printer),
            ToolsCommand::Describe { name, json: true } => {
                tools::describe_as_json(&dispatcher, name, |d| serde_json::json!({"name": d.name}), printer)
            }
            ToolsCommand::Describe { name, .. } => {
                tools::describe(&dispatcher, &loaded.config.limits, name, printer)
            }
            ToolsCommand::Call(args) => tools::call(&dispatcher, args, printer),
        }
    }
}

fn main() -> ExitCode {
    cli::run(&Bare, std::env::args_os())
}
