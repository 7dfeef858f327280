//! A server without doors, and what a caller hears from it.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use mcp_server::{
    caller::{Caller, Reach},
    guard::{Block, Guard, Released},
    policy::Policy,
    refusal::{Code, Kind, Refusal},
    resources::{Resources, Source as _, roots::Roots},
    sandbox::{Files, World, files::RootSettings},
    shutdown::Tasks,
    tools::{CallContext, Catalog, add_built_in_tools},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub(crate) use super::fixture::SECRET;

/// Short against what it would take without a bound, long against a busy machine.
pub(crate) const PROMPT: Duration = Duration::from_secs(20);

/// A server without doors.
pub(crate) struct Server {
    pub(crate) world: World,
    pub(crate) catalog: Catalog,
    pub(crate) resources: Resources,
    pub(crate) caller: Arc<Caller>,
}

impl Server {
    pub(crate) fn new(roots: &[&Path]) -> Self {
        let mut settings: Vec<RootSettings> = Vec::new();
        for path in roots {
            let name = path.file_name().unwrap().to_str().unwrap().to_lowercase();
            assert!(
                settings.iter().all(|root| root.name != name),
                "each root of a test has a name of its own"
            );
            settings.push(RootSettings { name, path: path.to_path_buf(), write: false });
        }
        let mut catalog = Catalog::default();
        add_built_in_tools(&mut catalog);
        let mut resources = Resources::default();
        resources.add_source(Roots);
        let world = World { files: Files::open(&settings).0, ..World::default() };
        Self { world, catalog, resources, caller: Arc::new(Caller::console()) }
    }

    pub(crate) fn reaching(mut self, roots: &[&str]) -> Self {
        let roots = roots.iter().map(|root| (*root).to_owned()).collect();
        let reach = Reach { roots: Some(roots), ..Reach::everything() };
        self.caller = Arc::new(Caller { reach: Arc::new(reach), ..Caller::console() });
        self
    }

    pub(crate) fn context(&self, cancel: &CancellationToken) -> CallContext {
        CallContext::new(Arc::clone(&self.caller), Tasks::default(), cancel.clone())
    }

    pub(crate) async fn call(&self, tool: &str, args: Value) -> Said {
        self.call_with(tool, args, self.context(&CancellationToken::new())).await
    }

    pub(crate) async fn call_with(&self, tool: &str, args: Value, context: CallContext) -> Said {
        let Value::Object(args) = args else { panic!("arguments are an object") };
        let row = self.catalog.find(tool).unwrap();
        let permit = Policy::default().admit(&self.caller, row.definition().subject(), 0).unwrap();
        let started = Instant::now();
        let result = match row.tool().prepare(permit, &self.caller, args.into(), &self.world) {
            Ok(ready) => ready.run(context).await,
            Err(refusal) => Err(refusal),
        };
        Said::new(result.map(|draft| Guard::default().release(draft)), started)
    }

    pub(crate) async fn read(&self, uri: &str) -> Said {
        let started = Instant::now();
        if !Roots.owns(uri) {
            return Said::new(Err(Refusal::Unknown { kind: Kind::Resource }), started);
        }
        let permit = Policy::default().admit(&self.caller, Roots.subject(), 0).unwrap();
        let result = match Roots.prepare(permit, &self.caller, uri.to_owned(), &self.world) {
            Ok(ready) => ready.run(self.context(&CancellationToken::new())).await,
            Err(refusal) => Err(refusal),
        };
        Said::new(result.map(|draft| Guard::default().release(draft)), started)
    }
}

/// What a caller heard.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) result: Result<Vec<Block>, Refusal>,
    /// Of a result that describes a failure.
    pub(crate) failure: Option<Code>,
    pub(crate) took: Duration,
}

impl Said {
    pub(crate) fn new(result: Result<Released, Refusal>, started: Instant) -> Self {
        let failure = result.as_ref().ok().and_then(Released::failure);
        // the tag of what was read and the count of marks are no notes about what is missing
        let is_plain = |line: &&str| !line.starts_with("[tag ") && !line.starts_with("[hidden characters");
        let blocks = |released: Released| {
            let blocks = released.into_blocks().into_iter().map(|(_, block)| block);
            let mut blocks: Vec<Block> = blocks.collect();
            if let [_, .., Block::Text(note)] = &mut *blocks {
                *note = note.lines().filter(is_plain).collect::<Vec<_>>().join("\n");
                if note.is_empty() {
                    blocks.pop();
                }
            }
            blocks
        };
        Self { result: result.map(blocks), failure, took: started.elapsed() }
    }

    /// Neither refused nor a failure in words.
    pub(crate) fn is_well(&self) -> bool {
        self.result.is_ok() && self.failure.is_none()
    }

    #[track_caller]
    pub(crate) fn blocks(&self) -> &[Block] {
        self.result.as_ref().unwrap()
    }

    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        let Some(Block::Text(text)) = self.blocks().first() else { panic!("{self:?}") };
        text
    }

    #[track_caller]
    pub(crate) fn note(&self) -> &str {
        let [_, Block::Text(note)] = self.blocks() else { panic!("no note: {self:?}") };
        note
    }

    #[track_caller]
    pub(crate) fn is(&self, text: &str) -> &Self {
        assert_eq!(self.text(), text);
        self
    }

    #[track_caller]
    pub(crate) fn has_no_note(&self) -> &Self {
        assert_eq!(self.blocks().len(), 1, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn is_refused(&self, code: Code) -> String {
        let refusal = self.result.as_ref().unwrap_err();
        assert_eq!(refusal.code(), code, "{refusal}");
        refusal.to_string()
    }

    #[track_caller]
    pub(crate) fn fails_with(&self, code: Code) -> &str {
        assert_eq!(self.failure, Some(code), "{self:?}");
        self.text()
    }

    #[track_caller]
    pub(crate) fn is_prompt(&self) -> &Self {
        assert!(self.took < PROMPT, "took {:?}", self.took);
        self
    }

    /// Everything that leaves, to be searched.
    pub(crate) fn whole(&self) -> String {
        match &self.result {
            Ok(blocks) => format!("{blocks:?}"),
            Err(refusal) => refusal.to_string(),
        }
    }
}
