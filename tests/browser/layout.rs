//! How a screen is laid out: nothing clipped, overlapping, covered, too small for a finger or too wide.

use crate::page::{KIOSK, Page, View};

const LOOK: &str = include_str!("scripts/layout.js");

/// The least side of a target, in CSS pixels: a kiosk stands further away than a telephone.
pub fn finger(view: View) -> u32 {
    if view.height >= KIOSK.height { 60 } else { 48 }
}

/// What is wrong, as sentences.
pub fn faults(page: &Page, least: u32) -> Vec<String> {
    let found = page.value(&format!("({})({least})", LOOK.trim().trim_end_matches(';')));
    serde_json::from_value(found).unwrap()
}

/// What must be found on a page that has one fault of each kind.
#[test]
fn the_check_can_fail() {
    let service = crate::service::shared();
    let base = crate::service::address(service.port);
    let Some(page) = Page::open(&base, crate::page::Options::PLAIN) else { return };
    page.go("/api/docs");
    assert_eq!(broken(&page, ""), [""; 0]);
    for (style, fault) in [
        ("width: 3000px", "too wide"),
        ("width: 20px; overflow: hidden; white-space: nowrap", "clipped"),
        ("position: relative; top: -80px", "overlapping"),
        ("min-height: 0; height: 20px; font-size: 8px; padding: 0", "small"),
    ] {
        let faults = broken(&page, style);
        assert!(faults.iter().any(|found| found.starts_with(fault)), "{style}: {faults:?}");
    }
}

/// Two buttons, the second one with a style of its own.
#[cfg(test)]
fn broken(page: &Page, style: &str) -> Vec<String> {
    let make = format!(
        "(() => {{
           document.body.replaceChildren();
           for (const style of ['', {style:?}]) {{
             const button = document.createElement('button');
             button.textContent = 'A button with words';
             button.style.cssText = 'display: block; min-height: 80px; margin: 10px;' + style;
             document.body.append(button);
           }}
           return true;
         }})()"
    );
    page.value(&make);
    faults(page, 60)
}
