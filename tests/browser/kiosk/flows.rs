//! Whole ways through the kiosk: what is sent on them, and that what is shown is what the service says.

use super::{Body, Kiosk, MAN, kiosk};
use crate::running::Running;
use crate::words;
use serde_json::{Value, json};

/// What is shown of an answer, held against the service's own.
fn is_as_told(kiosk: &Kiosk, answer: &Value) {
    let told = &answer["recommendation"];
    assert_eq!(kiosk.size(), told["size"], "{told}");
    assert_eq!(kiosk.verdict(), told["verdict"], "{told}");
    let numbers = told["alternatives"].as_array().unwrap().iter();
    let other = numbers.clone().find(|one| one["kind"] == "number").or(numbers.clone().next());
    let shown = kiosk.value(
        "[...document.querySelectorAll('[data-action=choose-size]')].map((e) => e.dataset.value)",
    );
    assert_eq!(shown, json!([told["size"], other.unwrap()["size"]]));
}

#[test]
fn a_body_gets_what_the_service_says_in_either_units() {
    for (body, units, asked) in [
        (MAN, "metric", json!({"height": 180, "weight": 80})),
        (
            Body { sex: "male", height: "511", weight: "176" },
            "imperial",
            json!({"height": 71, "weight": 176, "unit": "imperial"}),
        ),
        (
            Body { sex: "female", height: "168", weight: "62" },
            "metric",
            json!({"height": 168, "weight": 62}),
        ),
        (
            Body { sex: "male", height: "60", weight: "240" },
            "imperial",
            json!({"height": 72, "weight": 240, "unit": "imperial"}),
        ),
    ] {
        let (service, kiosk) = kiosk!();
        kiosk.choose("units", units);
        kiosk.tell(&body);
        let mut asked = asked;
        asked["sex"] = json!(body.sex);
        asked["sizeSystem"] = json!("UK");
        is_as_told(&kiosk, &service.ask(&asked).json());
    }
}

#[test]
fn units_are_switched_on_the_way_and_nothing_is_lost() {
    let (service, kiosk) = kiosk!();
    kiosk.start("male");
    kiosk.enter("180");
    kiosk.wait_for("weight");
    kiosk.choose("units", "imperial");
    kiosk.enter("176");
    kiosk.wait_for("answer");
    let asked = json!({"height": 71, "weight": 176, "unit": "imperial", "sizeSystem": "UK"});
    is_as_told(&kiosk, &service.ask(&asked).json());
}

/// Taps that are neither digits nor the two that say a number is whole.
#[test]
fn a_first_answer_takes_three_taps_beside_the_numbers() {
    let (_service, kiosk) = kiosk!();
    kiosk.tell(&MAN);
    assert_eq!(kiosk.taps() - MAN.height.len() - MAN.weight.len(), 3);
}

#[test]
fn who_skips_everything_comes_to_the_first_answer() {
    let (_service, kiosk) = kiosk!();
    kiosk.tell(&MAN);
    let first = (kiosk.size(), kiosk.counts());
    kiosk.touch("sharpen");
    let mut skipped = 0;
    while kiosk.next_question() {
        kiosk.touch("skip");
        skipped += 1;
    }
    assert!((2..=8).contains(&skipped), "{skipped}");
    assert_eq!((kiosk.size(), kiosk.counts()), first);
    assert_eq!(kiosk.asked().len(), 1, "nothing new was told, so nothing is asked");
}

#[test]
fn every_question_answered_is_sent_and_sharpens() {
    let (service, kiosk) = kiosk!();
    kiosk.tell(&MAN);
    let before = sureness(&kiosk.asked(), &service);
    kiosk.touch("sharpen");
    while kiosk.next_question() {
        match kiosk.screen().as_str() {
            "build-chest" => kiosk.choose("choose", "average"),
            "build-stomach" => kiosk.choose("choose", "flatter"),
            "jacket" => {
                kiosk.choose("size", "40");
                kiosk.touch("next");
            }
            "trousers" => kiosk.choose("size", "33"),
            "tape-chest" => kiosk.enter("100"),
            "tape-waist" => kiosk.enter("86"),
            "tape-shoulder" => kiosk.enter("46"),
            "tape-sleeve" => kiosk.enter("64"),
            other => panic!("{other}"),
        }
    }
    let asked = kiosk.asked();
    assert!(asked.len() > 3, "{asked:?}");
    assert!(sureness(&asked, &service) > before + 0.05);
    is_as_told(&kiosk, &service.ask(asked.last().unwrap()).json());
}

/// How sure the service is of the last question.
fn sureness(asked: &[Value], service: &Running) -> f64 {
    service.ask(asked.last().unwrap()).json()["recommendation"]["confidence"].as_f64().unwrap()
}

#[test]
fn a_taped_chest_is_sent_and_changes_the_figures() {
    let (_service, kiosk) = kiosk!();
    kiosk.tell(&MAN);
    let before = kiosk.counts();
    kiosk.tape_chest("104");
    assert_ne!(kiosk.counts(), before);
    assert_eq!(kiosk.asked().last().unwrap()["chest"], 104);
}

#[test]
fn who_would_rather_not_say_gives_a_jacket_and_no_weight() {
    let (service, kiosk) = kiosk!();
    kiosk.start("male");
    kiosk.enter("180");
    kiosk.wait_for("weight");
    kiosk.type_digits("80");
    kiosk.touch("rather-not-say");
    kiosk.wait_for("jacket");
    kiosk.choose("size", "40");
    kiosk.touch("next");
    kiosk.wait_for("answer");
    let asked = kiosk.asked();
    assert!(asked.iter().all(|question| question.get("weight").is_none()), "{asked:?}");
    assert_eq!(asked[0]["knownSize"]["size"], "40");
    is_as_told(&kiosk, &service.ask(&asked[0]).json());
}

/// The first man, by weight and if need be by his chest too, for whom the service has this verdict.
fn man_with(service: &Running, verdict: &str) -> (u32, Option<u32>) {
    let chests = std::iter::once(None).chain((94..110).map(Some));
    let men = chests.flat_map(|chest| (60..110).map(move |weight| (weight, chest)));
    let is_judged_so = |(weight, chest): &(u32, Option<u32>)| {
        let mut asked = json!({"height": 180, "weight": weight});
        if let Some(chest) = chest {
            asked["chest"] = json!(chest);
        }
        service.ask(&asked).json()["recommendation"]["verdict"] == verdict
    };
    men.into_iter().find(is_judged_so).unwrap_or_else(|| panic!("nobody is {verdict}"))
}

#[test]
fn a_verdict_is_said_as_what_it_is() {
    let words = words::book("en");
    for verdict in ["likely", "between_two", "clear"] {
        let (service, kiosk) = kiosk!();
        let (weight, chest) = man_with(&service, verdict);
        kiosk.tell(&Body { weight: &weight.to_string(), ..MAN });
        if let Some(chest) = chest {
            kiosk.tape_chest(&chest.to_string());
        }
        assert_eq!(kiosk.verdict(), verdict, "{weight} kg, {chest:?}");
        assert_eq!(kiosk.text("main h1"), words[&format!(".kiosk.verdict.{verdict}")]);
        let counted = "[...document.querySelectorAll('.key li')].reduce((n, e) => n + Number(e.innerText.match(/\\d+/)[0]), 0)";
        assert_eq!(kiosk.value(counted), json!(10), "{}", kiosk.counts());
    }
}

#[test]
fn whom_no_size_fits_is_sent_to_a_person() {
    let (_service, kiosk) = kiosk!();
    kiosk.tell(&Body { sex: "male", height: "150", weight: "180" });
    assert_eq!(kiosk.verdict(), "ask_staff");
    assert_eq!(kiosk.text("main h1"), words::book("en")[".kiosk.verdict.ask_staff"]);
    assert!(!kiosk.is_there("#counts-sentence"));
}

/// Between two, both are as large, and a tap says what speaks for either.
#[test]
fn the_runner_up_is_a_peer_that_can_be_tapped() {
    let (service, kiosk) = kiosk!();
    let (weight, _) = man_with(&service, "between_two");
    kiosk.tell(&Body { weight: &weight.to_string(), ..MAN });
    let sizes = kiosk.value("[...document.querySelectorAll('[data-action=choose-size] .number')].map((e) => getComputedStyle(e).fontSize)");
    assert_eq!(sizes[0], sizes[1]);
    let other =
        kiosk.string("document.querySelectorAll('[data-action=choose-size]')[1].dataset.value");
    kiosk.choose("choose-size", &other);
    let said = kiosk.wait("why", "document.querySelector('.size-said').textContent");
    assert!(said.as_str().unwrap().contains(&other), "{said}");
}

/// What is wrong is said on the field that it is wrong with.
#[test]
fn a_mistake_is_told_kindly_on_its_own_field() {
    let together = &words::book("en")[".kiosk.mistake.together.heightWeight"];
    for (height, weight, screen, says) in [
        ("90", "80", "height", ["120", "230 cm"]),
        ("260", "80", "height", ["120", "230 cm"]),
        ("180", "20", "weight", ["30", "300 kg"]),
        ("180", "999", "weight", ["30", "300 kg"]),
        ("200", "30", "weight", [together; 2]),
        ("130", "250", "weight", [together; 2]),
    ] {
        let (_service, kiosk) = kiosk!();
        // The browser notes each refusal in its console.
        kiosk.may_miss_answers();
        kiosk.start("male");
        kiosk.enter(height);
        if screen != "height" {
            kiosk.wait_for("weight");
            kiosk.enter(weight);
        }
        let told = kiosk.mistake();
        assert!(says.iter().all(|part| told.contains(part)), "{height} {weight}: {told}");
        assert_eq!(kiosk.screen(), screen);
        let invalid = "document.querySelector('main input').getAttribute('aria-invalid')";
        assert_eq!(kiosk.string(invalid), "true");
    }
}

#[test]
fn what_was_right_is_kept_when_something_was_wrong() {
    let (service, kiosk) = kiosk!();
    kiosk.may_miss_answers();
    kiosk.start("male");
    kiosk.enter("180");
    kiosk.wait_for("weight");
    kiosk.enter("999");
    kiosk.mistake();
    kiosk.press(&["Backspace", "Backspace", "Backspace"]);
    kiosk.enter("80");
    kiosk.wait_for("answer");
    is_as_told(
        &kiosk,
        &service.ask(&json!({"height": 180, "weight": 80, "sizeSystem": "UK"})).json(),
    );
}
