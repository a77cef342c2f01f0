//! A question from JSON: the field names of the HTTP contract, read by hand so that every mistake
//! is found at once and named.
//!
//! Serde's derive would stop at the first wrong type and could not suggest a name for an unknown one.

use super::body::{HEIGHT_CM, KG_PER_POUND, Quantity, Tape, Unit, bmi};
use super::contract::{self, MAX_TEXT_CHARS};
use super::plausible;
use super::question::{Build, KnownSize, Question, SizeSystem, Third};
use super::refusal::{Code, FieldError, Refusal};
use serde_json::{Map, Value};

/// Every field of a question.
pub const FIELDS: &[&str] = &[
    "height",
    "weight",
    "fitPreference",
    "unit",
    "age",
    "sex",
    "chest",
    "waist",
    "hip",
    "neck",
    "shoulder",
    "sleeve",
    "inseam",
    "build",
    "knownSize",
    "knownTrousers",
    "measured",
    "tape",
    "sizeSystem",
    "chart",
    "details",
    "lang",
];
/// A body of 16 kB has room for thousands of wrong names; the first ones make the point.
const MAX_UNKNOWN_SHOWN: usize = 8;

/// Reads and checks a question.
///
/// # Errors
/// Every field that is missing, of a wrong type, unknown, out of range or contradictory.
pub fn question(value: &Value) -> Result<Question, Refusal> {
    let (question, errors) = read(value);
    if errors.is_empty() { Ok(question) } else { Err(Refusal { errors }) }
}

/// A question, with a stand-in for every field that could not be read, and all that is wrong with it.
pub fn read(value: &Value) -> (Question, Vec<FieldError>) {
    let empty = Map::new();
    let mut reader = Reader::new(value.as_object().unwrap_or(&empty));
    let question = reader.question();
    if !value.is_object() {
        let message = "the body must be a JSON object such as {\"height\":175,\"weight\":75}";
        return (question, vec![FieldError::new("", Code::WrongType, message)]);
    }
    let mut errors = reader.errors;
    for error in plausible::check(&question) {
        // A field that could not be read holds a stand-in, whose value is nobody's mistake.
        if errors.iter().all(|earlier| earlier.field != error.field) {
            errors.push(error);
        }
    }
    (question, errors)
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    /// A bit for each name that is there (`bit`): most of the two dozen fields are not, and need no search.
    named: u64,
    unit: Unit,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn new(object: &'a Map<String, Value>) -> Self {
        let named = object.keys().fold(0, |named, name| named | bit(name));
        let mut reader = Reader { object, named, unit: Unit::Metric, errors: Vec::new() };
        reader.refuse_unknown("", object, FIELDS);
        reader.unit = reader.choice("unit", &contract::UNITS).unwrap_or_default();
        reader
    }

    fn question(&mut self) -> Question {
        // Stand-ins where a field is missing: valid, so that they raise no second error.
        let height_cm = self.height().unwrap_or(175.0);
        let mut question = Question::new(height_cm, 75.0);
        if let Some(weight_kg) = self.number("weight", Quantity::Mass, false) {
            self.refuse_pounds_beside_feet(height_cm, weight_kg);
            question.weight_kg = Some(weight_kg);
        }
        self.refuse_nothing_of_the_chest();
        question.unit = self.unit;
        question.age_years = self.number("age", Quantity::Years, false);
        question.sex = self.choice("sex", &contract::SEXES).unwrap_or_default();
        question.fit = self.choice("fitPreference", &contract::FITS).unwrap_or_default();
        for tape in Tape::ALL {
            question.tapes_cm[tape as usize] = self.number(tape.name(), Quantity::Length, false);
        }
        question.build = self.build();
        question.known_size = self.known("knownSize", "40R");
        question.known_trousers = self.known("knownTrousers", "34");
        question.measured = self.flag("measured");
        question.tape_by = self.choice("tape", &contract::TAPES_BY);
        question.size_system = self.size_system(self.value("sizeSystem"), "sizeSystem");
        question.chart = self.value("chart").and_then(|value| self.text(value, "chart"));
        question.details = self.flag("details");
        question.language = self.choice("lang", &contract::LANGUAGES);
        if self.value("weight").is_none() && question.tells_the_chest() {
            question.weight_kg = None;
        }
        question
    }

    /// Of what may stand in for a weight it does not matter here whether it can be read.
    fn refuse_nothing_of_the_chest(&mut self) {
        if contract::OF_THE_CHEST.iter().all(|name| self.value(name).is_none()) {
            self.errors.push(plausible::weight_required(self.unit));
        }
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        if self.named & bit(name) == 0 {
            return None;
        }
        told(self.object, name)
    }

    fn fail(&mut self, field: &str, code: Code, message: impl Into<String>) {
        self.errors.push(FieldError::new(field.to_owned(), code, message));
    }

    fn height(&mut self) -> Option<f64> {
        match self.value("height") {
            Some(Value::String(text)) => match feet_and_inches(text) {
                Some(inches) => Some(Unit::Imperial.to_metric(Quantity::Length, inches)),
                None => {
                    self.fail(
                        "height",
                        Code::WrongType,
                        "a height as text must read like \"5'10\\\"\"; in cm or inches send a number",
                    );
                    None
                }
            },
            _ => self.number("height", Quantity::Length, true),
        }
    }

    /// A height in feet and inches with no unit told, and a weight that is ordinary in pounds and
    /// extreme in kilograms: the weight was meant in pounds.
    fn refuse_pounds_beside_feet(&mut self, height_cm: f64, weight_kg: f64) {
        const EXTREME: f64 = 40.0;
        const ORDINARY: std::ops::RangeInclusive<f64> = 15.0..=40.0;
        let in_feet = matches!(self.value("height"), Some(Value::String(_)));
        let index = bmi(height_cm, weight_kg);
        if in_feet
            && HEIGHT_CM.contains(height_cm)
            && self.value("unit").is_none()
            && index > EXTREME
            && ORDINARY.contains(&(index * KG_PER_POUND))
        {
            self.fail(
                "weight",
                Code::Contradictory,
                "at this height, this weight looks like pounds: send \"unit\":\"imperial\" for pounds, or \"unit\":\"metric\" for kilograms",
            );
        }
    }

    /// A finite number, converted to metric.
    fn number(&mut self, name: &'static str, quantity: Quantity, required: bool) -> Option<f64> {
        let symbol = self.unit.symbol(quantity);
        match self.value(name) {
            None if required => {
                self.fail(name, Code::Required, format!("{name} is required: a number ({symbol})"));
                None
            }
            None => None,
            Some(value) => match value.as_f64().filter(|number| number.is_finite()) {
                Some(number) => Some(self.unit.to_metric(quantity, number)),
                None => {
                    self.fail(name, Code::WrongType, format!("{name} must be a number ({symbol})"));
                    None
                }
            },
        }
    }

    fn flag(&mut self, name: &'static str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fail(name, Code::WrongType, format!("{name} must be true or false"));
                false
            }
        }
    }

    fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.value(name)?;
        self.choose(name, value, choices)
    }

    fn choose<T: Copy>(&mut self, field: &str, value: &Value, choices: &[(&str, T)]) -> Option<T> {
        let chosen = value.as_str().and_then(|text| choices.iter().find(|(name, _)| *name == text));
        if chosen.is_none() {
            let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.fail(
                field,
                Code::NotOneOf,
                format!("{field} must be one of {}", names.join(", ")),
            );
        }
        chosen.map(|(_, choice)| *choice)
    }

    fn text(&mut self, value: &Value, field: &str) -> Option<String> {
        match value {
            Value::String(text) if !text.is_empty() && text.chars().count() <= MAX_TEXT_CHARS => {
                Some(text.clone())
            }
            _ => {
                self.fail(
                    field,
                    Code::WrongType,
                    format!("{field} must be a text of 1 to {MAX_TEXT_CHARS} characters"),
                );
                None
            }
        }
    }

    fn object(&mut self, name: &'static str, fields: &[&str]) -> Option<&'a Map<String, Value>> {
        match self.value(name)? {
            Value::Object(object) => {
                self.refuse_unknown(name, object, fields);
                Some(object)
            }
            _ => {
                let fields = fields.join(" and ");
                self.fail(name, Code::WrongType, format!("{name} must be an object with {fields}"));
                None
            }
        }
    }

    fn build(&mut self) -> Build {
        let Some(object) = self.object("build", &["chest", "stomach"]) else {
            return Build::default();
        };
        let mut third = |name: &str, words: &[(&str, Third)]| {
            let value = told(object, name)?;
            self.choose(&format!("build.{name}"), value, words)
        };
        Build {
            chest: third("chest", &contract::CHEST_BUILDS),
            stomach: third("stomach", &contract::STOMACH_BUILDS),
        }
    }

    /// A garment that fits, by its label; `such_as` is one.
    fn known(&mut self, name: &'static str, such_as: &str) -> Option<KnownSize> {
        let object = self.object(name, &["size", "system"])?;
        let (size_field, system_field) = (format!("{name}.size"), format!("{name}.system"));
        let Some(size) = told(object, "size") else {
            let message = format!("{size_field} is required, such as \"{such_as}\"");
            self.fail(&size_field, Code::Required, message);
            return None;
        };
        let mistakes = self.errors.len();
        let system = self.size_system(told(object, "system"), &system_field);
        let label = self.text(size, &size_field)?;
        // A label is not looked up in a system that was not understood.
        (self.errors.len() == mistakes).then_some(KnownSize { label, system })
    }

    fn size_system(&mut self, value: Option<&Value>, field: &str) -> SizeSystem {
        let Some(value) = value else { return SizeSystem::default() };
        let choices = SizeSystem::ALL.map(|system| (system.name(), system));
        self.choose(field, value, &choices).unwrap_or_default()
    }

    fn refuse_unknown(&mut self, prefix: &str, object: &Map<String, Value>, known: &[&str]) {
        let unknown = object.keys().filter(|name| !known.contains(&name.as_str()));
        self.errors.extend(
            unknown.take(MAX_UNKNOWN_SHOWN).map(|name| unknown_name("field", prefix, name, known)),
        );
    }
}

/// A field that is there; null says nothing.
fn told<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// One of 64 for a name, hardly ever the same for two fields; the same for the same name.
fn bit(name: &str) -> u64 {
    let first = name.bytes().next().map_or(0, u32::from);
    let last = name.bytes().next_back().map_or(0, u32::from);
    1_u64.rotate_left(first * 5 + last + name.len() as u32)
}

/// A `what` (field, column) of a name that is not `known`, with the one that was probably meant.
pub fn unknown_name(what: &str, prefix: &str, name: &str, known: &[&str]) -> FieldError {
    let shown = shown_name(name);
    let field = if prefix.is_empty() { shown.to_owned() } else { format!("{prefix}.{shown}") };
    let message = match nearest(name, known) {
        Some(meant) => format!("there is no {what} {field}; did you mean \"{meant}\"?"),
        None => format!("there is no {what} {field}; there are {}", known.join(", ")),
    };
    FieldError::new(field, Code::UnknownField, message)
}

/// A name is the caller's text and is repeated only if it reads like a field: no control or
/// right-to-left characters, no sentence with somebody's measures in it.
pub fn shown_name(name: &str) -> &str {
    let is_plain = name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if is_plain && name.len() <= MAX_TEXT_CHARS { name } else { "(a name not shown)" }
}

fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let name: String = name.chars().take(MAX_TEXT_CHARS).collect::<String>().to_lowercase();
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Inches of a text such as `5'10"`, `5' 10 1/2"`, `5′10″`, `5 ft 10 in` or `6'`.
fn feet_and_inches(text: &str) -> Option<f64> {
    let text = text
        .replace(['\u{2032}', '\u{2019}'], "'")
        .replace(['\u{2033}', '\u{201d}'], "\"")
        .replace("ft", "'")
        .replace("in", "\"")
        .replace("''", "\"");
    let (feet, rest) = text.split_once('\'')?;
    let feet: u32 = feet.trim().parse().ok()?;
    let rest = rest.trim();
    let rest = rest.strip_suffix('"').unwrap_or(rest).trim();
    let inches = if rest.is_empty() { 0.0 } else { mixed_number(rest)? };
    (inches < 12.0).then(|| f64::from(feet) * 12.0 + inches)
}

/// `10`, `10.5` or `10 1/2`; digits only, so that no `inf` or `1e9` is read.
fn mixed_number(text: &str) -> Option<f64> {
    if !text.chars().all(|c| c.is_ascii_digit() || " ./".contains(c)) {
        return None;
    }
    match text.split_once(' ') {
        Some((whole, part)) => Some(whole.parse::<f64>().ok()? + fraction(part.trim())?),
        None if text.contains('/') => fraction(text),
        None => text.parse().ok(),
    }
}

fn fraction(text: &str) -> Option<f64> {
    let (top, bottom) = text.split_once('/')?;
    let (top, bottom): (f64, f64) = (top.parse().ok()?, bottom.parse().ok()?);
    (bottom > 0.0 && top < bottom).then(|| top / bottom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_in_feet_read_as_inches() {
        for (text, inches) in [
            ("5'10\"", Some(70.0)),
            ("5' 10\"", Some(70.0)),
            ("5'10", Some(70.0)),
            ("5'10.5\"", Some(70.5)),
            ("5'10 1/2\"", Some(70.5)),
            ("5\u{2032}10\u{2033}", Some(70.0)),
            ("5 ft 10 in", Some(70.0)),
            ("6'", Some(72.0)),
            ("5'10''", Some(70.0)),
            ("5'12\"", None),
            ("70", None),
            ("5'inf\"", None),
            ("5'1e1\"", None),
            ("-5'10\"", None),
            ("", None),
        ] {
            assert_eq!(feet_and_inches(text), inches, "{text}");
        }
    }
}
