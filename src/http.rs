//! Home of actix-web: `routes` is the table of what is served.
//!
//! `server` is what a connection goes through, `observe` what every request on it goes through. (`app` runs
//! its server and `cli/serve` its runtime; neither sees a request.)

mod admin;
mod admit;
mod alerts;
mod assets;
mod batch;
mod body;
mod census;
mod client;
mod clients;
pub mod compress;
mod connection;
mod cors;
mod documents;
mod headers;
mod health;
mod lane;
mod language;
mod metrics;
mod observe;
pub mod openapi;
mod pages;
mod performance;
mod problem;
pub mod rate;
mod recommend;
mod routes;
mod server;
mod shares;
mod short;
mod sliced;
mod stamp;
mod status;
mod stopping;
mod strikes;

pub use admin::AdminGate;
pub use client::{Believed, Client};
pub use rate::Quota;
pub use routes::PATTERNS as ROUTES;
pub use server::Server;
pub use status::{Configuration, SettingInForce};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use admit::Tolls;
use observe::Observer;
use server::Shared;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A question is below 1 kB; 16 leave room for a proxy's habits.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// How the server is run.
#[derive(Clone)]
pub struct ServerOptions {
    pub workers: usize,
    /// Who proves to be an operator; nobody without it.
    pub admin: Arc<AdminGate>,
    /// Requests that take longer are told in the log.
    pub slow: Duration,
    /// Whether requests are counted.
    pub records: bool,
    /// Connections that may be open at once.
    pub max_connections: usize,
    /// Whether all clients come through a proxy, and so from one address.
    pub proxied: bool,
    /// What `GET /api/status` tells of it.
    pub configuration: Configuration,
    /// Recommendations for each client, other requests twice as many; no limit without.
    pub quota: Option<Quota>,
    /// Whose word is taken for a client's address.
    pub believed: Believed,
    /// Other sites whose pages may ask.
    pub origins: Vec<String>,
}

/// What a worker does with a request.
fn application(
    shared: Shared,
    observer: Rc<Observer>,
    tolls: Option<Rc<Tolls>>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let Shared { service, options, batches, .. } = shared;
    App::new()
        .app_data(observer)
        .configure(|config| {
            if let Some(tolls) = tolls {
                config.app_data(tolls);
            }
        })
        .app_data(web::Data::new(service))
        .app_data(web::Data::from(options.admin))
        .app_data(web::Data::new(options.configuration))
        .app_data(web::Data::new(batches))
        // From the inside out: what other sites may read is said of a denial too, and all of it is counted.
        .wrap(from_fn(admit::admit))
        .wrap(cors::cors(&options.origins))
        .wrap(from_fn(observe::observe))
        .configure(routes::configure)
}
