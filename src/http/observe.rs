//! The first and the last that is done with a request: it gets its stamp, and when it is answered that is said to
//! the caller in headers, to the counters, and to the log, and to a browser what every answer tells it. Nothing in it
//! can fail the request. The outermost middleware of the application; `lane` takes the same steps.
//!
//! The log has one line for each failure (an error of ours, or slower than it should be); every other
//! request is a line at `debug`. None of them holds anything that was sent but the request's id.

use super::client::Believed;
use super::connection::Patience;
use super::short::Short;
use super::stamp::{REQUEST_ID, Stamp};
use super::stopping::Stopping;
use super::{ServerOptions, headers, routes};
use crate::telemetry::{InFlight, StatusClass, Telemetry};
use actix_http::{ConnectionType, ResponseHead};
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

const RESPONSE_TIME: HeaderName = HeaderName::from_static("x-response-time");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
/// What a log's filter knows these lines by.
const LOG_TARGET: &str = "suitsize::request";

/// What a worker observes with; each has one, so that it is shared without an atomic count.
pub struct Observer {
    telemetry: Arc<Telemetry>,
    shard: usize,
    /// Requests that take longer are told.
    slow_ns: u64,
    /// Off to measure what recording costs.
    records: bool,
    /// Whether each answer is its connection's last.
    pub stopping: Stopping,
    believed: Believed,
}

impl Observer {
    /// `shard`: the worker's own.
    pub fn new(
        telemetry: &Arc<Telemetry>,
        shard: usize,
        options: &ServerOptions,
        stopping: Stopping,
    ) -> Self {
        Observer {
            telemetry: Arc::clone(telemetry),
            shard,
            slow_ns: options.slow.as_nanos() as u64,
            records: options.records,
            stopping,
            believed: options.believed,
        }
    }
}

pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(observer) = request.app_data::<Rc<Observer>>().map(Rc::clone) else {
        return next.call(request).await;
    };
    let patience = request.request().conn_data::<Patience>().cloned();
    let (headers, peer, is_whole) =
        (request.headers(), request.peer_addr(), matches!(request.parts().1, Payload::None));
    let stamp = Rc::new(observer.meet(headers, peer, patience, is_whole));
    let mut seen = observer.see(request.path(), request.headers());
    request.extensions_mut().insert(Rc::clone(&stamp));
    let in_flight = observer.arrived();
    match next.call(request).await {
        Ok(mut response) => {
            seen.route = routes::of_answer(seen.route, response.request());
            let size = response.response().body().size();
            let head = response.response_mut().head_mut();
            observer.send_off(in_flight, &stamp, seen, head, size);
            Ok(response)
        }
        // A failure that no handler has made an answer of.
        Err(error) => {
            let mut response = error.error_response();
            observer.send_off(in_flight, &stamp, seen, response.head_mut(), BodySize::Sized(0));
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// What of a request its answer goes by: taken before the request goes on.
pub struct Seen {
    /// Its position in the table of routes.
    pub route: usize,
    page: usize,
    over_tls: bool,
}

impl Observer {
    /// A request whose head has just been read. `peer`: its connection's other end; `is_whole`: nothing of it is
    /// still to come.
    pub fn meet(
        &self,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
        patience: Option<Patience>,
        is_whole: bool,
    ) -> Stamp {
        let stamp = Stamp::new(headers, self.believed.client(headers, peer), patience);
        stamp.begun();
        if is_whole {
            stamp.whole();
        }
        stamp
    }

    pub fn see(&self, path: &str, headers: &HeaderMap) -> Seen {
        Seen {
            route: routes::position(path),
            page: headers::page(path),
            over_tls: self.believed.over_tls(headers),
        }
    }

    /// Counts a request among those that are there, until it is answered or its caller goes.
    pub fn arrived(&self) -> Option<InFlight<'_>> {
        self.records.then(|| self.telemetry.requests.arrived(self.shard))
    }

    /// Says of an answer, whose head this is, what is said of all.
    pub fn send_off(
        &self,
        in_flight: Option<InFlight<'_>>,
        stamp: &Stamp,
        Seen { route, page, over_tls }: Seen,
        head: &mut ResponseHead,
        size: BodySize,
    ) {
        if let Some(in_flight) = in_flight {
            in_flight.answered();
        }
        stamp.sent_off();
        let elapsed_ns = stamp.took_ns();
        mark(&mut head.headers, stamp, elapsed_ns);
        headers::protect(&mut head.headers, page, over_tls);
        if self.stopping.is_asked() {
            head.set_connection_type(ConnectionType::Close);
        }
        let bytes = if let BodySize::Sized(bytes) = size { bytes } else { 0 };
        self.note(stamp, route, head.status, elapsed_ns, bytes);
    }

    fn note(&self, stamp: &Stamp, route: usize, status: StatusCode, elapsed_ns: u64, bytes: u64) {
        if self.records {
            let kind = (route, StatusClass::of(status.as_u16()), stamp.tier.get());
            self.telemetry.requests.record(self.shard, kind, elapsed_ns, bytes);
        }
        let level = match status {
            StatusCode::INTERNAL_SERVER_ERROR => log::Level::Error,
            status if status.is_server_error() => log::Level::Warn,
            _ if elapsed_ns > self.slow_ns => log::Level::Warn,
            _ => log::Level::Debug,
        };
        if level <= log::max_level() {
            tell(level, stamp, route, status, elapsed_ns);
        }
    }
}

fn tell(level: log::Level, stamp: &Stamp, route: usize, status: StatusCode, elapsed_ns: u64) {
    let failure = stamp.failure.borrow();
    let what = match (&*failure, level) {
        (Some(failure), _) => failure,
        (None, log::Level::Debug) => "answered",
        (None, _) if status.is_server_error() => "failed",
        (None, _) => "slow",
    };
    log::log!(
        target: LOG_TARGET,
        level,
        request_id = stamp.id(),
        route = routes::pattern(route),
        status = status.as_u16(),
        tier = stamp.tier.get().name(),
        duration_ms = elapsed_ns as f64 / 1e6;
        "{what}"
    );
}

/// `X-Request-Id`, `X-Response-Time: 0.021ms`, `Server-Timing: total;dur=0.021, tier;desc=memory`.
fn mark(headers: &mut HeaderMap, stamp: &Stamp, elapsed_ns: u64) {
    headers.insert(REQUEST_ID, stamp.request_id.clone());
    headers.insert(RESPONSE_TIME, Short::new().millis(elapsed_ns).text("ms").header());
    let mut timing = Short::new();
    timing.text("total;dur=").millis(elapsed_ns);
    let tier = stamp.tier.get().name();
    if tier != "none" {
        timing.text(", tier;desc=").text(tier);
    }
    headers.insert(SERVER_TIMING, timing.header());
}
