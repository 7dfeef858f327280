//! The key of the chain at the start of a run, and where the run's end is noted.

use std::path::Path;

use super::{
    chain::Chain,
    chain_key::{self, ChainKeyError},
    ends::{self, End, Ends},
    files::FileName,
    start::StartError,
};

/// Reads the key of the chain, and opens the place where the run's end is noted.
pub(super) fn seal(file: &Path, dir: &Path, run: &FileName) -> Result<(Chain, Option<End>), StartError> {
    let refuse =
        |error: ChainKeyError| StartError { dir: dir.to_owned(), hint: error.hint(), why: error.to_string() };
    let key = chain_key::read(file, dir).map_err(refuse)?;
    let ends = Ends::open(file, key.clone()).map_err(|error| StartError {
        dir: dir.to_owned(),
        why: format!("the ends of runs cannot be noted in `{}`: {error}", ends::dir_of(file).display()),
        hint: "let the server's user write there: it is how a log that was cut off shows".into(),
    })?;
    Ok((Chain::Keyed(key), Some(ends.of(run))))
}
