//! From a configuration to a running server, and back to nothing.
//!
//! The order matters. While one thread runs, [`Server::open`] lints the tools and
//! opens the roots, and [`Opened::listen`] binds the listener. Then
//! [`Opened::start`] starts the event writer and the diagnostics, and [`App`] the
//! runtime.

mod console;
mod error;
mod http;
mod inspect;
mod opened;
mod reload;
mod signals;
mod stdio;

pub use console::Console;
pub use error::StartError;
pub use http::{Listening, Served};
pub use opened::{App, Opened, Posture};
pub use reload::Reload;

use crate::{
    dispatch::Offers,
    prompts::Prompt,
    resources::{Resource, Source, Template, roots::Roots},
    tools::Tool,
};

/// A server before it is configured: who it is, and what it offers.
///
/// [`run`](crate::run) gives it the whole command line.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    version: &'static str,
    offers: Offers,
    settings: Vec<(String, String)>,
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

impl Server {
    /// A server that offers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            offers: Offers::default(),
            settings: Vec::new(),
        }
    }

    /// A server with the built-in tools, and the roots as resources.
    #[must_use]
    pub fn built_in() -> Self {
        let mut server = Self::new().source(Roots);
        crate::tools::add_built_in_tools(&mut server.offers.tools);
        server
    }

    /// Under another name and version than this crate's.
    #[must_use]
    pub const fn named(mut self, name: &'static str, version: &'static str) -> Self {
        (self.name, self.version) = (name, version);
        self
    }

    /// One more tool.
    #[must_use]
    pub fn tool<T: Tool>(mut self, tool: T) -> Self {
        self.offers.tools.add(tool);
        self
    }

    /// One more prompt.
    #[must_use]
    pub fn prompt<P: Prompt>(mut self, prompt: P) -> Self {
        self.offers.prompts.add(prompt);
        self
    }

    /// One more resource.
    #[must_use]
    pub fn resource<R: Resource>(mut self, resource: R) -> Self {
        self.offers.resources.add(resource);
        self
    }

    /// One more family of resources.
    #[must_use]
    pub fn template<T: Template>(mut self, template: T) -> Self {
        self.offers.resources.add_template(template);
        self
    }

    /// One more source of resources.
    #[must_use]
    pub fn source(mut self, source: impl Source + 'static) -> Self {
        self.offers.resources.add_source(source);
        self
    }

    /// A default of this program's own, such as `("limits.tool", "60/min")`.
    /// The owner's configuration still wins over it.
    #[must_use]
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The program's own defaults, for [`config::load`](crate::config::load).
    #[must_use]
    pub fn settings(&self) -> &[(String, String)] {
        &self.settings
    }

    /// The version, as clients see it.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        self.version
    }
}
