//! The texts of an answer in five languages: `data/wording` is their one home, for the pages too.
//!
//! The English file says which texts there are and what stands in braces in each. A shop's own file
//! may replace any of them, by the same names; what it leaves out stays as it was, so that a newer
//! program with more texts still takes an older file.

mod language;
mod overlay;
mod template;

pub use language::Language;
pub use template::Template;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Why texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not JSON: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{path}: {}", mistakes.join("; "))]
    Mistakes { path: PathBuf, mistakes: Vec<String> },
    #[error("{path}: there is no such language; there are {}", Language::ALL.map(Language::tag).join(", "))]
    Language { path: PathBuf },
}

/// The texts in force, in every language.
pub struct Wordings {
    of: [Wording; Language::ALL.len()],
    identity: String,
}

impl PartialEq for Wordings {
    fn eq(&self, other: &Self) -> bool {
        self.of.iter().map(|wording| &wording.hash).eq(other.of.iter().map(|wording| &wording.hash))
    }
}

/// The texts in one language.
pub struct Wording {
    /// What an answer is worded from.
    pub answer: Texts,
    /// The whole file as the pages read it.
    pub json: String,
    /// Of `json`, in hexadecimal.
    pub hash: String,
}

const EMBEDDED: [&str; Language::ALL.len()] = [
    include_str!("../../data/wording/en.json"),
    include_str!("../../data/wording/de.json"),
    include_str!("../../data/wording/fr.json"),
    include_str!("../../data/wording/es.json"),
    include_str!("../../data/wording/it.json"),
];

impl Wordings {
    /// The texts inside the binary.
    pub fn embedded() -> Self {
        Self::of(Language::ALL.map(embedded))
    }

    /// The texts inside the binary, with those in place that `dir`'s `en.json`, `de.json` and so on hold.
    ///
    /// # Errors
    /// A file that cannot be read, is for no language, or has a text that is not known or lacks what
    /// stands in braces.
    pub fn load(dir: &Path) -> Result<Self, WordingError> {
        let read_error = |source| WordingError::Read { path: dir.to_owned(), source };
        let mut files = Language::ALL.map(embedded);
        for entry in std::fs::read_dir(dir).map_err(read_error)? {
            let path = entry.map_err(read_error)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let (language, own) = read(&path)?;
                let mistakes = overlay::lay(&own, &mut files[language as usize]);
                if !mistakes.is_empty() {
                    return Err(WordingError::Mistakes { path, mistakes });
                }
            }
        }
        Ok(Self::of(files))
    }

    fn of(files: [Value; Language::ALL.len()]) -> Self {
        let mut hash = Sha256::new();
        files.iter().for_each(|file| hash.update(file["answer"].to_string()));
        let identity = short_hash(hash.finalize().as_ref());
        Wordings { of: files.map(Wording::of), identity }
    }

    pub fn get(&self, language: Language) -> &Wording {
        &self.of[language as usize]
    }

    /// What tells the texts of answers from any others.
    pub fn identity(&self) -> &str {
        &self.identity
    }
}

impl Wording {
    fn of(file: Value) -> Self {
        let json = file.to_string();
        let hash = short_hash(Sha256::digest(&json).as_ref());
        let answer = serde_json::from_value(file["answer"].clone());
        Wording { answer: answer.expect("a test has read the shipped texts"), json, hash }
    }
}

fn short_hash(hash: &[u8]) -> String {
    hash[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn embedded(language: Language) -> Value {
    serde_json::from_str(EMBEDDED[language as usize]).expect("a test has read the shipped texts")
}

fn read(path: &Path) -> Result<(Language, Value), WordingError> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let language = Language::of_tag(stem);
    let language = language.ok_or_else(|| WordingError::Language { path: path.to_owned() })?;
    let text = std::fs::read_to_string(path)
        .map_err(|source| WordingError::Read { path: path.to_owned(), source })?;
    let own = serde_json::from_str(&text)
        .map_err(|source| WordingError::Json { path: path.to_owned(), source })?;
    Ok((language, own))
}

/// Everything that is said in an answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Texts {
    pub rationale: RationaleTexts,
    pub alternatives: AlternativeTexts,
    pub no_size: NoSizeTexts,
    /// By the code of an alteration.
    alterations: BTreeMap<String, String>,
    pub warnings: WarningTexts,
}

impl Texts {
    /// What is said of an alteration.
    pub fn of_alteration(&self, code: &str) -> String {
        self.alterations.get(code).cloned().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RationaleTexts {
    pub told: ToldTexts,
    pub between: String,
    pub and: String,
    pub chest_estimated: Template,
    pub chest_taped: Template,
    pub waist_estimated: Template,
    pub waist_taped: Template,
    pub exact: Template,
    pub worn: WornTexts,
    pub altered: Template,
    pub next: Template,
    pub in_ten: InTenTexts,
}

/// What a shopper may have told, as parts of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToldTexts {
    pub height: String,
    pub weight: String,
    pub age: String,
    pub build: String,
    pub usual_size: String,
    pub usual_trousers: String,
    pub tapes: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WornTexts {
    pub slim: String,
    pub regular: String,
    pub relaxed: String,
}

/// How many of ten: nothing here is certain, so never none or all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InTenTexts {
    pub least: String,
    pub count: Template,
    pub most: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlternativeTexts {
    pub roomier: String,
    pub closer: String,
    pub longer: String,
    pub shorter: String,
    pub nearest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoSizeTexts {
    pub chart_ends: Template,
    pub chart_begins: Template,
    pub too_large: Template,
    pub too_small: Template,
    pub ask: String,
    zones: BTreeMap<String, String>,
}

impl NoSizeTexts {
    /// Where something is: "at the chest", as far as the language puts it into one.
    pub fn zone<'a>(&'a self, name: &'a str) -> &'a str {
        self.zones.get(name).map_or(name, String::as_str)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WarningTexts {
    pub extreme_input: String,
    pub outside_survey: String,
    pub unusual_measure: Template,
    pub chart_end: Template,
    fields: BTreeMap<String, String>,
}

impl WarningTexts {
    /// A field of the question in words.
    pub fn field<'a>(&'a self, name: &'a str) -> &'a str {
        self.fields.get(name).map_or(name, String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::{advice, contract, fit::Zone};

    #[test]
    fn every_language_has_every_text_with_the_same_in_braces() {
        let english = embedded(Language::En);
        for language in Language::ALL {
            let missing = overlay::lacking(&english, &embedded(language));
            assert!(missing.is_empty(), "{}: {missing:?}", language.tag());
            let unknown = overlay::lay(&embedded(language), &mut english.clone());
            assert!(unknown.is_empty(), "{}: {unknown:?}", language.tag());
        }
    }

    #[test]
    fn every_code_zone_and_field_has_its_text() {
        let wordings = Wordings::embedded();
        for language in Language::ALL {
            let texts = &wordings.get(language).answer;
            for code in advice::codes() {
                assert!(!texts.of_alteration(code).is_empty(), "{} {code}", language.tag());
            }
            for zone in Zone::ALL {
                assert!(texts.no_size.zones.contains_key(zone.name()), "{}", zone.name());
            }
        }
        let of_body = |field: &contract::Field| {
            matches!(field.name, "chest" | "waist" | "hip" | "neck" | "shoulder" | "sleeve")
        };
        for field in contract::fields().iter().filter(|field| of_body(field)) {
            let texts = &wordings.get(Language::En).answer.warnings;
            assert!(texts.fields.contains_key(field.name), "{}", field.name);
        }
    }

    /// A directory with one file in it.
    fn loaded(name: &str, text: &str) -> Result<Wordings, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
        Wordings::load(dir.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_shop_replaces_single_texts() {
        let own = r#"{"answer":{"noSize":{"ask":"Call 7."}}}"#;
        let wordings = loaded("en.json", own).unwrap();
        assert_eq!(wordings.get(Language::En).answer.no_size.ask, "Call 7.");
        assert!(wordings.get(Language::En).json.contains("Call 7."));
        let shipped = Wordings::embedded();
        assert_ne!(wordings.identity(), shipped.identity());
        assert_eq!(wordings.get(Language::De).json, shipped.get(Language::De).json);
        let kiosk_only = loaded("en.json", r#"{"name":"The Queen's"}"#).unwrap();
        assert_eq!(kiosk_only.identity(), shipped.identity(), "no answer changes by it");
    }

    #[test]
    fn what_is_wrong_with_a_shops_texts_is_said() {
        for (name, text, says) in [
            ("en.json", "{", "is not JSON"),
            ("nl.json", "{}", "there are en, de, fr, es, it"),
            ("en.json", "[]", "the file must be an object"),
            ("en.json", r#"{"answer":{"nosize":{}}}"#, "there is no answer.nosize"),
            ("en.json", r#"{"answer":{"noSize":{"ask":7}}}"#, "answer.noSize.ask must be a text"),
            ("en.json", r#"{"answer":{"noSize":"x"}}"#, "answer.noSize must be an object"),
            (
                "de.json",
                r#"{"answer":{"rationale":{"next":"Dann {size}."}}}"#,
                "answer.rationale.next must have {size} {why} in it, and nothing else in braces",
            ),
            (
                "de.json",
                r#"{"answer":{"rationale":{"next":"Dann {size}: {why"}}}"#,
                "answer.rationale.next must have {size} {why} in it, and nothing else in braces",
            ),
        ] {
            let Err(error) = loaded(name, text) else { panic!("{text} is taken") };
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
