//! What the dashboard shows of a service that is new, busy, sick, alarmed or gone; each state is looked at by
//! axe-core, by its layout and in a picture, dark and light, on a desk and on a telephone.

use super::{DESK, Dashboard, roomy, watched};
use crate::page::{DESKTOP, Options, PHONE};
use crate::running::Running;
use crate::{axe, layout, pictures};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// The least side of a target of a desk's page, as WCAG 2.2 AA has it.
const POINTER: u32 = 24;

/// What a glance at the page as it is finds wrong, in both schemes of colours and two sizes.
fn check(dashboard: &Dashboard, name: &str) {
    let mut faults = Vec::new();
    for (view, dark) in [(PHONE, true), (PHONE, false), (DESKTOP, true), (DESKTOP, false)] {
        dashboard.look_with(view);
        dashboard.media("", dark);
        let scheme = if dark { "dark" } else { "light" };
        dashboard.value("scrollTo(0, 0) ?? true");
        dashboard.settle();
        let mut tell = |what: &str, found: Vec<String>| {
            let at = format!("{scheme} at {}", view.width);
            faults.extend(found.into_iter().map(|fault| format!("{at}: {what}: {fault}")));
        };
        tell("layout", layout::faults(dashboard, POINTER));
        if view == DESKTOP {
            tell("axe", axe::look(dashboard).violations);
        }
        pictures::keep(dashboard, view, &format!("dashboard-{name}-{scheme}"));
    }
    assert!(faults.is_empty(), "{name}: {faults:#?}");
}

/// Questions of different bodies, some of them twice, some that are refused.
fn busy(service: &Running) {
    for n in 0..60 {
        service.ask(&json!({"height": 160 + n / 2, "weight": 60 + n / 2}));
    }
    for _ in 0..5 {
        service.ask(&json!({"height": 20, "weight": 60}));
    }
}

macro_rules! dashboard {
    ($service:expr, $options:expr) => {
        match Dashboard::open($service.port, $options) {
            Some(dashboard) => dashboard,
            None => return,
        }
    };
}

#[test]
fn before_anything_is_known_places_are_kept() {
    let service = watched(|_| {});
    let Some(page) = crate::page::Page::open(&crate::service::address(service.port), DESK) else {
        return;
    };
    // Answers that do not come yet.
    page.before_scripts("window.fetch = () => new Promise(() => {});");
    page.go("/dashboard");
    page.wait("the page", "document.querySelector('[data-action=refresh]')");
    assert_eq!(page.string("document.querySelector('main').dataset.verdict"), "loading");
    let height =
        "document.querySelector('[data-panel=latency]').getBoundingClientRect().height > 100";
    assert_eq!(page.value(height), json!(true));
    pictures::keep(&page, DESKTOP, "dashboard-loading-light");
    assert_eq!(axe::look(&page).violations, [""; 0]);
}

#[test]
fn a_new_service_says_that_nobody_has_asked_and_how_to() {
    let service = watched(|_| {});
    let dashboard = dashboard!(service, DESK);
    dashboard.wait_for_verdict("healthy");
    dashboard.wait_until_whole();
    dashboard.wait_for_panel("nothing-asked", "empty");
    let command = dashboard.text("[data-panel=nothing-asked] pre");
    assert!(command.starts_with("curl ") && command.contains("api/recommend"), "{command}");
    check(&dashboard, "empty");
}

#[test]
fn under_load_its_figures_are_the_services_own() {
    let service = watched(|_| {});
    busy(&service);
    let dashboard = dashboard!(service, DESK);
    dashboard.wait_until_whole();
    let told = service.get("/api/performance?minutes=15&route=/api/recommend").json();
    let asked = told["totals"]["requests"].as_u64().unwrap();
    assert_eq!(asked, 65);
    let routes = dashboard.panel("routes");
    let row = routes.lines().find(|line| line.contains("/api/recommend")).unwrap();
    assert!(row.contains("65"), "{routes}");
    let sum = dashboard.text("[data-panel=requests] .summary");
    assert!(sum.contains("60 of them answered questions"), "{sum}");
    let hits = told["tiers"].as_array().map(Vec::len);
    assert!(hits.is_none() || hits > Some(0), "{told}");
    // Percentiles are of a histogram's steps: the page writes them with fewer digits.
    let p99 = told["totals"]["latency"]["p99Ms"].as_f64().unwrap();
    let tile = "[...document.querySelectorAll('[data-panel=figures] div')].find((e) => e.innerText.startsWith('p99')).querySelector('dd').innerText";
    let shown = dashboard.string(tile);
    let number: f64 = shown.split_whitespace().next().unwrap().parse().unwrap();
    let number = if shown.contains("µs") { number / 1_000.0 } else { number };
    assert!((number - p99).abs() <= p99 * 0.06 + 0.01, "{shown} for {p99} ms");
    for panel in ["requests", "errors", "latency", "histogram", "hits"] {
        assert_eq!(
            dashboard
                .value(&format!("document.querySelector('[data-panel={panel}] canvas') !== null")),
            json!(true),
            "{panel} is painted"
        );
    }
    check(&dashboard, "busy");
}

#[test]
fn each_chart_can_be_read_as_a_table() {
    let service = watched(|_| {});
    busy(&service);
    let dashboard = dashboard!(service, DESK);
    dashboard.wait_until_whole();
    let charts = ["requests", "errors", "latency", "histogram", "hits", "memory", "processor"];
    for panel in charts {
        let table = format!("[data-panel={panel}] table");
        dashboard.tap(&format!("[data-panel={panel}] [data-action=table]"));
        let rows = format!("document.querySelectorAll('{table} tbody tr').length > 0");
        dashboard.wait(&format!("rows of {panel}"), &rows);
        let heads = format!("document.querySelectorAll('{table} th[scope=col]').length >= 2");
        assert_eq!(dashboard.value(&heads), json!(true), "{panel}");
        assert!(!dashboard.is_there(&format!("{table}:empty")));
    }
    check(&dashboard, "tables");
}

#[test]
fn every_range_is_asked_for() {
    let service = watched(|_| {});
    busy(&service);
    let dashboard = dashboard!(service, DESK);
    for (range, query) in
        [("hour", "hours=1"), ("day", "hours=24"), ("week", "days=7"), ("now", "minutes=15")]
    {
        dashboard.act(&format!("range-{range}"));
        dashboard.wait_until_whole();
        let asked = dashboard.requests();
        assert!(asked.iter().any(|request| request.url.contains(query)), "{range}");
        let pressed = "document.querySelector('.ranges [aria-pressed=true]').dataset.action";
        assert_eq!(dashboard.string(pressed), format!("range-{range}"));
    }
}

#[test]
fn a_store_that_does_not_work_is_told_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("suitsize.db")).unwrap();
    let service = Running::start_in(dir, roomy);
    busy(&service);
    let dashboard = dashboard!(service, DESK);
    dashboard.wait_for_verdict("degraded");
    dashboard.wait_for_words("verdict", "What to do");
    assert!(
        dashboard.panel("verdict").contains("Answers stay right"),
        "{}",
        dashboard.panel("verdict")
    );
    assert!(dashboard.panel("store").contains("closed"), "{}", dashboard.panel("store"));
    check(&dashboard, "store-away");
}

/// A rule that holds on any machine, and is believed at once.
fn alarmed() -> (Running, tempfile::NamedTempFile) {
    let rules = json!({"rules": [{
        "name": "disk_low", "metric": "freeDiskBytes", "condition": "below", "threshold": 1e15,
        "severity": "error", "occurrences": 1,
        "summary": "The disk is nearly full.", "action": "Make room on the disk."
    }]});
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(rules.to_string().as_bytes()).unwrap();
    let path = file.path().to_owned();
    let service = watched(|settings| settings.watch.alerts = Some(path));
    (service, file)
}

#[test]
fn an_alert_is_the_first_thing_that_is_seen() {
    let (service, _rules) = alarmed();
    busy(&service);
    let dashboard = dashboard!(service, DESK);
    dashboard.wait_for_verdict("unhealthy");
    let told = dashboard.panel("verdict");
    assert!(
        told.contains("The disk is nearly full.") && told.contains("Make room on the disk."),
        "{told}"
    );
    dashboard.wait_for_words("alerts", "disk_low");
    dashboard.wait_until_whole();
    check(&dashboard, "alert");
}

#[test]
fn a_service_that_goes_and_comes_back_is_told_as_gone_and_found_again() {
    let service = watched(|_| {});
    busy(&service);
    let port = service.port;
    let dashboard = dashboard!(service, Options { driven: true, ..DESK });
    dashboard.may_miss_answers();
    dashboard.wait_until_whole();
    let routes = dashboard.panel("routes");
    let dir = service.stop();
    dashboard.advance(Duration::from_secs(20));
    dashboard.wait_for_verdict("unreachable");
    assert!(dashboard.panel("routes").contains(routes.lines().last().unwrap()), "figures stay");
    dashboard.wait_for_words("requests", "old, of");
    check(&dashboard, "gone");

    let _service = Running::start_in(dir, |settings| {
        roomy(settings);
        settings.port = Some(port);
    });
    // It is looked for at most every half minute.
    dashboard.advance(Duration::from_secs(40));
    dashboard.wait_for_verdict("healthy");
    dashboard.wait_until_whole();
}

#[test]
fn one_address_that_fails_leaves_the_others() {
    let service = watched(|_| {});
    busy(&service);
    let Some(page) = crate::page::Page::open(&crate::service::address(service.port), DESK) else {
        return;
    };
    page.before_scripts(
        "const own = window.fetch;
         window.fetch = (path, ...rest) => String(path).includes('api/alerts')
           ? Promise.resolve(new Response('{\"code\": \"internal\", \"title\": \"Ours\", \"detail\": \"It failed here\"}', {status: 500}))
           : own(path, ...rest);",
    );
    page.go("/dashboard");
    let state = "document.querySelector('[data-panel=alerts]').dataset.state === 'failing'";
    page.wait("alerts fail", state);
    page.wait("the rest", "document.querySelector('[data-panel=requests]').dataset.state === 'ok'");
    assert!(page.text("[data-panel=verdict]").contains("The alerts cannot be had"));
}

#[test]
fn nobody_is_asked_while_it_is_paused() {
    let service = watched(|_| {});
    let dashboard = dashboard!(service, Options { driven: true, ..DESK });
    dashboard.wait_until_whole();
    dashboard.act("pause");
    dashboard
        .wait("it has paused", "document.querySelector('[data-action=pause][aria-pressed=true]')");
    let asked = dashboard.requests().len();
    dashboard.advance(Duration::from_secs(300));
    assert_eq!(dashboard.requests().len(), asked);
    dashboard.act("pause");
    dashboard.advance(Duration::from_secs(5));
    let more = "performance.getEntriesByType('resource').length > 0";
    dashboard.wait("it goes on", more);
}

/// What an hour of looking costs the service: by a driven clock.
#[test]
fn it_asks_one_thing_at_a_time_and_not_often() {
    let service = watched(|_| {});
    let dashboard = dashboard!(service, Options { driven: true, ..DESK });
    dashboard.wait_until_whole();
    let before = dashboard.requests().len();
    for _ in 0..60 {
        dashboard.advance(Duration::from_secs(1));
    }
    let asked = dashboard.requests().len() - before;
    assert!((1..=48).contains(&asked), "{asked} in a minute");
}

#[test]
fn colours_are_chosen_and_remembered() {
    let service = crate::service::shared();
    let dashboard = dashboard!(service, DESK);
    dashboard.act("theme");
    let theme = "document.documentElement.dataset.theme ?? 'of the system'";
    assert_eq!(dashboard.string(theme), "dark");
    dashboard.reload();
    assert_eq!(dashboard.string(theme), "dark");
    let stored: Value = dashboard.value("Object.keys(localStorage)");
    assert_eq!(stored, json!(["suitsize-dashboard-theme"]));
    dashboard.act("theme");
    assert_eq!(dashboard.string(theme), "of the system");
}
