//! What is watched, and who is told.

use super::Switch;
use super::reader::{secret, whole};
use crate::telemetry::alerts::Target;
use clap::Args;
use std::path::PathBuf;

/// What the service says of itself, and to whom.
#[derive(Args, Clone, Debug)]
pub struct WatchSettings {
    /// Milliseconds beyond which a request is told in the log
    #[arg(long, value_name = "MS", env = "SUITSIZE_SLOW_REQUEST_MS", default_value_t = 1_000, value_parser = whole::<u32>("1 to 600000"))]
    pub slow_request_ms: u32,

    /// MB that the process should not go beyond: an alert fires at four fifths of it
    #[arg(long, value_name = "MB", env = "SUITSIZE_MEMORY_BUDGET_MB", default_value_t = 128, value_parser = whole::<u32>("16 to 1048576"))]
    pub memory_budget_mb: u32,

    /// File of alert rules (JSON), beside those in the binary or in their place
    #[arg(long, value_name = "FILE", env = "SUITSIZE_ALERTS")]
    pub alerts: Option<PathBuf>,

    /// Address that is told when an alert fires or resolves, by a POST of JSON; nobody without it
    #[arg(long, value_name = "URL", env = "SUITSIZE_ALERT_WEBHOOK", hide_env_values = true, value_parser = secret("an http or https address such as https://alerts.example.com/hook", Target::parse))]
    pub alert_webhook: Option<Target>,

    /// Whether requests are counted; off only to measure what that costs
    #[arg(long, value_name = "SWITCH", env = "SUITSIZE_RECORDING", default_value = "on")]
    pub recording: Switch,
}

impl Default for WatchSettings {
    /// As without flags and variables.
    fn default() -> Self {
        WatchSettings {
            slow_request_ms: 1_000,
            memory_budget_mb: 128,
            alerts: None,
            alert_webhook: None,
            recording: Switch::On,
        }
    }
}
