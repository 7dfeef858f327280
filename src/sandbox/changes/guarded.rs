//! What is protected below a directory that is to be changed as a whole.
//!
//! Its name may be anybody's, but it takes with it what lies in it.

use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use rustix::fs::{FileType, OFlags};

use super::{
    Ticket, capture,
    leaf::{Identity, Leaf},
    stage,
};
use crate::{
    limits,
    refusal::{Code, Refusal},
    sanitize::protected::{Access, Shape},
};

impl Leaf {
    /// Refuses to delete a directory in which something may hold secrets.
    pub(super) fn holds_nothing_protected(&self, ticket: &Ticket<'_>) -> Result<(), Refusal> {
        let shield = &self.place.files.shield;
        self.each_below(ticket, |path, shape| shield.names(&self.spot.join(path), shape, Access::Read))
    }

    /// Refuses to move a directory if something in it would be protected otherwise than before.
    pub(super) fn stays_as_protected(&self, target: &Self, ticket: &Ticket<'_>) -> Result<(), Refusal> {
        let shield = &self.place.files.shield;
        if !shield.tells_apart(&self.spot, &target.spot) {
            return Ok(());
        }
        self.each_below(ticket, |path, shape| {
            let (from, to) = (self.spot.join(path), target.spot.join(path));
            if shield.holds(&from, shape) == shield.holds(&to, shape) {
                return Ok(());
            }
            let says = format!(
                "{} would not be protected there as it is here; move what is around it, one by one",
                self.place.below(path).shown()
            );
            Err(Refusal::failed(Code::Protected, says))
        })
    }

    /// Shows `judge` everything below the name, if it is a directory, by its path.
    fn each_below(
        &self,
        ticket: &Ticket<'_>,
        mut judge: impl FnMut(&Path, Shape) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let refused = |error: std::io::Error| self.refused(&error);
        let stat = self.stat().map_err(refused)?;
        if stat.is_none_or(|stat| Identity::of(&stat).kind() != FileType::Directory) {
            return Ok(());
        }
        let base = Dir::from_std_file(self.open(&self.name, OFlags::DIRECTORY).map_err(refused)?);
        let (mut seen, mut pending) = (0, vec![PathBuf::new()]);
        while let Some(path) = pending.pop() {
            let dir = stage::open_dir(&base, &path).map_err(refused)?;
            for entry in dir.entries().map_err(refused)? {
                (ticket.go_on)()?;
                let entry = entry.map_err(refused)?;
                seen += 1;
                if seen > limits::TREE_ENTRIES_MAX {
                    return Err(capture::too_many(&self.place));
                }
                let at = path.join(entry.file_name());
                let is_directory = entry.file_type().map_err(refused)?.is_dir();
                judge(&at, if is_directory { Shape::Directory } else { Shape::Any })?;
                if is_directory {
                    pending.push(at);
                }
            }
        }
        Ok(())
    }
}
