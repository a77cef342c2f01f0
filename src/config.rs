//! Every setting once: flag, environment variable, default, effect. Nothing else reads the environment
//! (but `env_logger`, which reads `RUST_LOG`).

use crate::sizing::EngineOptions;
use crate::sizing::model::Backend;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

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
    pub engine: EngineSettings,
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

    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.workers.map_or_else(cores, usize::from)
    }
}
