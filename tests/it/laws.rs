//! What holds for every question.

use crate::support::{ENGINE, SURVEY_ENGINE, figure, number, recommend, recommend_by};
use proptest::prelude::*;
use serde_json::{Value, json};
use suitsize::sizing::body::Tape;
use suitsize::sizing::question::{Fit, KnownSize, Question, SizeSystem, Third};
use suitsize::sizing::recommendation::Recommendation;
use suitsize::sizing::refusal::Code;
use suitsize::sizing::{RecommendError, parse};

/// Every height and weight that is accepted, `step` cm and kg apart.
fn walk(step_cm: f64, step_kg: f64, mut visit: impl FnMut(f64, f64)) {
    let mut height = 120.0;
    while height <= 230.0 {
        let mut weight = 30.0;
        while weight <= 300.0 {
            let bmi = weight / (height / 100.0_f64).powi(2);
            if (12.0..=80.0).contains(&bmi) {
                visit(height, weight);
            }
            weight += step_kg;
        }
        height += step_cm;
    }
}

/// The chest number of an answer, its alternatives' standing in where the chart has no size.
fn number_or_nearest(answer: &Recommendation) -> i32 {
    let label = answer.size.as_deref().unwrap_or_else(|| &answer.alternatives[0].size);
    label.trim_end_matches(char::is_alphabetic).parse().expect("an EU label starts with its number")
}

#[test]
fn a_heavier_body_never_gets_a_smaller_chest() {
    for sex in ["male", "female"] {
        for fit in [Fit::Slim, Fit::Regular, Fit::Relaxed] {
            let sex = parse::question(&json!({"height":170,"weight":70,"sex":sex})).unwrap().sex;
            let mut before = (0.0, 0, 0.0);
            walk(5.0, 0.5, |height, weight| {
                let question = Question { sex, fit, ..Question::new(height, weight) };
                let answer = ENGINE.recommend(&question).unwrap();
                let chest = answer.measurements.get("chest").unwrap().estimate;
                let number = number_or_nearest(&answer);
                if before.0 == height {
                    assert!(
                        number >= before.1,
                        "{sex:?} {fit:?} {height} cm {weight} kg: {number} after {}",
                        before.1
                    );
                    assert!(chest >= before.2, "{sex:?} {height} cm {weight} kg: chest {chest}");
                }
                before = (height, number, chest);
            });
        }
    }
}

#[test]
fn every_possible_body_gets_an_answer_or_a_reason() {
    for sex in ["male", "female"] {
        let sex = parse::question(&json!({"height":170,"weight":70,"sex":sex})).unwrap().sex;
        walk(2.5, 2.5, |height, weight| {
            let question = Question { sex, details: true, ..Question::new(height, weight) };
            let answer = ENGINE.recommend(&question).unwrap();
            assert_eq!(answer.size.is_none(), answer.reason.is_some(), "{height} {weight}");
            assert!(!answer.alternatives.is_empty(), "{height} {weight}");
            check_sums(&answer);
        });
    }
}

fn check_sums(answer: &Recommendation) {
    let details = answer.details.as_ref().expect("details were asked for");
    let total: f64 = details.size_probabilities.0.iter().map(|(_, p)| p).sum();
    assert!((total - 1.0).abs() < 1e-9, "size probabilities add up to {total}");
    assert!((0.0..=1.0).contains(&answer.confidence) && (0.0..=1.0).contains(&answer.probability));
    for (name, measurement) in &answer.measurements.0 {
        let ordered =
            measurement.low <= measurement.estimate && measurement.estimate <= measurement.high;
        assert!(ordered && measurement.low > 0.0, "{name}: {measurement:?}");
    }
}

/// Any question the contract allows, as a Rust value.
fn any_question() -> impl Strategy<Value = Question> {
    let tape = |tape: Tape| {
        let limits = tape.limits();
        proptest::option::weighted(0.3, limits.min..=limits.max)
    };
    let third = || {
        proptest::option::of(prop_oneof![
            Just(Third::Lower),
            Just(Third::Middle),
            Just(Third::Upper)
        ])
    };
    let tapes = (
        tape(Tape::Chest),
        tape(Tape::Waist),
        tape(Tape::Hip),
        tape(Tape::Neck),
        tape(Tape::Shoulder),
        tape(Tape::Sleeve),
        tape(Tape::Inseam),
    );
    let body = (
        120.0..=230.0,
        proptest::option::weighted(0.9, 30.0..=300.0),
        proptest::option::of(16.0..=100.0),
        any::<bool>(),
        any::<bool>(),
    );
    (
        body,
        tapes,
        third(),
        third(),
        prop_oneof![Just(Fit::Slim), Just(Fit::Regular), Just(Fit::Relaxed)],
    )
        .prop_map(|((height, weight, age, female, measured), tapes, chest, stomach, fit)| {
            let mut question = Question { weight_kg: weight, ..Question::new(height, 75.0) };
            question.age_years = age;
            question.measured = measured;
            question.fit = fit;
            if female {
                question.sex = suitsize::sizing::body::Sex::Female;
            }
            question.build.chest = chest;
            question.build.stomach = stomach;
            question.tapes_cm = [tapes.0, tapes.1, tapes.2, tapes.3, tapes.4, tapes.5, tapes.6];
            question.details = true;
            question
        })
}

/// Questions that people ask: tapes in proportion to the body, a jacket they know.
fn ordinary_question() -> impl Strategy<Value = Question> {
    let known = prop_oneof![Just("48R"), Just("52L"), Just("56"), Just("44S")];
    let known = proptest::option::weighted(0.3, known);
    let trousers = prop_oneof![Just("48"), Just("52"), Just("54"), Just("W32"), Just("W38/34")];
    let known = (known, proptest::option::weighted(0.3, trousers));
    let factors = proptest::collection::vec(0.93..1.07f64, Tape::COUNT);
    (any_question(), 150.0..200.0f64, 18.0..38.0f64, factors, known).prop_map(
        |(mut question, height, bmi, factors, (jacket, trousers))| {
            question.height_cm = height;
            let tells_weight = question.weight_kg.is_some();
            question.weight_kg = Some(bmi * (height / 100.0).powi(2));
            let untaped = Question { tapes_cm: [None; Tape::COUNT], ..question.clone() };
            let plain = ENGINE.recommend(&untaped).unwrap();
            for (tape, factor) in Tape::ALL.into_iter().zip(factors) {
                let estimate = plain.measurements.get(tape.name()).unwrap().estimate;
                let told = &mut question.tapes_cm[tape as usize];
                *told = told.map(|_| estimate * factor);
            }
            let eu = |label: &str| KnownSize { label: label.to_owned(), system: SizeSystem::EU };
            question.known_size = jacket.map(eu);
            question.known_trousers = trousers.map(eu);
            if !tells_weight && question.tells_the_chest() {
                question.weight_kg = None;
            }
            question
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_question_breaks_the_engine(question in any_question()) {
        match ENGINE.recommend(&question) {
            Ok(answer) => check_sums(&answer),
            Err(RecommendError::Refused(refusal)) => prop_assert!(!refusal.errors.is_empty()),
            Err(RecommendError::Model(error)) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn ordinary_questions_are_answered(question in ordinary_question()) {
        match ENGINE.recommend(&question) {
            Ok(answer) => {
                check_sums(&answer);
                check_further_questions(&question, &answer);
            }
            Err(RecommendError::Refused(refusal)) => {
                prop_assert!(refusal.errors.iter().all(|e| e.code == Code::Contradictory), "{}", refusal);
            }
            Err(RecommendError::Model(error)) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn a_weight_that_a_refusal_allows_is_allowed(tenths in 1200..2300u32, heavy in any::<bool>()) {
        let height = f64::from(tenths) / 10.0;
        let weight = if heavy { 299.0 } else { 30.0 };
        if let Err(refusal) = parse::question(&json!({"height": height, "weight": weight})) {
            let error = &refusal.errors[0];
            let allowed = if heavy { error.max } else { error.min }.unwrap();
            let question = parse::question(&json!({"height": height, "weight": allowed})).unwrap();
            prop_assert!(ENGINE.recommend(&question.canonical()).is_ok(), "{} {}", height, allowed);
        }
    }

    #[test]
    fn inches_and_pounds_get_the_answer_of_centimetres_and_kilograms(
        half_cm in 300..400u32, half_kg in 100..240u32, chest in proptest::option::of(90..115u32)
    ) {
        let (height, weight) = (f64::from(half_cm) / 2.0, f64::from(half_kg) / 2.0);
        let mut metric = json!({"height": height, "weight": weight});
        let mut imperial = json!({"height": height / 2.54, "weight": weight / 0.453_592_37, "unit": "imperial"});
        if let Some(chest) = chest {
            metric["chest"] = json!(chest);
            imperial["chest"] = json!(f64::from(chest) / 2.54);
        }
        match parse::question(&metric).map(|q| ENGINE.recommend(&q.canonical())) {
            Ok(Ok(_)) => prop_assert_eq!(recommend(metric), recommend(imperial)),
            _ => prop_assert!(parse::question(&imperial).map_or(true, |q| ENGINE.recommend(&q.canonical()).is_err())),
        }
    }

    #[test]
    fn a_taped_chest_narrows_what_is_believed(height in 160..195u32, weight in 60..110u32) {
        let plain = recommend(json!({"height": height, "weight": weight, "details": true}));
        let chest = figure(&plain, "/measurements/chest/estimate");
        for (tape, widest) in [("home", 2.0), ("fitter", 1.0)] {
            let taped = recommend(json!({"height": height, "weight": weight, "chest": chest, "tape": tape, "details": true}));
            prop_assert!(figure(&taped, "/posterior/chest/sd") < figure(&plain, "/posterior/chest/sd"));
            prop_assert!(figure(&taped, "/posterior/chest/sd") <= widest);
            prop_assert!(figure(&taped, "/posterior/waist/sd") <= figure(&plain, "/posterior/waist/sd") + 1e-9);
        }
    }

    #[test]
    fn a_larger_tape_never_gets_a_smaller_number(height in 165..190u32, weight in 65..100u32) {
        let mut before = 0;
        let estimate = figure(&recommend(json!({"height": height, "weight": weight})), "/measurements/chest/estimate");
        for half in -16..=16 {
            let chest = estimate.round() + f64::from(half) / 2.0;
            let answer = recommend(json!({"height": height, "weight": weight, "chest": chest}));
            let Some(number) = number(&answer) else { continue };
            prop_assert!(number >= before, "chest {}: {} after {}", chest, number, before);
            before = number;
        }
    }
}

#[test]
fn larger_trousers_never_get_a_smaller_waist() {
    let ladders = [
        ("male", "EU", 42, 74, 1),
        ("male", "US", 26, 50, 1),
        ("male", "FR", 34, 60, 1),
        ("female", "EU", 38, 68, 2),
        ("female", "US", 2, 24, 2),
        ("female", "FR", 34, 56, 2),
    ];
    for (sex, system, first, last, step) in ladders {
        for (height, weight) in [(160, 55), (160, 90), (178, 65), (178, 80), (178, 110), (195, 95)]
        {
            let mut before = (0, 0.0);
            for label in (first..=last).step_by(step) {
                let known = json!({"size": label.to_string(), "system": system});
                let question =
                    json!({"height": height, "weight": weight, "sex": sex, "knownTrousers": known});
                let question = ENGINE.question(&question).unwrap();
                // Far from the body they contradict it.
                let Ok(answer) = ENGINE.recommend(&question) else { continue };
                let waist = answer.measurements.get("waist").unwrap().estimate;
                assert!(
                    waist >= before.1,
                    "{sex} {height} {weight} {system} {label}: {waist} after {}",
                    before.1
                );
                let trousers =
                    answer.trousers.map_or(before.0, |trousers| trousers.eu.parse().unwrap());
                assert!(
                    trousers >= before.0,
                    "{sex} {height} {weight} {system} {label}: EU {trousers}"
                );
                before = (trousers, waist);
            }
            assert!(before.1 > 0.0, "{sex} {height} {weight} {system}: nothing was answered");
        }
    }
}

#[test]
fn without_a_weight_a_larger_jacket_never_gets_a_smaller_number() {
    for (sex, labels) in [("male", 42..=70), ("female", 38..=64)] {
        for height in (150..=200).step_by(5) {
            let mut before = (0, 0.0);
            for label in labels.clone().step_by(2) {
                let known = json!({"size": label.to_string()});
                let answer = recommend(json!({"height": height, "sex": sex, "knownSize": known}));
                let chest = figure(&answer, "/measurements/chest/estimate");
                assert!(chest > before.1, "{sex} {height} cm, jacket {label}: chest {chest}");
                let found = number(&answer).unwrap_or(before.0);
                assert!(found >= before.0, "{sex} {height} cm, jacket {label}: {found}");
                before = (found, chest);
            }
        }
    }
}

#[test]
fn a_weight_narrows_what_a_jacket_or_a_tape_says() {
    for told in [json!({"knownSize": {"size": "50"}}), json!({"chest": 100})] {
        let sd = |extra: Value| {
            let mut question = json!({"height": 178, "details": true});
            question.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
            question.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let answer = recommend(question);
            ["chest", "waist", "hip"].map(|m| figure(&answer, &format!("/posterior/{m}/sd")))
        };
        let (with, without) = (sd(json!({"weight": 78})), sd(json!({})));
        assert!(with.iter().zip(without).all(|(with, without)| *with < without), "{told}");
    }
}

#[test]
fn more_room_wanted_never_gives_a_smaller_number() {
    for height in [165, 175, 185] {
        for weight in (55..=115).step_by(3) {
            let by_fit = ["slim", "regular", "relaxed"].map(|fit| {
                number(&recommend(
                    json!({"height": height, "weight": weight, "fitPreference": fit}),
                ))
            });
            assert!(by_fit.is_sorted(), "{height} cm {weight} kg: {by_fit:?}");
        }
    }
}

#[test]
fn what_is_told_moves_the_estimate_its_way() {
    let chest = |extra: Value| {
        let mut question = json!({"height": 178, "weight": 80});
        question.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let answer = recommend(question);
        (
            figure(&answer, "/measurements/chest/estimate"),
            figure(&answer, "/measurements/waist/estimate"),
        )
    };
    let (plain_chest, plain_waist) = chest(json!({}));
    assert!(chest(json!({"build": {"chest": "broader"}})).0 > plain_chest + 1.0);
    assert!(chest(json!({"build": {"chest": "narrower"}})).0 < plain_chest - 1.0);
    assert!((chest(json!({"build": {"chest": "average"}})).0 - plain_chest).abs() < 0.2);
    assert!(chest(json!({"build": {"stomach": "rounder"}})).1 > plain_waist + 1.0);
    assert!(chest(json!({"build": {"stomach": "flatter"}})).1 < plain_waist - 1.0);
    assert!(chest(json!({"knownSize": {"size": "46R", "system": "US"}})).0 > plain_chest + 1.0);
    assert!(chest(json!({"knownSize": {"size": "48"}})).0 < plain_chest - 1.0);
    assert!(chest(json!({"knownTrousers": {"size": "40", "system": "US"}})).1 > plain_waist + 1.0);
    assert!(chest(json!({"knownTrousers": {"size": "48"}})).1 < plain_waist - 1.0);
    assert!(chest(json!({"age": 60})).0 > chest(json!({"age": 20})).0);
    assert!(chest(json!({"neck": 43})).0 > plain_chest + 0.1);
}

#[test]
fn the_same_question_gets_the_same_bytes() {
    let question = Question { details: true, ..Question::new(181.5, 83.0) };
    let first = serde_json::to_vec(&ENGINE.recommend(&question).unwrap()).unwrap();
    for _ in 0..3 {
        assert_eq!(first, serde_json::to_vec(&ENGINE.recommend(&question).unwrap()).unwrap());
    }
}

#[test]
fn civilians_are_less_certain_than_the_survey() {
    let question = json!({"height": 178, "weight": 82, "details": true});
    let civilian = recommend(question.clone());
    let soldier = recommend_by(&SURVEY_ENGINE, question);
    for measure in ["chest", "waist", "hip"] {
        let sd = format!("/posterior/{measure}/sd");
        assert!(figure(&civilian, &sd) > figure(&soldier, &sd), "{measure}");
    }
    assert_ne!(civilian["modelVersion"], soldier["modelVersion"]);
}

/// Best first, worth asking, none that was answered, and the first is the next.
fn check_further_questions(question: &Question, answer: &Recommendation) {
    let asked: Vec<_> = answer.further_questions.iter().map(|next| next.field).collect();
    let gains: Vec<_> = answer.further_questions.iter().map(|next| next.gain).collect();
    assert!(gains.is_sorted_by(|a, b| a >= b) && gains.iter().all(|gain| *gain >= 0.01));
    assert_eq!(answer.further_questions.first(), answer.next_question.as_ref());
    assert!(answer.size.is_some() || asked.is_empty());
    for tape in Tape::ALL {
        let both = question.tape_cm(tape).is_some() && asked.contains(&tape.name());
        assert!(!both, "{} is asked for again", tape.name());
    }
    for (field, is_told) in [
        ("knownSize", question.known_size.is_some()),
        ("knownTrousers", question.known_trousers.is_some()),
        ("build.chest", question.build.chest.is_some()),
        ("build.stomach", question.build.stomach.is_some()),
    ] {
        assert!(!is_told || !asked.contains(&field), "{field} is asked for again");
    }
}
