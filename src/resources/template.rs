//! Families of addresses: as much of RFC 6570 as can be read backwards.
//!
//! `{name}` stands for one component of a path, `{+name}` for any number of
//! them. Matching goes through the address once and never goes back, so its
//! time is linear in the address whatever the template.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// What a template's variables stand for in one address, percent-decoded.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Variables(pub BTreeMap<String, String>);

/// A template that has been taken apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UriTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Literal(String),
    /// At least one character, no `/`.
    Component(String),
    /// Anything, also nothing.
    Rest(String),
}

impl UriTemplate {
    /// Takes `template` apart. A brace without its partner is a literal.
    #[must_use]
    pub fn new(template: &str) -> Self {
        let mut parts = Vec::new();
        let mut left = template;
        while let Some((literal, name, rest)) = next_expression(left) {
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(match name.strip_prefix('+') {
                Some(name) => Part::Rest(name.to_owned()),
                None => Part::Component(name.to_owned()),
            });
            left = rest;
        }
        if !left.is_empty() {
            parts.push(Part::Literal(left.to_owned()));
        }
        Self { parts }
    }

    /// What the variables stand for in `uri`, if it is one of the family. A
    /// variable ends where the literal after it first occurs; before the last
    /// literal, where it last occurs.
    #[must_use]
    pub fn matches(&self, uri: &str) -> Option<Variables> {
        let mut found = BTreeMap::new();
        let mut left = uri;
        let mut parts = self.parts.as_slice();
        while let Some((part, rest)) = parts.split_first() {
            parts = rest;
            let (name, can_cross) = match part {
                Part::Literal(literal) => {
                    left = left.strip_prefix(literal.as_str())?;
                    continue;
                }
                Part::Component(name) => (name, false),
                Part::Rest(name) => (name, true),
            };
            let reach = if can_cross { left.len() } else { left.find('/').unwrap_or(left.len()) };
            let length = match rest {
                [] => left.len(),
                [Part::Literal(last)] => left.len().checked_sub(last.len())?,
                [Part::Literal(next), ..] => left.find(next.as_str())?,
                [Part::Component(_) | Part::Rest(_), ..] => reach,
            };
            if length > reach {
                return None;
            }
            let (raw, after) = left.split_at_checked(length)?;
            let value = percent_decode_str(raw).decode_utf8().ok()?;
            if !can_cross && (value.is_empty() || value.contains('/')) {
                return None;
            }
            found.insert(name.clone(), value.into_owned());
            left = after;
        }
        left.is_empty().then_some(Variables(found))
    }
}

/// The literal before the next `{name}`, the name, and what follows.
fn next_expression(template: &str) -> Option<(&str, &str, &str)> {
    let (literal, after) = template.split_once('{')?;
    let (name, rest) = after.split_once('}')?;
    Some((literal, name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn matches(template: &str, uri: &str, wanted: &[(&str, &str)]) {
        let found = UriTemplate::new(template).matches(uri).unwrap_or_else(|| panic!("{uri} does not match"));
        let wanted = wanted.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(found.0, wanted);
    }

    #[track_caller]
    fn matches_not(template: &str, uri: &str) {
        assert_eq!(UriTemplate::new(template).matches(uri), None, "{uri}");
    }

    #[test]
    fn a_variable_is_one_component_and_a_plus_variable_the_rest() {
        matches("test://{id}/data", "test://123/data", &[("id", "123")]);
        matches("root://a/{+path}", "root://a/b/c%20d.txt", &[("path", "b/c d.txt")]);
        matches("root://a/{+path}", "root://a/", &[("path", "")]);
        matches("x:{a}-{b}.txt", "x:1-2-3.txt", &[("a", "1"), ("b", "2-3")]);
        matches("x:{+dir}/{name}", "x:a/b", &[("dir", "a"), ("name", "b")]);
        matches("x:{+dir}/raw", "x:a/raw/raw", &[("dir", "a/raw")]);
    }

    #[test]
    fn what_is_not_of_the_family_does_not_match() {
        matches_not("test://{id}/data", "test://1/2/data");
        matches_not("test://{id}/data", "test:///data");
        matches_not("test://{id}/data", "test://1/data/");
        matches_not("test://{id}", "test://a%2Fb");
        matches_not("test://{id}", "test://%FF");
        matches_not("test://{id}", "other://1");
    }

    #[test]
    fn a_template_without_variables_is_one_address() {
        matches("test://fixed", "test://fixed", &[]);
        matches_not("test://fixed", "test://fixed/more");
        matches("test://{open", "test://{open", &[]);
    }

    #[test]
    fn a_long_address_is_matched_in_linear_time() {
        let started = std::time::Instant::now();
        let uri = format!("x:{}", "a-".repeat(500_000));
        matches_not("x:{a}-{b}-{c}-{d}-{e}!", &uri);
        assert!(started.elapsed() < std::time::Duration::from_secs(2));
    }

    proptest! {
        #[test]
        fn what_was_filled_in_comes_back(id in "[a-zA-Z0-9 äß%]{1,20}", path in "[a-z/ %]{0,30}") {
            let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let uri = format!("x://{}/{}", encode(&id), encode(&path));
            let found = UriTemplate::new("x://{id}/{+path}").matches(&uri).unwrap();
            prop_assert_eq!(&found.0["id"], &id);
            prop_assert_eq!(&found.0["path"], &path);
        }
    }
}
