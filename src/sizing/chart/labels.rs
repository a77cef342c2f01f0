//! What other systems call a size: through centimetres, never label to label.
//!
//! EU grades 4 cm, US and UK two inches, so a rule between labels is true in the middle only
//! (SIZING, section 1.1). A system is a table of labels with the chest that each is for, and the
//! label of a size is the one with the nearest chest.

use super::{Block, Length, Size};
use crate::sizing::question::{KnownSize, SizeSystem};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A size has no label in a system whose nearest one is further than this: half of the widest step.
const FARTHEST_CM: f64 = 3.0;

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum System {
    Labels(Table),
    Jis { jis: Jis },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// What follows the label, by length code.
    #[serde(default)]
    suffix: BTreeMap<String, String>,
    pub(super) labels: Vec<Label>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Label {
    pub(super) label: String,
    pub(super) chest_cm: f64,
    /// The whole label by length code, where it is not label and suffix: German 50, 25, 98.
    #[serde(default)]
    forms: BTreeMap<String, String>,
}

/// JIS L 4004: chest, type by full chest-minus-waist, number by height: 100A6.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jis {
    types: BTreeMap<String, f64>,
    heights: BTreeMap<String, f64>,
}

/// What a label that a shopper knows says of them.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownJacket {
    /// Body chest that the label is for, cm.
    pub chest_cm: f64,
    /// Index into the block's lengths, where the label names one.
    pub length: Option<usize>,
}

impl Block {
    /// Label of a size in `system`; `None` where it has none.
    pub fn label(
        &self,
        system: SizeSystem,
        size: &Size,
        drop: f64,
        length: &Length,
    ) -> Option<String> {
        match self.systems.get(&system)? {
            System::Labels(table) => table.label(size.body_chest_cm, &length.code),
            System::Jis { jis } => Some(jis.label(size.body_chest_cm, drop, length)),
        }
    }

    /// Reads a label of `system`, with or without its length.
    pub fn known_jacket(&self, known: &KnownSize) -> Option<KnownJacket> {
        let text: String =
            known.label.to_uppercase().chars().filter(|c| !c.is_whitespace()).collect();
        match self.systems.get(&known.system)? {
            System::Labels(table) => self.read_label(table, &text),
            System::Jis { jis } => jis.read(&text, &self.lengths),
        }
    }

    /// Some labels of `system`, for an error that says what is allowed.
    pub fn example_labels(&self, system: SizeSystem) -> Vec<String> {
        let regular =
            self.lengths.iter().find(|length| length.code == "R").unwrap_or(&self.lengths[0]);
        let sizes = &self.sizes;
        [0, sizes.len() / 2, sizes.len() - 1]
            .into_iter()
            .filter_map(|i| self.label(system, &sizes[i], self.cuts[0].drop, regular))
            .collect()
    }

    fn read_label(&self, table: &Table, text: &str) -> Option<KnownJacket> {
        for label in &table.labels {
            for (i, length) in self.lengths.iter().enumerate() {
                if table.full(label, &length.code).is_some_and(|full| full == text) {
                    return Some(KnownJacket { chest_cm: label.chest_cm, length: Some(i) });
                }
            }
            if label.label == text {
                return Some(KnownJacket { chest_cm: label.chest_cm, length: None });
            }
        }
        None
    }
}

impl Table {
    fn full(&self, label: &Label, length: &str) -> Option<String> {
        match self.suffix.get(length) {
            Some(suffix) => Some(format!("{}{suffix}", label.label)),
            None => label.forms.get(length).cloned(),
        }
    }

    fn label(&self, chest_cm: f64, length: &str) -> Option<String> {
        let distance = |label: &&Label| (label.chest_cm - chest_cm).abs();
        let nearest = self.labels.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(&nearest) <= FARTHEST_CM).then(|| self.full(nearest, length))?
    }
}

impl Jis {
    fn label(&self, chest_cm: f64, drop: f64, length: &Length) -> String {
        let nearest = |table: &BTreeMap<String, f64>, value: f64| {
            table
                .iter()
                .min_by(|a, b| (a.1 - value).abs().total_cmp(&(b.1 - value).abs()))
                .map(|(name, _)| name.clone())
                .unwrap_or_default()
        };
        let body_type = nearest(&self.types, 2.0 * drop);
        let number = nearest(&self.heights, length.design_height_cm);
        format!("{chest_cm:.0}{body_type}{number}")
    }

    fn read(&self, text: &str, lengths: &[Length]) -> Option<KnownJacket> {
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let chest_cm: f64 = text[..digits].parse().ok()?;
        let rest = &text[digits..];
        let number = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let body_type = &rest[..rest.len() - number.len()];
        if !(70.0..=165.0).contains(&chest_cm)
            || !(body_type.is_empty() || self.types.contains_key(body_type))
        {
            return None;
        }
        let length = match number {
            "" => None,
            _ => {
                let height_cm = *self.heights.get(number)?;
                lengths.iter().rposition(|length| length.from_height_cm <= height_cm)
            }
        };
        Some(KnownJacket { chest_cm, length })
    }
}
