//! Every setting once: flag, environment variable, default, effect. Nothing else reads the environment
//! (but `env_logger`, which reads `RUST_LOG`).

use crate::service::ServiceOptions;
use crate::sizing::EngineOptions;
use crate::sizing::model::Backend;
use clap::{Args, ValueEnum};
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
    #[arg(long, value_name = "SECRET", env = "SUITSIZE_ADMIN_TOKEN", hide_env_values = true, value_parser = AdminToken::parse)]
    pub admin_token: Option<AdminToken>,

    #[command(flatten)]
    pub engine: EngineSettings,
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    #[default]
    On,
    Off,
}

const DEFAULT_PORT: u16 = 8080;

impl EngineSettings {
    pub fn options(&self, sessions: usize) -> EngineOptions {
        EngineOptions {
            models: self.models.clone(),
            charts: self.charts.clone(),
            backend: match &self.onnxruntime {
                Some(path) => Backend::Native(path.clone()),
                None => Backend::Embedded,
            },
            sessions,
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

    pub fn service(&self) -> ServiceOptions {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        ServiceOptions {
            data_dir: self.data.data_dir.clone(),
            memory_ttl: seconds(self.memory_ttl_seconds),
            store_ttl: seconds(self.data.store_ttl_seconds),
            store_max_bytes: u64::from(self.data.store_max_mb) * 1024 * 1024,
            warm: self.warm == Switch::On,
        }
    }

    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.workers.map_or_else(cores, usize::from)
    }
}
