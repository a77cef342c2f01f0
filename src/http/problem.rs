//! A problem document as an HTTP answer.

use super::stamp::Stamp;
use crate::problem::{Kind, Problem};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use std::fmt;

/// What is away tries to come back at least so often.
const RETRY_AFTER_SECONDS: u32 = 15;

/// What a handler fails with.
#[derive(Debug)]
pub struct HttpProblem(Problem);

impl HttpProblem {
    pub fn new(request: &HttpRequest, problem: impl Into<Problem>) -> Self {
        Self::of(&Stamp::of(request), problem)
    }

    /// What went wrong on our side is left with the request's stamp, for the log.
    pub fn of(stamp: &Stamp, problem: impl Into<Problem>) -> Self {
        let problem = problem.into();
        if let Some(cause) = problem.cause() {
            stamp.failure.replace(Some(cause.to_owned()));
        }
        HttpProblem(problem.with_request_id(stamp.id()))
    }

    fn body(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("a problem holds text and finite numbers only")
    }
}

impl fmt::Display for HttpProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.0.status)
    }
}

impl ResponseError for HttpProblem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
            .content_type("application/problem+json");
        match self.status_code() {
            StatusCode::UNAUTHORIZED => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => {
                let seconds = self.0.retry_after().unwrap_or(RETRY_AFTER_SECONDS);
                response.insert_header((RETRY_AFTER, seconds))
            }
            StatusCode::TOO_MANY_REQUESTS => {
                response.insert_header((RETRY_AFTER, self.0.retry_after().unwrap_or(1)))
            }
            // What is left of the body would be read as the next request.
            StatusCode::REQUEST_TIMEOUT => response.force_close(),
            _ => &mut response,
        };
        response.body(self.body())
    }
}

/// A whole answer for a connection that ends below the application, which would otherwise make one.
pub fn last_word(kind: Kind, detail: impl Into<String>) -> Vec<u8> {
    let problem = HttpProblem(Problem::new(kind, detail));
    let status = problem.status_code();
    let body = problem.body();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         retry-after: {RETRY_AFTER_SECONDS}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    answer
}

pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let detail = "POST /api/recommend answers a question; GET /api/health says how the service is.";
    HttpProblem::new(&request, Problem::new(Kind::NotFound, detail)).error_response()
}

pub async fn method_not_allowed(request: HttpRequest, allowed: &'static str) -> HttpResponse {
    let problem = Problem::new(Kind::MethodNotAllowed, format!("allowed: {allowed}"));
    let mut response = HttpProblem::new(&request, problem).error_response();
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
