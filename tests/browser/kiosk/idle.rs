//! Nobody there any more: asked after thirty seconds, and wiped fifteen later, by a driven clock.

use super::{Kiosk, MAN, kiosk};
use crate::page::Options;
use serde_json::json;

const ASKED: &str = "document.querySelector('[data-dialog=\"idle\"]') !== null";

/// Everything that the page and the browser hold of it, as one text.
const HELD: &str = "[
  document.documentElement.outerHTML,
  ...[...document.querySelectorAll('input')].map((input) => input.value),
  location.href, document.title, JSON.stringify(history.state), JSON.stringify({...sessionStorage}), document.cookie,
].join('\\n')";

const STORED: &str = "Object.keys(localStorage).sort()";

/// At the result, with numbers told that nothing else on the page is like.
fn told(kiosk: &Kiosk) {
    kiosk.choose("units", "imperial");
    kiosk.start(MAN.sex);
    kiosk.enter("511");
    kiosk.wait_for("weight");
    kiosk.enter("187");
    kiosk.wait_for("answer");
    kiosk.open_result();
}

#[test]
fn who_says_they_are_there_keeps_everything() {
    let (_service, kiosk) = kiosk!(Options::DRIVEN, "/");
    told(&kiosk);
    let size = kiosk.size();
    kiosk.seconds(29);
    assert_eq!(kiosk.value(ASKED), json!(false), "not before thirty seconds");
    kiosk.seconds(1);
    assert_eq!(kiosk.value(ASKED), json!(true));
    kiosk.seconds(14);
    assert_eq!(kiosk.text(".countdown"), "1");
    kiosk.touch("stay");
    kiosk.seconds(20);
    assert_eq!(kiosk.value(ASKED), json!(false));
    assert_eq!((kiosk.screen().as_str(), kiosk.size()), ("result", size));
}

#[test]
fn when_nobody_answers_nothing_is_left() {
    let (_service, kiosk) = kiosk!(Options::DRIVEN, "/");
    told(&kiosk);
    let size = kiosk.size();
    let held = kiosk.string(HELD);
    assert!(held.contains(&size), "what is looked for is there before");
    // Open at the moment, and taken away with the rest.
    kiosk.touch("qr");
    kiosk.seconds(45);
    kiosk.wait_for("attract");
    is_wiped(&kiosk, &size);

    // Not even by the browser's own way back.
    kiosk.value("history.back() ?? true");
    kiosk.seconds(1);
    is_wiped(&kiosk, &size);
    kiosk.start("male");
    assert_eq!(kiosk.string("document.querySelector('main input').value"), "");
}

fn is_wiped(kiosk: &Kiosk, size: &str) {
    assert_eq!(kiosk.screen(), "attract");
    let held = kiosk.string(HELD);
    for trace in [size, "187", "5′ 11″", "<dialog", "class=\"qr\"", "sheet-size"] {
        assert!(!held.contains(trace), "{trace} is left: {held}");
    }
    let stored = kiosk.value(STORED);
    assert!([json!([]), json!(["suitsize.units"])].contains(&stored), "{stored}");
}

#[test]
fn language_and_units_alone_are_kept() {
    let (_service, kiosk) = kiosk!();
    kiosk.choose("units", "imperial");
    kiosk.choose("language", "de");
    kiosk.wait("German", "document.documentElement.lang === 'de'");
    kiosk.tell(&super::Body { sex: "male", height: "511", weight: "187" });
    assert_eq!(kiosk.value(STORED), json!(["suitsize.language", "suitsize.units"]));
    kiosk.reloaded();
    assert_eq!(kiosk.string("document.documentElement.lang"), "de");
}

/// Another page is gone to, and come back from by the browser's Back.
#[test]
fn going_away_and_back_brings_nothing_back() {
    let (_service, kiosk) = kiosk!();
    told(&kiosk);
    let size = kiosk.size();
    kiosk.go("/dashboard");
    kiosk.back();
    kiosk.wait_for("attract");
    is_wiped(&kiosk, &size);
}

#[test]
fn a_shops_own_website_has_no_next_shopper() {
    let (_service, kiosk) = kiosk!(Options::DRIVEN, "/?idle=off");
    told(&kiosk);
    kiosk.seconds(600);
    assert_eq!((kiosk.value(ASKED), kiosk.screen().as_str()), (json!(false), "result"));
}
