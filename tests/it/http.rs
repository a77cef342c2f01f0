//! The service over a real socket: the contract's names, every documented problem, start and stop.

use crate::running::{JSON, Reply, Running, Served};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::LazyLock;

/// One running service for all tests of this file.
static SERVICE: LazyLock<Running> = LazyLock::new(|| Running::start(|_| ()));

fn send(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    SERVICE.send(method, path, headers, body)
}

fn ask(question: &Value) -> Reply {
    SERVICE.ask(question)
}

#[test]
fn an_answer_has_exactly_the_names_of_the_contract() {
    let reply = ask(&json!({"height":175,"weight":75,"fitPreference":"regular","unit":"metric"}));
    assert_eq!(reply.status, 200);
    let answer = reply.json();
    let names = |value: &Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&answer), ["api_version", "performance_metadata", "recommendation"]);
    assert_eq!(
        names(&answer["recommendation"]),
        [
            "alterationDetails",
            "alterations",
            "alternatives",
            "bodyType",
            "chartVersion",
            "confidence",
            "confidenceLevel",
            "cut",
            "furtherQuestions",
            "measurements",
            "modelVersion",
            "nextQuestion",
            "probability",
            "rationale",
            "size",
            "sizeSystem",
            "sizes",
            "trousers",
            "verdict",
            "warnings",
            "zones",
        ]
    );
    assert_eq!(
        names(&answer["performance_metadata"]),
        [
            "cache_hit",
            "cache_tier",
            "optimization_level",
            "response_time_category",
            "response_time_ms"
        ]
    );
    assert_eq!(answer["api_version"], json!("4.0-Production-Optimized"));
    assert_eq!(answer["performance_metadata"]["optimization_level"], json!("production_v4"));
    let recommendation = &answer["recommendation"];
    assert_eq!(recommendation["size"], json!("50R"));
    assert_eq!(names(&recommendation["zones"]), ["chest", "length", "shoulder", "sleeve", "waist"]);
    assert_eq!(
        names(&recommendation["measurements"]),
        ["chest", "hip", "inseam", "neck", "shoulder", "sleeve", "waist"]
    );
    assert_eq!(
        names(&recommendation["measurements"]["chest"]),
        ["estimate", "high", "low", "source"]
    );
    assert_eq!(names(&recommendation["nextQuestion"]), ["field", "gain"]);
    assert_eq!(recommendation["furtherQuestions"][0], recommendation["nextQuestion"]);
    assert_eq!(
        names(&recommendation["alternatives"][0]),
        ["confidence", "cut", "kind", "probability", "size", "why"]
    );
    for label in ["EU", "US", "UK", "IT", "FR", "JP"] {
        assert!(recommendation["sizes"][label].is_string(), "{label}");
    }
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-cache"), "MISS");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(reply.header("x-response-time").ends_with("ms"));
    assert_eq!(reply.header("x-request-id").len(), 16);
}

#[test]
fn details_are_added_when_asked_for() {
    let answer = ask(&json!({"height":175,"weight":75,"details":true})).json();
    let recommendation = &answer["recommendation"];
    let probabilities = recommendation["sizeProbabilities"].as_object().unwrap();
    let total: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-9);
    assert!(recommendation["posterior"]["chest"]["mean"].is_number());
    assert!(recommendation["posterior"]["chest"]["sd"].is_number());
}

/// A problem document with this status and code, and nothing but documented names.
fn check_problem(reply: &Reply, status: u16, code: &str) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.json();
    assert_eq!(problem["code"], json!(code));
    assert_eq!(problem["status"], json!(status));
    assert_eq!(problem["type"], json!(format!("urn:suitsize:problem:{code}")));
    assert_eq!(problem["requestId"], json!(reply.header("x-request-id")));
    for name in ["title", "detail"] {
        assert!(!problem[name].as_str().unwrap().is_empty());
    }
    problem
}

#[test]
fn every_documented_problem() {
    let post =
        |headers: &[(&str, &str)], body: &[u8]| send("POST", "/api/recommend", headers, body);
    check_problem(&post(&[JSON], b"{"), 400, "not_json");
    check_problem(&post(&[JSON], b""), 400, "not_json");
    check_problem(&post(&[JSON], b"\xff\xfe"), 400, "not_json");
    check_problem(&post(&[JSON], b"{\"height\":1e999,\"weight\":75}"), 400, "not_json");
    check_problem(&post(&[JSON], b"{\"height\":NaN,\"weight\":75}"), 400, "not_json");
    check_problem(&post(&[JSON], "[".repeat(5000).as_bytes()), 400, "not_json");
    check_problem(&post(&[JSON], " ".repeat(20_000).as_bytes()), 413, "too_large");
    check_problem(&post(&[("content-type", "text/plain")], b"{}"), 415, "not_json_type");
    check_problem(&post(&[], b"{}"), 415, "not_json_type");
    check_problem(&post(&[JSON], b"[]"), 422, "invalid_question");
    let problem = check_problem(&post(&[JSON], b"{\"height\":1}"), 422, "invalid_question");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    assert_eq!(problem["errors"][1]["min"], json!(120.0));
    assert_eq!(problem["errors"][1]["max"], json!(230.0));
    let contradiction = json!({"height":175,"weight":60,"chest":150});
    check_problem(&ask(&contradiction), 422, "contradictory_question");
    check_problem(&send("GET", "/nowhere", &[], b""), 404, "not_found");
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let reply = send(method, "/api/recommend", &[], b"");
        check_problem(&reply, 405, "method_not_allowed");
        assert_eq!(reply.header("allow"), "POST");
    }
    check_problem(&send("POST", "/api/health", &[], b""), 405, "method_not_allowed");
}

#[test]
fn json_by_other_names_is_json() {
    let body = json!({"height":175,"weight":75}).to_string();
    for content_type in
        ["application/json; charset=utf-8", "Application/JSON", "application/ld+json"]
    {
        let reply =
            send("POST", "/api/recommend", &[("content-type", content_type)], body.as_bytes());
        assert_eq!(reply.status, 200, "{content_type}: {}", reply.text);
    }
}

#[test]
fn a_callers_request_id_is_kept_if_it_is_one() {
    let id = |sent: &str| {
        let reply = send("GET", "/api/health", &[("x-request-id", sent)], b"");
        reply.header("x-request-id").to_owned()
    };
    assert_eq!(id("order-17.a_B"), "order-17.a_B");
    for sent in ["", "a b", "<x>", &"x".repeat(65)] {
        let given = id(sent);
        assert!(given != sent && given.len() == 16, "{sent}: {given}");
    }
    assert_ne!(id(""), id(""));
}

#[test]
fn health_is_one_line() {
    let reply = send("GET", "/api/health", &[], b"");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["status"], json!("healthy"));
    assert!(!reply.text.contains('\n'));
}

#[test]
fn the_same_body_in_two_units_gets_the_same_recommendation() {
    let metric = ask(&json!({"height":177.8,"weight":77.11})).json();
    let imperial = ask(&json!({"height":"5'10\"","weight":170,"unit":"imperial"})).json();
    assert_eq!(metric["recommendation"], imperial["recommendation"]);
}

/// A `suitsize serve` of its own, killed when dropped.
#[test]
fn serve_prints_its_address_and_a_curl_and_stops_on_sigterm() {
    let mut served = Served::start(&[]);
    assert!(served.greeting.contains("curl -s 127.0.0.1:"), "{}", served.greeting);
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    let request = "GET /api/health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(served.terminate().success());
}

#[test]
fn a_port_that_is_taken_is_one_clear_line() {
    let served = Served::start(&[]);
    let output = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["serve", "--port", &served.port.to_string()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(&format!("cannot listen on 127.0.0.1:{}", served.port)), "{error}");
}
