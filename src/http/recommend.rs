//! `POST /api/recommend`: a question in, a size out.

use super::body::JsonBody;
use super::language;
use super::openapi::shapes;
use super::problem::HttpProblem;
use super::stamp::Stamp;
use crate::problem::{Kind, Problem};
use crate::service::{Answer, Service, Tier, Unanswered};
use crate::telemetry;
use crate::{API_VERSION, OPTIMIZATION_LEVEL};
use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use std::io::Write;

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
    body: JsonBody,
) -> Result<HttpResponse, HttpProblem> {
    let edition = service.edition();
    let mut question =
        edition.engine().question(&body.0).map_err(|e| HttpProblem::new(&request, e))?;
    let language = language::settle(&mut question, &request);
    // Computing takes some tens of microseconds: less than handing it to another thread.
    let answer = service
        .recommend(&edition, question)
        .await
        .map_err(|error| HttpProblem::new(&request, problem(&error)))?;
    let stamp = Stamp::of(&request);
    stamp.tier.set(counted(answer.tier));
    let body = envelope(&answer, stamp.elapsed_ms());
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE, header(answer.tier)))
        // About a person: no proxy keeps it.
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_LANGUAGE, language.tag()))
        .content_type("application/json");
    if service.lacks_its_store() {
        response.insert_header(DEGRADED_STORE);
    }
    Ok(response.body(body))
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
fn envelope(answer: &Answer, elapsed_ms: f64) -> Vec<u8> {
    let mut body = Vec::with_capacity(answer.recommendation.len() + 256);
    body.extend_from_slice(br#"{"recommendation":"#);
    body.extend_from_slice(&answer.recommendation);
    write!(
        body,
        concat!(
            r#","performance_metadata":{{"cache_hit":{},"cache_tier":"{}","response_time_ms":{:.3},"#,
            r#""response_time_category":"{}","optimization_level":"{}"}},"api_version":"{}"}}"#
        ),
        answer.tier != Tier::Computed,
        counted(answer.tier).name(),
        elapsed_ms,
        category(elapsed_ms),
        OPTIMIZATION_LEVEL,
        API_VERSION,
    )
    .expect("a vector takes what is written to it");
    body
}

pub(super) fn category(elapsed_ms: f64) -> &'static str {
    match elapsed_ms {
        ms if ms < 1.0 => "ultra_fast",
        ms if ms < 10.0 => "fast",
        ms if ms < 100.0 => "normal",
        _ => "slow",
    }
}
