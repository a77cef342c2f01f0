//! What the engine must know of a model beside its graph: written by `models/train.py`.

use super::ModelError;
use crate::sizing::body::{Measure, Sex};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Changes whenever an answer may; part of every answer.
    pub version: String,
    inputs: Inputs,
    outputs: Outputs,
    pub unknown_age: UnknownAge,
    /// Log standard deviation by measure: how much more civilians differ than the survey's soldiers.
    pub population_log_sd: BTreeMap<String, f64>,
    sexes: BTreeMap<Sex, SexManifest>,
    /// Beginning of the hash of the manifest's own bytes, which hold the hashes of the graphs.
    #[serde(skip)]
    hash: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SexManifest {
    pub file: String,
    sha256: String,
    /// Smallest and largest of each input in the training rows.
    pub trained_on: TrainedOn,
    pub centres: Centres,
    /// By measure: how it grows with height, weight and age.
    exponents: BTreeMap<String, [f64; 3]>,
    /// The same, found without comparing names: every answer needs all of them.
    #[serde(skip)]
    exponents_in_order: [[f64; 3]; Measure::COUNT],
    pub stated: Stated,
    unknown_weight: UnknownWeight,
}

impl SexManifest {
    /// The powers of height, weight and age with which a measure grows.
    pub fn exponents(&self, measure: Measure) -> [f64; 3] {
        self.exponents_in_order[measure.index()]
    }

    /// Typical weight in kg at a true height, and the variance of its log.
    pub fn unknown_weight(&self, height_cm: f64) -> (f64, f64) {
        let UnknownWeight { kg, exponent, log_variance } = self.unknown_weight;
        (kg * (height_cm / self.centres.height_cm).powf(exponent), log_variance)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Inputs {
    body: Vec<String>,
    log_variance: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Outputs {
    names: Vec<String>,
    measures: Vec<String>,
}

/// The age of a shopper who did not tell it, as a log-normal.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownAge {
    pub years: f64,
    pub log_variance: f64,
}

/// The weight of a shopper who did not tell it, as a log-normal round a power of the height.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UnknownWeight {
    /// At the centre of the heights.
    kg: f64,
    exponent: f64,
    log_variance: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainedOn {
    pub height_cm: [f64; 2],
    pub weight_kg: [f64; 2],
    pub age_years: [f64; 2],
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Centres {
    height_cm: f64,
    weight_kg: f64,
    age_years: f64,
}

impl Centres {
    /// cm, kg, years.
    pub fn values(&self) -> [f64; 3] {
        [self.height_cm, self.weight_kg, self.age_years]
    }
}

/// How stated height and weight differ from measured ones.
#[derive(Clone, Debug, Deserialize)]
pub struct Stated {
    pub height: StatementError,
    pub weight: StatementError,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementError {
    /// Mean of ln(stated / measured).
    pub log_bias: f64,
    pub log_variance: f64,
}

impl Manifest {
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ModelError> {
        let mut manifest: Manifest = serde_json::from_slice(bytes)
            .map_err(|source| ModelError::Manifest { path: path.to_owned(), source })?;
        manifest
            .check_shape()
            .map_err(|reason| ModelError::Mismatch { path: path.to_owned(), reason })?;
        for described in manifest.sexes.values_mut() {
            described.exponents_in_order =
                Measure::ALL.map(|measure| described.exponents[measure.name()]);
        }
        manifest.hash = hex(&Sha256::digest(bytes)[..4]);
        Ok(manifest)
    }

    /// Version and the beginning of a hash over manifest and graphs: another model never has the same.
    pub fn identity(&self) -> String {
        format!("{}-{}", self.version, self.hash)
    }

    pub fn sex(&self, sex: Sex) -> &SexManifest {
        &self.sexes[&sex]
    }

    pub(super) fn check_bytes(
        &self,
        sex: Sex,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), ModelError> {
        let found = hex(&Sha256::digest(bytes));
        let expected = &self.sex(sex).sha256;
        if found == *expected {
            return Ok(());
        }
        Err(ModelError::Mismatch {
            path: path.to_owned(),
            reason: format!("its sha256 is {found}, the manifest says {expected}"),
        })
    }

    fn check_numbers(&self) -> Result<(), String> {
        within("unknownAge.years", self.unknown_age.years, 16.0, 100.0)?;
        within("unknownAge.logVariance", self.unknown_age.log_variance, 0.0, 1.0)?;
        for (name, log_sd) in &self.population_log_sd {
            within(&format!("populationLogSd.{name}"), *log_sd, 0.0, 0.5)?;
        }
        for (sex, described) in &self.sexes {
            let name = |field: &str| format!("sexes.{}.{field}", sex.name());
            for (field, error) in
                [("height", &described.stated.height), ("weight", &described.stated.weight)]
            {
                within(&name(&format!("stated.{field}.logBias")), error.log_bias, -0.2, 0.2)?;
                within(
                    &name(&format!("stated.{field}.logVariance")),
                    error.log_variance,
                    0.0,
                    0.1,
                )?;
            }
            let weight = &described.unknown_weight;
            within(&name("unknownWeight.kg"), weight.kg, 30.0, 300.0)?;
            within(&name("unknownWeight.exponent"), weight.exponent, 0.0, 5.0)?;
            within(&name("unknownWeight.logVariance"), weight.log_variance, 0.0, 1.0)?;
            let centres = &described.centres;
            within(&name("centres.heightCm"), centres.height_cm, 120.0, 230.0)?;
            within(&name("centres.weightKg"), centres.weight_kg, 30.0, 300.0)?;
            within(&name("centres.ageYears"), centres.age_years, 16.0, 100.0)?;
        }
        Ok(())
    }

    fn check_shape(&self) -> Result<(), String> {
        let measures = Measure::ALL.map(Measure::name);
        if self.outputs.measures != measures {
            return Err(format!("outputs.measures must be {}", measures.join(", ")));
        }
        let names = ["log_mean", "log_covariance"];
        if self.outputs.names != names {
            return Err(format!("outputs.names must be {}", names.join(", ")));
        }
        if let Some(sex) = Sex::ALL.into_iter().find(|sex| !self.sexes.contains_key(sex)) {
            return Err(format!("sexes.{} is missing", sex.name()));
        }
        for sex in Sex::ALL {
            let missing = |name: &&&str| !self.sex(sex).exponents.contains_key(**name);
            if let Some(name) = measures.iter().find(missing) {
                return Err(format!("sexes.{}.exponents.{name} is missing", sex.name()));
            }
        }
        if self.inputs.body != ["height_cm", "weight_kg", "age_years"]
            || self.inputs.log_variance != ["height", "weight", "age"]
        {
            return Err(
                "inputs must be height_cm, weight_kg, age_years and their log_variance".into()
            );
        }
        self.check_numbers()?;
        let is_sha256 =
            |text: &str| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(sex) = Sex::ALL.into_iter().find(|sex| !is_sha256(&self.sex(*sex).sha256)) {
            return Err(format!("sexes.{}.sha256 must be 64 hexadecimal digits", sex.name()));
        }
        match self.population_log_sd.keys().find(|name| !measures.contains(&name.as_str())) {
            Some(name) => Err(format!("populationLogSd.{name} is not a measure")),
            None => Ok(()),
        }
    }
}

/// `Ok` when a number of the manifest is possible: a wrong one would break every question.
fn within(name: &str, value: f64, min: f64, max: f64) -> Result<(), String> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(format!("{name} is {value}, it must be between {min} and {max}"))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
