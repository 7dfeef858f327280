//! Places inside a root that no tool may look into, and files that none may write.
//!
//! By name: the rules know where programs keep secrets, below
//! whatever directory. Case, and what a file system ignores in a name, make no
//! difference, a protected directory protects what is below it, and a backup
//! of a protected file is one. By [content](judge_content): a private key
//! under any name.
//!
//! Names are judged as they are asked for or found; the sandbox sees to it
//! that what is judged is what is opened. Pure: nothing is looked at here.

mod content;
mod fold;
mod index;
mod rules;

pub use content::judge_content;

use fold::{fold, room};
use index::INDEX;

/// What a protected place holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Holds {
    /// The environment of a program.
    Environment,
    /// A private key.
    PrivateKey,
    /// Passwords and tokens of a program.
    Credentials,
    /// Typed commands.
    History,
    /// What a browser keeps.
    Browser,
    /// A password store.
    Passwords,
    /// A login to a package registry.
    Registry,
    /// A login to a cloud.
    Cloud,
    /// A login to a cluster.
    Cluster,
    /// What a host of models hands to its servers.
    Host,
    /// What a system keeps to itself.
    System,
    /// What this server itself relies on.
    Own,
    /// What makes another program run commands: protected from writing alone.
    Commands,
}

/// What somebody is about to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Look into it.
    Read,
    /// Make, change, move or remove it.
    Write,
}

/// What the last name of a path is known to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// A directory.
    Directory,
    /// Something else, or nobody has looked.
    Any,
}

impl Holds {
    /// Every one of them.
    pub const ALL: [Self; 13] = [
        Self::Environment,
        Self::PrivateKey,
        Self::Credentials,
        Self::History,
        Self::Browser,
        Self::Passwords,
        Self::Registry,
        Self::Cloud,
        Self::Cluster,
        Self::Host,
        Self::System,
        Self::Own,
        Self::Commands,
    ];

    /// A word for machines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::PrivateKey => "private_key",
            Self::Credentials => "credentials",
            Self::History => "history",
            Self::Browser => "browser",
            Self::Passwords => "passwords",
            Self::Registry => "registry",
            Self::Cloud => "cloud",
            Self::Cluster => "cluster",
            Self::Host => "host",
            Self::System => "system",
            Self::Own => "own",
            Self::Commands => "commands",
        }
    }

    /// A few words for people.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Self::Environment => "environment file",
            Self::PrivateKey => "private key",
            Self::Credentials => "stored credentials",
            Self::History => "history of commands",
            Self::Browser => "browser profile",
            Self::Passwords => "password store",
            Self::Registry => "registry credentials",
            Self::Cloud => "cloud credentials",
            Self::Cluster => "cluster credentials",
            Self::Host => "tokens of a model's host",
            Self::System => "secrets of the system",
            Self::Own => "what this server relies on",
            Self::Commands => "what runs commands",
        }
    }

    /// Whether it stands in the way of `access`.
    #[must_use]
    pub fn stops(self, access: Access) -> bool {
        self != Self::Commands || access == Access::Write
    }
}

/// What stands under `name` in the directory whose own name comes first in
/// `above`, and the names above that one after it. That directory is not judged.
#[must_use]
pub fn judge_name<'a>(
    name: &[u8],
    shape: Shape,
    above: &(impl Iterator<Item = &'a [u8]> + Clone),
) -> Option<Holds> {
    let mut room = room();
    let name = fold(name, &mut room);
    let is_leaf = shape == Shape::Any;
    if let Some(rule) = INDEX.find(&name, is_leaf, above) {
        return Some(rule.holds);
    }
    let mut name: &[u8] = &name;
    while let Some(original) = original(name) {
        if let Some(rule) = INDEX.find(original, is_leaf, above) {
            return Some(rule.holds).filter(|holds| holds.stops(Access::Read));
        }
        name = original;
    }
    None
}

/// What stands at a path: how many of its names lead to the protected place,
/// and what that holds. Of several places the first that holds secrets counts,
/// then the first that is only protected from writing. The first `root` names
/// lead to where tools may work: that it lies where commands come from was its
/// owner's choice, and does not count.
#[must_use]
pub fn judge_path(path: &[impl AsRef<[u8]>], root: usize, shape: Shape) -> Option<(usize, Holds)> {
    let mut written = None;
    for (at, name) in path.iter().enumerate() {
        let length = at + 1;
        let shape = if length < path.len() { Shape::Directory } else { shape };
        let above = path.get(..at).unwrap_or_default().iter().rev().map(AsRef::as_ref);
        match judge_name(name.as_ref(), shape, &above) {
            Some(Holds::Commands) if length > root => written = written.or(Some((length, Holds::Commands))),
            Some(Holds::Commands) | None => {}
            Some(holds) => return Some((length, holds)),
        }
    }
    written
}

/// Whether what lies below a directory of this name may be judged by that: moved elsewhere, it could be judged otherwise.
#[must_use]
pub fn leads_to_rules(name: &[u8]) -> bool {
    INDEX.has_above(&fold(name, &mut room()))
}

/// The name that `name`, which is folded, is a copy of: what editors, package
/// managers and people call the one before.
fn original(name: &[u8]) -> Option<&[u8]> {
    const BACKUPS: &[&[u8]] = &[
        b"bak",
        b"backup",
        b"bkp",
        b"copy",
        b"dpkg-dist",
        b"dpkg-new",
        b"dpkg-old",
        b"new",
        b"old",
        b"orig",
        b"pacnew",
        b"pacsave",
        b"rpmnew",
        b"rpmorig",
        b"rpmsave",
        b"save",
        b"tmp",
        b"ucf-dist",
        b"ucf-old",
    ];
    const SWAPS: &[&[u8]] = &[b"swp", b"swo", b"swn", b"swx"];
    const COPIES: &[&[u8]] = &[b"~", b" copy", b" (copy)", b" (1)", b" (2)"];
    let shorter = |name: &'_ [u8]| !name.is_empty();
    match name {
        [b'#', inner @ .., b'#'] => return Some(inner).filter(|name| shorter(name)),
        [.., b'~' | b')' | b'y'] => {
            if let Some(before) = COPIES.iter().find_map(|copy| name.strip_suffix(*copy)) {
                return Some(before).filter(|name| shorter(name));
            }
        }
        _ => {}
    }
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let (before, extension) = (name.get(..dot)?, name.get(dot + 1..)?);
    let original = if SWAPS.contains(&extension) {
        before.strip_prefix(b".")?
    } else {
        Some(before).filter(|_| BACKUPS.contains(&extension))?
    };
    Some(original).filter(|name| shorter(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORPUS: &str = include_str!("../../tests/corpus/protected.txt");

    fn judged(path: &str) -> Option<Holds> {
        let names: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        judge_path(&names, 0, Shape::Any).map(|(_, holds)| holds)
    }

    /// `EXPECT CLASS PATH`, and whether it came out.
    fn wrong_rows() -> (Vec<String>, [usize; 3]) {
        let (mut wrong, mut counts) = (Vec::new(), [0; 3]);
        for (number, line) in CORPUS.lines().enumerate() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let columns: Vec<&str> = line.split('\t').collect();
            let [expect, class, text] = columns[..] else { panic!("line {}: {line}", number + 1) };
            let path: String = serde_json::from_str(text).unwrap();
            let found = judged(&path);
            let (at, is_right) = match expect {
                "protected" => {
                    (0, found.is_some_and(|holds| holds.word() == class && holds != Holds::Commands))
                }
                "unwritten" => (1, found == Some(Holds::Commands)),
                "open" => (2, found.is_none()),
                _ => panic!("line {}: {line}", number + 1),
            };
            counts[at] += 1;
            if !is_right {
                wrong.push(format!("line {}: {line}, but it is {found:?}", number + 1));
            }
        }
        (wrong, counts)
    }

    #[test]
    fn what_holds_secrets_is_protected_and_what_only_looks_like_it_is_not() {
        let (wrong, [protected, unwritten, open]) = wrong_rows();
        assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
        assert!(protected >= 200 && unwritten >= 60 && open >= 200, "{protected} {unwritten} {open}");
    }

    #[test]
    fn case_and_bytes_that_are_no_text_make_no_difference() {
        for path in
            [".ENV", "a/.SSH/id", ".Kube/Config", "X.P12", ".GIT/CONFIG", ".ſsh/x", ".env.\u{200b}LOCAL"]
        {
            assert!(judged(path).is_some(), "{path}");
        }
        let odd: [&[&[u8]]; 4] =
            [&[b".env.\xff"], &[b"\xfe\xff", b".env"], &[b".ssh", b"\xff"], &[b"caf\xe9.kdbx"]];
        for path in odd {
            assert!(judge_path(path, 0, Shape::Any).is_some(), "{path:?}");
        }
        assert_eq!(judge_path(&[b"caf\xe9.txt"], 0, Shape::Any), None);
    }

    #[test]
    fn secrets_come_before_commands_and_the_place_itself_is_told() {
        let place = |path: &str| {
            let names: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
            judge_path(&names, 0, Shape::Any)
        };
        assert_eq!(place("a/.ssh/keys/work"), Some((2, Holds::PrivateKey)));
        assert_eq!(place("a/.git/config"), Some((3, Holds::Credentials)));
        assert_eq!(place("a/.git/hooks/pre-commit"), Some((2, Holds::Commands)));
        let inside = [".git", "worktrees", "x", ".vscode", "tasks.json"];
        assert_eq!(
            judge_path(&inside, 3, Shape::Any),
            Some((5, Holds::Commands)),
            "the root is the owner's choice"
        );
        assert_eq!(
            judge_path(&[".ssh", "x"], 1, Shape::Any),
            Some((1, Holds::PrivateKey)),
            "and still holds secrets"
        );
        assert!(Holds::Commands.stops(Access::Write) && !Holds::Commands.stops(Access::Read));
    }

    #[test]
    fn a_directory_of_a_files_name_is_a_directory() {
        assert_eq!(judge_path(&["pkg", "kubeconfig"], 0, Shape::Any), Some((2, Holds::Cluster)));
        assert_eq!(judge_path(&["pkg", "kubeconfig"], 0, Shape::Directory), None);
        assert_eq!(judge_path(&["pkg", "kubeconfig", "load.go"], 0, Shape::Any), None);
    }

    #[test]
    fn words_are_distinct() {
        let words: std::collections::BTreeSet<_> = Holds::ALL.iter().map(|holds| holds.word()).collect();
        assert_eq!(words.len(), Holds::ALL.len());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_below_a_protected_place_is_protected(
            above in "[a-z.]{1,8}",
            below in proptest::collection::vec(proptest::collection::vec(1u8..=255, 1..12), 0..4),
        ) {
            let below: Vec<Vec<u8>> = below.into_iter().map(|mut name| { name.retain(|byte| *byte != b'/'); name }).collect();
            let path: Vec<&[u8]> = [above.as_bytes(), b".ssh"].into_iter().chain(below.iter().map(Vec::as_slice)).collect();
            proptest::prop_assert!(judge_path(&path, 0, Shape::Any).is_some_and(|(at, holds)| at <= 2 && holds.stops(Access::Read)));
        }

        #[test]
        fn no_name_makes_it_panic(name in proptest::collection::vec(0u8..=255, 0..300)) {
            let _ = judge_path(&[name], 0, Shape::Any);
        }
    }
}
