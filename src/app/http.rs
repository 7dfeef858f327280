//! Serving whoever connects.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use super::{
    App, Opened, StartError, inspect, opened,
    opened::patience,
    reload::Reload,
    signals::{self, Hangups},
};
use crate::{
    caller::Door,
    events::Beginning,
    policy::{
        keys::{self, KeyRing},
        live::LiveKeys,
    },
    transports::http::{self, Chosen, Parts, Stopped},
};
use secrecy::SecretString;

/// A server whose port is open, before the first connection is taken.
#[derive(Debug)]
pub struct Listening {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
    keys: KeyRing,
    run_key: Option<SecretString>,
}

impl Opened {
    /// Binds the listener, then starts the event writer and the diagnostics.
    /// Where a key is needed and none is configured, one is made for this run.
    ///
    /// # Errors
    ///
    /// [`StartError::Listen`], [`StartError::Keys`], and those of [`Opened::start`].
    pub fn listen(self) -> Result<Listening, StartError> {
        let wanted = self.config().http.listen;
        let failed = |error| StartError::Listen { address: wanted, error };
        let listener = TcpListener::bind(wanted).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let mut settings = self.config().keys.clone();
        let mut run_key = None;
        if self.config().http.auth && settings.is_empty() {
            let (key, sha256) = keys::generate().map_err(StartError::Chance)?;
            settings.push(keys::Settings::everything(keys::RUN_KEY, sha256));
            run_key = Some(key);
        }
        let keys = KeyRing::new(settings).map_err(StartError::Keys)?;
        let app = self.start(Door::Http, Beginning::AtOnce)?;
        Ok(Listening { app, listener, address, keys, run_key })
    }
}

impl Listening {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that was made for this run, if one was.
    #[must_use]
    pub const fn run_key(&self) -> Option<&SecretString> {
        self.run_key.as_ref()
    }

    /// The keys' names.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.names()
    }

    /// What is served.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Serves until a signal asks for a stop, then until what was under way is
    /// over; `None` when a second one did not wait for that. `stopping` runs at
    /// the first, `told` before the first connection is taken and when signals
    /// are heeded already. Meanwhile `reload` takes up keys that change.
    ///
    /// # Errors
    ///
    /// [`StartError::Runtime`], [`StartError::Listen`], [`StartError::Http`].
    pub fn serve(
        self,
        reload: Option<Reload>,
        told: impl FnOnce(&Self),
        stopping: impl FnOnce(usize),
    ) -> Result<Option<Served>, StartError> {
        let runtime = opened::runtime()?;
        let (signals, hangups) = signals::listen(&runtime).map_err(StartError::Runtime)?;
        told(&self);
        let Self { app, listener, address, keys, .. } = self;
        let keys = LiveKeys::new(keys);
        let mut settings = app.config.http.clone();
        settings.listen = address;
        let door = http::Door::new(Parts {
            settings,
            protocol: Arc::clone(&app.protocol),
            keys: keys.clone(),
            events: app.events().clone(),
            events_dir: app.config.events.dir.clone(),
            tasks: app.tasks.clone(),
            chosen: Chosen { limits: app.config.limits, events: app.config.events.clone() },
        });
        let door = Arc::new(door.map_err(StartError::Http)?);
        let served = runtime.block_on(async {
            let serve = async {
                let (settings, events) = (app.config.events.clone(), app.events().clone());
                app.tasks.spawn(inspect::inspect(app.tasks.clone(), settings, events, Hangups::listen()?));
                let stopped = http::serve(listener, door).await?;
                app.finish().await;
                Ok(Served { stopped, events: app.events().written() })
            };
            let say = async {
                app.tasks.stopped().await;
                stopping(app.protocol.dispatcher.seats.taken());
                std::future::pending::<()>().await;
            };
            let renew = async {
                match reload {
                    Some(reload) => reload.run(hangups, &keys, &app).await,
                    None => hangups.rotate(app.events()).await,
                }
            };
            let served: Option<io::Result<Served>> = tokio::select! {
                served = signals.heed(&app.tasks, serve) => served,
                () = say => None, // never: it waits for ever
                never = renew => match never {},
            };
            app.close(patience(served.as_ref())).await;
            served.transpose()
        });
        runtime.shutdown_background();
        served.map_err(|error| StartError::Listen { address, error })
    }
}

/// How it went, for the last line.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// How the door was left.
    pub stopped: Stopped,
    /// Events that were written in all.
    pub events: u64,
}
