//! `GET /api/alerts`: the rules in force, what fires and since when, what has resolved, and how telling it
//! fares.

use crate::service::Service;
use crate::telemetry::alerts::{AlertsStatus, Webhook, WebhookStatus};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    status: AlertsStatus,
    /// `null`: nobody is told.
    webhook: Option<WebhookStatus>,
}

pub async fn alerts(service: web::Data<Service>) -> HttpResponse {
    let answer =
        Answer { status: service.alerts_status(), webhook: service.webhook().map(Webhook::status) };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer)
}
