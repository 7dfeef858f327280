//! The key of the chain at the start of a run, and where the run's end is noted.

use std::path::Path;

use super::{
    chain::Chain,
    chain_key,
    ends::{self, End, Ends},
    files::FileName,
    start::{StartError, unfit_key},
};

/// Reads the key of the chain, and opens the place where the run's end is noted.
pub(super) fn seal(file: &Path, dir: &Path, run: &FileName) -> Result<(Chain, Option<End>), StartError> {
    let key = chain_key::read(file, dir).map_err(|error| unfit_key(dir, error))?;
    let ends = Ends::open(file, key.clone()).map_err(|error| StartError {
        dir: dir.to_owned(),
        why: format!("the ends of runs cannot be noted in `{}`: {error}", ends::dir_of(file).display()),
        hint: "let the server's user write there: it is how a log that was cut off shows".into(),
    })?;
    Ok((Chain::Keyed(key), Some(ends.of(run))))
}
