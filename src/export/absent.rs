//! The exporter of a program that was built without one.

use std::{sync::Arc, time::Duration};

use super::{Endpoint, Identity, StartError};
use crate::events::{Recorder, Tap};

/// Nobody has one.
#[derive(Debug)]
pub enum Exporter {}

impl Exporter {
    /// # Errors
    ///
    /// [`StartError::NotBuiltIn`].
    pub fn open(_: Endpoint, _: Identity) -> Result<Self, StartError> {
        Err(StartError::NotBuiltIn)
    }

    /// Who is to be given the lines.
    #[must_use]
    pub fn tap(&self) -> Arc<dyn Tap> {
        match *self {}
    }

    /// # Errors
    ///
    /// Never: there is none.
    pub const fn start(&mut self, _: &Recorder) -> Result<(), StartError> {
        match *self {}
    }

    /// Returns at once.
    #[allow(clippy::unused_async, reason = "the exporter that exists waits here")]
    pub async fn finish(&self, _: Duration) {
        match *self {}
    }
}
