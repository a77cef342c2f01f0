//! What belongs to one request from its first moment: its id, its start, and what its handler found out
//! that is to be counted and logged.

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

/// Made by `Observer::meet`, read by handlers.
pub struct Stamp {
    /// Plain ASCII.
    pub request_id: HeaderValue,
    arrived: Instant,
    started: Cell<Instant>,
    /// What it took, once its answer says so.
    took_ns: Cell<Option<u64>>,
    /// Whom limits go by.
    pub client: Client,
    /// How long its connection waits for it.
    patience: Option<Patience>,
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
        stamp.unwrap_or_else(|| Rc::new(Stamp::new(request.headers(), Client::default(), None)))
    }

    pub fn new(headers: &HeaderMap, client: Client, patience: Option<Patience>) -> Stamp {
        let now = Instant::now();
        Stamp {
            request_id: incoming_id(headers).unwrap_or_else(fresh_id),
            arrived: now,
            started: Cell::new(now),
            took_ns: Cell::default(),
            client,
            patience,
            standing: Cell::default(),
            tier: Cell::default(),
            failure: RefCell::default(),
        }
    }

    /// Its connection waits for its answer.
    pub fn begun(&self) {
        if let Some(patience) = &self.patience {
            patience.begun();
        }
    }

    /// Its answer is made.
    pub fn sent_off(&self) {
        if let Some(patience) = &self.patience {
            patience.answered();
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
    pub fn complete(&self) {
        self.started.set(Instant::now());
        self.whole();
    }

    /// From here on its sender is not waited for.
    pub fn whole(&self) {
        if let Some(patience) = &self.patience {
            patience.request_is_whole();
        }
    }

    pub fn elapsed_ns(&self) -> u64 {
        self.started.get().elapsed().as_nanos() as u64
    }

    /// The answer is there; returns nanoseconds. Its body and its headers then tell the same time.
    pub fn answered(&self) -> u64 {
        let took_ns = self.elapsed_ns();
        self.took_ns.set(Some(took_ns));
        took_ns
    }

    /// Until it was answered, or else until now.
    pub fn took_ns(&self) -> u64 {
        self.took_ns.get().unwrap_or_else(|| self.elapsed_ns())
    }

    pub fn elapsed_ms(&self) -> f64 {
        self.elapsed_ns() as f64 / 1e6
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
