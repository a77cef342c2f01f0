//! Which other sites' pages may ask from a browser: those on the operator's list, for shoppers' routes.
//!
//! Without a list there is no CORS at all, and a browser keeps every other site out by itself.

use super::rate::Class;
use super::{admit, routes};
use actix_cors::Cors;
use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Condition;

/// For so long a browser does not ask again whether it may.
const PREFLIGHT_SECONDS: usize = 3_600;

/// `origins`: as a browser sends them, `https://shop.example`.
pub fn cors(origins: &[String]) -> Condition<Cors> {
    let allowed = origins.to_vec();
    let is_allowed = move |origin: &HeaderValue, request: &RequestHead| {
        is_for_shoppers(request.uri.path())
            && allowed.iter().any(|site| site.as_bytes() == origin.as_bytes())
    };
    let header = HeaderName::from_static;
    let cors = Cors::default()
        .allowed_origin_fn(is_allowed)
        .allowed_methods([Method::GET, Method::POST, Method::HEAD])
        .allowed_headers([CONTENT_TYPE, ACCEPT, header("x-request-id")])
        .expose_headers([
            RETRY_AFTER,
            header("x-cache"),
            header("x-request-id"),
            header("server-timing"),
            header("ratelimit-limit"),
            header("ratelimit-remaining"),
            header("ratelimit-reset"),
        ])
        .max_age(PREFLIGHT_SECONDS);
    Condition::new(!origins.is_empty(), cors)
}

/// A route of the table by its plain name, and not an operator's: no page of another site operates.
fn is_for_shoppers(path: &str) -> bool {
    let known = routes::position(path) + 1 < routes::PATTERNS.len();
    known && admit::class(path) != Some(Class::Admin)
}
