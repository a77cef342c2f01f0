//! Everything that can go wrong, as responses: what has the same status at an address is one of them.

use super::headers::{EVERYWHERE, RATE};
use crate::problem::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// When it happens. Whatever is added to the table of problems has to be said here.
fn says(kind: Kind) -> &'static str {
    match kind {
        Kind::NotJson => "the body is not JSON, or cannot be read to its end",
        Kind::NotCsv => "the table is not CSV in UTF-8",
        Kind::NotFound => "no such address",
        Kind::MethodNotAllowed => "`Allow` says which are",
        Kind::TooSlow => {
            "the request did not come, or its answer did not begin, in time; the connection is closed"
        }
        Kind::TooLarge => "the body is larger, or has more questions, than it may",
        Kind::NotJsonType => "the body was not sent as JSON",
        Kind::NotBatchType => "the body was sent neither as JSON nor as CSV",
        Kind::NotPlain => "the body was sent packed, or in another charset than UTF-8",
        Kind::Invalid => {
            "`errors` lists every mistake with its field, what is allowed, and what was probably meant"
        }
        Kind::InvalidRequest => "a parameter, or the body as a whole, means nothing",
        Kind::Contradictory => "each value is possible, not together",
        Kind::Unauthorized => "this needs the operator's token",
        Kind::AdminOff => "the service has no operator's token",
        Kind::UnderWay => "the same is being done already",
        Kind::HeadTooLarge => "the request's head is larger than 16 kB; the connection is closed",
        Kind::Busy => "as much as can be done at once is being done, or the service stops",
        Kind::TooManyRequests => {
            "more than this client may ask; at an operator's address also after five wrong tokens, for a minute"
        }
        Kind::Unavailable => "what this needs is not there now",
        Kind::Internal => "something went wrong on our side",
    }
}

/// The header that comes with a status.
fn header(status: u16) -> Option<&'static str> {
    match status {
        401 => Some("WWW-Authenticate"),
        405 => Some("Allow"),
        429 | 503 => Some("Retry-After"),
        _ => None,
    }
}

/// Whether it may be said before there is a request, and so without its headers.
fn is_below_requests(kind: Kind) -> bool {
    matches!(kind, Kind::TooSlow | Kind::HeadTooLarge | Kind::Busy)
}

/// By status, in the order in which they are given.
pub fn by_status(kinds: impl Iterator<Item = Kind>) -> BTreeMap<u16, Vec<Kind>> {
    let mut statuses: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in kinds {
        statuses.entry(kind.row().0).or_default().push(kind);
    }
    statuses
}

/// What a response of these is called in the document.
pub fn name(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join("Or")
}

/// A problem of one of these kinds, which have one status.
pub fn response(kinds: &[Kind], document: &Value) -> Value {
    let described = kinds.iter().map(|kind| format!("`{}`: {}.", kind.row().1, says(*kind)));
    let mut response = json!({
        "description": described.collect::<Vec<_>>().join(" "),
        "content": { "application/problem+json": { "schema": {
            "$ref": "#/components/schemas/Problem",
        } } },
    });
    let may_lack_headers = kinds.iter().copied().any(is_below_requests);
    for name in EVERYWHERE.iter().chain(RATE) {
        response["headers"][*name] = match may_lack_headers {
            true => optional(name, document),
            false => json!({ "$ref": format!("#/components/headers/{name}") }),
        };
    }
    if let Some(name) = header(kinds[0].row().0) {
        response["headers"][name] = json!({ "$ref": format!("#/components/headers/{name}") });
    }
    response
}

/// The header where it is not always there.
pub fn optional(name: &str, document: &Value) -> Value {
    let mut header = document["components"]["headers"][name].clone();
    header["required"] = json!(false);
    header
}
