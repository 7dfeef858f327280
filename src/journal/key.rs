//! The key that goes with a journal: what this server alone knows, across its processes.
//!
//! With it the marks of one run are understood by the next one.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
};

use super::Journal;

const KEY: &str = "key";

impl Journal {
    /// The key. It is made when it is first asked for; of two who do that at once, one makes it.
    ///
    /// # Errors
    ///
    /// What the system says; `InvalidData` if the file does not hold a key.
    pub fn key(&self) -> io::Result<[u8; 32]> {
        let path = self.settings.dir.join(KEY);
        match self.read_key() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            read => return read,
        }
        Self::make_directory(&self.settings.dir)?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        // whole under its name, or not there
        let new = self.settings.dir.join(format!("{KEY}.{}", uuid::Uuid::now_v7()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let made =
            file.write_all(&key).and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&new, &path));
        fs::remove_file(&new)?;
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => self.read_key(),
        }
    }

    fn read_key(&self) -> io::Result<[u8; 32]> {
        let mut bytes = Vec::new();
        fs::File::open(self.settings.dir.join(KEY))?.take(33).read_to_end(&mut bytes)?;
        bytes.try_into().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::journal::Settings;

    #[test]
    fn whoever_asks_gets_the_same_key_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::in_dir(dir.path().join("journal"));
        let ask = || Journal::new(settings.clone()).key().unwrap();
        let keys: Vec<_> = thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && *key != [0; 32]));
        let names: Vec<_> = fs::read_dir(dir.path().join("journal"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["key"]);
        fs::write(dir.path().join("journal/key"), "short").unwrap();
        assert_eq!(Journal::new(settings.clone()).key().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
