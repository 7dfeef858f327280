//! stub
use std::collections::BTreeMap;
/// What a template's variables stand for in one address.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Variables(pub BTreeMap<String, String>);
/// stub
#[derive(Clone, Debug)]
pub struct UriTemplate;
impl UriTemplate {
    /// stub
    #[must_use]
    pub fn new(_: &str) -> Self {
        Self
    }
    /// stub
    #[must_use]
    pub fn matches(&self, _: &str) -> Option<Variables> {
        None
    }
}
