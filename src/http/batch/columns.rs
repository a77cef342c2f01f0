//! The columns of a table: which field each is, and how a cell of it reads.
//!
//! People name columns by hand and spreadsheets write what their country writes, so case, spaces and
//! underscores do not matter, words may be capitalised, a decimal comma is one where it cannot be a separator,
//! and "yes" is true. What a value means is for `sizing/parse` to say: a cell that cannot be read is handed on
//! as text, and is refused there by the name of its field.

use crate::sizing::contract;
use crate::sizing::parse;
use crate::sizing::refusal::{Code, FieldError};
use serde_json::{Map, Number, Value};

/// Fields that have fields: a column is one of these.
const NESTED: [(&str, &[&str]); 3] = [
    ("build", &["chest", "stomach"]),
    ("knownSize", &["size", "system"]),
    ("knownTrousers", &["size", "system"]),
];
const FLAGS: [&str; 2] = ["measured", "details"];
const WORDS: [&str; 5] = ["fitPreference", "unit", "sex", "tape", "lang"];
const CAPITALS: [&str; 3] = ["sizeSystem", "knownSize.system", "knownTrousers.system"];
const TEXTS: [&str; 3] = ["chart", "knownSize.size", "knownTrousers.size"];
/// As spreadsheets of several countries write it.
const YES: [&str; 7] = ["true", "yes", "1", "wahr", "ja", "vrai", "oui"];
const NO: [&str; 7] = ["false", "no", "0", "falsch", "nein", "faux", "non"];

/// What a cell of a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    Id,
    Name,
    /// A field of the question, dotted inside an object.
    Field(String),
    /// Spreadsheets write empty columns behind the last.
    Unnamed,
}

/// The names that there are.
fn names() -> Vec<String> {
    let mut names = vec!["id".to_owned(), "name".to_owned()];
    for field in parse::FIELDS {
        match NESTED.iter().find(|(nested, _)| nested == field) {
            Some((_, inside)) => names.extend(inside.iter().map(|i| format!("{field}.{i}"))),
            None => names.push((*field).to_owned()),
        }
    }
    names
}

/// The columns by the cells of the first row.
///
/// # Errors
/// Every name that there is not, is there twice, or is lacking.
pub fn read<'c>(header: impl Iterator<Item = &'c str>) -> Result<Vec<Column>, Vec<FieldError>> {
    let names = names();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let plainly: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let mut columns: Vec<Column> = Vec::new();
    let mut mistakes = Vec::new();
    for (at, cell) in (1..).zip(header) {
        if at > MOST_COLUMNS || mistakes.len() == MOST_MISTAKES {
            if at > MOST_COLUMNS {
                let message = format!("a table may have {MOST_COLUMNS} columns");
                mistakes.push(FieldError::new("", Code::OutOfRange, message));
            }
            return Err(mistakes);
        }
        let written = plain(cell);
        let column = match plainly.iter().position(|name| *name == written).map(|at| known[at]) {
            _ if written.is_empty() => Column::Unnamed,
            Some("id") => Column::Id,
            Some("name") => Column::Name,
            Some(name) => Column::Field(name.to_owned()),
            None => {
                mistakes.push(unknown(cell.trim(), at, &known));
                continue;
            }
        };
        if column != Column::Unnamed && columns.contains(&column) {
            let name = column.name();
            let message = format!("there are two columns {name}; the second is column {at}");
            mistakes.push(FieldError::new(name.to_owned(), Code::Contradictory, message));
        }
        columns.push(column);
    }
    let is_there = |name: &str| columns.iter().any(|column| column.field() == name);
    if !is_there("height") {
        let message = "the first row names no column height, which is required";
        mistakes.push(FieldError::new("height", Code::Required, message));
    }
    if !contract::OF_THE_CHEST.into_iter().any(is_there) {
        let message = "the first row names no column weight, and neither knownSize.size nor chest in its place";
        mistakes.push(FieldError::new("weight", Code::Required, message));
    }
    mistakes.truncate(MOST_MISTAKES);
    if mistakes.is_empty() { Ok(columns) } else { Err(mistakes) }
}

/// There are names for some thirty; spreadsheets write empty ones behind them.
const MOST_COLUMNS: usize = 256;
/// A row of numbers where names belong would be named cell by cell.
const MOST_MISTAKES: usize = 8;

fn unknown(cell: &str, at: usize, known: &[&str]) -> FieldError {
    let mut mistake = parse::unknown_name("column", "", cell, known);
    mistake.message = format!("column {at}: {}", mistake.message);
    mistake
}

/// A name without what people write differently.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Column {
    fn name(&self) -> &str {
        match self {
            Column::Id => "id",
            Column::Name => "name",
            Column::Field(name) => name,
            Column::Unnamed => "",
        }
    }

    /// Its field of the question, without what is inside.
    fn field(&self) -> &str {
        self.name().split('.').next().unwrap_or_default()
    }
}

/// Sets the field that a cell which is not empty is.
pub fn put(question: &mut Map<String, Value>, name: &str, cell: &str, decimal_comma: bool) {
    let value = value(name, cell, decimal_comma);
    match name.split_once('.') {
        None => {
            question.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let object = question.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Some(object) = object.as_object_mut() {
                object.insert(inner.to_owned(), value);
            }
        }
    }
}

fn value(name: &str, cell: &str, decimal_comma: bool) -> Value {
    let lower = || cell.to_lowercase();
    let outer = name.split('.').next().unwrap_or_default();
    if FLAGS.contains(&name) {
        match lower().as_str() {
            word if YES.contains(&word) => true.into(),
            word if NO.contains(&word) => false.into(),
            _ => cell.into(),
        }
    } else if WORDS.contains(&name) {
        // fitPreference and the like are all lower case.
        lower().into()
    } else if CAPITALS.contains(&name) {
        cell.to_uppercase().into()
    } else if outer == "build" {
        lower().into()
    } else if TEXTS.contains(&name) {
        cell.into()
    } else {
        number(cell, decimal_comma).map_or_else(|| cell.into(), Value::Number)
    }
}

fn number(cell: &str, decimal_comma: bool) -> Option<Number> {
    let point = match decimal_comma && !cell.contains('.') {
        true => cell.replacen(',', ".", 1),
        false => cell.to_owned(),
    };
    point.parse().ok().and_then(Number::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cell_reads_as_people_write_it() {
        for (name, cell, comma, expected) in [
            ("height", "175", false, json!(175.0)),
            ("height", "175,5", true, json!(175.5)),
            ("height", "175.5", true, json!(175.5)),
            ("height", "175,5", false, json!("175,5")),
            ("height", "1.175,5", true, json!("1.175,5")),
            ("height", "1,175,5", true, json!("1,175,5")),
            ("height", "5'10\"", true, json!("5'10\"")),
            ("weight", "NaN", false, json!("NaN")),
            ("weight", "inf", false, json!("inf")),
            ("measured", "WAHR", false, json!(true)),
            ("measured", "No", false, json!(false)),
            ("measured", "maybe", false, json!("maybe")),
            ("sex", "Female", false, json!("female")),
            ("sizeSystem", "us", false, json!("US")),
            ("chart", "Shop", false, json!("Shop")),
        ] {
            let mut question = Map::new();
            put(&mut question, name, cell, comma);
            assert_eq!(question[name], expected, "{name} {cell}");
        }
        let mut question = Map::new();
        put(&mut question, "knownSize.size", "50", false);
        put(&mut question, "knownSize.system", "eu", false);
        put(&mut question, "knownTrousers.size", "34", false);
        put(&mut question, "knownTrousers.system", "us", false);
        put(&mut question, "build.chest", "Broader", false);
        let expected = json!({
            "knownSize":{"size":"50","system":"EU"},
            "knownTrousers":{"size":"34","system":"US"},
            "build":{"chest":"broader"},
        });
        assert_eq!(Value::Object(question), expected);
    }

    #[test]
    fn every_field_of_a_question_is_a_column() {
        let names = names();
        let columns = read(names.iter().map(String::as_str)).unwrap();
        assert_eq!(columns.len(), names.len());
        let fields = names.iter().skip(2).map(|name| name.split('.').next().unwrap());
        assert!(parse::FIELDS.iter().all(|field| fields.clone().any(|name| name == *field)));
    }
}
