//! How much memory this process holds, and how many threads.
#![allow(
    clippy::disallowed_methods,
    reason = "reads what the kernel says of this process; opened once at the start, before any confinement"
)]

use std::{
    fs::File,
    io::{Read, Seek},
    sync::{Mutex, PoisonError},
};

/// The kernel's account is about a page.
const STATUS_BYTES_MAX: u64 = 16 << 10;

/// The kernel's account of this process, where it keeps one.
#[derive(Debug)]
pub(super) struct Memory(Option<Mutex<File>>);

impl Memory {
    pub(super) fn open() -> Self {
        Self(File::open("/proc/self/status").ok().map(Mutex::new))
    }

    /// Bytes in memory; `None` where the system does not say.
    pub(super) fn resident(&self) -> Option<u64> {
        resident(&self.read()?)
    }

    /// Threads; `None` where the system does not say.
    pub(super) fn threads(&self) -> Option<u64> {
        field(&self.read()?, "Threads:")?.parse().ok()
    }

    fn read(&self) -> Option<String> {
        let mut file = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        file.rewind().ok()?;
        let mut status = String::new();
        file.by_ref().take(STATUS_BYTES_MAX).read_to_string(&mut status).ok()?;
        Some(status)
    }
}

fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

fn resident(status: &str) -> Option<u64> {
    let kibibytes: u64 = field(status, "VmRSS:")?.strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_size_is_read_in_bytes() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    1536 kB\nVmData:\t 9 kB\n"), Some(1_572_864));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_holds_some() {
        assert!(Memory::open().resident().is_some_and(|bytes| bytes > 1 << 20));
        assert!(Memory::open().threads().is_some_and(|threads| threads > 0));
    }
}
