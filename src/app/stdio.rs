//! Serving the process that started us.

use std::{fs::File, io, os::fd::OwnedFd};

use super::{App, StartError, opened, opened::patience, signals};
use crate::transports::stdio::{self, Summary};

impl App {
    /// Serves `stdin` and `stdout` until the input ends or a signal asks for a
    /// stop; `None` when a second one did. `told` runs once it serves.
    ///
    /// # Errors
    ///
    /// [`StartError::Runtime`] and [`StartError::Pipes`].
    pub fn serve_stdio(
        self,
        stdin: File,
        stdout: OwnedFd,
        told: impl FnOnce(&Self),
    ) -> Result<Option<Summary>, StartError> {
        let runtime = opened::runtime()?;
        // before anything is said: whoever reads it may send one at once
        let (signals, hangups) = signals::listen(&runtime).map_err(StartError::Runtime)?;
        told(&self);
        let served = runtime.block_on(async {
            let serve = async {
                let summary =
                    stdio::serve(self.protocol.clone(), stdin, File::from(stdout), &self.tasks).await?;
                self.finish().await;
                Ok::<_, io::Error>(summary)
            };
            let served = tokio::select! {
                served = signals.heed(&self.tasks, serve) => served,
                never = hangups.rotate(self.events()) => match never {},
            };
            self.close(patience(served.as_ref())).await;
            served.transpose()
        });
        // A tool that hangs in a blocking call is left behind.
        runtime.shutdown_background();
        served.map_err(StartError::Pipes)
    }
}
