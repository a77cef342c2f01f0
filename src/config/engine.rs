//! What the engine is built from.

use super::Switch;
use crate::sizing::EngineOptions;
use crate::sizing::model::{Around, Backend};
use clap::Args;
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

    /// Directory of texts (en.json, de.json, ...): what they hold replaces the texts in the binary
    #[arg(long, value_name = "DIR", env = "SUITSIZE_WORDING")]
    pub wording: Option<PathBuf>,

    /// Native ONNX Runtime library (1.24 or newer), instead of the runtime in the binary
    #[arg(long, value_name = "LIBRARY", env = "SUITSIZE_ONNXRUNTIME")]
    pub onnxruntime: Option<PathBuf>,

    /// Widen the spread from the survey's soldiers to civilians; off to evaluate on survey data
    #[arg(long, value_name = "SWITCH", env = "SUITSIZE_POPULATION_VARIANCE", default_value = "on")]
    pub population_variance: Switch,
}

impl EngineSettings {
    pub fn options(&self, sessions: usize, around: Around) -> EngineOptions {
        EngineOptions {
            models: self.models.clone(),
            charts: self.charts.clone(),
            wording: self.wording.clone(),
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
