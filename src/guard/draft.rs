//! What a tool hands in, before anybody has looked at it.

use bytes::Bytes;

use super::{Withheld, room::Room};
use crate::limits;

/// Who speaks, in a prompt.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Role {
    /// The user.
    #[default]
    User,
    /// The model.
    Assistant,
}

/// One piece of content.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Text.
    Text(String),
    /// An image.
    Image {
        /// The bytes.
        data: Bytes,
        /// Such as `image/png`.
        mime: String,
    },
    /// A sound.
    Audio {
        /// The bytes.
        data: Bytes,
        /// Such as `audio/wav`.
        mime: String,
    },
    /// A resource that is text.
    TextResource {
        /// Its address.
        uri: String,
        /// Such as `text/plain`.
        mime: String,
        /// The text.
        text: String,
    },
    /// A resource that is bytes.
    BlobResource {
        /// Its address.
        uri: String,
        /// Such as `application/octet-stream`.
        mime: String,
        /// The bytes.
        data: Bytes,
    },
    /// A pointer to a resource.
    Link {
        /// Its address.
        uri: String,
        /// Its name.
        name: String,
    },
}

/// A result that has not been released yet. Only [`Guard::release`](super::Guard::release)
/// makes it something that may be sent.
///
/// It never grows beyond what any result may hold: what is added after that is
/// counted and dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub(super) blocks: Vec<(Role, Block)>,
    pub(super) notes: Vec<String>,
    pub(super) text_max: usize,
    pub(super) failed: bool,
    pub(super) withheld: Withheld,
    room: Room,
    notes_room: usize,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            notes: Vec::new(),
            text_max: limits::RESULT_BYTES_DEFAULT,
            failed: false,
            withheld: Withheld::default(),
            room: Room::for_text(limits::RESULT_BYTES_MAX),
            notes_room: limits::NOTES_BYTES_MAX,
        }
    }
}

impl Draft {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One block of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().and(Block::Text(text.into()))
    }

    /// One more block.
    #[must_use]
    pub fn and(self, block: Block) -> Self {
        self.said_by(Role::User, block)
    }

    /// One more message of a prompt.
    #[must_use]
    pub fn said_by(mut self, role: Role, block: Block) -> Self {
        self.blocks.extend(self.room.take(block, &mut self.withheld).map(|block| (role, block)));
        self
    }

    /// Something about the result that is not the result: where it goes on,
    /// what was left out. All notes stand together in one last block, of at most
    /// [`limits::NOTES_BYTES_MAX`].
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        let note = note.into();
        match self.notes_room.checked_sub(note.len() + 1) {
            Some(room) => {
                self.notes_room = room;
                self.notes.push(note);
            }
            None => self.withheld.bytes += note.len(),
        }
        self
    }

    /// Allows more or less text than [`limits::RESULT_BYTES_DEFAULT`]; never
    /// more than [`limits::RESULT_BYTES_MAX`].
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.text_max = bytes.min(limits::RESULT_BYTES_MAX);
        self
    }

    /// Marks this as the description of a failure rather than a result.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.failed = true;
        self
    }
}
