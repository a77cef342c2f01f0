//! A sentence with names in braces, to be filled in.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::{Display, Write};

/// A text such as `Next comes {size}: {why}.`
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Template(String);

impl Template {
    /// The text with `values` in the place of their names.
    pub fn fill(&self, values: &[(&str, &dyn Display)]) -> String {
        let mut filled = String::with_capacity(self.0.len() + 32);
        let mut rest = self.0.as_str();
        while let Some((before, name, after)) = next_name(rest) {
            filled.push_str(before);
            let value = values.iter().find(|(known, _)| *known == name);
            debug_assert!(value.is_some(), "nothing is given for {{{name}}} of {:?}", self.0);
            if let Some((_, value)) = value {
                let _ = write!(filled, "{value}");
            }
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The names in braces; `None` where a brace has no other.
pub fn names(text: &str) -> Option<BTreeSet<&str>> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some((_, name, after)) = next_name(rest) {
        names.insert(name);
        rest = after;
    }
    (!rest.contains(['{', '}'])).then_some(names)
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in() {
        let next = Template("Next {size}: {why} ({size}).".to_owned());
        let filled = next.fill(&[("why", &"more room"), ("size", &52)]);
        assert_eq!(filled, "Next 52: more room (52).");
    }

    #[test]
    fn names_are_those_in_braces() {
        for (text, found) in [
            ("", Some(vec![])),
            ("{b} and {a}, {b}", Some(vec!["a", "b"])),
            ("{a", None),
            ("a}", None),
            ("{a} {", None),
        ] {
            assert_eq!(names(text), found.map(BTreeSet::from_iter), "{text}");
        }
    }
}
