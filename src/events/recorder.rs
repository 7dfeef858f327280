//! stub

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{
    caller::{Caller, Client},
    refusal::Refusal,
};

/// Shared by all events of one call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallId(pub String);

/// stub
#[derive(Clone, Debug, Default)]
pub struct Recorder;

/// What is known of a call when it begins.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// What the client says of itself.
    pub client: Client,
    /// The method.
    pub method: &'static str,
    /// What is called, as the client wrote it.
    pub name: String,
    /// Bytes of the message.
    pub bytes_in: usize,
}

/// How a call ended.
#[derive(Debug)]
pub struct Ending;

impl Ending {
    /// Well.
    #[must_use]
    pub fn ok(_bytes_out: usize, _details: Map<String, Value>) -> Self {
        Self
    }
    /// Not well.
    #[must_use]
    pub fn refused(_refusal: &Refusal, _details: Map<String, Value>) -> Self {
        Self
    }
}

/// stub
#[derive(Debug)]
pub struct Entry(CallId);

impl Recorder {
    /// Opens an entry.
    #[must_use]
    pub fn begin(&self, _facts: Facts) -> Entry {
        Entry(CallId("x".into()))
    }
}

impl Entry {
    /// The id.
    #[must_use]
    pub fn call(&self) -> &CallId {
        &self.0
    }
    /// stub
    pub async fn announce(&self) -> Result<(), Refusal> {
        Ok(())
    }
    /// stub
    pub async fn finish(self, _: Ending) -> Result<(), Refusal> {
        Ok(())
    }
}
