//! From what a shopper tells to what the posterior takes in: each piece with its own doubt.

use super::body::{Limits, Measure, Quantity, Sex, Tape};
use super::chart::Block;
use super::fit;
use super::normal;
use super::plausible;
use super::posterior::{Observation, Posterior};
use super::question::{KnownSize, Question, SizeSystem, TapeBy, Third};
use super::refusal::{Code, FieldError};

/// A usual jacket is a chest observation of +-4 cm: makers' bands differ by 2, habit by the rest.
pub const KNOWN_SIZE_SD_CM: f64 = 4.0;
/// A length class is 3 cm of sleeve; a label says which, give or take most of one.
const KNOWN_SLEEVE_SD_CM: f64 = 2.0;
/// Trousers that fit say where the waist is, give or take this. A judgement, of what is known: makers' waistbands
/// under one label are 1.2 in (3 cm) apart in their deviation (seven makers, see `chart/trousers`), labels come 1
/// or 2 in apart (0.7 to 1.5 cm), and a waistband sits below the navel, with ease or without (3 to 4 cm).
pub const KNOWN_TROUSERS_SD_CM: f64 = 5.0;
/// A build is judged by eye: correlation of what is chosen with the truth (MODEL: 0.5 to 0.7).
const BUILD_CORRELATION: f64 = 0.6;
/// The same as noise, in standard deviations of the truth: sqrt(1 / 0.6^2 - 1).
pub const BUILD_NOISE_SDS: f64 = 4.0 / 3.0;
/// Beyond this many standard deviations a tape contradicts the rest of the question: about one honest
/// answer in 500 million, if the model is right.
const CONTRADICTION_SDS: f64 = 6.0;
/// A known size is vague (4 cm), so that five of its deviations are already 30 cm of chest.
const KNOWN_SIZE_CONTRADICTION_SDS: f64 = 5.0;
/// Beyond this an answer is believed and remarked upon: one honest one in eighty.
const REMARKABLE_SDS: f64 = 2.5;

/// Standard deviation of a tape measure, cm (MODEL: home tape chest 2, waist 3, neck 1, others 1.5; a fitter's 1).
pub fn tape_noise_cm(tape: Tape, by: TapeBy) -> f64 {
    match (by, tape) {
        (TapeBy::Fitter, _) => 1.0,
        (TapeBy::Home, Tape::Chest) => 2.0,
        (TapeBy::Home, Tape::Waist) => 3.0,
        (TapeBy::Home, Tape::Neck) => 1.0,
        (TapeBy::Home, _) => 1.5,
    }
}

/// Takes in everything that `question` tells beyond height, weight and age. Returns the fields whose
/// answers are far from what the rest suggests, though possible.
///
/// # Errors
/// Tapes that contradict the rest, and a known size that the chart cannot read.
pub fn take_in(
    posterior: &mut Posterior,
    question: &Question,
    block: &Block,
) -> Result<Vec<&'static str>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut remarkable = Vec::new();
    let mut observations = builds(posterior, question);
    for (field, known) in [
        ("knownSize", known_size(posterior, question, block)),
        ("knownTrousers", known_trousers(posterior, question, block)),
    ] {
        match known {
            Ok(known) => {
                let surprises = known.iter().map(|label| posterior.surprise(label).abs());
                let surprise = surprises.fold(0.0, f64::max);
                if surprise > KNOWN_SIZE_CONTRADICTION_SDS {
                    errors.push(contradicted_label(question, field));
                } else if surprise > REMARKABLE_SDS {
                    remarkable.push(field);
                }
                observations.extend(known);
            }
            Err(error) => errors.push(error),
        }
    }
    let tapes: Vec<(Tape, Observation)> = Tape::ALL
        .into_iter()
        .filter_map(|tape| Some((tape, tape_observation(posterior, block, question, tape)?)))
        .collect();
    // Contradictions are judged against the body alone, before one tape could excuse another.
    for (tape, observation) in &tapes {
        let surprise = posterior.surprise(observation).abs();
        if surprise > CONTRADICTION_SDS {
            errors.push(contradiction(posterior, question, *tape, observation));
        } else if surprise > REMARKABLE_SDS {
            remarkable.push(tape.name());
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    observations.extend(tapes.into_iter().map(|(_, observation)| observation));
    for observation in &observations {
        posterior.observe(observation);
    }
    Ok(remarkable)
}

fn tape_observation(
    posterior: &Posterior,
    block: &Block,
    question: &Question,
    tape: Tape,
) -> Option<Observation> {
    let cm = question.tape_cm(tape)?;
    let noise_cm = tape_noise_cm(tape, question.tape_by());
    Some(match tape.measure() {
        Some(measure) => log_observation(posterior, measure, cm, noise_cm),
        None => {
            // Seam to seam is a sum of two breadths: linear in their logs near the median.
            let weights = fit::shoulder_weights(posterior, block);
            let at_median: f64 = weights.iter().map(|(k, w)| w * posterior.mean[*k]).sum();
            let value = at_median + cm - fit::shoulder_cm(posterior, block);
            Observation { weights, value, variance: noise_cm * noise_cm }
        }
    })
}

/// A measure known to `noise_cm`, in the posterior's logs.
fn log_observation(posterior: &Posterior, measure: Measure, cm: f64, noise_cm: f64) -> Observation {
    let relative = noise_cm / posterior.median_cm(measure.index());
    Observation {
        weights: vec![(measure.index(), 1.0)],
        value: cm.ln(),
        variance: relative * relative,
    }
}

/// What everything is held against, for a sentence.
fn height_and_weight(question: &Question) -> [&'static str; 2] {
    match question.weight_kg {
        Some(_) => ["height and weight", ", the height and the weight"],
        None => ["height", " and the height"],
    }
}

fn contradicted_label(question: &Question, field: &str) -> FieldError {
    let [body, and_body] = height_and_weight(question);
    let message =
        format!("nobody of this {body} wears this size; check the size, its system{and_body}");
    FieldError::new(format!("{field}.size"), Code::Contradictory, message)
}

fn contradiction(
    posterior: &Posterior,
    question: &Question,
    tape: Tape,
    observation: &Observation,
) -> FieldError {
    let half = CONTRADICTION_SDS
        * (posterior.variance_of(&observation.weights) + observation.variance).sqrt();
    let given = question.tape_cm(tape).unwrap_or_default();
    let possible = tape.limits();
    let allowed = match tape.measure() {
        Some(measure) => Limits {
            min: (posterior.mean[measure.index()] - half).exp(),
            max: (posterior.mean[measure.index()] + half).exp(),
        },
        None => {
            let expected: f64 =
                observation.weights.iter().map(|(k, w)| w * posterior.mean[*k]).sum();
            let centre = given - (observation.value - expected);
            Limits { min: centre - half, max: centre + half }
        }
    };
    // Inward to the grid of canonical questions, so that what is named as allowed is allowed.
    let grid = |cm: f64, round: fn(f64) -> f64| round(cm * 2.0) / 2.0;
    let allowed = Limits {
        min: grid(allowed.min.max(possible.min), f64::ceil),
        max: grid(allowed.max.min(possible.max), f64::floor),
    };
    let [body, and_body] = height_and_weight(question);
    let check = format!("check this measure{and_body}");
    let hint = plausible::length_hint(given, allowed, question.unit).unwrap_or(&check);
    FieldError::outside(
        tape.name(),
        Code::Contradictory,
        &format!("with this {body}, {}", tape.name()),
        allowed,
        Quantity::Length,
        question.unit,
        Some(hint),
    )
}

fn known_size(
    posterior: &Posterior,
    question: &Question,
    block: &Block,
) -> Result<Vec<Observation>, FieldError> {
    let Some(known) = &question.known_size else {
        return Ok(Vec::new());
    };
    let Some(jacket) = block.known_jacket(known) else {
        return Err(unknown_size(known, block));
    };
    let mut observations =
        vec![log_observation(posterior, Measure::Chest, jacket.chest_cm, KNOWN_SIZE_SD_CM)];
    if let Some(length) = jacket.length {
        let nearest = |size: &&super::chart::Size| (size.body_chest_cm - jacket.chest_cm).abs();
        let size = block.every_size().iter().min_by(|a, b| nearest(a).total_cmp(&nearest(b)));
        if let Some(size) = size {
            let need = &block.needs.sleeve;
            let sleeve_cm = size.sleeve_cm + block.lengths[length].sleeve_cm;
            let arm_cm = (sleeve_cm - need.plus_cm) / need.outer_arm;
            observations.push(log_observation(
                posterior,
                Measure::Sleeve,
                arm_cm,
                KNOWN_SLEEVE_SD_CM,
            ));
        }
    }
    Ok(observations)
}

fn known_trousers(
    posterior: &Posterior,
    question: &Question,
    block: &Block,
) -> Result<Vec<Observation>, FieldError> {
    let Some(known) = &question.known_trousers else {
        return Ok(Vec::new());
    };
    let waist_cm = block
        .known_trousers(known, question.sex)
        .ok_or_else(|| unknown_trousers(known, block, question.sex))?;
    Ok(vec![log_observation(posterior, Measure::Waist, waist_cm, KNOWN_TROUSERS_SD_CM)])
}

/// The labels of a question that the chart cannot read.
pub fn unknown_labels(question: &Question, block: &Block) -> Vec<FieldError> {
    let sex = question.sex;
    let jacket = question.known_size.as_ref().filter(|known| block.known_jacket(known).is_none());
    let trousers = question.known_trousers.as_ref();
    let trousers = trousers.filter(|known| block.known_trousers(known, sex).is_none());
    let jacket = jacket.map(|known| unknown_size(known, block));
    let trousers = trousers.map(|known| unknown_trousers(known, block, sex));
    jacket.into_iter().chain(trousers).collect()
}

/// A label that the chart cannot read in its system, with the systems that could.
fn unknown_size(known: &KnownSize, block: &Block) -> FieldError {
    let elsewhere = systems_that_read(known, |known| block.known_jacket(known).is_some());
    let hint = match elsewhere.as_str() {
        "" => format!("sizes read like {}", block.example_labels(known.system).join(", ")),
        systems => format!("{systems} has: send it as knownSize.system"),
    };
    let message = format!("{} has no such size in this chart; {hint}", known.system.name());
    FieldError::new("knownSize.size", Code::UnknownSize, message)
}

/// The same for trousers, of which a Japanese label is in centimetres that another system might read as its own.
fn unknown_trousers(known: &KnownSize, block: &Block, sex: Sex) -> FieldError {
    let system = known.system.name();
    let message = if known.system == SizeSystem::JP {
        "JP trousers are not read; send another system's, or inches of waist such as W34".to_owned()
    } else {
        let is_read = |known: &KnownSize| block.known_trousers(known, sex).is_some();
        let examples = block.example_trousers(known.system, sex).join(", ");
        let hint = match systems_that_read(known, is_read).as_str() {
            "" => format!("trousers read like {examples}"),
            systems => format!("{systems} has: send it as knownTrousers.system"),
        };
        format!("{system} has no such trousers in this chart; {hint}")
    };
    FieldError::new("knownTrousers.size", Code::UnknownSize, message)
}

/// "US or UK": the systems in which a label is one.
fn systems_that_read(known: &KnownSize, is_read: impl Fn(&KnownSize) -> bool) -> String {
    let of = |system: &SizeSystem| KnownSize { system: *system, ..known.clone() };
    let systems = SizeSystem::ALL.into_iter().filter(|system| is_read(&of(system)));
    systems.map(SizeSystem::name).collect::<Vec<_>>().join(" or ")
}

/// A chosen picture of chest or stomach, as an observation of how a person differs from others of
/// the same height and weight.
fn builds(posterior: &Posterior, question: &Question) -> Vec<Observation> {
    let told = [(Measure::Chest, question.build.chest), (Measure::Waist, question.build.stomach)];
    told.into_iter()
        .filter_map(|(measure, third)| {
            let (value, variance) = third_as_observation(third?);
            let sd = posterior.log_sd(measure.index());
            Some(Observation {
                weights: vec![(measure.index(), 1.0)],
                value: posterior.mean[measure.index()] + value * sd,
                variance: variance * sd * sd,
            })
        })
        .collect()
}

/// Value and noise variance, in standard deviations of the truth, of the normal observation that
/// leaves the same mean and variance as learning which third of a correlated score a person is in.
fn third_as_observation(third: Third) -> (f64, f64) {
    // Moments of a standard normal within its outer and its middle third.
    let edge = normal::quantile(2.0 / 3.0);
    let outer_mean = normal::density(edge) * 3.0;
    let outer_variance = 1.0 + edge * outer_mean - outer_mean * outer_mean;
    let middle_variance = 1.0 - 2.0 * edge * normal::density(edge) * 3.0;
    let (mean, variance) = match third {
        Third::Lower => (-outer_mean, outer_variance),
        Third::Middle => (0.0, middle_variance),
        Third::Upper => (outer_mean, outer_variance),
    };
    let kept = 1.0 - BUILD_CORRELATION * BUILD_CORRELATION * (1.0 - variance);
    let noise = kept / (1.0 - kept);
    (BUILD_CORRELATION * mean * (1.0 + noise), noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_leaves_the_moments_of_a_correlated_third() {
        for (third, mean) in [(Third::Lower, -0.654), (Third::Middle, 0.0), (Third::Upper, 0.654)] {
            let (value, noise) = third_as_observation(third);
            assert!((value / (1.0 + noise) - mean).abs() < 1e-3, "{third:?}");
        }
    }
}
