//! Whole ways through the kiosk, and what is sent and shown on them.

use super::{Body, Kiosk, MAN, kiosk};
use crate::page::Options;
use serde_json::{Value, json};

#[test]
fn a_first_answer_after_height_and_weight() {
    let (service, kiosk) = kiosk!();
    kiosk.tell(&MAN);
    let asked = json!({"height": 180, "weight": 80, "sex": "male", "sizeSystem": "UK"});
    let told = service.ask(&asked).json();
    assert_eq!(kiosk.size(), told["recommendation"]["size"]);
    assert_eq!(kiosk.verdict(), told["recommendation"]["verdict"]);
}
