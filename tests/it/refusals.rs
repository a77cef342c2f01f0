//! Every mistake: which field, which code, what is allowed, and never the value itself.

use crate::support::{ENGINE, refuse};
use serde_json::{Value, json};
use suitsize::sizing::body::Tape;
use suitsize::sizing::question::Question;
use suitsize::sizing::{RecommendError, parse};

/// The refusal names exactly these fields with these codes, and its text contains `says`.
fn check(question: Value, errors: &[(&str, &str)], says: &str) {
    let refusal = refuse(question.clone());
    let found: Vec<(String, String)> = refusal
        .errors
        .iter()
        .map(|error| {
            let code = serde_json::to_value(error.code).unwrap().as_str().unwrap().to_owned();
            (error.field.to_string(), code)
        })
        .collect();
    let expected: Vec<(String, String)> =
        errors.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
    assert_eq!(found, expected, "{question}: {refusal}");
    assert!(refusal.to_string().contains(says), "{question}: {refusal} lacks {says}");
}

#[test]
fn what_is_missing_or_of_a_wrong_type() {
    check(
        json!({}),
        &[("height", "required"), ("weight", "required")],
        "height is required: a number (cm)",
    );
    check(
        json!({"unit":"imperial"}),
        &[("height", "required"), ("weight", "required")],
        "weight is required: a number (lb)",
    );
    check(
        json!({"height":175}),
        &[("weight", "required")],
        "a number (kg), or knownSize or chest in its place",
    );
    check(
        json!({"height":175,"weight":null,"waist":90,"knownTrousers":{"size":"50"}}),
        &[("weight", "required")],
        "or knownSize or chest in its place",
    );
    // What was meant to stand in is told, and not asked for a second time.
    check(json!({"height":175,"chest":"wide"}), &[("chest", "wrong_type")], "number");
    check(json!({"height":175,"chest":40}), &[("chest", "out_of_range")], "looks like inches");
    check(json!({"height":175,"knownSize":{}}), &[("knownSize.size", "required")], "40R");
    check(
        json!({"height":175,"knownSize":{"size":"41R","system":"US"}}),
        &[("knownSize.size", "unknown_size")],
        "32R",
    );
    check(
        json!({"height":175,"weight":"light","chest":100}),
        &[("weight", "wrong_type")],
        "weight must be a number (kg)",
    );
    check(json!([]), &[("", "wrong_type")], "JSON object");
    check(json!("x"), &[("", "wrong_type")], "JSON object");
    check(json!({"height":"tall","weight":75}), &[("height", "wrong_type")], "5'10");
    check(
        json!({"height":175,"weight":"75"}),
        &[("weight", "wrong_type")],
        "weight must be a number (kg)",
    );
    check(json!({"height":175,"weight":[75]}), &[("weight", "wrong_type")], "number");
    check(
        json!({"height":175,"weight":75,"measured":"yes"}),
        &[("measured", "wrong_type")],
        "true or false",
    );
    check(
        json!({"height":175,"weight":75,"details":1}),
        &[("details", "wrong_type")],
        "true or false",
    );
    check(json!({"height":175,"weight":75,"age":"old"}), &[("age", "wrong_type")], "years");
    check(
        json!({"height":175,"weight":75,"build":"broad"}),
        &[("build", "wrong_type")],
        "chest and stomach",
    );
    check(
        json!({"height":175,"weight":75,"knownSize":"40R"}),
        &[("knownSize", "wrong_type")],
        "size and system",
    );
    check(
        json!({"height":175,"weight":75,"knownSize":{}}),
        &[("knownSize.size", "required")],
        "40R",
    );
    check(
        json!({"height":175,"weight":75,"knownTrousers":"34"}),
        &[("knownTrousers", "wrong_type")],
        "size and system",
    );
    check(
        json!({"height":175,"weight":75,"knownTrousers":{"system":"US"}}),
        &[("knownTrousers.size", "required")],
        "such as \"34\"",
    );
    check(
        json!({"height":175,"weight":75,"chart":""}),
        &[("chart", "wrong_type")],
        "1 to 32 characters",
    );
    check(
        json!({"height":175,"weight":75,"chart":"x".repeat(99)}),
        &[("chart", "wrong_type")],
        "1 to 32 characters",
    );
}

#[test]
fn words_that_are_not_choices() {
    for (field, value, says) in [
        ("unit", "inches", "\"metric\", \"imperial\""),
        ("sex", "m", "\"male\", \"female\""),
        ("fitPreference", "loose", "\"slim\", \"regular\", \"relaxed\""),
        ("sizeSystem", "eu", "\"EU\", \"US\""),
        ("tape", "me", "\"home\", \"fitter\""),
    ] {
        let mut question = json!({"height":175,"weight":75});
        question[field] = json!(value);
        check(question, &[(field, "not_one_of")], says);
    }
    check(
        json!({"height":175,"weight":75,"build":{"chest":"flat"}}),
        &[("build.chest", "not_one_of")],
        "\"narrower\"",
    );
    check(
        json!({"height":175,"weight":75,"build":{"stomach":1}}),
        &[("build.stomach", "not_one_of")],
        "\"rounder\"",
    );
    check(
        json!({"height":175,"weight":75,"knownSize":{"size":"40R","system":"AU"}}),
        &[("knownSize.system", "not_one_of")],
        "\"US\"",
    );
}

#[test]
fn fields_that_do_not_exist() {
    check(
        json!({"height":175,"weight":75,"wieght":1}),
        &[("wieght", "unknown_field")],
        "did you mean \"weight\"",
    );
    check(
        json!({"height":175,"weight":75,"fit_preference":"slim"}),
        &[("fit_preference", "unknown_field")],
        "did you mean \"fitPreference\"",
    );
    check(
        json!({"height":175,"weight":75,"zzz":1}),
        &[("zzz", "unknown_field")],
        "there are height, weight",
    );
    check(
        json!({"height":175,"weight":75,"knownTrouser":{"size":"34"}}),
        &[("knownTrouser", "unknown_field")],
        "did you mean \"knownTrousers\"",
    );
    check(
        json!({"height":175,"weight":75,"build":{"belly":"flatter"}}),
        &[("build.belly", "unknown_field")],
        "there are chest, stomach",
    );
}

#[test]
fn values_out_of_range_and_their_likely_cause() {
    for (question, field, says) in [
        (json!({"height":119,"weight":60}), "height", "between 120 and 230 cm"),
        (json!({"height":231,"weight":80}), "height", "between 120 and 230 cm"),
        (json!({"height":70,"weight":75}), "height", "looks like inches"),
        (json!({"height":1.75,"weight":75}), "height", "looks like metres"),
        (json!({"height":1750,"weight":75}), "height", "looks like millimetres"),
        (json!({"height":5.9,"weight":75}), "height", "looks like feet"),
        (json!({"height":175,"weight":165,"unit":"imperial"}), "height", "looks like centimetres"),
        (json!({"height":"3'1\"","weight":75}), "height", "between 120"),
        (json!({"height":-175,"weight":75}), "height", "between 120"),
        (json!({"height":175,"weight":29}), "weight", "between 30 and 300 kg"),
        (json!({"height":175,"weight":350}), "weight", "looks like pounds"),
        (json!({"height":175,"weight":75000}), "weight", "looks like grams"),
        (json!({"height":70,"weight":60,"unit":"imperial"}), "weight", "looks like kilograms"),
        (json!({"height":175,"weight":75,"age":15}), "age", "between 16 and 100 years"),
        (json!({"height":175,"weight":75,"age":101}), "age", "for adults"),
        (json!({"height":175,"weight":75,"chest":69}), "chest", "between 70 and 165 cm"),
        (json!({"height":175,"weight":60,"chest":200}), "chest", "between 70 and 165 cm"),
        (json!({"height":175,"weight":75,"chest":40}), "chest", "looks like inches"),
        (json!({"height":175,"weight":75,"waist":1000}), "waist", "looks like millimetres"),
        (
            json!({"height":70,"weight":165,"unit":"imperial","chest":102}),
            "chest",
            "looks like centimetres",
        ),
        (json!({"height":175,"weight":75,"inseam":200}), "inseam", "between 50 and 125 cm"),
    ] {
        check(question, &[(field, "out_of_range")], says);
    }
}

#[test]
fn what_is_possible_alone_and_not_together() {
    check(json!({"height":200,"weight":40}), &[("weight", "contradictory")], "at this height");
    check(json!({"height":150,"weight":190}), &[("weight", "contradictory")], "looks like pounds");
    check(
        json!({"height":175,"weight":60,"chest":150}),
        &[("chest", "contradictory")],
        "with this height and weight",
    );
    check(
        json!({"height":175,"weight":75,"neck":60}),
        &[("neck", "contradictory")],
        "neck must be between",
    );
    check(
        json!({"height":175,"weight":75,"shoulder":60}),
        &[("shoulder", "contradictory")],
        "shoulder must be between",
    );
    check(
        json!({"height":178,"weight":78,"knownSize":{"size":"70R"}}),
        &[("knownSize.size", "contradictory")],
        "check the size, its system",
    );
    check(
        json!({"height":178,"weight":78,"knownTrousers":{"size":"56","system":"US"}}),
        &[("knownTrousers.size", "contradictory")],
        "check the size, its system",
    );
    // Without a weight only what no height explains contradicts it.
    check(
        json!({"height":150,"chest":100,"inseam":110}),
        &[("inseam", "contradictory")],
        "with this height, inseam must be between",
    );
    check(
        json!({"height":"5'10\"","weight":150}),
        &[("weight", "contradictory")],
        "looks like pounds",
    );
    check(
        json!({"height":"5'10\"","weight":180}),
        &[("weight", "contradictory")],
        "looks like pounds",
    );
    check(
        json!({"height":175,"weight":75,"chest":150,"waist":160}),
        &[("chest", "contradictory"), ("waist", "contradictory")],
        "waist must be between",
    );
}

/// An answer, or the allowed range that the refusal of `field` names.
fn allowed(question: Value) -> Option<(f64, f64)> {
    let parsed = match parse::question(&question) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal.errors[0].min.zip(refusal.errors[0].max),
    };
    match ENGINE.recommend(&parsed.canonical()) {
        Err(RecommendError::Refused(refusal)) => refusal.errors[0].min.zip(refusal.errors[0].max),
        _ => None,
    }
}

#[test]
fn what_a_refusal_allows_is_allowed() {
    for unit in ["metric", "imperial"] {
        let (height, weight) = if unit == "metric" { (175, 75) } else { (69, 165) };
        for field in ["chest", "waist", "hip", "neck", "shoulder", "sleeve", "inseam"] {
            let question =
                |value: f64| json!({"height":height,"weight":weight,"unit":unit,field:value});
            // First out of range, then in range and contradictory.
            let (possible_min, possible_max) = allowed(question(0.0)).unwrap();
            let (min, _) = allowed(question(possible_min)).unwrap_or((possible_min, 0.0));
            let (_, max) = allowed(question(possible_max)).unwrap_or((0.0, possible_max));
            assert!(min < max, "{unit} {field}: {min} {max}");
            for value in [min, max] {
                assert_eq!(allowed(question(value)), None, "{unit} {field} {value}");
            }
        }
    }
}

#[test]
fn sizes_and_charts_that_are_not_there() {
    check(
        json!({"height":175,"weight":75,"knownSize":{"size":"41R","system":"US"}}),
        &[("knownSize.size", "unknown_size")],
        "32R",
    );
    check(
        json!({"height":175,"weight":75,"knownSize":{"size":"XL"}}),
        &[("knownSize.size", "unknown_size")],
        "EU has no such size",
    );
    for (sex, label, system, says) in [
        ("male", "34", "EU", "US or UK or FR or DE has: send it as knownTrousers.system"),
        ("male", "XL", "US", "trousers read like 34, 34/32, W34"),
        ("male", "XL", "FR", "trousers read like 44"),
        ("male", "XL", "EU", "trousers read like 42R"),
        ("male", "82", "JP", "JP trousers are not read; send another system's"),
        ("female", "29", "US", "US has no such trousers in this chart"),
    ] {
        let known = json!({"size": label, "system": system});
        check(
            json!({"height":175,"weight":75,"sex":sex,"knownTrousers":known}),
            &[("knownTrousers.size", "unknown_size")],
            says,
        );
    }
    check(
        json!({"height":175,"weight":75,"chart":"mine"}),
        &[("chart", "unknown_chart")],
        "there are default",
    );
}

#[test]
fn all_mistakes_at_once() {
    check(
        json!({"height":70,"weight":"x","sex":"?","chest":400,"colour":"blue"}),
        &[
            ("colour", "unknown_field"),
            ("weight", "wrong_type"),
            ("sex", "not_one_of"),
            ("height", "out_of_range"),
            ("chest", "out_of_range"),
        ],
        "looks like inches",
    );
}

#[test]
fn thousands_of_wrong_names_get_a_short_answer_and_no_strange_text() {
    let mut question = json!({"height":175,"weight":75});
    for i in 0..1500 {
        question[format!("f{}", "x".repeat(i % 7 + 1) + &i.to_string())] = json!(1);
    }
    question["\u{202e}waist is 133"] = json!(1);
    let refusal = refuse(question);
    assert!(refusal.errors.len() <= 8, "{}", refusal.errors.len());
    assert!(!refusal.to_string().contains("133") && !refusal.to_string().contains('\u{202e}'));
}

#[test]
fn a_wrong_chart_and_a_wrong_size_are_named_with_the_rest() {
    check(
        json!({"height":175,"weight":75,"chart":"x","age":15}),
        &[("age", "out_of_range"), ("chart", "unknown_chart")],
        "there are default",
    );
    check(
        json!({"height":175,"weight":75,"age":15,"knownSize":{"size":"40R"}}),
        &[("age", "out_of_range"), ("knownSize.size", "unknown_size")],
        "US or UK has: send it as knownSize.system",
    );
}

#[test]
fn no_refusal_repeats_what_was_typed() {
    for question in [
        json!({"height":1731.7,"weight":75}),
        json!({"height":"1731.7","weight":75}),
        json!({"height":175,"weight":1731.7}),
        json!({"height":175,"weight":75,"chest":1731.7}),
        json!({"height":175,"weight":75,"sex":"1731.7"}),
        json!({"height":175,"weight":75,"chart":"1731.7"}),
        json!({"height":175,"weight":75,"knownSize":{"size":"1731.7"}}),
        json!({"height":175,"weight":75,"knownTrousers":{"size":"1731.7"}}),
    ] {
        let refusal = refuse(question.clone());
        let text = serde_json::to_string(&refusal.errors).unwrap() + &refusal.to_string();
        assert!(!text.contains("1731"), "{question}: {text}");
    }
}

#[test]
fn numbers_that_are_not_finite_never_reach_the_model() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, f64::MIN_POSITIVE] {
        let base = Question::new(175.0, 75.0);
        let questions = [
            Question { height_cm: value, ..base.clone() },
            Question { weight_kg: Some(value), ..base.clone() },
            Question { age_years: Some(value), ..base.clone() },
            Question { weight_kg: None, ..base.clone().with_tape(Tape::Chest, value) },
            Question { weight_kg: None, ..base.clone() },
            base.clone().with_tape(Tape::Chest, value),
        ];
        for question in questions {
            assert!(ENGINE.recommend(&question).is_err(), "{value}");
        }
    }
}
