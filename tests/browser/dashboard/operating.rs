//! What an operator does from the dashboard, behind the token, and what they are told of it.

use super::{DESK, Dashboard, TOKEN, operated, watched};
use crate::running::{JSON, send};
use serde_json::json;

fn opened(port: u16) -> Option<Dashboard> {
    let dashboard = Dashboard::open(port, DESK)?;
    dashboard.wait_for_panel("admin", "ok");
    Some(dashboard)
}

fn with_token(dashboard: &Dashboard, token: &str) {
    dashboard.tap("#token");
    dashboard.write(token);
}

#[test]
fn without_a_token_in_force_nothing_can_be_done_and_it_says_why() {
    let service = watched(|_| {});
    let Some(dashboard) = opened(service.port) else { return };
    dashboard.wait_for_words("admin", "SUITSIZE_ADMIN_TOKEN");
    let usable = "[...document.querySelectorAll('[data-panel=admin] button:enabled')].filter((e) => e.checkVisibility()).length";
    assert_eq!(dashboard.value(usable), 0);
}

#[test]
fn optimising_shows_before_and_after() {
    let service = operated();
    let Some(dashboard) = opened(service.port) else { return };
    with_token(&dashboard, TOKEN);
    dashboard.act("optimize");
    dashboard.wait_for_words("admin", "done in");
    let told = dashboard.panel("admin");
    assert!(told.contains("Cached answers") && told.contains("Recorded in the audit"), "{told}");
    // The token is nowhere in the page or the browser.
    let held = "document.documentElement.outerHTML + JSON.stringify({...localStorage, ...sessionStorage}) + location.href + [...document.querySelectorAll('input')].map((i) => i.value)";
    assert!(!dashboard.string(held).contains(TOKEN));
}

#[test]
fn clearing_asks_first_and_says_what_went() {
    let service = operated();
    let ask = |weight: u32| {
        let question = json!({"height": 175, "weight": weight}).to_string();
        send(service.port, "POST", "/api/recommend", &[JSON], question.as_bytes())
    };
    ask(75);
    ask(76);
    let Some(dashboard) = opened(service.port) else { return };
    with_token(&dashboard, TOKEN);
    dashboard.act("clear");
    dashboard.act("cancel");
    let again = || ask(75);
    assert_eq!(again().header("x-cache"), "HIT-MEMORY", "nothing is done before it is confirmed");
    dashboard.act("clear");
    dashboard.act("confirm");
    dashboard.wait_for_words("admin", "2 answers deleted from memory");
    assert_eq!(again().header("x-cache"), "MISS");
}

#[test]
fn a_wrong_token_is_refused_in_words() {
    let service = operated();
    let Some(dashboard) = opened(service.port) else { return };
    dashboard.may_miss_answers();
    with_token(&dashboard, "another-secret-that-is-long-enough-to-be-one");
    dashboard.act("optimize");
    dashboard.wait_for_words("admin", "refused, 401");
    // It is not held: the field is there again, and empty.
    assert_eq!(dashboard.string("document.querySelector('#token').value"), "");
    assert_eq!(dashboard.value("document.querySelector('#token').checkVisibility()"), json!(true));
}
