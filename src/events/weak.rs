//! A recorder that keeps nothing alive.

use std::sync::{Arc, Weak};

use super::{
    Event,
    recorder::{Inner, Recorder},
};

/// Writes events as long as somebody else keeps the log: for whoever has
/// something to say now and then, and is no reason to go on.
#[derive(Clone, Debug)]
pub struct WeakRecorder(Weak<Inner>);

impl WeakRecorder {
    /// As [`Recorder::note`]; nothing, once the log is gone.
    pub fn note(&self, event: Event) {
        if let Some(inner) = self.0.upgrade() {
            Recorder(inner).note(event);
        }
    }
}

impl From<&Recorder> for WeakRecorder {
    fn from(recorder: &Recorder) -> Self {
        Self(Arc::downgrade(&recorder.0))
    }
}
