//! Why this size, in plain sentences: what was told, what was estimated, how sure, what is not.

use super::body::{CM_PER_INCH, Tape};
use super::question::Question;
use super::recommendation::{Alternative, Measurement, Source};

/// What the sentences are about.
pub struct Facts<'a> {
    pub question: &'a Question,
    pub chest: Measurement,
    pub waist: Measurement,
    /// Label and chest band in cm of the size; `None` if the chart has none.
    pub size: Option<(&'a str, (f64, f64))>,
    pub probability: f64,
    pub confidence: f64,
    pub runner_up: Option<&'a Alternative>,
    /// Why there is no size.
    pub reason: Option<&'a str>,
}

pub fn sentences(facts: &Facts<'_>) -> String {
    let mut sentences = vec![chest_sentence(facts), waist_sentence(facts)];
    match (facts.size, facts.reason) {
        (Some((label, band)), _) => sentences.extend(size_sentences(facts, label, band)),
        (None, Some(reason)) => sentences.push(reason.to_owned()),
        (None, None) => {}
    }
    sentences.join(" ")
}

fn chest_sentence(facts: &Facts<'_>) -> String {
    let Measurement { estimate, low, high, source } = &facts.chest;
    let range =
        format!("about {estimate:.0} cm ({low:.0} to {high:.0}; {:.0} in)", estimate / CM_PER_INCH);
    match source {
        Source::Taped => format!("Your tape and your other answers put the chest at {range}."),
        Source::Estimated => format!("{} suggest a chest of {range}.", told(facts.question)),
    }
}

fn waist_sentence(facts: &Facts<'_>) -> String {
    let Measurement { estimate, low, high, source } = &facts.waist;
    let how = match source {
        Source::Taped => "by your tape and your other answers",
        Source::Estimated => "estimated",
    };
    format!("The waist is about {estimate:.0} cm ({low:.0} to {high:.0}), {how}.")
}

/// "Your height, weight and age", and what else bears on the chest.
fn told(question: &Question) -> String {
    let mut told = vec!["height"];
    let mut add = |is_told: bool, name| {
        if is_told {
            told.push(name);
        }
    };
    add(question.weight_kg.is_some(), "weight");
    add(question.age_years.is_some(), "age");
    add(question.build.chest.is_some() || question.build.stomach.is_some(), "build");
    add(question.known_size.is_some(), "usual size");
    let taped = Tape::ALL.iter().any(|tape| question.tape_cm(*tape).is_some());
    add(taped, "tape measures");
    let last = told.pop().unwrap_or_default();
    format!("Your {} and {last}", told.join(", "))
}

fn size_sentences(facts: &Facts<'_>, label: &str, (from, to): (f64, f64)) -> Vec<String> {
    let mut sentences = vec![
        format!(
            "{label} is made for a chest of {from:.0} to {to:.0} cm{}: exactly right for {} in 10 people like you.",
            preference(facts.question),
            in_ten(facts.probability)
        ),
        format!(
            "With ordinary alterations it fits {} in 10; chest and shoulders are what no tailor changes.",
            in_ten(facts.confidence)
        ),
    ];
    if let Some(next) = facts.runner_up {
        sentences.push(format!("Next comes {}: {}.", next.size, next.why));
    }
    sentences
}

fn preference(question: &Question) -> &'static str {
    use super::question::Fit;
    match question.fit {
        Fit::Slim => " worn close",
        Fit::Regular => "",
        Fit::Relaxed => " worn with room",
    }
}

/// Rounded, but never to none or all of ten: nothing here is certain.
fn in_ten(probability: f64) -> String {
    match (probability * 10.0).round() {
        n if n < 1.0 => "fewer than 1".to_owned(),
        n if n > 9.0 => "more than 9".to_owned(),
        n => format!("{n:.0}"),
    }
}
