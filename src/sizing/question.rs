//! What is asked: everything that a shopper may tell, in metric, as domain types.
//!
//! A `Question` can be built in Rust or read from JSON (`parse`); either way `Engine::recommend`
//! checks it before the model sees it.

use super::body::{Sex, Tape, Unit};
use super::wording::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question to the engine. Lengths in cm, weight in kg, age in years.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub height_cm: f64,
    /// May be unknown where a jacket or a tape round the chest says more.
    pub weight_kg: Option<f64>,
    pub age_years: Option<f64>,
    /// Not guessed: male unless told.
    pub sex: Sex,
    pub fit: Fit,
    /// Tape measures in cm, by `Tape`'s order.
    pub tapes_cm: [Option<f64>; Tape::COUNT],
    pub build: Build,
    /// A jacket that fits.
    pub known_size: Option<KnownSize>,
    /// Trousers that fit.
    pub known_trousers: Option<KnownSize>,
    /// Height and weight were measured on an instrument, not stated.
    pub measured: bool,
    /// Who held the tape; a fitter where height and weight were measured, unless told otherwise.
    pub tape_by: Option<TapeBy>,
    pub size_system: SizeSystem,
    /// Id of a chart; the default one if absent.
    pub chart: Option<String>,
    /// Adds the distribution behind the answer.
    pub details: bool,
    /// Of the texts in the answer; English if neither the question nor who asked it says.
    pub language: Option<Language>,
    /// The unit in which a refusal names what is allowed. Has no effect on an answer.
    pub unit: Unit,
}

impl Question {
    /// Height and weight alone, as a shopper states them; the rest as documented for an absent field.
    pub fn new(height_cm: f64, weight_kg: f64) -> Self {
        Question {
            height_cm,
            weight_kg: Some(weight_kg),
            age_years: None,
            sex: Sex::default(),
            fit: Fit::default(),
            tapes_cm: [None; Tape::COUNT],
            build: Build::default(),
            known_size: None,
            known_trousers: None,
            measured: false,
            tape_by: None,
            size_system: SizeSystem::default(),
            chart: None,
            details: false,
            language: None,
            unit: Unit::default(),
        }
    }

    /// The same question on a grid of 0.5 cm, 0.5 kg and whole years: what the service answers, so
    /// that a cached answer and a computed one cannot differ, in whatever unit it was asked.
    pub fn canonical(mut self) -> Self {
        self.height_cm = on_grid(self.height_cm);
        self.weight_kg = self.weight_kg.map(on_grid);
        self.age_years = self.age_years.map(f64::floor);
        self.tapes_cm = self.tapes_cm.map(|tape| tape.map(on_grid));
        self
    }

    pub fn tape_cm(&self, tape: Tape) -> Option<f64> {
        self.tapes_cm[tape as usize]
    }

    /// Sets one tape measure, in cm.
    pub fn with_tape(mut self, tape: Tape, cm: f64) -> Self {
        self.tapes_cm[tape as usize] = Some(cm);
        self
    }

    /// Is there what may stand in for a weight? A height alone leaves half a dozen sizes.
    pub fn tells_the_chest(&self) -> bool {
        self.known_size.is_some() || self.tape_cm(Tape::Chest).is_some()
    }

    /// Is anything known of the body's shape?
    pub fn tells_more_than_height_and_weight(&self) -> bool {
        self.tapes_cm.iter().any(Option::is_some)
            || self.build != Build::default()
            || self.known_size.is_some()
            || self.known_trousers.is_some()
    }

    /// Who is taken to have held the tape.
    pub fn tape_by(&self) -> TapeBy {
        self.tape_by.unwrap_or(if self.measured { TapeBy::Fitter } else { TapeBy::Home })
    }
}

/// The nearest half: a canonical question's centimetres and kilograms.
pub fn on_grid(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
}

/// How much room the wearer likes; it changes the ease aimed at, never the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    Slim,
    #[default]
    Regular,
    Relaxed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TapeBy {
    Home,
    Fitter,
}

/// How a person looks beside others of the same height and weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Build {
    pub chest: Option<Third>,
    pub stomach: Option<Third>,
}

/// Which third of the people of this height and weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Third {
    Lower,
    Middle,
    Upper,
}

/// A jacket or trousers that fit, as the label reads: `40R` in `US`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KnownSize {
    pub label: String,
    pub system: SizeSystem,
}

#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
)]
pub enum SizeSystem {
    /// Half the chest in cm, both sexes.
    #[default]
    EU,
    US,
    UK,
    IT,
    FR,
    JP,
    /// German special sizes: 50 regular, 25 short, 98 long; women's numbers.
    DE,
}

impl SizeSystem {
    pub const ALL: [SizeSystem; 7] = [
        SizeSystem::EU,
        SizeSystem::US,
        SizeSystem::UK,
        SizeSystem::IT,
        SizeSystem::FR,
        SizeSystem::JP,
        SizeSystem::DE,
    ];

    pub fn name(self) -> &'static str {
        match self {
            SizeSystem::EU => "EU",
            SizeSystem::US => "US",
            SizeSystem::UK => "UK",
            SizeSystem::IT => "IT",
            SizeSystem::FR => "FR",
            SizeSystem::JP => "JP",
            SizeSystem::DE => "DE",
        }
    }
}
