//! When to trust an answer less.

use super::body::{Sex, bmi};
use super::model::SexManifest;
use super::question::Question;
use super::recommendation::Warning;
use super::wording::WarningTexts;

/// Everything about the question that makes its answer less certain than usual.
pub fn of(
    question: &Question,
    manifest: &SexManifest,
    surprising: &[&str],
    texts: &WarningTexts,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning { code, message });
    if is_extreme(question) {
        warn("extreme_input", texts.extreme_input.clone());
    } else if is_outside_survey(question, manifest) {
        warn("outside_survey", texts.outside_survey.clone());
    }
    for field in surprising {
        warn("unusual_measure", texts.unusual_measure.fill(&[("field", &texts.field(field))]));
    }
    warnings
}

/// The likeliest number is beyond the chart, and its last one is offered because it may do.
pub fn chart_end(number: i32, texts: &WarningTexts) -> Warning {
    Warning { code: "chart_end", message: texts.chart_end.fill(&[("size", &number)]) }
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
