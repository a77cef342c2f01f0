//! `POST /api/recommend/batch`: a list of questions in, a list of answers out; either may be a table.
//!
//! # Where the work is done
//!
//! All of it, from reading the list to writing the answer, is one piece of work for threads that may block:
//! a megabyte of JSON alone would keep a worker from its other requests for milliseconds. Who has gone is
//! not computed for any more.
//!
//! # What it may take
//!
//! A batch takes every core that is free, so more than `MOST_COMPUTING` at once would only make each
//! slower; `MOST_WAITING` more may arrive or wait for their turn, and those beyond are sent away. Answers that are
//! not read yet have `MOST_UNREAD_KB` together: who reads slowly holds megabytes. One client has `MOST_OF_ONE`
//! batches from its first byte to its last, so that whoever sends or reads slowly keeps out only itself.

mod accept;
mod columns;
mod list;
mod reply;
mod sheet;
mod table;

use super::admit::charge_for_list;
use super::body;
use super::language;
use super::openapi::shapes;
use super::problem::HttpProblem;
use super::shares::{Share, Shares};
use super::sliced::Sliced;
use super::stamp::Stamp;
use crate::json;
use crate::problem::{Kind, Problem};
use crate::service::{Abandoned, Service};
use crate::sizing::question::Question;
use crate::sizing::wording::Language;
use accept::Format;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue, VARY,
};
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, web};
use reply::Reply;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use table::Dialect;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body of 1 MB: a thousand questions of a kilobyte, and nobody tells that much.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Some 30 ms of two cores, some 2 MB of answers.
pub const MOST_QUESTIONS: usize = 1_000;
/// Two, so that one that waits for a disk leaves the cores to the other.
pub const MOST_COMPUTING: usize = 2;
/// 16 MB of bodies that arrive or wait.
const MOST_WAITING: usize = 16;
/// Five answers of a thousand questions, or two with `details`.
const MOST_UNREAD_KB: usize = 13 * 1024;
/// A shop that sends a list, and a colleague who does too.
const MOST_OF_ONE: usize = 3;
/// Nobody waits behind others for longer.
const TURN_LIMIT: Duration = Duration::from_secs(5);
/// By then they have all been answered.
const BUSY_RETRY_SECONDS: u64 = 2;

/// How many batches there are just now; one for all workers.
#[derive(Clone)]
pub struct Batches {
    by_client: Arc<Shares>,
    waiting: Arc<Semaphore>,
    computing: Arc<Semaphore>,
    unread: Arc<Semaphore>,
}

impl Default for Batches {
    fn default() -> Self {
        Batches {
            by_client: Shares::new(MOST_OF_ONE),
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            computing: Arc::new(Semaphore::new(MOST_COMPUTING)),
            unread: Arc::new(Semaphore::new(MOST_UNREAD_KB)),
        }
    }
}

/// One person of the list: what was asked, and what the list calls them.
pub struct Item {
    pub label: Label,
    /// As a spreadsheet counts.
    pub row: Option<usize>,
    pub question: Result<Value, Problem>,
}

/// Comes back with the answer; neither kept nor logged.
#[derive(Default)]
pub struct Label {
    pub id: Option<String>,
    pub name: Option<String>,
}

#[utoipa::path(
    post, path = "/api/recommend/batch", tag = "sizing", operation_id = "recommend_batch",
    summary = "Sizes for a list of bodies",
    responses(
        (
            status = 200,
            description = "An answer or a problem for each question, in order",
            content(
                (shapes::BatchAnswer = "application/json"),
                (String = "text/csv"),
            ),
        ),
    ),
)]
pub async fn batch(
    request: HttpRequest,
    service: web::Data<Service>,
    batches: web::Data<Batches>,
    payload: web::Payload,
) -> Result<HttpResponse, HttpProblem> {
    let fail = |problem| HttpProblem::new(&request, problem);
    let format = format(&request).map_err(fail)?;
    let answer_format = accept::choose(request.headers(), format);
    let Some(share) = batches.by_client.take(Stamp::of(&request).client) else {
        return Err(busy(&request));
    };
    let Ok(waiting) = batches.waiting.try_acquire() else { return Err(busy(&request)) };
    let (stamp, payload) = (Stamp::of(&request), payload.into_inner());
    let body = body::read(request.headers(), &stamp, payload, MAX_BODY_BYTES).await;
    let body = body.map_err(fail)?;
    let turn = timeout(TURN_LIMIT, Arc::clone(&batches.computing).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(busy(&request)) };
    drop(waiting);
    let nobody = |_| {
        fail(Problem::new(Kind::Internal, "The sizes could not be computed. Please try again."))
    };
    // The turn goes with the work: a thread goes on when its caller has gone.
    let work = move || (turn, read(&body, format));
    let (turn, list) = web::block(work).await.map_err(nobody)?;
    let list = list.map_err(fail)?;
    charge_for_list(&request, list.0.len())?;
    let leaving = Leaving(Abandoned::default());
    let abandoned = leaving.0.clone();
    let of_thread = (**service).clone();
    let language = language::accepted(&request);
    let work = move || {
        let _turn = turn;
        answer(&of_thread, list, answer_format, language, &abandoned)
    };
    let answered = web::block(work).await;
    drop(leaving);
    let reply = answered.map_err(nobody)?.map_err(fail)?;
    if let Some(failure) = &reply.failure {
        log::error!(request_id = Stamp::of(&request).id(); "a question of a batch: {failure}");
    }
    let size_kb = (reply.bytes.len() / 1024).min(MOST_UNREAD_KB) as u32;
    let Ok(unread) = Arc::clone(&batches.unread).try_acquire_many_owned(size_kb) else {
        return Err(busy(&request));
    };
    Ok(respond(&request, &service, reply, answer_format, (share, unread)))
}

fn busy(request: &HttpRequest) -> HttpProblem {
    let detail = "as many batches as can be are being answered; ask again in a moment";
    let problem = Problem::new(Kind::Busy, detail).with_retry_after(BUSY_RETRY_SECONDS);
    HttpProblem::new(request, problem)
}

/// What the body is, by its type.
fn format(request: &HttpRequest) -> Result<Format, Problem> {
    let of_body = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let of_body = of_body.unwrap_or_default().to_ascii_lowercase();
    let format = match of_body.split(';').next().map(str::trim) {
        Some("text/csv") => Format::Csv,
        _ if body::names_json(&of_body) => Format::Json,
        _ => {
            return Err(Problem::new(
                Kind::NotBatchType,
                "send the header content-type: application/json or content-type: text/csv",
            ));
        }
    };
    body::in_utf8(&of_body)?;
    Ok(format)
}

type List = (Vec<Item>, Dialect);

/// The list out of the body's bytes.
fn read(bytes: &[u8], format: Format) -> Result<List, Problem> {
    match format {
        Format::Json => Ok((list::read(json::read(bytes)?)?, Dialect::default())),
        Format::Csv => table::read(bytes),
    }
}

/// From the list to the bytes of the answer.
fn answer(
    service: &Service,
    (items, dialect): List,
    answer_format: Format,
    language: Language,
    abandoned: &Abandoned,
) -> Result<Reply, Problem> {
    // One for the whole list: a reload in its middle does not make two lists of it.
    let edition = service.edition();
    let mut labels = Vec::with_capacity(items.len());
    let mut questions = Vec::with_capacity(items.len());
    let mut mistakes: Vec<Option<Problem>> = Vec::with_capacity(items.len());
    for (index, Item { label, row, question }) in items.into_iter().enumerate() {
        labels.push((label, row));
        let question = question
            .and_then(|value| edition.engine().question(&value).map_err(Problem::from))
            .map_err(|problem| problem.with_index(index).with_row(row));
        let take = |mut question: Question| {
            question.language.get_or_insert(language);
            questions.push(question);
        };
        mistakes.push(question.map(take).err());
    }
    let outcomes = service.recommend_all(&edition, questions, abandoned);
    let gone = || Problem::new(Kind::Busy, "nobody waits for this answer");
    let mut outcomes = outcomes.ok_or_else(gone)?.into_iter();
    let answers =
        labels.into_iter().zip(mistakes).enumerate().map(|(index, ((label, row), mistake))| {
            let answered = match mistake {
                Some(problem) => Err(problem),
                None => outcomes
                    .next()
                    .unwrap_or_else(|| unreachable!("one for each"))
                    .map_err(|error| Problem::from(&*error).with_index(index).with_row(row)),
            };
            (label, answered)
        });
    let answers: Vec<_> = answers.collect();
    Ok(match answer_format {
        Format::Json => Reply::json(&answers),
        Format::Csv => sheet::write(&answers, dialect),
    })
}

fn respond(
    request: &HttpRequest,
    service: &Service,
    mut reply: Reply,
    format: Format,
    place: (Share, OwnedSemaphorePermit),
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        // About people: no proxy keeps it.
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((VARY, "accept, accept-language"));
    match format {
        Format::Json => {
            reply.close(Stamp::of(request).elapsed_ms());
            response.content_type("application/json");
        }
        Format::Csv => {
            let file = HeaderValue::from_static("attachment; filename=\"suitsize.csv\"");
            response
                .content_type("text/csv; charset=utf-8; header=present")
                .insert_header((CONTENT_DISPOSITION, file));
        }
    }
    if service.lacks_its_store() {
        response.insert_header(super::recommend::DEGRADED_STORE);
    }
    response.body(Sliced::holding(place, reply.bytes))
}

/// Says that nobody waits any more when the request is dropped, answered or not.
struct Leaving(Abandoned);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.tell();
    }
}
