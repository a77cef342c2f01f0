//! `GET /metrics`, `GET /api/metrics`: everything that is counted, for Prometheus.

use crate::service::Service;
use crate::telemetry::CONTENT_TYPE;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

#[utoipa::path(
    get, path = "/metrics", tag = "performance", operation_id = "metrics",
    summary = "Everything that is counted, for Prometheus",
    responses(
        (
            status = 200,
            description = "Prometheus text format",
            body = String,
            content_type = "text/plain",
        ),
    ),
)]
pub async fn metrics(service: web::Data<Service>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(CONTENT_TYPE)
        .body(service.metrics())
}
