//! `directory_tree`: what stands below a directory, as JSON.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    CallContext, Tool, excluded,
    naming::{naming, quoted},
};
use crate::{
    guard::Draft,
    limits,
    policy::Effect,
    refusal::Refusal,
    sandbox::{
        Files,
        files::{Extent, LeftOut, Named, Place, Tree},
    },
    sanitize::{glob::Glob, integer::Integer, path::FilePath},
};

/// Shows a tree of directories.
#[derive(Debug)]
pub struct DirectoryTree;

/// The arguments of `directory_tree`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DirectoryTreeArgs {
    path: FilePath,
    /// Globs for paths to leave out with all below; one without * at any depth.
    #[schemars(length(max = limits::SEARCH_EXCLUDES_MAX))]
    exclude_patterns: Option<Vec<Glob>>,
    /// Levels; 4 if not given.
    max_depth: Option<Integer<1, { limits::TREE_DEPTH_MAX }>>,
    /// Entries; 500 if not given.
    max_entries: Option<Integer<1, { limits::TREE_ENTRIES_MAX }>>,
}

impl Tool for DirectoryTree {
    const NAME: &'static str = "directory_tree";
    const TITLE: &'static str = "Directory tree";
    const DESCRIPTION: &'static str = "Get what is below a directory as JSON. A directory without children was not opened; a note says why.";
    const EFFECT: Effect = Effect::ReadsDisk;
    type Args = DirectoryTreeArgs;
    type Needs = Files;

    async fn run(&self, args: DirectoryTreeArgs, files: Files, call: &CallContext) -> Result<Draft, Refusal> {
        let place = files.place(&args.path)?;
        call.detail("path", place.shown());
        let wanted = Wanted {
            excluded: anywhere(excluded::patterns(args.exclude_patterns)?)?,
            depth: args.max_depth.map_or(limits::TREE_DEPTH_DEFAULT, Integer::as_usize),
            entries: args.max_entries.map_or(limits::TREE_ENTRIES_DEFAULT, Integer::as_usize),
        };
        let (seen, shown, draft) = call
            .blocking(move |call| {
                let tree = wanted.read(&place, call)?;
                Ok((tree.seen, tree.len(), wanted.draft(&place, &tree)?))
            })
            .await?;
        call.detail("entries", seen);
        call.detail("results", shown);
        Ok(draft)
    }
}

/// As the reference server has it, a pattern without `*` means a name or a path wherever it lies.
fn anywhere(patterns: Vec<Glob>) -> Result<Vec<Glob>, Refusal> {
    let anywhere = |(at, glob): (usize, Glob)| {
        if glob.as_str().contains('*') {
            return Ok(glob);
        }
        glob.anywhere()
            .map_err(|broken| Refusal::Argument { argument: format!("{}[{at}]", excluded::ARGUMENT), broken })
    };
    patterns.into_iter().enumerate().map(anywhere).collect()
}

struct Wanted {
    excluded: Vec<Glob>,
    depth: usize,
    entries: usize,
}

impl Wanted {
    fn read(&self, place: &Place, call: &CallContext) -> Result<Tree, Refusal> {
        let extent = Extent {
            depth: self.depth,
            entries: self.entries,
            bytes: limits::RESULT_BYTES_MAX,
            wants: &|path: &Path| !self.excluded.iter().any(|glob| glob.is_match(path)),
        };
        place.tree(extent, &call.steps())
    }

    fn draft(&self, place: &Place, tree: &Tree) -> Result<Draft, Refusal> {
        let text = serde_json::to_string_pretty(tree)
            .map_err(|error| Refusal::Broke { cause: error.to_string() })?;
        let draft = Draft::text(text).at_most(limits::RESULT_BYTES_MAX);
        Ok(self.notes(place, tree).into_iter().fold(draft, Draft::note))
    }

    /// What was left out and how to go on, one note for each reason.
    fn notes(&self, place: &Place, tree: &Tree) -> Vec<String> {
        let LeftOut { cut, crowded, deep, unreadable, ended } = &tree.left_out;
        let name = |path: &Path| quoted(place.shown_below(path));
        let named = |dirs: &Named<PathBuf>| naming(dirs.first.iter().map(|path| name(path)), dirs.count);
        let mut notes = Vec::new();
        if cut.count > 0 {
            let parts = cut.first.iter().map(|(path, some, all)| format!("{} ({some} of {all})", name(path)));
            notes.push(format!("[only the first names are shown of {}]", naming(parts, cut.count)));
        }
        if crowded.count > 0 {
            notes.push(format!("[not opened for want of room, so without children: {}]", named(crowded)));
        }
        if cut.count + crowded.count > 0 {
            notes.push(format!("[{}go on with one of these directories as `path`]", self.way_on(tree)));
        }
        if deep.count > 0 {
            notes.push(format!(
                "[not opened at level {}, so without children: {}; raise `maxDepth` or go on with one of them as `path`]",
                self.depth,
                named(deep)
            ));
        }
        if unreadable.count > 0 {
            notes.push(format!("[could not be read: {}]", named(unreadable)));
        }
        if *ended {
            let max = limits::WALK_ENTRIES_MAX;
            notes.push(format!("[stopped after {max} entries; go on with a directory below as `path`]"));
        }
        notes
    }

    /// Why there was no room, and what would make some.
    fn way_on(&self, tree: &Tree) -> &'static str {
        if tree.len() < self.entries {
            "no more fits in a result; "
        } else if (self.entries as u64) < limits::TREE_ENTRIES_MAX.unsigned_abs() {
            "raise `maxEntries` or "
        } else {
            ""
        }
    }
}
