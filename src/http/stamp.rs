//! What belongs to one request from its first moment: its id, its start, and what its handler found out
//! that the middleware is to count and to log.

use super::client::Client;
use super::connection::Patience;
use super::rate::Standing;
use super::short::Short;
use crate::telemetry::Tier;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_ID_CHARS: usize = 64;

/// Made by the middleware, read by handlers.
pub struct Stamp {
    /// Plain ASCII.
    pub request_id: HeaderValue,
    arrived: Instant,
    started: Cell<Instant>,
    /// Whom limits go by.
    pub client: Client,
    /// How it stands with its limit; nothing where there is none.
    pub standing: Cell<Option<Standing>>,
    /// Where the answer came from.
    pub tier: Cell<Tier>,
    /// Why it failed, in words for a log: never what was sent.
    pub failure: RefCell<Option<String>>,
}

impl Stamp {
    /// The stamp of a request that went through the middleware.
    pub fn of(request: &HttpRequest) -> Rc<Stamp> {
        let stamp = request.extensions().get::<Rc<Stamp>>().map(Rc::clone);
        stamp.unwrap_or_else(|| Rc::new(Stamp::new(request.headers(), Client::default())))
    }

    pub fn new(headers: &HeaderMap, client: Client) -> Stamp {
        let now = Instant::now();
        Stamp {
            request_id: incoming_id(headers).unwrap_or_else(fresh_id),
            arrived: now,
            started: Cell::new(now),
            client,
            standing: Cell::default(),
            tier: Cell::default(),
            failure: RefCell::default(),
        }
    }

    pub fn id(&self) -> &str {
        self.request_id.to_str().unwrap_or_default()
    }

    /// When its head was read.
    pub fn arrived(&self) -> Instant {
        self.arrived
    }

    /// The request is complete: what it took until now was its sender's time, and not the service's.
    pub fn complete(&self, request: &HttpRequest) {
        self.started.set(Instant::now());
        whole(request);
    }

    pub fn elapsed_ns(&self) -> u64 {
        self.started.get().elapsed().as_nanos() as u64
    }

    pub fn elapsed_ms(&self) -> f64 {
        self.elapsed_ns() as f64 / 1e6
    }
}

/// From here on its sender is not waited for.
pub fn whole(request: &HttpRequest) {
    if let Some(patience) = request.conn_data::<Patience>() {
        patience.request_is_whole();
    }
}

/// A caller's own id, if it is one: it is repeated in headers, bodies and logs.
fn incoming_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(&REQUEST_ID)?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let is_id = !id.is_empty() && id.len() <= MAX_ID_CHARS && id.as_bytes().iter().all(is_plain);
    is_id.then(|| id.clone())
}

/// Unique within a process and unlikely to meet another's: a counter through a randomly keyed hash.
fn fresh_id() -> HeaderValue {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    Short::new().hex(KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed))).header()
}
