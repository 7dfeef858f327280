//! What was answered, and what must hold of it.

use std::fmt;

use serde_json::Value;

/// One JSON-RPC answer.
#[derive(Clone, PartialEq)]
pub struct Answer(pub Value);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Answer {
    /// The result.
    #[track_caller]
    pub fn result(&self) -> &Value {
        assert!(self.0["error"].is_null(), "an error where a result belongs: {self:?}");
        &self.0["result"]
    }

    /// Whether this is a result, and no failure.
    pub fn is_well(&self) -> bool {
        self.0["error"].is_null() && self.0["result"]["isError"] != true
    }

    /// The text of the first block of a result that is no failure.
    #[track_caller]
    pub fn text(&self) -> &str {
        assert_ne!(self.result()["isError"], true, "a failure where a result belongs: {self:?}");
        self.first_text()
    }

    /// The text of a result that is a failure: what a model is told.
    #[track_caller]
    pub fn failure(&self) -> &str {
        assert_eq!(self.result()["isError"], true, "not a failure: {self:?}");
        self.first_text()
    }

    /// Says exactly this.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert_eq!(self.text(), text);
        self
    }

    /// Is a failure that says this, among other things.
    #[track_caller]
    pub fn fails_with(&self, part: &str) -> &Self {
        let text = self.failure();
        assert!(text.contains(part), "{text:?} does not say {part:?}");
        self
    }

    /// Is a JSON-RPC error with this code.
    #[track_caller]
    pub fn is_error(&self, code: i64) -> &Self {
        assert_eq!(self.0["error"]["code"], code, "{self:?}");
        self
    }

    /// Carries this id, as it was written.
    #[track_caller]
    pub fn has_id(&self, id: impl Into<Value>) -> &Self {
        assert_eq!(self.0["id"], id.into(), "{self:?}");
        self
    }

    /// Does not hold this anywhere: not a value that was sent, not a path of the host.
    #[track_caller]
    pub fn never_mentions(&self, secret: &str) -> &Self {
        assert!(!self.0.to_string().contains(secret), "{secret:?} is in {self:?}");
        self
    }

    #[track_caller]
    fn first_text(&self) -> &str {
        self.0["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text in {self:?}"))
    }
}
