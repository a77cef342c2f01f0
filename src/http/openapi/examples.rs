//! Examples of questions, with the answers that a running service gives to them.

use serde_json::{Value, json};

/// Name, what it shows, the question.
const QUESTIONS: &[(&str, &str, &str)] = &[
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
];

const REFUSED: &[(&str, &str, &str)] = &[
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

/// Puts the examples in. `ask` sends a question to a service and gives its answer.
pub fn add(document: &mut Value, ask: &dyn Fn(&Value) -> Value) {
    let operation = &mut document["paths"]["/api/recommend"]["post"];
    for (name, summary, question) in QUESTIONS {
        let question: Value = serde_json::from_str(question).expect("an example is JSON");
        let answer = settled(ask(&question));
        operation["requestBody"]["content"]["application/json"]["examples"][*name] =
            json!({ "summary": summary, "value": question });
        operation["responses"]["200"]["content"]["application/json"]["examples"][*name] =
            json!({ "summary": summary, "value": answer });
    }
    for (name, summary, question) in REFUSED {
        let question: Value = serde_json::from_str(question).expect("an example is JSON");
        let problem = settled(ask(&question));
        document["components"]["responses"]["Invalid"]["content"]["application/problem+json"]["examples"]
            [*name] = json!({ "summary": summary, "value": problem });
    }
}

/// What differs from one request to the next is set to what it usually is.
fn settled(mut answer: Value) -> Value {
    let metadata = &mut answer["performance_metadata"];
    if metadata.is_object() {
        metadata["cache_hit"] = json!(true);
        metadata["cache_tier"] = json!("memory");
        metadata["response_time_ms"] = json!(0.021);
        metadata["response_time_category"] = json!("ultra_fast");
    } else {
        answer["requestId"] = json!("5c1f0b7a93d24e68");
        answer.as_object_mut().expect("a problem has fields").remove("performance_metadata");
    }
    answer
}
