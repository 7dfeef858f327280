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

use std::ops::AddAssign;

pub use draft::{Block, Draft, Role};

use crate::limits;
use room::{Room, weight};

/// A result that may be sent: bounded, with what was left out said in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Released {
    blocks: Vec<(Role, Block)>,
    failed: bool,
    withheld: Withheld,
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

    /// Whether this describes a failure.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        self.failed
    }

    /// What was left out.
    #[must_use]
    pub const fn withheld(&self) -> Withheld {
        self.withheld
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
#[derive(Clone, Copy, Debug, Default)]
pub struct Guard;

impl Guard {
    /// Bounds a draft and says in a note what was left out.
    #[must_use]
    pub fn release(self, draft: Draft) -> Released {
        let Draft { blocks, mut notes, text_max, failed, mut withheld, .. } = draft;
        let mut room = Room::for_text(text_max);
        let mut kept = Vec::with_capacity(blocks.len() + 1);
        for (role, block) in blocks {
            kept.extend(room.take(block, &mut withheld).map(|block| (role, block)));
        }
        if !withheld.is_nothing() {
            notes.push(format!(
                "[truncated: {} bytes in {} blocks were left out because a result may hold {text_max} bytes of text and {} bytes of media; ask for less at once, or for a part by offset where the tool has one]",
                withheld.bytes, withheld.blocks, limits::MEDIA_BYTES_MAX,
            ));
        }
        if !notes.is_empty() {
            kept.push((Role::User, Block::Text(notes.join("\n"))));
        }
        Released { blocks: kept, failed, withheld }
    }
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
        let released = Guard.release(draft);
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
