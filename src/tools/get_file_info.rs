//! `get_file_info`: what the system knows of a file or directory.

use std::time::SystemTime;

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{CallContext, Tool};
use crate::{
    guard::Draft,
    policy::Effect,
    refusal::Refusal,
    sandbox::{Files, files::Facts},
    sanitize::path::FilePath,
};

/// Describes a file or directory.
#[derive(Debug)]
pub struct GetFileInfo;

/// The arguments of `get_file_info`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetFileInfoArgs {
    // The file or directory.
    path: FilePath,
}

impl Tool for GetFileInfo {
    const NAME: &'static str = "get_file_info";
    const TITLE: &'static str = "Get file info";
    const DESCRIPTION: &'static str =
        "Get size, times, type and permissions of a file or directory without reading it.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = GetFileInfoArgs;
    type Needs = Files;

    async fn run(&self, args: GetFileInfoArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let facts = call.blocking(move |_| place.facts()).await?;
        Ok(Draft::text(described(&facts)))
    }
}

fn described(facts: &Facts) -> String {
    format!(
        "size: {}\ncreated: {}\nmodified: {}\naccessed: {}\nisDirectory: {}\nisFile: {}\npermissions: {:03o}",
        facts.size,
        time(facts.created),
        time(facts.modified),
        time(facts.accessed),
        facts.is_directory,
        !facts.is_directory,
        facts.permissions,
    )
}

/// RFC 3339 to the second, in UTC; never later than it was.
fn time(time: Option<SystemTime>) -> String {
    let to_the_second = TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Floor);
    time.and_then(|time| Timestamp::try_from(time).ok())
        .and_then(|time| time.round(to_the_second).ok())
        .map_or_else(|| "unknown".to_owned(), |time| time.to_string())
}
