//! The contract: the file is what the code says, every route is in it, and a question is read as it says.

mod answers;

use crate::running::{Reply, Running, Served};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use suitsize::config::{Setting, Source};
use suitsize::http::{ROUTES, openapi};
use suitsize::sizing::body::{Limits, Quantity, Unit};
use suitsize::sizing::contract::{self, Field, Kind};
use suitsize::sizing::parse;

static SERVICE: LazyLock<Running> = LazyLock::new(|| {
    Running::start(|settings| {
        settings.in_force = vec![
            setting("port", "PORT", Some("8080"), Source::Default),
            setting("admin-token", "SUITSIZE_ADMIN_TOKEN", Some("set"), Source::Environment),
            setting("cors-origins", "SUITSIZE_CORS_ORIGINS", None, Source::Default),
        ];
    })
});
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    openapi::document(&|method, path, content_type, body| {
        SERVICE.send(method, path, &[("content-type", content_type)], body.as_bytes()).text
    })
});

fn setting(name: &str, variable: &str, value: Option<&str>, source: Source) -> Setting {
    Setting {
        is_path: false,
        name: name.to_owned(),
        flag: format!("--{name}"),
        variable: variable.to_owned(),
        value: value.map(str::to_owned),
        unit: None,
        source,
        because: None,
        default: None,
        allowed: None,
        effect: String::new(),
    }
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

#[test]
fn the_file_is_what_the_code_says() {
    let made = serde_json::to_string_pretty(&*DOCUMENT).unwrap() + "\n";
    if std::env::var_os("SUITSIZE_WRITE_OPENAPI").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    assert!(
        std::fs::read_to_string(FILE).unwrap() == made,
        "docs/openapi.json is not what the code says; this writes it anew:\n  \
         SUITSIZE_WRITE_OPENAPI=1 cargo test --test it the_file_is_what_the_code_says"
    );
}

#[test]
fn every_route_is_in_it_with_its_methods() {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let documented: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
    let is_for_programs = |route: &&str| route.starts_with("/api/") || *route == "/metrics";
    let served: BTreeSet<&str> = ROUTES.iter().copied().filter(is_for_programs).collect();
    assert_eq!(documented, served);
    for (path, operations) in paths {
        // No address takes PATCH, so the answer says what it does take.
        let reply = SERVICE.send("PATCH", &path.replace("{file}", "page.js"), &[], b"");
        assert_eq!(reply.status, 405, "{path}");
        let allowed = reply.header("allow").split(", ").filter(|method| *method != "HEAD");
        let allowed: BTreeSet<String> = allowed.map(str::to_lowercase).collect();
        let documented: BTreeSet<String> =
            operations.as_object().unwrap().keys().cloned().collect();
        assert_eq!(documented, allowed, "{path}");
    }
}

#[test]
fn every_operation_is_named_once_and_every_reference_leads_somewhere() {
    let mut names = BTreeSet::new();
    for operations in DOCUMENT["paths"].as_object().unwrap().values() {
        for operation in operations.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name), "{name}");
            assert!(operation["summary"].is_string(), "{name}");
        }
    }
    let mut dangling = Vec::new();
    visit(&DOCUMENT, &mut |value| {
        if let Some(reference) = value["$ref"].as_str()
            && DOCUMENT.pointer(reference.trim_start_matches('#')).is_none()
        {
            dangling.push(reference.to_owned());
        }
    });
    assert_eq!(dangling, Vec::<String>::new());
}

fn visit(value: &Value, look: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(fields) => {
            look(value);
            fields.values().for_each(|field| visit(field, look));
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        _ => {}
    }
}

/// The fields that are refused in a question: as often as they are.
fn refused(question: &Value) -> Vec<String> {
    let (_, errors) = parse::read(question);
    errors.iter().map(|error| error.field.to_string()).collect()
}

/// A possible person, in a unit, with one field set.
fn with(unit: &str, field: &str, value: Value) -> Value {
    let mut question = match unit {
        "metric" => json!({"height": 175, "weight": 75}),
        _ => json!({"height": 69, "weight": 165, "unit": "imperial"}),
    };
    question[field] = value;
    question
}

fn check(unit: &str, field: &str, value: Value, is_taken: bool) {
    let question = with(unit, field, value);
    let refused = refused(&question);
    assert_eq!(refused.is_empty(), is_taken, "{question}: {refused:?}");
    assert!(refused.iter().all(|name| name.starts_with(field)), "{question}: {refused:?}");
}

#[test]
fn a_question_is_read_as_its_schema_says() {
    let names: Vec<_> = contract::fields().iter().map(|field| field.name).collect();
    assert_eq!(names, parse::FIELDS);
    for (unit, shape) in [("metric", "MetricQuestion"), ("imperial", "ImperialQuestion")] {
        let schema = &DOCUMENT["components"]["schemas"][shape];
        assert_eq!(schema["additionalProperties"], json!(false));
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.keys().collect::<BTreeSet<_>>().len(), names.len());
        for field in contract::fields() {
            check_field(unit, &field, &properties[field.name]);
        }
    }
}

fn check_field(unit: &str, field: &Field, schema: &Value) {
    let name = field.name;
    if name != "unit" {
        // A weight is not required only where something stands in for it: below.
        check(unit, name, Value::Null, !field.required && name != "weight");
    }
    match &field.kind {
        Kind::Height(_) => check_range(unit, name, &schema["anyOf"][0]),
        Kind::Number(..) => check_range(unit, name, schema),
        Kind::Words(words) => {
            let reference = schema["oneOf"][0]["$ref"].as_str().unwrap().trim_start_matches('#');
            let published = &DOCUMENT.pointer(reference).unwrap()["enum"];
            assert_eq!(*published, json!(words), "{name}");
            words.iter().for_each(|word| check(unit, name, json!(word), true));
            check(unit, name, json!(words[0].to_uppercase() + "x"), false);
        }
        Kind::Flag => {
            check(unit, name, json!(true), true);
            check(unit, name, json!("true"), false);
        }
        Kind::Text => {
            let most = schema["maxLength"].as_u64().unwrap() as usize;
            check(unit, name, json!("x".repeat(most)), true);
            check(unit, name, json!("x".repeat(most + 1)), false);
            check(unit, name, json!(""), false);
        }
        Kind::Object(fields) => check_object(unit, name, fields),
        Kind::Unit => assert!(schema.to_string().contains(unit)),
    }
}

#[test]
fn what_may_stand_in_for_a_weight_is_in_both_shapes() {
    let known = json!({"size": "50"});
    for (shape, height, unit) in
        [("MetricQuestion", 175, "metric"), ("ImperialQuestion", 69, "imperial")]
    {
        let schema = &DOCUMENT["components"]["schemas"][shape];
        assert!(!schema["required"].as_array().unwrap().contains(&json!("weight")));
        let one_of = schema["allOf"][0]["anyOf"].as_array().unwrap().iter();
        let names: Vec<_> = one_of.map(|one| one["required"][0].as_str().unwrap()).collect();
        assert_eq!(names, contract::OF_THE_CHEST);
        let question = |field: &str, value: &Value| {
            let mut question = json!({"height": height, "unit": unit});
            question[field] = value.clone();
            refused(&question)
        };
        let chest = json!(if unit == "metric" { 100 } else { 40 });
        assert!(question("knownSize", &known).is_empty() && question("chest", &chest).is_empty());
        for field in ["knownTrousers", "knownSize", "chest", "weight"] {
            let value = if field == "knownTrousers" { &known } else { &Value::Null };
            assert_eq!(question(field, value), ["weight"], "{field}");
        }
    }
}

/// The limits are taken, and what is just beyond is not.
fn check_range(unit: &str, name: &str, schema: &Value) {
    let limit = |key: &str| schema[key].as_f64().unwrap();
    let (min, max) = (limit("minimum"), limit("maximum"));
    for (value, is_taken) in [(min, true), (max, true), (min - 1e-3, false), (max + 1e-3, false)] {
        let mut question = with(unit, name, json!(value));
        // A body that goes with the height, and a height that goes with the weight.
        let by_unit = |metric: f64, imperial: f64| if unit == "metric" { metric } else { imperial };
        if name == "height" {
            let square = (value / by_unit(100.0, 39.37)).powi(2);
            question["weight"] = json!((by_unit(22.0, 48.5) * square).max(by_unit(31.0, 68.0)));
        }
        if name == "weight" && value < by_unit(40.0, 90.0) {
            question["height"] = json!(by_unit(130.0, 51.0));
        }
        if name == "weight" && value > by_unit(200.0, 450.0) {
            question["height"] = json!(by_unit(210.0, 83.0));
        }
        assert_eq!(refused(&question).is_empty(), is_taken, "{question}: {:?}", refused(&question));
    }
    check(unit, name, json!(true), false);
}

fn check_object(unit: &str, name: &str, fields: &[Field]) {
    let shape = name[..1].to_uppercase() + &name[1..];
    let schema = &DOCUMENT["components"]["schemas"][shape];
    assert_eq!(schema["additionalProperties"], json!(false), "{name}");
    assert_eq!(schema["properties"].as_object().unwrap().len(), fields.len());
    check(unit, name, json!({"nothing": 1, "size": "40R"}), false);
    for field in fields {
        let base = if field.name == "system" { json!({"size": "40R"}) } else { json!({}) };
        let set = |value: Value| {
            let mut object = base.clone();
            object[field.name] = value;
            object
        };
        check(unit, name, set(Value::Null), !field.required);
        match &field.kind {
            Kind::Words(words) => {
                words.iter().for_each(|word| check(unit, name, set(json!(word)), true));
                check(unit, name, set(json!("nothing")), false);
            }
            Kind::Text => check(unit, name, set(json!("40R")), true),
            other => panic!("{name} holds {other:?}"),
        }
    }
}

#[test]
fn ranges_are_those_of_the_body() {
    let fields = contract::fields();
    for (unit, shape) in [(Unit::Metric, "MetricQuestion"), (Unit::Imperial, "ImperialQuestion")] {
        let near = |published: &Value, quantity: Quantity, metric: f64| {
            let published = unit.to_metric(quantity, published.as_f64().unwrap());
            assert!((published - metric).abs() < 1e-3, "{published} is not {metric}");
        };
        for field in &fields {
            let schema = &DOCUMENT["components"]["schemas"][shape]["properties"][field.name];
            let (quantity, Limits { min, max }, schema) = match field.kind {
                Kind::Height(limits) => (Quantity::Length, limits, &schema["anyOf"][0]),
                Kind::Number(quantity, limits) => (quantity, limits, schema),
                _ => continue,
            };
            near(&schema["minimum"], quantity, min);
            near(&schema["maximum"], quantity, max);
        }
    }
}

fn get(path: &str, headers: &[(&str, &str)]) -> Reply {
    SERVICE.send("GET", path, headers, b"")
}

#[test]
fn what_a_copy_is_good_for_is_told_without_its_bytes() {
    for path in ["/api/openapi.json", "/api/docs", "/api/docs/page.js", "/api/docs/swagger-ui.css"]
    {
        let first = get(path, &[]);
        assert_eq!((first.status, first.header("cache-control")), (200, "no-cache"), "{path}");
        let etag = first.header("etag");
        assert_eq!(etag.len(), 18, "{path}: {etag}");
        let again = get(path, &[("if-none-match", etag)]);
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), etag);
        assert_eq!(get(path, &[("if-none-match", "\"other\"")]).status, 200);
        let head = SERVICE.send("HEAD", path, &[], b"");
        assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-length"), first.text.len().to_string());
    }
    assert!(get("/api/openapi.json", &[]).text == std::fs::read_to_string(FILE).unwrap());
    assert_eq!(get("/api/docs/nothing", &[]).status, 404);
}

/// The page asks no address but the service's, runs no script that stands in it, and every part is there.
#[test]
fn the_page_needs_no_network() {
    let page = get("/api/docs", &[]);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(!page.text.contains("http:") && !page.text.contains("https:"), "{}", page.text);
    assert_eq!(page.text.matches("<script").count(), page.text.matches("<script src=").count());
    for part in page.text.split(['"', '\'']).filter(|text| text.starts_with("docs/")) {
        let reply = get(&format!("/api/{part}"), &[]);
        assert_eq!(reply.status, 200, "{part}");
        assert!(!reply.header("content-type").is_empty());
    }
}

#[test]
fn a_packed_part_is_sent_as_it_is_to_who_takes_it_so() {
    let served = Served::start(&[]);
    let ask = |headers: &str| raw(served.port, "/api/docs/swagger-ui-bundle.js", headers);
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("web/vendor/swagger-ui/swagger-ui-bundle.js.gz");
    let packed = std::fs::read(file).unwrap();
    let (head, body) = ask("accept-encoding: gzip\r\n");
    assert!(head.contains("content-encoding: gzip"), "{head}");
    assert!(body == packed);
    let (head, plain) = ask("");
    assert!(!head.contains("content-encoding"), "{head}");
    assert!(plain.len() > 1_500_000 && plain.starts_with(b"/*! For license"));
    assert!(head.contains(&format!("content-length: {}", plain.len())), "{head}");
    assert!(head.contains("vary: accept-encoding"), "{head}");
}

/// Head, in small letters, and body, as they come.
fn raw(port: u16, path: &str, headers: &str) -> (String, Vec<u8>) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    (head, answer.split_off(end + 4))
}
