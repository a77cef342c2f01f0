//! The model: from three numbers to a joint distribution of ten body measures. Only home of `ort`.
//!
//! The ONNX files are in the binary; `Model::load` takes a directory's instead. Either way each is
//! checked against the manifest beside it (sha256, order of outputs) and tried once before use.
//!
//! A session runs one inference at a time (running takes `&mut Session`, and the embedded
//! runtime holds a lock inside), so there is one for each worker; a caller takes the first free one.

mod inference;
mod manifest;
mod runtime;

pub use manifest::{Manifest, SexManifest, StatementError};
pub use runtime::Backend;

use super::body::{Measure, Sex};
use ort::session::Session;
use parking_lot::{Mutex, MutexGuard};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const COUNT: usize = Measure::COUNT;

/// What the model says of one body: ln cm.
#[derive(Clone, Debug, PartialEq)]
pub struct Joint {
    /// Mean of the log measures.
    pub log_mean: [f64; COUNT],
    /// Their covariance, input noise included.
    pub log_covariance: [[f64; COUNT]; COUNT],
}

/// What the model is asked: de-biased inputs, and the variance of the log of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelInput {
    /// cm, kg, years: finite and positive.
    pub body: [f64; 3],
    pub log_variance: [f64; 3],
}

/// Why a model cannot be used. Never holds an input value.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a model manifest: {source}")]
    Manifest { path: PathBuf, source: serde_json::Error },
    #[error("{path} does not match the manifest: {reason}")]
    Mismatch { path: PathBuf, reason: String },
    #[error("ONNX Runtime at {path}: {reason}")]
    Native { path: PathBuf, reason: String },
    #[error("the inference runtime of this process is already {running}; it cannot become {asked}")]
    AlreadyRunning { running: Backend, asked: Backend },
    #[error("the inference runtime did not start: {0}")]
    Runtime(String),
    #[error("the model could not be run")]
    Run,
    #[error("the model gave a number that is not finite")]
    NotFinite,
}

/// Is given every inference, and runs it once: the engine has no clock, who hands this in may have one.
#[derive(Clone)]
pub struct Around(Arc<Run>);

type Run = dyn Fn(&mut dyn FnMut()) + Send + Sync;

impl Around {
    pub fn new(run: impl Fn(&mut dyn FnMut()) + Send + Sync + 'static) -> Self {
        Around(Arc::new(run))
    }
}

impl Default for Around {
    fn default() -> Self {
        Around::new(|inference| inference())
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Around(..)")
    }
}

/// Rows of one inference at the most: beyond, a row costs as much as before, and others wait longer for the
/// session.
pub const MOST_ROWS: usize = 32;

/// Both sexes' models, loaded and tried.
pub struct Model {
    around: Around,
    /// Whether each row of an inference of many has the very bits that it has alone.
    batches: bool,
    manifest: Manifest,
    backend: Backend,
    sessions: [Box<[Mutex<Session>]>; 2],
}

struct Files {
    manifest: Manifest,
    onnx: [(PathBuf, Vec<u8>); 2],
}

impl Model {
    /// The model inside the binary, with `sessions` sessions for each sex.
    pub fn embedded(backend: Backend, sessions: usize, around: Around) -> Result<Self, ModelError> {
        let inside = |name: &str| PathBuf::from(format!("embedded {name}"));
        Self::build(
            Files {
                manifest: Manifest::parse(
                    &inside("manifest.json"),
                    include_bytes!("../../models/manifest.json"),
                )?,
                onnx: [
                    (
                        inside("suit-male.onnx"),
                        include_bytes!("../../models/suit-male.onnx").to_vec(),
                    ),
                    (
                        inside("suit-female.onnx"),
                        include_bytes!("../../models/suit-female.onnx").to_vec(),
                    ),
                ],
            },
            backend,
            sessions,
            around,
        )
    }

    /// The model in `dir`: `manifest.json` and the two files that it names.
    pub fn load(
        dir: &Path,
        backend: Backend,
        sessions: usize,
        around: Around,
    ) -> Result<Self, ModelError> {
        let read = |path: PathBuf| match std::fs::read(&path) {
            Ok(bytes) => Ok((path, bytes)),
            Err(source) => Err(ModelError::Read { path, source }),
        };
        let (path, bytes) = read(dir.join("manifest.json"))?;
        let manifest = Manifest::parse(&path, &bytes)?;
        let [male, female] = Sex::ALL.map(|sex| read(dir.join(&manifest.sex(sex).file)));
        Self::build(Files { manifest, onnx: [male?, female?] }, backend, sessions, around)
    }

    fn build(
        files: Files,
        backend: Backend,
        sessions: usize,
        around: Around,
    ) -> Result<Self, ModelError> {
        let Files { manifest, onnx } = files;
        let environment = runtime::environment(&backend)?;
        let open = |sex: Sex| -> Result<Box<[Mutex<Session>]>, ModelError> {
            let (path, bytes) = &onnx[sex as usize];
            manifest.check_bytes(sex, path, bytes)?;
            (0..sessions.max(1))
                .map(|_| runtime::session(&environment, path, bytes).map(Mutex::new))
                .collect()
        };
        let sessions = [open(Sex::Male)?, open(Sex::Female)?];
        let mut model = Model { around, batches: true, sessions, manifest, backend };
        for sex in Sex::ALL {
            model.try_out(sex, &onnx[sex as usize].0)?;
        }
        model.batches = Sex::ALL.into_iter().all(|sex| model.rows_are_alike(sex));
        Ok(model)
    }

    /// Whether rows are computed alike in company and alone, on this processor and by this runtime: both
    /// choose their arithmetic by the number of rows, and an answer must not depend on who else asks.
    fn rows_are_alike(&self, sex: Sex) -> bool {
        let centre = self.manifest.sex(sex).centres.values();
        let inputs: Vec<ModelInput> = (0..MOST_ROWS)
            .map(|row| {
                let away = |step: usize| 0.8 + 0.4 * ((row * step % 31) as f64 / 31.0);
                let body = [centre[0] * away(3), centre[1] * away(7), centre[2] * away(11)];
                ModelInput { body, log_variance: [1e-4 * away(5), 1e-3 * away(13), 0.1 * away(17)] }
            })
            .collect();
        let alone: Vec<_> = inputs.iter().map(|input| self.infer(sex, input).ok()).collect();
        // All remainders of the widths that arithmetic comes in.
        (2..=MOST_ROWS).all(|rows| {
            let together = self.infer_together(sex, &inputs[..rows]);
            together.is_ok_and(|together| {
                together.into_iter().map(Some).eq(alone[..rows].iter().cloned())
            })
        })
    }

    /// A few inferences in the middle of the data, so that a wrong graph, or a manifest that speaks of
    /// another one, is found at start.
    fn try_out(&self, sex: Sex, path: &Path) -> Result<(), ModelError> {
        const MORE: f64 = 1.01;
        const TOLERANCE: f64 = 1e-2;
        let mismatch = |reason: String| ModelError::Mismatch { path: path.to_owned(), reason };
        let described = self.manifest.sex(sex);
        let centre = described.centres.values();
        let ask = |body: [f64; 3]| {
            let input = ModelInput { body, log_variance: [1e-4; 3] };
            self.infer(sex, &input).map_err(|error| mismatch(error.to_string()))
        };
        let joint = ask(centre)?;
        for (k, input) in ["height", "weight", "age"].into_iter().enumerate() {
            let mut body = centre;
            body[k] *= MORE;
            let more = ask(body)?;
            for measure in Measure::ALL {
                let i = measure.index();
                let exponent = (more.log_mean[i] - joint.log_mean[i]) / MORE.ln();
                let expected = described.exponents(measure)[k];
                let close = (exponent - expected).abs() <= TOLERANCE;
                if !close || joint.log_covariance[i][i] <= 0.0 {
                    return Err(mismatch(format!(
                        "{} grows with {input} to the power of {exponent:.3}, the manifest says {expected:.3}",
                        measure.name()
                    )));
                }
            }
        }
        Ok(())
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Inferences that may run at once, for each sex.
    pub fn sessions(&self) -> usize {
        self.sessions[0].len()
    }

    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// The distribution of one body.
    ///
    /// # Errors
    /// When the runtime fails or gives numbers that are not finite. Its own text is dropped: it
    /// contains the input.
    pub fn infer(&self, sex: Sex, input: &ModelInput) -> Result<Joint, ModelError> {
        let mut joints = self.infer_together(sex, std::slice::from_ref(input))?;
        joints.pop().ok_or(ModelError::Run)
    }

    /// As `infer` for each, to the bit, and with fewer inferences where the runtime allows it.
    pub fn infer_all(&self, sex: Sex, inputs: &[ModelInput]) -> Vec<Result<Joint, ModelError>> {
        let mut joints = Vec::with_capacity(inputs.len());
        for inputs in inputs.chunks(if self.batches { MOST_ROWS } else { 1 }) {
            match self.infer_together(sex, inputs) {
                Ok(together) => joints.extend(together.into_iter().map(Ok)),
                // One that cannot be computed takes none of the others with it.
                Err(_) => joints.extend(inputs.iter().map(|input| self.infer(sex, input))),
            }
        }
        joints
    }

    /// Whether `infer_all` runs many rows at once.
    pub fn batches(&self) -> bool {
        self.batches
    }

    fn infer_together(&self, sex: Sex, inputs: &[ModelInput]) -> Result<Vec<Joint>, ModelError> {
        let rows = |part: fn(&ModelInput) -> [f64; 3]| -> Vec<[f32; 3]> {
            inputs.iter().map(|input| part(input).map(|value| value as f32)).collect()
        };
        let (bodies, log_variances) = (rows(|input| input.body), rows(|input| input.log_variance));
        if bodies.as_flattened().iter().any(|value| !(value.is_finite() && *value > 0.0))
            || log_variances
                .as_flattened()
                .iter()
                .any(|value| !(value.is_finite() && *value >= 0.0))
        {
            return Err(ModelError::NotFinite);
        }
        let mut session = self.free_session(sex);
        let mut outputs = Err(inference::Refused);
        (self.around.0)(&mut || outputs = inference::run(&mut session, &bodies, &log_variances));
        drop(session);
        let outputs = outputs.map_err(|_| ModelError::Run)?;
        let joints: Vec<Joint> = outputs.into_iter().map(Joint::from).collect();
        if joints.iter().all(Joint::is_finite) { Ok(joints) } else { Err(ModelError::NotFinite) }
    }

    fn free_session(&self, sex: Sex) -> MutexGuard<'_, Session> {
        let sessions = &self.sessions[sex as usize];
        sessions.iter().find_map(Mutex::try_lock).unwrap_or_else(|| sessions[0].lock())
    }
}

impl Joint {
    fn is_finite(&self) -> bool {
        let Joint { log_mean, log_covariance } = self;
        log_mean.iter().chain(log_covariance.iter().flatten()).all(|value| value.is_finite())
    }
}

impl From<inference::Outputs> for Joint {
    fn from(outputs: inference::Outputs) -> Self {
        let inference::Outputs { mean, covariance } = outputs;
        Joint {
            log_mean: mean.map(f64::from),
            log_covariance: std::array::from_fn(|i| {
                std::array::from_fn(|j| f64::from(covariance[i * COUNT + j]))
            }),
        }
    }
}
