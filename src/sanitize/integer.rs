//! Integers within bounds.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::refusal::{Broken, Code};

/// An integer from `MIN` to `MAX`, both included.
///
/// JSON integers only: `5.0`, `"5"` and `true` are refused, not turned into 5.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Integer<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Integer<MIN, MAX> {
    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The number as a count; 0 if `MIN` lets it be negative and it is.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0.max(0)).unwrap_or(usize::MAX)
    }
}

impl<const MIN: i64, const MAX: i64> TryFrom<i64> for Integer<MIN, MAX> {
    type Error = Broken;

    fn try_from(raw: i64) -> Result<Self, Self::Error> {
        if (MIN..=MAX).contains(&raw) { Ok(Self(raw)) } else { Err(out_of_range(MIN, MAX)) }
    }
}

impl<const MIN: i64, const MAX: i64> fmt::Display for Integer<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de, const MIN: i64, const MAX: i64> Deserialize<'de> for Integer<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<const MIN: i64, const MAX: i64>;

        impl<const MIN: i64, const MAX: i64> de::Visitor<'_> for Visitor<MIN, MAX> {
            type Value = Integer<MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an integer from {MIN} to {MAX}")
            }

            fn visit_i64<E: de::Error>(self, raw: i64) -> Result<Self::Value, E> {
                Integer::try_from(raw).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, raw: u64) -> Result<Self::Value, E> {
                let raw = i64::try_from(raw).map_err(|_| E::custom(out_of_range(MIN, MAX)))?;
                self.visit_i64(raw)
            }
        }

        deserializer.deserialize_i64(Visitor)
    }
}

impl<const MIN: i64, const MAX: i64> JsonSchema for Integer<MIN, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Integer_{MIN}_{MAX}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({ "type": "integer", "minimum": MIN });
        if MAX < EXACT_MAX {
            schema.insert("maximum".to_owned(), MAX.into());
        }
        schema
    }
}

/// The largest integer that every reader of JSON keeps (RFC 8259, section 6). As a bound it tells a
/// client nothing.
const EXACT_MAX: i64 = 9_007_199_254_740_991;

fn out_of_range(min: i64, max: i64) -> Broken {
    Broken::new(Code::OutOfRange, format!("must be an integer from {min} to {max}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<i64, String> {
        serde_json::from_value::<Integer<1, 1000>>(value).map(Integer::get).map_err(|error| error.to_string())
    }

    #[test]
    fn integers_within_bounds_pass_and_nothing_is_coerced() {
        assert_eq!(read(json!(1)), Ok(1));
        assert_eq!(read(json!(1000)), Ok(1000));
        for outside in [json!(0), json!(1001), json!(-1), json!(u64::MAX)] {
            assert_eq!(read(outside), Err("out_of_range: must be an integer from 1 to 1000".to_owned()));
        }
        for other in [json!(5.0), json!("5"), json!(true), json!(null), json!([5]), json!(1e30)] {
            assert!(read(other).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_proven_integer_stays_proven(raw in any::<i64>()) {
            let proven = Integer::<-5, 70_000>::try_from(raw);
            prop_assert_eq!(proven.is_ok(), (-5..=70_000).contains(&raw));
            if let Ok(proven) = proven {
                prop_assert_eq!(Integer::try_from(proven.get()), Ok(proven));
                prop_assert_eq!(proven.as_usize(), usize::try_from(raw).unwrap_or(0));
            }
        }
    }
}
