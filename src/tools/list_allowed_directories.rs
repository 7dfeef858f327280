//! `list_allowed_directories`: where a caller may look at all.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{
    guard::Draft,
    policy::Effect,
    refusal::Refusal,
    sandbox::{Files, files::RootView},
};

/// Lists the roots within the caller's reach.
#[derive(Debug)]
pub struct ListAllowedDirectories;

/// No arguments.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoArgs {}

impl Tool for ListAllowedDirectories {
    const NAME: &'static str = "list_allowed_directories";
    const TITLE: &'static str = "List allowed directories";
    const DESCRIPTION: &'static str = "List the root directories. Every path begins with one of them.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = NoArgs;
    type Needs = Files;

    async fn run(&self, _: NoArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let lines: Vec<_> = files.roots().map(line).collect();
        call.detail("roots", lines.len());
        if lines.is_empty() {
            return Ok(Draft::text("No root is within reach"));
        }
        Ok(Draft::text(format!("Allowed directories:\n{}", lines.join("\n"))))
    }
}

fn line(root: RootView<'_>) -> String {
    let RootView { name, is_writable, is_missing } = root;
    match (is_missing, is_writable) {
        (true, _) => format!("{name}:/ (missing)"),
        (false, true) => format!("{name}:/"),
        (false, false) => format!("{name}:/ (read only)"),
    }
}
