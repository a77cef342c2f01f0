//! The whole route table, and the position of each route in it, by which requests are counted.

use super::{
    admin, alerts, batch, documents, health, metrics, pages, performance, problem, recommend,
    status,
};
use actix_web::{FromRequest, Handler, HttpRequest, Resource, Responder, Route, web};

/// What requests are counted by; the last is for all that match none.
pub const PATTERNS: &[&str] = &[
    recommend::PATH,
    "/api/recommend/batch",
    "/api/health",
    "/api/health/live",
    "/api/health/ready",
    "/api/health/detailed",
    "/api/health/cache",
    "/api/health/database",
    "/api/health/performance",
    "/api/performance",
    "/api/metrics",
    "/metrics",
    "/api/alerts",
    "/api/status",
    "/api/optimize",
    "/api/cache",
    "/api/cache/warm",
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/{file}",
    "/",
    "/dashboard",
    "/pages/wording/{language}",
    "/pages/{file}*",
    "unmatched",
];

/// A route's position in `PATTERNS`. Comparing whole paths does, most differ in length: the paths with a part
/// that varies are found by `of_answer`.
pub fn position(path: &str) -> usize {
    let last = PATTERNS.len() - 1;
    PATTERNS[..last].iter().position(|pattern| *pattern == path).unwrap_or(last)
}

/// The position of a request that was answered. One whose path was written in another way (`%68ealth`) is
/// found by the route that took it.
pub fn of_answer(position_of_path: usize, request: &HttpRequest) -> usize {
    if position_of_path + 1 < PATTERNS.len() {
        return position_of_path;
    }
    request.match_pattern().map_or(position_of_path, |pattern| position(&pattern))
}

/// The pattern at a position.
pub fn pattern(position: usize) -> &'static str {
    PATTERNS.get(position).unwrap_or(&"unmatched")
}

pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(only(recommend::PATH, "POST", web::post().to(recommend::recommend)))
        .service(only("/api/recommend/batch", "POST", web::post().to(batch::batch)))
        .service(readable("/api/health", health::health))
        .service(readable("/api/health/live", health::live))
        .service(readable("/api/health/ready", health::ready))
        .service(readable("/api/health/detailed", health::detailed))
        .service(readable("/api/health/cache", health::cache))
        .service(readable("/api/health/database", health::database))
        .service(readable("/api/health/performance", health::performance))
        .service(readable("/api/performance", performance::performance))
        .service(readable("/api/metrics", metrics::metrics))
        .service(readable("/metrics", metrics::metrics))
        .service(readable("/api/alerts", alerts::alerts))
        .service(readable("/api/status", status::status))
        .service(only("/api/optimize", "POST", web::post().to(admin::optimize)))
        .service(only("/api/cache", "DELETE", web::delete().to(admin::clear)))
        .service(only("/api/cache/warm", "POST", web::post().to(admin::warm)))
        .service(readable("/api/openapi.json", documents::contract))
        .service(readable("/api/docs", documents::page))
        .service(readable("/api/docs/{file}", documents::part))
        .service(readable("/", pages::kiosk))
        .service(readable("/dashboard", pages::dashboard))
        .service(readable("/pages/wording/{language}", pages::wording))
        .service(readable("/pages/{file}*", pages::file))
        .default_service(web::to(problem::not_found));
}

/// What takes one method.
fn only(path: &str, method: &'static str, route: Route) -> Resource {
    debug_assert!(PATTERNS.contains(&path), "{path} is counted by no name");
    let refuse = move |request| problem::method_not_allowed(request, method);
    web::resource(path).route(route).default_service(web::to(refuse))
}

/// What is read: `HEAD` is answered like `GET`, without the body.
fn readable<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    only(path, "GET, HEAD", web::get().to(handler.clone())).route(web::head().to(handler))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_own_position() {
        for (at, path) in PATTERNS.iter().enumerate() {
            assert_eq!((position(path), pattern(at)), (at, *path));
        }
        for unknown in ["", "//", "/api/recommend/", "/api/health/x", "/API/HEALTH"] {
            assert_eq!(pattern(position(unknown)), "unmatched", "{unknown}");
        }
    }
}
