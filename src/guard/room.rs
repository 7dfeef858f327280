//! How much a result may still hold.
//!
//! Blocks are measured as they are added, so that a tool that hands in without
//! end costs no more memory than a full result.

use super::{Block, Withheld};
use crate::{limits, sanitize::marks};

/// What there is still room for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Room {
    blocks: usize,
    text: usize,
    media: usize,
}

impl Room {
    /// An empty result that may hold `text` bytes of text.
    pub(super) const fn for_text(text: usize) -> Self {
        Self { blocks: limits::RESULT_BLOCKS_MAX, text, media: limits::MEDIA_BYTES_MAX }
    }

    /// Takes what there is room for: a text may be cut, anything else is taken
    /// whole or not at all. What does not come back is added to `withheld`.
    pub(super) fn take(&mut self, mut block: Block, withheld: &mut Withheld) -> Option<Block> {
        let (label, media) = (label(&block), media(&block));
        if self.blocks == 0 || label > self.text || media > self.media {
            *withheld += Withheld { bytes: weight(&block), blocks: 1 };
            return None;
        }
        let mut text = 0;
        if let Block::Text(words) | Block::TextResource { text: words, .. } = &mut block {
            let cut = cut(words, self.text - label);
            text = words.len();
            withheld.bytes += cut;
            if cut > 0 && text == 0 {
                withheld.bytes += label;
                withheld.blocks += 1;
                return None;
            }
        }
        self.blocks -= 1;
        self.text -= label + text;
        self.media -= media;
        Some(block)
    }
}

/// Bytes of content, before any encoding.
pub(super) fn weight(block: &Block) -> usize {
    let text = match block {
        Block::Text(text) | Block::TextResource { text, .. } => text.len(),
        _ => 0,
    };
    label(block) + media(block) + text
}

/// Bytes of what is said about the content: addresses, names and types.
fn label(block: &Block) -> usize {
    match block {
        Block::Text(_) => 0,
        Block::Image { mime, .. } | Block::Audio { mime, .. } => mime.len(),
        Block::TextResource { uri, mime, .. } | Block::BlobResource { uri, mime, .. } => {
            uri.len() + mime.len()
        }
        Block::Link { uri, name } => uri.len() + name.len(),
    }
}

fn media(block: &Block) -> usize {
    match block {
        Block::Image { data, .. } | Block::Audio { data, .. } | Block::BlobResource { data, .. } => {
            data.len()
        }
        Block::Text(_) | Block::TextResource { .. } | Block::Link { .. } => 0,
    }
}

/// Cuts `text` to at most `room` bytes, at a character, and gives the memory
/// back. Returns how many bytes went.
fn cut(text: &mut String, room: usize) -> usize {
    let whole = text.len();
    if whole > room {
        text.truncate(boundary(text, room));
        text.shrink_to_fit();
    }
    whole - text.len()
}

/// The last place up to `room` that is between two characters and not inside a mark.
fn boundary(text: &str, room: usize) -> usize {
    let at = text.floor_char_boundary(room);
    let near = text.floor_char_boundary(at.saturating_sub(limits::MARK_BYTES_MAX));
    let end = text.floor_char_boundary(text.len().min(at + limits::MARK_BYTES_MAX));
    let mut marks = marks::written(text.get(near..end).unwrap_or_default().as_bytes());
    let mark = marks.find(|mark| near + mark.start < at && at < near + mark.end);
    mark.map_or(at, |mark| near + mark.start)
}
