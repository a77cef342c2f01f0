//! The outermost middleware: gives a request its stamp, and when it is answered says so to the caller in headers,
//! to the counters, and to the log; and adds to every answer what a browser is told. Nothing in it can fail the request.
//!
//! The log has one line for each failure (an error of ours, or slower than it should be); every other
//! request is a line at `debug`. None of them holds anything that was sent but the request's id.

use super::client::Believed;
use super::short::Short;
use super::stamp::{REQUEST_ID, Stamp};
use super::stopping::Stopping;
use super::{ServerOptions, headers, routes, stamp};
use crate::telemetry::{StatusClass, Telemetry};
use actix_http::ConnectionType;
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
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
    let client = observer.believed.client(request.request());
    let stamp = Rc::new(Stamp::new(request.headers(), client));
    let (page, over_tls) =
        (headers::page(request.path()), observer.believed.over_tls(request.headers()));
    request.extensions_mut().insert(Rc::clone(&stamp));
    if !has_body(request.headers()) {
        stamp::whole(request.request());
    }
    let route = routes::position(request.path());
    let in_flight = observer.records.then(|| observer.telemetry.requests.arrived(observer.shard));
    let answer = next.call(request).await;
    if let Some(in_flight) = in_flight {
        in_flight.answered();
    }
    let elapsed_ns = stamp.elapsed_ns();
    match answer {
        Ok(mut response) => {
            let bytes = match response.response().body().size() {
                BodySize::Sized(bytes) => bytes,
                _ => 0,
            };
            mark(response.headers_mut(), &stamp, elapsed_ns);
            if observer.stopping.is_asked() {
                response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
            }
            headers::protect(response.headers_mut(), page, over_tls);
            let route = routes::of_answer(route, response.request());
            observer.note(&stamp, route, response.status(), elapsed_ns, bytes);
            Ok(response)
        }
        // A failure that no handler has made an answer of.
        Err(error) => {
            let mut response = error.error_response();
            mark(response.headers_mut(), &stamp, elapsed_ns);
            headers::protect(response.headers_mut(), page, over_tls);
            observer.note(&stamp, route, response.status(), elapsed_ns, 0);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Whether more of it is to come than its head.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || headers.contains_key(TRANSFER_ENCODING)
}

impl Observer {
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
    let timing = Short::new().text("total;dur=").millis(elapsed_ns);
    let timing = match stamp.tier.get().name() {
        "none" => timing,
        tier => timing.text(", tier;desc=").text(tier),
    };
    headers.insert(SERVER_TIMING, timing.header());
}
