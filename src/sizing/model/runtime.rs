//! The inference runtime: tract inside the binary, or a native ONNX Runtime given by path.
//!
//! `ort` allows one runtime and one environment for a process, and panics later if a library of a
//! wrong kind slipped through; so the choice is made once, here, and a failure is an error at start.

use super::ModelError;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use parking_lot::Mutex;
use std::fmt;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// tract, in the binary: needs nothing.
    #[default]
    Embedded,
    /// The ONNX Runtime library at this path, 1.24 or newer.
    Native(PathBuf),
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Backend::Embedded => write!(f, "embedded tract"),
            Backend::Native(path) => write!(f, "ONNX Runtime at {}", path.display()),
        }
    }
}

static RUNNING: Mutex<Option<(Backend, Environment)>> = Mutex::new(None);

/// The process's environment on `backend`, made on the first call.
pub(super) fn environment(backend: &Backend) -> Result<Environment, ModelError> {
    let mut running = RUNNING.lock();
    if let Some((started, environment)) = running.as_ref() {
        return if started == backend {
            Ok(environment.clone())
        } else {
            Err(ModelError::AlreadyRunning { running: started.clone(), asked: backend.clone() })
        };
    }
    let builder = match backend {
        Backend::Embedded => {
            ort::set_api(ort_tract::api());
            ort::init()
        }
        Backend::Native(path) => load_native(path)?,
    };
    let environment = builder
        .with_name("suitsize")
        // Nothing leaves the machine: Microsoft's own builds report by default.
        .with_telemetry(false)
        .build()
        .map_err(|error| ModelError::Runtime(error.to_string()))?;
    *running = Some((backend.clone(), environment.clone()));
    Ok(environment)
}

fn load_native(path: &Path) -> Result<ort::environment::EnvironmentBuilder, ModelError> {
    let fail = |reason: String| ModelError::Native { path: path.to_owned(), reason };
    // ort would look for a relative path beside the executable, where nobody means it.
    let absolute = path.canonicalize().map_err(|error| fail(error.to_string()))?;
    ort::init_from(absolute).map_err(|error| {
        fail(format!(
            "{error}; it must be a libonnxruntime of version 1.{} or newer",
            ort::MINOR_VERSION
        ))
    })
}

/// A session over a model's bytes. `path` is for the error alone.
pub(super) fn session(
    environment: &Environment,
    path: &Path,
    bytes: &[u8],
) -> Result<Session, ModelError> {
    let open = || -> ort::Result<Session> {
        Session::builder(environment)?
            // Without it ort-tract runs the graph unoptimised, thirty times slower.
            .with_optimization_level(GraphOptimizationLevel::Level3)?
            // Ten numbers are not worth a thread; the native runtime would start one for each core.
            .with_intra_threads(1)?
            .commit_from_memory(bytes)
    };
    open().map_err(|error| ModelError::Mismatch {
        path: path.to_owned(),
        reason: format!("it cannot be loaded: {error}"),
    })
}
