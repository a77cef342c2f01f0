//! Home of actix-web: `routes` is the table of what is served.
//!
//! `server` is what a connection goes through, `observe` what every request on it goes through. (`app` runs its server and `cli/serve` its runtime; neither sees a request.)

mod admin;
mod alerts;
mod batch;
mod body;
mod census;
mod connection;
mod health;
mod metrics;
mod observe;
mod performance;
mod problem;
mod recommend;
mod routes;
mod server;
mod stamp;
mod status;
mod stopping;

pub use admin::AdminGate;
pub use routes::PATTERNS as ROUTES;
pub use server::Server;
pub use status::{Configuration, SettingInForce};

use crate::service::Service;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use batch::Batches;
use observe::Observer;
use std::rc::Rc;
use std::time::Duration;

/// A question is below 1 kB; 16 leave room for a proxy's habits.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// How the server is run.
#[derive(Clone)]
pub struct ServerOptions {
    pub workers: usize,
    /// Who proves to be an operator; nobody without it.
    pub admin: AdminGate,
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
}

/// What a worker does with a request.
fn application(
    service: Service,
    options: ServerOptions,
    observer: Observer,
    batches: Batches,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(Rc::new(observer))
        .app_data(web::Data::new(service))
        .app_data(web::Data::new(options.admin))
        .app_data(web::Data::new(options.configuration))
        .app_data(web::Data::new(batches))
        .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
        .wrap(from_fn(observe::observe))
        .configure(routes::configure)
}
