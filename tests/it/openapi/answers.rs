//! What is answered is what the contract says: examples, mistakes, and headers of each.

use super::{DOCUMENT, SERVICE};
use crate::running::{JSON, Reply, Running};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;
use suitsize::config::{AdminToken, Rate};

const LIST: &str = "/api/recommend/batch";
const CSV: (&str, &str) = ("content-type", "text/csv");
const TOKEN: &str = "an-operators-secret-of-forty-characters";
const BEARER: (&str, &str) = ("authorization", "Bearer an-operators-secret-of-forty-characters");

fn operation(method: &str, path: &str) -> &'static Value {
    &DOCUMENT["paths"][path][method.to_lowercase()]
}

fn followed(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

#[test]
fn examples_are_answered_as_they_say() {
    for (path, content_type) in [("/api/recommend", JSON), (LIST, JSON), (LIST, CSV)] {
        let operation = operation("post", path);
        let requests = &operation["requestBody"]["content"][content_type.1]["examples"];
        let answers = &operation["responses"]["200"]["content"][content_type.1]["examples"];
        for (name, example) in requests.as_object().unwrap() {
            let text = match &example["value"] {
                Value::String(table) => table.clone(),
                question => question.to_string(),
            };
            let reply = SERVICE.send("POST", path, &[content_type], text.as_bytes());
            assert_eq!(reply.status, 200, "{name}: {}", reply.text);
            let expected = &answers[name]["value"];
            if content_type == CSV {
                assert_eq!(json!(reply.text), *expected, "{name}");
            } else {
                assert_eq!(advice(&reply.json()), advice(expected), "{name}");
            }
        }
    }
    let refused = &DOCUMENT["components"]["responses"]["InvalidOrContradictory"]["content"]["application/problem+json"]
        ["examples"];
    assert!(refused.as_object().unwrap().values().all(|e| e["value"]["status"] == json!(422)));
    let example = &operation("get", "/api/status")["responses"]["200"]["content"]["application/json"]
        ["example"];
    let status = SERVICE.get("/api/status").json();
    assert_eq!(example["configuration"], status["configuration"]);
    assert_eq!(example["model"], status["model"]);
}

/// What is the same however often it is asked.
fn advice(answer: &Value) -> Vec<Value> {
    match answer["answers"].as_array() {
        None => vec![answer["recommendation"].clone()],
        Some(answers) => answers
            .iter()
            .map(|one| json!([one["id"], one["name"], one["recommendation"], one["problem"]]))
            .collect(),
    }
}

/// The answer has a status that the operation knows, with that code, type and headers.
fn check(method: &str, path: &str, reply: &Reply, status: u16, code: &str) {
    let says = format!("{method} {path}: {} {}", reply.status, reply.text);
    assert_eq!(reply.status, status, "{says}");
    let response = &operation(method, path)["responses"][status.to_string()];
    assert!(!response.is_null(), "{says} is not in the contract");
    let response = followed(response);
    let described = response["description"].as_str().unwrap();
    if !code.is_empty() {
        assert_eq!(reply.json()["code"], json!(code), "{says}");
        assert!(described.contains(&format!("`{code}`:")), "{says}: {described}");
    }
    if let Some(types) = response["content"].as_object() {
        let sent = reply.header("content-type").split(';').next().unwrap();
        assert!(types.contains_key(sent), "{says}: {sent}");
    }
    let headers = response["headers"].as_object().unwrap();
    for (name, header) in headers {
        check_header(&says, reply, name, followed(header));
    }
    let known: BTreeSet<String> = headers.keys().map(|name| name.to_lowercase()).collect();
    // What every HTTP answer has is nothing to describe.
    let plain = ["content-type", "content-length", "content-encoding", "date", "connection"];
    for name in reply.headers.keys().map(ureq::http::HeaderName::as_str) {
        assert!(known.contains(name) || plain.contains(&name), "{says}: {name} is not described");
    }
}

fn check_header(says: &str, reply: &Reply, name: &str, header: &Value) {
    let sent = reply.header(name);
    if !reply.headers.contains_key(name) {
        assert_eq!(header["required"], json!(false), "{says}: no {name}");
        return;
    }
    let schema = &header["schema"];
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(&json!(sent)), "{says}: {name}: {sent}");
    }
    if schema["type"] == json!("integer") {
        let least = schema["minimum"].as_u64().unwrap();
        assert!(sent.parse::<u64>().is_ok_and(|n| n >= least), "{says}: {name}: {sent}");
    }
}

/// With a token, and a rate that nobody reaches.
static OPERATED: LazyLock<Running> = LazyLock::new(|| {
    Running::start(|settings| {
        settings.admin_token = Some(AdminToken::parse(TOKEN).unwrap());
        // With nothing to fill, an operator who has the memory filled waits for nothing.
        settings.memory_ttl_seconds = 0;
        settings.limits.rate_limit = Rate::parse("1000/s").unwrap();
        settings.limits.trusted_proxies = Some(1);
    })
});

/// Method, address, headers, body; the answer's status and code.
type Row<'r> = (&'r str, &'r str, &'r [(&'r str, &'r str)], &'r str, u16, &'r str);

#[test]
fn every_answer_is_in_the_contract() {
    for (path, operations) in DOCUMENT["paths"].as_object().unwrap() {
        if operations["get"].is_null() {
            continue;
        }
        let reply = OPERATED.get(&path.replace("{file}", "page.js"));
        check("get", path, &reply, 200, "");
        let is_limited =
            !["/api/health", "/api/health/live", "/api/health/ready"].contains(&path.as_str());
        let responses = &operations["get"]["responses"];
        assert_eq!(!responses["429"].is_null(), is_limited, "{path}");
        assert_eq!(!responses["200"]["headers"]["RateLimit-Limit"].is_null(), is_limited, "{path}");
        assert_eq!(reply.headers.contains_key("ratelimit-limit"), is_limited, "{path}");
    }
    let question = r#"{"height":175,"weight":75}"#;
    let list = format!("[{question}]");
    let text = ("content-type", "text/plain");
    let packed = ("content-encoding", "gzip");
    let large = " ".repeat(1024 * 1024 + 1);
    let many = format!("height,weight\n{}", "175,75\n".repeat(1_001));
    let twice = r#"{"height":175,"height":176,"weight":75}"#;
    let forwarded = ("x-forwarded-for", "203.0.113.1");
    let one = "/api/recommend";
    let optimize = "/api/optimize";
    let rows: &[Row<'_>] = &[
        ("POST", one, &[JSON], question, 200, ""),
        ("POST", one, &[JSON], "{", 400, "not_json"),
        ("POST", one, &[JSON], &large, 413, "too_large"),
        ("POST", one, &[text], question, 415, "not_json_type"),
        ("POST", one, &[JSON, packed], question, 415, "not_plain"),
        ("POST", one, &[JSON], "{}", 422, "invalid_question"),
        ("POST", one, &[JSON], twice, 422, "invalid_question"),
        (
            "POST",
            one,
            &[JSON],
            r#"{"height":175,"weight":60,"chest":150}"#,
            422,
            "contradictory_question",
        ),
        ("POST", LIST, &[JSON], &list, 200, ""),
        ("POST", LIST, &[JSON, ("accept", "text/csv")], &list, 200, ""),
        ("POST", LIST, &[CSV], "height,weight\n175,75", 200, ""),
        ("POST", LIST, &[JSON], "[", 400, "not_json"),
        ("POST", LIST, &[JSON], &format!("[{twice}]"), 422, "invalid_question"),
        ("POST", LIST, &[JSON], "[]", 422, "invalid_request"),
        ("POST", LIST, &[CSV], "height\n175", 422, "invalid_request"),
        ("POST", LIST, &[CSV], &large, 413, "too_large"),
        ("POST", LIST, &[CSV], &many, 413, "too_large"),
        ("POST", LIST, &[text], &list, 415, "not_batch_type"),
        ("POST", LIST, &[CSV, packed], &list, 415, "not_plain"),
        ("GET", "/api/performance?days=0", &[], "", 422, "invalid_request"),
        ("GET", "/api/docs/nothing", &[], "", 404, "not_found"),
        ("POST", optimize, &[BEARER], "", 200, ""),
        ("POST", optimize, &[BEARER, JSON], "{", 400, "not_json"),
        ("POST", optimize, &[BEARER, JSON], &large, 413, "too_large"),
        ("POST", optimize, &[BEARER, text], "{}", 415, "not_json_type"),
        ("POST", optimize, &[BEARER, JSON, packed], "{}", 415, "not_plain"),
        ("POST", optimize, &[BEARER, JSON], r#"{"vacuum":1}"#, 422, "invalid_request"),
        (
            "POST",
            optimize,
            &[BEARER, JSON],
            r#"{"vacuum":"full","vacuum":"full"}"#,
            422,
            "invalid_question",
        ),
        ("DELETE", "/api/cache?prefix=none", &[BEARER], "", 200, ""),
        ("DELETE", "/api/cache?sufix=none", &[BEARER], "", 422, "invalid_request"),
        ("POST", "/api/cache/warm", &[BEARER], "", 200, ""),
        ("POST", "/api/cache/warm", &[forwarded], "", 401, "unauthorized"),
        ("POST", optimize, &[forwarded], "", 401, "unauthorized"),
        ("DELETE", "/api/cache", &[forwarded], "", 401, "unauthorized"),
    ];
    for (method, path, headers, body, status, code) in rows {
        let reply = OPERATED.send(method, path, headers, body.as_bytes());
        let pattern = path.split('?').next().unwrap().replace("nothing", "{file}");
        check(method, &pattern, &reply, *status, code);
    }
    let not_csv = OPERATED.send("POST", LIST, &[CSV], b"height,weight\n\xff,75");
    check("POST", LIST, &not_csv, 400, "not_csv");
    for (method, path) in
        [("POST", optimize), ("DELETE", "/api/cache"), ("POST", "/api/cache/warm")]
    {
        check(method, path, &SERVICE.send(method, path, &[], b""), 403, "admin_off");
    }
}

#[test]
fn too_much_is_told_as_the_contract_says() {
    let guess =
        || OPERATED.send("DELETE", "/api/cache", &[("x-forwarded-for", "203.0.113.2")], b"");
    for _ in 0..5 {
        check("DELETE", "/api/cache", &guess(), 401, "unauthorized");
    }
    check("DELETE", "/api/cache", &guess(), 429, "too_many_requests");
    let narrow = Running::start(|settings| {
        settings.limits.rate_limit = Rate::parse("1/min").unwrap();
    });
    let ask = || narrow.send("POST", LIST, &[JSON], br#"[{"height":175,"weight":75}]"#);
    check("POST", LIST, &ask(), 200, "");
    check("POST", LIST, &ask(), 429, "too_many_requests");
}

/// The table of problems is a `match` over all of them, so each has its row there.
#[test]
fn every_kind_of_problem_has_its_place() {
    let source = include_str!("../../../src/problem.rs");
    let (table, _) = source.split_once("fn place(").unwrap();
    let rows = table.split('(').filter_map(|row| {
        let (status, rest) = row.split_once(", \"")?;
        Some((status.parse::<u16>().ok()?, rest.split_once('"')?.0))
    });
    let rows: BTreeSet<(u16, &str)> = rows.collect();
    assert_eq!(rows.len(), table.matches("            Kind::").count(), "{rows:?}");
    let mut described = String::new();
    for operations in DOCUMENT["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let says = followed(response)["description"].as_str().unwrap();
                writeln!(described, "{status} {says}").unwrap();
            }
        }
    }
    // What is not in the document has no operation to stand at.
    let elsewhere = DOCUMENT["components"]["responses"]["MethodNotAllowed"]["description"].as_str();
    writeln!(described, "405 {}", elsewhere.unwrap()).unwrap();
    for (status, code) in rows {
        let has_place = described.lines().any(|line| {
            line.starts_with(&status.to_string()) && line.contains(&format!("`{code}`:"))
        });
        assert!(has_place, "{status} {code} is at no operation");
    }
}
