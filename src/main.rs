//! Parses, runs, returns a code. There is nothing else to see here: start at `lib.rs`.

use std::process::ExitCode;

use mcp_server::Server;

fn main() -> ExitCode {
    mcp_server::run(Server::built_in())
}
