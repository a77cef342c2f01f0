//! Home of actix-web: `routes` is the table of what is served, `observe` what every request goes through.
//! (`app` runs its server and `cli/serve` its runtime; neither sees a request.)

mod admin;
mod admit;
mod alerts;
mod body;
mod client;
mod clients;
pub mod compress;
mod cors;
mod headers;
mod health;
mod metrics;
mod observe;
mod performance;
mod problem;
pub mod rate;
mod recommend;
mod routes;
mod stamp;
mod strikes;

pub use client::{Believed, Client};
pub use rate::Quota;
pub use routes::PATTERNS as ROUTES;

use crate::service::Service;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use admin::AdminGate;
use admit::Tolls;
use observe::Observer;
use rate::Limiter;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A question is below 1 kB; 16 leave room for a proxy's habits.
const MAX_BODY_BYTES: usize = 16 * 1024;

const BLOCKING_THREADS: usize = 4;

/// How the server is run.
pub struct ServerOptions<'a> {
    pub workers: usize,
    /// Seconds that a stop waits for requests in flight.
    pub drain_seconds: u64,
    pub admin_token: Option<&'a str>,
    /// Requests that take longer are told in the log.
    pub slow: Duration,
    /// Whether requests are counted.
    pub records: bool,
    /// Recommendations for each client, other requests twice as many; no limit without.
    pub quota: Option<Quota>,
    /// Whose word is taken for a client's address.
    pub believed: Believed,
    /// Other sites whose pages may ask.
    pub origins: Vec<String>,
}

/// A server on `listener`, not yet running; signals are the caller's business.
pub fn server(
    service: Service,
    listener: TcpListener,
    options: &ServerOptions<'_>,
) -> std::io::Result<Server> {
    let gate = web::Data::new(AdminGate::new(options.admin_token));
    let limits =
        options.quota.map(|quota| Tolls::new(Arc::new(Limiter::new(quota)), Instant::now()));
    let (believed, origins) = (options.believed, options.origins.clone());
    let (slow, records) = (options.slow, options.records);
    let started = Arc::new(AtomicUsize::new(0));
    let server = HttpServer::new(move || {
        // Called once by each worker.
        let shard = started.fetch_add(1, Ordering::Relaxed);
        let observer = Observer::new(service.telemetry(), shard, slow, records, believed);
        App::new()
            .app_data(Rc::new(observer))
            .configure(|config| {
                if let Some(tolls) = &limits {
                    config.app_data(Rc::new(tolls.clone()));
                }
            })
            .app_data(web::Data::new(service.clone()))
            .app_data(gate.clone())
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            // From the inside out: what other sites may read is said of a denial too, and all of it is
            // counted.
            .wrap(from_fn(admit::admit))
            .wrap(cors::cors(&origins))
            .wrap(from_fn(observe::observe))
            .configure(routes::configure)
    })
    .workers(options.workers)
    // Look-ups in the store, which are few at a time, and an operator's work.
    .worker_max_blocking_threads(BLOCKING_THREADS)
    .shutdown_timeout(options.drain_seconds)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok(server)
}
