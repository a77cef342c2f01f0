//! A run as JSON, for a program that keeps it: every name has its unit, times are milliseconds unless it says
//! otherwise, shares are from 0 to 1. Nothing is in it of the machines but their
//! kind, their cores and the URL.

use super::chart::{self, Range};
use super::instance::Process;
use super::measure::{Measure, Percentiles};
use super::plan::{self, Plan};
use super::run::{Ending, Finished};
use super::thresholds::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Of the document; a field that is added does not change it.
const SCHEMA_VERSION: u32 = 1;
const BYTES_PER_MB: f64 = 1_048_576.0;

/// One load, and what came of it.
pub struct Run {
    /// Of a phase; nothing where there is one load alone.
    pub name: Option<String>,
    pub plan: Plan,
    pub finished: Finished,
    pub verdicts: Vec<Verdict>,
    pub before: Process,
    pub after: Process,
}

impl Run {
    /// Of the service, after the run.
    pub fn resident_mb(&self) -> Option<f64> {
        self.after.resident_bytes.map(|bytes| bytes as f64 / BYTES_PER_MB)
    }

    /// The service's processor time for each request of the run, whatever else it did meanwhile.
    pub fn cpu_us_per_request(&self) -> Option<f64> {
        let seconds = self.after.cpu_seconds? - self.before.cpu_seconds?;
        let requests = self.finished.measured.requests() + self.finished.ramp_up.requests();
        (requests > 0 && seconds >= 0.0).then(|| seconds * 1e6 / requests as f64)
    }

    /// What the exit code says. A run that was cut short has held no threshold.
    pub fn outcome(&self) -> Outcome {
        let none_answered = self.finished.measured.answers() == 0;
        match self.finished.ending {
            Ending::Silent => Outcome::Failed,
            Ending::Interrupted => Outcome::Interrupted,
            Ending::Whole if none_answered => Outcome::Failed,
            Ending::Whole if self.verdicts.iter().any(|verdict| !verdict.pass) => Outcome::Failed,
            Ending::Whole if self.verdicts.is_empty() => Outcome::Measured,
            Ending::Whole => Outcome::Passed,
        }
    }

    pub fn is_good(&self) -> bool {
        match self.outcome() {
            Outcome::Measured | Outcome::Passed => true,
            Outcome::Interrupted => self.verdicts.is_empty(),
            Outcome::Failed => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// There was nothing to hold it against.
    Measured,
    Passed,
    /// A threshold did not hold, or nothing was answered.
    Failed,
    Interrupted,
}

/// What is common to all runs of a report.
pub struct Head<'a> {
    pub url: String,
    pub service_version: Option<&'a str>,
    pub started_unix_ms: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    version: &'a str,
    started_unix_ms: i64,
    target: Target<'a>,
    machine: Machine,
    outcome: Outcome,
    runs: Vec<RunDocument<'a>>,
    /// Of all runs together.
    #[serde(skip_serializing_if = "<[Verdict]>::is_empty")]
    overall: &'a [Verdict],
}

#[derive(Serialize)]
struct Target<'a> {
    url: &'a str,
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct Machine {
    cores: usize,
    os: &'static str,
    architecture: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    settings: &'a Plan,
    outcome: Outcome,
    thresholds: &'a [Verdict],
    measured_seconds: f64,
    throughput_per_second: Option<f64>,
    requests: u64,
    answers: u64,
    error_rate: Option<f64>,
    errors: BTreeMap<String, u64>,
    unsent: u64,
    reconnects: u64,
    ramp_up_requests: u64,
    ramp_up_errors: u64,
    tiers: Tiers,
    hit_rate: Option<f64>,
    body_bytes: u64,
    /// From the moment when a request was due; in a closed loop from when it was sent.
    latency: Option<Percentiles>,
    coordinated_omission_corrected: bool,
    service_time: Option<Percentiles>,
    client_lateness: Option<Percentiles>,
    histogram: Vec<Bucket>,
    service_resident_mb: Option<f64>,
    service_cpu_us_per_request: Option<f64>,
}

#[derive(Serialize)]
struct Tiers {
    memory: u64,
    store: u64,
    computed: u64,
    untold: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bucket {
    from_ms: f64,
    to_ms: f64,
    requests: u64,
}

impl From<Range> for Bucket {
    fn from(range: Range) -> Self {
        let ms = |us: u64| us as f64 / 1e3;
        Bucket { from_ms: ms(range.from_us), to_ms: ms(range.to_us), requests: range.requests }
    }
}

impl<'a> From<&'a Run> for RunDocument<'a> {
    fn from(run: &'a Run) -> Self {
        let Finished { measured, ramp_up, lasted, .. } = &run.finished;
        let Measure { memory, store, computed, untold, .. } = *measured;
        let is_open = matches!(run.plan.pace, super::schedule::Pace::Open { .. });
        RunDocument {
            name: run.name.as_deref(),
            settings: &run.plan,
            outcome: run.outcome(),
            thresholds: &run.verdicts,
            measured_seconds: lasted.as_secs_f64(),
            throughput_per_second: run.finished.throughput_per_second(),
            requests: measured.requests(),
            answers: measured.answers(),
            error_rate: measured.error_rate(),
            errors: measured.failures.iter().map(|(kind, n)| (kind.name(), *n)).collect(),
            unsent: measured.unsent,
            reconnects: measured.reconnects,
            ramp_up_requests: ramp_up.requests(),
            ramp_up_errors: ramp_up.failed_requests(),
            tiers: Tiers { memory, store, computed, untold },
            hit_rate: measured.hit_rate(),
            body_bytes: measured.body_bytes,
            latency: Percentiles::of(&measured.from_due),
            // What was due when it was interrupted is in no figure.
            coordinated_omission_corrected: is_open && run.finished.ending == Ending::Whole,
            service_time: Percentiles::of(&measured.from_sent),
            client_lateness: Percentiles::of(&measured.own_lateness),
            histogram: chart::ranges(measured.latencies_us())
                .into_iter()
                .map(Bucket::from)
                .collect(),
            service_resident_mb: run.resident_mb(),
            service_cpu_us_per_request: run.cpu_us_per_request(),
        }
    }
}

/// The whole report, in lines.
pub fn json(head: &Head<'_>, runs: &[Run], overall: &[Verdict], outcome: Outcome) -> String {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        version: crate::VERSION,
        started_unix_ms: head.started_unix_ms,
        target: Target { url: &head.url, version: head.service_version },
        machine: Machine {
            cores: plan::cores(),
            os: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
        },
        outcome,
        runs: runs.iter().map(RunDocument::from).collect(),
        overall,
    };
    serde_json::to_string_pretty(&document).expect("a report holds text and finite numbers")
}

/// Whether it can be written there, found out before a run and not after one of hours.
///
/// # Errors
/// Why not.
pub fn try_out(to: &Path) -> Result<(), String> {
    if to.as_os_str() == "-" {
        return Ok(());
    }
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(to);
    opened.map(drop).map_err(|error| cannot(to, &error))
}

fn cannot(to: &Path, error: &std::io::Error) -> String {
    format!("the report cannot be written to {}: {error}", to.display())
}

/// To a file, or to the standard output for `-`.
///
/// # Errors
/// Why it cannot be written.
pub fn write(to: &Path, json: &str) -> Result<(), String> {
    let written = if to.as_os_str() == "-" {
        writeln!(std::io::stdout(), "{json}")
    } else {
        std::fs::write(to, format!("{json}\n"))
    };
    written.map_err(|error| cannot(to, &error))
}
