//! From the first screen to the result without a pointer, and always seen where one is.

use super::Kiosk;
use super::kiosk;
use serde_json::json;

/// What has the focus, and whether that is to be seen: an outline of at least two pixels.
const FOCUS: &str = "(() => {
  const e = document.activeElement;
  const style = getComputedStyle(e);
  const isOutlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  return {name: e.dataset.action ?? e.localName, isSeen: isOutlined || style.boxShadow !== 'none'};
})()";

/// Tabs until a control has the focus; each on the way shows it.
fn tab_to(kiosk: &Kiosk, action: &str) {
    for _ in 0..40 {
        kiosk.press(&["Tab"]);
        let focus = kiosk.value(FOCUS);
        let name = focus["name"].as_str().unwrap();
        assert!(
            name == "body" || focus["isSeen"] == json!(true),
            "{} on {}",
            focus,
            kiosk.screen()
        );
        if name == action {
            return;
        }
    }
    panic!("{action} cannot be reached on {}", kiosk.screen());
}

#[test]
fn the_whole_flow_by_keyboard() {
    let (_service, kiosk) = kiosk!();
    tab_to(&kiosk, "start-male");
    kiosk.press(&["Enter"]);
    kiosk.wait_for("height");
    // Digits go to the number wherever the focus is.
    kiosk.press(&["1", "8", "1", "Backspace", "0", "Enter"]);
    kiosk.wait_for("weight");
    kiosk.press(&["8", "0"]);
    tab_to(&kiosk, "next");
    kiosk.press(&["Enter"]);
    kiosk.wait_for("answer");
    tab_to(&kiosk, "sharpen");
    kiosk.press(&["Enter"]);
    while kiosk.next_question() {
        tab_to(&kiosk, "skip");
        kiosk.press(&[" "]);
    }
    let first_heading = "document.activeElement === document.querySelector('main h1')";
    assert_eq!(kiosk.value(first_heading), json!(true), "a new screen begins at its heading");
    tab_to(&kiosk, "qr");
    kiosk.press(&["Enter"]);
    kiosk.wait("the code", "document.querySelector('dialog[open]')");
    kiosk.press(&["Escape"]);
    kiosk.wait("no dialog", "!document.querySelector('dialog')");
    let back = "document.activeElement.dataset.action";
    assert_eq!(kiosk.string(back), "qr", "who closes a dialog is where it was opened");
    tab_to(&kiosk, "finish");
    kiosk.press(&["Enter"]);
    kiosk.wait_for("attract");
}

/// What a screen reader is told when the answer comes.
#[test]
fn an_answer_is_announced() {
    let (_service, kiosk) = kiosk!();
    kiosk.tell(&super::MAN);
    let announced = kiosk.text("[role=status]#live");
    assert!(announced.contains(&kiosk.size()), "{announced}");
    let roles = "[...document.querySelectorAll('main, h1, nav, [role=status]')].length >= 4";
    assert_eq!(kiosk.value(roles), json!(true));
}
