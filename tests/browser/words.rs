//! Words that are seen, held against the texts of a language: whether a screen speaks it alone.

use crate::page::Page;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Every text that a reader or a listener of the page gets.
const SEEN: &str = "[
  document.title,
  ...[...document.querySelectorAll('[aria-label]')].filter((e) => e.checkVisibility()).map((e) => e.ariaLabel),
  ...(() => {
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement.closest('noscript, [lang]:not(html)')) texts.push(node.data);
    }
    return texts;
  })(),
].map((text) => text.trim().replace(/\\s+/g, ' ')).filter(Boolean)";

pub fn seen(page: &Page) -> Vec<String> {
    serde_json::from_value(page.value(SEEN)).unwrap()
}

/// A language's texts by their dotted names.
pub fn book(language: &str) -> BTreeMap<String, String> {
    let path = format!("data/wording/{language}.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let texts: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut leaves = BTreeMap::new();
    collect("", &texts, &mut leaves);
    leaves
}

fn collect(name: &str, texts: &Value, into: &mut BTreeMap<String, String>) {
    match texts {
        Value::String(text) => drop(into.insert(name.to_owned(), text.clone())),
        Value::Object(parts) => {
            parts.iter().for_each(|(part, text)| collect(&format!("{name}.{part}"), text, into));
        }
        _ => {}
    }
}

/// The English texts that a translation has changed: none of them may be seen there.
pub struct English(Vec<Vec<String>>);

impl English {
    pub fn but_for(language: &str) -> Self {
        let own = book(language);
        let is_changed = |name: &str, text: &str| own.get(name).is_some_and(|own| own != text);
        let all_own: Vec<String> = own.values().cloned().collect();
        let changed = book("en").into_iter().filter(|(name, text)| {
            // A word that the language has too, elsewhere, is not English.
            is_changed(name, text) && !all_own.contains(text)
        });
        English(changed.map(|(_, text)| fixed_parts(&text)).collect())
    }

    /// Those of the texts that are English.
    pub fn among(&self, seen: &[String]) -> Vec<String> {
        let is_english = |text: &&String| self.0.iter().any(|parts| is_made_of(text, parts));
        seen.iter().filter(is_english).cloned().collect()
    }
}

/// What stands between the places of a text: "Of 10 ", " with your height…".
fn fixed_parts(text: &str) -> Vec<String> {
    text.split('{')
        .enumerate()
        .map(
            |(n, part)| {
                if n == 0 { part } else { part.split_once('}').map_or(part, |(_, rest)| rest) }
            },
        )
        .map(str::to_owned)
        .collect()
}

/// Whether a text is the parts with something between them. Of parts that say nothing nothing can be told.
fn is_made_of(text: &str, parts: &[String]) -> bool {
    let letters = parts.iter().flat_map(|part| part.chars()).filter(|c| c.is_alphabetic()).count();
    if letters < 4 {
        return parts.len() == 1 && parts[0] == text;
    }
    let Some(mut rest) = text.strip_prefix(parts[0].trim_start()) else { return false };
    if parts.len() == 1 {
        return rest.is_empty();
    }
    for part in &parts[1..] {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || parts.last().is_some_and(String::is_empty)
}

/// In any language: words about a body that nobody wants to read in a shop.
const UNKIND: &[&str] = &[
    "bmi",
    "portly",
    "stout",
    "overweight",
    "obese",
    "fat",
    "heavy",
    "skinny",
    "übergewicht",
    "dick",
    "korpulent",
    "untersetzt",
    "beleibt",
    "surpoids",
    "gros",
    "corpulent",
    "obèse",
    "sobrepeso",
    "gordo",
    "obeso",
    "corpulento",
    "sovrappeso",
    "grasso",
    "robusto",
];

pub fn unkind(seen: &[String]) -> Vec<String> {
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphabetic()).map(str::to_owned).collect()
    };
    let is_unkind = |text: &&String| words(text).iter().any(|word| UNKIND.contains(&word.as_str()));
    seen.iter().filter(is_unkind).cloned().collect()
}

#[test]
fn the_checks_can_fail() {
    let german = English::but_for("de");
    let seen = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let english =
        ["How tall are you?", "Of 10 men with your height and weight, about 4 take a size 50."];
    assert_eq!(german.among(&seen(&english)), english);
    assert_eq!(german.among(&seen(&["Wie groß sind Sie?", "180 cm", "50R", "Deutsch"])), [""; 0]);
    assert_eq!(unkind(&seen(&["A Portly cut", "fatigue"])), ["A Portly cut"]);
}
