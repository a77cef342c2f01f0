//! A size chart: what a maker cuts, for whom, and what a tailor can still move. Data, not code.
//!
//! The default chart is in the binary; `Charts::load` adds a directory's. The format and where each
//! number of the default comes from are in `data/charts/README.md`. A chart that contradicts itself
//! is refused with the line and the reason (`check`).

mod check;
mod collection;
mod labels;
mod locate;
mod trousers;

pub use collection::{Charts, DEFAULT_CHART};
pub use labels::KnownJacket;

use super::body::Sex;
use super::question::{Fit, SizeSystem};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many sizes beyond each end of a block the probabilities are carried, so that they sum to one
/// and a body outside the chart is told from one at its edge: 20 steps of 4 cm leave the human range.
const BEYOND: usize = 20;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chart {
    schema: u32,
    pub id: String,
    /// Changes whenever an answer may; part of every answer.
    pub version: String,
    pub title: String,
    #[serde(default)]
    pub sources: Vec<String>,
    ease: Eases,
    pub tolerance: Tolerances,
    blocks: BTreeMap<Sex, Block>,
    /// Beginning of the hash of the chart's text.
    #[serde(skip)]
    hash: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Eases {
    slim: Ease,
    regular: Ease,
    relaxed: Ease,
}

/// Garment minus body, in cm, that a fit aims at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ease {
    pub chest_cm: f64,
    pub waist_cm: f64,
}

/// The tolerance box behind `confidence`, zone by zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerances {
    pub chest: Tolerance,
    pub waist: Tolerance,
    pub shoulder: Tolerance,
    pub sleeve: Tolerance,
    pub length: Tolerance,
}

/// How far a zone of a jacket may be from what its wearer needs, in cm.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tolerance {
    /// Wearable although smaller by this.
    pub too_small_cm: f64,
    /// Wearable although larger by this.
    pub too_large_cm: f64,
    /// What a tailor can take away as an ordinary alteration.
    pub take_in_cm: f64,
    /// What a tailor can add as an ordinary alteration.
    pub let_out_cm: f64,
    /// Where the numbers come from.
    pub why: String,
}

impl Tolerance {
    /// Smallest and largest garment-minus-need that can be worn after ordinary alterations.
    pub fn window_cm(&self) -> (f64, f64) {
        (-(self.too_small_cm + self.let_out_cm), self.too_large_cm + self.take_in_cm)
    }
}

/// The sizes of one sex.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    sizes: Vec<Size>,
    pub lengths: Vec<Length>,
    pub cuts: Vec<Cut>,
    pub needs: Needs,
    pub trousers: Trousers,
    systems: BTreeMap<SizeSystem, labels::System>,
    /// `sizes` with `BEYOND` more at each end.
    #[serde(skip)]
    extended: Vec<Size>,
}

/// A number of the chart, regular length: the body it is for and the finished jacket, in cm.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Size {
    pub number: i32,
    pub body_chest_cm: f64,
    /// Finished, buttoned, all round.
    pub chest_cm: f64,
    /// Seam to seam across the back.
    pub shoulder_cm: f64,
    pub sleeve_cm: f64,
    pub back_cm: f64,
    /// False for a continuation of the chart beyond its ends.
    #[serde(skip, default = "in_chart")]
    pub in_chart: bool,
}

fn in_chart() -> bool {
    true
}

/// A length class: what it adds to the regular jacket.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Length {
    pub code: String,
    /// From this stated height on, by the trade's tables.
    pub from_height_cm: f64,
    /// The height in the middle of the class.
    pub design_height_cm: f64,
    pub sleeve_cm: f64,
    pub back_cm: f64,
}

/// A cut by its drop: half of chest minus waist, in cm, as EU numbers count it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    pub id: String,
    pub drop: f64,
}

/// How a jacket's dimension follows from the body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    pub shoulder: ShoulderNeed,
    pub sleeve: SleeveNeed,
    pub length: LengthNeed,
}

/// Seam to seam = biacromial x b + bideltoid x d + plus.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShoulderNeed {
    pub biacromial: f64,
    pub bideltoid: f64,
    pub plus_cm: f64,
}

/// Sleeve = outer arm x a + plus.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SleeveNeed {
    pub outer_arm: f64,
    pub plus_cm: f64,
}

/// Back length = back + perHeight x (height - atHeight) + perChest x (chest - atChest).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LengthNeed {
    pub back_cm: f64,
    pub at_height_cm: f64,
    pub at_chest_cm: f64,
    pub per_height_cm: f64,
    pub per_chest_cm: f64,
}

/// Trousers are numbered by the body waist: number = waist / 2 + drop.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trousers {
    pub drop: f64,
    pub first_number: i32,
    pub last_number: i32,
}

/// Why a chart is refused.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: {reason}")]
    Refused { path: PathBuf, line: usize, reason: String },
    #[error("{path}: the id \"{id}\" is taken by {taken_by}")]
    Duplicate { path: PathBuf, id: String, taken_by: PathBuf },
}

impl Chart {
    /// Reads and checks a chart; `path` is for the error alone.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ChartError> {
        let refuse = |line: usize, reason: String| ChartError::Refused {
            path: path.to_owned(),
            line,
            reason,
        };
        let mut chart: Chart = serde_json::from_str(text)
            .map_err(|error| refuse(error.line(), without_position(&error)))?;
        check::check(&chart)
            .map_err(|fault| refuse(locate::line(text, &fault.at), fault.reason))?;
        for block in chart.blocks.values_mut() {
            block.extend();
        }
        chart.hash = Sha256::digest(text)[..3].iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(chart)
    }

    /// Id, version and the beginning of the text's hash: another chart never has the same.
    pub fn identity(&self) -> String {
        format!("{}-{}-{}", self.id, self.version, self.hash)
    }

    pub fn block(&self, sex: Sex) -> Option<&Block> {
        self.blocks.get(&sex)
    }

    pub fn ease(&self, fit: Fit) -> Ease {
        match fit {
            Fit::Slim => self.ease.slim,
            Fit::Regular => self.ease.regular,
            Fit::Relaxed => self.ease.relaxed,
        }
    }

    /// Finished waist of a cut: the body it is cut for, and the ease of the design.
    pub fn finished_waist_cm(&self, size: &Size, cut: &Cut) -> f64 {
        size.body_chest_cm - 2.0 * cut.drop + self.ease.regular.waist_cm
    }
}

impl Block {
    /// The chart's sizes and their continuation, ascending.
    pub fn every_size(&self) -> &[Size] {
        &self.extended
    }

    /// Body chests, in cm, for which `every_size()[index]` comes nearest to `ease`: from, to.
    pub fn band_cm(&self, index: usize, ease: Ease) -> (f64, f64) {
        let wearer = |i: usize| self.extended[i].chest_cm - ease.chest_cm;
        let between = |i: usize, j: usize| (wearer(i) + wearer(j)) / 2.0;
        let last = self.extended.len() - 1;
        (
            if index == 0 { 0.0 } else { between(index - 1, index) },
            if index == last { f64::INFINITY } else { between(index, index + 1) },
        )
    }

    fn extend(&mut self) {
        let first = self.sizes[0];
        let last = self.sizes[self.sizes.len() - 1];
        let below = self.sizes.get(1).copied().unwrap_or(first.stepped(STEP));
        let above = if self.sizes.len() > 1 {
            self.sizes[self.sizes.len() - 2]
        } else {
            last.stepped(STEP.map(|s| -s))
        };
        let down = first.minus(&below);
        let up = last.minus(&above);
        let times = |step: [f64; 6], n: usize| step.map(|s| s * n as f64);
        self.extended = (1..=BEYOND).rev().map(|n| first.stepped(times(down, n))).collect();
        self.extended.extend(self.sizes.iter().copied());
        self.extended.extend((1..=BEYOND).map(|n| last.stepped(times(up, n))));
    }
}

/// A step of a chart with a single size: number, body chest, chest, shoulder, sleeve, back.
const STEP: [f64; 6] = [2.0, 4.0, 4.0, 1.0, 0.5, 0.5];

impl Size {
    fn minus(&self, other: &Size) -> [f64; 6] {
        [
            f64::from(self.number - other.number),
            self.body_chest_cm - other.body_chest_cm,
            self.chest_cm - other.chest_cm,
            self.shoulder_cm - other.shoulder_cm,
            self.sleeve_cm - other.sleeve_cm,
            self.back_cm - other.back_cm,
        ]
    }

    fn stepped(&self, by: [f64; 6]) -> Size {
        Size {
            number: self.number + by[0] as i32,
            body_chest_cm: self.body_chest_cm + by[1],
            chest_cm: self.chest_cm + by[2],
            shoulder_cm: self.shoulder_cm + by[3],
            sleeve_cm: self.sleeve_cm + by[4],
            back_cm: self.back_cm + by[5],
            in_chart: false,
        }
    }
}

fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
