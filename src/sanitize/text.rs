//! stub
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use std::borrow::Cow;

/// stub
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq)]
#[serde(try_from = "String")]
pub struct Name<const N: usize>(String);

impl<const N: usize> TryFrom<String> for Name<N> {
    type Error = crate::refusal::Broken;
    fn try_from(raw: String) -> Result<Self, Self::Error> {
        Ok(Self(raw))
    }
}
impl<const N: usize> Name<N> {
    /// stub
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl<const N: usize> JsonSchema for Name<N> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("Name{N}").into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "maxLength": N})
    }
}
