//! `POST /api/recommend`: a question in, a size out.

use super::body;
use super::language;
use super::openapi::shapes;
use super::problem::HttpProblem;
use super::short::Short;
use super::stamp::Stamp;
use crate::problem::{Kind, Problem};
use crate::service::{Answer, Service, Tier, Unanswered};
use crate::telemetry;
use crate::{API_VERSION, OPTIMIZATION_LEVEL};
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderName, HeaderValue,
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};

/// Of the route that nearly every request is for.
pub const PATH: &str = "/api/recommend";

const CACHE: HeaderName = HeaderName::from_static("x-cache");
/// Names what the service does without; absent when all is well.
const DEGRADED: HeaderName = HeaderName::from_static("x-degraded");
pub(super) const DEGRADED_STORE: (HeaderName, &str) = (DEGRADED, "store");

/// Those who wait are through long before.
const BUSY_RETRY_SECONDS: u64 = 1;

#[utoipa::path(
    post, path = "/api/recommend", tag = "sizing", operation_id = "recommend",
    summary = "A suit size for a body",
    responses(
        (
            status = 200,
            description = "A size, or the reason why there is none",
            body = shapes::Answer,
        ),
    ),
)]
pub async fn recommend(
    request: HttpRequest,
    service: web::Data<Service>,
    payload: web::Payload,
) -> Result<HttpResponse, HttpProblem> {
    answer(&service, &Stamp::of(&request), &request, payload.into_inner()).await
}

/// From a request whose body is still to come.
///
/// # Errors
/// What to answer instead.
pub async fn answer(
    service: &Service,
    stamp: &Stamp,
    request: &impl HttpMessage,
    payload: Payload,
) -> Result<HttpResponse, HttpProblem> {
    let fail = |problem| HttpProblem::of(stamp, problem);
    let body = body::read_json(request.headers(), stamp, payload).await.map_err(fail)?;
    let edition = service.edition();
    let mut question = edition.engine().question(&body).map_err(|error| fail(error.into()))?;
    let language = language::settle(&mut question, request);
    // Computing takes some tens of microseconds, for those together that have come together half a millisecond at
    // the most: handing it to another thread costs as much, and there are as many workers as cores.
    let answer =
        service.recommend(&edition, question).await.map_err(|error| fail(problem(&error)))?;
    stamp.tier.set(counted(answer.tier));
    let body = envelope(&answer, stamp.answered());
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
    let headers = response.headers_mut();
    headers.insert(CACHE, fixed(header(answer.tier)));
    // About a person: no proxy keeps it.
    headers.insert(CACHE_CONTROL, fixed("no-store"));
    headers.insert(CONTENT_LANGUAGE, fixed(language.tag()));
    headers.insert(CONTENT_TYPE, fixed("application/json"));
    if service.lacks_its_store() {
        let (name, value) = DEGRADED_STORE;
        headers.insert(name, fixed(value));
    }
    Ok(response)
}

fn problem(unanswered: &Unanswered) -> Problem {
    match unanswered {
        Unanswered::Failed(error) => Problem::from(&**error),
        Unanswered::Busy => {
            let detail = "too many questions are being answered; please try again";
            Problem::new(Kind::Busy, detail).with_retry_after(BUSY_RETRY_SECONDS)
        }
    }
}

/// Never copied and never checked again, as text would be.
const fn fixed(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

fn header(tier: Tier) -> &'static str {
    match tier {
        Tier::Memory => "HIT-MEMORY",
        Tier::Store => "HIT-STORE",
        Tier::Computed => "MISS",
    }
}

/// As it is counted.
pub(super) fn counted(tier: Tier) -> telemetry::Tier {
    match tier {
        Tier::Memory => telemetry::Tier::Memory,
        Tier::Store => telemetry::Tier::Store,
        Tier::Computed => telemetry::Tier::Computed,
    }
}

/// The finished recommendation between what is known only now; nothing is encoded twice.
fn envelope(answer: &Answer, elapsed_ns: u64) -> Vec<u8> {
    let is_hit = if answer.tier == Tier::Computed { "false" } else { "true" };
    let mut elapsed_ms = Short::new();
    elapsed_ms.millis(elapsed_ns);
    let parts: [&[u8]; 15] = [
        br#"{"recommendation":"#,
        &answer.recommendation,
        br#","performance_metadata":{"cache_hit":"#,
        is_hit.as_bytes(),
        br#","cache_tier":""#,
        counted(answer.tier).name().as_bytes(),
        br#"","response_time_ms":"#,
        elapsed_ms.as_bytes(),
        br#","response_time_category":""#,
        category(elapsed_ns as f64 / 1e6).as_bytes(),
        br#"","optimization_level":""#,
        OPTIMIZATION_LEVEL.as_bytes(),
        br#""},"api_version":""#,
        API_VERSION.as_bytes(),
        br#""}"#,
    ];
    parts.concat()
}

pub(super) fn category(elapsed_ms: f64) -> &'static str {
    match elapsed_ms {
        ms if ms < 1.0 => "ultra_fast",
        ms if ms < 10.0 => "fast",
        ms if ms < 100.0 => "normal",
        _ => "slow",
    }
}
