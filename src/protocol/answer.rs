//! One request in, one answer out.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use rmcp::model::{
    ArgumentInfo, ClientRequest, DiscoverResult, ErrorCode, ErrorData, GetPromptRequestParams,
    Implementation, InitializeResult, MetaObject, ProtocolVersion, Reference, ServerResult,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Request, convert, digest, era, error::error, lists, subscription};
use crate::{
    caller::{Caller, Client},
    dispatch::{Answer, Call, Completes, Dispatcher, Target},
    prompts::PromptArgs,
    sanitize::args::Arguments,
    tools::context::{Declared, Notices},
    trace::TraceContext,
};

/// Where the digest of the tool table stands in `_meta`.
const DIGEST_KEY: &str = "mcp-server/tools_sha256";
/// Where the server says who it is, in `_meta`.
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// MCP on top of the line.
pub struct Protocol {
    /// The line.
    pub dispatcher: Arc<Dispatcher>,
    /// The server's name, as clients see it.
    pub name: String,
    /// The server's version, as clients see it.
    pub version: String,
    /// What a model should know about this server.
    pub instructions: Option<String>,
    digest: OnceLock<String>,
}

/// Everything a door knows about a request besides the request.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Who asks.
    pub caller: Arc<Caller>,
    /// What the connection agreed on, or what the version header says.
    pub version: ProtocolVersion,
    /// What the client says of itself.
    pub client: Client,
    /// What the client declared.
    pub declared: Declared,
    /// Whose trace the door was told that this belongs to. The request itself knows better.
    pub trace: Option<TraceContext>,
    /// Where notices go.
    pub notices: Notices,
    /// Cancelled when the client goes away or says so.
    pub cancel: CancellationToken,
}

impl Protocol {
    /// MCP on top of `dispatcher`.
    pub fn new(dispatcher: Arc<Dispatcher>, name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            dispatcher,
            name: name.into(),
            version: version.into(),
            instructions: None,
            digest: OnceLock::new(),
        }
    }

    /// Tells every model this about the server.
    #[must_use]
    pub fn instructed(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// SHA-256 of the tool table, in hex. Computed once: the table never changes.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let Dispatcher { offers, policy, world, .. } = self.dispatcher.as_ref();
            digest::tools_sha256(&offers.tools, policy, world)
        })
    }

    /// Answers one request, in the version it is served in ([`era::served`]).
    ///
    /// # Errors
    ///
    /// An error of JSON-RPC with one of the numbers -32600, -32601, -32602,
    /// -32603, -32021, -32022.
    pub async fn answer(&self, request: Request, mut ask: Ask) -> Result<ServerResult, ErrorData> {
        ask.trace = request.trace().or(ask.trace);
        let version = era::served(&request, Some(&ask.version)).map_err(|fault| fault.error)?;
        let mut result = self.method(request, ask, &version).await?;
        if version.has_initialize() {
            result.strip_result_type_for_legacy_peer();
            result.strip_non_object_output_for_legacy_peer();
        } else {
            result.fill_missing_cache_hints();
        }
        Ok(result)
    }

    async fn method(
        &self,
        request: Request,
        ask: Ask,
        version: &ProtocolVersion,
    ) -> Result<ServerResult, ErrorData> {
        let bytes = request.bytes;
        let (line, caller) = (self.dispatcher.as_ref(), ask.caller.as_ref());
        if !lists::is_offered(&request.request, line, caller) {
            return Err(error(ErrorCode::METHOD_NOT_FOUND, "this server does not offer that", None));
        }
        match request.request {
            ClientRequest::InitializeRequest(_) => Ok(self.initialize(caller, version).into()),
            ClientRequest::DiscoverRequest(_) => Ok(self.discover(caller).into()),
            ClientRequest::PingRequest(_) | ClientRequest::SetLevelRequest(_) => Ok(ServerResult::empty(())),
            ClientRequest::ListToolsRequest(list) => {
                lists::first_page(list.params.as_ref())?;
                Ok(lists::tools(line, caller).into())
            }
            ClientRequest::ListResourcesRequest(list) => {
                lists::first_page(list.params.as_ref())?;
                Ok(lists::resources(line, caller).into())
            }
            ClientRequest::ListResourceTemplatesRequest(list) => {
                lists::first_page(list.params.as_ref())?;
                Ok(lists::templates(line, caller).into())
            }
            ClientRequest::ListPromptsRequest(list) => {
                lists::first_page(list.params.as_ref())?;
                Ok(lists::prompts(line, caller).into())
            }
            ClientRequest::CallToolRequest(call) => {
                let args = Arguments::from(call.params.arguments.unwrap_or_default());
                let target = Target::Tool { name: call.params.name.into_owned(), args };
                let Answer { result, call } = self.call(ask, target, bytes).await;
                let result = result.map(convert::result);
                result.or_else(|refusal| convert::refused_tool(&refusal, &call)).map(Into::into)
            }
            ClientRequest::ReadResourceRequest(read) => self.read(ask, read.params.uri, bytes).await,
            ClientRequest::GetPromptRequest(get) => self.get(ask, get.params, bytes).await,
            ClientRequest::CompleteRequest(complete) => {
                self.complete(ask, complete.params.r#ref, complete.params.argument, bytes).await
            }
            // The doors keep these open; whoever does not has nothing to tell.
            ClientRequest::SubscriptionsListenRequest(_) => Ok(subscription::completed(&request.id)),
            _ => Err(error(ErrorCode::METHOD_NOT_FOUND, "unknown method", None)),
        }
    }

    async fn call(&self, ask: Ask, target: Target, bytes: usize) -> Answer {
        let Ask { caller, client, declared, notices, cancel, trace, version: _ } = ask;
        self.dispatcher.call(Call { caller, client, target, bytes, trace, notices, declared, cancel }).await
    }

    async fn read(&self, ask: Ask, uri: String, bytes: usize) -> Result<ServerResult, ErrorData> {
        let Answer { result, call } = self.call(ask, Target::Resource { uri: uri.clone() }, bytes).await;
        match result {
            Ok(released) => Ok(convert::contents(released, &uri).into()),
            Err(refusal) => Err(convert::refused(&refusal, &call, Some(&uri))),
        }
    }

    async fn get(
        &self,
        ask: Ask,
        params: GetPromptRequestParams,
        bytes: usize,
    ) -> Result<ServerResult, ErrorData> {
        let text = |(name, value)| match value {
            Value::String(value) => Some((name, value)),
            _ => None, // `decode` lets nothing else pass
        };
        let args = params.arguments.unwrap_or_default().into_iter().filter_map(text).collect();
        let found = self.dispatcher.offers.prompts.find(&params.name);
        let description = found.map_or("", |prompt| prompt.definition().description);
        let target = Target::Prompt { name: params.name, args: PromptArgs(args) };
        let Answer { result, call } = self.call(ask, target, bytes).await;
        match result {
            Ok(released) => Ok(convert::messages(released, description).into()),
            Err(refusal) => Err(convert::refused(&refusal, &call, None)),
        }
    }

    async fn complete(
        &self,
        ask: Ask,
        of: Reference,
        argument: ArgumentInfo,
        bytes: usize,
    ) -> Result<ServerResult, ErrorData> {
        let of = match of {
            Reference::Prompt(prompt) => Completes::Prompt(prompt.name),
            Reference::Resource(template) => Completes::Template(template.uri),
            // A kind that rmcp may know one day and we do not.
            _ => Completes::Template(String::new()),
        };
        let target = Target::Completion { of, argument: argument.name, typed: argument.value };
        let Answer { result, call } = self.call(ask, target, bytes).await;
        match result {
            Ok(released) => Ok(convert::completion(released).into()),
            Err(refusal) => Err(convert::refused(&refusal, &call, None)),
        }
    }

    fn initialize(&self, caller: &Caller, version: &ProtocolVersion) -> InitializeResult {
        let mut result = InitializeResult::new(lists::capabilities(&self.dispatcher, caller))
            .with_protocol_version(version.clone())
            .with_server_info(self.implementation());
        result.instructions.clone_from(&self.instructions);
        result.meta = Some(self.meta());
        result
    }

    fn discover(&self, caller: &Caller) -> DiscoverResult {
        let versions = ProtocolVersion::KNOWN_VERSIONS.to_vec();
        let mut result = DiscoverResult::new(versions, lists::capabilities(&self.dispatcher, caller));
        result.instructions.clone_from(&self.instructions);
        result.meta = Some(self.meta());
        result
    }

    fn implementation(&self) -> Implementation {
        Implementation::new(self.name.as_str(), self.version.as_str())
    }

    fn meta(&self) -> MetaObject {
        let mut meta = MetaObject::new();
        meta.insert(SERVER_KEY.into(), json!({ "name": self.name, "version": self.version }));
        meta.insert(DIGEST_KEY.into(), self.digest().into());
        meta
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protocol")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
