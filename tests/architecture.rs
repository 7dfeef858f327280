//! The house rules that a compiler does not check: a module uses only what
//! stands above it, and some crates belong to one room each.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a tree that cannot be read fails the test"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use syn::{UseTree, visit::Visit};

/// From the ground up: each room may use those before it, and itself.
const ROOMS: &[&str] = &[
    "limits",
    "refusal",
    "caller",
    "shutdown",
    "trace",
    "telemetry",
    "sanitize",
    "events",
    "export",
    "policy",
    "journal",
    "sandbox",
    "guard",
    "tools",
    "resources",
    "prompts",
    "dispatch",
    "protocol",
    "transports",
    "config",
    "app",
    "cli",
    "main",
];

/// Crates that appear in these rooms and nowhere else.
const BELONGS: &[(&str, &[&str])] = &[
    ("rmcp", &["protocol", "transports"]),
    ("warp", &["transports/http"]),
    ("hyper", &["transports/http", "export"]),
    ("opentelemetry_proto", &["export"]),
    ("prost", &["export"]),
    ("tokio_rustls", &["export"]),
    ("cap_std", &["sandbox"]),
    ("grep_searcher", &["sandbox"]),
    ("ignore", &["sandbox"]),
    ("governor", &["policy"]),
    ("prometheus_client", &["transports/http"]),
    ("clap", &["cli"]),
    ("toml", &["config"]),
];

/// Lines of one file before its tests.
const FILE_LINES_MAX: usize = 400;

#[derive(Default)]
struct Names {
    own: BTreeSet<String>,
    foreign: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
        let (first, second) = (names.next(), names.next());
        self.see(first.as_deref(), second);
        syn::visit::visit_path(self, path);
    }

    // `#[ignore]` is no use of the crate of that name
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if let UseTree::Path(path) = &item.tree {
            let mut second = Vec::new();
            heads(&path.tree, &mut second);
            for name in second {
                self.see(Some(&path.ident.to_string()), Some(name));
            }
        }
    }
}

impl Names {
    fn see(&mut self, first: Option<&str>, second: Option<String>) {
        match (first, second) {
            (Some("crate"), Some(room)) => drop(self.own.insert(room)),
            (Some(name), _) => drop(self.foreign.insert(name.to_owned())),
            (None, _) => {}
        }
    }
}

fn heads(tree: &UseTree, into: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => into.push(path.ident.to_string()),
        UseTree::Name(name) => into.push(name.ident.to_string()),
        UseTree::Rename(rename) => into.push(rename.ident.to_string()),
        UseTree::Group(group) => group.items.iter().for_each(|item| heads(item, into)),
        UseTree::Glob(_) => {}
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, into: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs") {
                into.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    let mut found: Vec<_> =
        found.into_iter().map(|(path, text)| (path.strip_prefix(&root).unwrap().to_owned(), text)).collect();
    found.sort();
    found
}

fn room(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn names(path: &Path, text: &str) -> Names {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names = Names::default();
    names.visit_file(&file);
    names
}

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let rank = |room: &str| ROOMS.iter().position(|known| *known == room);
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = room(&path);
        if own == "lib" {
            continue; // the map names every room
        }
        let Some(here) = rank(&own) else {
            wrong.push(format!("{} is in no room", path.display()));
            continue;
        };
        for used in names(&path, &text).own {
            if rank(&used).is_some_and(|there| there > here) {
                wrong.push(format!("{} uses {used}, which stands below it", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn some_crates_belong_to_one_room() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let used = names(&path, &text).foreign;
        for (name, rooms) in BELONGS {
            let allowed =
                rooms.iter().any(|room| path.starts_with(room) || path.with_extension("") == Path::new(room));
            if used.contains(*name) && !allowed {
                wrong.push(format!("{} uses {name}, which belongs to {}", path.display(), rooms.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_opens_by_saying_what_it_is_and_stays_on_its_page() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if !text.starts_with("//!") {
            wrong.push(format!("{} has no module comment", path.display()));
        }
        let lines = text.lines().take_while(|line| *line != "#[cfg(test)]").count();
        if lines > FILE_LINES_MAX {
            wrong.push(format!("{} has {lines} lines before its tests", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every two names that follow each other in a path, outside of tests.
#[derive(Default)]
struct Steps(BTreeSet<(String, String)>);

impl Steps {
    fn walk(&mut self, before: &str, tree: &UseTree) {
        let mut names = Vec::new();
        heads(tree, &mut names);
        self.0.extend(names.into_iter().map(|name| (before.to_owned(), name)));
        match tree {
            UseTree::Path(path) => self.walk(&path.ident.to_string(), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.walk(before, item)),
            UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {}
        }
    }
}

impl<'ast> Visit<'ast> for Steps {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.extend(names.iter().cloned().zip(names.iter().skip(1).cloned()));
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.walk("", &item.tree);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }
}

#[test]
fn no_code_of_the_server_starts_a_program() {
    let starts = [("process", "Command"), ("rustix", "runtime")];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, text) in sources() {
        if path.ends_with("tests.rs") {
            continue;
        }
        let mut steps = Steps::default();
        steps.visit_file(&syn::parse_file(&text).unwrap());
        seen += usize::from(steps.0.contains(&("process".to_owned(), "ExitCode".to_owned())));
        for (from, name) in starts {
            if steps.0.contains(&(from.to_owned(), name.to_owned())) {
                wrong.push(format!("{} uses {from}::{name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 0, "main.rs uses process::ExitCode, so it should have been seen");
}
