//! The keys in force, which may change while the server runs.
//!
//! A request is judged by one [`KeyRing`], whole: it sees the keys of before
//! or those of after, never some of each. What lasts longer than a request asks
//! again with [`LiveKeys::holds`], and learns of a change by [`LiveKeys::lost`].

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;
use tokio::{sync::watch, time::timeout};

use super::keys::{Change, Identified, KeyError, KeyRing, Settings};
use crate::{
    caller::{Caller, Identity, Reach},
    limits,
    refusal::Code,
};

/// The keys of a server that runs. Clones are of the same keys.
#[derive(Clone, Debug)]
pub struct LiveKeys(Arc<watch::Sender<Arc<KeyRing>>>);

impl LiveKeys {
    /// Begins with these.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self(Arc::new(watch::Sender::new(Arc::new(ring))))
    }

    /// Those that hold now.
    #[must_use]
    pub fn now(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.borrow())
    }

    /// Puts others in their place, all or none. Says what is different.
    ///
    /// # Errors
    ///
    /// What is wrong with the new ones; those of before then stay.
    pub fn replace(&self, settings: Vec<Settings>) -> Result<Vec<Change>, Vec<KeyError>> {
        let old = self.now();
        let new = KeyRing::new(settings)?.after(&old);
        let changes = new.changes_since(&old);
        if !changes.is_empty() {
            self.0.send_replace(Arc::new(new));
        }
        Ok(changes)
    }

    /// See [`KeyRing::identify`].
    ///
    /// # Errors
    ///
    /// As it does.
    pub fn identify(&self, bearer: &str, peer: IpAddr, now: Timestamp) -> Result<Identified, Code> {
        self.now().identify(bearer, peer, now)
    }

    /// Whether whoever was let in with a key would be let in with it now, and
    /// what it reaches by now. Who needed no key needs none.
    ///
    /// # Errors
    ///
    /// As [`KeyRing::identify`] for the key that was shown then.
    pub fn holds(&self, caller: &Caller) -> Result<Arc<Reach>, Code> {
        match &caller.identity {
            Identity::Key(name) => self.now().holds(name, caller.peer, Timestamp::now()),
            _ => Ok(Arc::clone(&caller.reach)),
        }
    }

    /// Waits until that is no longer so: until it never is, for who needed no key.
    pub async fn lost(&self, caller: &Caller) -> Code {
        let mut changes = self.0.subscribe();
        loop {
            if let Err(code) = self.holds(caller) {
                return code;
            }
            // A date passes without a change.
            let _either = timeout(limits::KEY_LOOK_EVERY, changes.changed()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{caller::Door, policy::keys};

    fn key(name: &str, text: &str) -> Settings {
        Settings::everything(name, keys::hash(text))
    }

    fn let_in(live: &LiveKeys, bearer: &str) -> Caller {
        let peer = "127.0.0.1".parse().unwrap();
        let Identified { identity, reach } = live.identify(bearer, peer, Timestamp::now()).unwrap();
        Caller { identity, reach, door: Door::Http, peer: Some(peer) }
    }

    #[test]
    fn who_was_let_in_stays_only_with_the_same_key() {
        let live = LiveKeys::new(KeyRing::new(vec![key("a", "1"), key("b", "2")]).unwrap());
        let (a, b) = (let_in(&live, "1"), let_in(&live, "2"));
        // b is the same key with less reach, a another key under the same name
        let narrower = Settings { events: false, ..key("b", "2") };
        let changes = live.replace(vec![key("a", "3"), narrower, key("c", "4")]).unwrap();
        assert_eq!(
            changes,
            [
                Change::Changed { name: "a".into(), fields: vec!["sha256"] },
                Change::Changed { name: "b".into(), fields: vec!["events"] },
                Change::Added { name: "c".into() },
            ]
        );
        assert_eq!(live.holds(&a).unwrap_err(), Code::UnknownKey);
        assert!(!live.holds(&b).unwrap().events);
        assert_eq!(live.holds(&let_in(&live, "3")).map(|_| ()), Ok(()));

        live.replace(vec![Settings { from: vec!["10.0.0.0/8".parse().unwrap()], ..key("b", "2") }]).unwrap();
        assert_eq!(live.holds(&b).unwrap_err(), Code::KeyAddress);
        live.replace(vec![Settings { expires: Some(Timestamp::UNIX_EPOCH), ..key("b", "2") }]).unwrap();
        assert_eq!(live.holds(&b).unwrap_err(), Code::ExpiredKey);
        let gone = live.replace(Vec::new()).unwrap();
        assert_eq!(gone, [Change::Removed { name: "b".into() }]);
        assert_eq!(live.holds(&b).unwrap_err(), Code::UnknownKey);
        assert!(live.now().is_empty());
    }

    #[test]
    fn keys_that_cannot_be_used_change_nothing() {
        let live = LiveKeys::new(KeyRing::new(vec![key("a", "1")]).unwrap());
        let a = let_in(&live, "1");
        live.replace(vec![key("b", "2"), key("b", "3")]).unwrap_err();
        assert_eq!(live.now().names().collect::<Vec<_>>(), ["a"]);
        assert_eq!(live.replace(vec![key("a", "1")]), Ok(Vec::new()));
        assert!(live.holds(&a).is_ok());
    }
}
