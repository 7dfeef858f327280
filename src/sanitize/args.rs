//! stub
use crate::refusal::Refusal;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Arguments as they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(Map<String, Value>);

impl From<Map<String, Value>> for Arguments {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl Arguments {
    /// stub
    pub fn prove<T: DeserializeOwned>(self, _schema: &Map<String, Value>) -> Result<T, Refusal> {
        serde_json::from_value(Value::Object(self.0)).map_err(|e| Refusal::Broke { cause: e.to_string() })
    }
    /// stub
    #[must_use]
    pub fn canonical(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}
