//! What can be read by URI.
//!
//! A resource is a call like any other: it needs a permit, and leaves an event.
//! [`Resource`] is one fixed address, [`Template`] a family of them;
//! [`roots`] are the directories the owner named.

pub mod roots;
mod template;

use std::{future::Future, sync::Arc};

pub use template::{UriTemplate, Variables};

use crate::{
    caller::Caller,
    guard::Draft,
    policy::{Effect, Permit, Policy, READS_FILES, Subject},
    refusal::{Kind, Refusal},
    sandbox::{Needs, World},
    tools::{CallContext, Lane, Ready},
};

/// One address that can be read.
pub trait Resource: Send + Sync + 'static {
    /// The address.
    const URI: &'static str;
    /// Its name.
    const NAME: &'static str;
    /// What is there.
    const DESCRIPTION: &'static str;
    /// Such as `text/plain`.
    const MIME: &'static str;
    /// The parts of the world it needs, or `()`.
    type Needs: Needs;

    /// Reads it. The draft holds [`Block::TextResource`](crate::guard::Block::TextResource)
    /// and [`Block::BlobResource`](crate::guard::Block::BlobResource) blocks.
    fn read(
        &self,
        world: Self::Needs,
        call: &CallContext,
    ) -> impl Future<Output = Result<Draft, Refusal>> + Send;
}

/// A family of addresses that can be read.
pub trait Template: Send + Sync + 'static {
    /// The address with `{name}` for one component and `{+name}` for the rest (RFC 6570, as far as that).
    const URI_TEMPLATE: &'static str;
    /// Its name.
    const NAME: &'static str;
    /// What is there.
    const DESCRIPTION: &'static str;
    /// Such as `text/plain`.
    const MIME: &'static str;
    /// The parts of the world it needs, or `()`.
    type Needs: Needs;

    /// Reads one of them.
    fn read(
        &self,
        uri: &str,
        variables: Variables,
        world: Self::Needs,
        call: &CallContext,
    ) -> impl Future<Output = Result<Draft, Refusal>> + Send;
}

/// What a client is told about a resource or a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The address, or the template of it.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// What is there.
    pub description: String,
    /// Such as `text/plain`; `None` when it differs from one to the next.
    pub mime: Option<String>,
}

/// Something that answers for some addresses.
pub trait Source: Send + Sync {
    /// The addresses that are listed.
    fn listed(&self, caller: &Caller, world: &World) -> Vec<Listed>;

    /// The templates that are listed.
    fn templates(&self, caller: &Caller, world: &World) -> Vec<Listed>;

    /// How the policy sees it: [`subject`], of what it needs.
    fn subject(&self) -> Subject<'static>;

    /// Whether `uri` is one of its own, as far as its text tells.
    fn owns(&self, uri: &str) -> bool;

    /// Makes `resources/read` of `uri` ready to run.
    ///
    /// # Errors
    ///
    /// [`Refusal::Argument`] for an address that breaks a rule.
    fn prepare(&self, permit: Permit, caller: &Caller, uri: String, world: &World) -> Result<Ready, Refusal>;
}

/// How the policy sees a resource that needs this part of the world. What
/// reads files goes with the tools that read files: whoever may not call all of
/// those may not read it.
#[must_use]
pub fn subject<N: Needs>() -> Subject<'static> {
    let (effect, like) =
        if N::reads_files() { (Effect::ReadsDisk, READS_FILES) } else { (Effect::Pure, &[][..]) };
    Subject { kind: Kind::Resource, name: "resources/read", effect, like }
}

struct Fixed<R>(Arc<R>);

impl<R: Resource> Source for Fixed<R> {
    fn listed(&self, _: &Caller, world: &World) -> Vec<Listed> {
        let listed = Listed {
            uri: R::URI.into(),
            name: R::NAME.into(),
            description: R::DESCRIPTION.into(),
            mime: Some(R::MIME.into()),
        };
        if R::Needs::is_met(world) { vec![listed] } else { Vec::new() }
    }

    fn templates(&self, _: &Caller, _: &World) -> Vec<Listed> {
        Vec::new()
    }

    fn subject(&self) -> Subject<'static> {
        subject::<R::Needs>()
    }

    fn owns(&self, uri: &str) -> bool {
        uri == R::URI
    }

    fn prepare(&self, permit: Permit, caller: &Caller, _: String, world: &World) -> Result<Ready, Refusal> {
        let (resource, part) = (Arc::clone(&self.0), R::Needs::take(world, &caller.reach));
        Ok(Ready::new(permit, move |call| async move { resource.read(part, &call).await }))
    }
}

struct Family<T> {
    template: Arc<T>,
    uris: UriTemplate,
}

impl<T: Template> Source for Family<T> {
    fn listed(&self, _: &Caller, _: &World) -> Vec<Listed> {
        Vec::new()
    }

    fn templates(&self, _: &Caller, world: &World) -> Vec<Listed> {
        let listed = Listed {
            uri: T::URI_TEMPLATE.into(),
            name: T::NAME.into(),
            description: T::DESCRIPTION.into(),
            mime: Some(T::MIME.into()),
        };
        if T::Needs::is_met(world) { vec![listed] } else { Vec::new() }
    }

    fn subject(&self) -> Subject<'static> {
        subject::<T::Needs>()
    }

    fn owns(&self, uri: &str) -> bool {
        self.uris.matches(uri).is_some()
    }

    fn prepare(&self, permit: Permit, caller: &Caller, uri: String, world: &World) -> Result<Ready, Refusal> {
        let variables = self.uris.matches(&uri).ok_or(Refusal::Unknown { kind: Kind::Resource })?;
        let (template, part) = (Arc::clone(&self.template), T::Needs::take(world, &caller.reach));
        Ok(Ready::new(permit, move |call| async move { template.read(&uri, variables, part, &call).await }))
    }
}

/// One source of a server.
pub(crate) struct Row {
    source: Box<dyn Source>,
    lane: Lane,
}

impl Row {
    pub(crate) fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    pub(crate) const fn lane(&self) -> &Lane {
        &self.lane
    }
}

/// Everything that can be read by URI, in the order in which it was added.
#[derive(Default)]
pub struct Resources {
    rows: Vec<Row>,
}

impl std::fmt::Debug for Resources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Resources({})", self.rows.len())
    }
}

impl Resources {
    /// Adds a fixed resource.
    pub fn add<R: Resource>(&mut self, resource: R) {
        self.add_source(Fixed(Arc::new(resource)));
    }

    /// Adds a family of resources.
    pub fn add_template<T: Template>(&mut self, template: T) {
        self.add_source(Family { template: Arc::new(template), uris: UriTemplate::new(T::URI_TEMPLATE) });
    }

    /// Adds anything else that answers for addresses.
    pub fn add_source(&mut self, source: impl Source + 'static) {
        self.rows.push(Row { source: Box::new(source), lane: Lane::new("resources/read") });
    }

    /// Who answers for `uri`.
    pub(crate) fn find(&self, uri: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.source.owns(uri))
    }

    /// All that `caller` can list.
    #[must_use]
    pub fn listed(&self, caller: &Caller, policy: &Policy, world: &World) -> Vec<Listed> {
        self.shown(caller, policy).flat_map(|source| source.listed(caller, world)).collect()
    }

    /// All templates that `caller` can list.
    #[must_use]
    pub fn templates(&self, caller: &Caller, policy: &Policy, world: &World) -> Vec<Listed> {
        self.shown(caller, policy).flat_map(|source| source.templates(caller, world)).collect()
    }

    fn shown(&self, caller: &Caller, policy: &Policy) -> impl Iterator<Item = &dyn Source> {
        self.rows.iter().map(Row::source).filter(|source| policy.shows(caller, source.subject()))
    }
}
