//! What a rule is: a metric, a threshold, and for how long it has to be past it. Read by `parse`.
//!
//! The names in a file are written once, in the tables of this file.

use serde::{Serialize, Serializer};
use std::time::Duration;
use utoipa::ToSchema;

/// A figure that a rule can watch. The unit is in the name, as a file writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ToSchema)]
#[schema(as = AlertMetric, rename_all = "camelCase")]
pub enum Metric {
    /// 95th percentile of the time of a recommendation in the window, in milliseconds.
    RecommendP95Ms,
    /// Share of the requests in the window that were answered with a 5xx, 0 to 1.
    ErrorShare,
    /// Share of the answers in the window that came from a tier instead of the engine, 0 to 1.
    TierHitShare,
    /// 1 while answers are not stored or not found in the store, else 0.
    StoreDegraded,
    /// Size of the store's write-ahead log, in bytes.
    WalBytes,
    /// Free space on the store's disk, in bytes.
    FreeDiskBytes,
    /// Resident memory as a share of the stated budget; above 1 when it is exceeded.
    MemoryBudgetShare,
    /// Rows in the window that the full queue did not take.
    QueueDroppedRows,
}

/// Bytes above this are no longer whole numbers in JSON.
const MOST_BYTES: f64 = 9_007_199_254_740_992.0;

impl Metric {
    pub const ALL: [Metric; 8] = [
        Metric::RecommendP95Ms,
        Metric::ErrorShare,
        Metric::TierHitShare,
        Metric::StoreDegraded,
        Metric::WalBytes,
        Metric::FreeDiskBytes,
        Metric::MemoryBudgetShare,
        Metric::QueueDroppedRows,
    ];

    /// Its name in a file.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The smallest and the largest threshold that make sense, in the metric's unit.
    pub fn limits(self) -> (f64, f64) {
        (0.0, self.row().1)
    }

    /// Whether it comes from requests, so that a rule's `minimumRequests` applies.
    pub fn is_of_requests(self) -> bool {
        matches!(self, Metric::RecommendP95Ms | Metric::ErrorShare | Metric::TierHitShare)
    }

    /// Whether its value ends at the limits: a threshold there could not be passed.
    pub fn is_bounded(self) -> bool {
        matches!(self, Metric::ErrorShare | Metric::TierHitShare | Metric::StoreDegraded)
    }

    /// Name in a file, largest threshold.
    fn row(self) -> (&'static str, f64) {
        match self {
            Metric::RecommendP95Ms => ("recommendP95Ms", 600_000.0),
            Metric::ErrorShare => ("errorShare", 1.0),
            Metric::TierHitShare => ("tierHitShare", 1.0),
            Metric::StoreDegraded => ("storeDegraded", 1.0),
            Metric::WalBytes => ("walBytes", MOST_BYTES),
            Metric::FreeDiskBytes => ("freeDiskBytes", MOST_BYTES),
            Metric::MemoryBudgetShare => ("memoryBudgetShare", 10.0),
            Metric::QueueDroppedRows => ("queueDroppedRows", 1_000_000_000.0),
        }
    }
}

/// On which side of the threshold it is bad. The threshold itself is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(as = AlertCondition, rename_all = "lowercase")]
pub enum Condition {
    Above,
    Below,
}

impl Condition {
    pub const ALL: [Condition; 2] = [Condition::Above, Condition::Below];

    pub fn name(self) -> &'static str {
        match self {
            Condition::Above => "above",
            Condition::Below => "below",
        }
    }

    /// Is the value past the threshold?
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Condition::Above => value > threshold,
            Condition::Below => value < threshold,
        }
    }

    /// The value that is further on the bad side.
    pub fn worse(self, a: f64, b: f64) -> f64 {
        match self {
            Condition::Above => a.max(b),
            Condition::Below => a.min(b),
        }
    }
}

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
    Critical,
}

impl Severity {
    pub const ALL: [Severity; 4] =
        [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];

    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Critical => "critical",
        }
    }

    /// The log knows nothing above an error.
    pub(super) fn level(self) -> log::Level {
        match self {
            Severity::Info => log::Level::Info,
            Severity::Warning => log::Level::Warn,
            Severity::Error | Severity::Critical => log::Level::Error,
        }
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A checked rule: every field is in its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// a-z, 0-9, `_` and `-`; unique.
    pub name: String,
    pub metric: Metric,
    pub condition: Condition,
    /// In the metric's unit.
    pub threshold: f64,
    pub severity: Severity,
    /// Evaluations in a row with the condition before it fires, at least 1.
    pub occurrences: u32,
    /// Evaluations in a row without the condition until it resolves; 0: it stays until the restart.
    pub resolve_after: u32,
    /// After it resolved, it does not fire again for so long.
    pub cooldown: Duration,
    /// The stretch of time that the value is of: whole tens of seconds, at most 300. The figures that
    /// are of now (store, log, disk, memory) have none and ignore it.
    pub window: Duration,
    /// With fewer requests in the window, a figure that is of requests has no value.
    pub minimum_requests: u64,
    pub enabled: bool,
    /// What it means, for an operator: one sentence.
    pub summary: String,
    /// What to do about it.
    pub action: String,
}

impl Rule {
    /// Is the value on the bad side?
    pub fn holds(&self, value: f64) -> bool {
        self.condition.holds(value, self.threshold)
    }
}
