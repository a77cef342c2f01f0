//! Every setting once: flag, environment variable, default, effect. Nothing else reads the environment
//! (but `env_logger`, which reads `RUST_LOG`).

mod limits;

pub use limits::{ClientAddress, LimitSettings, Origin, Rate, RateLimit};

use crate::service::ServiceOptions;
use crate::sizing::EngineOptions;
use crate::sizing::model::{Around, Backend};
use crate::telemetry::alerts::{self, RulesError, Target};
use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, Command, ValueEnum};
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// What the sizing engine is built from.
#[derive(Args, Clone, Debug, Default)]
pub struct EngineSettings {
    /// Directory with manifest.json and its models, instead of those in the binary
    #[arg(long, value_name = "DIR", env = "SUITSIZE_MODELS")]
    pub models: Option<PathBuf>,

    /// Directory of size charts (*.json) beside the one in the binary; the id "default" replaces it
    #[arg(long, value_name = "DIR", env = "SUITSIZE_CHARTS")]
    pub charts: Option<PathBuf>,

    /// Native ONNX Runtime library (1.24 or newer), instead of the runtime in the binary
    #[arg(long, value_name = "LIBRARY", env = "SUITSIZE_ONNXRUNTIME")]
    pub onnxruntime: Option<PathBuf>,

    /// Widen the spread from the survey's soldiers to civilians; off to evaluate on survey data
    #[arg(long, value_name = "SWITCH", env = "SUITSIZE_POPULATION_VARIANCE", default_value = "on")]
    pub population_variance: Switch,
}

/// Where and how the service listens.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    /// Address to listen on [default: 127.0.0.1, or 0.0.0.0 where a platform sets PORT]
    #[arg(long, value_name = "ADDRESS", env = "SUITSIZE_HOST")]
    pub host: Option<String>,

    /// Port to listen on [default: 8080]; 0 takes a free one
    #[arg(long, env = "PORT")]
    pub port: Option<u16>,

    /// Worker threads, each with an inference session of its own [default: one for each core]
    #[arg(long, value_name = "COUNT", env = "SUITSIZE_WORKERS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    #[command(flatten)]
    pub data: DataSettings,

    /// Seconds for which an answer is kept in memory; what is asked for goes on being kept. 0: no such tier
    #[arg(long, value_name = "SECONDS", env = "SUITSIZE_MEMORY_TTL_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub memory_ttl_seconds: u32,

    /// Whether the likely answers are computed ahead after a start: 30 MB, some fifteen seconds at a quarter of a core
    #[arg(long, value_name = "SWITCH", env = "SUITSIZE_WARM", default_value = "on")]
    pub warm: Switch,

    /// Secret of 32 or more characters that lets an operator clear, warm and optimize; without it nobody can
    #[arg(long, value_name = "SECRET", env = "SUITSIZE_ADMIN_TOKEN", hide_env_values = true, value_parser = Concealed(AdminToken::parse))]
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
}

/// What the service says of itself, and to whom.
#[derive(Args, Clone, Debug)]
pub struct WatchSettings {
    /// Milliseconds beyond which a request is told in the log
    #[arg(long, value_name = "MS", env = "SUITSIZE_SLOW_REQUEST_MS", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    pub slow_request_ms: u32,

    /// MB that the process should not go beyond: an alert fires at four fifths of it
    #[arg(long, value_name = "MB", env = "SUITSIZE_MEMORY_BUDGET_MB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(16..=1_048_576))]
    pub memory_budget_mb: u32,

    /// File of alert rules (JSON), beside those in the binary or in their place
    #[arg(long, value_name = "FILE", env = "SUITSIZE_ALERTS")]
    pub alerts: Option<PathBuf>,

    /// Address that is told when an alert fires or resolves, by a POST of JSON; nobody without it
    #[arg(long, value_name = "URL", env = "SUITSIZE_ALERT_WEBHOOK", hide_env_values = true, value_parser = Concealed(Target::parse))]
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

/// The data directory and the store in it.
#[derive(Args, Clone, Debug)]
pub struct DataSettings {
    /// Directory of the store; made if it is not there
    #[arg(long, value_name = "DIR", env = "SUITSIZE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// Seconds for which an answer is kept in the store. 0: answers are not kept there
    #[arg(long, value_name = "SECONDS", env = "SUITSIZE_STORE_TTL_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(0..=2_592_000))]
    pub store_ttl_seconds: u32,

    /// Most MB of the store's file; beyond it the oldest answers make room
    #[arg(long, value_name = "MB", env = "SUITSIZE_STORE_MAX_MB", default_value_t = 128, value_parser = clap::value_parser!(u32).range(8..=65_536))]
    pub store_max_mb: u32,

    /// Days for which figures of performance are kept, by the hour; by the minute for two of them
    #[arg(long, value_name = "DAYS", env = "SUITSIZE_HISTORY_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub history_days: u16,
}

impl DataSettings {
    /// How long figures of performance are kept.
    pub fn history(&self) -> Duration {
        Duration::from_secs(u64::from(self.history_days) * 24 * 3_600)
    }
}

/// Reads a secret: what is wrong with it is said without saying what it was.
#[derive(Clone)]
struct Concealed<T>(fn(&str) -> Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Concealed<T> {
    type Value = T;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<T, clap::Error> {
        let parsed = value.to_str().ok_or_else(|| "this is no text".to_owned()).and_then(self.0);
        parsed.map_err(|why| {
            let name = argument.map(ToString::to_string).unwrap_or_default();
            let why = format!("invalid value for '{name}': {why}\n");
            clap::Error::raw(ErrorKind::ValueValidation, why).with_cmd(command)
        })
    }
}

/// What proves that a request comes from an operator. Never shown.
#[derive(Clone)]
pub struct AdminToken(String);

const ADMIN_TOKEN_CHARS: usize = 32;

impl AdminToken {
    /// # Errors
    /// When it is too short to keep anyone out.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.chars().count() {
            count if count >= ADMIN_TOKEN_CHARS => Ok(AdminToken(text.to_owned())),
            count => {
                Err(format!("{ADMIN_TOKEN_CHARS} or more characters are needed, this has {count}"))
            }
        }
    }

    /// The secret itself, to compare with.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    #[default]
    On,
    Off,
}

const DEFAULT_PORT: u16 = 8080;

/// Where to reach a service of this machine that was started with the same settings: an address of
/// "everywhere" is not one to connect to.
pub fn reachable(host: Option<&str>, port: Option<u16>) -> (String, u16) {
    let host = match host {
        None | Some("0.0.0.0") => "127.0.0.1".to_owned(),
        Some("::" | "[::]") => "[::1]".to_owned(),
        Some(v6) if v6.contains(':') && !v6.starts_with('[') => format!("[{v6}]"),
        Some(host) => host.to_owned(),
    };
    (host, port.unwrap_or(DEFAULT_PORT))
}

impl EngineSettings {
    pub fn options(&self, sessions: usize, around: Around) -> EngineOptions {
        EngineOptions {
            models: self.models.clone(),
            charts: self.charts.clone(),
            backend: match &self.onnxruntime {
                Some(path) => Backend::Native(path.clone()),
                None => Backend::Embedded,
            },
            sessions,
            around,
            population_variance: self.population_variance == Switch::On,
        }
    }
}

impl ServeSettings {
    pub fn address(&self) -> (String, u16) {
        // A platform that says which port to take also routes to it from outside.
        let by_platform = std::env::var_os("PORT").is_some();
        let host = self
            .host
            .clone()
            .unwrap_or_else(|| if by_platform { "0.0.0.0" } else { "127.0.0.1" }.to_owned());
        (host, self.port.unwrap_or(DEFAULT_PORT))
    }

    /// # Errors
    /// When the file of alert rules cannot be read or has mistakes in it.
    pub fn service(&self) -> Result<ServiceOptions, RulesError> {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Ok(ServiceOptions {
            data_dir: self.data.data_dir.clone(),
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
