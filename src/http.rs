//! Home of actix-web: `routes` is the table of what is served, `observe` what every request goes through.
//! (`app` runs its server and `cli/serve` its runtime; neither sees a request.)

mod admin;
mod alerts;
mod assets;
mod body;
mod documents;
mod health;
mod metrics;
mod observe;
pub mod openapi;
mod performance;
mod problem;
mod recommend;
mod routes;
mod sliced;
mod stamp;

pub use routes::PATTERNS as ROUTES;

use crate::service::Service;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use admin::AdminGate;
use observe::Observer;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

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
}

/// A server on `listener`, not yet running; signals are the caller's business.
pub fn server(
    service: Service,
    listener: TcpListener,
    options: &ServerOptions<'_>,
) -> std::io::Result<Server> {
    let gate = AdminGate::new(options.admin_token);
    let (slow, records) = (options.slow, options.records);
    let started = Arc::new(AtomicUsize::new(0));
    let server = HttpServer::new(move || {
        // Called once by each worker.
        let shard = started.fetch_add(1, Ordering::Relaxed);
        App::new()
            .app_data(Rc::new(Observer::new(service.telemetry(), shard, slow, records)))
            .app_data(web::Data::new(service.clone()))
            .app_data(web::Data::new(gate.clone()))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
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
