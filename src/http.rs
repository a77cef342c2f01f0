//! Home of actix-web: the routes, and what every answer has in common. (`app` runs its server and
//! `cli/serve` its runtime; neither sees a request.)

mod admin;
mod body;
mod health;
mod problem;
mod recommend;
mod stamp;

use crate::service::Service;
use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use admin::AdminGate;
use std::net::TcpListener;

/// A question is below 1 kB; 16 leave room for a proxy's habits.
const MAX_BODY_BYTES: usize = 16 * 1024;

const BLOCKING_THREADS: usize = 4;

/// The whole route table.
fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/api/recommend")
                .route(web::post().to(recommend::recommend))
                .default_service(web::to(|request| problem::method_not_allowed(request, "POST"))),
        )
        .service(
            web::resource("/api/health")
                .route(web::get().to(health::health))
                .route(web::head().to(health::health))
                .default_service(web::to(|request| {
                    problem::method_not_allowed(request, "GET, HEAD")
                })),
        )
        .service(
            web::resource("/api/optimize")
                .route(web::post().to(admin::optimize))
                .default_service(web::to(|request| problem::method_not_allowed(request, "POST"))),
        )
        .service(
            web::resource("/api/cache")
                .route(web::delete().to(admin::clear))
                .default_service(web::to(|request| problem::method_not_allowed(request, "DELETE"))),
        )
        .service(
            web::resource("/api/cache/warm")
                .route(web::post().to(admin::warm))
                .default_service(web::to(|request| problem::method_not_allowed(request, "POST"))),
        )
        .default_service(web::to(problem::not_found));
}

/// How the server is run.
pub struct ServerOptions<'a> {
    pub workers: usize,
    /// Seconds that a stop waits for requests in flight.
    pub drain_seconds: u64,
    pub admin_token: Option<&'a str>,
}

/// A server on `listener`, not yet running; signals are the caller's business.
pub fn server(
    service: Service,
    listener: TcpListener,
    options: &ServerOptions<'_>,
) -> std::io::Result<Server> {
    let gate = AdminGate::new(options.admin_token);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(service.clone()))
            .app_data(web::Data::new(gate.clone()))
            .app_data(web::PayloadConfig::new(MAX_BODY_BYTES))
            .wrap(from_fn(stamp::stamp))
            .configure(routes)
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
