//! A way past every screen and dialog of the kiosk, for whoever looks at each of them.

use super::Kiosk;
use serde_json::json;

/// What is told on the way: in feet and pounds nothing else that is shown is a number like it.
pub const WEIGHT: &str = "187";

/// Calls `look` with a name at each. The page's clock is driven; the language is what the page begins with.
pub fn every_screen(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    kiosk.choose("units", "imperial");
    look("attract");
    first_questions(kiosk, look);
    look("answer");
    offers(kiosk, look);
    while_it_helps(kiosk, look);
    look("result");
    aside(kiosk, look);
    interrupted(kiosk, look);
    kiosk.touch("start-over");
    kiosk.wait_for("attract");
    without_a_size(kiosk, look);
}

fn first_questions(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    kiosk.start("male");
    look("height");
    kiosk.touch("next");
    kiosk.mistake();
    look("height-mistake");
    kiosk.touch("language-menu");
    kiosk.wait("the languages", "document.querySelector('dialog[open]')");
    look("languages");
    kiosk.touch("close");
    kiosk.enter("511");
    kiosk.wait_for("weight");
    look("weight");
    kiosk.touch("rather-not-say");
    kiosk.wait_for("jacket");
    look("jacket");
    kiosk.touch("skip");
    kiosk.wait_for("choices");
    look("choices");
    kiosk.choose("offer", "weight");
    kiosk.wait_for("weight");
    kiosk.enter(WEIGHT);
    kiosk.wait_for("answer");
}

/// What may be added on the first answer.
fn offers(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    for offer in ["age", "fit"] {
        kiosk.touch(&format!("add-{offer}"));
        kiosk.wait_for(offer);
        look(offer);
        kiosk.touch("skip");
        kiosk.wait_for("answer");
    }
    kiosk.touch("add-tape");
    kiosk.wait_for("tape");
    look("tape");
    for field in ["chest", "waist", "shoulder", "sleeve"] {
        kiosk.choose("tape", field);
        kiosk.wait_for(&format!("tape-{field}"));
        look(&format!("tape-{field}"));
        kiosk.touch("skip");
        kiosk.wait_for("tape");
    }
    kiosk.touch("done");
    kiosk.wait_for("answer");
}

fn while_it_helps(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    kiosk.touch("sharpen");
    kiosk.wait("the next question", "document.querySelector('main').dataset.screen !== 'answer'");
    for _ in 0..8 {
        let screen = kiosk.screen();
        if screen == "result" {
            return;
        }
        look(&screen);
        kiosk.touch("skip");
        let next = format!("document.querySelector('main').dataset.screen !== {}", json!(screen));
        kiosk.wait("the question after it", &next);
    }
    panic!("the questions do not end: {}", kiosk.screen());
}

fn aside(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    kiosk.touch("qr");
    kiosk.wait("the code", "document.querySelector('dialog[open] svg.qr')");
    look("qr");
    kiosk.touch("close");
    kiosk.touch("change");
    kiosk.wait_for("change");
    look("change");
    kiosk.open_result();
}

/// Nobody there, and a service that is away.
fn interrupted(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    kiosk.seconds(30);
    kiosk.wait("still there?", "document.querySelector('[data-dialog=\"idle\"]')");
    look("idle");
    kiosk.touch("stay");
    kiosk.may_miss_answers();
    kiosk.touch("change");
    kiosk.wait_for("change");
    kiosk.choose("change-answer", "build.chest");
    kiosk.wait_for("build-chest");
    kiosk.reachable(false);
    kiosk.choose("choose", "average");
    kiosk.wait("the wait is told", "document.querySelector('[data-dialog=\"away\"]')");
    look("away");
    kiosk.reachable(true);
    kiosk.seconds(2);
    kiosk.wait_for("result");
}

fn without_a_size(kiosk: &Kiosk, look: &mut dyn FnMut(&str)) {
    kiosk.reloaded();
    kiosk.start("male");
    kiosk.enter("411");
    kiosk.wait_for("weight");
    kiosk.enter("397");
    kiosk.wait_for("answer");
    look("staff");
}
