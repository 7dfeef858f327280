//! Whether roots and what the server itself relies on keep apart.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{Case, Judgement};
use crate::{
    config::{
        facts::{Facts, Found, RootFact},
        table,
    },
    sanitize::protected::{self, Shape},
};

/// No tool may reach what the server itself relies on.
pub(super) fn judge(case: &Case<'_>, judgement: &mut Judgement) {
    let facts = case.facts;
    allowed(case, judgement);
    for root in &facts.roots {
        let path = format!("roots.{}.path", root.name);
        let shown = case.config.root(&root.name).map(|root| case.tilde(&root.path)).unwrap_or_default();
        let warning =
            |what: &str| case.of(&path, format!("names {shown}, which {what}; the others are served"));
        match root.found {
            Found::Directory => {}
            Found::Nothing => judgement.warnings.push(warning("does not exist")),
            Found::Forbidden => judgement.warnings.push(warning("may not be entered")),
            Found::Other => {
                judgement.problems.push(case.of(&path, format!("names {shown}, which is no directory")));
            }
        }
        let is_written = case.config.root(&root.name).is_some_and(|root| root.write);
        own_places(case, root, is_written, judgement);
        secrets(case, root, judgement);
    }
}

/// A root that is only read may hold them: there no tool sees them.
fn own_places(case: &Case<'_>, root: &RootFact, is_written: bool, judgement: &mut Judgement) {
    let path = format!("roots.{}.path", root.name);
    let kept = kept(case.facts);
    let inside = kept.iter().filter(|kept| is_written && kept.place.starts_with(&root.real));
    let mut what: Vec<&str> = inside.map(|kept| kept.what).collect();
    what.dedup();
    if !what.is_empty() {
        let pronoun = if what.len() == 1 { "it" } else { "them" };
        let says = format!("contains {}, so tools could write {pronoun}", and(&what));
        judgement.problems.push(case.of(&path, says).hint(
            "choose a narrower root, let tools only read it (then they do not see what is named), or move that, \
             such as with `events.dir`, `journal.dir` or `events.chain_key_file`",
        ));
    }
    for around in kept.iter().filter(|kept| {
        let is_in = kept.is_dir && root.real.starts_with(kept.place);
        is_in && (root.real != kept.place || !is_written)
    }) {
        let says = format!("lies within {}, which no tool may reach", around.what);
        judgement.problems.push(case.of(&path, says).hint("choose another root"));
    }
}

/// A root in a place that is protected shows nothing.
fn secrets(case: &Case<'_>, root: &RootFact, judgement: &mut Judgement) {
    let names: Vec<&[u8]> = root.real.iter().skip(1).map(OsStrExt::as_bytes).collect();
    let place = protected::judge_path(&names, names.len(), Shape::Directory);
    let is_allowed = case.config.shield.allowed.iter().any(|allowed| allowed.is_all_of(&root.name));
    if let Some((_, holds)) = place.filter(|_| !is_allowed) {
        let path = format!("roots.{}.path", root.name);
        let says =
            format!("lies in a place that may hold secrets ({}), so tools see nothing of it", holds.says());
        let hint = format!("`files.allow_protected = [\"{}:/\"]` lets them in", root.name);
        judgement.warnings.push(case.of(&path, says).hint(hint));
    }
}

/// Places that are let in lie in roots that there are.
fn allowed(case: &Case<'_>, judgement: &mut Judgement) {
    const KEY: &str = "files.allow_protected";
    for allowed in &case.config.shield.allowed {
        if case.config.root(allowed.root()).is_none() {
            let roots = || case.config.roots.iter().map(|root| root.name.clone());
            let hint = match table::nearest_of(allowed.root(), roots()) {
                Some(near) => format!("did you mean `{near}:/`?"),
                None if case.config.roots.is_empty() => "there is no root".to_owned(),
                None => format!(
                    "the roots are {}",
                    and(&roots().map(|root| format!("`{root}`")).collect::<Vec<_>>())
                ),
            };
            let says = format!("names `{allowed}`, but `{}` is no root", allowed.root());
            judgement.problems.push(case.of(KEY, says).hint(hint));
        }
    }
}

/// Where everything is that the server itself relies on.
pub(in crate::config) fn own(facts: &Facts) -> Vec<PathBuf> {
    kept(facts).into_iter().map(|kept| kept.place.to_path_buf()).collect()
}

/// Something the server itself relies on.
struct Kept<'a> {
    place: &'a Path,
    what: &'static str,
    is_dir: bool,
}

fn kept(facts: &Facts) -> Vec<Kept<'_>> {
    let dir = |place, what| Kept { place, what, is_dir: true };
    let file = |place, what| Kept { place, what, is_dir: false };
    let mut kept = vec![
        dir(facts.events_dir.as_path(), "the event log"),
        dir(facts.journal_dir.as_path(), "the journal"),
    ];
    kept.extend(facts.log_dir.iter().map(|place| dir(place, "the diagnostics")));
    kept.extend(facts.file.iter().map(|found| file(&found.real, "the configuration file")));
    // The link too: who may replace it chooses another file.
    let link = facts.file.iter().filter(|found| found.link != found.real);
    kept.extend(link.map(|found| file(&found.link, "the link to the configuration file")));
    kept.extend(facts.secret_files.iter().map(|place| file(place, "the file with the key")));
    kept
}

/// `a`, `a and b`, `a, b and c`.
fn and(words: &[impl AsRef<str>]) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}
