//! What no tool may look into or write, although it lies in a root.
//!
//! The rules of [`protected`] judge every name that leads somewhere, from the
//! top of the file system on, so that a root is no detour, and the beginning
//! of what was opened. The owner's exceptions lift them for a place and what
//! is below it. What this server itself relies on is known by its path and by
//! the identity of what stands there, so that neither a link nor another name
//! of it nor a mount leads to it; nothing lifts that.

use std::{
    ffi::OsStr,
    fmt,
    fs::File,
    io,
    os::{
        fd::AsFd,
        unix::{ffi::OsStrExt, fs::FileExt as _},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use cap_std::fs::Dir;
use rustix::fs::{AtFlags, OFlags, Stat};

use super::{Kind, Root, address, beneath, entries::Entries};
use crate::{
    limits,
    refusal::{Code, Refusal},
    sanitize::{
        path::{lexical, parse_raw, show},
        protected::{self, Access, Holds, Shape},
    },
};

/// What an owner chose, and what is the server's own.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ShieldSettings {
    /// Places that are not protected, with what is below them: `files.allow_protected`.
    pub allowed: Vec<Allowed>,
    /// Files and directories that this server relies on, with their links resolved.
    pub own: Vec<PathBuf>,
}

/// A place that its owner lets tools into, whatever it holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allowed {
    root: String,
    names: Vec<Vec<u8>>,
}

impl Allowed {
    /// Reads `NAME:/path`, as places are shown.
    ///
    /// # Errors
    ///
    /// What it must be, to follow its name.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once(":/").filter(|(root, _)| !root.is_empty() && !root.contains('/'));
        let (root, inside) = parts.ok_or("must be a place in a root, such as \"notes:/.env\"")?;
        let names = lexical(inside).map_err(|broken| broken.says.into_owned())?;
        let names = names.into_iter().map(|name| parse_raw(name).unwrap_or_else(|| name.as_bytes().to_vec()));
        Ok(Self { root: root.to_owned(), names: names.collect() })
    }

    /// The name of its root.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// Whether it is the whole of this root.
    #[must_use]
    pub fn is_all_of(&self, root: &str) -> bool {
        self.covers(root, Path::new(""))
    }

    fn covers(&self, root: &str, inside: &Path) -> bool {
        let mut names = inside.iter();
        self.root == root
            && self.names.iter().all(|name| names.next().is_some_and(|is| is.as_bytes() == name))
    }

    fn is_near(&self, root: &str, inside: &Path) -> bool {
        let mut pairs = self.names.iter().zip(inside);
        self.root == root && pairs.all(|(name, is)| is.as_bytes() == name)
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.root, self.names.iter().map(Vec::as_slice)))
    }
}

fn shown<'a>(root: &str, names: impl Iterator<Item = &'a [u8]>) -> String {
    format!("{root}:/{}", names.map(show).collect::<Vec<_>>().join("/"))
}

/// Where something really is: the names on the way are no links.
#[derive(Clone)]
pub(in crate::sandbox) struct Spot {
    pub(in crate::sandbox) root: Arc<Root>,
    pub(in crate::sandbox) inside: PathBuf,
}

impl Spot {
    /// What lies at `path` below it.
    pub(in crate::sandbox) fn join(&self, path: impl AsRef<Path>) -> Self {
        Self { root: Arc::clone(&self.root), inside: self.inside.join(path) }
    }

    fn shown(&self) -> String {
        shown(&self.root.name, self.inside.iter().map(OsStrExt::as_bytes))
    }
}

impl fmt::Debug for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// Rules, exceptions, and what is the server's own.
#[derive(Default)]
pub(in crate::sandbox) struct Shield {
    allowed: Vec<Allowed>,
    own: Own,
}

impl Shield {
    pub(super) fn new(settings: &ShieldSettings) -> Self {
        Self { allowed: settings.allowed.clone(), own: Own::new(&settings.own) }
    }

    /// Refuses a place by the names that lead there.
    pub(in crate::sandbox) fn names(&self, spot: &Spot, shape: Shape, access: Access) -> Result<(), Refusal> {
        match self.holds(spot, shape).filter(|holds| holds.stops(access)) {
            Some(holds) => Err(refusal(spot, holds)),
            None => Ok(()),
        }
    }

    /// What is protected there, by its names.
    pub(in crate::sandbox) fn holds(&self, spot: &Spot, shape: Shape) -> Option<Holds> {
        let above = spot.root.names.iter().map(Vec::as_slice);
        let names: Vec<&[u8]> = above.chain(spot.inside.iter().map(OsStrExt::as_bytes)).collect();
        if self.own.holds(&names) {
            return Some(Holds::Own);
        }
        let (_, holds) = protected::judge_path(&names, spot.root.names.len(), shape)?;
        (!self.is_allowed(spot)).then_some(holds)
    }

    /// Refuses what was opened at `spot` if it is the server's own, whatever it is called there.
    pub(in crate::sandbox) fn identity(&self, spot: &Spot, opened: impl AsFd) -> Result<(), Refusal> {
        let ids = self.own.ids();
        if ids.is_empty() {
            return Ok(());
        }
        let stat = rustix::fs::fstat(opened).map_err(io::Error::from)?;
        if ids.contains(&id(&stat)) || lies_in(spot, &ids) {
            return Err(refusal(spot, Holds::Own));
        }
        Ok(())
    }

    /// Refuses a file in a directory that was not refused, if it is the server's own.
    pub(super) fn entry(&self, spot: &Spot, stat: &Stat) -> Result<(), Refusal> {
        if self.own.ids().contains(&id(stat)) { Err(refusal(spot, Holds::Own)) } else { Ok(()) }
    }

    /// Refuses what was opened at `spot` if it begins as a key does. Where it is read from next stays as it was.
    pub(in crate::sandbox) fn content(&self, spot: &Spot, opened: &File, bytes: u64) -> Result<(), Refusal> {
        let mut start =
            vec![0; limits::CONTENT_JUDGED_BYTES.min(usize::try_from(bytes).unwrap_or(usize::MAX))];
        let mut length = 0;
        while let Some(rest) = start.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match opened.read_at(rest, length as u64)? {
                0 => break,
                read => length += read,
            }
        }
        self.start(spot, start.get(..length).unwrap_or_default(), bytes)
    }

    /// The same of a file of so many bytes that begins with `start`.
    pub(super) fn start(&self, spot: &Spot, start: &[u8], bytes: u64) -> Result<(), Refusal> {
        let start = start.get(..limits::CONTENT_JUDGED_BYTES).unwrap_or(start);
        match protected::judge_content(start, bytes).filter(|_| !self.is_allowed(spot)) {
            Some(holds) => Err(refusal(spot, holds)),
            None => Ok(()),
        }
    }

    /// Whether what is below the two places could be judged differently.
    pub(in crate::sandbox) fn tells_apart(&self, one: &Spot, two: &Spot) -> bool {
        [one, two].into_iter().any(|spot| {
            let above = spot.root.names.iter().map(Vec::as_slice);
            let mut names = above.chain(spot.inside.iter().map(OsStrExt::as_bytes));
            names.any(protected::leads_to_rules)
                || self.allowed.iter().any(|allowed| allowed.is_near(&spot.root.name, &spot.inside))
        })
    }

    fn is_allowed(&self, spot: &Spot) -> bool {
        self.allowed.iter().any(|allowed| allowed.covers(&spot.root.name, &spot.inside))
    }
}

/// Judges what stands in directories below a place, entry by entry.
#[derive(Clone)]
pub(in crate::sandbox) struct Ward {
    shield: Arc<Shield>,
    spot: Spot,
    is_allowed: bool,
}

impl Ward {
    pub(super) fn new(shield: &Arc<Shield>, spot: Spot) -> Self {
        Self { is_allowed: shield.is_allowed(&spot), shield: Arc::clone(shield), spot }
    }

    /// What is told of the entry at `path`, all of which lies in directories that are not protected.
    pub(in crate::sandbox) fn kind(&self, path: &Path, kind: Kind) -> Kind {
        let Some(name) = path.file_name() else { return kind };
        let parents =
            path.parent().unwrap_or(Path::new("")).iter().rev().chain(self.spot.inside.iter().rev());
        let above = parents.map(OsStr::as_bytes).chain(self.spot.root.names.iter().rev().map(Vec::as_slice));
        let shape = if kind == Kind::Directory { Shape::Directory } else { Shape::Any };
        if self.shield.own.is_at(name.as_bytes(), &above) {
            return Kind::Protected;
        }
        let holds =
            if self.is_allowed { None } else { protected::judge_name(name.as_bytes(), shape, &above) };
        match holds.filter(|holds| holds.stops(Access::Read)) {
            Some(_) if !self.shield.is_allowed(&self.spot.join(path)) => Kind::Protected,
            _ => kind,
        }
    }

    /// What is in the directory at `path` below `base`, which is opened through no link; `None` if it is
    /// protected, which its name did not tell.
    pub(super) fn entries(&self, base: &Dir, path: &Path) -> io::Result<Option<Entries>> {
        let dir = beneath::open(base, path, beneath::READ | OFlags::DIRECTORY)?;
        if self.lets_in(path, &dir) { Entries::of(dir.into()).map(Some) } else { Ok(None) }
    }

    /// Where `path` is.
    pub(in crate::sandbox) fn spot(&self, path: &Path) -> Spot {
        self.spot.join(path)
    }

    /// Whether the file or directory that was opened at `path` may be looked into.
    pub(in crate::sandbox) fn lets_in(&self, path: &Path, opened: impl AsFd) -> bool {
        self.shield.identity(&self.spot(path), opened).is_ok()
    }
}

/// Tells one file from every other.
type Id = (u64, u64);

#[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "the types differ between systems")]
fn id(stat: &Stat) -> Id {
    (stat.st_dev as u64, stat.st_ino as u64)
}

/// Whether a directory that leads to `spot` is one of `ids`.
fn lies_in(spot: &Spot, ids: &[Id]) -> bool {
    let Some(dir) = &spot.root.dir else { return false };
    spot.inside.ancestors().skip(1).any(|above| {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        rustix::fs::statat(dir, above, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| ids.contains(&id(&stat)))
    })
}

/// What this server relies on.
#[derive(Default)]
struct Own {
    places: Vec<(PathBuf, Vec<Vec<u8>>)>,
    /// What stands there, and when that was looked at: files are replaced by others.
    ids: Mutex<Option<(Instant, Arc<[Id]>)>>,
}

impl Own {
    fn new(places: &[PathBuf]) -> Self {
        let places = places.iter().map(|place| (place.clone(), address(place)));
        Self { places: places.collect(), ids: Mutex::default() }
    }

    /// Whether `names`, from the top of the file system on, lead to it or into it.
    fn holds(&self, names: &[&[u8]]) -> bool {
        let leads = |own: &[Vec<u8>]| {
            own.len() <= names.len() && own.iter().zip(names).all(|(own, name)| own == name)
        };
        self.places.iter().any(|(_, own)| leads(own))
    }

    /// Whether it stands at `name` below `above`, the nearest first.
    fn is_at<'a>(&self, name: &[u8], above: &(impl Iterator<Item = &'a [u8]> + Clone)) -> bool {
        let is_one = |own: &[Vec<u8>]| {
            let Some((last, parents)) = own.split_last() else { return false };
            last == name && parents.iter().rev().map(Vec::as_slice).eq(above.clone())
        };
        self.places.iter().any(|(_, own)| is_one(own))
    }

    fn ids(&self) -> Arc<[Id]> {
        let mut known = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((looked, ids)) = &*known
            && looked.elapsed() < limits::OWN_LOOK_EVERY
        {
            return Arc::clone(ids);
        }
        let stats = self.places.iter().filter_map(|(place, _)| rustix::fs::stat(place).ok());
        let ids: Arc<[Id]> = stats.map(|stat| id(&stat)).collect();
        *known = Some((Instant::now(), Arc::clone(&ids)));
        ids
    }
}

/// What whoever asks for a protected place is told.
fn refusal(spot: &Spot, holds: Holds) -> Refusal {
    let shown = spot.shown();
    // a string of JSON is one of TOML
    let quoted = serde_json::Value::from(shown.as_str());
    let allow =
        format!("the owner can allow it with `files.allow_protected = [{quoted}]` in the configuration");
    let says = match holds {
        Holds::Own => format!(
            "`{shown}` is protected: this server relies on it, as on its configuration, its keys, its log and its journal"
        ),
        Holds::Commands => {
            format!("`{shown}` is protected from changes: it can make another program run commands; {allow}")
        }
        _ => format!("`{shown}` is protected: it may hold secrets ({}); {allow}", holds.says()),
    };
    Refusal::failed(Code::Protected, says)
}
