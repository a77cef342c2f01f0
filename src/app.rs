//! The only place that constructs: settings in, a bound server out.
//!
//! `main` and the tests start the same thing; the caller owns the port and the shutdown.

mod reloader;

pub use reloader::Reloader;

use crate::clock::Clock;
use crate::config::{
    AdminToken, ClientAddress, LimitSettings, Origin, ServeSettings, Setting, Switch,
    TokenFileError,
};
use crate::http::{self, AdminGate, Believed, Quota, Server, ServerOptions, SettingInForce};
use crate::service::Service;
use crate::sizing::model::Around;
use crate::sizing::{Engine, EngineError};
use crate::supervisor;
use crate::telemetry::Telemetry;
use crate::telemetry::alerts::RulesError;
use crate::upkeep::{self, Upkeep};
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("cannot listen on {host}:{port} (SUITSIZE_HOST, PORT): {source}")]
    Listen { host: String, port: u16, source: std::io::Error },
    #[error(transparent)]
    Alerts(#[from] RulesError),
    #[error(transparent)]
    Token(#[from] TokenFileError),
    #[error("cannot start a thread: {0}")]
    Thread(std::io::Error),
}

/// A service that is bound and not yet running.
pub struct App {
    address: SocketAddr,
    server: Server,
    service: Service,
    upkeep: upkeep::Thread,
}

impl App {
    /// # Errors
    /// When the engine cannot be built or the address cannot be listened on. Never because of the
    /// store: what is wrong with it is in `GET /api/health`.
    pub fn build(settings: &ServeSettings) -> Result<Self, StartError> {
        let admin_token = settings.admin_token()?;
        let workers = settings.workers();
        let clock = Clock::system();
        let telemetry = Arc::new(Telemetry::new(http::ROUTES, workers, clock.unix_ms()));
        let inferences = Arc::clone(&telemetry.inferences);
        let around = Around::new(move |inference| Telemetry::timed(&inferences, inference));
        // One inference more than workers: filling ahead does not make a request wait.
        let engine = Engine::new(&settings.engine.options(workers + 1, around))?;
        let service_options = settings.service()?;
        let (host, port) = settings.address();
        let listen_error = |source| StartError::Listen { host: host.clone(), port, source };
        let listener = TcpListener::bind((host.as_str(), port)).map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let service = Service::new(engine, &service_options, telemetry, clock);
        let options = ServerOptions {
            workers,
            slow: Duration::from_millis(settings.watch.slow_request_ms.into()),
            records: settings.watch.recording == Switch::On,
            admin: Arc::new(AdminGate::new(admin_token.as_ref().map(AdminToken::secret))),
            max_connections: settings.limits.max_connections as usize,
            proxied: settings.limits.client_address() != ClientAddress::Peer,
            configuration: settings.in_force.iter().map(told).collect(),
            quota: quota(&settings.limits),
            believed: believed(&settings.limits),
            origins: origins(&settings.limits),
        };
        let server = Server::new(service.clone(), listener, options).map_err(listen_error)?;
        let upkeep =
            upkeep::Thread::start(Upkeep::new(service.clone())).map_err(StartError::Thread)?;
        Ok(App { address, server, service, upkeep })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Reads the charts and texts of the service again, also while it runs.
    pub fn reloader(&self) -> Reloader {
        Reloader::new(self.service.downgrade(), self.address)
    }

    /// Serves until `shutdown` completes; then, in this order: requests that were sent are answered, upkeep
    /// ends, the open minute is closed, what waits for the store is written, and its log moved into the file.
    ///
    /// # Errors
    /// When the server fails while it runs.
    pub async fn run_until(
        self,
        shutdown: impl Future<Output = ()> + 'static,
    ) -> std::io::Result<()> {
        let App { address, server, service, upkeep } = self;
        supervisor::ready(address);
        let shutdown = async move {
            shutdown.await;
            supervisor::stopping();
        };
        let served = server.run_until(shutdown).await;
        drop(upkeep);
        if let Err(error) = service.keep_history(true) {
            log::warn!("the last minutes of figures are not stored: {error}");
        }
        service.store().close();
        served
    }
}

fn told(setting: &Setting) -> SettingInForce {
    SettingInForce {
        name: setting.name.clone(),
        variable: setting.variable.clone(),
        // Where things are on this machine is its operator's business: `suitsize config` tells.
        value: match setting.is_path {
            true => setting.value.as_ref().map(|_| "set".to_owned()),
            false => setting.value.clone(),
        },
        unit: setting.unit,
        source: setting.source.name(),
    }
}

fn quota(limits: &LimitSettings) -> Option<Quota> {
    limits.rate_limit.0.map(|rate| Quota { count: rate.count.get(), seconds: rate.seconds })
}

fn believed(limits: &LimitSettings) -> Believed {
    match limits.client_address() {
        ClientAddress::Peer => Believed::Peer,
        ClientAddress::RealIp => Believed::RealIp,
        ClientAddress::Forwarded(proxies) => Believed::Forwarded(proxies),
    }
}

fn origins(limits: &LimitSettings) -> Vec<String> {
    limits.cors_origins.iter().map(|origin| Origin::as_str(origin).to_owned()).collect()
}
