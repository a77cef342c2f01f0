//! Every screen in every language, looked at: by axe-core, by its layout, by its words, and in pictures.

use super::{Kiosk, kiosk, tour};
use crate::page::{DESKTOP, KIOSK, Options, PHONE, View};
use crate::words::{self, English};
use crate::{axe, layout, pictures};
use serde_json::json;

struct Row {
    language: &'static str,
    view: View,
    axe: bool,
    /// Letters twice as large, as a browser's own setting has them.
    large: bool,
}

/// English for readers, and the two whose words are long.
const PICTURED: [&str; 3] = ["en", "de", "es"];

const PLAIN: Row = Row { language: "en", view: KIOSK, axe: true, large: false };

/// Looks at every screen, and tells all that is wrong at once.
fn check(row: &Row) {
    let Row { language, view, .. } = *row;
    let options = Options { view, driven: true, large: row.large, ..Options::PLAIN };
    let (_service, kiosk) = kiosk!(options, &format!("/?lang={language}"));
    let english = (language != "en").then(|| English::but_for(language));
    let mut faults = Vec::new();
    let (mut screens, mut violations) = (0, 0);
    let mut undecided = std::collections::BTreeSet::new();
    tour::every_screen(&kiosk, &mut |screen| {
        let mut tell = |what: &str, found: Vec<String>| {
            faults.extend(found.into_iter().map(|fault| format!("{screen}: {what}: {fault}")));
        };
        tell("layout", layout::faults(&kiosk, layout::finger(view)));
        tell("scrolls", scrolled_question(&kiosk, row, screen));
        let seen = words::seen(&kiosk);
        tell("unkind", words::unkind(&seen));
        if let Some(english) = &english {
            tell("English", english.among(&seen));
        }
        tell("weight", weight_in(&kiosk, screen));
        if row.axe {
            let found = axe::look(&kiosk);
            (screens, violations) = (screens + 1, violations + found.violations.len());
            tell("axe", found.violations);
            undecided.extend(found.undecided.into_iter().map(|one| format!("{screen}: {one}")));
        }
        let size = if row.large { "-large" } else { "" };
        if PICTURED.contains(&language) {
            pictures::keep(&kiosk, view, &format!("kiosk-{language}{size}-{screen}"));
        }
    });
    if row.axe {
        let size = format!("{}x{}", view.width, view.height);
        println!("axe-core, {language} at {size}: {violations} violations on {screens} screens");
        undecided.iter().for_each(|one| println!("  it could not decide: {one}"));
    }
    assert!(faults.is_empty(), "{language} at {}x{}: {faults:#?}", view.width, view.height);
}

/// At the kiosk a question is seen whole; what is read may be longer than the screen.
fn scrolled_question(kiosk: &Kiosk, row: &Row, screen: &str) -> Vec<String> {
    let is_read = ["result", "change", "qr", "idle"].contains(&screen);
    let over = pictures::unseen_height(kiosk);
    if row.view.height < KIOSK.height || is_read || over <= 2 {
        Vec::new()
    } else {
        vec![format!("by {over} px")]
    }
}

/// Where the weight is in the page, after it was told.
fn weight_in(kiosk: &Kiosk, screen: &str) -> Vec<String> {
    let weight = json!(tour::WEIGHT);
    let places = format!(
        "[document.documentElement.outerHTML, location.href, JSON.stringify(history.state), JSON.stringify({{...localStorage}}),
          ...[...document.querySelectorAll('input')].map((input) => input.value)].filter((text) => text.includes({weight}))"
    );
    let found: Vec<String> = serde_json::from_value(kiosk.value(&places)).unwrap();
    let is_typing = screen == "weight";
    if is_typing {
        Vec::new()
    } else {
        found.iter().map(|text| text.chars().take(80).collect()).collect()
    }
}

#[test]
fn in_english() {
    check(&PLAIN);
}

#[test]
fn in_german() {
    check(&Row { language: "de", ..PLAIN });
}

#[test]
fn in_french() {
    check(&Row { language: "fr", ..PLAIN });
}

#[test]
fn in_spanish() {
    check(&Row { language: "es", ..PLAIN });
}

#[test]
fn in_italian() {
    check(&Row { language: "it", ..PLAIN });
}

#[test]
fn on_a_telephone() {
    check(&Row { view: PHONE, ..PLAIN });
}

#[test]
fn on_a_telephone_in_german() {
    check(&Row { language: "de", view: PHONE, axe: false, ..PLAIN });
}

#[test]
fn on_a_telephone_in_spanish() {
    check(&Row { language: "es", view: PHONE, axe: false, ..PLAIN });
}

#[test]
fn on_a_desk() {
    check(&Row { view: DESKTOP, axe: false, ..PLAIN });
}

#[test]
fn on_a_desk_in_german() {
    check(&Row { language: "de", view: DESKTOP, axe: false, ..PLAIN });
}

#[test]
fn in_large_letters_on_a_telephone() {
    check(&Row { view: PHONE, large: true, ..PLAIN });
}

#[test]
fn in_large_letters_in_german() {
    check(&Row { language: "de", view: PHONE, large: true, axe: false });
}
