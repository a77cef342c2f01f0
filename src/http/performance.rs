//! `GET /api/performance`: how the last minutes, hours or days were.
//!
//! One of `minutes`, `hours` and `days` says how far back (an hour if none does), `route` narrows it to
//! one route of the table. What is stored is read on a thread that may block, and not waited for without
//! end: without it the answer is what this run has not stored yet, and says so.

use super::problem::HttpProblem;
use super::routes;
use super::sliced::Sliced;
use crate::problem::{Kind, Problem};
use crate::service::{Performance, Service};
use crate::sizing::refusal::{Code, FieldError};
use crate::telemetry::{HOUR_MS, MINUTE_MS, Range};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, web};
use std::time::Duration;
use tokio::sync::Semaphore;

const DAY_MS: i64 = 24 * HOUR_MS;
/// Longer than reading 30 days takes by far.
const PATIENCE: Duration = Duration::from_secs(4);
/// Who asks beyond these is not kept waiting.
const MOST_WAITING: usize = 16;
/// A report of a year is 2 MB, and who does not read it holds it.
static ON_THEIR_WAY: Semaphore = Semaphore::const_new(8);
const BUSY_RETRY_SECONDS: u64 = 2;
/// Name, length of one, most of them: a year and a day.
const STRETCHES: [(&str, i64, i64); 3] =
    [("minutes", MINUTE_MS, 366 * 1_440), ("hours", HOUR_MS, 366 * 24), ("days", DAY_MS, 366)];

const PARAMETERS: &str = "there are minutes, hours, days and route";
const ONE_STRETCH: &str = "give one of minutes, hours and days, once";

#[utoipa::path(
    get, path = "/api/performance", tag = "performance", operation_id = "performance",
    summary = "How the last minutes, hours or days were: one of the three, or an hour",
    params(
        (
            "minutes" = Option<i64>,
            Query,
            minimum = 1,
            maximum = 527040,
            description = "So many minutes back",
        ),
        (
            "hours" = Option<i64>,
            Query,
            minimum = 1,
            maximum = 8784,
            description = "So many hours back",
        ),
        (
            "days" = Option<i64>,
            Query,
            minimum = 1,
            maximum = 366,
            description = "So many days back",
        ),
        ("route" = Option<String>, Query, description = "Only this route of the table"),
    ),
    responses(
        (
            status = 200,
            description = "Totals, percentiles, tiers, routes and a series",
            body = Performance,
        ),
    ),
)]
pub async fn performance(
    request: HttpRequest,
    service: web::Data<Service>,
) -> Result<HttpResponse, HttpProblem> {
    let Asked { length_ms, route } = Asked::read(request.query_string())
        .map_err(|errors| HttpProblem::new(&request, Problem::invalid_request(errors)))?;
    let range = Range::last(length_ms, service.clock().unix_ms());
    let live = |why: &str| service.performance_without_store(range, route, why.to_owned());
    let performance = match timeout(PATIENCE, read(&service, range, route)).await {
        Ok(Some(performance)) => performance,
        Ok(None) => live("too many are asking"),
        Err(_) => live("the store did not answer in time"),
    };
    let Ok(place) = ON_THEIR_WAY.try_acquire() else {
        let busy = Problem::new(Kind::Busy, "as many reports as can be are being sent");
        return Err(HttpProblem::new(&request, busy.with_retry_after(BUSY_RETRY_SECONDS)));
    };
    let report = serde_json::to_vec(&performance).expect("a report holds text and finite numbers");
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(Sliced::holding(place, report)))
}

/// One at a time in the whole process, and waiting for that takes no thread: look-ups share the threads that
/// may block. Whose caller has gone is not begun; what was begun holds its turn to the end. `None` where too
/// many wait already, or at a stop.
async fn read(service: &Service, range: Range, route: Option<&'static str>) -> Option<Performance> {
    static TURN: Semaphore = Semaphore::const_new(1);
    static QUEUE: Semaphore = Semaphore::const_new(MOST_WAITING);
    let _waiting = QUEUE.try_acquire().ok()?;
    let turn = TURN.acquire().await.ok()?;
    let service = service.clone();
    let work = move || {
        let _turn = turn;
        service.performance(range, route)
    };
    web::block(work).await.ok()
}

#[derive(Debug, PartialEq)]
struct Asked {
    length_ms: i64,
    route: Option<&'static str>,
}

impl Asked {
    /// Every mistake at once.
    fn read(query: &str) -> Result<Asked, Vec<FieldError>> {
        let mut asked = Asked { length_ms: HOUR_MS, route: None };
        let mut mistakes = Vec::new();
        let mut given: Vec<&str> = Vec::new();
        let Ok(fields) = web::Query::<Vec<(String, String)>>::from_query(query) else {
            let message = "this is not a list of name=value";
            return Err(vec![FieldError::new("query", Code::WrongType, message)]);
        };
        for (name, value) in fields.into_inner() {
            let outcome = match STRETCHES.iter().find(|(stretch, ..)| *stretch == name) {
                Some(stretch) => {
                    given.push(stretch.0);
                    length(stretch, &value).map(|length_ms| asked.length_ms = length_ms)
                }
                None if name == "route" => {
                    known_route(&value).map(|route| asked.route = Some(route))
                }
                None => Err(FieldError::new("query", Code::UnknownField, PARAMETERS)),
            };
            mistakes.extend(outcome.err());
        }
        if let [_, second, ..] = given.as_slice() {
            let name = STRETCHES.iter().find(|(name, ..)| name == second).map_or("query", |s| s.0);
            mistakes.push(FieldError::new(name, Code::Contradictory, ONE_STRETCH));
        }
        if mistakes.is_empty() { Ok(asked) } else { Err(mistakes) }
    }
}

fn length(
    (name, unit_ms, most): &(&'static str, i64, i64),
    value: &str,
) -> Result<i64, FieldError> {
    let number = value.parse::<i64>().ok().filter(|number| (1..=*most).contains(number));
    number.map(|n| n * unit_ms).ok_or_else(|| FieldError {
        min: Some(1.0),
        max: Some(*most as f64),
        ..FieldError::new(*name, Code::OutOfRange, format!("a whole number from 1 to {most}"))
    })
}

fn known_route(value: &str) -> Result<&'static str, FieldError> {
    let known = routes::PATTERNS.iter().find(|pattern| **pattern == value);
    let allowed = || format!("one of {}", routes::PATTERNS.join(", "));
    known.copied().ok_or_else(|| FieldError::new("route", Code::NotOneOf, allowed()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn a_query_is_read_or_refused_by_name() {
        let asked = |length_ms, route| Ok(Asked { length_ms, route });
        let refused =
            |fields: &[&'static str]| Err(fields.iter().map(|f| Cow::from(*f)).collect::<Vec<_>>());
        let rows = [
            ("", asked(HOUR_MS, None)),
            ("hours=1", asked(HOUR_MS, None)),
            ("minutes=5", asked(5 * MINUTE_MS, None)),
            ("days=30&route=/metrics", asked(30 * DAY_MS, Some("/metrics"))),
            ("route=%2Fapi%2Frecommend", asked(HOUR_MS, Some("/api/recommend"))),
            ("route=unmatched", asked(HOUR_MS, Some("unmatched"))),
            ("days=366", asked(366 * DAY_MS, None)),
            ("days=367", refused(&["days"])),
            ("hours=0", refused(&["hours"])),
            ("hours=-1", refused(&["hours"])),
            ("hours=1.5", refused(&["hours"])),
            ("hours=", refused(&["hours"])),
            ("hours=99999999999999999999", refused(&["hours"])),
            ("hours=1&days=1", refused(&["days"])),
            ("hours=1&hours=1", refused(&["hours"])),
            ("hour=1", refused(&["query"])),
            ("route=/nothing&minutes=x", refused(&["route", "minutes"])),
        ];
        for (query, expected) in rows {
            let found = Asked::read(query);
            let found = found
                .map_err(|mistakes| mistakes.iter().map(|m| m.field.clone()).collect::<Vec<_>>());
            assert_eq!(found, expected, "{query}");
        }
    }
}
