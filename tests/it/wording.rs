//! Answers in the shopper's language: by the question, by the client's header, from every door, and in a
//! shop's own words.

use crate::reload::install;
use crate::running::{JSON, Running};
use serde_json::{Value, json};
use suitsize::service::Change;

/// A word that only this language's rationale has.
const TELLING: [(&str, &str); 5] = [
    ("en", "tailor changes"),
    ("de", "Brustumfang"),
    ("fr", "tour de poitrine"),
    ("es", "contorno de pecho"),
    ("it", "il torace"),
];

fn question() -> Value {
    json!({"height": 178, "weight": 82})
}

fn in_language(lang: &str) -> Value {
    json!({"height": 178, "weight": 82, "lang": lang})
}

fn rationale(answer: &Value) -> &str {
    answer["recommendation"]["rationale"].as_str().unwrap()
}

#[test]
fn the_question_says_the_language() {
    let service = Running::start(|_| {});
    let english = service.ask(&question()).json()["recommendation"].take();
    for (lang, word) in TELLING {
        let reply = service.ask(&in_language(lang));
        let mut answer = reply.json();
        assert!(rationale(&answer).contains(word), "{lang}: {}", rationale(&answer));
        assert_eq!(reply.header("content-language"), lang);
        let again = service.ask(&in_language(lang));
        assert_eq!(again.header("x-cache"), "HIT-MEMORY", "{lang}");
        // Nothing but words differs.
        let mut answer = answer["recommendation"].take();
        answer["rationale"] = english["rationale"].clone();
        for (own, theirs) in
            ["alternatives", "alterationDetails"].map(|list| (list, &english[list]))
        {
            let all = answer[own].as_array_mut().unwrap();
            for (mine, theirs) in all.iter_mut().zip(theirs.as_array().unwrap()) {
                for word in ["why", "note"] {
                    if let Some(text) = mine.get_mut(word) {
                        assert_eq!(*text == theirs[word], lang == "en", "{lang}: {text}");
                        *text = theirs[word].clone();
                    }
                }
            }
        }
        assert_eq!(answer, english, "{lang}");
    }
}

#[test]
fn a_header_says_it_for_a_question_that_does_not() {
    let service = Running::start(|_| {});
    for (header, question, word) in [
        ("de-AT, en;q=0.5", question(), TELLING[1].1),
        ("nl, fr;q=0.1", question(), TELLING[2].1),
        ("nl", question(), TELLING[0].1),
        ("de", in_language("es"), TELLING[3].1),
    ] {
        let headers = [JSON, ("accept-language", header)];
        let body = question.to_string();
        let reply = service.send("POST", "/api/recommend", &headers, body.as_bytes());
        assert!(rationale(&reply.json()).contains(word), "{header}: {}", reply.text);
        let list = json!([question]).to_string();
        let reply = service.send("POST", "/api/recommend/batch", &headers, list.as_bytes());
        assert!(rationale(&reply.json()["answers"][0]).contains(word), "{header}: {}", reply.text);
    }
}

#[test]
fn a_language_that_is_not_there_is_refused_by_name() {
    let service = Running::start(|_| {});
    let reply = service.ask(&in_language("nl"));
    assert_eq!(reply.status, 422);
    let error = &reply.json()["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("lang"), &json!("not_one_of")));
}

#[test]
fn a_reason_for_no_size_is_in_the_language_too() {
    let service = Running::start(|_| {});
    for (lang, word) in [("de", "unser Personal"), ("fr", "un vendeur"), ("en", "member of staff")]
    {
        let reply = service.ask(&json!({"height": 150, "weight": 180, "lang": lang}));
        let answer = &reply.json()["recommendation"];
        assert_eq!(answer["size"], Value::Null, "{answer}");
        let said = [&answer["reason"], &answer["rationale"], &answer["warnings"]];
        assert!(said.iter().all(|text| text.to_string().contains(word)), "{lang}: {said:?}");
    }
}

#[test]
fn a_shops_own_words_are_read_and_read_again() {
    let words = tempfile::tempdir().unwrap();
    let ask = |text: &str| json!({"answer": {"rationale": {"next": text}}}).to_string();
    install(words.path(), "de.json", &ask("Danach {size}, {why}."));
    let service = Running::start(|settings| {
        settings.engine.wording = Some(words.path().to_owned());
    });
    let identity = || service.get("/api/status").json()["wording"].clone();
    let before = identity();
    let german = || service.ask(&in_language("de"));
    assert!(rationale(&german().json()).contains(" Danach 5"), "{}", german().text);
    assert_eq!(service.reload().unwrap().change, Change::Unchanged);

    install(words.path(), "de.json", &ask("Sonst {size}, {why}."));
    assert_eq!(service.reload().unwrap().change, Change::Changed);
    assert!(rationale(&german().json()).contains(" Sonst 5"), "{}", german().text);
    assert_ne!(identity(), before);

    install(words.path(), "de.json", &ask("Sonst {groesse}."));
    let error = service.reload().unwrap_err().to_string();
    assert!(error.contains("answer.rationale.next must have {size} {why}"), "{error}");
    assert!(rationale(&german().json()).contains(" Sonst 5"), "what is in force stays");
}
