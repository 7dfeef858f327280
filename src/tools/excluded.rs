//! `excludePatterns`, which several tools take: as many as there may be.

use crate::{
    limits,
    refusal::{Code, Refusal},
    sanitize::glob::Glob,
};

/// The argument.
pub(super) const ARGUMENT: &str = "excludePatterns";

/// Its patterns.
pub(super) fn patterns(given: Option<Vec<Glob>>) -> Result<Vec<Glob>, Refusal> {
    let patterns = given.unwrap_or_default();
    if patterns.len() > limits::SEARCH_EXCLUDES_MAX {
        let says = format!("must have at most {} patterns", limits::SEARCH_EXCLUDES_MAX);
        return Err(Refusal::argument(ARGUMENT, Code::TooLong, says));
    }
    Ok(patterns)
}
