//! A request's body, within its size and its time, as JSON; or the problem document that says why it is not.
//!
//! actix-web has no time limit for a body: who sends a byte a minute would be waited for.

use super::MAX_BODY_BYTES;
use super::problem::HttpProblem;
use super::stamp::Stamp;
use crate::json;
use crate::problem::{Kind, Problem};
use actix_web::body::{BodyStream, MessageBody};
use actix_web::dev::Payload;
use actix_web::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName,
};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use serde_json::Value;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::time::error::Elapsed;

/// For any body, however small.
const BODY_SECONDS: u64 = 10;
/// For a larger one, a second more for so much: the slowest that is waited for.
const BYTES_PER_SECOND: usize = 64 * 1024;

/// A few times what may be sent: a mistake, and no attempt to keep us busy.
const MOST_PASSED_OVER_BYTES: usize = 4 * 1024 * 1024;
const PASSED_OVER_TIME: Duration = Duration::from_secs(2);

/// Where a body may be left away.
pub struct OptionalJsonBody(pub Option<Value>);

impl FromRequest for OptionalJsonBody {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let (headers, stamp) = (request.headers(), Stamp::of(&request));
            let fail = |problem: Problem| HttpProblem::of(&stamp, problem);
            let bytes = read(headers, &stamp, payload, MAX_BODY_BYTES).await.map_err(fail)?;
            if bytes.is_empty() {
                return Ok(OptionalJsonBody(None));
            }
            is_json(headers).map_err(fail)?;
            let value = json::read(&bytes).map_err(|mistake| fail(mistake.into()))?;
            Ok(OptionalJsonBody(Some(value)))
        })
    }
}

/// A whole body as JSON.
///
/// # Errors
/// As `read`, and what makes it no JSON.
pub async fn read_json(
    headers: &HeaderMap,
    stamp: &Stamp,
    payload: Payload,
) -> Result<Value, Problem> {
    is_json(headers)?;
    Ok(json::read(&read(headers, stamp, payload, MAX_BODY_BYTES).await?)?)
}

/// The whole body, of at most `limit` bytes, sent plainly.
///
/// # Errors
/// What it is instead: too large (without reading it, if it says so itself), too slow, packed, broken off.
pub async fn read(
    headers: &HeaderMap,
    stamp: &Stamp,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    is_plain(headers)?;
    let said = header(headers, CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if said.is_some_and(|length| length > limit as u64) {
        let rest = Box::pin(tokio::time::timeout(PASSED_OVER_TIME, pass_over(payload)));
        // Whether it came to its end or not: the answer is the same.
        drop(rest.await);
        return Err(too_large(limit));
    }
    let allowed = time_allowed(limit);
    let bytes = within(allowed, stamp, gather(payload, limit)).await;
    bytes.unwrap_or_else(|_| {
        let detail = format!("a body is waited for {} s", allowed.as_secs());
        Err(Problem::new(Kind::TooSlow, detail))
    })
}

/// All pieces of a body, as they were sent; the only one of most is not copied.
async fn gather(payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut body = pin!(BodyStream::new(payload));
    let mut only = Bytes::new();
    let mut several = BytesMut::new();
    while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let piece = piece.map_err(|_| broken_off())?;
        if only.len() + several.len() + piece.len() > limit {
            return Err(too_large(limit));
        }
        if only.is_empty() && several.is_empty() {
            only = piece;
            continue;
        }
        several.extend_from_slice(&std::mem::take(&mut only));
        several.extend_from_slice(&piece);
    }
    Ok(if several.is_empty() { only } else { several.freeze() })
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Kind::TooLarge, format!("a body may have {limit} bytes"))
}

/// Nearly every body came together with its head, and is handed on between two looks of the same turn: no clock is
/// asked and no timer set but for one that is not there at the second look. (Should there be none, because a request
/// waits behind another, `connection` has its time.)
async fn within<F: Future>(
    allowed: Duration,
    stamp: &Stamp,
    read: F,
) -> Result<F::Output, Elapsed> {
    let mut read = pin!(read);
    let mut has_looked = false;
    let at_once = poll_fn(|context| match read.as_mut().poll(context) {
        Poll::Ready(read) => Poll::Ready(Some(read)),
        Poll::Pending if has_looked => Poll::Ready(None),
        Poll::Pending => {
            has_looked = true;
            Poll::Pending
        }
    });
    if let Some(read) = at_once.await {
        stamp.whole();
        return Ok(read);
    }
    let read = Box::pin(tokio::time::timeout(allowed, read)).await;
    stamp.complete();
    read
}

/// Reads what is refused anyway, and keeps nothing of it: a connection that is closed while its client still
/// sends is reset, and the answer that says why is lost.
async fn pass_over(payload: Payload) {
    let mut body = pin!(BodyStream::new(payload));
    let mut passed = 0;
    while let Some(Ok(bytes)) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        passed += bytes.len();
        if passed > MOST_PASSED_OVER_BYTES {
            break;
        }
    }
}

fn time_allowed(limit: usize) -> Duration {
    Duration::from_secs(BODY_SECONDS + (limit / BYTES_PER_SECOND) as u64)
}

fn broken_off() -> Problem {
    Problem::new(Kind::NotJson, "the body could not be read to its end")
}

/// A packed body could be a thousand times as large as it looks.
fn is_plain(headers: &HeaderMap) -> Result<(), Problem> {
    let packed = headers.get_all(CONTENT_ENCODING).any(|encoding| {
        !encoding.to_str().is_ok_and(|name| name.trim().eq_ignore_ascii_case("identity"))
    });
    let detail = "send the body as it is, without the header content-encoding";
    if packed { Err(Problem::new(Kind::NotPlain, detail)) } else { Ok(()) }
}

/// `application/json` or `application/…+json`, in UTF-8 if it says in what.
fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let content_type = header(headers, CONTENT_TYPE).unwrap_or_default();
    if content_type == "application/json" {
        return Ok(());
    }
    let content_type = content_type.to_ascii_lowercase();
    if !names_json(&content_type) {
        let detail = "send the header content-type: application/json";
        return Err(Problem::new(Kind::NotJsonType, detail));
    }
    in_utf8(&content_type)
}

/// Whether a content type, in small letters, is JSON's.
pub fn names_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// # Errors
/// When a content type, in small letters, names another charset.
pub fn in_utf8(content_type: &str) -> Result<(), Problem> {
    let parts = content_type.split(';').skip(1).map(str::trim);
    let mut charsets = parts.filter_map(|part| part.strip_prefix("charset="));
    if charsets.all(|name| ["utf-8", "utf8", "us-ascii"].contains(&name.trim_matches('"'))) {
        return Ok(());
    }
    Err(Problem::new(Kind::NotPlain, "send the body in UTF-8"))
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_has_more_time() {
        for (limit, seconds) in [(0, 10), (16 * 1024, 10), (1024 * 1024, 26)] {
            assert_eq!(time_allowed(limit).as_secs(), seconds, "{limit}");
        }
    }
}
