//! How many descriptors this process has open, and may have.

use std::sync::{Mutex, PoisonError};

use rustix::{
    fs::{CWD, Dir, Mode, OFlags, openat},
    process::{Resource, getrlimit},
};

/// The kernel's list of our descriptors, opened once at the start, before any confinement.
#[derive(Debug)]
pub(super) struct Descriptors(Option<Mutex<Dir>>);

impl Descriptors {
    pub(super) fn open() -> Self {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let list = openat(CWD, "/proc/self/fd", flags, Mode::empty()).and_then(Dir::new);
        Self(list.ok().map(Mutex::new))
    }

    /// So many are open, the list's own included; `None` where the system does not say.
    pub(super) fn count(&self) -> Option<usize> {
        let mut list = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        list.rewind();
        let is_number = |name: &[u8]| name.first().is_some_and(u8::is_ascii_digit);
        Some(list.by_ref().flatten().filter(|entry| is_number(entry.file_name().to_bytes())).count())
    }

    /// So many may be open; `None` without a limit.
    pub(super) fn limit() -> Option<u64> {
        getrlimit(Resource::Nofile).current
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_more_is_counted_each_time_anew() {
        let descriptors = Descriptors::open();
        // Other tests of this process open and close theirs meanwhile.
        let seen = (0..100).any(|_| {
            let before = descriptors.count().unwrap();
            let held: Vec<_> = (0..8).map(|_| Descriptors::open()).collect();
            let more = descriptors.count().unwrap();
            drop(held);
            more >= before + 8
        });
        assert!(seen);
        assert!(Descriptors::limit().is_none_or(|limit| limit > 8));
    }
}
