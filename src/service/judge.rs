//! How the service is, judged: the readings that alert rules watch, and a score with its reasons.
//!
//! One set of thresholds for both, the rules. A rule fires when it has held for a while; the score takes off
//! points for what holds now. Readings touch no file but `/proc` and are up to ten seconds old.

use super::Service;
use crate::telemetry::alerts::{Alerts, AlertsStatus, Metric, Rule, Severity};
use crate::telemetry::process;
use serde::Serialize;
use utoipa::ToSchema;

/// `GET /api/health/performance`: 100 less what is lost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Score {
    pub score: u8,
    /// Why it is not 100: empty when it is.
    pub lost: Vec<Lost>,
    /// Every reading with its threshold.
    pub readings: Vec<Reading>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lost {
    pub points: u8,
    pub rule: String,
    /// In a sentence, and what to do.
    pub reason: String,
    pub action: String,
}

/// What a rule watches, now. In the metric's unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    pub rule: String,
    pub metric: Metric,
    /// `null`: too few requests to say.
    pub value: Option<f64>,
    /// `above` or `below` the threshold is bad.
    pub condition: &'static str,
    pub threshold: f64,
}

/// How many points a rule that holds takes off.
fn points(severity: Severity) -> u8 {
    match severity {
        Severity::Info => 5,
        Severity::Warning => 15,
        Severity::Error => 30,
        Severity::Critical => 50,
    }
}

impl Service {
    /// Takes the stretch since the last call into the window, looks at every rule, and has the webhook told
    /// what has changed. Every ten seconds.
    pub fn evaluate_alerts(&self) {
        let now = self.clock().monotonic();
        let dropped = self.store().status().dropped_queue_full;
        self.0.window.lock().advance(now, self.telemetry().requests.read(), dropped);
        let changed =
            self.alerts().evaluate(now, self.clock().unix_ms(), &|rule| self.reading(rule));
        if let Some(webhook) = self.webhook() {
            changed.iter().for_each(|transition| webhook.send(transition));
        }
    }

    pub fn alerts_status(&self) -> AlertsStatus {
        self.alerts().status()
    }

    pub fn alerts_firing(&self) -> usize {
        self.alerts().firing_count()
    }

    /// 100 less points for every rule that holds now.
    pub fn score(&self) -> Score {
        let rules = || self.alerts().rules().iter().filter(|rule| rule.enabled);
        let values: Vec<_> = rules().map(|rule| (rule, self.reading(rule))).collect();
        let lost: Vec<_> = values
            .iter()
            .filter(|(rule, value)| value.is_some_and(|value| rule.holds(value)))
            .map(|(rule, _)| Lost {
                points: points(rule.severity),
                rule: rule.name.clone(),
                reason: rule.summary.clone(),
                action: rule.action.clone(),
            })
            .collect();
        let reading = |(rule, value): (&Rule, Option<f64>)| Reading {
            rule: rule.name.clone(),
            metric: rule.metric,
            value: value.map(|value| (value * 1e4).round() / 1e4),
            condition: rule.condition.name(),
            threshold: rule.threshold,
        };
        Score {
            score: lost.iter().fold(100, |score, lost| score.saturating_sub(lost.points)),
            lost,
            readings: values.into_iter().map(reading).collect(),
        }
    }

    /// The value of what a rule watches; `None` when there is too little to say.
    fn reading(&self, rule: &Rule) -> Option<f64> {
        let flag = |is: bool| Some(f64::from(u8::from(is)));
        match rule.metric {
            Metric::RecommendP95Ms | Metric::ErrorShare | Metric::TierHitShare => {
                self.of_requests(rule)
            }
            Metric::QueueDroppedRows => {
                let now = self.clock().monotonic();
                Some(self.0.window.lock().last(rule.window, now).dropped as f64)
            }
            Metric::StoreDegraded => flag(self.lacks_its_store()),
            Metric::WalBytes => Some(self.store().status().wal_bytes as f64),
            Metric::FreeDiskBytes => {
                self.store().status().disk_free_bytes.map(|bytes| bytes as f64)
            }
            Metric::MemoryBudgetShare => {
                process::resident_bytes().map(|bytes| bytes as f64 / self.0.memory_budget_bytes)
            }
        }
    }

    fn of_requests(&self, rule: &Rule) -> Option<f64> {
        let last = self.0.window.lock().last(rule.window, self.clock().monotonic());
        let (count, value) = match rule.metric {
            Metric::ErrorShare => (last.requests, last.error_rate()),
            Metric::TierHitShare => (last.answers.count(), last.hit_rate()),
            _ => (last.answers.count(), last.p95_ms()),
        };
        value.filter(|_| count >= rule.minimum_requests)
    }

    pub(super) fn alerts(&self) -> &Alerts {
        &self.0.alerts
    }
}
