//! `GET /api/alerts`: the rules in force, what fires and since when, what has resolved, and how telling it
//! fares.

use crate::service::Service;
use crate::telemetry::alerts::{AlertsStatus, Webhook, WebhookStatus};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = AlertsAnswer)]
struct Answer {
    #[serde(flatten)]
    status: AlertsStatus,
    /// `null`: nobody is told.
    webhook: Option<WebhookStatus>,
}

#[utoipa::path(
    get, path = "/api/alerts", tag = "performance", operation_id = "alerts",
    summary = "The rules, what fires and what has resolved",
    responses((status = 200, description = "As of the last evaluation", body = Answer)),
)]
pub async fn alerts(service: web::Data<Service>) -> HttpResponse {
    let answer =
        Answer { status: service.alerts_status(), webhook: service.webhook().map(Webhook::status) };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer)
}
