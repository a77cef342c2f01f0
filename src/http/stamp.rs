//! What every answer carries: the id of its request, and how long it took.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RESPONSE_TIME: HeaderName = HeaderName::from_static("x-response-time");
const MAX_ID_CHARS: usize = 64;

/// Set by the middleware, read by handlers.
#[derive(Clone)]
pub struct Stamp {
    pub request_id: String,
    pub started: Instant,
}

impl Stamp {
    /// The stamp of a request that went through the middleware.
    pub fn of(request: &HttpRequest) -> Stamp {
        request
            .extensions()
            .get::<Stamp>()
            .cloned()
            .unwrap_or_else(|| Stamp::new(request.headers()))
    }

    pub fn elapsed_ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0
    }

    fn new(headers: &HeaderMap) -> Stamp {
        let request_id = incoming_id(headers).unwrap_or_else(fresh_id);
        Stamp { request_id, started: Instant::now() }
    }
}

pub async fn stamp(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let stamp = Stamp::new(request.headers());
    request.extensions_mut().insert(stamp.clone());
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    let header = |text: &str| HeaderValue::from_str(text).ok();
    if let Some(id) = header(&stamp.request_id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(time) = header(&format!("{:.3}ms", stamp.elapsed_ms())) {
        headers.insert(RESPONSE_TIME, time);
    }
    Ok(response)
}

/// A caller's own id, if it is one: it is repeated in headers, bodies and logs.
fn incoming_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_id = !id.is_empty() && id.len() <= MAX_ID_CHARS && id.chars().all(is_plain);
    is_id.then(|| id.to_owned())
}

/// Unique within a process and unlikely to meet another's: a counter through a randomly keyed hash.
fn fresh_id() -> String {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{:016x}", KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)))
}
