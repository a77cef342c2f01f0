//! The only place that constructs: settings in, a bound server out.
//!
//! `main` and the tests start the same thing; the caller owns the port and the shutdown.

use crate::config::ServeSettings;
use crate::http;
use crate::service::Service;
use crate::sizing::{Engine, EngineError};
use actix_web::dev::Server;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};

/// Seconds that a stop waits for requests in flight.
const DRAIN_SECONDS: u64 = 5;

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("cannot listen on {host}:{port}: {source}")]
    Listen { host: String, port: u16, source: std::io::Error },
}

/// A service that is bound and not yet running.
pub struct App {
    address: SocketAddr,
    server: Server,
}

impl App {
    /// # Errors
    /// When the engine cannot be built or the address cannot be listened on.
    pub fn build(settings: &ServeSettings) -> Result<Self, StartError> {
        let workers = settings.workers();
        let engine = Engine::new(&settings.engine.options(workers))?;
        let (host, port) = settings.address();
        let listen_error = |source| StartError::Listen { host: host.clone(), port, source };
        let listener = TcpListener::bind((host.as_str(), port)).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let server = http::server(Service::new(engine), listener, workers, DRAIN_SECONDS)
            .map_err(listen_error)?;
        Ok(App { address, server })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Serves until `shutdown` completes, then lets requests in flight finish.
    ///
    /// # Errors
    /// When the server fails while it runs.
    pub async fn run_until(
        self,
        shutdown: impl Future<Output = ()> + 'static,
    ) -> std::io::Result<()> {
        let handle = self.server.handle();
        actix_web::rt::spawn(async move {
            shutdown.await;
            handle.stop(true).await;
        });
        self.server.await
    }
}
