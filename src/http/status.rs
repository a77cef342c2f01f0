//! `GET /api/status`: which program this is, with which model, charts and texts, and the configuration in force.

use super::openapi::shapes;
use crate::service::Service;
use crate::{API_VERSION, VERSION};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A setting in force, as it is told to anybody: a secret is only "set".
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingInForce {
    pub name: String,
    pub variable: String,
    /// `null`: not set. Of a secret `set`.
    #[schema(required)]
    pub value: Option<String>,
    #[schema(required)]
    pub unit: Option<&'static str>,
    /// `flag`, `environment`, `platform` or `default`.
    #[schema(value_type = shapes::SettingSource)]
    pub source: &'static str,
}

/// Found once, at the start.
pub type Configuration = Arc<[SettingInForce]>;

/// Which program runs, with what.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    version: &'a str,
    api_version: &'a str,
    started_at_ms: i64,
    uptime_seconds: u64,
    build: Build,
    model: Model<'a>,
    charts: Vec<Chart>,
    /// What tells the texts of answers from any others.
    wording: String,
    configuration: &'a [SettingInForce],
}

/// What was built, and for what.
#[derive(Serialize, ToSchema)]
#[schema(as = ProgramBuild)]
#[serde(rename_all = "camelCase")]
struct Build {
    profile: &'static str,
    os: &'static str,
    architecture: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ModelInForce)]
#[serde(rename_all = "camelCase")]
struct Model<'a> {
    version: &'a str,
    backend: String,
    sessions: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ChartInForce)]
struct Chart {
    id: String,
    version: String,
}

const BUILD: Build = Build {
    profile: if cfg!(debug_assertions) { "debug" } else { "release" },
    os: std::env::consts::OS,
    architecture: std::env::consts::ARCH,
};

#[utoipa::path(
    get, path = "/api/status", tag = "health", operation_id = "status",
    summary = "Which program runs, and the settings in force",
    responses((status = 200, description = "What runs", body = Status<'static>)),
)]
pub async fn status(
    service: web::Data<Service>,
    configuration: web::Data<Configuration>,
) -> HttpResponse {
    let uptime = service.uptime();
    let edition = service.edition();
    let engine = edition.engine();
    let charts = engine.charts();
    let chart = |id: &str| {
        let version = charts.get(id).map(|chart| chart.identity()).unwrap_or_default();
        Chart { id: id.to_owned(), version }
    };
    let started_at_ms =
        service.clock().unix_ms().saturating_sub_unsigned(uptime.as_millis() as u64);
    let body = Status {
        version: VERSION,
        api_version: API_VERSION,
        started_at_ms,
        uptime_seconds: uptime.as_secs(),
        build: BUILD,
        model: Model {
            version: engine.model_version(),
            backend: engine.model().backend().to_string(),
            sessions: engine.model().sessions(),
        },
        charts: charts.ids().map(chart).collect(),
        wording: edition.wording().to_owned(),
        configuration: &configuration,
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}
