//! What a service is to hold, as data: `data/targets.json` as it is shipped, or an operator's own file.
//!
//! Phases follow on each other, each a load with its thresholds; `overall` is held at the end.

use super::mix::Kind;
use super::plan::Plan;
use super::schedule::{Pace, Schedule};
use super::thresholds::{Figure, Thresholds};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

const SHIPPED: &str = include_str!("../../../data/targets.json");

/// A phase that would not end is a mistake in the file.
const LONGEST_SECONDS: f64 = 3_600.0;
const MOST_USERS: u32 = 20_000;

#[derive(Debug)]
pub struct Targets {
    pub phases: Vec<Phase>,
    /// Megabytes that the service may have resident after any phase.
    pub resident_mb: Option<f64>,
}

#[derive(Debug)]
pub struct Phase {
    pub name: String,
    pub plan: Plan,
    pub thresholds: Thresholds,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    phases: Vec<PhaseInFile>,
    #[serde(default)]
    overall: Overall,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Overall {
    max_resident_mb: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PhaseInFile {
    name: String,
    mix: String,
    users: u32,
    #[serde(default)]
    ramp_up_seconds: f64,
    duration_seconds: f64,
    rate_per_second: Option<f64>,
    targets: TargetsInFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetsInFile {
    max_error_rate: Option<f64>,
    max_p95_ms: Option<f64>,
    max_p99_ms: Option<f64>,
    min_hit_rate: Option<f64>,
    min_throughput_per_second: Option<f64>,
}

impl Targets {
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped file is good: a test reads it")
    }

    /// # Errors
    /// The file, and what is wrong with it where.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| Self::parse(&text)).map_err(|why| format!("{}: {why}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.phases.is_empty() {
            return Err("there is no phase in it".to_owned());
        }
        let phases = file.phases.into_iter().map(PhaseInFile::checked);
        Ok(Targets {
            phases: phases.collect::<Result<_, _>>()?,
            resident_mb: file.overall.max_resident_mb,
        })
    }

    /// How long all of it takes, where the service keeps up.
    pub fn takes(&self) -> Duration {
        self.phases.iter().map(|phase| phase.plan.schedule.end()).sum()
    }
}

impl PhaseInFile {
    fn checked(self) -> Result<Phase, String> {
        let wrong = |what: &str| Err(format!("phase {:?}: {what}", self.name));
        let within = |seconds: f64| (0.0..=LONGEST_SECONDS).contains(&seconds);
        if !(1..=MOST_USERS).contains(&self.users) {
            return wrong("users is not from 1 to 20000");
        }
        if !within(self.ramp_up_seconds) || !within(self.duration_seconds) {
            return wrong("rampUpSeconds and durationSeconds are from 0 to 3600");
        }
        if self.duration_seconds == 0.0 {
            return wrong("durationSeconds is 0, so nothing is measured");
        }
        if self.rate_per_second.is_some_and(|rate| !(0.001..=1e6).contains(&rate)) {
            return wrong("ratePerSecond is not from 0.001 to 1000000");
        }
        let Ok(mix) = Kind::parse(&self.mix) else {
            return wrong(&format!("mix is not one of: {}", Kind::ALLOWED));
        };
        let TargetsInFile { max_error_rate, min_hit_rate, .. } = &self.targets;
        if [max_error_rate, min_hit_rate].into_iter().flatten().any(|x| !(0.0..=1.0).contains(x)) {
            return wrong("maxErrorRate and minHitRate are shares from 0 to 1");
        }
        let thresholds = self.targets.thresholds();
        if thresholds.is_empty() {
            return wrong("there is nothing in targets to hold");
        }
        let pace = match self.rate_per_second {
            Some(rate_per_second) => Pace::Open { rate_per_second },
            None => Pace::Closed { think: Duration::ZERO },
        };
        let schedule = Schedule {
            users: self.users,
            ramp_up: Duration::from_secs_f64(self.ramp_up_seconds),
            duration: Duration::from_secs_f64(self.duration_seconds),
        };
        let plan = Plan {
            schedule,
            pace,
            mix,
            question: Plan::QUESTION.to_owned(),
            patience: Plan::PATIENCE,
            threads: None,
        };
        Ok(Phase { name: self.name, plan, thresholds })
    }
}

impl TargetsInFile {
    fn thresholds(&self) -> Thresholds {
        Thresholds::new([
            (Figure::ErrorRate, self.max_error_rate),
            (Figure::P95, self.max_p95_ms),
            (Figure::P99, self.max_p99_ms),
            (Figure::HitRate, self.min_hit_rate),
            (Figure::Throughput, self.min_throughput_per_second),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_targets_are_good_and_quick() {
        let targets = Targets::shipped();
        assert!(targets.takes() < Duration::from_secs(100), "{:?}", targets.takes());
        assert!(targets.phases.iter().any(|phase| phase.plan.schedule.users >= 1_000));
        assert!(targets.resident_mb.is_some());
    }

    #[test]
    fn a_mistake_is_told_by_its_phase() {
        let file = |phase: &str| format!("{{\"phases\":[{phase}]}}");
        let good =
            r#"{"name":"a","mix":"one","users":1,"durationSeconds":1,"targets":{"maxP99Ms":1}}"#;
        assert!(Targets::parse(&file(good)).is_ok());
        for (from, to, expected) in [
            ("\"one\"", "\"onee\"", "phase \"a\": mix is not one of"),
            ("\"users\":1", "\"users\":0", "phase \"a\": users"),
            ("\"durationSeconds\":1", "\"durationSeconds\":0", "nothing is measured"),
            ("\"maxP99Ms\":1", "", "nothing in targets"),
            ("\"maxP99Ms\":1", "\"maxErrorRate\":5", "shares from 0 to 1"),
            ("\"maxP99Ms\"", "\"maxP98Ms\"", "unknown field `maxP98Ms`"),
            ("\"mix\":\"one\",", "", "missing field `mix`"),
        ] {
            let why = Targets::parse(&file(&good.replace(from, to))).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
        assert!(Targets::parse(&file("")).unwrap_err().contains("no phase"));
    }
}
