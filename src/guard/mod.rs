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

pub use draft::{Block, Draft, Role};

use crate::limits;

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

/// Judges drafts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Guard;

impl Guard {
    /// Bounds a draft and says in a note what was left out.
    #[must_use]
    pub fn release(self, draft: Draft) -> Released {
        let Draft { blocks, mut notes, text_max, failed } = draft;
        let mut withheld = Withheld::default();
        let mut room = text_max;
        let mut kept = Vec::with_capacity(blocks.len().min(limits::RESULT_BLOCKS_MAX) + 1);
        for (role, mut block) in blocks {
            if kept.len() >= limits::RESULT_BLOCKS_MAX {
                withheld.blocks += 1;
                withheld.bytes += weight(&block);
                continue;
            }
            match &mut block {
                Block::Text(text) | Block::TextResource { text, .. } => {
                    withheld.bytes += cut(text, room);
                    room -= text.len();
                }
                Block::Image { data, .. } | Block::Audio { data, .. } | Block::BlobResource { data, .. }
                    if data.len() > limits::MEDIA_BYTES_MAX =>
                {
                    withheld.blocks += 1;
                    withheld.bytes += data.len();
                    continue;
                }
                Block::Image { .. }
                | Block::Audio { .. }
                | Block::BlobResource { .. }
                | Block::Link { .. } => {}
            }
            kept.push((role, block));
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

/// Cuts `text` to at most `room` bytes, at a character. Returns how many bytes went.
fn cut(text: &mut String, room: usize) -> usize {
    let whole = text.len();
    text.truncate(text.floor_char_boundary(room));
    whole - text.len()
}

fn weight(block: &Block) -> usize {
    match block {
        Block::Text(text) | Block::TextResource { text, .. } => text.len(),
        Block::Image { data, .. } | Block::Audio { data, .. } | Block::BlobResource { data, .. } => {
            data.len()
        }
        Block::Link { uri, name } => uri.len() + name.len(),
    }
}
