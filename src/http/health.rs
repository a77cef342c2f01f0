//! How the service is: one line for a platform's check, and a document for each part.
//!
//! All of it is read from numbers that are there already, so each may be asked every second. `degraded` is
//! no reason to restart: answers are right and come from memory and model. It stays 200.

use super::observe::Observer;
use crate::service::{CacheStatus, Score, Service, StoreStatus};
use crate::sizing::Engine;
use crate::telemetry::alerts::FiringStatus;
use crate::telemetry::process::{self, ProcessFigures};
use crate::telemetry::{Backlog, DutyStatus};
use crate::{API_VERSION, VERSION};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use std::rc::Rc;
use utoipa::ToSchema;

/// A file that took nothing for longer cannot be written: it is tried every minute.
const WRITABLE_SECONDS: u64 = 130;
/// The structure is checked once a day.
const VERIFIED_SECONDS: u64 = 2 * 86_400;

#[derive(Serialize, ToSchema)]
struct Health<'a> {
    /// A service that answers at all has its model loaded and tried: only the store can be lacking.
    status: &'static str,
    /// What is lacking, in a sentence each.
    reasons: Vec<String>,
    version: &'a str,
    model_version: &'a str,
    api_version: &'a str,
    uptime_seconds: u64,
    alerts_firing: usize,
    cache: CacheStatus,
    store: StoreStatus,
}

fn json(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}

fn reasons(store: &StoreStatus) -> Vec<String> {
    store.reason.iter().map(|reason| format!("store: {reason}")).collect()
}

fn status(reasons: &[String]) -> &'static str {
    if reasons.is_empty() { "healthy" } else { "degraded" }
}

#[utoipa::path(
    get, path = "/api/health", tag = "health", operation_id = "health",
    summary = "How the service is, in one line",
    responses(
        (
            status = 200,
            description = "`healthy`, or `degraded` with reasons: answers are as right as ever",
            body = Health<'static>,
        ),
    ),
)]
pub async fn health(service: web::Data<Service>) -> HttpResponse {
    let edition = service.edition();
    let store = service.store().status();
    let reasons = reasons(&store);
    json(&Health {
        status: status(&reasons),
        reasons,
        version: VERSION,
        model_version: edition.engine().model_version(),
        api_version: API_VERSION,
        uptime_seconds: service.uptime().as_secs(),
        alerts_firing: service.alerts_firing(),
        cache: edition.cache().status(),
        store,
    })
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Live {
    status: &'static str,
    uptime_seconds: u64,
}

/// The process runs and its event loop turns. Nothing else: a restart would mend nothing else.
#[utoipa::path(
    get, path = "/api/health/live", tag = "health", operation_id = "live",
    summary = "The process answers",
    responses((status = 200, description = "It does", body = Live)),
)]
pub async fn live(service: web::Data<Service>) -> HttpResponse {
    json(&Live { status: "alive", uptime_seconds: service.uptime().as_secs() })
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Ready<'a> {
    /// `ready`, or `stopping` with 503.
    status: &'static str,
    model: ModelPart<'a>,
    /// Whether the likely answers are kept ahead: `off`, `filling` or `done`.
    warm: &'static str,
    answers_ahead: usize,
    store: &'static str,
    degraded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ModelPart<'a> {
    /// Loaded and tried at the start, or there would be no service.
    loaded: bool,
    version: &'a str,
    backend: String,
    sessions: usize,
}

fn model(engine: &Engine) -> ModelPart<'_> {
    ModelPart {
        loaded: true,
        version: engine.model_version(),
        backend: engine.model().backend().to_string(),
        sessions: engine.model().sessions(),
    }
}

/// Whether to send it requests: it listens when it is ready, and says on the connections that it still has
/// when it stops. Not being warm or without its store it answers as rightly, a little slower.
#[utoipa::path(
    get, path = "/api/health/ready", tag = "health", operation_id = "ready",
    summary = "Whether to send it requests",
    responses(
        (status = 200, description = "It is", body = Ready<'static>),
        (status = 503, description = "It stops: `stopping`", body = Ready<'static>),
    ),
)]
pub async fn ready(request: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    let store = service.store().status();
    let observer = request.app_data::<Rc<Observer>>();
    let edition = service.edition();
    let stops = observer.is_some_and(|observer| observer.stopping.is_asked());
    let mut answer = if stops { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() };
    answer.insert_header((CACHE_CONTROL, "no-store")).json(Ready {
        status: if stops { "stopping" } else { "ready" },
        model: model(edition.engine()),
        warm: service.warmth(),
        answers_ahead: edition.cache().status().ahead_entries,
        store: store.state,
        degraded: store.fault.is_some(),
        reason: store.reason,
    })
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CachePart {
    #[serde(flatten)]
    status: CacheStatus,
    memory_ttl_seconds: u64,
    store_ttl_seconds: u64,
    warm: &'static str,
}

fn cache_part(service: &Service) -> CachePart {
    CachePart {
        status: service.edition().cache().status(),
        memory_ttl_seconds: service.edition().cache().memory_ttl().as_secs(),
        store_ttl_seconds: service.store().ttl().as_secs(),
        warm: service.warmth(),
    }
}

#[utoipa::path(
    get, path = "/api/health/cache", tag = "health", operation_id = "health_cache",
    summary = "How the cache is",
    responses((status = 200, description = "How it is", body = CachePart)),
)]
pub async fn cache(service: web::Data<Service>) -> HttpResponse {
    json(&cache_part(&service))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DatabasePart {
    status: &'static str,
    /// Whether the file took something lately; it is tried once a minute.
    writable: bool,
    #[serde(flatten)]
    store: StoreStatus,
    history: Backlog,
    thresholds: Thresholds,
}

/// Beyond these something should be done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Thresholds {
    last_write_seconds: u64,
    verified_seconds: u64,
    rows_waiting: usize,
}

fn database_part(service: &Service) -> DatabasePart {
    let store = service.store().status();
    let recently = store.last_write_seconds.is_some_and(|age| age <= WRITABLE_SECONDS);
    DatabasePart {
        status: status(&reasons(&store)),
        writable: store.state == "open" && recently,
        thresholds: Thresholds {
            last_write_seconds: WRITABLE_SECONDS,
            verified_seconds: VERIFIED_SECONDS,
            rows_waiting: store.most_rows_waiting,
        },
        store,
        history: service.telemetry().history.backlog(),
    }
}

#[utoipa::path(
    get, path = "/api/health/database", tag = "health", operation_id = "health_database",
    summary = "How the store is",
    responses((status = 200, description = "How it is", body = DatabasePart)),
)]
pub async fn database(service: web::Data<Service>) -> HttpResponse {
    json(&database_part(&service))
}

#[utoipa::path(
    get, path = "/api/health/performance", tag = "health", operation_id = "health_performance",
    summary = "A score, with reasons for what is lost",
    responses((status = 200, description = "How it performs", body = Score)),
)]
pub async fn performance(service: web::Data<Service>) -> HttpResponse {
    json(&service.score())
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Detailed<'a> {
    status: &'static str,
    reasons: Vec<String>,
    version: &'a str,
    api_version: &'a str,
    uptime_seconds: u64,
    model: ModelPart<'a>,
    charts: Vec<String>,
    cache: CachePart,
    database: DatabasePart,
    performance: Score,
    upkeep: Vec<Duty>,
    alerts: Vec<FiringStatus>,
    process: ProcessFigures,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Duty {
    #[serde(flatten)]
    status: DutyStatus,
    age_seconds: i64,
}

/// Everything, with ages and thresholds.
#[utoipa::path(
    get, path = "/api/health/detailed", tag = "health", operation_id = "health_detailed",
    summary = "Everything, with ages and thresholds",
    responses((status = 200, description = "How it is", body = Detailed<'static>)),
)]
pub async fn detailed(service: web::Data<Service>) -> HttpResponse {
    let edition = service.edition();
    let database = database_part(&service);
    let reasons = reasons(&database.store);
    let now_ms = service.clock().unix_ms();
    let duty =
        |status: DutyStatus| Duty { age_seconds: (now_ms - status.last_at_ms) / 1_000, status };
    json(&Detailed {
        status: status(&reasons),
        reasons,
        version: VERSION,
        api_version: API_VERSION,
        uptime_seconds: service.uptime().as_secs(),
        model: model(edition.engine()),
        charts: edition.charts(),
        cache: cache_part(&service),
        database,
        performance: service.score(),
        upkeep: service.telemetry().duties.status().into_iter().map(duty).collect(),
        alerts: service.alerts_status().firing,
        process: process::figures(),
    })
}
