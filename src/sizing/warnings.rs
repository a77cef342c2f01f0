//! When to trust an answer less.

use super::body::{Sex, bmi};
use super::model::SexManifest;
use super::question::Question;
use super::recommendation::Warning;

/// Everything about the question that makes its answer less certain than usual.
pub fn of(question: &Question, manifest: &SexManifest, surprising: &[&str]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    if is_extreme(question) {
        warn(
            "extreme_input",
            "Few people have this height and weight together: please check them and their unit. If they are right, the estimate is rough, and a tape measure round the chest helps most.".to_owned(),
        );
    } else if is_outside_survey(question, manifest) {
        warn(
            "outside_survey",
            "Nobody of this height, weight or age was in the survey behind the estimate: it is extended beyond its data.".to_owned(),
        );
    }
    for field in surprising {
        warn(
            "unusual_measure",
            format!(
                "The {field} is unusual for this height and weight: please check it once more."
            ),
        );
    }
    warnings
}

/// The likeliest number is beyond the chart, and its last one is offered because it may do.
pub fn chart_end(number: i32) -> Warning {
    let message = format!(
        "This chart ends at {number}; the size that would be needed is beyond it. Please try it on."
    );
    Warning { code: "chart_end", message }
}

pub fn no_size(reason: &str) -> Warning {
    Warning { code: "no_size", message: reason.to_owned() }
}

/// Height and weight that SIZING section 8 would warn of.
fn is_extreme(question: &Question) -> bool {
    let heights_cm = match question.sex {
        Sex::Male => 150.0..=205.0,
        Sex::Female => 140.0..=190.0,
    };
    !heights_cm.contains(&question.height_cm)
        || question.weight_kg.is_some_and(|weight_kg| {
            !(45.0..=160.0).contains(&weight_kg)
                || !(16.0..=45.0).contains(&bmi(question.height_cm, weight_kg))
        })
}

fn is_outside_survey(question: &Question, manifest: &SexManifest) -> bool {
    let outside = |value: f64, [min, max]: [f64; 2]| value < min || value > max;
    let trained_on = &manifest.trained_on;
    outside(question.height_cm, trained_on.height_cm)
        || question.weight_kg.is_some_and(|weight| outside(weight, trained_on.weight_kg))
        || question.age_years.is_some_and(|age| outside(age, trained_on.age_years))
}
