//! What a request may hold, as data: names, words and ranges. `parse` reads by it, and the contract that
//! `http` publishes is made from it, so that the two cannot say different things.

use super::body::{AGE_YEARS, HEIGHT_CM, Limits, Quantity, Sex, Tape, Unit, WEIGHT_KG};
use super::question::{Fit, SizeSystem, TapeBy, Third};
use super::wording::Language;

/// Words of a request, each with what it means.
pub type Words<T, const N: usize> = [(&'static str, T); N];

pub const UNITS: Words<Unit, 2> = [("metric", Unit::Metric), ("imperial", Unit::Imperial)];
pub const SEXES: Words<Sex, 2> = [("male", Sex::Male), ("female", Sex::Female)];
pub const FITS: Words<Fit, 3> =
    [("slim", Fit::Slim), ("regular", Fit::Regular), ("relaxed", Fit::Relaxed)];
pub const TAPES_BY: Words<TapeBy, 2> = [("home", TapeBy::Home), ("fitter", TapeBy::Fitter)];
pub const CHEST_BUILDS: Words<Third, 3> =
    [("narrower", Third::Lower), ("average", Third::Middle), ("broader", Third::Upper)];
pub const STOMACH_BUILDS: Words<Third, 3> =
    [("flatter", Third::Lower), ("average", Third::Middle), ("rounder", Third::Upper)];
pub const LANGUAGES: Words<Language, 5> = [
    (Language::En.tag(), Language::En),
    (Language::De.tag(), Language::De),
    (Language::Fr.tag(), Language::Fr),
    (Language::Es.tag(), Language::Es),
    (Language::It.tag(), Language::It),
];
/// The longest text that a field takes.
pub const MAX_TEXT_CHARS: usize = 32;

/// A question has one of these at least.
pub const OF_THE_CHEST: [&str; 3] = ["weight", "knownSize", "chest"];

/// A field of a request.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// In a sentence, for whoever reads the contract.
    pub says: &'static str,
}

/// What a field holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A number within metric limits, or a text in feet and inches.
    Height(Limits),
    /// A number within metric limits.
    Number(Quantity, Limits),
    /// One of these words.
    Words(Vec<&'static str>),
    /// The unit of the request, which decides what its numbers are.
    Unit,
    Flag,
    /// 1 to `MAX_TEXT_CHARS` characters.
    Text,
    Object(Vec<Field>),
}

fn words<T, const N: usize>(of: Words<T, N>) -> Kind {
    Kind::Words(of.into_iter().map(|(word, _)| word).collect())
}

fn systems() -> Kind {
    Kind::Words(SizeSystem::ALL.map(SizeSystem::name).to_vec())
}

fn field(name: &'static str, kind: Kind, says: &'static str) -> Field {
    Field { name, kind, required: false, says }
}

fn tape(tape: Tape) -> Field {
    let says = match tape {
        Tape::Chest => "Tape measure round the fullest part of the chest.",
        Tape::Waist => "Tape measure round the body at the navel: not the trouser size.",
        Tape::Hip => "Tape measure round the fullest part of the seat.",
        Tape::Neck => "Tape measure round the neck.",
        Tape::Shoulder => "Tape measure across the back, from seam point to seam point.",
        Tape::Sleeve => "Tape measure along the outer arm, shoulder point to wrist.",
        Tape::Inseam => "Tape measure from crotch to floor.",
    };
    field(tape.name(), Kind::Number(Quantity::Length, tape.limits()), says)
}

/// Every field that a question may have.
pub fn fields() -> Vec<Field> {
    let required = |field: Field| Field { required: true, ..field };
    let mut fields = vec![
        required(field("height", Kind::Height(HEIGHT_CM), "Body height without shoes.")),
        field(
            "weight",
            Kind::Number(Quantity::Mass, WEIGHT_KG),
            "Body weight. May be left out where `knownSize` or `chest` is given.",
        ),
        field("fitPreference", words(FITS), "How much room the wearer likes; `regular` if absent."),
        field("unit", Kind::Unit, "Unit of every length and weight of the request."),
        field("age", Kind::Number(Quantity::Years, AGE_YEARS), "Age: the charts are for adults."),
        field("sex", words(SEXES), "Whose chart; `male` if absent, never guessed."),
    ];
    fields.extend(Tape::ALL.map(tape));
    fields.extend([
        field("build", build(), "How the person looks beside others of this height and weight."),
        field(
            "knownSize",
            known("The label, such as `40R`."),
            "A jacket that fits, as its label reads.",
        ),
        field("knownTrousers", known(TROUSERS), "Trousers that fit, as their label reads."),
        field("measured", Kind::Flag, "Height and weight were measured, not stated."),
        field("tape", words(TAPES_BY), "Who held the tape; a fitter's is trusted more."),
        field("sizeSystem", systems(), "System of the answer's `size`; `EU` if absent."),
        field("chart", Kind::Text, "Id of a size chart; the default one if absent."),
        field("details", Kind::Flag, "Adds the distribution behind the answer."),
        field(
            "lang",
            words(LANGUAGES),
            "Language of the answer's texts; if absent the best of `Accept-Language`, else English.",
        ),
    ]);
    fields
}

fn build() -> Kind {
    Kind::Object(vec![
        field("chest", words(CHEST_BUILDS), "Chest and shoulders."),
        field("stomach", words(STOMACH_BUILDS), "Stomach."),
    ])
}

const TROUSERS: &str = "The label. EU, IT, DE: a number such as `50`; US, UK: inches of waist such as `34` or \
    `34/32`; FR: half the waist, such as `44`; women: the number of the jacket. `W34` is inches in any system; \
    JP is not read.";

fn known(says: &'static str) -> Kind {
    let size = field("size", Kind::Text, says);
    Kind::Object(vec![
        Field { required: true, ..size },
        field("system", systems(), "System of the label; `EU` if absent."),
    ])
}
