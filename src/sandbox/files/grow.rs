//! Reading the top of a tree, bounded in depth, entries and bytes.
//!
//! Level by level, so that what is cut is what lies deepest, and sorted by
//! name, so that the same tree always looks the same. A level that does not
//! fit is shared out: none of its directories is cut as long as another one
//! shows more. One directory is open at a time, each opened beneath the place
//! where the tree begins. Links are entries, never ways.

use std::{
    collections::BinaryHeap,
    ops::ControlFlow,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use cap_std::fs::Dir;

use super::{
    GoOn, Kind, Place,
    entries::Entries,
    listing::Entry,
    shield::Ward,
    tree::{LeftOut, Named, Node, Tree},
};
use crate::{limits, refusal::Refusal, sanitize::path::show};

/// How much of a tree is wanted.
#[derive(Clone, Copy)]
pub struct Extent<'a> {
    /// How many levels of entries at most.
    pub depth: usize,
    /// How many entries at most.
    pub entries: usize,
    /// How many bytes at most, once it is JSON indented by two spaces.
    pub bytes: usize,
    /// Whether an entry is wanted, by its path below the place.
    pub wants: &'a dyn Fn(&Path) -> bool,
}

impl Place {
    /// Reads the top of the tree that begins here.
    ///
    /// # Errors
    ///
    /// As [`Place::list`], of this directory itself.
    pub fn tree(&self, extent: Extent<'_>, go_on: GoOn<'_>) -> Result<Tree, Refusal> {
        let bytes = extent.bytes.saturating_sub(BRACKETS);
        let (base, ward) = self.open_ward()?;
        let mut growth =
            Growth { place: self, base, ward, extent, go_on, bytes, is_full: false, tree: Tree::default() };
        let (mut level, mut is_crowded) = (vec![None], false);
        for depth in 1..=extent.depth {
            is_crowded = growth.is_full || growth.room() == 0;
            if is_crowded {
                break;
            }
            let shelves = growth.read(depth, &level)?;
            level = growth.put(shelves);
        }
        for dir in level {
            growth.leave_out(dir, |out| if is_crowded { &mut out.crowded } else { &mut out.deep });
        }
        Ok(growth.tree)
    }
}

/// What encloses the whole.
const BRACKETS: usize = "[__]".len();

/// A tree that is being read.
struct Growth<'a> {
    place: &'a Place,
    base: Dir,
    ward: Ward,
    extent: Extent<'a>,
    go_on: GoOn<'a>,
    /// Bytes that there is still room for.
    bytes: usize,
    /// Something had to be cut, so nothing deeper is looked at.
    is_full: bool,
    tree: Tree,
}

/// The first names of one directory.
struct Shelf {
    of: Option<usize>,
    kept: Vec<Entry>,
    /// What the first, the first two, … cost in bytes.
    costs: Vec<usize>,
    /// How many there are in all.
    total: usize,
}

impl Growth<'_> {
    /// Entries that there is still room for.
    fn room(&self) -> usize {
        self.extent.entries.saturating_sub(self.tree.nodes.len())
    }

    /// Reads the directories of one level, as much of them as can be shown.
    fn read(&mut self, depth: usize, level: &[Option<usize>]) -> Result<Vec<Shelf>, Refusal> {
        let mut shelves = Vec::new();
        let mut kept = 0;
        for of in level.iter().copied() {
            if self.tree.left_out.ended {
                self.leave_out(of, |out| &mut out.crowded);
                continue;
            }
            let path = self.tree.path(of);
            match self.ward.entries(&self.base, &path) {
                Ok(Some(entries)) => {
                    let first = self.shelf(depth, of, &path, entries)?;
                    kept += first.kept.len();
                    shelves.push(first);
                }
                Err(error) if of.is_none() => return Err(self.place.refused(&error)),
                Ok(None) | Err(_) => self.leave_out(of, |out| &mut out.unreadable),
            }
            // what does not fit now will not once the others are read
            if kept > self.room() + limits::LISTING_ENTRIES_MAX {
                let shares = share(&shelves, self.room(), self.bytes);
                kept = shares.iter().sum();
                shelves.iter_mut().zip(shares).for_each(|(shelf, share)| shelf.cut(share));
            }
        }
        Ok(shelves)
    }

    /// Reads one directory: its first names, and how many there are.
    fn shelf(
        &mut self,
        depth: usize,
        of: Option<usize>,
        below: &Path,
        entries: Entries,
    ) -> Result<Shelf, Refusal> {
        let room = self.room();
        let (mut kept, mut total) = (BinaryHeap::new(), 0);
        let visited = entries.visit(self.go_on, |name, kind| {
            self.tree.seen += 1;
            let path = below.join(name);
            if (self.extent.wants)(&path) {
                total += 1;
                if kept.len() < room || kept.peek().is_some_and(|last: &Entry| *name < *last.name) {
                    kept.push(Entry { name: name.to_owned(), kind: self.ward.kind(&path, kind) });
                }
                if kept.len() > room {
                    kept.pop();
                }
            }
            self.tree.left_out.ended = self.tree.seen >= limits::WALK_ENTRIES_MAX;
            if self.tree.left_out.ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match visited {
            Ok(goes_on) => goes_on?,
            Err(_) => self.leave_out(of, |out| &mut out.unreadable),
        }
        let kept = kept.into_sorted_vec();
        let costs = kept.iter().scan(0, |sum, entry| {
            *sum += cost(depth, entry);
            Some(*sum)
        });
        Ok(Shelf { of, costs: costs.collect(), kept, total })
    }

    /// Puts a level into the tree, as much of it as there is room for.
    /// Returns its directories.
    fn put(&mut self, shelves: Vec<Shelf>) -> Vec<Option<usize>> {
        let shares = share(&shelves, self.room(), self.bytes);
        let mut directories = Vec::new();
        for (shelf, share) in shelves.into_iter().zip(shares) {
            self.bytes -= shelf.cost(share);
            self.is_full |= share < shelf.total;
            if share == 0 && shelf.total > 0 && shelf.of.is_some() {
                self.leave_out(shelf.of, |out| &mut out.crowded);
                continue; // without children, as one that was not opened: it is not empty
            }
            if share < shelf.total {
                let path = self.tree.path(shelf.of);
                self.tree.left_out.cut.push(|| (path, share, shelf.total));
            }
            let start = self.tree.nodes.len();
            for entry in shelf.kept.into_iter().take(share) {
                if entry.kind == Kind::Directory {
                    directories.push(Some(self.tree.nodes.len()));
                }
                self.tree.nodes.push(Node { entry, parent: shelf.of, children: None });
            }
            let content = start..self.tree.nodes.len();
            match shelf.of.and_then(|at| self.tree.nodes.get_mut(at)) {
                Some(node) => node.children = Some(content),
                None => self.tree.top = content,
            }
        }
        self.is_full |= self.tree.left_out.ended;
        directories
    }

    fn leave_out(&mut self, of: Option<usize>, list: impl FnOnce(&mut LeftOut) -> &mut Named<PathBuf>) {
        let path = self.tree.path(of);
        list(&mut self.tree.left_out).push(|| path);
    }
}

impl Shelf {
    fn cost(&self, count: usize) -> usize {
        count.checked_sub(1).and_then(|last| self.costs.get(last)).copied().unwrap_or_default()
    }

    fn cut(&mut self, count: usize) {
        self.kept.truncate(count);
        self.costs.truncate(count);
    }
}

/// How many names of each shelf fit: all, or the same number of each that has as many, and one
/// more of the first ones if there is room for that.
fn share(shelves: &[Shelf], entries: usize, bytes: usize) -> Vec<usize> {
    let up_to = |most: usize| shelves.iter().map(move |shelf| shelf.kept.len().min(most));
    let spent = |most: usize| {
        up_to(most)
            .zip(shelves)
            .fold((0, 0), |(sum, cost), (count, shelf)| (sum + count, cost + shelf.cost(count)))
    };
    let fits = |(sum, cost): (usize, usize)| sum <= entries && cost <= bytes;
    let (mut most, mut too_many) = (0, shelves.iter().map(|shelf| shelf.kept.len() + 1).max().unwrap_or(1));
    while too_many - most > 1 {
        let middle = most.midpoint(too_many);
        if fits(spent(middle)) {
            most = middle;
        } else {
            too_many = middle;
        }
    }
    let (mut sum, mut cost) = spent(most);
    up_to(most)
        .zip(shelves)
        .map(|(count, shelf)| {
            let more = (sum + 1, cost + shelf.cost(count + 1) - shelf.cost(count));
            if shelf.kept.len() == count || !fits(more) {
                return count;
            }
            (sum, cost) = more;
            count + 1
        })
        .collect()
}

/// What an entry takes as JSON at most, at this depth from 1, with what encloses its content.
fn cost(depth: usize, entry: &Entry) -> usize {
    const FILE: &str = r#"{_"name": "",_"type": ""_},_"#;
    const DIRECTORY: &str = r#"{_"name": "",_"type": "",_"children": [__]_},_"#;
    let shown = show(entry.name.as_bytes());
    let escaped = shown.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    // every line is indented by four a level, the two with a brace by two less
    let (words, lines) = if entry.kind == Kind::Directory { (DIRECTORY, 6) } else { (FILE, 4) };
    (words.len() + lines * 4 * depth - 4) + shown.len() + escaped + entry.kind.word().len()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;
    use crate::sandbox::{Files, files::RootSettings};

    fn shelf(count: usize, each: usize) -> Shelf {
        let entry = |n: usize| Entry { name: format!("{n:03}").into(), kind: Kind::File };
        Shelf {
            of: None,
            kept: (0..count).map(entry).collect(),
            costs: (1..=count).map(|n| n * each).collect(),
            total: count,
        }
    }

    #[test]
    fn what_fits_is_shared_alike_and_nothing_is_wasted() {
        let shares = |counts: &[usize], entries, bytes| {
            share(&counts.iter().map(|count| shelf(*count, 10)).collect::<Vec<_>>(), entries, bytes)
        };
        assert_eq!(shares(&[3, 5], 8, 80), [3, 5]);
        assert_eq!(shares(&[3, 50, 50], 12, 1_000), [3, 5, 4]);
        assert_eq!(shares(&[50, 0, 2], 10, 1_000), [8, 0, 2]);
        assert_eq!(shares(&[50, 50], 100, 55), [3, 2]);
        assert_eq!(shares(&[9, 9, 9], 2, 1_000), [1, 1, 0]);
        assert_eq!(shares(&[9], 9, 9), [0]);
        assert_eq!(shares(&[], 9, 9), [0; 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_tree_keeps_to_its_bounds_and_is_whole_where_they_are_wide(
            paths in prop::collection::vec(r#"[ab"é]{1,3}(/[ab]{1,3}){0,3}/?"#, 0..40),
            depth in 1_usize..6,
            entries in 1_usize..60,
            bytes in 4_usize..6_000,
        ) {
            let dir = tempfile::tempdir().unwrap();
            for path in &paths {
                let _ = fs::create_dir_all(dir.path().join(path).parent().unwrap());
                let _ = fs::write(dir.path().join(path), "");
                let _ = fs::create_dir_all(dir.path().join(path));
            }
            let root = RootSettings { name: "r".into(), path: dir.path().into(), write: false };
            let place = Files::open(&[root]).0.top("r").unwrap();
            let grow = |depth, entries, bytes| {
                let extent = Extent { depth, entries, bytes, wants: &|_| true };
                place.tree(extent, &|| Ok(())).unwrap()
            };
            let tree = grow(depth, entries, bytes);
            let text = serde_json::to_string_pretty(&tree).unwrap();
            prop_assert!(tree.len() <= entries && text.len() <= bytes, "{} in {} bytes", tree.len(), text.len());
            let again = serde_json::to_string_pretty(&grow(depth, entries, bytes)).unwrap();
            prop_assert_eq!(&text, &again);

            let whole = grow(32, 10_000, 1 << 20);
            let LeftOut { cut, crowded, deep, unreadable, ended } = &whole.left_out;
            prop_assert!(cut.count + crowded.count + deep.count + unreadable.count == 0 && !ended);
            let LeftOut { cut, crowded, deep, .. } = &tree.left_out;
            if cut.count + crowded.count + deep.count == 0 {
                prop_assert_eq!(text, serde_json::to_string_pretty(&whole).unwrap());
            } else {
                prop_assert!(tree.len() < whole.len() || deep.count + crowded.count > 0);
            }
        }
    }
}
