//! What every answer says to a browser, errors too: what its page may load, and who may show or keep it.
//!
//! On every answer, though JSON needs but three (nosniff, no-store, the frame's): which answers a browser shows as a
//! page is its own business. An answer of the API may load nothing whatever, and is not told who may open it,
//! which only a page heeds. They are static values: copied, never made.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const fn fixed(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

/// The same whatever was asked. A site on the allow-list is not kept out by the resource policy: it is for
/// loads that ask nobody (`<img>`, `<script>`), and not for CORS.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
    (REFERRER_POLICY, fixed("no-referrer")),
    (X_FRAME_OPTIONS, fixed("DENY")),
    (
        PERMISSIONS_POLICY,
        fixed("camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
    ),
    (RESOURCE_POLICY, fixed("same-origin")),
];

/// What an answer may load, by how its path begins.
struct Page {
    prefix: &'static str,
    policy: HeaderValue,
    is_document: bool,
}

/// The first that fits.
static PAGES: [Page; 3] = [
    // Its script writes styles into the page, and its icons are in the styles.
    Page {
        prefix: "/api/docs",
        policy: fixed(
            "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
             object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        ),
        is_document: true,
    },
    Page {
        prefix: "/api/",
        policy: fixed(
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
        ),
        is_document: false,
    },
    Page {
        prefix: "",
        policy: fixed(
            "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; \
             form-action 'self'",
        ),
        is_document: true,
    },
];

/// Two years, of this name only: others below it are not ours to speak for.
const TWO_YEARS: HeaderValue = fixed("max-age=63072000");
/// Answers are about a person, or about how the service is at this moment.
const NO_STORE: HeaderValue = fixed("no-store");

/// Which of `PAGES` a path has.
pub fn page(path: &str) -> usize {
    let fits = |page: &Page| path.starts_with(page.prefix);
    PAGES.iter().position(fits).unwrap_or(PAGES.len() - 1)
}

/// `over_tls`: the client's own connection was encrypted.
pub fn protect(headers: &mut HeaderMap, page: usize, over_tls: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.insert(CONTENT_SECURITY_POLICY, PAGES[page].policy.clone());
    if PAGES[page].is_document {
        headers.insert(OPENER_POLICY, fixed("same-origin"));
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, NO_STORE);
    }
    if over_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
}
