//! Before and after every handler: whether the client has asked for too much, and whether the answer is worth
//! compressing.

use super::compress;
use super::problem::HttpProblem;
use super::rate::{Class, Denied, Limiter, Standing, more_for_a_list};
use super::recommend;
use super::short::Short;
use super::stamp::Stamp;
use crate::problem::{Kind, Problem};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, ResponseError};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The limits in force, in each worker.
#[derive(Clone)]
pub struct Tolls {
    limiter: Arc<Limiter>,
    /// When the limiter's time began.
    since: Instant,
}

impl Tolls {
    pub fn new(limiter: Arc<Limiter>, since: Instant) -> Self {
        Tolls { limiter, since }
    }

    /// What every request costs.
    ///
    /// # Errors
    /// The answer to give instead, when its client has not so much left.
    pub fn charge(&self, stamp: &Stamp, class: Class) -> Result<(), HttpProblem> {
        self.take(stamp, class, 1, stamp.arrived()).map_err(|denied| too_many(stamp, &denied))
    }

    fn take(&self, stamp: &Stamp, class: Class, cost: u64, now: Instant) -> Result<(), Denied> {
        let now_ns = now.saturating_duration_since(self.since).as_nanos() as u64;
        let taken = self.limiter.take(stamp.client, class, cost, now_ns);
        let standing = taken.as_ref().map_or_else(|denied| denied.standing, |standing| *standing);
        stamp.standing.set(Some(standing));
        taken.map(drop)
    }
}

/// What a path is limited by. Nothing limits the short line of health and the probes: a platform that is
/// told "too many" restarts what is well, and a denial would cost as much as the answer.
pub fn class(path: &str) -> Option<Class> {
    match path {
        "/api/health" | "/api/health/live" | "/api/health/ready" => None,
        recommend::PATH | "/api/recommend/batch" => Some(Class::Recommend),
        "/api/optimize" | "/api/cache" | "/api/cache/warm" => Some(Class::Admin),
        // Every name of ours is plain: written in another way it is to be no way around a limit.
        path if path.contains('%') => Some(Class::Recommend),
        _ => Some(Class::General),
    }
}

pub async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let tolls = request.app_data::<Rc<Tolls>>().map(Rc::clone);
    let limited = tolls.zip(class(request.path()));
    let stamp = limited.as_ref().map(|_| Stamp::of(request.request()));
    if let (Some((tolls, class)), Some(stamp)) = (limited, &stamp)
        && let Err(denied) = tolls.charge(stamp, class)
    {
        let mut response = request.into_response(denied.error_response()).map_into_right_body();
        tell(response.headers_mut(), stamp);
        return Ok(response);
    }
    let response = next.call(request).await?;
    // Nearly all are not: they are not carried through another function that may wait.
    let mut response = match compress::is_worth_it(&response) {
        true => compress::compress(response).await,
        false => response.map_into_left_body(),
    };
    if let Some(stamp) = stamp {
        tell(response.headers_mut(), &stamp);
    }
    Ok(response.map_into_left_body())
}

/// Charges for the rest of a list that was read, beside the one that every request costs.
///
/// # Errors
/// The answer to give instead, when the client has not so much left.
pub fn charge_for_list(request: &HttpRequest, questions: usize) -> Result<(), HttpProblem> {
    let Some(tolls) = request.app_data::<Rc<Tolls>>() else { return Ok(()) };
    let stamp = Stamp::of(request);
    let more = more_for_a_list(questions);
    // One of the burst is spent already: a list of any length is to be possible for who asked nothing else.
    let most = stamp.standing.get().map_or(u64::MAX, |standing| standing.limit.saturating_sub(1));
    tolls
        .take(&stamp, Class::Recommend, more.min(most), Instant::now())
        .map_err(|denied| too_many(&stamp, &denied))
}

fn too_many(stamp: &Stamp, denied: &Denied) -> HttpProblem {
    let seconds = denied.retry_after_seconds;
    let detail = format!("this client has asked for too much; try again in {seconds} s");
    let problem = Problem::new(Kind::TooManyRequests, detail).with_retry_after(seconds);
    HttpProblem::of(stamp, problem)
}

/// How a request left its client's limit.
pub fn tell(headers: &mut HeaderMap, stamp: &Stamp) {
    let Some(Standing { limit, remaining, reset_seconds }) = stamp.standing.get() else { return };
    for (name, number) in [(LIMIT, limit), (REMAINING, remaining), (RESET, reset_seconds)] {
        headers.insert(name, Short::new().number(number).header());
    }
}
