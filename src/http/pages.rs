//! The pages for people, and what they load: the kiosk at `/`, the operator's at `/dashboard`, their files
//! below `/pages/` by their path in `web/`, and the texts in `/pages/wording/`.
//!
//! They are not part of the contract: only the pages know these files. All are in the binary, but a shop's
//! own texts, which come from the edition in force.

use super::{assets, assets::Asset, problem};
use crate::service::Service;
use crate::sizing::wording::Language;
use actix_web::{HttpRequest, HttpResponse, web};

/// A file of `web/` under its path.
macro_rules! file {
    ($path:literal) => {
        ($path, Asset::plain(content_type($path), include_bytes!(concat!("../../web/", $path))))
    };
}

/// Everything of `web/kiosk` and `web/dashboard`, and what they use of `web/vendor`: a test compares.
static FILES: [(&str, Asset); 95] = [
    file!("kiosk/api.js"),
    file!("kiosk/bar.js"),
    file!("kiosk/clock.js"),
    file!("kiosk/connection.js"),
    file!("kiosk/counts.js"),
    file!("kiosk/dialog.js"),
    file!("kiosk/dom.js"),
    file!("kiosk/drawings/bodies.js"),
    file!("kiosk/drawings/icons.js"),
    file!("kiosk/drawings/jacket.js"),
    file!("kiosk/drawings/people.js"),
    file!("kiosk/entry.js"),
    file!("kiosk/first.js"),
    file!("kiosk/flow.js"),
    file!("kiosk/history.js"),
    file!("kiosk/hold.js"),
    file!("kiosk/icon.svg"),
    file!("kiosk/idle.js"),
    file!("kiosk/index.html"),
    file!("kiosk/labels.js"),
    file!("kiosk/main.js"),
    file!("kiosk/mistake.js"),
    file!("kiosk/qr.js"),
    file!("kiosk/question.js"),
    file!("kiosk/rescue.js"),
    file!("kiosk/screens/answer.js"),
    file!("kiosk/screens/attract.js"),
    file!("kiosk/screens/change.js"),
    file!("kiosk/screens/choices.js"),
    file!("kiosk/screens/frame.js"),
    file!("kiosk/screens/numbers.js"),
    file!("kiosk/screens/parts.js"),
    file!("kiosk/screens/result.js"),
    file!("kiosk/screens/sizes.js"),
    file!("kiosk/screens/staff.js"),
    file!("kiosk/settings.js"),
    file!("kiosk/sheet.js"),
    file!("kiosk/standing.js"),
    file!("kiosk/state.js"),
    file!("kiosk/style/answer.css"),
    file!("kiosk/style/base.css"),
    file!("kiosk/style/print.css"),
    file!("kiosk/style/questions.css"),
    file!("kiosk/taps.js"),
    file!("kiosk/tell.js"),
    file!("kiosk/texts.js"),
    file!("kiosk/units.js"),
    file!("kiosk/verdict.js"),
    file!("kiosk/view.js"),
    file!("dashboard/api.js"),
    file!("dashboard/chart.js"),
    file!("dashboard/dom.js"),
    file!("dashboard/format.js"),
    file!("dashboard/icon.svg"),
    file!("dashboard/index.html"),
    file!("dashboard/judge.js"),
    file!("dashboard/layout.css"),
    file!("dashboard/look.css"),
    file!("dashboard/main.js"),
    file!("dashboard/paint.js"),
    file!("dashboard/panel.js"),
    file!("dashboard/panels/admin.js"),
    file!("dashboard/panels/alerts.js"),
    file!("dashboard/panels/configuration.js"),
    file!("dashboard/panels/controls.js"),
    file!("dashboard/panels/errors.js"),
    file!("dashboard/panels/figures.js"),
    file!("dashboard/panels/histogram.js"),
    file!("dashboard/panels/hits.js"),
    file!("dashboard/panels/latency.js"),
    file!("dashboard/panels/nothing-asked.js"),
    file!("dashboard/panels/process.js"),
    file!("dashboard/panels/requests.js"),
    file!("dashboard/panels/routes.js"),
    file!("dashboard/panels/slowest.js"),
    file!("dashboard/panels/store.js"),
    file!("dashboard/panels/tiers.js"),
    file!("dashboard/panels/upkeep.js"),
    file!("dashboard/panels/verdict.js"),
    file!("dashboard/panels/versions.js"),
    file!("dashboard/panels/words.js"),
    file!("dashboard/poll.js"),
    file!("dashboard/series.js"),
    file!("dashboard/service-time.js"),
    file!("dashboard/state.js"),
    file!("dashboard/table.js"),
    file!("dashboard/theme-early.js"),
    file!("dashboard/theme.js"),
    file!("dashboard/time.js"),
    file!("vendor/lean-qr/LICENSE"),
    file!("vendor/lean-qr/index.mjs"),
    file!("vendor/lean-qr/svg.mjs"),
    file!("vendor/uplot/LICENSE"),
    file!("vendor/uplot/uPlot.css"),
    file!("vendor/uplot/uPlot.js"),
];

const fn content_type(path: &str) -> &'static str {
    match path.as_bytes() {
        [.., b'.', b'h', b't', b'm', b'l'] => "text/html; charset=utf-8",
        [.., b'.', b'c', b's', b's'] => "text/css; charset=utf-8",
        [.., b'.', b'j', b's'] | [.., b'.', b'm', b'j', b's'] => "text/javascript; charset=utf-8",
        [.., b'.', b's', b'v', b'g'] => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

/// The page for shoppers.
pub async fn kiosk(request: HttpRequest) -> HttpResponse {
    send(request, "kiosk/index.html").await
}

/// The page for who runs the service.
pub async fn dashboard(request: HttpRequest) -> HttpResponse {
    send(request, "dashboard/index.html").await
}

/// What the pages load.
pub async fn file(request: HttpRequest) -> HttpResponse {
    let path = request.match_info().get("file").unwrap_or_default().to_owned();
    send(request, &path).await
}

/// The texts of the pages in one language, as they are in force.
pub async fn wording(request: HttpRequest, service: web::Data<Service>) -> HttpResponse {
    let name = request.match_info().get("language").unwrap_or_default();
    let language = name.strip_suffix(".json").and_then(Language::of_tag);
    let Some(language) = language else { return problem::not_found(request).await };
    let edition = service.edition();
    let wording = edition.engine().wordings().get(language);
    assets::answer(&request, &wording.hash, "application/json", &wording.json)
}

async fn send(request: HttpRequest, path: &str) -> HttpResponse {
    match FILES.iter().find(|(name, _)| *name == path) {
        Some((_, asset)) => asset.answer(&request),
        None => problem::not_found(request).await,
    }
}
