//! What a run is held against: each a figure, its bound, and what was measured.

use super::quantity::{shown_count, shown_ms, shown_share};
use super::run::Finished;
use serde::Serialize;
use std::collections::BTreeMap;

/// A figure that can be bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Failed requests of all, 0 to 1.
    ErrorRate,
    /// From when a request was due, milliseconds.
    P95,
    P99,
    /// Answers from memory or store, 0 to 1.
    HitRate,
    /// Answers a second.
    Throughput,
    /// Of the service's process, megabytes of 1,048,576.
    ResidentMb,
}

impl Figure {
    fn is_upper_bound(self) -> bool {
        !matches!(self, Figure::HitRate | Figure::Throughput)
    }

    pub fn title(self) -> &'static str {
        match self {
            Figure::ErrorRate => "error rate",
            Figure::P95 => "p95",
            Figure::P99 => "p99",
            Figure::HitRate => "hit rate",
            Figure::Throughput => "throughput",
            Figure::ResidentMb => "resident memory",
        }
    }

    /// In a report, with the unit.
    fn name(self) -> &'static str {
        match self {
            Figure::ErrorRate => "errorRate",
            Figure::P95 => "p95Ms",
            Figure::P99 => "p99Ms",
            Figure::HitRate => "hitRate",
            Figure::Throughput => "throughputPerSecond",
            Figure::ResidentMb => "residentMb",
        }
    }

    pub fn shown(self, value: f64) -> String {
        match self {
            Figure::ErrorRate | Figure::HitRate => shown_share(value),
            Figure::P95 | Figure::P99 => shown_ms(value),
            Figure::Throughput => format!("{}/s", shown_count(value.round() as u64)),
            Figure::ResidentMb => format!("{value:.1} MB"),
        }
    }

    fn of(self, run: &Finished) -> Option<f64> {
        match self {
            Figure::ErrorRate => run.measured.error_rate(),
            Figure::P95 => run.measured.percentile_ms(95.0),
            Figure::P99 => run.measured.percentile_ms(99.0),
            Figure::HitRate => run.measured.hit_rate(),
            Figure::Throughput => run.throughput_per_second(),
            Figure::ResidentMb => None,
        }
    }
}

/// Bounds that were set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds(BTreeMap<Figure, f64>);

impl Thresholds {
    pub fn new(bounds: impl IntoIterator<Item = (Figure, Option<f64>)>) -> Self {
        Thresholds(
            bounds.into_iter().filter_map(|(figure, bound)| Some((figure, bound?))).collect(),
        )
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn judge(&self, run: &Finished) -> Vec<Verdict> {
        let judged =
            |(figure, bound): (&Figure, &f64)| Verdict::new(*figure, *bound, figure.of(run));
        self.0.iter().map(judged).collect()
    }
}

/// One bound against what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    #[serde(serialize_with = "by_name")]
    pub figure: Figure,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    /// `None` where nothing was seen that tells: that is no pass.
    pub measured: Option<f64>,
    pub pass: bool,
}

impl Verdict {
    pub fn new(figure: Figure, bound: f64, measured: Option<f64>) -> Self {
        let upper = figure.is_upper_bound();
        let holds = |value: f64| if upper { value <= bound } else { value >= bound };
        Verdict {
            figure,
            at_most: upper.then_some(bound),
            at_least: (!upper).then_some(bound),
            measured,
            pass: measured.is_some_and(holds),
        }
    }

    /// `at most 20.0 ms`.
    pub fn bound(&self) -> String {
        let (word, bound) = match (self.at_most, self.at_least) {
            (Some(bound), _) => ("at most", bound),
            (None, bound) => ("at least", bound.unwrap_or_default()),
        };
        format!("{word} {}", self.figure.shown(bound))
    }

    pub fn measured_shown(&self) -> String {
        self.measured.map_or_else(|| "not told".to_owned(), |value| self.figure.shown(value))
    }

    pub fn word(&self) -> &'static str {
        if self.pass { "pass" } else { "FAIL" }
    }
}

fn by_name<S: serde::Serializer>(figure: &Figure, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(figure.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_holds_up_to_itself() {
        let pass = |figure, bound, measured| Verdict::new(figure, bound, measured).pass;
        assert!(pass(Figure::P99, 20.0, Some(20.0)) && !pass(Figure::P99, 20.0, Some(20.1)));
        assert!(pass(Figure::HitRate, 0.95, Some(0.95)) && !pass(Figure::HitRate, 0.95, Some(0.9)));
        assert!(pass(Figure::ErrorRate, 0.0, Some(0.0)));
        assert!(!pass(Figure::P99, 20.0, None), "nothing seen is no pass");
    }

    #[test]
    fn a_verdict_is_told_in_words_and_in_a_report() {
        let verdict = Verdict::new(Figure::Throughput, 5_000.0, Some(4_998.4));
        assert_eq!(verdict.bound(), "at least 5,000/s");
        assert_eq!((verdict.measured_shown().as_str(), verdict.word()), ("4,998/s", "FAIL"));
        let told = serde_json::to_value(&verdict).unwrap();
        let expected = serde_json::json!({
            "figure": "throughputPerSecond", "atLeast": 5000.0, "measured": 4998.4, "pass": false
        });
        assert_eq!(told, expected);
    }
}
