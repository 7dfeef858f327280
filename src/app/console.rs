//! The person at the console, through the same line.

use std::sync::Arc;

use tokio::runtime::Runtime;

use super::{App, StartError, opened};
use crate::{
    caller::{Caller, Client},
    dispatch::{Answer, Call, Target},
    limits,
    protocol::Protocol,
    tools::context::{Declared, Notices},
};

/// A server without a door.
#[derive(Debug)]
pub struct Console {
    app: App,
    runtime: Runtime,
}

impl App {
    /// Lets the person at the console call.
    ///
    /// # Errors
    ///
    /// [`StartError::Runtime`].
    pub fn at_console(self) -> Result<Console, StartError> {
        Ok(Console { app: self, runtime: opened::runtime()? })
    }
}

impl Console {
    /// MCP on top of the line.
    #[must_use]
    pub fn protocol(&self) -> &Protocol {
        &self.app.protocol
    }

    /// Walks the line once, as [`Caller::console`].
    #[must_use]
    pub fn call(&self, target: Target, bytes: usize) -> Answer {
        let call = Call {
            caller: Arc::new(Caller::console()),
            client: Client::default(),
            target,
            bytes,
            trace: None,
            notices: Notices::default(),
            declared: Declared::default(),
            cancel: self.app.tasks.token(),
        };
        self.runtime.block_on(self.app.protocol.dispatcher.call(call))
    }

    /// Ends it; what was recorded is on disk then.
    pub fn close(self) {
        self.app.tasks.stop();
        self.runtime.block_on(async {
            self.app.events().stop().await;
            self.app.close(limits::EXPORT_FLUSH_MAX + limits::CUT_WAIT_MAX).await;
        });
        self.runtime.shutdown_background();
    }
}
