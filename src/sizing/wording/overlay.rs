//! A shop's texts laid over the shipped ones, which say what a file may hold.

use super::template::names;
use serde_json::Value;
use std::collections::BTreeSet;

/// Puts the texts of `own` into `shipped`; every mistake in `own`, with its path.
pub fn lay(own: &Value, shipped: &mut Value) -> Vec<String> {
    let mut mistakes = Vec::new();
    each(own, shipped, "", &mut mistakes);
    mistakes
}

fn each(own: &Value, shipped: &mut Value, path: &str, mistakes: &mut Vec<String>) {
    match (own, shipped) {
        (Value::Object(own), Value::Object(shipped)) => {
            for (name, value) in own {
                let path = join(path, name);
                match shipped.get_mut(name) {
                    Some(shipped) => each(value, shipped, &path, mistakes),
                    None => mistakes.push(format!("there is no {path}")),
                }
            }
        }
        (Value::String(own), Value::String(shipped)) => {
            let wanted = names(shipped).unwrap_or_default();
            if names(own).as_ref() == Some(&wanted) {
                own.clone_into(shipped);
            } else {
                mistakes.push(format!("{path} {}", must_have(&wanted)));
            }
        }
        (_, Value::Object(_)) => {
            let what = if path.is_empty() { "the file" } else { path };
            mistakes.push(format!("{what} must be an object"));
        }
        _ => mistakes.push(format!("{path} must be a text")),
    }
}

fn must_have(wanted: &BTreeSet<&str>) -> String {
    if wanted.is_empty() {
        return "must have nothing in braces".to_owned();
    }
    let wanted: Vec<_> = wanted.iter().map(|name| format!("{{{name}}}")).collect();
    format!("must have {} in it, and nothing else in braces", wanted.join(" "))
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The paths of `wanted` that `file` does not have.
#[cfg(test)]
pub fn lacking(wanted: &Value, file: &Value) -> Vec<String> {
    let Value::Object(wanted) = wanted else { return Vec::new() };
    let below = |(name, value): (&String, &Value)| match file.get(name) {
        None => vec![name.clone()],
        Some(own) => lacking(value, own).iter().map(|path| join(name, path)).collect(),
    };
    wanted.iter().flat_map(below).collect()
}
