//! `GET /api/openapi.json`, the contract, and `GET /api/docs`, a page to read and to try it on. All of it is in
//! the binary: it works where there is no network.

use super::assets::Asset;
use super::problem;
use actix_web::{HttpRequest, HttpResponse};

/// Kept the same as the code by `tests/it/openapi.rs`.
static CONTRACT: Asset =
    Asset::plain("application/json", include_bytes!("../../docs/openapi.json"));
static PAGE: Asset =
    Asset::plain("text/html; charset=utf-8", include_bytes!("../../web/docs/index.html"));

/// What the page loads, by name.
static PARTS: [(&str, Asset); 4] = [
    (
        "page.css",
        Asset::plain("text/css; charset=utf-8", include_bytes!("../../web/docs/page.css")),
    ),
    (
        "page.js",
        Asset::plain("text/javascript; charset=utf-8", include_bytes!("../../web/docs/page.js")),
    ),
    (
        "swagger-ui.css",
        Asset::gzip(
            "text/css; charset=utf-8",
            include_bytes!("../../web/vendor/swagger-ui/swagger-ui.css.gz"),
        ),
    ),
    (
        "swagger-ui-bundle.js",
        Asset::gzip(
            "text/javascript; charset=utf-8",
            include_bytes!("../../web/vendor/swagger-ui/swagger-ui-bundle.js.gz"),
        ),
    ),
];

/// This contract
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "contract", operation_id = "contract",
    responses(
        (status = 200, description = "OpenAPI 3.1", body = serde_json::Value),
        (status = 304, description = "The copy that If-None-Match names is still good"),
    ),
)]
pub async fn contract(request: HttpRequest) -> HttpResponse {
    CONTRACT.answer(&request)
}

/// A page to read it and to try it on
#[utoipa::path(
    get, path = "/api/docs", tag = "contract", operation_id = "page",
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        (status = 304, description = "The copy that If-None-Match names is still good"),
    ),
)]
pub async fn page(request: HttpRequest) -> HttpResponse {
    PAGE.answer(&request)
}

/// What the page loads
#[utoipa::path(
    get, path = "/api/docs/{file}", tag = "contract", operation_id = "page_part",
    params(("file" = PartName, Path, description = "Name of the part")),
    responses(
        (
            status = 200,
            description = "A part of the page",
            content( (String = "text/css"), (String = "text/javascript"), ),
        ),
        (status = 304, description = "The copy that If-None-Match names is still good"),
    ),
)]
pub async fn part(request: HttpRequest) -> HttpResponse {
    let wanted = request.match_info().get("file").unwrap_or_default();
    match PARTS.iter().find(|(name, _)| *name == wanted) {
        Some((_, asset)) => asset.answer(&request),
        None => problem::not_found(request).await,
    }
}

/// The parts of the page.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
pub(super) enum PartName {
    #[schema(rename = "page.css")]
    PageCss,
    #[schema(rename = "page.js")]
    PageJs,
    #[schema(rename = "swagger-ui.css")]
    SwaggerCss,
    #[schema(rename = "swagger-ui-bundle.js")]
    SwaggerJs,
}
