//! The top of a tree of directories: what is shown of it, and what is not.

use std::{ops::Range, os::unix::ffi::OsStrExt, path::PathBuf};

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::listing::Entry;
use crate::{limits, sanitize::path::show};

/// The top of a tree. Serialised, it is a list of `{name, type, children}`,
/// `children` only where a directory was opened.
#[derive(Debug, Default)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) top: Range<usize>,
    /// Entries looked at, also those that were not wanted.
    pub seen: usize,
    /// What is not in it.
    pub left_out: LeftOut,
}

/// What of a tree is not shown.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Directories of which the first names are shown, how many, and of how many.
    pub cut: Named<(PathBuf, usize, usize)>,
    /// Directories that were not opened because there was no room.
    pub crowded: Named<PathBuf>,
    /// Directories that were not opened because they lie as deep as was wanted.
    pub deep: Named<PathBuf>,
    /// Directories that could not be read.
    pub unreadable: Named<PathBuf>,
    /// No more entries were looked at, after [`limits::WALK_ENTRIES_MAX`].
    pub ended: bool,
}

/// Some things by name, the rest by count.
#[derive(Debug)]
pub struct Named<T> {
    /// The first, at most [`limits::LEFT_OUT_NAMED_MAX`].
    pub first: Vec<T>,
    /// How many there are.
    pub count: usize,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0 }
    }
}

impl<T> Named<T> {
    pub(super) fn push(&mut self, make: impl FnOnce() -> T) {
        self.count += 1;
        if self.first.len() < limits::LEFT_OUT_NAMED_MAX {
            self.first.push(make());
        }
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) entry: Entry,
    /// The directory that holds it; `None` at the top.
    pub(super) parent: Option<usize>,
    /// Where its content stands, if it was opened.
    pub(super) children: Option<Range<usize>>,
}

impl Tree {
    /// The path of a node below the place where the tree begins.
    pub(super) fn path(&self, of: Option<usize>) -> PathBuf {
        let mut names = Vec::new();
        let mut at = of;
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            names.push(&node.entry.name);
            at = node.parent;
        }
        names.into_iter().rev().collect()
    }

    /// How many entries it shows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it shows none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Content { tree: self, range: &self.top }.serialize(serializer)
    }
}

/// What stands in one directory. No deeper than [`limits::TREE_DEPTH_MAX`].
struct Content<'a> {
    tree: &'a Tree,
    range: &'a Range<usize>,
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nodes = self.tree.nodes.get(self.range.clone()).unwrap_or_default();
        serializer.collect_seq(nodes.iter().map(|node| Child { tree: self.tree, node }))
    }
}

struct Child<'a> {
    tree: &'a Tree,
    node: &'a Node,
}

impl Serialize for Child<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Node { entry, children, .. } = self.node;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &show(entry.name.as_bytes()))?;
        map.serialize_entry("type", entry.kind.word())?;
        if let Some(range) = children {
            map.serialize_entry("children", &Content { tree: self.tree, range })?;
        }
        map.end()
    }
}
