//! What the tools that change files have in common: how a change is made for a call, and what is said of it.

use super::{
    CallContext,
    diff::{self, Version},
};
use crate::{
    caller::{Caller, Door},
    guard::Draft,
    journal::{Change, Digest},
    refusal::{Code, Refusal},
    sandbox::{Changes, changes::Ticket},
};

/// Runs `work` with the ticket of `call`.
pub(super) fn ticketed<T>(
    call: &CallContext,
    tool: &str,
    work: impl FnOnce(&Ticket<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    work(&Ticket {
        id: call.id(),
        who: &call.caller().identity.who(),
        tool,
        undoes: None,
        go_on: &|| call.go_on(),
        #[allow(clippy::cast_precision_loss, reason = "at most a hundred thousand entries")]
        progress: &|entries| call.progress(entries as f64, None, Some(&format!("{entries} entries"))),
    })
}

/// Says which change it was.
pub(super) fn noted(draft: Draft, change: &Change, more: &str) -> Draft {
    draft.note(format!("[change {}{more}; `undo_change` takes it back]", change.id))
}

/// Refuses a change of what is not as the caller last saw it.
pub(super) fn is_as_seen(
    changes: &Changes,
    shown: &str,
    bytes: Option<&[u8]>,
    wanted: Option<&str>,
) -> Result<(), Refusal> {
    let Some(wanted) = wanted else { return Ok(()) };
    let Some(bytes) = bytes else {
        let says = format!("{shown} is gone, or too large to have a tag; look at it again");
        return Err(Refusal::failed(Code::Changed, says));
    };
    let digest = Digest::of(bytes);
    let tag = changes.marker.tag(shown, digest.as_str());
    if tag == wanted {
        return Ok(());
    }
    let by = since(changes, shown, wanted, &digest);
    let says = format!(
        "{shown} is not what you read: its tag is {tag} now, not {wanted}, and it has {} bytes; {by}",
        bytes.len()
    );
    Err(Refusal::failed(Code::Changed, says))
}

/// Who changed it since, as far as the journal knows.
fn since(changes: &Changes, shown: &str, wanted: &str, now: &Digest) -> String {
    use crate::journal::{State, Step};
    let sha256 = |state: Option<&State>| match state {
        Some(State::File { sha256: Some(sha256), .. }) => Some(sha256.clone()),
        _ => None,
    };
    let recent = changes.journal.changes().ok().into_iter().flatten().take(crate::limits::EDITS_MAX);
    let mut ids = Vec::new();
    let mut begins = None;
    let mut is_ours = false;
    for change in recent {
        let Step::Set { place, before, after } = &change.step else { continue };
        if place != shown || !changes.reaches(&change) {
            continue;
        }
        is_ours = is_ours || sha256(after.as_ref()).as_ref() == Some(now);
        ids.push(change.id.clone());
        begins = sha256(Some(before)).filter(|before| changes.marker.tag(shown, before.as_str()) == wanted);
        if begins.is_some() {
            break;
        }
    }
    let (Some(begins), true) = (begins, is_ours) else {
        return "somebody else changed it; read it again".to_owned();
    };
    let by = format!("changed by {}", ids.join(", "));
    let max = crate::limits::EDIT_BYTES_MAX as u64;
    match (changes.journal.bytes(&begins, max), changes.journal.bytes(now, max)) {
        (Ok(old), Ok(new)) => {
            let [old, new] = [&old, &new].map(|bytes| Version::of(bytes, &changes.marker));
            format!("{by}:\n{}", diff::unified(shown, &old, &new).text)
        }
        _ => format!("{by}; read it again"),
    }
}

/// Over HTTP everybody sees what is his own alone, and nobody what lies in no root of his.
pub(super) fn is_for(change: &Change, caller: &Caller, changes: &Changes) -> bool {
    let is_own = caller.door != Door::Http || change.who == caller.identity.who();
    is_own && changes.reaches(change)
}
