//! Does the engine's arithmetic claim what its own distribution says? An independent simulation: other
//! random numbers, the tolerance box written out again, no linearisation.
//!
//! Whether the distribution is right about people is measured on the survey (`models/evaluate.py`),
//! which is too personal to be in the repository.

use crate::support::{figure, recommend};
use serde_json::{Value, json};
use std::sync::LazyLock;

static CHART: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/charts/default.json")).expect("the chart is JSON")
});
const BODIES: usize = 20_000;
/// Three standard errors of 20,000 bodies are 1 point; the engine's own 1,024 draws and its
/// straight lines make up the rest.
const TOLERANCE: f64 = 0.025;

/// Standard normals from a 64-bit linear congruential generator (Knuth's MMIX constants) and Box-Muller.
struct Normals(u64);

impl Normals {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Bodies in cm from an answer's `distribution`: ten measures and the height.
fn bodies(answer: &Value) -> Vec<Vec<f64>> {
    let mean = numbers(&answer["distribution"]["logMean"]);
    let covariance: Vec<Vec<f64>> =
        answer["distribution"]["logCovariance"].as_array().unwrap().iter().map(numbers).collect();
    let size = mean.len();
    let mut lower = vec![vec![0.0; size]; size];
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest: f64 = covariance[i][j] - known;
            lower[i][j] = match (i == j, lower[j][j] > 0.0) {
                (true, _) => rest.max(0.0).sqrt(),
                (false, true) => rest / lower[j][j],
                (false, false) => 0.0,
            };
        }
    }
    let mut normals = Normals(20_121_231);
    (0..BODIES)
        .map(|_| {
            let z: Vec<f64> = (0..size).map(|_| normals.next()).collect();
            (0..size)
                .map(|i| (mean[i] + (0..=i).map(|k| lower[i][k] * z[k]).sum::<f64>()).exp())
                .collect()
        })
        .collect()
}

/// Does the recommended jacket fit this body, by the chart's box?
fn fits(answer: &Value, sex: &str, body: &[f64], ease_cm: (f64, f64)) -> bool {
    let block = &CHART["blocks"][sex];
    let label = answer["sizes"]["EU"].as_str().unwrap();
    let code = label.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: i64 = label.trim_end_matches(char::is_alphabetic).parse().unwrap();
    let find = |list: &str, key: &str, wanted: Value| {
        block[list].as_array().unwrap().iter().find(|row| row[key] == wanted).unwrap().clone()
    };
    let size = find("sizes", "number", json!(number));
    let length = find("lengths", "code", json!(code));
    let cut = find("cuts", "id", answer["cut"].clone());
    let f = |row: &Value, key: &str| row[key].as_f64().unwrap();
    let (shoulder, sleeve, back) =
        (&block["needs"]["shoulder"], &block["needs"]["sleeve"], &block["needs"]["length"]);
    let excess = [
        ("chest", f(&size, "chestCm") - ease_cm.0 - body[0]),
        ("waist", f(&size, "bodyChestCm") - 2.0 * f(&cut, "drop") + 10.0 - ease_cm.1 - body[1]),
        (
            "shoulder",
            f(&size, "shoulderCm")
                - (f(shoulder, "bideltoid") * body[3]
                    + f(shoulder, "biacromial") * body[4]
                    + f(shoulder, "plusCm")),
        ),
        (
            "sleeve",
            f(&size, "sleeveCm") + f(&length, "sleeveCm")
                - (f(sleeve, "outerArm") * body[5] + f(sleeve, "plusCm")),
        ),
        (
            "length",
            f(&size, "backCm") + f(&length, "backCm")
                - (f(back, "backCm")
                    + f(back, "perHeightCm") * (body[10] - f(back, "atHeightCm"))
                    + f(back, "perChestCm") * (body[0] - f(back, "atChestCm"))),
        ),
    ];
    excess.into_iter().all(|(zone, excess)| {
        let box_ = &CHART["tolerance"][zone];
        let low = -(f(box_, "tooSmallCm") + f(box_, "letOutCm"));
        let high = f(box_, "tooLargeCm") + f(box_, "takeInCm");
        (low..=high).contains(&excess)
    })
}

#[test]
fn confidence_is_the_share_of_simulated_bodies_that_fit() {
    for (sex, question, ease_cm) in [
        ("male", json!({"height":175,"weight":75}), (10.0, 10.0)),
        ("male", json!({"height":168,"weight":95,"age":50}), (10.0, 10.0)),
        ("male", json!({"height":190,"weight":80,"measured":true,"age":25}), (10.0, 10.0)),
        ("male", json!({"height":180,"weight":85,"chest":104,"waist":92}), (10.0, 10.0)),
        (
            "male",
            json!({"height":180,"weight":85,"chest":104,"waist":92,"sleeve":61,"shoulder":47,"tape":"fitter"}),
            (10.0, 10.0),
        ),
        ("male", json!({"height":178,"weight":82,"fitPreference":"slim"}), (8.0, 8.0)),
        ("male", json!({"height":178,"weight":82,"fitPreference":"relaxed"}), (14.0, 14.0)),
        (
            "male",
            json!({"height":178,"weight":82,"build":{"chest":"broader","stomach":"flatter"}}),
            (10.0, 10.0),
        ),
        ("male", json!({"height":178,"knownSize":{"size":"52"}}), (10.0, 10.0)),
        (
            "male",
            json!({"height":184,"chest":108,"knownTrousers":{"size":"38","system":"US"}}),
            (10.0, 10.0),
        ),
        ("female", json!({"height":168,"weight":64}), (10.0, 10.0)),
        ("female", json!({"height":160,"weight":75,"waist":88}), (10.0, 10.0)),
    ] {
        let mut asked = question.clone();
        asked["details"] = json!(true);
        asked["sex"] = json!(sex);
        let answer = recommend(asked);
        let fitting =
            bodies(&answer).iter().filter(|body| fits(&answer, sex, body, ease_cm)).count();
        let simulated = fitting as f64 / BODIES as f64;
        let claimed = figure(&answer, "/confidence");
        assert!(
            (claimed - simulated).abs() <= TOLERANCE,
            "{question}: claims {claimed}, simulated {simulated:.3}"
        );
    }
}

#[test]
fn probability_is_the_share_of_simulated_chests_in_the_band() {
    for question in [
        json!({"height":175,"weight":75,"details":true}),
        json!({"height":185,"weight":100,"details":true,"chest":110}),
    ] {
        let answer = recommend(question.clone());
        let number = f64::from(crate::support::number(&answer).unwrap());
        let band = (2.0 * number - 2.0)..(2.0 * number + 2.0);
        let inside = bodies(&answer).iter().filter(|body| band.contains(&body[0])).count();
        let simulated = inside as f64 / BODIES as f64;
        let claimed = figure(&answer, "/probability");
        assert!(
            (claimed - simulated).abs() <= TOLERANCE,
            "{question}: claims {claimed}, simulated {simulated:.3}"
        );
        let key = format!("/sizeProbabilities/{number}");
        assert!((figure(&answer, &key) - claimed).abs() <= 0.001, "{question}");
    }
}

/// The gain that a question promises is what telling the truth brings, on average over truths.
#[test]
fn a_question_brings_about_what_it_promises() {
    type Tell = fn(&[f64], f64) -> Value;
    let plain = json!({"height":175,"weight":75,"details":true});
    let answer = recommend(plain.clone());
    assert_eq!(answer["nextQuestion"]["field"], json!("chest"));
    let bodies = bodies(&answer);
    // What a body would tell, given a standard normal error.
    let truths: [(&str, Tell); 5] = [
        ("chest", |body, z| json!(body[0] + 2.0 * z)),
        ("waist", |body, z| json!(body[1] + 3.0 * z)),
        ("shoulder", |body, z| json!(0.32 * body[4] + 0.68 * body[3] + 1.5 * z)),
        ("knownTrousers", |body, z| {
            let number = (body[1] + 5.0 * z) / 2.0 + 6.0;
            json!({"size": format!("{}", number.round())})
        }),
        ("knownSize", |body, z| {
            let chest = (body[0] + 4.0 * z).round();
            json!({"size": format!("{chest}"), "system": "JP"})
        }),
    ];
    for (field, tell) in truths {
        let questions = answer["furtherQuestions"].as_array().unwrap();
        let question = questions.iter().find(|question| question["field"] == field).unwrap();
        let promised = figure(question, "/gain");
        let mut normals = Normals(7);
        let told: Vec<f64> = bodies
            .iter()
            .step_by(100)
            .map(|body| {
                let mut question = plain.clone();
                question[field] = tell(body, normals.next());
                figure(&recommend(question), "/confidence")
            })
            .collect();
        let gained = told.iter().sum::<f64>() / told.len() as f64 - figure(&answer, "/confidence");
        let near = (gained - promised).abs() <= 0.04;
        assert!(near, "{field}: promised {promised}, gained {gained:.3}");
    }
}
