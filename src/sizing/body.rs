//! The body in the trade's words: measures, units, and what is a possible value of each.
//!
//! Everything inside `sizing` is metric: centimetres, kilograms, years. Limits are the widest in
//! which an adult is plausible (SIZING, section 8: NHANES tails and records); inside them a
//! combination may still be contradictory, which `plausible` judges.

use serde::{Deserialize, Serialize};

pub const CM_PER_INCH: f64 = 2.54;
pub const KG_PER_POUND: f64 = 0.453_592_37;

/// The measures that the model predicts, in the order of its outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Chest,
    /// At the navel, as the survey measured it: not the trouser waist.
    Waist,
    Hip,
    /// Shoulder breadth over the muscles.
    Bideltoid,
    /// Shoulder breadth over the bones.
    Biacromial,
    /// Outer arm, shoulder point to wrist.
    Sleeve,
    /// Nape to wrist with the elbow bent.
    SpineToWrist,
    Neck,
    /// Crotch to floor.
    Inseam,
    /// Nape to navel.
    BackWaist,
}

impl Measure {
    pub const COUNT: usize = 10;
    pub const ALL: [Measure; Self::COUNT] = [
        Measure::Chest,
        Measure::Waist,
        Measure::Hip,
        Measure::Bideltoid,
        Measure::Biacromial,
        Measure::Sleeve,
        Measure::SpineToWrist,
        Measure::Neck,
        Measure::Inseam,
        Measure::BackWaist,
    ];

    /// Position in the model's outputs.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Name in the manifest and in an answer's `measurements`.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Chest => "chest",
            Measure::Waist => "waist",
            Measure::Hip => "hip",
            Measure::Bideltoid => "bideltoid",
            Measure::Biacromial => "biacromial",
            Measure::Sleeve => "sleeve",
            Measure::SpineToWrist => "spineToWrist",
            Measure::Neck => "neck",
            Measure::Inseam => "inseam",
            Measure::BackWaist => "backWaist",
        }
    }
}

/// What a shopper can measure with a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tape {
    Chest,
    Waist,
    Hip,
    Neck,
    /// Across the back from seam point to seam point: what a jacket's shoulder has to be.
    Shoulder,
    Sleeve,
    Inseam,
}

impl Tape {
    pub const COUNT: usize = 7;
    pub const ALL: [Tape; Self::COUNT] = [
        Tape::Chest,
        Tape::Waist,
        Tape::Hip,
        Tape::Neck,
        Tape::Shoulder,
        Tape::Sleeve,
        Tape::Inseam,
    ];

    /// Field name in a request.
    pub fn name(self) -> &'static str {
        match self {
            Tape::Chest => "chest",
            Tape::Waist => "waist",
            Tape::Hip => "hip",
            Tape::Neck => "neck",
            Tape::Shoulder => "shoulder",
            Tape::Sleeve => "sleeve",
            Tape::Inseam => "inseam",
        }
    }

    /// The model's measure that the tape reads; `None` for the shoulder, which is made of two.
    pub fn measure(self) -> Option<Measure> {
        match self {
            Tape::Chest => Some(Measure::Chest),
            Tape::Waist => Some(Measure::Waist),
            Tape::Hip => Some(Measure::Hip),
            Tape::Neck => Some(Measure::Neck),
            Tape::Shoulder => None,
            Tape::Sleeve => Some(Measure::Sleeve),
            Tape::Inseam => Some(Measure::Inseam),
        }
    }

    /// Possible values in cm. Chest and waist: SIZING section 8; the others: the survey's extremes widened by a fifth.
    pub fn limits(self) -> Limits {
        let (min, max) = match self {
            Tape::Chest => (70.0, 165.0),
            Tape::Waist => (55.0, 170.0),
            Tape::Hip => (65.0, 175.0),
            Tape::Neck => (25.0, 65.0),
            Tape::Shoulder => (32.0, 65.0),
            Tape::Sleeve => (40.0, 85.0),
            Tape::Inseam => (50.0, 125.0),
        };
        Limits { min, max }
    }
}

/// An inclusive range of possible values, metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub min: f64,
    pub max: f64,
}

impl Limits {
    /// False for anything that is not a finite number inside the range.
    pub fn contains(self, value: f64) -> bool {
        value >= self.min && value <= self.max
    }
}

/// Adults: SIZING section 8 refuses outside 120-230 cm and 30-300 kg.
pub const HEIGHT_CM: Limits = Limits { min: 120.0, max: 230.0 };
pub const WEIGHT_KG: Limits = Limits { min: 30.0, max: 300.0 };
/// Charts are for adults; the model's own range is 16 to 80 and it stands still beyond.
pub const AGE_YEARS: Limits = Limits { min: 16.0, max: 100.0 };
pub const BMI: Limits = Limits { min: 12.0, max: 80.0 };

/// Body mass index, kg/m². Only to judge whether height and weight belong together; never shown.
pub fn bmi(height_cm: f64, weight_kg: f64) -> f64 {
    weight_kg / (height_cm / 100.0).powi(2)
}

#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    #[default]
    Male,
    Female,
}

impl Sex {
    pub const ALL: [Sex; 2] = [Sex::Male, Sex::Female];

    pub fn name(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }
}

/// The unit of every length and weight of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    #[default]
    Metric,
    Imperial,
}

/// What a number measures: it decides how a unit converts and names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Length,
    Mass,
    Years,
}

impl Unit {
    /// Metric value of `value` in this unit.
    pub fn to_metric(self, quantity: Quantity, value: f64) -> f64 {
        value * self.factor(quantity)
    }

    /// This unit's value of a metric `value`.
    pub fn of_metric(self, quantity: Quantity, value: f64) -> f64 {
        value / self.factor(quantity)
    }

    pub fn symbol(self, quantity: Quantity) -> &'static str {
        match (self, quantity) {
            (_, Quantity::Years) => "years",
            (Unit::Metric, Quantity::Length) => "cm",
            (Unit::Metric, Quantity::Mass) => "kg",
            (Unit::Imperial, Quantity::Length) => "in",
            (Unit::Imperial, Quantity::Mass) => "lb",
        }
    }

    fn factor(self, quantity: Quantity) -> f64 {
        match (self, quantity) {
            (Unit::Metric, _) | (_, Quantity::Years) => 1.0,
            (Unit::Imperial, Quantity::Length) => CM_PER_INCH,
            (Unit::Imperial, Quantity::Mass) => KG_PER_POUND,
        }
    }
}
