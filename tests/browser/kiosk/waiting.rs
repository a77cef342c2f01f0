//! A service that is away, busy or limits: the kiosk says so, waits, and goes on by itself.

use super::{Kiosk, MAN};
use crate::page::Options;
use crate::running::Running;
use crate::words;
use serde_json::json;
use suitsize::config::Rate;

const AWAY: &str = "document.querySelector('[data-dialog=\"away\"]') !== null";

/// Answers the next question in the service's place, as one that has nothing left to give.
fn refuse_with(kiosk: &Kiosk, status: u16, seconds: u32) {
    kiosk.value(&format!(
        "(() => {{
           const fetch = window.fetch;
           let isFirst = true;
           window.fetch = (path, ...rest) => {{
             if (!String(path).includes('/api/recommend') || !isFirst) return fetch(path, ...rest);
             isFirst = false;
             window.isRefused = true;
             const headers = {{'retry-after': '{seconds}', 'content-type': 'application/problem+json'}};
             return Promise.resolve(new Response('{{}}', {{status: {status}, headers}}));
           }};
           return true;
         }})()"
    ));
}

fn at_weight(service: &Running) -> Option<Kiosk> {
    let kiosk = Kiosk::at(service.port, Options::DRIVEN, "/")?;
    kiosk.start(MAN.sex);
    kiosk.enter(MAN.height);
    kiosk.wait_for("weight");
    kiosk.type_digits(MAN.weight);
    Some(kiosk)
}

#[test]
fn a_service_that_stops_and_comes_back_answers_what_was_asked() {
    let service = Running::start(|_| {});
    let port = service.port;
    let Some(kiosk) = at_weight(&service) else { return };
    kiosk.may_miss_answers();
    let dir = service.stop();
    kiosk.touch("next");
    kiosk.wait("the wait is told", AWAY);
    let (told, words) = (kiosk.text("dialog[open]"), words::book("en"));
    for part in [".kiosk.away.title", ".kiosk.away.text"] {
        assert!(told.contains(&words[part]), "{told}");
    }
    // Looked for, and not there yet.
    kiosk.seconds(10);
    assert_eq!(kiosk.value(AWAY), json!(true));

    let _service = Running::start_in(dir, |settings| settings.port = Some(port));
    // It is looked for every ten seconds at the least; after thirty in all nobody would be there any more.
    kiosk.seconds(12);
    kiosk.wait_for("answer");
    assert_eq!(kiosk.value(AWAY), json!(false));
    assert!(kiosk.size().ends_with('R'), "{}", kiosk.size());

    // What came back may be another version: its files are taken when nobody is in the middle of anything.
    kiosk.value("(window.isOld = true)");
    kiosk.touch("start-over");
    kiosk.seconds(1);
    kiosk.wait("the page is loaded anew", "window.isOld !== true");
    kiosk.wait_for("attract");
}

#[test]
fn who_does_not_want_to_wait_starts_over() {
    let service = crate::service::shared();
    let Some(kiosk) = at_weight(&service) else { return };
    kiosk.may_miss_answers();
    kiosk.reachable(false);
    kiosk.touch("next");
    kiosk.wait("the wait is told", AWAY);
    kiosk.touch("start-over");
    kiosk.wait_for("attract");
    kiosk.reachable(true);
}

#[test]
fn a_busy_service_is_asked_again_when_it_said() {
    for (status, seconds, is_explained) in [(429, 1, false), (503, 2, false), (503, 20, true)] {
        let service = crate::service::shared();
        let Some(kiosk) = at_weight(&service) else { return };
        refuse_with(&kiosk, status, seconds);
        kiosk.touch("next");
        kiosk.wait("it is asked", "window.isRefused");
        assert_eq!(kiosk.value(AWAY), json!(is_explained), "{status} for {seconds} s");
        assert_eq!(kiosk.screen(), "weight");
        kiosk.seconds(u64::from(seconds));
        kiosk.wait_for("answer");
    }
}

#[test]
fn a_limit_is_waited_for() {
    // Enough for the page's own files, and soon used up by another page of the same client.
    let service = Running::start(|settings| {
        settings.limits.rate_limit = Rate::parse("200/min").unwrap();
    });
    let Some(kiosk) = Kiosk::open(service.port) else { return };
    kiosk.may_miss_answers();
    kiosk.start(MAN.sex);
    kiosk.enter(MAN.height);
    kiosk.wait_for("weight");
    kiosk.type_digits(MAN.weight);
    let used_up = |_: &usize| service.ask(&json!({"height": 170, "weight": 70})).status == 429;
    assert!((0..400).find(used_up).is_some(), "the limit is never reached");
    kiosk.touch("next");
    kiosk.wait_for("answer");
}
