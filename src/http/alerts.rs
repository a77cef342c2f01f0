//! `GET /api/alerts`: the rules in force, what fires and since when, what has resolved.

use crate::service::Service;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

pub async fn alerts(service: web::Data<Service>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(service.alerts_status())
}
