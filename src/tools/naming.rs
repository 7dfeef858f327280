//! Names of files in a note: as many as one reads, and how many more.

use serde_json::Value;

use crate::limits;

/// `"a", "b" and 3 more`: the first of `count` names, [`quoted`] already.
pub(super) fn naming(names: impl IntoIterator<Item = String>, count: usize) -> String {
    let mut listed = Vec::new();
    let mut room = limits::NOTE_NAMES_BYTES_MAX;
    for name in names {
        let Some(left) = room.checked_sub(name.len()) else { break };
        room = left;
        listed.push(name);
    }
    match (listed.len(), count.saturating_sub(listed.len())) {
        (_, 0) => listed.join(", "),
        (0, more) => format!("{more} with long names"),
        (_, more) => format!("{} and {more} more", listed.join(", ")),
    }
}

/// One name as JSON, so that it can be sent back as it stands.
pub(super) fn quoted(name: impl Into<String>) -> String {
    Value::String(name.into()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_is_counted() {
        let names = |count: usize| (0..count).map(|n| quoted(format!("r:/{n}")));
        assert_eq!(naming(names(2), 2), r#""r:/0", "r:/1""#);
        assert_eq!(naming(names(1), 4), r#""r:/0" and 3 more"#);
        assert_eq!(naming([quoted("x".repeat(5_000))], 1), "1 with long names");
        let many = naming(names(10_000), 10_000);
        assert!(many.len() < limits::NOTE_NAMES_BYTES_MAX * 2 && many.ends_with(" more"), "{many}");
        assert_eq!(quoted("a \"b\""), r#""a \"b\"""#);
    }
}
