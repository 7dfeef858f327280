//! Who is there, by the key they hold.
//!
//! A key is 256 random bits; only its SHA-256 is kept, and such a key needs no
//! slow hash. A [`KeyRing`] proves that a text is the key of that name, that
//! its date has not passed, and that it comes from an address it is for. It
//! says nothing about what is done with it: see [`super::Policy`].
//!
//! What is presented is hashed once and compared with every key, in constant
//! time and without stopping at a match, so that how long it takes tells
//! neither how much of a guess was right nor which key it was.

use std::{collections::HashSet, fmt, net::IpAddr, sync::Arc, time::Duration};

use globset::{Glob, GlobSet};
use ipnet::IpNet;
use jiff::Timestamp;
use subtle::{ConditionallySelectable, ConstantTimeEq};

pub use super::secret::{NotASha256, PREFIX, generate, hash, parse_sha256, show_sha256};
use crate::{
    caller::{Identity, Reach},
    limits,
    refusal::Code,
};

/// The name of the key from the environment (`API_KEY`).
pub const ENV_KEY: &str = "env";
/// The name of the key that lives as long as the process.
pub const RUN_KEY: &str = "this-run";

/// One `[keys.NAME]` section.
#[derive(Clone, PartialEq)]
pub struct Settings {
    /// The key's name.
    pub name: String,
    /// SHA-256 of the key's text.
    pub sha256: [u8; 32],
    /// Which tools, as globs; `None` is all.
    pub tools: Option<Vec<String>>,
    /// Which roots; `None` is all.
    pub roots: Option<Vec<String>>,
    /// Tools that write are within reach.
    pub write: bool,
    /// The log may be read.
    pub events: bool,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// From where; empty is anywhere.
    pub from: Vec<IpNet>,
}

impl Settings {
    /// A key that reaches everything, from anywhere, without an end: the one
    /// from the environment ([`ENV_KEY`]) and the one for this run ([`RUN_KEY`]).
    #[must_use]
    pub fn everything(name: &str, sha256: [u8; 32]) -> Self {
        Self {
            name: name.to_owned(),
            sha256,
            tools: None,
            roots: None,
            write: true,
            events: true,
            expires: None,
            from: Vec::new(),
        }
    }
}

impl Settings {
    /// The fields of its section that are not as in `other`.
    fn differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("sha256", self.sha256 != other.sha256),
            ("tools", self.tools != other.tools),
            ("roots", self.roots != other.roots),
            ("write", self.write != other.write),
            ("events", self.events != other.events),
            ("expires", self.expires != other.expires),
            ("from", self.from != other.from),
        ]
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
    }
}

/// Without the hash: a key that a person made up can be guessed from it.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("tools", &self.tools)
            .field("roots", &self.roots)
            .field("write", &self.write)
            .field("events", &self.events)
            .field("expires", &self.expires)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

/// Why the keys of a configuration cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// A name that would not stand in an event as it is.
    #[error(
        "`{name}` is no name for a key; use 1 to {} letters, digits, `_` and `-`",
        limits::KEY_NAME_BYTES_MAX
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two keys of one name: events could not tell them apart.
    #[error("two keys are named `{name}`; rename one")]
    NamedTwice {
        /// The name.
        name: String,
    },
    /// One key under two names.
    #[error("the keys `{name}` and `{other}` are the same key; make another with `mcp-server keys generate`")]
    SameKey {
        /// The later name.
        name: String,
        /// The earlier name.
        other: String,
    },
    /// A glob that does not compile.
    #[error("`tools` of the key `{name}`: `{glob}` is no pattern for names: {why}")]
    BadGlob {
        /// The key.
        name: String,
        /// The glob.
        glob: String,
        /// What is wrong with it.
        why: String,
    },
    /// More keys than a request can be compared with.
    #[error("there may be at most {} keys", limits::KEYS_MAX)]
    TooMany,
}

impl KeyError {
    /// The key that is wrong, if it is one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name { name }
            | Self::NamedTwice { name }
            | Self::SameKey { name, .. }
            | Self::BadGlob { name, .. } => Some(name),
            Self::TooMany => None,
        }
    }
}

/// Who holds a key, and what it reaches.
#[derive(Clone, Debug)]
pub struct Identified {
    /// [`Identity::Key`].
    pub identity: Identity,
    /// What may be reached with it.
    pub reach: Arc<Reach>,
}

/// The keys of one server.
#[derive(Default)]
pub struct KeyRing {
    keys: Vec<Key>,
}

struct Key {
    /// Also who was let in with it: see [`KeyRing::after`].
    name: Arc<str>,
    reach: Arc<Reach>,
    settings: Settings,
}

/// How a ring differs from the one before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// A key that was not there.
    Added {
        /// Its name.
        name: String,
    },
    /// A key that is no longer there.
    Removed {
        /// Its name.
        name: String,
    },
    /// A name that was there, and now stands for something else.
    Changed {
        /// The name.
        name: String,
        /// Which fields of its section.
        fields: Vec<&'static str>,
    },
}

impl KeyRing {
    /// Takes the keys of a configuration.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them, in their order.
    pub fn new(settings: Vec<Settings>) -> Result<Self, Vec<KeyError>> {
        let (mut keys, mut errors) = (Vec::<Key>::new(), Vec::new());
        if settings.len() > limits::KEYS_MAX {
            return Err(vec![KeyError::TooMany]);
        }
        let mut names = HashSet::new();
        for key in settings {
            if !is_name(&key.name) {
                errors.push(KeyError::Name { name: key.name.clone() });
            } else if !names.insert(key.name.clone()) {
                errors.push(KeyError::NamedTwice { name: key.name.clone() });
            }
            if let Some(other) = keys.iter().find(|other| other.settings.sha256 == key.sha256) {
                errors.push(KeyError::SameKey { name: key.name.clone(), other: other.name.to_string() });
            }
            match Key::new(key) {
                Ok(key) => keys.push(key),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self { keys }) } else { Err(errors) }
    }

    /// Whose key `bearer` is. `peer` is the judged address, `now` the wall clock.
    ///
    /// # Errors
    ///
    /// [`Code::UnknownKey`], [`Code::ExpiredKey`] or [`Code::KeyAddress`]. All
    /// three count as no key; the difference is for the event, not the reply.
    pub fn identify(&self, bearer: &str, peer: IpAddr, now: Timestamp) -> Result<Identified, Code> {
        let key = self.find(&hash(bearer)).ok_or(Code::UnknownKey)?;
        key.admits(Some(peer), now)?;
        Ok(Identified { identity: Identity::Key(Arc::clone(&key.name)), reach: Arc::clone(&key.reach) })
    }

    /// The same keys, as those that come after `old`: a key that stayed keeps
    /// the very name that callers were let in under. Another key under the same
    /// name has a name of its own, so whoever held the first is not taken for its holder.
    #[must_use]
    pub(super) fn after(mut self, old: &Self) -> Self {
        for key in &mut self.keys {
            let same = |other: &&Key| other.name == key.name && other.settings.sha256 == key.settings.sha256;
            if let Some(stayed) = old.keys.iter().find(same) {
                key.name = Arc::clone(&stayed.name);
            }
        }
        self
    }

    /// Whether the key that somebody was let in with holds, and what it reaches.
    pub(super) fn holds(
        &self,
        name: &Arc<str>,
        peer: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Arc<Reach>, Code> {
        let key = self.keys.iter().find(|key| Arc::ptr_eq(&key.name, name)).ok_or(Code::UnknownKey)?;
        key.admits(peer, now)?;
        Ok(Arc::clone(&key.reach))
    }

    /// What is different from `old`: first as they stand here, then what is gone.
    pub(super) fn changes_since(&self, old: &Self) -> Vec<Change> {
        let find = |ring: &Self, name: &str| ring.keys.iter().position(|key| *key.name == *name);
        let mut changes = Vec::new();
        for key in &self.keys {
            let name = key.name.to_string();
            match find(old, &name).and_then(|place| old.keys.get(place)) {
                None => changes.push(Change::Added { name }),
                Some(before) => {
                    let fields = key.settings.differences(&before.settings);
                    if !fields.is_empty() {
                        changes.push(Change::Changed { name, fields });
                    }
                }
            }
        }
        let gone = old.names().filter(|name| find(self, name).is_none());
        changes.extend(gone.map(|name| Change::Removed { name: name.to_owned() }));
        changes
    }

    /// Compares with every key, whichever matches: no early exit, no branch on a comparison.
    fn find(&self, sha256: &[u8; 32]) -> Option<&Key> {
        let mut place = 0_u64; // 0 is nowhere, 1 the first
        for (index, key) in (1_u64..).zip(&self.keys) {
            place.conditional_assign(&index, sha256.ct_eq(&key.settings.sha256));
        }
        self.keys.get(usize::try_from(place).ok()?.checked_sub(1)?)
    }

    /// Whether nobody has a key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys' names, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &*key.name)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl Key {
    fn new(settings: Settings) -> Result<Self, KeyError> {
        let tools = settings.tools.as_deref().map(|globs| compile(&settings.name, globs)).transpose()?;
        let reach = Reach {
            tools,
            roots: settings.roots.clone(),
            read_only: !settings.write,
            events: settings.events,
        };
        Ok(Self { name: settings.name.as_str().into(), reach: Arc::new(reach), settings })
    }

    fn admits(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Code> {
        if self.is_past(now) {
            return Err(Code::ExpiredKey);
        }
        let is_for = peer.map_or(self.settings.from.is_empty(), |peer| self.is_for(peer));
        if is_for { Ok(()) } else { Err(Code::KeyAddress) }
    }

    fn is_past(&self, now: Timestamp) -> bool {
        // A date that is still to come is a negative distance, which is no `Duration`.
        let past = |date| Duration::try_from(now.duration_since(date)).unwrap_or_default();
        self.settings.expires.is_some_and(|date| past(date) > limits::KEY_EXPIRY_LEEWAY)
    }

    fn is_for(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.settings.from.is_empty() || self.settings.from.iter().any(|network| network.contains(&peer))
    }
}

fn compile(name: &str, globs: &[String]) -> Result<GlobSet, KeyError> {
    let bad = |glob: &str, error: globset::Error| KeyError::BadGlob {
        name: name.to_owned(),
        glob: glob.to_owned(),
        why: error.kind().to_string(),
    };
    let mut set = GlobSet::builder();
    for glob in globs {
        set.add(Glob::new(glob).map_err(|error| bad(glob, error))?);
    }
    set.build().map_err(|error| bad(&globs.join(", "), error))
}

/// Letters, digits, `_` and `-`: stands in an event and in a TOML section as it is.
fn is_name(name: &str) -> bool {
    (1..=limits::KEY_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const NOON: &str = "2026-11-21T12:00:00Z";

    fn key(name: &str, text: &str) -> Settings {
        Settings::everything(name, hash(text))
    }

    fn ring(keys: Vec<Settings>) -> KeyRing {
        KeyRing::new(keys).unwrap()
    }

    fn identify(ring: &KeyRing, bearer: &str, peer: &str, now: &str) -> Result<Identified, Code> {
        ring.identify(bearer, peer.parse().unwrap(), now.parse().unwrap())
    }

    #[track_caller]
    fn is(ring: &KeyRing, bearer: &str, name: &str) {
        let identified = identify(ring, bearer, "127.0.0.1", NOON).unwrap();
        assert_eq!(identified.identity, Identity::Key(name.into()));
    }

    #[track_caller]
    fn is_refused(ring: &KeyRing, bearer: &str, peer: &str, now: &str, code: Code) {
        assert_eq!(identify(ring, bearer, peer, now).unwrap_err(), code);
    }

    #[test]
    fn a_new_key_is_256_random_bits_in_plain_characters_and_opens_the_door() {
        let (first, sha256) = generate().unwrap();
        let (second, _) = generate().unwrap();
        let text = first.expose_secret();
        assert_ne!(text, second.expose_secret());
        let secret = text.strip_prefix("mcps_").unwrap();
        assert_eq!(secret.len(), 43);
        assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
        is(&ring(vec![Settings::everything("laptop", sha256)]), text, "laptop");
    }

    #[test]
    fn every_key_is_found_wherever_it_stands_and_nothing_else_is() {
        let text = |n: usize| format!("mcps_{n:043}");
        let ring = ring((0..limits::KEYS_MAX).map(|n| key(&format!("key-{n}"), &text(n))).collect());
        for n in 0..limits::KEYS_MAX {
            is(&ring, &text(n), &format!("key-{n}"));
        }
        let first = text(0);
        for wrong in
            ["", " ", &first[..47], &format!("{first} "), &first.to_uppercase(), &text(limits::KEYS_MAX)]
        {
            is_refused(&ring, wrong, "127.0.0.1", NOON, Code::UnknownKey);
        }
        assert_eq!(ring.names().count(), limits::KEYS_MAX);
    }

    #[test]
    fn the_hash_of_a_key_is_no_key() {
        let ring = ring(vec![key("laptop", "secret")]);
        is(&ring, "secret", "laptop");
        let shown = show_sha256(&hash("secret"));
        is_refused(&ring, &shown, "127.0.0.1", NOON, Code::UnknownKey);
        is_refused(&ring, &shown["sha256:".len()..], "127.0.0.1", NOON, Code::UnknownKey);
    }

    #[test]
    fn without_keys_nobody_is_known() {
        assert!(KeyRing::default().is_empty());
        is_refused(&KeyRing::default(), "", "127.0.0.1", NOON, Code::UnknownKey);
    }

    #[test]
    fn the_first_key_takes_as_long_as_a_key_nobody_has() {
        // Stopping at the match would make the first about as many times faster as there are keys.
        let ring =
            ring((0..limits::KEYS_MAX).map(|n| key(&format!("key-{n}"), &format!("text {n}"))).collect());
        let median = |bearer: &str| {
            let mut times: Vec<_> = (0..301)
                .map(|_| {
                    let start = Instant::now();
                    let _ = std::hint::black_box(identify(&ring, bearer, "127.0.0.1", NOON));
                    start.elapsed()
                })
                .collect();
            times.sort();
            times[150]
        };
        let (first, none) = (median("text 0"), median("no key"));
        assert!(first * 3 > none, "first key {first:?}, no key {none:?}");
    }

    #[test]
    fn a_key_ends_with_its_date_and_a_little_leeway() {
        let ring = ring(vec![Settings { expires: NOON.parse().ok(), ..key("guest", "secret") }]);
        is(&ring, "secret", "guest");
        for (now, ends) in [
            ("1970-01-01T00:00:00Z", Ok(())),
            ("2026-11-21T11:59:59Z", Ok(())),
            ("2026-11-21T12:00:30Z", Ok(())),
            ("2026-11-21T12:00:31Z", Err(Code::ExpiredKey)),
            ("2036-11-21T12:00:00Z", Err(Code::ExpiredKey)),
        ] {
            assert_eq!(identify(&ring, "secret", "127.0.0.1", now).map(drop), ends, "{now}");
        }
        is_refused(&ring, "another", "127.0.0.1", "2036-11-21T12:00:00Z", Code::UnknownKey);
    }

    #[test]
    fn a_key_is_taken_only_from_the_addresses_it_is_for() {
        let from = vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let ring = ring(vec![Settings { from, ..key("office", "secret") }]);
        for inside in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1"] {
            assert!(identify(&ring, "secret", inside, NOON).is_ok(), "{inside}");
        }
        for outside in ["192.0.3.7", "127.0.0.1", "::1", "2001:db9::1"] {
            is_refused(&ring, "secret", outside, NOON, Code::KeyAddress);
        }
    }

    #[test]
    fn a_key_reaches_what_its_section_says_and_no_more() {
        let ring = ring(vec![
            Settings {
                tools: Some(vec!["read_*".into(), "list_{directory,changes}".into()]),
                roots: Some(vec!["notes".into()]),
                write: false,
                events: false,
                ..key("guest", "secret")
            },
            key(ENV_KEY, "everything"),
        ]);
        let reach = identify(&ring, "secret", "127.0.0.1", NOON).unwrap().reach;
        assert!(reach.covers_tool("read_text_file") && reach.covers_tool("list_changes"));
        assert!(!reach.covers_tool("list_roots") && !reach.covers_tool("hello_world"));
        assert!(reach.covers_root("notes") && !reach.covers_root("home"));
        assert!(reach.read_only && !reach.events);
        let reach = identify(&ring, "everything", "127.0.0.1", NOON).unwrap().reach;
        assert!(
            reach.covers_tool("anything") && reach.covers_root("any") && !reach.read_only && reach.events
        );
    }

    #[test]
    fn all_that_is_wrong_with_the_keys_is_said_at_once() {
        let errors = KeyRing::new(vec![
            key("laptop", "one"),
            key("lap top", "two"),
            key("laptop", "three"),
            key("phone", "one"),
            Settings { tools: Some(vec!["read_[".into()]), ..key("guest", "four") },
        ])
        .unwrap_err();
        let says: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            says,
            [
                "`lap top` is no name for a key; use 1 to 32 letters, digits, `_` and `-`",
                "two keys are named `laptop`; rename one",
                "the keys `phone` and `laptop` are the same key; make another with `mcp-server keys generate`",
                "`tools` of the key `guest`: `read_[` is no pattern for names: \
                 unclosed character class; missing ']'",
            ]
        );
        let names: Vec<_> = errors.iter().filter_map(KeyError::name).collect();
        assert_eq!(names, ["lap top", "laptop", "phone", "guest"]);
        let many = (0..=limits::KEYS_MAX).map(|n| key(&format!("key-{n}"), &n.to_string())).collect();
        assert_eq!(KeyRing::new(many).unwrap_err(), [KeyError::TooMany]);
    }

    #[test]
    fn a_hash_is_read_with_and_without_its_prefix_and_a_key_in_its_place_is_named_as_such() {
        let hex = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
        assert_eq!(parse_sha256(&format!("sha256:{hex}")), Ok(hash("secret")));
        assert_eq!(show_sha256(&hash("secret")), format!("sha256:{hex}"));
        assert_eq!(parse_sha256(&hex.to_uppercase()), Ok(hash("secret")));
        let (text, _) = generate().unwrap();
        assert_eq!(parse_sha256(text.expose_secret()), Err(NotASha256::TheKeyItself));
        for wrong in
            ["", "sha256:", &hex[1..], &format!("{hex}0"), &format!("SHA256:{hex}"), &hex.replace('b', "g")]
        {
            assert_eq!(parse_sha256(wrong), Err(NotASha256::NotHex), "`{wrong}`");
        }
    }

    #[test]
    fn nothing_that_prints_shows_a_key_or_its_hash() {
        let settings = key("laptop", "secret");
        let shown = format!("{settings:?} {:?} {:?}", ring(vec![settings.clone()]), generate().unwrap().0);
        assert!(shown.contains("laptop"));
        // SHA-256 of `secret` begins with 2b b8: 43, 184.
        for secret in ["sha256", "2bb8", "43, 184", "secret\"", PREFIX] {
            assert!(!shown.contains(secret), "`{secret}` in {shown}");
        }
    }

    proptest! {
        #[test]
        fn a_hash_that_is_written_reads_back_and_no_text_makes_it_panic(sha256: [u8; 32], text in ".*") {
            prop_assert_eq!(parse_sha256(&show_sha256(&sha256)), Ok(sha256));
            let _ = parse_sha256(&text);
        }
    }
}
