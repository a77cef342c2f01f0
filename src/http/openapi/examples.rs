//! Examples of questions, with the answers that a running service gives to them.

use super::mistakes;
use crate::problem::Kind;
use serde_json::{Value, json};

/// Sends method, address, content type and body to a service, and gives the body of its answer.
pub type Ask = dyn Fn(&str, &str, &str, &str) -> String;

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const QUESTION: &str = "/api/recommend";
const LIST: &str = "/api/recommend/batch";

/// Name, what it shows, the question.
type Example = (&'static str, &'static str, &'static str);

const QUESTIONS: &[Example] = &[
    (
        "stated",
        "Height and weight as a shopper knows them",
        r#"{"height":175,"weight":75,"fitPreference":"regular","unit":"metric"}"#,
    ),
    (
        "imperial",
        "Feet, inches and pounds",
        r#"{"height":"5'10\"","weight":170,"unit":"imperial","sizeSystem":"US"}"#,
    ),
    (
        "taped",
        "Measured by a fitter",
        r#"{"height":182,"weight":84,"age":38,"measured":true,"chest":104,"waist":90,"sleeve":62,"tape":"fitter"}"#,
    ),
    (
        "known",
        "A jacket that fits, and how the person looks",
        r#"{"height":168,"weight":64,"sex":"female","knownSize":{"size":"40","system":"EU"},"build":{"chest":"average","stomach":"flatter"},"fitPreference":"slim"}"#,
    ),
    (
        "weightless",
        "A jacket and trousers that fit, in place of a weight",
        r#"{"height":178,"knownSize":{"size":"50R"},"knownTrousers":{"size":"34","system":"US"}}"#,
    ),
];

const REFUSED: &[Example] = &[
    (
        "inches",
        "Inches and pounds sent as centimetres and kilograms",
        r#"{"height":70,"weight":170}"#,
    ),
    (
        "several",
        "Every mistake at once",
        r#"{"height":"tall","wieght":75,"fitPreference":"baggy"}"#,
    ),
    (
        "contradiction",
        "Each is possible, not together",
        r#"{"height":175,"weight":60,"chest":150}"#,
    ),
];

const LISTS: &[Example] = &[
    (
        "list",
        "Two people, of whom one cannot be",
        r#"[{"id":17,"name":"Jo","height":175,"weight":75},{"id":18,"height":1.75,"weight":75}]"#,
    ),
    (
        "defaults",
        "What holds for all is said once",
        r#"{"defaults":{"unit":"imperial","sizeSystem":"US"},"questions":[{"name":"Jo","height":70,"weight":170}]}"#,
    ),
];

const TABLES: &[Example] = &[(
    "table",
    "As a spreadsheet writes it where the comma is the decimal sign",
    "name;height;weight;sex\r\nAnna;170,5;61;female\r\nBen;1,75;75;male\r\n",
)];

/// Puts the examples in.
pub fn add(document: &mut Value, ask: &Ask) {
    let asked = |path: &str, question: &str| {
        let question: Value = serde_json::from_str(question).expect("an example is JSON");
        let answer = ask("POST", path, JSON, &question.to_string());
        (question, settled(serde_json::from_str(&answer).expect("an answer is JSON")))
    };
    for (path, examples) in [(QUESTION, QUESTIONS), (LIST, LISTS)] {
        for example in examples {
            let (question, answer) = asked(path, example.2);
            put(&mut document["paths"][path]["post"], JSON, example, question, answer);
        }
    }
    for example in TABLES {
        let answer = ask("POST", LIST, CSV, example.2);
        let operation = &mut document["paths"][LIST]["post"];
        put(operation, CSV, example, json!(example.2), json!(answer));
    }
    let refused = mistakes::name(&[Kind::Invalid, Kind::Contradictory]);
    let refused = &mut document["components"]["responses"][refused];
    for (name, summary, question) in REFUSED {
        let (_, problem) = asked(QUESTION, question);
        refused["content"]["application/problem+json"]["examples"][*name] =
            json!({ "summary": summary, "value": problem });
    }
    let status = ask("GET", "/api/status", "", "");
    let status = of_another_machine(serde_json::from_str(&status).expect("an answer is JSON"));
    document["paths"]["/api/status"]["get"]["responses"]["200"]["content"][JSON]["example"] =
        status;
}

fn put(
    operation: &mut Value,
    content_type: &str,
    (name, summary, _): &Example,
    question: Value,
    answer: Value,
) {
    let example = |value| json!({ "summary": summary, "value": value });
    operation["requestBody"]["content"][content_type]["examples"][*name] = example(question);
    operation["responses"]["200"]["content"][content_type]["examples"][*name] = example(answer);
}

/// What differs from one request to the next is set to what it usually is.
fn settled(mut answer: Value) -> Value {
    let mut answered = 0;
    for item in answer.get_mut("answers").and_then(Value::as_array_mut).into_iter().flatten() {
        if item.get("recommendation").is_some() {
            item["cache_tier"] = json!("memory");
            answered += 1;
        }
    }
    let is_list = answer.get("answers").is_some();
    let Some(metadata) = answer.get_mut("performance_metadata") else {
        answer["requestId"] = json!("5c1f0b7a93d24e68");
        return answer;
    };
    metadata["response_time_ms"] = json!(0.021);
    metadata["response_time_category"] = json!("ultra_fast");
    if is_list {
        metadata["cache_tiers"] = json!({ "memory": answered, "store": 0, "computed": 0 });
    } else {
        metadata["cache_hit"] = json!(true);
        metadata["cache_tier"] = json!("memory");
    }
    answer
}

/// The document is the same wherever it is made.
fn of_another_machine(mut status: Value) -> Value {
    status["startedAtMs"] = json!(1_767_225_600_000_i64);
    status["uptimeSeconds"] = json!(86_400);
    status["build"] = json!({ "profile": "release", "os": "linux", "architecture": "x86_64" });
    status
}
