//! What a tool hands in, before anybody has looked at it.

use bytes::Bytes;

use super::{Withheld, room::Room};
use crate::{limits, refusal::Code, sanitize::marks::Tally};

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
    pub(super) failure: Option<Code>,
    pub(super) withheld: Withheld,
    pub(super) marked: Tally,
    /// The block whose text was cut here. It is the last with a text.
    pub(super) cut: Option<usize>,
    room: Room,
    notes_room: usize,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            notes: Vec::new(),
            text_max: limits::RESULT_BYTES_DEFAULT,
            failure: None,
            withheld: Withheld::default(),
            marked: Tally::default(),
            cut: None,
            // more than may leave, so that a secret that is cut in two here is never shown
            room: Room::for_text(limits::RESULT_BYTES_MAX + limits::SECRET_REACH_BYTES),
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
        let before = self.withheld;
        if let Some(block) = self.room.take(block, &mut self.withheld) {
            if self.withheld != before {
                self.cut = Some(self.blocks.len());
            }
            self.blocks.push((role, block));
        }
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

    /// Counts what the tool itself has marked, because it saw more of the text than is handed in.
    #[must_use]
    pub fn marked(mut self, mut tally: Tally) -> Self {
        tally.shown.clear(); // what is not marked is found again when the draft is released
        self.marked += tally;
        self
    }

    /// Marks this as the description of a failure rather than a result.
    #[must_use]
    pub fn failed(self) -> Self {
        self.failed_with(Code::ToolRefused)
    }

    /// The same, with the word that the event gets.
    #[must_use]
    pub fn failed_with(mut self, code: Code) -> Self {
        self.failure = Some(code);
        self
    }
}
