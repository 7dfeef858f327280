//! Values of a list that are judged one by one.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::refusal::Broken;

/// One text of a list that stands or falls by itself: a rule that it breaks
/// is kept beside it and refuses nothing else. A value that is no text at all
/// refuses the call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Each<T>(Result<T, Broken>);

impl<T> Each<T> {
    /// The value.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    pub fn proven(&self) -> Result<&T, &Broken> {
        self.0.as_ref()
    }
}

impl<'de, T: TryFrom<String, Error = Broken>> Deserialize<'de> for Each<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|raw| Self(T::try_from(raw)))
    }
}

impl<T: JsonSchema> JsonSchema for Each<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{refusal::Code, sanitize::path::FilePath};

    #[test]
    fn one_that_breaks_a_rule_leaves_the_others_be() {
        let read = |list| serde_json::from_value::<Vec<Each<FilePath>>>(list);
        let each = read(json!(["a", "../b", "c"])).expect("a list");
        let told: Vec<_> = each
            .iter()
            .map(|each| each.proven().map(FilePath::as_str).map_err(|broken| broken.code))
            .collect();
        assert_eq!(told, [Ok("a"), Err(Code::PathLeavesRoot), Ok("c")]);
        assert!(read(json!(["a", 5])).is_err());
    }
}
