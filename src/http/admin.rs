//! What an operator may have done: `POST /api/optimize`, `POST /api/cache/warm`, `DELETE /api/cache`.
//!
//! Each is a matter of milliseconds to seconds, so it runs on a thread that may block, and leaves an
//! audit row. Who has the token is an operator; without a token in force there is none.

use super::body::OptionalJsonBody;
use super::openapi::shapes::OptimizeRequest;
use super::problem::HttpProblem;
use super::stamp::Stamp;
use super::strikes::{self, Strikes};
use crate::problem::{Kind, Problem};
use crate::service::{Cleared, OperateError, Optimized, Recorded, Service, Warmed};
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL};
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use std::time::Instant;
use subtle::ConstantTimeEq;

/// Who may operate.
pub struct AdminGate {
    /// The token in force, hashed: comparing hashes takes the same time whatever was sent, its length too.
    expected: Option<[u8; 32]>,
    strikes: Strikes,
}

impl AdminGate {
    pub fn new(token: Option<&str>) -> Self {
        let expected = token.map(|token| Sha256::digest(token).into());
        AdminGate { expected, strikes: Strikes::new(Instant::now()) }
    }

    fn judge(&self, request: &HttpRequest) -> Result<(), Problem> {
        let Some(expected) = &self.expected else {
            let detail = "start the service with SUITSIZE_ADMIN_TOKEN to switch it on";
            return Err(Problem::new(Kind::AdminOff, detail));
        };
        let sent = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token.trim());
        let sent: [u8; 32] = Sha256::digest(sent).into();
        let is_right = bool::from(sent.ct_eq(expected));
        let client = Stamp::of(request).client;
        // The right token is refused as well while its sender is blocked: otherwise the answer would tell a
        // guess that was right, and guessing could go on.
        if let Err(seconds) = self.strikes.judge(client, is_right, Instant::now()) {
            let detail = format!(
                "there were {} requests without the operator's token; try again in {seconds} s",
                strikes::MOST
            );
            let problem = Problem::new(Kind::TooManyRequests, detail);
            return Err(problem.with_retry_after(seconds));
        }
        if is_right {
            return Ok(());
        }
        let detail = "send the header authorization: Bearer TOKEN with the token in force";
        Err(Problem::new(Kind::Unauthorized, detail))
    }
}

/// Proof that a request is an operator's.
pub struct Operator {
    request_id: String,
}

impl FromRequest for Operator {
    type Error = HttpProblem;
    type Future = Ready<Result<Self, HttpProblem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let gate = request.app_data::<web::Data<AdminGate>>();
        let judged = match gate {
            Some(gate) => gate.judge(request),
            None => Err(Problem::new(Kind::AdminOff, "there is no gate")),
        };
        ready(match judged {
            Ok(()) => Ok(Operator { request_id: Stamp::of(request).id().to_owned() }),
            Err(problem) => Err(HttpProblem::new(request, problem)),
        })
    }
}

#[utoipa::path(
    post, path = "/api/optimize", tag = "operating", operation_id = "optimize",
    summary = "Put the file in order",
    request_body(content = OptimizeRequest, description = "May be left away"),
    security(("operator" = [])),
    responses((status = 200, description = "What that changed", body = Recorded<Optimized>)),
)]
pub async fn optimize(
    operator: Operator,
    request: HttpRequest,
    service: web::Data<Service>,
    body: OptionalJsonBody,
) -> Result<HttpResponse, HttpProblem> {
    let full = full_vacuum(&body).map_err(|p| HttpProblem::new(&request, p))?;
    let work = move || service.optimize(full, &operator.request_id);
    answer(&request, web::block(work).await)
}

#[utoipa::path(
    post, path = "/api/cache/warm", tag = "operating", operation_id = "warm",
    summary = "Fill the memory, now",
    security(("operator" = [])),
    responses((status = 200, description = "What is kept", body = Recorded<Warmed>)),
)]
pub async fn warm(
    operator: Operator,
    request: HttpRequest,
    service: web::Data<Service>,
) -> Result<HttpResponse, HttpProblem> {
    answer(&request, web::block(move || service.warm(&operator.request_id)).await)
}

#[utoipa::path(
    delete, path = "/api/cache", tag = "operating", operation_id = "clear",
    summary = "Empty the tiers",
    params(
        (
            "prefix" = Option<String>,
            Query,
            description = "Only what is kept under versions that begin so",
        ),
    ),
    security(("operator" = [])),
    responses((status = 200, description = "What was deleted", body = Recorded<Cleared>)),
)]
pub async fn clear(
    operator: Operator,
    request: HttpRequest,
    service: web::Data<Service>,
) -> Result<HttpResponse, HttpProblem> {
    let prefix = prefix(&request).map_err(|problem| HttpProblem::new(&request, problem))?;
    let work = move || service.clear(&prefix, &operator.request_id);
    answer(&request, web::block(work).await)
}

fn answer<T: Serialize>(
    request: &HttpRequest,
    outcome: Result<Result<T, OperateError>, actix_web::error::BlockingError>,
) -> Result<HttpResponse, HttpProblem> {
    let problem = match outcome {
        Ok(Ok(done)) => {
            return Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(done));
        }
        Ok(Err(error @ OperateError::UnderWay)) => Problem::new(Kind::UnderWay, error.to_string()),
        Ok(Err(error)) => Problem::new(Kind::Unavailable, error.to_string()),
        Err(_) => Problem::new(Kind::Unavailable, "the service is stopping"),
    };
    Err(HttpProblem::new(request, problem))
}

/// `{"vacuum":"full"}`, `{"vacuum":"incremental"}`, `{}` or no body.
fn full_vacuum(body: &OptionalJsonBody) -> Result<bool, Problem> {
    let allowed = r#"send {"vacuum":"full"}, {"vacuum":"incremental"} or no body"#;
    let refuse = || Problem::new(Kind::InvalidRequest, allowed);
    let OptionalJsonBody(Some(body)) = body else { return Ok(false) };
    let fields = body.as_object().ok_or_else(refuse)?;
    if fields.keys().any(|name| name != "vacuum") {
        return Err(refuse());
    }
    match fields.get("vacuum").map(|value| value.as_str()) {
        None | Some(Some("incremental")) => Ok(false),
        Some(Some("full")) => Ok(true),
        Some(_) => Err(refuse()),
    }
}

/// `?prefix=`: what the versions that answers are kept under begin with; all without.
fn prefix(request: &HttpRequest) -> Result<String, Problem> {
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    let refuse = || Problem::new(Kind::InvalidRequest, "the only parameter is prefix, given once");
    match query.map_err(|_| refuse())?.into_inner().as_slice() {
        [] => Ok(String::new()),
        [(name, value)] if name == "prefix" => Ok(value.clone()),
        _ => Err(refuse()),
    }
}
