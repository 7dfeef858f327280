//! Which event a code leaves, and how grave it is.
//!
//! One table without a rest arm: a new code does not compile until somebody
//! has decided what it means to the operator.

use super::event::{
    EventKind::{
        self, AuthenticationFailed, HttpError, InputValidationFailed, MessageRefused, RateLimitExceeded,
        ToolAbandoned, ToolDenied, ToolExecutionFailed, UntrustedOriginBlocked,
    },
    Outcome::{self, Abandoned, Denied, Failed, Refused},
    Severity::{self, High, Low, Medium},
};
use crate::refusal::{Code, Refusal};

/// How a call that was turned away or did not end well is written down. The
/// event always is one that ends a call.
#[must_use]
pub fn ending(refusal: &Refusal) -> (EventKind, Severity, Outcome) {
    if let Refusal::Argument { .. } = refusal {
        return (InputValidationFailed, Medium, Refused);
    }
    in_call(refusal.code())
}

/// How a call that did not end well with this code is written down.
#[must_use]
pub fn in_call(code: Code) -> (EventKind, Severity, Outcome) {
    let written = at_door(code);
    // A code of a door inside a call: the tool used it for something of its own.
    if written.0.is_ending() { written } else { (ToolExecutionFailed, Low, Failed) }
}

/// How a refusal with this code is written down when there is no call yet.
#[must_use]
pub const fn at_door(code: Code) -> (EventKind, Severity, Outcome) {
    match code {
        Code::UnknownTool | Code::UnknownPrompt | Code::UnknownResource => (ToolDenied, Medium, Denied),

        Code::UnknownArgument
        | Code::MissingArgument
        | Code::WrongType
        | Code::OutOfRange
        | Code::TooLong
        | Code::Empty
        | Code::NulByte
        | Code::LineBreak
        | Code::HiddenCharacter
        | Code::NotAName
        | Code::BadGlob
        | Code::BadPattern
        | Code::ArgumentsConflict
        // found while opening, but the argument is at fault
        | Code::PathLeavesRoot
        | Code::LinkLeavesRoot
        | Code::PathTooDeep
        | Code::AmbiguousRoot
        | Code::NotRegular
        | Code::Protected => (InputValidationFailed, Medium, Refused),

        Code::NotFound
        | Code::PermissionDenied
        | Code::IsDirectory
        | Code::NotDirectory
        | Code::AlreadyExists
        | Code::ReadOnlyRoot
        | Code::IsLink
        | Code::SeveralNames
        | Code::NotEmpty
        | Code::Changed
        | Code::Busy
        | Code::TextNotFound
        | Code::TextNotUnique
        | Code::NotKept
        | Code::NotUndoable
        | Code::WithheldText
        | Code::UnknownChange
        | Code::NotText
        | Code::TooLarge
        | Code::Io
        | Code::RootMissing
        | Code::ToolRefused
        | Code::ToolFailed => (ToolExecutionFailed, Low, Failed),
        Code::MissingCapability => (ToolExecutionFailed, Low, Refused),
        Code::Deadline | Code::ToolDisabled => (ToolExecutionFailed, Medium, Failed),
        Code::Panicked | Code::NotRecorded => (ToolExecutionFailed, High, Failed),
        Code::Abandoned => (ToolAbandoned, Low, Abandoned),

        Code::TooManyCalls
        | Code::LimitAddress
        | Code::LimitKey
        | Code::LimitTool
        | Code::LimitRepeat
        | Code::Penalty
        | Code::TooManyConnections
        | Code::TooManyFollowers => (RateLimitExceeded, Medium, Denied),

        Code::MessageTooLarge
        | Code::MessageTooDeep
        | Code::MessageTooComplex
        | Code::NotJson
        | Code::NotUtf8
        | Code::DuplicateKey
        | Code::Batch
        | Code::BadId
        | Code::IdInFlight
        | Code::BadMessage
        | Code::UnknownMethod
        | Code::BadParams
        | Code::MissingMeta
        | Code::UnsupportedVersion
        | Code::HeaderMismatch
        | Code::MissingId => (MessageRefused, Medium, Refused),

        Code::NoKey | Code::UnknownKey | Code::ExpiredKey | Code::KeyAddress => {
            (AuthenticationFailed, High, Denied)
        }
        Code::UntrustedOrigin | Code::UntrustedHost => (UntrustedOriginBlocked, Medium, Denied),
        // the key is good, the route is not for it
        Code::KeyReach | Code::HttpsRequired => (HttpError, Medium, Denied),
        Code::NoRoute
        | Code::MethodNotAllowed
        | Code::BadRequest
        | Code::BadQuery
        | Code::MediaType
        | Code::NotAcceptable
        | Code::TooSlow => (HttpError, Medium, Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_call_is_refused_with_ends_it_exactly_once() {
        for code in Code::ALL {
            assert!(ending(&Refusal::failed(*code, "no")).0.is_ending(), "{code}");
        }
    }

    #[test]
    fn a_link_found_while_opening_is_an_argument_at_fault() {
        assert_eq!(
            ending(&Refusal::failed(Code::LinkLeavesRoot, "a link that leaves the root")),
            (InputValidationFailed, Medium, Refused)
        );
        assert_eq!(ending(&Refusal::Panicked), (ToolExecutionFailed, High, Failed));
        assert_eq!(ending(&Refusal::Abandoned), (ToolAbandoned, Low, Abandoned));
        assert_eq!(ending(&Refusal::TooManyCalls).0, RateLimitExceeded);
    }
}
