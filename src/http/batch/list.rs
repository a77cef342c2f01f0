//! A list of questions as JSON: an array of them, or an object with the array and what holds for all.

use super::{Item, Label, MOST_QUESTIONS};
use crate::problem::{Kind, Problem};
use crate::sizing::parse;
use crate::sizing::refusal::{Code, FieldError, Refusal};
use serde_json::{Map, Value};

/// All fields of a question are some 500.
const MOST_DEFAULTS_BYTES: usize = 2_000;

const FIELDS: &[&str] = &["questions", "defaults"];

/// # Errors
/// What is wrong with the list as a whole.
pub fn read(body: Value) -> Result<Vec<Item>, Problem> {
    let (questions, defaults) = match body {
        Value::Array(questions) => (questions, Map::new()),
        Value::Object(fields) => parts(fields)?,
        _ => return Err(refuse("", Code::WrongType, SHAPE)),
    };
    check_count("questions", questions.len())?;
    Ok(questions.into_iter().map(|question| item(question, &defaults)).collect())
}

/// # Errors
/// When there are none or too many.
pub fn check_count(field: &'static str, count: usize) -> Result<(), Problem> {
    match count {
        0 => Err(refuse(field, Code::Required, "there is no question in it; there may be 1,000")),
        1..=MOST_QUESTIONS => Ok(()),
        _ => Err(Problem::new(
            Kind::TooLarge,
            format!("a batch may have {MOST_QUESTIONS} questions; send the rest in another"),
        )),
    }
}

const SHAPE: &str = "the body must be a list of questions such as [{\"height\":175,\"weight\":75}], or {\"questions\":[...]}";

fn refuse(field: &'static str, code: Code, message: &str) -> Problem {
    Problem::invalid_request(vec![FieldError::new(field, code, message)])
}

fn parts(mut fields: Map<String, Value>) -> Result<(Vec<Value>, Map<String, Value>), Problem> {
    let mut mistakes: Vec<FieldError> = fields
        .keys()
        .filter(|name| !FIELDS.contains(&name.as_str()))
        .take(1)
        .map(|name| parse::unknown_name("field", "", name, FIELDS))
        .collect();
    let questions = match fields.remove("questions") {
        Some(Value::Array(questions)) => questions,
        _ => {
            mistakes.push(FieldError::new("questions", Code::WrongType, SHAPE));
            Vec::new()
        }
    };
    let defaults = match fields.remove("defaults") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(defaults)) if is_small(&defaults) => defaults,
        Some(Value::Object(_)) => {
            let message = format!("defaults may have {MOST_DEFAULTS_BYTES} bytes");
            mistakes.push(FieldError::new("defaults", Code::WrongType, message));
            Map::new()
        }
        Some(_) => {
            let message = "defaults must be an object with fields of a question";
            mistakes.push(FieldError::new("defaults", Code::WrongType, message));
            Map::new()
        }
    };
    if mistakes.is_empty() {
        Ok((questions, defaults))
    } else {
        Err(Problem::invalid_request(mistakes))
    }
}

/// Defaults are copied into every question: what is no default of ours is not to become a thousand of it.
fn is_small(defaults: &Map<String, Value>) -> bool {
    serde_json::to_string(defaults).is_ok_and(|text| text.len() <= MOST_DEFAULTS_BYTES)
}

/// What the question does not say is as in `defaults`; `id` and `name` are its label.
fn item(question: Value, defaults: &Map<String, Value>) -> Item {
    let mut mistakes = Vec::new();
    let Value::Object(mut fields) = question else {
        let message = "a question must be an object such as {\"height\":175,\"weight\":75}";
        mistakes.push(FieldError::new("", Code::WrongType, message));
        let question = Err(Refusal { errors: mistakes }.into());
        return Item { label: Label::default(), row: None, question };
    };
    let mut text = |name: &'static str| match fields.remove(name)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => {
            let message = format!("{name} must be a text or a number");
            mistakes.push(FieldError::new(name, Code::WrongType, message));
            None
        }
    };
    let label = Label { id: text("id"), name: text("name") };
    for (field, value) in defaults {
        if !fields.contains_key(field) {
            fields.insert(field.clone(), value.clone());
        }
    }
    let question = match mistakes.is_empty() {
        true => Ok(Value::Object(fields)),
        false => Err(Refusal { errors: mistakes }.into()),
    };
    Item { label, row: None, question }
}
