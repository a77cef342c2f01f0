//! What the tests share: one engine, questions and answers as JSON.

use serde_json::Value;
use std::sync::LazyLock;
use suitsize::sizing::refusal::Refusal;
use suitsize::sizing::{Engine, EngineOptions};

/// The engine as it is shipped.
pub static ENGINE: LazyLock<Engine> =
    LazyLock::new(|| Engine::embedded().expect("the embedded engine builds"));

/// The engine for the survey's own population.
pub static SURVEY_ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let options = EngineOptions { population_variance: false, ..EngineOptions::default() };
    Engine::new(&options).expect("the embedded engine builds")
});

/// The recommendation for a question in the contract's JSON, by the way of the service.
pub fn recommend(question: Value) -> Value {
    recommend_by(&ENGINE, question)
}

pub fn recommend_by(engine: &Engine, question: Value) -> Value {
    let parsed = engine.question(&question).unwrap_or_else(|error| panic!("{question}: {error}"));
    let answer =
        engine.recommend(&parsed.canonical()).unwrap_or_else(|error| panic!("{question}: {error}"));
    serde_json::to_value(answer).expect("an answer is JSON")
}

/// Why a question is refused.
pub fn refuse(question: Value) -> Refusal {
    let parsed = match ENGINE.question(&question) {
        Ok(parsed) => parsed,
        Err(refusal) => return refusal,
    };
    match ENGINE.recommend(&parsed.canonical()) {
        Err(suitsize::sizing::RecommendError::Refused(refusal)) => refusal,
        Err(error) => panic!("{question}: {error}"),
        Ok(answer) => panic!("{question} was answered with {:?}", answer.size),
    }
}

/// The EU number of an answer's size; `None` without one.
pub fn number(answer: &Value) -> Option<i32> {
    let label = answer["sizes"]["EU"].as_str()?;
    label.trim_end_matches(char::is_alphabetic).parse().ok()
}

/// A number of an answer, by JSON pointer.
pub fn figure(answer: &Value, pointer: &str) -> f64 {
    let value = answer.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {answer}"));
    value.as_f64().unwrap_or_else(|| panic!("{pointer} is {value}"))
}
