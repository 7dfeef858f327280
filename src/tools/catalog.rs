//! The table of tools: built once, linted, digested, never changed.

use std::fmt;

use super::{AnyTool, Definition, Erased, Lane, Tool, lint};
use crate::{caller::Caller, policy::Policy, sandbox::World};

/// One row of the table.
pub struct Row {
    tool: Box<dyn AnyTool>,
    lane: Lane,
}

impl Row {
    /// The tool.
    #[must_use]
    pub fn tool(&self) -> &dyn AnyTool {
        self.tool.as_ref()
    }

    /// What a client is told.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        self.tool.definition()
    }

    pub(crate) const fn lane(&self) -> &Lane {
        &self.lane
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.definition().fmt(f)
    }
}

/// Every tool of one server, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Catalog {
    rows: Vec<Row>,
}

impl Catalog {
    /// Adds a tool.
    pub fn add<T: Tool>(&mut self, tool: T) {
        self.rows.push(Row { tool: Box::new(Erased::new(tool)), lane: Lane::new(T::NAME) });
    }

    /// Judges every definition.
    ///
    /// # Errors
    ///
    /// All that is wrong, one finding a line.
    pub fn lint(&self) -> Result<(), Vec<lint::Finding>> {
        let findings = lint::definitions(self.rows.iter().map(Row::definition));
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// The tool of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.definition().name == name)
    }

    /// Every row.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// What `caller` is offered, always in the same order.
    pub fn offered<'a>(
        &'a self,
        caller: &'a Caller,
        policy: &'a Policy,
        world: &'a World,
    ) -> impl Iterator<Item = &'a Definition> {
        self.rows
            .iter()
            .filter(|row| row.tool().is_possible(world))
            .map(Row::definition)
            .filter(|definition| policy.shows(caller, definition.subject()))
    }
}
