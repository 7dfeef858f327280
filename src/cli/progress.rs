//! How far a long reading has come: one line on stderr, where that is a
//! terminal, once it takes longer than a second.
//!
//! Whoever prints an answer calls [`Progress::clear`] before, so that the line
//! is gone when both streams are the same terminal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::printer::Printer;

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often something is said then.
const EVERY: Duration = Duration::from_millis(200);
/// After how many bytes the clock is looked at.
const LOOK_EVERY_BYTES: u64 = 1 << 20;

/// How far a reading of so many bytes has come. Threads may share it.
#[derive(Debug)]
pub struct Progress {
    total: u64,
    done: AtomicU64,
    shown: Option<Mutex<Shown>>,
}

#[derive(Debug)]
struct Shown {
    next: Instant,
    stands: bool,
}

impl Progress {
    /// A reading that begins now. Nothing is ever said with `-q` or where stderr is no terminal.
    #[must_use]
    pub fn new(total: u64, printer: &Printer) -> Self {
        let is_seen = printer.quiet == 0 && io::stderr().is_terminal();
        let shown = Shown { next: Instant::now() + PATIENCE, stands: false };
        Self { total, done: AtomicU64::new(0), shown: is_seen.then(|| Mutex::new(shown)) }
    }

    /// So many bytes more were read.
    pub fn step(&self, bytes: u64) {
        let Some(shown) = &self.shown else { return };
        let before = self.done.fetch_add(bytes, Ordering::Relaxed);
        let done = before + bytes;
        if before / LOOK_EVERY_BYTES == done / LOOK_EVERY_BYTES {
            return;
        }
        let now = Instant::now();
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= shown.next {
            shown.next = now + EVERY;
            shown.stands = true;
            let _closed = write!(io::stderr().lock(), "\r\u{1b}[K{}", line(done, self.total));
        }
    }

    /// Takes the line away, if there is one.
    pub fn clear(&self) {
        let Some(shown) = &self.shown else { return };
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut shown.stands) {
            let _closed = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn line(done: u64, total: u64) -> String {
    let percent = done.min(total).saturating_mul(100).checked_div(total).unwrap_or(100);
    format!("read {percent} % of {} MB", total / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_whatever_the_whole_is() {
        assert_eq!(line(0, 412_345_678), "read 0 % of 412 MB");
        assert_eq!(line(206_172_839, 412_345_678), "read 50 % of 412 MB");
        assert_eq!(line(5, 0), "read 100 % of 0 MB");
        assert_eq!(line(u64::MAX, 2_000_000), "read 100 % of 2 MB");
    }
}
