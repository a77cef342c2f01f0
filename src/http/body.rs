//! A request's body as JSON, or the problem document that says why it is not.

use super::problem::HttpProblem;
use super::stamp::Stamp;
use crate::problem::{Kind, Problem};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;

pub struct JsonBody(pub Value);

/// A batch's body, of whatever type.
pub struct BatchBody(pub web::Bytes);

/// Where a body may be left away.
pub struct OptionalJsonBody(pub Option<Value>);

impl FromRequest for JsonBody {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = web::Bytes::from_request(&request, payload);
        Box::pin(async move {
            let fail = |problem| HttpProblem::new(&request, problem);
            if !is_json(&request) {
                return Err(fail(not_json_type()));
            }
            let bytes = bytes.await;
            Stamp::of(&request).complete();
            let bytes = bytes.map_err(|error| fail(unread(&error, super::MAX_BODY_BYTES)))?;
            parse(&bytes).map(JsonBody).map_err(fail)
        })
    }
}

impl FromRequest for BatchBody {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = web::Bytes::from_request(&request, payload);
        Box::pin(async move {
            let bytes = bytes.await;
            Stamp::of(&request).complete();
            let unread = |error| unread(&error, super::batch::MAX_BODY_BYTES);
            bytes.map(BatchBody).map_err(|error| HttpProblem::new(&request, unread(error)))
        })
    }
}

impl FromRequest for OptionalJsonBody {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let bytes = web::Bytes::from_request(&request, payload);
        Box::pin(async move {
            let fail = |problem| HttpProblem::new(&request, problem);
            let bytes = bytes.await;
            Stamp::of(&request).complete();
            let bytes = bytes.map_err(|error| fail(unread(&error, super::MAX_BODY_BYTES)))?;
            if bytes.is_empty() {
                return Ok(OptionalJsonBody(None));
            }
            if !is_json(&request) {
                return Err(fail(not_json_type()));
            }
            parse(&bytes).map(|value| OptionalJsonBody(Some(value))).map_err(fail)
        })
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::not_json(&error))
}

fn not_json_type() -> Problem {
    Problem::new(Kind::NotJsonType, "send the header content-type: application/json")
}

pub(super) fn is_json(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn unread(error: &actix_web::Error, most: usize) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            Problem::new(Kind::TooLarge, format!("a body may have {most} bytes"))
        }
        _ => Problem::new(Kind::NotJson, "the body could not be read to its end"),
    }
}
