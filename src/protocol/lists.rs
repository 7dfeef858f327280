//! What a client is told is there.
//!
//! Lists are always whole and always in the same order, so there is no second
//! page and no cursor that would be ours.

use std::sync::Arc;

use rmcp::model::{
    ClientRequest, ErrorCode, ErrorData, JsonObject, ListPromptsResult, ListResourceTemplatesResult,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, Prompt, PromptArgument, PromptsCapability,
    Resource, ResourceTemplate, ResourcesCapability, ServerCapabilities, Tool, ToolAnnotations,
    ToolsCapability,
};

use super::error::error;
use crate::{
    caller::Caller,
    dispatch::Dispatcher,
    prompts::PromptDefinition,
    resources::Listed,
    tools::{Annotations, Definition},
};

/// A tool as clients see it, with all four annotations.
#[must_use]
pub fn tool(definition: &Definition) -> Tool {
    let says = Annotations::from(definition.effect);
    let annotations = ToolAnnotations::new()
        .read_only(says.read_only)
        .destructive(says.destructive)
        .idempotent(says.idempotent)
        .open_world(says.open_world);
    Tool::new(definition.name, definition.description, Arc::new(definition.schema.clone()))
        .with_title(definition.title)
        .with_annotations(annotations)
}

/// `tools/list`.
#[must_use]
pub(super) fn tools(dispatcher: &Dispatcher, caller: &Caller) -> ListToolsResult {
    let Dispatcher { offers, policy, world, .. } = dispatcher;
    ListToolsResult::with_all_items(offers.tools.offered(caller, policy, world).map(tool).collect())
}

/// `resources/list`.
#[must_use]
pub(super) fn resources(dispatcher: &Dispatcher, caller: &Caller) -> ListResourcesResult {
    let all = dispatcher.offers.resources.listed(caller, &dispatcher.policy, &dispatcher.world);
    ListResourcesResult::with_all_items(all.into_iter().map(resource).collect())
}

/// `resources/templates/list`.
#[must_use]
pub(super) fn templates(dispatcher: &Dispatcher, caller: &Caller) -> ListResourceTemplatesResult {
    let all = dispatcher.offers.resources.templates(caller, &dispatcher.policy, &dispatcher.world);
    ListResourceTemplatesResult::with_all_items(all.into_iter().map(template).collect())
}

/// `prompts/list`.
#[must_use]
pub(super) fn prompts(dispatcher: &Dispatcher, caller: &Caller) -> ListPromptsResult {
    let all = dispatcher.offers.prompts.definitions();
    let shown = all.filter(|definition| dispatcher.policy.shows(caller, definition.subject()));
    ListPromptsResult::with_all_items(shown.map(prompt).collect())
}

/// What this server can do for `caller`: only what is there, and nothing that
/// would announce a change, for nothing of ours changes by itself.
#[must_use]
pub fn capabilities(dispatcher: &Dispatcher, caller: &Caller) -> ServerCapabilities {
    let has_prompts = has_prompts(dispatcher);
    let mut all = ServerCapabilities::default();
    all.tools = Some(ToolsCapability::default());
    all.logging = Some(JsonObject::new());
    all.prompts = has_prompts.then(PromptsCapability::default);
    all.completions = has_prompts.then(JsonObject::new);
    all.resources = has_resources(dispatcher, caller).then(ResourcesCapability::default);
    all
}

/// Whether `request`, if it asks for a list, asks for one that is advertised.
/// Calls are not judged here but on the line, which leaves an event.
#[must_use]
pub(super) fn is_offered(request: &ClientRequest, dispatcher: &Dispatcher, caller: &Caller) -> bool {
    match request {
        ClientRequest::ListPromptsRequest(_) => has_prompts(dispatcher),
        ClientRequest::ListResourcesRequest(_) | ClientRequest::ListResourceTemplatesRequest(_) => {
            has_resources(dispatcher, caller)
        }
        _ => true,
    }
}

fn has_prompts(dispatcher: &Dispatcher) -> bool {
    dispatcher.offers.prompts.definitions().next().is_some()
}

fn has_resources(Dispatcher { offers, policy, world, .. }: &Dispatcher, caller: &Caller) -> bool {
    !offers.resources.listed(caller, policy, world).is_empty()
        || !offers.resources.templates(caller, policy, world).is_empty()
}

/// Refuses every cursor: none was ever given out.
///
/// # Errors
///
/// -32602 if there is one.
pub(super) fn first_page(params: Option<&PaginatedRequestParams>) -> Result<(), ErrorData> {
    match params.and_then(|params| params.cursor.as_ref()) {
        None => Ok(()),
        Some(_) => Err(error(
            ErrorCode::INVALID_PARAMS,
            "this cursor was not given out by this server; ask again without one",
            None,
        )),
    }
}

fn resource(listed: Listed) -> Resource {
    let mut resource = Resource::new(listed.uri, listed.name).with_description(listed.description);
    resource.mime_type = listed.mime;
    resource
}

fn template(listed: Listed) -> ResourceTemplate {
    let mut template = ResourceTemplate::new(listed.uri, listed.name).with_description(listed.description);
    template.mime_type = listed.mime;
    template
}

fn prompt(definition: PromptDefinition) -> Prompt {
    let arguments = definition.arguments.iter().map(|argument| {
        PromptArgument::new(argument.name)
            .with_description(argument.description)
            .with_required(argument.required)
    });
    Prompt::new(definition.name, Some(definition.description), Some(arguments.collect()))
        .with_title(definition.title)
}
