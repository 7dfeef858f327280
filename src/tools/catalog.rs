//! The table of tools: built once, linted, digested, never changed.

use std::fmt;

use super::{AnyTool, Definition, Erased, Lane, Tool, lint};
use crate::{caller::Caller, policy::Policy, sandbox::World};

/// One row of the table.
pub struct Row {
    tool: Box<dyn AnyTool>,
    aliases: &'static [&'static str],
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

    /// Further names that it answers to; see [`Tool::ALIASES`].
    #[must_use]
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
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
        self.rows.push(Row {
            tool: Box::new(Erased::new(tool)),
            aliases: T::ALIASES,
            lane: Lane::new(T::NAME),
        });
    }

    /// Judges every definition.
    ///
    /// # Errors
    ///
    /// All that is wrong, one finding a line.
    pub fn lint(&self) -> Result<(), Vec<lint::Finding>> {
        let mut findings = lint::definitions(self.rows.iter().map(Row::definition));
        let names = self.rows.iter().map(|row| (row.definition().name, row.aliases));
        findings.extend(lint::aliases(names));
        if findings.is_empty() { Ok(()) } else { Err(findings) }
    }

    /// The tool that answers to this name, be it its own or an alias.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Row> {
        let own = self.rows.iter().find(|row| row.definition().name == name);
        own.or_else(|| self.rows.iter().find(|row| row.aliases.contains(&name)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        guard::Draft,
        policy::Effect,
        refusal::Refusal,
        tools::{CallContext, HelloWorld},
    };

    /// A tool with a name that belongs to another, and one that no client takes.
    struct Greedy;

    impl Tool for Greedy {
        const NAME: &'static str = "greedy";
        const ALIASES: &'static [&'static str] = &["hello_world", "Hello", "hi", "hi"];
        const TITLE: &'static str = "Greedy";
        const DESCRIPTION: &'static str = "Greets.";
        const EFFECT: Effect = Effect::Pure;
        type Args = <HelloWorld as Tool>::Args;
        type Needs = ();

        async fn run(&self, _: Self::Args, (): (), _: &CallContext) -> Result<Draft, Refusal> {
            Ok(Draft::new())
        }
    }

    #[test]
    fn an_alias_finds_its_tool_and_never_takes_the_name_of_another() {
        let mut catalog = Catalog::default();
        catalog.add(Greedy);
        catalog.add(HelloWorld);
        let found = |name: &str| catalog.find(name).map(|row| row.definition().name);
        assert_eq!(found("hi"), Some("greedy"));
        assert_eq!(found("hello_world"), Some("hello_world"), "its own name goes first");
        let said: Vec<_> = catalog.lint().unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "tool `greedy`: its alias `hello_world` is the name of another tool",
                "tool `greedy`: its alias `Hello` must be at most 40 of a-z, 0-9 and _",
                "tool `greedy`: its alias `hi` is the name of another tool",
            ]
        );
    }
}
