//! From what a tool handed in to what may leave.
//!
//! [`Guard::release`] is the only maker of a [`Released`]; a reply is built
//! from nothing else.
//!
//! ```compile_fail
//! // A draft is not a reply.
//! let reply = mcp_server::protocol::result(mcp_server::guard::Draft::text("hello"));
//! ```

mod draft;
mod room;

use std::{borrow::Cow, collections::BTreeMap, ops::AddAssign, sync::Arc};

pub use draft::{Block, Draft, Role};

use crate::{
    limits,
    refusal::{Broken, Code, Refusal},
    sanitize::marks::{Marker, Tally},
};
use room::{Room, weight};

/// A result that may be sent: bounded, with marks for what is not shown, and with what was left out said in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Released {
    blocks: Vec<(Role, Block)>,
    has_notes: bool,
    failure: Option<Code>,
    withheld: Withheld,
    marked: Tally,
}

impl Released {
    /// What is sent, in order; the notes are the last block.
    #[must_use]
    pub fn blocks(&self) -> &[(Role, Block)] {
        &self.blocks
    }

    /// The same, to be moved into a reply.
    #[must_use]
    pub fn into_blocks(self) -> Vec<(Role, Block)> {
        self.blocks
    }

    /// Whether the last block is notes.
    #[must_use]
    pub const fn has_notes(&self) -> bool {
        self.has_notes
    }

    /// Whether this describes a failure.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        self.failure.is_some()
    }

    /// Of which kind, if it does.
    #[must_use]
    pub const fn failure(&self) -> Option<Code> {
        self.failure
    }

    /// What was left out.
    #[must_use]
    pub const fn withheld(&self) -> Withheld {
        self.withheld
    }

    /// What marks stand for.
    #[must_use]
    pub const fn marked(&self) -> &Tally {
        &self.marked
    }

    /// Bytes of content, before any encoding.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|(_, block)| weight(block)).sum()
    }
}

/// What the guard left out of a result.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Withheld {
    /// Bytes of text and media that were cut.
    pub bytes: usize,
    /// Blocks that were left out whole.
    pub blocks: usize,
}

impl Withheld {
    /// Whether nothing was.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.bytes == 0 && self.blocks == 0
    }
}

impl AddAssign for Withheld {
    fn add_assign(&mut self, more: Self) {
        self.bytes += more.bytes;
        self.blocks += more.blocks;
    }
}

/// Judges drafts.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    /// Puts marks in the place of what is not shown.
    pub marker: Arc<Marker>,
}

impl Guard {
    /// Marks what is not to be shown, bounds the rest, and says both in notes.
    #[must_use]
    pub fn release(&self, draft: Draft) -> Released {
        let Draft { blocks, mut notes, text_max, failure, mut withheld, mut marked, cut, .. } = draft;
        let mut room = Room::for_text(text_max);
        let mut kept = Vec::with_capacity(blocks.len() + 1);
        let mut unmarkable = Withheld::default();
        for (at, (role, mut block)) in blocks.into_iter().enumerate() {
            if self.hides_in_bytes(&block, &mut marked) {
                unmarkable += Withheld { bytes: weight(&block), blocks: 1 };
                continue;
            }
            if cut == Some(at) {
                withheld.bytes += self.mark_cut(&mut block, &mut marked);
            }
            self.mark(&mut block, &mut marked);
            kept.extend(room.take(block, &mut withheld).map(|block| (role, block)));
        }
        let mut notes_room = limits::NOTES_BYTES_MAX;
        notes.retain_mut(|note| {
            marked += self.mark_text(note);
            let left = notes_room.checked_sub(note.len() + 1);
            notes_room = left.unwrap_or(notes_room);
            withheld.bytes += if left.is_some() { 0 } else { note.len() };
            left.is_some()
        });
        if !withheld.is_nothing() {
            notes.push(format!(
                "[truncated: {} bytes in {} blocks were left out because a result may hold {text_max} bytes of text and {} bytes of media; ask for less at once, or for a part by offset where the tool has one]",
                withheld.bytes, withheld.blocks, limits::MEDIA_BYTES_MAX,
            ));
        }
        if !unmarkable.is_nothing() {
            notes.push(format!(
                "[{} bytes that are sent as they are were left out because they hold a secret; if they are text, `read_text_file` shows them with marks]",
                unmarkable.bytes
            ));
        }
        if !marked.is_empty() {
            notes.push(said(&marked));
        }
        let has_notes = !notes.is_empty();
        if has_notes {
            kept.push((Role::User, Block::Text(notes.join("\n"))));
        }
        withheld += unmarkable;
        Released { blocks: kept, has_notes, failure, withheld, marked }
    }

    /// Marks what a refusal may quote of a file, also where only the log shows it.
    #[must_use]
    pub fn refused(&self, refusal: Refusal) -> (Refusal, Tally) {
        let mut marked = Tally::default();
        let mut mark = |says: Cow<'static, str>| {
            let (shown, tally) = self.marker.shown(&says);
            marked += tally;
            if let Cow::Owned(shown) = shown { shown.into() } else { says }
        };
        let refusal = match refusal {
            Refusal::Failed { code, says, cause } => {
                let cause = cause.map(|cause| mark(cause.into()).into_owned());
                Refusal::Failed { code, says: mark(says), cause }
            }
            Refusal::Argument { argument, broken: Broken { code, says } } => {
                Refusal::Argument { argument, broken: Broken { code, says: mark(says) } }
            }
            Refusal::Broke { cause } => Refusal::Broke { cause: mark(cause.into()).into_owned() },
            other => other,
        };
        (refusal, marked)
    }

    fn mark(&self, block: &mut Block, marked: &mut Tally) {
        let texts: [Option<&mut String>; 2] = match block {
            Block::Text(text) => [Some(text), None],
            Block::TextResource { text, uri, .. } => [Some(text), Some(uri)],
            Block::Link { name, uri } => [Some(name), Some(uri)],
            Block::BlobResource { uri, .. } => [Some(uri), None],
            Block::Image { .. } | Block::Audio { .. } => [None, None],
        };
        for text in texts.into_iter().flatten() {
            *marked += self.mark_text(text);
        }
    }

    fn mark_text(&self, text: &mut String) -> Tally {
        let (shown, tally) = self.marker.shown(text);
        if let Cow::Owned(shown) = shown {
            *text = shown;
        }
        tally
    }

    /// Marks a text whose end was cut off unseen: what stands near it could be half a secret, and
    /// goes too. Returns how many bytes went.
    fn mark_cut(&self, block: &mut Block, marked: &mut Tally) -> usize {
        let (Block::Text(text) | Block::TextResource { text, .. }) = block else { return 0 };
        let end = text.floor_char_boundary(text.len().saturating_sub(limits::SECRET_REACH_BYTES));
        let (marks, went) = (self.marker.marks(text.as_bytes()), text.len() - end);
        *marked += marks.tally(&(0..end));
        *text = marks.shown(text, 0..end);
        went
    }

    /// Whether bytes that are sent as they are hold a secret that is not to be shown.
    fn hides_in_bytes(&self, block: &Block, marked: &mut Tally) -> bool {
        let (Block::Image { data, .. } | Block::Audio { data, .. } | Block::BlobResource { data, .. }) =
            block
        else {
            return false;
        };
        let tally = self.marker.secrets(data);
        let hides = !tally.secrets.is_empty();
        *marked += tally;
        hides
    }
}

/// What marks stand for, in words.
fn said(marked: &Tally) -> String {
    let count = |kinds: &BTreeMap<&str, usize>| {
        let names: Vec<_> = kinds.keys().copied().collect();
        format!("{} ({})", kinds.values().sum::<usize>(), names.join(", "))
    };
    let mut parts = Vec::new();
    if !marked.secrets.is_empty() {
        parts.push(format!(
            "secrets shown as [REDACTED:kind:id]: {}; edit_file keeps what such a mark stands for",
            count(&marked.secrets)
        ));
    }
    if !marked.shown.is_empty() {
        parts.push(format!("secrets in this text, shown as the owner wants it: {}", count(&marked.shown)));
    }
    if marked.hidden > 0 {
        parts.push(format!("hidden characters shown as [HIDDEN:U+…]: {}", marked.hidden));
    }
    format!("[{}]", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: usize) -> Block {
        Block::Text("x".repeat(bytes))
    }

    fn image(bytes: usize) -> Block {
        Block::Image { data: vec![0; bytes].into(), mime: "image/png".into() }
    }

    /// The text blocks of what may leave, without the notes.
    fn released(draft: Draft) -> (Vec<usize>, Withheld) {
        let released = Guard::default().release(draft);
        let withheld = released.withheld();
        let mut bytes: Vec<usize> = released.blocks().iter().map(|(_, block)| weight(block)).collect();
        if !withheld.is_nothing() {
            let note = bytes.pop().expect("a note");
            assert!(note < 300 + limits::NOTES_BYTES_MAX, "{note}");
        }
        (bytes, withheld)
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_the_note_says_how_much_went() {
        let (kept, withheld) = released(Draft::text("é".repeat(10)).at_most(5));
        assert_eq!((kept, withheld), (vec![4], Withheld { bytes: 16, blocks: 0 }));
        let (kept, withheld) = released(Draft::new().and(text(4)).and(text(4)).and(text(4)).at_most(6));
        assert_eq!((kept, withheld), (vec![4, 2], Withheld { bytes: 6, blocks: 1 }));
        let (kept, withheld) = released(Draft::text("").at_most(0));
        assert_eq!((kept, withheld), (vec![0], Withheld::default()));
    }

    #[test]
    fn no_more_blocks_notes_or_media_are_kept_than_a_result_may_hold() {
        let blocks = (0..100_000).fold(Draft::new(), |draft, _| draft.and(text(1)));
        assert_eq!(blocks.blocks.len(), limits::RESULT_BLOCKS_MAX);
        let (kept, withheld) = released(blocks);
        assert_eq!((kept.len(), withheld.blocks), (limits::RESULT_BLOCKS_MAX, 99_000));

        let notes = (0..100_000).fold(Draft::new(), |draft, _| draft.note("so much"));
        assert!(notes.notes.len() * 8 <= limits::NOTES_BYTES_MAX);
        assert!(released(notes).0.is_empty());

        let images = (0..10).fold(Draft::new(), |draft, _| draft.and(image(1 << 20)));
        let (kept, withheld) = released(images);
        assert_eq!((kept.len(), withheld.blocks), (5, 5));
        let (kept, withheld) = released(Draft::new().and(image(limits::MEDIA_BYTES_MAX + 1)).and(image(1)));
        assert_eq!((kept.len(), withheld.blocks), (1, 1));
    }

    #[test]
    fn an_address_without_end_is_left_out_whole() {
        let link = Block::Link { uri: "x".repeat(limits::RESULT_BYTES_MAX + 1), name: "n".into() };
        let (kept, withheld) = released(Draft::new().and(link).and(text(1)));
        assert_eq!((kept, withheld.blocks), (vec![1], 1));
    }

    proptest! {
        #[test]
        fn what_leaves_is_bounded_and_what_was_handed_in_is_accounted_for(
            sizes in proptest::collection::vec((0_usize..3, 0_usize..400_000), 0..30),
            most in 0_usize..2_000_000,
        ) {
            let blocks = sizes.into_iter().map(|(kind, bytes)| match kind {
                0 => text(bytes),
                1 => image(bytes),
                _ => Block::Link { uri: "u".repeat(bytes), name: "n".into() },
            });
            let mut whole = 0;
            let draft = blocks.fold(Draft::new().at_most(most), |draft, block| {
                whole += weight(&block);
                draft.and(block)
            });
            let (kept, withheld) = released(draft);
            let kept: usize = kept.iter().sum();
            prop_assert_eq!(kept + withheld.bytes, whole);
            prop_assert!(kept <= most.min(limits::RESULT_BYTES_MAX) + limits::MEDIA_BYTES_MAX);
        }
    }
}
