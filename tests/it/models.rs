//! The models: the graph against numpy, files against their manifest, another runtime against this one.

use crate::support::{ENGINE, recommend, recommend_by};
use serde_json::json;
use std::fs;
use std::path::Path;
use suitsize::sizing::body::Sex;
use suitsize::sizing::model::ModelInput;
use suitsize::sizing::{Engine, EngineOptions};

/// Relative to a measure, and to its spread: float32 has seven digits.
const TOLERANCE: f64 = 2e-5;

/// `models/fixture.py` wrote 500 rows a sex from numpy: three inputs, their log variances, ten log
/// means, and one row (number: row of file modulo 10) of the log covariance.
#[test]
fn the_graph_agrees_with_numpy_on_1000_rows() {
    let fixture = include_str!("../data/numpy.csv");
    let mut rows = 0;
    for (line, text) in fixture.lines().skip(1).enumerate() {
        let (sex, numbers) = text.split_once(',').unwrap();
        let sex = if sex == "male" { Sex::Male } else { Sex::Female };
        let numbers: Vec<f64> = numbers.split(',').map(|n| n.parse().unwrap()).collect();
        let input = ModelInput {
            body: [numbers[0], numbers[1], numbers[2]],
            log_variance: [numbers[3], numbers[4], numbers[5]],
        };
        let joint = ENGINE.model().infer(sex, &input).unwrap();
        let k = line % 10;
        for j in 0..10 {
            let (mean, covariance) = (numbers[6 + j], numbers[16 + j]);
            assert!((joint.log_mean[j] - mean).abs() < TOLERANCE, "line {line}, mean {j}");
            let scale = (joint.log_covariance[k][k] * joint.log_covariance[j][j]).sqrt();
            let away = (joint.log_covariance[k][j] - covariance).abs() / scale;
            assert!(away < TOLERANCE, "line {line}, covariance {k} {j}: {away}");
        }
        rows += 1;
    }
    assert_eq!(rows, 1000);
}

/// A copy of the shipped models with one file changed by `change`.
fn altered(file: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Result<Engine, String> {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    for name in ["manifest.json", "suit-male.onnx", "suit-female.onnx"] {
        fs::copy(shipped.join(name), dir.path().join(name)).unwrap();
    }
    let path = dir.path().join(file);
    fs::write(&path, change(fs::read(&path).unwrap())).unwrap();
    let options = EngineOptions { models: Some(dir.path().to_owned()), ..EngineOptions::default() };
    Engine::new(&options).map_err(|error| error.to_string())
}

fn replace(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(from), "{from} is not in the manifest");
    text.replace(from, to).into_bytes()
}

#[test]
fn models_from_a_directory_answer_as_the_embedded_ones() {
    let engine = altered("manifest.json", |bytes| bytes).unwrap();
    let question = json!({"height":181,"weight":84,"details":true});
    assert_eq!(recommend_by(&engine, question.clone()), recommend(question));
}

#[test]
fn models_that_do_not_match_their_manifest_are_refused() {
    let error = altered("suit-male.onnx", |mut bytes| {
        bytes[200] ^= 1;
        bytes
    });
    assert!(
        error.as_ref().is_err_and(|e| e.contains("suit-male.onnx") && e.contains("sha256")),
        "{:?}",
        error.err()
    );
    for (from, to, says) in [
        ("\"chest\",\n      \"waist\"", "\"waist\",\n      \"chest\"", "outputs.measures must be"),
        ("\"log_mean\"", "\"mean\"", "outputs.names must be"),
        ("\"female\": {", "\"femal\": {", "unknown variant"),
        ("\"hip\": 0.015", "\"hips\": 0.015", "populationLogSd.hips is not a measure"),
        ("\"hip\": 0.015", "\"hip\": -0.015", "populationLogSd.hip is -0.015"),
        ("\"years\": 42.0", "\"years\": 0.0", "unknownAge.years is 0"),
        ("\"weight_kg\",", "\"weight_lb\",", "inputs must be"),
        ("\"kg\": 85.19", "\"kg\": 8.519", "unknownWeight.kg is 8.519"),
        (
            "\"logVariance\": 0.04281",
            "\"logVariance\": -0.04",
            "unknownWeight.logVariance is -0.04",
        ),
    ] {
        let error = altered("manifest.json", |bytes| replace(bytes, from, to));
        assert!(error.as_ref().is_err_and(|e| e.contains(says)), "{to}: {:?}", error.err());
    }
}

#[test]
fn a_manifest_that_speaks_of_another_graph_is_found_at_start() {
    let error = altered("manifest.json", |bytes| {
        let mut manifest: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        manifest["sexes"]["male"]["exponents"]["chest"][0] = json!(0.9);
        manifest.to_string().into_bytes()
    });
    let says = "chest grows with height to the power of -0.444, the manifest says 0.900";
    assert!(error.as_ref().is_err_and(|e| e.contains(says)), "{:?}", error.err());
}

#[test]
fn another_setting_has_another_version() {
    let engine =
        altered("manifest.json", |bytes| replace(bytes, "\"chest\": 0.02", "\"chest\": 0.03"));
    let version = engine.unwrap().model_version().to_owned();
    assert_ne!(version, ENGINE.model_version());
}

#[test]
fn a_directory_without_models_is_named() {
    let options =
        EngineOptions { models: Some("/nonexistent/models".into()), ..EngineOptions::default() };
    let error = Engine::new(&options).err().expect("refused").to_string();
    assert!(error.contains("/nonexistent/models/manifest.json"), "{error}");
}

/// A small stream of numbers that is the same in every run, 0 to 1.
fn spread(n: usize, step: usize) -> f64 {
    (n * step % 1_009) as f64 / 1_009.0
}

#[test]
fn rows_of_one_inference_have_the_bits_of_many() {
    let model = ENGINE.model();
    assert!(model.batches(), "found at the start, or the rows are computed one by one");
    for sex in Sex::ALL {
        let inputs: Vec<ModelInput> = (0..4_000)
            .map(|n| ModelInput {
                body: [
                    125.0 + 100.0 * spread(n, 389),
                    32.0 + 250.0 * spread(n, 577),
                    16.0 + 80.0 * spread(n, 811),
                ],
                log_variance: [1e-4, 1e-3, 0.12].map(|v| if n % 3 == 0 { 0.0 } else { v }),
            })
            .collect();
        let alone: Vec<_> = inputs.iter().map(|input| model.infer(sex, input).unwrap()).collect();
        for rows in [2, 3, 7, 8, 31, 32, 33, 100, 4_000] {
            let parts = inputs.chunks(rows).flat_map(|part| model.infer_all(sex, part));
            let together: Vec<_> = parts.map(Result::unwrap).collect();
            assert!(together == alone, "{sex:?}, {rows} rows at once");
        }
    }
}

#[test]
fn a_body_that_cannot_be_computed_takes_no_other_with_it() {
    let good = ModelInput { body: [175.0, 75.0, 40.0], log_variance: [1e-4; 3] };
    let bad = ModelInput { body: [f64::NAN, 75.0, 40.0], ..good };
    let joints = ENGINE.model().infer_all(Sex::Male, &[good, bad, good]);
    assert_eq!(joints.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
}

#[test]
fn sessions_answer_side_by_side() {
    let options = EngineOptions { sessions: 2, ..EngineOptions::default() };
    let engine = Engine::new(&options).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for weight in 60..110 {
                    let question = json!({"height":178,"weight":weight});
                    assert_eq!(recommend_by(&engine, question.clone()), recommend(question));
                }
            });
        }
    });
}
