//! The answer, in the names of the HTTP contract.

use super::ask::NextQuestion;
use super::question::SizeSystem;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A size and everything said about it. Lengths in cm, probabilities 0 to 1.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recommendation {
    /// Label in the system asked for; `null` where the chart has none that fits: see `reason`.
    #[schema(required)]
    pub size: Option<String>,
    /// The system that `size` is a label of: `EU` where the one asked for has no such size; `null` without one.
    #[schema(required)]
    pub size_system: Option<SizeSystem>,
    /// Calibrated probability that this jacket fits with ordinary alterations.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
    pub confidence_level: ConfidenceLevel,
    pub body_type: BodyType,
    /// `regular`, `athletic` or `portly`; women: `regular`, `curvy` or `straight`.
    pub cut: String,
    /// Why, in plain sentences, in the language asked for.
    pub rationale: String,
    /// Codes of what a tailor is expected to change.
    pub alterations: Vec<&'static str>,
    /// Up to two numbers, then up to two lengths, each the likelier first.
    pub alternatives: Vec<Alternative>,
    /// Calibrated probability that the number is exactly right.
    #[schema(minimum = 0, maximum = 1)]
    pub probability: f64,
    /// The same in a word, for who shows no figures.
    pub verdict: Verdict,
    /// The same size in each system; `null` where a system has no label for it.
    pub sizes: BTreeMap<SizeSystem, Option<String>>,
    /// How the jacket sits, by zone, in words; absent without a size.
    #[schema(value_type = BTreeMap<String, String>)]
    pub zones: Ordered<&'static str>,
    #[schema(required)]
    pub trousers: Option<Trousers>,
    /// The body, by measure.
    #[schema(value_type = BTreeMap<String, Measurement>)]
    pub measurements: Ordered<Measurement>,
    pub alteration_details: Vec<Alteration>,
    /// The first of `furtherQuestions`; `null` if none is worth asking.
    #[schema(required)]
    pub next_question: Option<NextQuestion>,
    /// Every question still worth asking, the one whose answer adds most to `confidence` first.
    pub further_questions: Vec<NextQuestion>,
    /// When to trust it less.
    pub warnings: Vec<Warning>,
    /// Why there is no size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub model_version: String,
    pub chart_version: String,
    // Put into the schema by http/openapi.rs: what is optional cannot be flattened by the derive.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub details: Option<Details>,
}

/// `Very High` from .90, `High` from .80, `Medium` from .65.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub enum ConfidenceLevel {
    #[serde(rename = "Very High")]
    VeryHigh,
    High,
    Medium,
    Low,
}

impl ConfidenceLevel {
    pub fn of(confidence: f64) -> Self {
        match confidence {
            c if c >= 0.90 => Self::VeryHigh,
            c if c >= 0.80 => Self::High,
            c if c >= 0.65 => Self::Medium,
            _ => Self::Low,
        }
    }
}

/// How plainly one number stands out, and whether it can be offered without a person's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The number is exactly right for 6 in 10 or more.
    Clear,
    /// The likeliest number of the chart, with no other of them near it.
    Likely,
    /// Another number is at least 0.8 times as likely, or fits more with ordinary alterations: try both.
    BetweenTwo,
    /// No size, or one that fits fewer than 3 in 10 even with ordinary alterations: a member of staff knows more.
    AskStaff,
}

impl Verdict {
    const CLEAR: f64 = 0.6;
    const AS_LIKELY: f64 = 0.8;
    const FITS_FEW: f64 = 0.3;

    /// Of a size and of the numbers beside it.
    pub fn of(size: Chances, others: &[Chances]) -> Self {
        let is_near = |other: &Chances| {
            other.probability >= Self::AS_LIKELY * size.probability
                || other.confidence > size.confidence
        };
        if size.confidence < Self::FITS_FEW {
            Self::AskStaff
        } else if size.probability >= Self::CLEAR {
            Self::Clear
        } else if others.iter().any(is_near) {
            Self::BetweenTwo
        } else {
            Self::Likely
        }
    }
}

/// A jacket's: that its number is exactly right, and that it fits with ordinary alterations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chances {
    pub probability: f64,
    pub confidence: f64,
}

/// By the drop (chest minus waist) in cm, nearest family of JIS L 4004.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
pub enum BodyType {
    Athletic,
    Regular,
    Portly,
    Stout,
}

impl BodyType {
    pub fn of_drop_cm(drop_cm: f64) -> Self {
        match drop_cm {
            d if d >= 13.0 => Self::Athletic,
            d if d >= 9.0 => Self::Regular,
            d if d >= 5.0 => Self::Portly,
            _ => Self::Stout,
        }
    }
}

/// Another jacket to try.
#[derive(Clone, Debug, PartialEq, serde::Serialize, ToSchema)]
pub struct Alternative {
    /// Label in the system asked for, or after `EU ` where that has no such size.
    pub size: String,
    pub kind: AlternativeKind,
    /// That the number is exactly right; for another length of the same number, that the length is.
    #[schema(minimum = 0, maximum = 1)]
    pub probability: f64,
    /// In words, as a shop says it.
    pub why: String,
    pub cut: String,
    /// That it fits with ordinary alterations.
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f64,
}

/// What is another about it, and what its `probability` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AlternativeKind {
    /// Another number.
    Number,
    /// The same number, longer or shorter.
    Length,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, ToSchema)]
pub struct Trousers {
    /// Number by the waist.
    #[serde(rename = "EU")]
    pub eu: String,
    /// The body's waist, as estimated or taped.
    #[serde(rename = "waistCm")]
    pub waist_cm: f64,
    #[serde(rename = "waistIn")]
    pub waist_in: u32,
    /// Crotch to floor.
    #[serde(rename = "inseamCm")]
    pub inseam_cm: f64,
}

/// Median and central 90 % interval, cm.
#[derive(Clone, Debug, PartialEq, serde::Serialize, ToSchema)]
pub struct Measurement {
    pub estimate: f64,
    pub low: f64,
    pub high: f64,
    pub source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// From what else was told.
    Estimated,
    /// From a tape, with the rest as a check on it.
    Taped,
}

/// What would have to change for the jacket to sit as designed.
#[derive(Clone, Debug, PartialEq, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alteration {
    pub code: &'static str,
    /// Expected amount, to half a centimetre: what can be done, or would have to be and cannot.
    pub amount_cm: f64,
    pub feasibility: Feasibility,
    /// In words, as a tailor says it.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Feasibility {
    Easy,
    Moderate,
    /// A tailor can do this much, and it is not enough.
    Limited,
    /// Can be done, and is not worth it.
    NotRecommended,
    NotPossible,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, ToSchema)]
pub struct Warning {
    pub code: &'static str,
    pub message: String,
}

/// The distribution behind the answer.
#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// EU number to probability, beyond the chart's ends too; sums to one.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub size_probabilities: Ordered<f64>,
    /// Mean and standard deviation of each measure, cm.
    #[schema(value_type = BTreeMap<String, Moments>)]
    pub posterior: Ordered<Moments>,
    /// The same as the joint normal distribution of the logs that it is.
    pub distribution: Distribution,
    /// Probability that each zone fits with ordinary alterations.
    #[schema(value_type = BTreeMap<String, f64>)]
    pub zone_probabilities: Ordered<f64>,
}

#[derive(Clone, Debug, serde::Serialize, ToSchema)]
pub struct Moments {
    pub mean: f64,
    pub sd: f64,
}

#[derive(Clone, Debug, serde::Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Distribution {
    pub measures: Vec<&'static str>,
    /// ln cm.
    pub log_mean: Vec<f64>,
    pub log_covariance: Vec<Vec<f64>>,
}

/// A JSON object whose names keep the order they were put in.
#[derive(Clone, Debug)]
pub struct Ordered<V>(pub Vec<(std::borrow::Cow<'static, str>, V)>);

impl<V> Ordered<V> {
    pub fn get(&self, name: &str) -> Option<&V> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl<V, K: Into<std::borrow::Cow<'static, str>>> FromIterator<(K, V)> for Ordered<V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Ordered(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl<V: Serialize> Serialize for Ordered<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// To a tenth of a centimetre: what a tape can tell.
pub fn tenth(cm: f64) -> f64 {
    (cm * 10.0).round() / 10.0
}

/// To a tenth of a percentage point.
pub fn permille(probability: f64) -> f64 {
    (probability * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_clear_before_it_is_between_two() {
        let chances = |(probability, confidence)| Chances { probability, confidence };
        for (size, other, verdict) in [
            ((0.84, 0.9), (0.16, 0.3), Verdict::Clear),
            ((0.60, 0.9), (0.40, 0.3), Verdict::Clear),
            ((0.60, 0.7), (0.40, 0.8), Verdict::Clear),
            ((0.599, 0.9), (0.401, 0.3), Verdict::Likely),
            ((0.36, 0.6), (0.287, 0.6), Verdict::Likely),
            ((0.36, 0.6), (0.288, 0.3), Verdict::BetweenTwo),
            ((0.36, 0.6), (0.1, 0.601), Verdict::BetweenTwo),
            ((0.50, 0.6), (0.50, 0.5), Verdict::BetweenTwo),
            ((0.30, 0.6), (0.35, 0.5), Verdict::BetweenTwo),
            ((0.20, 0.3), (0.0, 0.0), Verdict::Likely),
            ((0.20, 0.299), (0.0, 0.0), Verdict::AskStaff),
            ((0.60, 0.2), (0.1, 0.1), Verdict::AskStaff),
        ] {
            assert_eq!(
                Verdict::of(chances(size), &[chances(other)]),
                verdict,
                "{size:?} {other:?}"
            );
        }
        assert_eq!(Verdict::of(chances((0.36, 0.6)), &[]), Verdict::Likely);
    }
}
