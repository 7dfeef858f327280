//! stub
#![allow(missing_docs)]
use crate::{limits, refusal::Code};
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum MessageId {
    Text(String),
    Number(i64),
}
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    ParseError,
    InvalidRequest,
}
impl FaultKind {
    pub const fn number(self) -> i32 {
        match self {
            Self::ParseError => -32_700,
            Self::InvalidRequest => -32_600,
        }
    }
}
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageFault {
    pub code: Code,
    pub kind: FaultKind,
    pub id: Option<MessageId>,
}
impl MessageFault {
    pub const fn new(code: Code, id: Option<MessageId>) -> Self {
        let kind = match code {
            Code::NotJson | Code::NotUtf8 => FaultKind::ParseError,
            _ => FaultKind::InvalidRequest,
        };
        Self { code, kind, id }
    }
    pub const fn too_large(id: Option<MessageId>) -> Self {
        Self::new(Code::MessageTooLarge, id)
    }
    pub const fn says(&self) -> &'static str {
        "stub"
    }
}
pub fn check(message: &[u8]) -> Result<(), MessageFault> {
    if message.len() > limits::MESSAGE_BYTES_MAX {
        return Err(MessageFault::too_large(None));
    }
    match serde_json::from_slice::<serde_json::Value>(message) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => Err(MessageFault::new(Code::Batch, None)),
        Err(_) => Err(MessageFault::new(Code::NotJson, None)),
    }
}
#[derive(Debug, Default)]
pub struct IdSeeker;
impl IdSeeker {
    pub fn feed(&mut self, _: &[u8]) {}
    pub fn finish(self) -> Option<MessageId> {
        None
    }
}
