//! The server: connections in, each limited and counted, to the one application and the lane beside it.
//!
//! Built from actix-http and actix-server, as `HttpServer` is, because what limits a connection lies
//! between the two: `census` (who may connect), `connection` (how long it may take), `stopping`.

use super::admit::Tolls;
use super::batch::{self, Batches};
use super::census::{Census, Place};
use super::connection::{Connection, Watch};
use super::lane::{self, Lane};
use super::observe::Observer;
use super::rate::Limiter;
use super::stopping::{FINISH_SECONDS, Stop, Stopping};
use super::{ServerOptions, application, problem};
use crate::problem::Kind;
use crate::service::Service;
use actix_http::{HttpService, KeepAlive, Protocol, error::DispatchError};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::{AppConfig, Server as Running, ServiceFactory, fn_service};
use actix_web::rt::{self, net::TcpStream};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// For the end of a connection that is closed.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_secs(1);
/// Look-ups in the store, which are few at a time, and an operator's work; for each worker. Beside these every
/// batch that is being computed could be one worker's.
const BLOCKING_THREADS: usize = 4 + batch::MOST_COMPUTING;
/// Connections that the kernel keeps until they are taken.
const BACKLOG: u32 = 1_024;

static NO_PLACE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    problem::last_word(Kind::Busy, "too many connections are open; please try again")
});

/// What the workers share.
#[derive(Clone)]
pub struct Shared {
    pub service: Service,
    pub options: ServerOptions,
    pub batches: Batches,
    /// Nothing where there is no limit.
    pub tolls: Option<Tolls>,
    census: Arc<Census>,
    stopping: Stopping,
    address: SocketAddr,
    /// Workers that have started.
    started: Arc<AtomicUsize>,
}

/// A server that is bound and not yet running.
pub struct Server {
    running: Running,
    listener: TcpListener,
    shared: Shared,
}

impl Server {
    /// A server on `listener`; signals are the caller's business.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn new(
        service: Service,
        listener: TcpListener,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let shared = Shared {
            census: Census::new(
                options.max_connections,
                options.proxied,
                Arc::clone(service.telemetry()),
            ),
            service,
            stopping: Stopping::new(),
            batches: Batches::default(),
            tolls: options
                .quota
                .map(|quota| Tolls::new(Arc::new(Limiter::new(quota)), Instant::now())),
            address: listener.local_addr()?,
            started: Arc::default(),
            options,
        };
        let for_workers = shared.clone();
        let running = Running::build()
            .workers(shared.options.workers)
            .worker_max_blocking_threads(BLOCKING_THREADS)
            // The census refuses before; without a word, as actix-server would, nobody knows why.
            .max_concurrent_connections(usize::MAX)
            .backlog(BACKLOG)
            .shutdown_timeout(FINISH_SECONDS)
            .disable_signals()
            .listen("http", listener.try_clone()?, move || connections(for_workers.clone()))?
            .run();
        Ok(Server { running, listener, shared })
    }

    /// Serves until `shutdown` completes, and then as `stopping` says.
    ///
    /// # Errors
    /// When the server fails while it runs.
    pub async fn run_until(self, shutdown: impl Future<Output = ()> + 'static) -> io::Result<()> {
        let Server { running, listener, shared } = self;
        let handle = running.handle();
        let stopped = rt::spawn(async move {
            shutdown.await;
            let serve = connections(shared.clone()).new_service(()).await;
            let Ok(serve) = serve.map(Rc::new) else { return handle.stop(true).await };
            let serve = move |stream| {
                use actix_service::Service as _;
                let serve = Rc::clone(&serve);
                rt::spawn(async move { drop(serve.call(stream).await) });
            };
            let Shared { census, stopping, .. } = shared;
            Stop { handle, listener, census, stopping, serve }.run().await;
        });
        let served = running.await;
        stopped.await.map_err(io::Error::other)?;
        served
    }
}

/// What a worker does with a stream.
fn connections(
    shared: Shared,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
{
    let shard = shared.started.fetch_add(1, Relaxed) % shared.options.workers;
    let Shared { service, options, census, stopping, address, tolls, .. } = shared.clone();
    let observer = Observer::new(service.telemetry(), shard, &options, stopping.clone());
    let (observer, tolls) = (Rc::new(observer), tolls.map(Rc::new));
    let application = application(shared, Rc::clone(&observer), tolls.clone())
        .into_factory()
        .map_err(|error: actix_web::Error| error.error_response());
    let lane = Lane { observer, tolls, service, is_open: options.origins.is_empty() };
    let watch = Rc::new(Watch::default());
    rt::spawn(keep_time(Rc::clone(&watch)));
    let http = HttpService::build()
        // Heads and idle connections are the business of `connection`, which needs no timer for each request.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .local_addr(address)
        .on_connect_ext(|connection: &Connection<TcpStream>, extensions| {
            extensions.insert(connection.patience());
        })
        .graceful_shutdown_signal(move || stopping.is_over())
        .finish(lane::beside(map_config(application, |()| AppConfig::default()), lane));
    fn_service(move |stream: TcpStream| {
        let (census, watch) = (Arc::clone(&census), Rc::clone(&watch));
        async move {
            let peer = stream.peer_addr().ok();
            let Some(place) = census.admit(peer) else { return Err(refuse(&stream).await) };
            Ok((watched(stream, place, &watch), Protocol::Http1, peer))
        }
    })
    .and_then(http)
}

fn watched(stream: TcpStream, place: Place, watch: &Rc<Watch>) -> Connection<TcpStream> {
    // An answer is one write, and is not to wait for the next one.
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("answers may wait in the kernel: {error}");
    }
    Connection::new(stream, place, watch)
}

async fn refuse(stream: &TcpStream) -> DispatchError {
    if stream.writable().await.is_ok() {
        drop(stream.try_write(&NO_PLACE));
    }
    io::Error::from(io::ErrorKind::QuotaExceeded).into()
}

async fn keep_time(watch: Rc<Watch>) {
    let mut ticks = rt::time::interval(TICK);
    // After a pause of the whole process nobody is late by it.
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        watch.tick();
    }
}
