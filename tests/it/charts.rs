//! Charts as files: the shipped one is whole, a shop's own is used, one that contradicts itself is
//! refused with its line and the reason.

use crate::support::recommend_by;
use serde_json::json;
use std::fs;
use suitsize::sizing::chart::ChartError;
use suitsize::sizing::{Engine, EngineError, EngineOptions, RecommendError, parse};
use tempfile::TempDir;

const SHIPPED: &str = include_str!("../../data/charts/default.json");

fn engine_with(charts: &[(&str, &str)]) -> Result<(Engine, TempDir), EngineError> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in charts {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let options = EngineOptions { charts: Some(dir.path().to_owned()), ..EngineOptions::default() };
    Engine::new(&options).map(|engine| (engine, dir))
}

/// The shipped chart with `from` replaced by `to` is refused at the line of `to`, saying `reason`.
fn check_refused(from: &str, to: &str, reason: &str) {
    assert!(SHIPPED.contains(from), "{from} is not in the chart");
    let text = SHIPPED.replacen(from, to, 1);
    let expected_line = 1 + SHIPPED[..SHIPPED.find(from).unwrap()].matches('\n').count();
    match engine_with(&[("broken.json", &text)]) {
        Err(EngineError::Chart(ChartError::Refused { line, reason: found, .. })) => {
            assert!(found.contains(reason), "{to}: {found}");
            assert_eq!(line, expected_line, "{to}: {found}");
        }
        Err(other) => panic!("{to}: {other}"),
        Ok(_) => panic!("{to} was accepted"),
    }
}

#[test]
fn a_chart_that_contradicts_itself_is_refused_with_line_and_reason() {
    for (from, to, reason) in [
        (r#""schema": 1"#, r#""schema": 2"#, "schema 2 is not known"),
        (r#""id": "default""#, r#""id": "De fault""#, "id must be"),
        (r#""version": "2026.1""#, r#""version": """#, "version is empty"),
        (
            r#""relaxed": { "chestCm": 14.0"#,
            r#""relaxed": { "chestCm": 4.0"#,
            "at least as much room",
        ),
        (
            r#""slim":    { "chestCm": 8.0"#,
            r#""slim":    { "chestCm": -8.0"#,
            "must be between 0 and 30",
        ),
        (
            r#""number": 50, "bodyChestCm": 100, "chestCm": 110"#,
            r#""number": 50, "bodyChestCm": 100, "chestCm": 99"#,
            "finished chest",
        ),
        (
            r#""number": 50, "bodyChestCm": 100, "chestCm": 110"#,
            r#""number": 50, "bodyChestCm": 90, "chestCm": 110"#,
            "sizes must ascend",
        ),
        (
            r#""number": 50, "bodyChestCm": 100, "chestCm": 110, "shoulderCm": 46.5"#,
            r#""number": 50, "bodyChestCm": 100, "chestCm": 110, "shoulderCm": 40.0"#,
            "shoulderCm is 40",
        ),
        (
            r#""number": 50, "bodyChestCm": 100"#,
            r#""number": 47, "bodyChestCm": 100"#,
            "sizes must ascend",
        ),
        (
            r#""code": "L", "fromHeightCm": 183"#,
            r#""code": "L", "fromHeightCm": 170"#,
            "must be longer than R",
        ),
        (r#""code": "L""#, r#""code": "R""#, "is there twice"),
        (r#"{"id": "athletic", "drop": 8}"#, r#"{"id": "regular", "drop": 8}"#, "is there twice"),
        (r#"{"id": "athletic", "drop": 8}"#, r#"{"id": "athletic", "drop": 80}"#, "drop is 80"),
        (
            r#""shoulder": { "tooSmallCm": 2.0, "tooLargeCm": 2.0"#,
            r#""shoulder": { "tooSmallCm": 0.0, "tooLargeCm": 0.0"#,
            "fits nobody",
        ),
        (
            r#"{"label": "50", "chestCm": 100}"#,
            r#"{"label": "50", "chestCm": 101}"#,
            "EU 50 is for a chest of 101 cm here",
        ),
        (r#""lastNumber": 74"#, r#""lastNumber": 4"#, "above firstNumber"),
        (r#""drop": 6, "firstNumber""#, r#""dorp": 6, "firstNumber""#, "unknown field `dorp`"),
        (r#""perHeightCm": 0.32"#, r#""perHeightCm": -1"#, "perHeightCm is -1"),
    ] {
        check_refused(from, to, reason);
    }
}

#[test]
fn a_file_that_is_not_json_is_refused_at_its_line() {
    match engine_with(&[("broken.json", "{\n  \"schema\": 1,\n  oops\n}")]) {
        Err(EngineError::Chart(ChartError::Refused { line: 3, .. })) => {}
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn a_shops_own_chart_is_used_by_its_id() {
    let own = SHIPPED
        .replacen(r#""id": "default""#, r#""id": "one-cut""#, 1)
        .replacen(r#"{"id": "athletic", "drop": 8},"#, "", 1)
        .replacen(r#"{"id": "regular", "drop": 6},"#, r#"{"id": "house", "drop": 6}"#, 1)
        .replacen(r#"{"id": "portly", "drop": 2}"#, "", 1);
    let (engine, _dir) = engine_with(&[("own.json", &own), ("notes.txt", "not a chart")]).unwrap();
    let answer = recommend_by(&engine, json!({"height":178,"weight":80,"chart":"one-cut"}));
    assert_eq!(answer["cut"], json!("house"));
    assert!(answer["chartVersion"].as_str().unwrap().starts_with("one-cut-2026.1-"));
    let default = recommend_by(&engine, json!({"height":178,"weight":80}));
    assert!(default["chartVersion"].as_str().unwrap().starts_with("default-2026.1-"));
}

#[test]
fn a_chart_named_default_takes_the_place_of_the_shipped_one() {
    let own = SHIPPED.replacen(r#""version": "2026.1""#, r#""version": "shop-7""#, 1);
    let (engine, _dir) = engine_with(&[("default.json", &own)]).unwrap();
    let answer = recommend_by(&engine, json!({"height":178,"weight":80}));
    assert!(answer["chartVersion"].as_str().unwrap().starts_with("default-shop-7-"));
}

#[test]
fn two_charts_of_one_id_are_refused() {
    match engine_with(&[("a.json", SHIPPED), ("b.json", SHIPPED)]) {
        Err(EngineError::Chart(ChartError::Duplicate { id, .. })) => assert_eq!(id, "default"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn a_chart_for_men_only_refuses_women_by_name() {
    let mut chart: serde_json::Value = serde_json::from_str(SHIPPED).unwrap();
    chart["blocks"].as_object_mut().unwrap().remove("female");
    let (engine, _dir) = engine_with(&[("default.json", &chart.to_string())]).unwrap();
    let question = parse::question(&json!({"height":168,"weight":60,"sex":"female"})).unwrap();
    match engine.recommend(&question) {
        Err(RecommendError::Refused(refusal)) => {
            assert_eq!(refusal.errors[0].field, "sex");
            assert!(refusal.to_string().contains("no sizes for sex \"female\""));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let options =
        EngineOptions { charts: Some("/nonexistent/charts".into()), ..EngineOptions::default() };
    let error = Engine::new(&options).err().expect("refused").to_string();
    assert!(error.contains("/nonexistent/charts"), "{error}");
}
