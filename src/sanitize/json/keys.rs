//! No key twice in one object.

use std::{borrow::Cow, collections::HashSet};

use crate::{limits, refusal::Code};

/// The keys of one message, each with the object it stands in.
///
/// Keys are compared decoded, so `"name"` and `"\u006eame"` are equal. The set
/// is hashed with std's keyed `SipHash`: nobody can choose keys that collide.
/// Keys of closed objects stay in it, which costs no more than the message
/// itself and saves emptying a set a million times.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    text: &'a [u8],
    /// The number of the object that is open at each depth.
    open: [u32; limits::MESSAGE_DEPTH_MAX + 1],
    objects: u32,
    seen: HashSet<(u32, Cow<'a, [u8]>)>,
    start: usize,
}

impl<'a> Keys<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        let open = [0; limits::MESSAGE_DEPTH_MAX + 1];
        Self { text, open, objects: 0, seen: HashSet::with_capacity(28), start: 0 }
    }

    /// An object opens at `depth`.
    pub(super) fn open(&mut self, depth: usize) {
        // A message has fewer bytes than `u32` has numbers.
        self.objects = self.objects.saturating_add(1);
        if let Some(open) = self.open.get_mut(depth) {
            *open = self.objects;
        }
    }

    /// The quote at `at` opens a key.
    pub(super) fn start(&mut self, at: usize) {
        self.start = at;
    }

    /// The quote at `at` closes it.
    pub(super) fn end(&mut self, at: usize, depth: usize) -> Result<(), Code> {
        let quoted = self.text.get(self.start..=at).unwrap_or_default();
        let object = self.open.get(depth).copied().unwrap_or_default();
        let plain = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        let key = if plain.contains(&b'\\') {
            // The scanner has proven it a JSON string, so this decodes.
            let decoded: String = serde_json::from_slice(quoted).map_err(|_| Code::NotJson)?;
            Cow::Owned(decoded.into_bytes())
        } else {
            Cow::Borrowed(plain)
        };
        if self.seen.insert((object, key)) { Ok(()) } else { Err(Code::DuplicateKey) }
    }
}
