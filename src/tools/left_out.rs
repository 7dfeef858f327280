//! What a walk left out, in words.

use crate::{guard::Draft, limits, sandbox::files::Skipped};

/// Says in notes what a search did not come to.
pub(super) fn note(mut draft: Draft, skipped: Skipped) -> Draft {
    let Skipped { deep, unreadable, protected, ended } = skipped;
    if protected > 0 {
        draft = draft.note(format!("[{protected} protected places were left out: they may hold secrets]"));
    }
    if deep > 0 {
        draft = draft.note(format!(
            "[{deep} directories deeper than {} levels were not searched; search again with one of them as `path`]",
            limits::WALK_DEPTH_MAX
        ));
    }
    if unreadable > 0 {
        draft = draft.note(format!("[{unreadable} directories could not be read]"));
    }
    if ended {
        draft = draft
            .note(format!("[stopped after {} entries; search a narrower `path`]", limits::WALK_ENTRIES_MAX));
    }
    draft
}
