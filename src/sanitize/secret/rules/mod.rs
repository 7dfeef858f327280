//! The tables. What stands earlier says more, and names what a later row finds as well.
//!
//! Shapes are those that the issuers publish or, where they publish none, those of gitleaks; the
//! patterns are our own.

mod blocks;
mod clouds;
mod code;
mod context;
mod models;
mod services;

use super::rule::Rule;

/// For shapes that only gitleaks tells of.
const GITLEAKS: &str = "https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml";

/// A name, and how it is given a value in whatever language: `name = "value"`,
/// `"name": "value"`, `name: value`, `<name>value`, `name => 'value'`, `set("name", "value")`,
/// `name: &str = "value"`, also where JSON holds it as a string.
macro_rules! given {
    ($name:literal) => {
        concat!(
            "(?i:",
            $name,
            r#")(?:\\{0,3}["'`])?[\])]?[ \t]{0,16}(?::[ ]?&?[A-Za-z' ]{0,20}=|:=|=>|==|=|:|,|>)"#,
            r#"[ \t]{0,16}(?:[A-Za-z_:.]{0,24}\(|\\{0,3}["'`]){0,3}"#,
        )
    };
}
use given;

/// All rows.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    [code::TABLE, clouds::TABLE, models::TABLE, services::TABLE, blocks::TABLE, context::TABLE]
        .into_iter()
        .flatten()
}
