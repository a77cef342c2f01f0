//! The answer of a batch as a table for a spreadsheet: a row for each person, in the list's own dialect.
//!
//! What a shopper's list called somebody is text that others wrote, and a spreadsheet runs a cell that begins
//! like a formula; such a cell gets an apostrophe in front.

use super::Label;
use super::reply::{Answered, Reply};
use super::table::Dialect;
use crate::problem::Problem;
use crate::service::Answer;
use crate::sizing::question::SizeSystem;
use csv::{Terminator, WriterBuilder};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

const BEFORE: [&str; 1] = ["size"];
const BEHIND: [&str; 9] = [
    "cut",
    "confidence",
    "confidenceLevel",
    "probability",
    "alternative",
    "trousers",
    "alterations",
    "rationale",
    "error",
];
/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// What a row tells of a recommendation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    size: Option<String>,
    sizes: BTreeMap<SizeSystem, Option<String>>,
    cut: String,
    confidence: f64,
    confidence_level: String,
    probability: f64,
    alternatives: Vec<Alternative>,
    trousers: Option<Trousers>,
    alterations: Vec<String>,
    rationale: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Alternative {
    size: String,
}

#[derive(Deserialize)]
struct Trousers {
    #[serde(rename = "EU")]
    eu: String,
}

pub fn write(answers: &[Answered], dialect: Dialect) -> Reply {
    let start = if dialect.byte_order_mark { "\u{feff}" } else { "" };
    let mut writer = WriterBuilder::new()
        .delimiter(dialect.separator)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::from(start));
    let labelled = Labelled::of(answers);
    let systems = SizeSystem::ALL.map(SizeSystem::name);
    let names = labelled.names().into_iter().chain(BEFORE).chain(systems).chain(BEHIND);
    let mut put = |cells: Vec<Cow<'_, str>>| {
        let cells = cells.iter().map(|cell| cell.as_bytes());
        writer.write_record(cells).expect("a vector takes rows of one length");
    };
    put(names.map(Cow::Borrowed).collect());
    for (label, answered) in answers {
        let mut cells = labelled.cells(label);
        match answered {
            Ok(answer) => cells.extend(told(answer, dialect)),
            Err(problem) => cells.extend(refused(problem)),
        }
        put(cells);
    }
    let bytes = writer.into_inner().expect("a vector is never full");
    Reply::of(answers, bytes)
}

/// Which names the list gave to any.
struct Labelled {
    id: bool,
    name: bool,
}

impl Labelled {
    fn of(answers: &[Answered]) -> Self {
        let any = |has: fn(&Label) -> bool| answers.iter().any(|(label, _)| has(label));
        Labelled { id: any(|label| label.id.is_some()), name: any(|label| label.name.is_some()) }
    }

    fn names(&self) -> Vec<&'static str> {
        [(self.id, "id"), (self.name, "name")]
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, n)| *n)
            .collect()
    }

    fn cells<'l>(&self, label: &'l Label) -> Vec<Cow<'l, str>> {
        let cells = [(self.id, &label.id), (self.name, &label.name)];
        let text = |text: &'l Option<String>| harmless(text.as_deref().unwrap_or_default());
        cells.into_iter().filter(|(is, _)| *is).map(|(_, label)| text(label)).collect()
    }
}

fn harmless(text: &str) -> Cow<'_, str> {
    match text.starts_with(FORMULA) {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

fn told(answer: &Answer, dialect: Dialect) -> Vec<Cow<'static, str>> {
    let told: Told = serde_json::from_slice(&answer.recommendation)
        .expect("a recommendation has what its own type has");
    let number = |value: f64| {
        let text = value.to_string();
        if dialect.decimal_comma() { text.replace('.', ",") } else { text }
    };
    let mut cells = vec![told.size.unwrap_or_default()];
    let label = |system| told.sizes.get(&system).cloned().flatten().unwrap_or_default();
    cells.extend(SizeSystem::ALL.map(label));
    cells.extend([
        told.cut,
        number(told.confidence),
        told.confidence_level,
        number(told.probability),
        told.alternatives.into_iter().next().map_or_else(String::new, |first| first.size),
        told.trousers.map_or_else(String::new, |trousers| trousers.eu),
        told.alterations.join(" "),
        told.rationale,
        told.reason.unwrap_or_default(),
    ]);
    cells.into_iter().map(Cow::Owned).collect()
}

fn refused(problem: &Problem) -> Vec<Cow<'_, str>> {
    let empty = BEFORE.len() + SizeSystem::ALL.len() + BEHIND.len() - 1;
    let mut cells = vec![Cow::Borrowed(""); empty];
    cells.push(problem.detail().into());
    cells
}
