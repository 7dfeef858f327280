//! What time it is, handed in.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Two clocks: one that people read and that may jump, one that only goes on.
pub(super) trait Clock: Send + 'static {
    /// What the wall says.
    fn wall(&self) -> Timestamp;
    /// How long it has been since the clock was made.
    fn run(&self) -> Duration;
}

/// The clocks of this machine.
#[derive(Debug)]
pub(super) struct MachineClock(Instant);

impl MachineClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MachineClock {
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn run(&self) -> Duration {
        self.0.elapsed()
    }
}
