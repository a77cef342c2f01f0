//! Headers of answers, each described once.

use crate::sizing::wording::Language;
use serde_json::{Value, json};

/// Of every answer to a request.
pub const EVERYWHERE: &[&str] = &[
    "X-Request-Id",
    "X-Response-Time",
    "Server-Timing",
    "Cache-Control",
    "Vary",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "X-Frame-Options",
    "Permissions-Policy",
    "Cross-Origin-Resource-Policy",
    "Cross-Origin-Opener-Policy",
    "Strict-Transport-Security",
];

/// Of every answer where requests are limited.
pub const RATE: &[&str] = &["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

/// Name, what it says, schema, whether it is always there.
type Header = (&'static str, &'static str, Value, bool);

fn text() -> Value {
    json!({ "type": "string" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn one_of(values: &[&str]) -> Value {
    json!({ "type": "string", "enum": values })
}

fn of_a_request() -> Vec<Header> {
    let time = json!({ "type": "string", "pattern": r"^[0-9]+\.[0-9]{3}ms$" });
    let id = json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$" });
    let tiers = one_of(&["HIT-MEMORY", "HIT-STORE", "MISS"]);
    let languages = one_of(&Language::ALL.map(Language::tag));
    let wait = json!({ "type": "integer", "minimum": 1 });
    vec![
        ("X-Request-Id", "A caller's own, if it is 1 to 64 of letters, digits, - _ .", id, true),
        ("X-Response-Time", "From the complete request to its answer.", time, true),
        ("Server-Timing", "The same for a browser, and the tier of the answer.", text(), true),
        ("Cache-Control", "`no-store` but for this document and its page.", text(), true),
        ("Vary", "What else of the request the answer depends on.", text(), false),
        ("X-Cache", "Where the answer came from.", tiers, true),
        ("Content-Language", "Of the texts in the answer.", languages, true),
        ("X-Degraded", "What the service does without, while it does.", text(), false),
        ("ETag", "Send it back in If-None-Match: 304 while nothing has changed.", text(), true),
        ("Content-Disposition", "A table's name as a file.", text(), false),
        ("Retry-After", "Seconds to wait.", wait, true),
        ("Allow", "What the address takes.", text(), true),
        ("WWW-Authenticate", "The token goes in `Authorization`.", one_of(&["Bearer"]), true),
        ("RateLimit-Limit", "What may come at once, where requests are limited.", count(), false),
        ("RateLimit-Remaining", "Of it, what is left.", count(), false),
        ("RateLimit-Reset", "Seconds until all of it is there again.", count(), false),
    ]
}

fn for_a_browser() -> Vec<Header> {
    vec![
        (
            "Content-Security-Policy",
            "A page loads own files only, an answer nothing.",
            text(),
            true,
        ),
        ("X-Content-Type-Options", "Nothing is taken for else.", one_of(&["nosniff"]), true),
        ("Referrer-Policy", "No other site hears from where.", one_of(&["no-referrer"]), true),
        ("X-Frame-Options", "Never in a frame.", one_of(&["DENY"]), true),
        ("Permissions-Policy", "No camera, no place.", text(), true),
        ("Cross-Origin-Resource-Policy", "For own pages.", one_of(&["same-origin"]), true),
        ("Cross-Origin-Opener-Policy", "A page: own windows.", one_of(&["same-origin"]), false),
        ("Strict-Transport-Security", "Where the client came by TLS.", text(), false),
    ]
}

/// Puts every header into the document, to be referred to by name.
pub fn add(document: &mut Value) {
    for (name, says, schema, required) in of_a_request().into_iter().chain(for_a_browser()) {
        document["components"]["headers"][name] =
            json!({ "description": says, "schema": schema, "required": required });
    }
}
