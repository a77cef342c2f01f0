//! `GET /api/health`: one line for a platform's check.
//!
//! `degraded` is no reason to restart: answers are right and come from memory and model. It stays 200.

use crate::service::{CacheStatus, Service, StoreStatus};
use crate::{API_VERSION, VERSION};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;

#[derive(Serialize)]
struct Health<'a> {
    /// A service that answers at all has its model loaded and tried: only the store can be lacking.
    status: &'static str,
    /// What is lacking, in a sentence each.
    reasons: Vec<String>,
    version: &'a str,
    model_version: &'a str,
    api_version: &'a str,
    cache: CacheStatus,
    store: StoreStatus,
}

pub async fn health(service: web::Data<Service>) -> HttpResponse {
    let store = service.store().status();
    let reasons: Vec<_> = store.reason.iter().map(|reason| format!("store: {reason}")).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Health {
        status: if reasons.is_empty() { "healthy" } else { "degraded" },
        reasons,
        version: VERSION,
        model_version: service.engine().model_version(),
        api_version: API_VERSION,
        cache: service.cache().status(),
        store,
    })
}
