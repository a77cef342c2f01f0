//! Alerts: rules that are data, looked at every ten seconds, told once when they fire and once when
//! they resolve.
//!
//! `parse` reads the rules, `state` is what a rule goes through, and this file keeps one state for each
//! and the history. Where values come from is the caller's business: a rule asks for its metric, its
//! window and its minimum of requests. `webhook` carries a transition out of the house, if an operator
//! wants that; nothing waits for it.
//!
//! What has resolved and how often is forgotten with the process: a restart begins with everything ok,
//! and what still holds fires again after its minimum of evaluations.

mod circuit;
mod courier;
mod parse;
mod rule;
mod state;
mod target;
mod webhook;

pub use circuit::Standing as CircuitStanding;
pub use parse::{MAX_RULES, Mistake, RulesError, load, shipped, with_own};
pub use rule::{Condition, Metric, Rule, Severity};
pub use state::Standing;
pub use target::Target;
pub use webhook::{Webhook, WebhookStatus};

use parking_lot::Mutex;
use serde::Serialize;
use state::{Episode, News, State};
use std::collections::VecDeque;
use std::time::Duration;
use utoipa::ToSchema;

/// How often the caller evaluates: `occurrences` and `resolveAfter` count in this.
pub const EVALUATE_EVERY: Duration = Duration::from_secs(10);
/// A day's worth of trouble; the log has the rest.
const KEPT_RESOLVED: usize = 50;

/// What an alert has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    Firing,
    Resolved,
}

/// An alert fires or resolves. Values are in the metric's unit, times in unix milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// The rule's name.
    pub alert: String,
    pub state: Became,
    pub severity: Severity,
    pub metric: Metric,
    pub value: f64,
    pub worst_value: f64,
    pub threshold: f64,
    /// When it fired.
    pub since_ms: i64,
    /// When it became so: for a firing one the same as `since_ms`.
    pub at_ms: i64,
    /// How long it had been firing, by a clock that does not jump.
    #[serde(skip)]
    pub lasted: Duration,
    pub summary: String,
    pub action: String,
}

/// What `GET /api/alerts` answers. Values are in the metric's unit, times in unix milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertsStatus {
    pub rules: Vec<RuleStatus>,
    pub firing: Vec<FiringStatus>,
    /// The last ones, the newest first.
    pub resolved: Vec<ResolvedStatus>,
}

/// A rule and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleStatus {
    pub name: String,
    pub metric: Metric,
    pub condition: Condition,
    pub threshold: f64,
    pub severity: Severity,
    pub enabled: bool,
    pub state: Standing,
    /// Of the last evaluation; `None`: there was no value, or no evaluation yet.
    pub value: Option<f64>,
    /// Evaluations in a row in which the condition held.
    pub occurrences: u32,
    /// How many of them make it fire.
    pub occurrences_needed: u32,
    /// How many without it resolve it; 0: it stays until the restart.
    pub resolve_after: u32,
    pub cooldown_seconds: u64,
    /// Until it may fire again, as of the last evaluation. Only of one that is cooling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooling_seconds: Option<u64>,
    pub window_seconds: u64,
    pub minimum_requests: u64,
    pub summary: String,
    pub action: String,
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiringStatus {
    pub name: String,
    pub severity: Severity,
    pub since_ms: i64,
    /// The last value there was.
    pub value: f64,
    pub worst_value: f64,
    pub threshold: f64,
    pub summary: String,
    pub action: String,
}

/// An alert that fired and resolved.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedStatus {
    pub name: String,
    pub severity: Severity,
    pub fired_at_ms: i64,
    pub resolved_at_ms: i64,
    pub worst_value: f64,
}

/// The rules and where they stand. Shared by reference: one evaluates, others ask.
pub struct Alerts {
    rules: Vec<Rule>,
    watched: Mutex<Watched>,
}

struct Watched {
    /// One for each rule, in their order.
    states: Vec<State>,
    /// When it was last evaluated, monotonic.
    now: Duration,
    resolved: VecDeque<ResolvedStatus>,
}

impl Alerts {
    pub fn new(rules: Vec<Rule>) -> Self {
        let states = vec![State::default(); rules.len()];
        let watched = Watched { states, now: Duration::ZERO, resolved: VecDeque::new() };
        Alerts { rules, watched: Mutex::new(watched) }
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Looks at every rule that is enabled, logs what changed and returns it, in the order of the rules.
    ///
    /// `now` is monotonic, `now_ms` unix milliseconds. `read` gives the value of a rule's metric in its
    /// unit; `None` leaves the rule as it is. It is called without a lock, so it may ask for the status.
    pub fn evaluate(
        &self,
        now: Duration,
        now_ms: i64,
        read: &dyn Fn(&Rule) -> Option<f64>,
    ) -> Vec<Transition> {
        let values: Vec<_> =
            self.rules.iter().map(|rule| if rule.enabled { read(rule) } else { None }).collect();
        let transitions = self.take_in(now, now_ms, &values);
        transitions.iter().for_each(tell);
        transitions
    }

    fn take_in(&self, now: Duration, now_ms: i64, values: &[Option<f64>]) -> Vec<Transition> {
        let Watched { states, now: at, resolved } = &mut *self.watched.lock();
        *at = now;
        let mut transitions = Vec::new();
        for ((rule, state), value) in self.rules.iter().zip(states).zip(values) {
            let Some(news) = state.evaluate(rule, now, now_ms, *value) else { continue };
            if let News::Resolves(episode) = news {
                resolved.truncate(KEPT_RESOLVED - 1);
                resolved.push_front(resolved_status(rule, &episode, now_ms));
            }
            transitions.push(transition(rule, news, now, now_ms));
        }
        transitions
    }

    /// Where everything stands, as of the last evaluation.
    pub fn status(&self) -> AlertsStatus {
        let watched = self.watched.lock();
        let both = || self.rules.iter().zip(&watched.states);
        AlertsStatus {
            rules: both().map(|(rule, state)| rule_status(rule, state, watched.now)).collect(),
            firing: both()
                .filter_map(|(rule, state)| Some(firing_status(rule, state.firing()?)))
                .collect(),
            resolved: watched.resolved.iter().cloned().collect(),
        }
    }

    /// How many fire: without a copy of what they are.
    pub fn firing_count(&self) -> usize {
        self.watched.lock().states.iter().filter(|state| state.firing().is_some()).count()
    }
}

fn transition(rule: &Rule, news: News, now: Duration, now_ms: i64) -> Transition {
    let (state, episode) = match news {
        News::Fires(episode) => (Became::Firing, episode),
        News::Resolves(episode) => (Became::Resolved, episode),
    };
    Transition {
        alert: rule.name.clone(),
        state,
        severity: rule.severity,
        metric: rule.metric,
        value: episode.value,
        worst_value: episode.worst,
        threshold: rule.threshold,
        since_ms: episode.since_ms,
        at_ms: now_ms,
        lasted: now.saturating_sub(episode.since),
        summary: rule.summary.clone(),
        action: rule.action.clone(),
    }
}

fn rule_status(rule: &Rule, state: &State, now: Duration) -> RuleStatus {
    RuleStatus {
        name: rule.name.clone(),
        metric: rule.metric,
        condition: rule.condition,
        threshold: rule.threshold,
        severity: rule.severity,
        enabled: rule.enabled,
        state: state.standing(now),
        value: state.last(),
        occurrences: state.occurrences(),
        occurrences_needed: rule.occurrences,
        resolve_after: rule.resolve_after,
        cooldown_seconds: rule.cooldown.as_secs(),
        cooling_seconds: state.cooling(now).map(whole_seconds),
        window_seconds: rule.window.as_secs(),
        minimum_requests: rule.minimum_requests,
        summary: rule.summary.clone(),
        action: rule.action.clone(),
    }
}

/// Rounded up: what is not over is not zero.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn firing_status(rule: &Rule, episode: &Episode) -> FiringStatus {
    FiringStatus {
        name: rule.name.clone(),
        severity: rule.severity,
        since_ms: episode.since_ms,
        value: episode.value,
        worst_value: episode.worst,
        threshold: rule.threshold,
        summary: rule.summary.clone(),
        action: rule.action.clone(),
    }
}

fn resolved_status(rule: &Rule, episode: &Episode, now_ms: i64) -> ResolvedStatus {
    ResolvedStatus {
        name: rule.name.clone(),
        severity: rule.severity,
        fired_at_ms: episode.since_ms,
        resolved_at_ms: now_ms,
        worst_value: episode.worst,
    }
}

/// The one line in the log. As loud when it resolves as when it fires: who reads only errors learns of
/// both or of neither.
fn tell(transition: &Transition) {
    let Transition { alert, severity, metric, value, threshold, .. } = transition;
    let level = severity.level();
    match transition.state {
        Became::Firing => log::log!(
            level,
            "alert {alert} fires: {} {} ({} {value}, threshold {threshold})",
            transition.summary,
            transition.action,
            metric.name()
        ),
        Became::Resolved => {
            log::log!(level, "alert {alert} resolved after {} s", transition.lasted.as_secs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn alerts() -> Alerts {
        let mut rules = shipped().unwrap();
        rules.retain(|rule| rule.name == "store_degraded" || rule.name == "disk_low");
        Alerts::new(rules)
    }

    /// Evaluates at the `i`th step of ten seconds; only the store is ever in trouble.
    fn step(alerts: &Alerts, i: u32, degraded: f64) -> Vec<Transition> {
        let now = EVALUATE_EVERY * i;
        alerts.evaluate(now, 1_000_000 + crate::clock::millis(now), &|rule| match rule.metric {
            Metric::StoreDegraded => Some(degraded),
            _ => None,
        })
    }

    #[test]
    fn the_status_follows_an_alert_through_its_life() {
        let alerts = alerts();
        let state = || serde_json::to_value(alerts.status()).unwrap();
        assert_eq!(state()["rules"][0]["state"], "ok");
        (1..3).for_each(|i| assert_eq!(step(&alerts, i, 1.0), []));
        let pending = state();
        assert_eq!(pending["rules"][0]["state"], "pending");
        assert_eq!(pending["rules"][0]["occurrences"], 2);
        assert_eq!(pending["firing"], json!([]));
        let fired = step(&alerts, 3, 1.0);
        assert_eq!((fired.len(), fired[0].state, fired[0].at_ms), (1, Became::Firing, 1_030_000));
        let firing = state();
        assert_eq!((&firing["rules"][0]["state"], alerts.firing_count()), (&json!("firing"), 1));
        assert_eq!(firing["rules"][0].get("coolingSeconds"), None);
        assert_eq!(firing["firing"][0]["name"], "store_degraded");
        assert_eq!(firing["firing"][0]["sinceMs"], 1_030_000);
        assert_eq!(firing["firing"][0]["worstValue"], 1.0);
        (4..6).for_each(|i| assert_eq!(step(&alerts, i, 0.0), []));
        let resolved = step(&alerts, 6, 0.0);
        assert_eq!(resolved[0].state, Became::Resolved);
        assert_eq!((resolved[0].since_ms, resolved[0].at_ms), (1_030_000, 1_060_000));
        assert_eq!(resolved[0].lasted, Duration::from_secs(30));
        let cooling = state();
        assert_eq!((&cooling["rules"][0]["state"], alerts.firing_count()), (&json!("cooling"), 0));
        assert_eq!(cooling["rules"][0]["coolingSeconds"], cooling["rules"][0]["cooldownSeconds"]);
        assert_eq!(step(&alerts, 7, 0.0), []);
        assert_eq!(state()["rules"][0]["coolingSeconds"], 290);
        assert_eq!(cooling["rules"][1]["value"], json!(null));
        assert_eq!(
            cooling["resolved"],
            json!([{
                "name": "store_degraded", "severity": "error", "firedAtMs": 1_030_000,
                "resolvedAtMs": 1_060_000, "worstValue": 1.0
            }])
        );
    }

    #[test]
    fn a_rule_that_is_switched_off_is_not_read() {
        let mut rules = shipped().unwrap();
        rules.iter_mut().for_each(|rule| rule.enabled = false);
        let alerts = Alerts::new(rules);
        assert_eq!(alerts.evaluate(EVALUATE_EVERY, 0, &|rule| panic!("{}", rule.name)), []);
    }

    #[test]
    fn the_history_is_bounded_and_the_newest_comes_first() {
        let mut rules = shipped().unwrap();
        rules.retain(|rule| rule.metric == Metric::StoreDegraded);
        (rules[0].occurrences, rules[0].resolve_after) = (1, 1);
        rules[0].cooldown = Duration::ZERO;
        let alerts = Alerts::new(rules);
        for i in 0..200 {
            assert_eq!(step(&alerts, i, f64::from(1 - i % 2)).len(), 1);
        }
        let resolved = alerts.status().resolved;
        assert_eq!(resolved.len(), KEPT_RESOLVED);
        assert_eq!(resolved[0].resolved_at_ms, 1_000_000 + 1_990_000);
    }

    #[test]
    fn it_is_asked_while_it_evaluates() {
        let alerts = alerts();
        alerts.evaluate(EVALUATE_EVERY, 0, &|_| Some(alerts.status().rules.len() as f64));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|i| drop(step(&alerts, i, 1.0))));
                scope.spawn(|| (0..100).for_each(|_| drop(alerts.status())));
            }
        });
        assert_eq!(alerts.status().firing.len(), 1);
    }
}
