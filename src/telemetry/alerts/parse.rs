//! Rules from JSON: the shipped file, and an operator's own beside it.
//!
//! Read by hand, as a question is, and for the same reason: all mistakes at once, each with the rule, the
//! field, what was there and what is allowed. A file of rules is checked at the start, when somebody
//! looks; a rule that is dead by a mistake would be found in the night in which it should have fired.

use super::rule::{Condition, Metric, Rule, Severity};
use serde_json::{Map, Value};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SHIPPED: &str = include_str!("../../../data/alerts.json");

/// A hundred are looked at in microseconds; more are a mistake, or somebody's generator.
pub const MAX_RULES: usize = 100;
/// A hundred rules with the longest texts are a quarter of it.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
const MAX_NAME_CHARS: usize = 64;
const MAX_TEXT_CHARS: usize = 300;
/// Of a value that is repeated in a message.
const MAX_SHOWN_CHARS: usize = 60;

const WHOLE_FIELDS: &[&str] = &["rules", "defaults"];
const RULE_FIELDS: &[&str] = &[
    "name",
    "metric",
    "condition",
    "threshold",
    "severity",
    "occurrences",
    "resolveAfter",
    "cooldownSeconds",
    "windowSeconds",
    "minimumRequests",
    "enabled",
    "summary",
    "action",
];

/// A mistake in a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Which rule: its name, or its place, from 1, if it has none. Empty: the file itself.
    pub rule: String,
    /// Empty: the rule as a whole.
    pub field: String,
    /// What was there and what is allowed.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.rule, &self.field] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

/// Why there are no rules.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} has more than {MAX_FILE_BYTES} bytes, which no file of alert rules needs")]
    TooLarge { path: PathBuf },
    /// Every mistake that was found; never empty.
    #[error("{origin}:{}", listed(.mistakes))]
    Refused { origin: String, mistakes: Vec<Mistake> },
}

fn listed(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect()
}

/// The rules of the binary.
///
/// # Errors
/// Never, for the file that was tested; the type has no other way to say so.
pub fn shipped() -> Result<Vec<Rule>, RulesError> {
    let document = document("the shipped alert rules", SHIPPED)?;
    Ok(document.rules)
}

/// The shipped rules with those of an operator's file: a rule of the same name replaces the shipped one,
/// others are added, `"defaults": false` leaves the shipped ones out. `None`: the shipped rules.
///
/// # Errors
/// When the file cannot be read, or with every mistake in it.
pub fn load(own: Option<&Path>) -> Result<Vec<Rule>, RulesError> {
    let Some(path) = own else { return shipped() };
    let read = |source| RulesError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(read)?;
    let mut text = String::new();
    // One byte more than allowed tells a file that is too large, whatever its kind.
    let mut bounded = std::io::Read::take(file, MAX_FILE_BYTES + 1);
    std::io::Read::read_to_string(&mut bounded, &mut text).map_err(read)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(RulesError::TooLarge { path: path.to_owned() });
    }
    with_own(&path.display().to_string(), &text)
}

/// As `load`, from a file's text; `origin` names it in errors.
///
/// # Errors
/// Every mistake in the text.
pub fn with_own(origin: &str, text: &str) -> Result<Vec<Rule>, RulesError> {
    let own = document(origin, text)?;
    if !own.defaults {
        return Ok(own.rules);
    }
    let mut rules = shipped()?;
    for rule in own.rules {
        match rules.iter_mut().find(|shipped| shipped.name == rule.name) {
            Some(shipped) => *shipped = rule,
            None => rules.push(rule),
        }
    }
    if rules.len() <= MAX_RULES {
        return Ok(rules);
    }
    let message = format!("{} rules with the shipped ones; {MAX_RULES} are allowed", rules.len());
    let mistakes = vec![Mistake { rule: String::new(), field: "rules".to_owned(), message }];
    Err(RulesError::Refused { origin: origin.to_owned(), mistakes })
}

struct Document {
    rules: Vec<Rule>,
    defaults: bool,
}

fn document(origin: &str, text: &str) -> Result<Document, RulesError> {
    let mut reader = Reader::default();
    let document = match serde_json::from_str(text) {
        Ok(value) => reader.document(&value),
        Err(error) => {
            reader.fail("", format!("this is not JSON: {error}"));
            Document { rules: Vec::new(), defaults: true }
        }
    };
    if reader.mistakes.is_empty() {
        return Ok(document);
    }
    Err(RulesError::Refused { origin: origin.to_owned(), mistakes: reader.mistakes })
}

/// Collects mistakes; `rule` is the one that is being read.
#[derive(Default)]
struct Reader {
    rule: String,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn fail(&mut self, field: &str, message: impl Into<String>) {
        let (rule, field) = (self.rule.clone(), field.to_owned());
        self.mistakes.push(Mistake { rule, field, message: message.into() });
    }

    fn document(&mut self, value: &Value) -> Document {
        let mut document = Document { rules: Vec::new(), defaults: true };
        let Value::Object(object) = value else {
            self.fail("", format!("{} is not an object such as {{\"rules\":[]}}", shown(value)));
            return document;
        };
        self.refuse_unknown(object, WHOLE_FIELDS);
        document.defaults = self.flag(object, "defaults", true);
        match object.get("rules") {
            Some(Value::Array(rules)) if rules.len() <= MAX_RULES => {
                document.rules = self.rules(rules);
            }
            Some(Value::Array(rules)) => {
                self.fail("rules", format!("{} rules; {MAX_RULES} are allowed", rules.len()));
            }
            Some(other) => self.fail("rules", format!("{} is not a list of rules", shown(other))),
            None => self.fail("rules", "is missing: a list of rules"),
        }
        document
    }

    fn rules(&mut self, values: &[Value]) -> Vec<Rule> {
        let mut rules: Vec<Rule> = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for (i, value) in values.iter().enumerate() {
            self.rule = format!("rule {}", i + 1);
            let Value::Object(object) = value else {
                self.fail("", format!("{} is not an object", shown(value)));
                continue;
            };
            if let Some(name) = object.get("name").and_then(Value::as_str) {
                if is_name(name) {
                    self.rule = format!("rule \"{name}\"");
                }
                if names.contains(&name) {
                    self.fail("name", format!("{} is there twice", shown(&object["name"])));
                }
                names.push(name);
            }
            rules.extend(self.rule(object));
        }
        self.rule.clear();
        rules
    }

    /// A rule, or `None` when a field that has no default could not be read.
    fn rule(&mut self, object: &Map<String, Value>) -> Option<Rule> {
        self.refuse_unknown(object, RULE_FIELDS);
        let name = self.name(object);
        let metric = self.choice(object, "metric", &Metric::ALL, Metric::name);
        let condition = self.choice(object, "condition", &Condition::ALL, Condition::name);
        let threshold = self.threshold(object, metric, condition);
        let severity = self.choice(object, "severity", &Severity::ALL, Severity::name);
        let occurrences = self.whole(object, "occurrences", 3, 1, 360);
        let resolve_after = self.whole(object, "resolveAfter", 3, 0, 360);
        let cooldown = self.whole(object, "cooldownSeconds", 300, 0, 86_400);
        let window = self.window_seconds(object);
        let minimum_requests = self.whole(object, "minimumRequests", 20, 1, 1_000_000);
        let enabled = self.flag(object, "enabled", true);
        let summary = self.text(object, "summary");
        let action = self.text(object, "action");
        Some(Rule {
            name: name?,
            metric: metric?,
            condition: condition?,
            threshold: threshold?,
            severity: severity?,
            occurrences,
            resolve_after,
            cooldown: Duration::from_secs(cooldown.into()),
            window: Duration::from_secs(window.into()),
            minimum_requests: minimum_requests.into(),
            enabled,
            summary: summary?,
            action: action?,
        })
    }

    /// A field without a default.
    fn required<'v>(
        &mut self,
        object: &'v Map<String, Value>,
        field: &str,
        allowed: &str,
    ) -> Option<&'v Value> {
        let value = object.get(field);
        if value.is_none() {
            self.fail(field, format!("is missing: {allowed}"));
        }
        value
    }

    fn name(&mut self, object: &Map<String, Value>) -> Option<String> {
        let allowed = format!(
            "1 to {MAX_NAME_CHARS} of a-z, 0-9, _ and -, beginning with a letter, such as \"disk_low\""
        );
        let value = self.required(object, "name", &allowed)?;
        match value.as_str().filter(|name| is_name(name)) {
            Some(name) => Some(name.to_owned()),
            None => {
                self.fail("name", format!("{} must be {allowed}", shown(value)));
                None
            }
        }
    }

    fn choice<T: Copy>(
        &mut self,
        object: &Map<String, Value>,
        field: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Option<T> {
        let names: Vec<_> = all.iter().map(|choice| name(*choice)).collect();
        let allowed = format!("one of {}", names.join(", "));
        let value = self.required(object, field, &allowed)?;
        let text = value.as_str().unwrap_or_default();
        let chosen = all.iter().find(|choice| name(**choice) == text);
        if chosen.is_none() {
            let hint = did_you_mean(text, &names);
            self.fail(field, format!("{} must be {allowed}{hint}", shown(value)));
        }
        chosen.copied()
    }

    fn threshold(
        &mut self,
        object: &Map<String, Value>,
        metric: Option<Metric>,
        condition: Option<Condition>,
    ) -> Option<f64> {
        const FIELD: &str = "threshold";
        let value = self.required(object, FIELD, "a number, in the metric's unit")?;
        let Some(number) = value.as_f64().filter(|number| number.is_finite()) else {
            self.fail(FIELD, format!("{} must be a number, in the metric's unit", shown(value)));
            return None;
        };
        // Without the metric its range is not known, and the metric is a mistake already.
        let (metric, condition) = (metric?, condition?);
        let (min, max) = metric.limits();
        if !(min..=max).contains(&number) {
            let message = format!("{number} must be {min} to {max} for {}", metric.name());
            self.fail(FIELD, message);
            return None;
        }
        let last = if condition == Condition::Above { max } else { min };
        let dead = number == last && (metric.is_bounded() || condition == Condition::Below);
        if dead {
            let (name, side) = (metric.name(), condition.name());
            let message = format!("{number} would never fire: {name} is never {side} {number}");
            self.fail(FIELD, message);
            return None;
        }
        Some(number)
    }

    /// A whole number in a range; the default also stands in for a mistake.
    fn whole(
        &mut self,
        object: &Map<String, Value>,
        field: &str,
        default: u32,
        min: u32,
        max: u32,
    ) -> u32 {
        let Some(value) = object.get(field) else { return default };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (min..=max).contains(number)) {
            Some(number) => number,
            None => {
                let message = format!("{} must be a whole number, {min} to {max}", shown(value));
                self.fail(field, message);
                default
            }
        }
    }

    fn window_seconds(&mut self, object: &Map<String, Value>) -> u32 {
        const FIELD: &str = "windowSeconds";
        let seconds = self.whole(object, FIELD, 60, 10, 300);
        if !seconds.is_multiple_of(10) {
            self.fail(FIELD, format!("{seconds} must be a multiple of 10, 10 to 300"));
        }
        seconds
    }

    fn flag(&mut self, object: &Map<String, Value>, field: &str, default: bool) -> bool {
        match object.get(field) {
            None => default,
            Some(Value::Bool(flag)) => *flag,
            Some(other) => {
                self.fail(field, format!("{} must be true or false", shown(other)));
                default
            }
        }
    }

    /// A sentence: it goes into logs and messages, so nothing in it may break a line.
    fn text(&mut self, object: &Map<String, Value>, field: &str) -> Option<String> {
        let allowed = format!("a sentence of 1 to {MAX_TEXT_CHARS} characters, on one line");
        let value = self.required(object, field, &allowed)?;
        let is_sentence = |text: &&str| {
            !text.trim().is_empty()
                && text.chars().count() <= MAX_TEXT_CHARS
                && !text.chars().any(char::is_control)
        };
        match value.as_str().filter(is_sentence) {
            Some(text) => Some(text.to_owned()),
            None => {
                self.fail(field, format!("{} must be {allowed}", shown(value)));
                None
            }
        }
    }

    fn refuse_unknown(&mut self, object: &Map<String, Value>, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let hint = match did_you_mean(name, known) {
                hint if hint.is_empty() => format!("; there are {}", known.join(", ")),
                hint => hint,
            };
            let field = shown(&Value::from(name.as_str()));
            self.fail("", format!("there is no field {field}{hint}"));
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_CHARS
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c))
}

/// What was there, as JSON, and only its beginning.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

/// Empty when nothing is near.
fn did_you_mean(text: &str, known: &[&str]) -> String {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.take(MAX_NAME_CHARS).collect::<String>().to_lowercase()
    };
    let text = plain(text);
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(&text, &plain(name)), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| format!("; did you mean \"{name}\"?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule() -> Value {
        json!({
            "name": "slow", "metric": "recommendP95Ms", "condition": "above", "threshold": 100,
            "severity": "warning", "summary": "It is slow.", "action": "Look why."
        })
    }

    /// The rule with fields replaced; null takes one away.
    fn with(changes: Value) -> Value {
        let mut rule = rule();
        for (field, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => rule.as_object_mut().unwrap().remove(field),
                value => rule.as_object_mut().unwrap().insert(field.clone(), value.clone()),
            };
        }
        rule
    }

    fn mistakes(text: &str) -> Vec<String> {
        match with_own("own.json", text) {
            Err(RulesError::Refused { mistakes, .. }) => {
                mistakes.iter().map(Mistake::to_string).collect()
            }
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn the_shipped_rules_are_those_of_the_documentation() {
        use Condition::{Above, Below};
        use Severity::{Error, Info, Warning};
        const MB: f64 = 1024.0 * 1024.0;
        let expected = [
            ("latency_high", Metric::RecommendP95Ms, Above, 200.0, Warning),
            ("error_rate_high", Metric::ErrorShare, Above, 0.01, Error),
            ("hit_rate_low", Metric::TierHitShare, Below, 0.8, Info),
            ("store_degraded", Metric::StoreDegraded, Above, 0.0, Error),
            ("wal_large", Metric::WalBytes, Above, 64.0 * MB, Warning),
            ("disk_low", Metric::FreeDiskBytes, Below, 256.0 * MB, Warning),
            ("memory_high", Metric::MemoryBudgetShare, Above, 0.8, Warning),
            ("queue_drops", Metric::QueueDroppedRows, Above, 0.0, Warning),
        ];
        let rules = shipped().unwrap();
        let found: Vec<_> = rules
            .iter()
            .map(|r| (r.name.as_str(), r.metric, r.condition, r.threshold, r.severity))
            .collect();
        assert_eq!(found, expected);
        for rule in &rules {
            let (window_s, minimum) =
                if rule.name == "hit_rate_low" { (300, 100) } else { (60, 20) };
            assert_eq!(rule.window, Duration::from_secs(window_s), "{}", rule.name);
            assert_eq!(rule.minimum_requests, minimum, "{}", rule.name);
            assert!(rule.enabled && rule.cooldown == Duration::from_secs(300), "{}", rule.name);
            assert_eq!((rule.occurrences, rule.resolve_after), (3, 3), "{}", rule.name);
        }
    }

    #[test]
    fn an_own_rule_replaces_the_shipped_one_or_is_added() {
        let own = json!({"rules": [with(json!({"name": "latency_high"})), rule()]}).to_string();
        let rules = with_own("own.json", &own).unwrap();
        assert_eq!(rules.len(), shipped().unwrap().len() + 1);
        assert_eq!((rules[0].name.as_str(), rules[0].threshold), ("latency_high", 100.0));
        assert_eq!(rules.last().unwrap().name, "slow");
        let alone = json!({"defaults": false, "rules": [rule()]}).to_string();
        assert_eq!(with_own("own.json", &alone).unwrap().len(), 1);
        let none = json!({"defaults": false, "rules": []}).to_string();
        assert_eq!(with_own("own.json", &none).unwrap(), []);
    }

    #[test]
    fn a_broken_rule_is_refused_by_field_with_what_is_allowed() {
        let long = "x".repeat(MAX_TEXT_CHARS + 1);
        let wrong = |field: &str, message: &str| format!("rule \"slow\": {field}: {message}");
        let rows = [
            (json!({"treshold": 1}), "rule \"slow\": there is no field \"treshold\"; did you mean \"threshold\"?".to_owned()),
            (json!({"zzz": 1}), format!("rule \"slow\": there is no field \"zzz\"; there are {}", RULE_FIELDS.join(", "))),
            (json!({"name": null}), "rule 1: name: is missing: 1 to 64 of a-z, 0-9, _ and -, beginning with a letter, such as \"disk_low\"".to_owned()),
            (json!({"name": "Slow Answers"}), "rule 1: name: \"Slow Answers\" must be 1 to 64 of a-z, 0-9, _ and -, beginning with a letter, such as \"disk_low\"".to_owned()),
            (json!({"metric": "recommend_p95_ms"}), wrong("metric", "\"recommend_p95_ms\" must be one of recommendP95Ms, errorShare, tierHitShare, storeDegraded, walBytes, freeDiskBytes, memoryBudgetShare, queueDroppedRows; did you mean \"recommendP95Ms\"?")),
            (json!({"metric": 7}), wrong("metric", "7 must be one of recommendP95Ms, errorShare, tierHitShare, storeDegraded, walBytes, freeDiskBytes, memoryBudgetShare, queueDroppedRows")),
            (json!({"condition": "over"}), wrong("condition", "\"over\" must be one of above, below")),
            (json!({"severity": "warn"}), wrong("severity", "\"warn\" must be one of info, warning, error, critical; did you mean \"warning\"?")),
            (json!({"threshold": null}), wrong("threshold", "is missing: a number, in the metric's unit")),
            (json!({"threshold": "NaN"}), wrong("threshold", "\"NaN\" must be a number, in the metric's unit")),
            (json!({"threshold": -1}), wrong("threshold", "-1 must be 0 to 600000 for recommendP95Ms")),
            (json!({"metric": "errorShare", "threshold": 5}), wrong("threshold", "5 must be 0 to 1 for errorShare")),
            (json!({"metric": "errorShare", "threshold": 1}), wrong("threshold", "1 would never fire: errorShare is never above 1")),
            (json!({"condition": "below", "threshold": 0}), wrong("threshold", "0 would never fire: recommendP95Ms is never below 0")),
            (json!({"occurrences": 0}), wrong("occurrences", "0 must be a whole number, 1 to 360")),
            (json!({"occurrences": 2.5}), wrong("occurrences", "2.5 must be a whole number, 1 to 360")),
            (json!({"resolveAfter": -1}), wrong("resolveAfter", "-1 must be a whole number, 0 to 360")),
            (json!({"cooldownSeconds": 86_401}), wrong("cooldownSeconds", "86401 must be a whole number, 0 to 86400")),
            (json!({"windowSeconds": 45}), wrong("windowSeconds", "45 must be a multiple of 10, 10 to 300")),
            (json!({"windowSeconds": 310}), wrong("windowSeconds", "310 must be a whole number, 10 to 300")),
            (json!({"minimumRequests": 0}), wrong("minimumRequests", "0 must be a whole number, 1 to 1000000")),
            (json!({"enabled": "yes"}), wrong("enabled", "\"yes\" must be true or false")),
            (json!({"summary": ""}), wrong("summary", "\"\" must be a sentence of 1 to 300 characters, on one line")),
            (json!({"summary": "a\nb"}), wrong("summary", "\"a\\nb\" must be a sentence of 1 to 300 characters, on one line")),
            (json!({"action": long}), wrong("action", &format!("\"{}... must be a sentence of 1 to 300 characters, on one line", "x".repeat(MAX_SHOWN_CHARS - 1)))),
        ];
        for (changes, message) in rows {
            let text = json!({"rules": [with(changes.clone())]}).to_string();
            assert_eq!(mistakes(&text), [message], "{changes}");
        }
    }

    #[test]
    fn a_broken_file_is_refused() {
        let many = json!({"rules": vec![rule(); MAX_RULES + 1]}).to_string();
        let named = |i: usize| with(json!({"name": format!("own_{i}")}));
        let beside: Vec<_> = (0..MAX_RULES).map(named).collect();
        let rows = [
            ("", "this is not JSON: EOF while parsing a value at line 1 column 0"),
            ("[]", "[] is not an object such as {\"rules\":[]}"),
            ("{}", "rules: is missing: a list of rules"),
            ("{\"rules\":3}", "rules: 3 is not a list of rules"),
            ("{\"rules\":[3]}", "rule 1: 3 is not an object"),
            ("{\"rule\":[],\"rules\":[]}", "there is no field \"rule\"; did you mean \"rules\"?"),
            ("{\"rules\":[],\"defaults\":0}", "defaults: 0 must be true or false"),
            (
                "{\"rules\":[{\"threshold\":1e999}]}",
                "this is not JSON: number out of range at line 1 column 28",
            ),
            (&many, "rules: 101 rules; 100 are allowed"),
            (
                &json!({"rules": beside}).to_string(),
                "rules: 108 rules with the shipped ones; 100 are allowed",
            ),
            (
                &json!({"rules": [rule(), rule()]}).to_string(),
                "rule \"slow\": name: \"slow\" is there twice",
            ),
        ];
        for (text, message) in rows {
            assert_eq!(mistakes(text), [message], "{}", &text[..text.len().min(60)]);
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let broken = with(json!({"severity": "bad", "occurrences": 0, "summary": null}));
        let text = json!({"rules": [broken, {"name": "empty"}], "defaults": 1}).to_string();
        let mistakes = mistakes(&text);
        assert_eq!(mistakes.len(), 1 + 3 + 6, "{mistakes:#?}");
        let error = with_own("own.json", &text).unwrap_err().to_string();
        assert!(error.starts_with("own.json:\n  defaults: "), "{error}");
        assert_eq!(error.lines().count(), 1 + 10, "{error}");
    }

    #[test]
    fn a_file_is_read_within_bounds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.json");
        assert!(matches!(load(Some(&path)), Err(RulesError::Read { .. })), "there is no file");
        std::fs::write(&path, " ".repeat(MAX_FILE_BYTES as usize + 1)).unwrap();
        assert!(matches!(load(Some(&path)), Err(RulesError::TooLarge { .. })));
        std::fs::write(&path, json!({"rules": [rule()]}).to_string()).unwrap();
        assert_eq!(load(Some(&path)).unwrap().len(), 9);
        assert_eq!(load(None).unwrap().len(), 8);
    }
}
