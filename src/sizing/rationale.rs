//! Why this size, in plain sentences: what was told, what was estimated, how sure, what is not.

use super::body::{CM_PER_INCH, Tape};
use super::question::{Fit, Question};
use super::recommendation::{Alternative, Measurement, Source};
use super::wording::{InTenTexts, RationaleTexts, Template};

/// What the sentences are about.
pub struct Facts<'a> {
    pub texts: &'a RationaleTexts,
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
    let RationaleTexts { chest_estimated, chest_taped, .. } = facts.texts;
    let told = told(facts);
    measured(&facts.chest, chest_taped, chest_estimated, &told)
}

fn waist_sentence(facts: &Facts<'_>) -> String {
    let RationaleTexts { waist_estimated, waist_taped, .. } = facts.texts;
    measured(&facts.waist, waist_taped, waist_estimated, "")
}

fn measured(measure: &Measurement, taped: &Template, estimated: &Template, told: &str) -> String {
    let Measurement { estimate, low, high, source } = measure;
    let template = match source {
        Source::Taped => taped,
        Source::Estimated => estimated,
    };
    template.fill(&[
        ("told", &told),
        ("cm", &whole(*estimate)),
        ("low", &whole(*low)),
        ("high", &whole(*high)),
        ("inches", &whole(estimate / CM_PER_INCH)),
    ])
}

/// As `{:.0}` rounds, which takes ten times as long where a number is whole already.
fn whole(number: f64) -> i64 {
    number.round_ties_even() as i64
}

/// "height, weight and age", and what else bears on the chest.
fn told(facts: &Facts<'_>) -> String {
    let Facts { question, texts, .. } = facts;
    let words = &texts.told;
    let build = question.build.chest.is_some() || question.build.stomach.is_some();
    let taped = Tape::ALL.iter().any(|tape| question.tape_cm(*tape).is_some());
    let told = [
        (true, &words.height),
        (question.weight_kg.is_some(), &words.weight),
        (question.age_years.is_some(), &words.age),
        (build, &words.build),
        (question.known_size.is_some(), &words.usual_size),
        (question.known_trousers.is_some(), &words.usual_trousers),
        (taped, &words.tapes),
    ];
    let mut told: Vec<&str> =
        told.into_iter().filter(|(is_told, _)| *is_told).map(|(_, word)| word.as_str()).collect();
    let last = told.pop().unwrap_or_default();
    format!("{}{}{last}", told.join(&texts.between), texts.and)
}

fn size_sentences(facts: &Facts<'_>, label: &str, (from, to): (f64, f64)) -> Vec<String> {
    let texts = facts.texts;
    let worn = match facts.question.fit {
        Fit::Slim => &texts.worn.slim,
        Fit::Regular => &texts.worn.regular,
        Fit::Relaxed => &texts.worn.relaxed,
    };
    let exact = texts.exact.fill(&[
        ("size", &label),
        ("from", &whole(from)),
        ("to", &whole(to)),
        ("worn", worn),
        ("count", &in_ten(&texts.in_ten, facts.probability)),
    ]);
    let altered = texts.altered.fill(&[("count", &in_ten(&texts.in_ten, facts.confidence))]);
    let mut sentences = vec![exact, altered];
    if let Some(next) = facts.runner_up {
        sentences.push(texts.next.fill(&[("size", &next.size), ("why", &next.why)]));
    }
    sentences
}

/// Rounded, but never to none or all of ten: nothing here is certain.
fn in_ten(texts: &InTenTexts, probability: f64) -> String {
    match (probability * 10.0).round() {
        n if n < 1.0 => texts.least.clone(),
        n if n > 9.0 => texts.most.clone(),
        n => texts.count.fill(&[("count", &whole(n))]),
    }
}
