//! Every setting once: flag, environment variable, default, unit, effect. Nothing else reads the environment
//! (but the log, which asks a terminal's variables for its colours).
//!
//! The structures below are all there is to know: `clap` reads flags and variables into them (a flag beats a
//! variable, a variable the default, an empty variable is none), `reader` says what a value may be,
//! `environment` which variable is wrong or misspelt, and `report` tells what is in force and why.

mod data;
mod engine;
pub mod environment;
mod limits;
mod listen;
mod log_lines;
pub mod reader;
pub mod report;
mod secrets;
mod watch;

pub use data::DataSettings;
pub use engine::EngineSettings;
pub use limits::{ClientAddress, LimitSettings, Origin, Rate, RateLimit};
pub use listen::reachable;
pub use log_lines::{LogFormat, LogSettings};
pub use report::{Setting, Source};
pub use secrets::{AdminToken, TokenFileError};
pub use watch::WatchSettings;

use crate::service::{ServiceOptions, Sources};
use crate::telemetry::alerts::{self, RulesError};
use clap::{Args, ValueEnum};
use reader::{secret, whole};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Where and how the service listens.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    /// Address to listen on [default: 127.0.0.1, or 0.0.0.0 where a platform sets PORT]
    #[arg(long, value_name = "ADDRESS", env = "SUITSIZE_HOST")]
    pub host: Option<String>,

    /// Port to listen on [default: 8080]; 0 takes a free one
    #[arg(long, env = "PORT", value_parser = whole::<u16>("0 to 65535"))]
    pub port: Option<u16>,

    /// Worker threads, each with an inference session of its own [default: one for each core]
    #[arg(long, value_name = "COUNT", env = "SUITSIZE_WORKERS", value_parser = whole::<u16>("1 to 256"))]
    pub workers: Option<u16>,

    #[command(flatten)]
    pub data: DataSettings,

    /// Seconds for which an answer is kept in memory; what is asked for goes on being kept. 0: no such tier
    #[arg(long, value_name = "SECONDS", env = "SUITSIZE_MEMORY_TTL_SECONDS", default_value_t = 30, value_parser = whole::<u32>("0 to 86400"))]
    pub memory_ttl_seconds: u32,

    /// Whether the likely answers are computed ahead after a start: 30 MB, some fifteen seconds at a quarter of a core
    #[arg(long, value_name = "SWITCH", env = "SUITSIZE_WARM", default_value = "on")]
    pub warm: Switch,

    /// Secret of 32 or more characters that lets an operator clear, warm and optimize; without it nobody can
    #[arg(long, value_name = "SECRET", env = "SUITSIZE_ADMIN_TOKEN", hide_env_values = true, value_parser = secret(AdminToken::ALLOWED, AdminToken::parse))]
    pub admin_token: Option<AdminToken>,

    /// File that holds that secret, in its first line
    #[arg(
        long,
        value_name = "FILE",
        env = "SUITSIZE_ADMIN_TOKEN_FILE",
        conflicts_with = "admin_token"
    )]
    pub admin_token_file: Option<PathBuf>,

    #[command(flatten)]
    pub limits: LimitSettings,

    #[command(flatten)]
    pub watch: WatchSettings,

    #[command(flatten)]
    pub engine: EngineSettings,

    /// What the command line found, to be told by `GET /api/status`; nothing where settings were made by hand.
    #[arg(skip)]
    pub in_force: Vec<Setting>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    #[default]
    On,
    Off,
}

impl ServeSettings {
    pub fn address(&self) -> (String, u16) {
        let host = || listen::default_host(environment::is_set("PORT")).to_owned();
        (self.host.clone().unwrap_or_else(host), self.port.unwrap_or(listen::DEFAULT_PORT))
    }

    /// The operators' secret, from wherever it is.
    ///
    /// # Errors
    /// When its file cannot be read or holds no such secret.
    pub fn admin_token(&self) -> Result<Option<AdminToken>, TokenFileError> {
        match (&self.admin_token, &self.admin_token_file) {
            (Some(token), _) => Ok(Some(token.clone())),
            (None, Some(path)) => AdminToken::from_file(path).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// # Errors
    /// When the file of alert rules cannot be read or has mistakes in it.
    pub fn service(&self) -> Result<ServiceOptions, RulesError> {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Ok(ServiceOptions {
            data_dir: self.data.data_dir.clone(),
            sources: Sources {
                charts: self.engine.charts.clone(),
                wording: self.engine.wording.clone(),
            },
            memory_ttl: seconds(self.memory_ttl_seconds),
            store_ttl: seconds(self.data.store_ttl_seconds),
            history: self.data.history(),
            store_max_bytes: u64::from(self.data.store_max_mb) * 1024 * 1024,
            warm: self.warm == Switch::On,
            memory_budget_bytes: u64::from(self.watch.memory_budget_mb) * 1024 * 1024,
            alert_rules: alerts::load(self.watch.alerts.as_deref())?,
            webhook: self.watch.alert_webhook.clone(),
        })
    }

    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.workers.map_or_else(cores, usize::from)
    }
}
