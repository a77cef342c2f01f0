//! `GET /api/health`: one line for a platform's check.

use crate::service::Service;
use crate::{API_VERSION, VERSION};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;

#[derive(Serialize)]
struct Health<'a> {
    /// A service that answers at all has its model loaded and tried: nothing else can fail yet.
    status: &'static str,
    version: &'a str,
    model_version: &'a str,
    api_version: &'a str,
}

pub async fn health(service: web::Data<Service>) -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Health {
        status: "healthy",
        version: VERSION,
        model_version: service.engine().model_version(),
        api_version: API_VERSION,
    })
}
