//! From a place in a parsed chart back to its line in the file.
//!
//! Serde forgets where a value stood; a parser that keeps positions is asked again, on the way to an
//! error only.

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// One step from a value to one inside it.
#[derive(Clone, Debug)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Line, from 1, of the deepest value on the path that exists in `text`.
pub fn line(text: &str, path: &[Step]) -> usize {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default()).ok();
    let Some(mut value) = parsed.as_ref().and_then(|parsed| parsed.value.as_ref()) else {
        return 1;
    };
    for step in path {
        let inner = match (step, value) {
            (Step::Key(key), Value::Object(object)) => {
                object.get(key).map(|property| &property.value)
            }
            (Step::Index(index), Value::Array(array)) => array.elements.get(*index),
            _ => None,
        };
        match inner {
            Some(inner) => value = inner,
            None => break,
        }
    }
    1 + text[..value.start()].matches('\n').count()
}
