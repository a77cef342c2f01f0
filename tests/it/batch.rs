//! `POST /api/recommend/batch`: lists and tables, each answer by the side of the same question asked alone.

use crate::running::{JSON, Reply, Running};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;

static SERVICE: LazyLock<Running> = LazyLock::new(|| Running::start(|_| ()));

const PATH: &str = "/api/recommend/batch";
const CSV: (&str, &str) = ("content-type", "text/csv");
const WANTS_JSON: (&str, &str) = ("accept", "application/json");
const WANTS_CSV: (&str, &str) = ("accept", "text/csv");

fn ask(body: &Value) -> Reply {
    SERVICE.send("POST", PATH, &[JSON], body.to_string().as_bytes())
}

fn table(text: &str) -> Reply {
    SERVICE.send("POST", PATH, &[CSV, WANTS_JSON], text.as_bytes())
}

fn answers(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["answers"].as_array().unwrap().clone()
}

/// Each recommendation's own bytes, as they were sent.
fn recommendations(reply: &Reply) -> Vec<&str> {
    let parts = reply.text.split("\"recommendation\":").skip(1);
    parts.map(|part| part.split_once(",\"cache_tier\"").unwrap().0).collect()
}

fn distinct(first: usize, count: usize) -> Vec<Value> {
    (first..first + count)
        .map(|n| {
            json!({
                "height": 160.0 + (n % 60) as f64 * 0.5,
                "weight": 60.0 + (n / 60 % 60) as f64 * 0.5,
                "age": 20 + n / 3_600 % 60,
                "sex": if n % 2 == 0 { "male" } else { "female" },
            })
        })
        .collect()
}

/// Of every kind: sexes, units, tapes, builds, details, refused by field and by the model.
fn mixed() -> Vec<Value> {
    let mut questions = distinct(50_000, 80);
    questions.extend([
        json!({"height":"5'10\"","weight":170,"unit":"imperial","details":true}),
        json!({"height":175,"weight":75,"chest":104,"waist":90,"measured":true}),
        json!({"height":175,"weight":75,"build":{"chest":"broader","stomach":"rounder"}}),
        json!({"height":175,"weight":75,"knownSize":{"size":"40R","system":"US"}}),
        json!({"height":229,"weight":295}),
        json!({"height":175}),
        json!({"height":17,"weight":75}),
        json!({"height":175,"weight":60,"chest":150}),
        json!({"height":68.9,"weight":132,"chest":59,"unit":"imperial"}),
        json!({"height":175,"weight":75,"chart":"none"}),
        json!({"height":175,"weight":75,"hight":1}),
        json!({"height":[],"weight":{}}),
        json!({"height":"tall","weight":null,"build":7}),
    ]);
    questions
}

#[test]
fn a_batch_is_its_questions_asked_alone() {
    let one = Running::start(|_| ());
    let questions = mixed();
    for body in [json!(questions), json!({"questions": questions})] {
        let reply = ask(&body);
        let together = answers(&reply);
        assert_eq!(together.len(), questions.len());
        let mut bytes = recommendations(&reply).into_iter();
        for (index, (question, answer)) in questions.iter().zip(&together).enumerate() {
            let alone = one.ask(question);
            if alone.status == 200 {
                assert_eq!(bytes.next(), Some(alone.recommendation()), "{question}");
                continue;
            }
            let mut problem = alone.json();
            problem["index"] = json!(index);
            problem.as_object_mut().unwrap().remove("requestId");
            assert_eq!(answer, &json!({"problem": problem}), "{question}");
        }
        assert_eq!(bytes.next(), None);
    }
}

#[test]
fn the_answer_has_exactly_the_names_of_the_contract() {
    let reply = ask(&json!([{"height":175,"weight":75},{"height":1}]));
    let answer = reply.json();
    let names = |value: &Value| {
        let mut names: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(names(&answer), ["answers", "api_version", "performance_metadata"]);
    assert_eq!(
        names(&answer["performance_metadata"]),
        [
            "cache_tiers",
            "optimization_level",
            "problems",
            "questions",
            "response_time_category",
            "response_time_ms"
        ]
    );
    assert_eq!(names(&answer["answers"][0]), ["cache_tier", "recommendation"]);
    assert_eq!(names(&answer["answers"][1]), ["problem"]);
    assert_eq!(answer["performance_metadata"]["questions"], json!(2));
    assert_eq!(answer["performance_metadata"]["problems"], json!(1));
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("server-timing").split(',').count(), 1, "no tier of its own");
}

/// Answers by tier as an answer and the cache's own counters tell them.
fn check_tiers(service: &Running, body: &Value, memory: u64, store: u64, computed: u64) {
    let counted = |name: &str| service.health()["cache"][name].as_u64().unwrap();
    let all = || ["memoryHits", "storeHits", "computed"].map(counted);
    let before = all();
    let reply = service.send("POST", PATH, &[JSON], body.to_string().as_bytes());
    let tiers = &reply.json()["performance_metadata"]["cache_tiers"];
    assert_eq!(tiers, &json!({"memory":memory,"store":store,"computed":computed}));
    let after = all();
    let counted: Vec<u64> =
        after.iter().zip(before).map(|(after, before)| after - before).collect();
    assert_eq!(counted, [memory, store, computed]);
}

#[test]
fn every_tier_is_used_and_a_question_is_computed_once() {
    let service = Running::start(|_| ());
    let question = json!({"height":175,"weight":75});
    let same = json!({"height":175.2,"weight":74.9});
    let other = json!({"height":180,"weight":75});
    check_tiers(&service, &json!([question, other, same, question]), 2, 0, 2);
    check_tiers(&service, &json!([question, other]), 2, 0, 0);
    // What a batch computed is there for who asks alone, and the other way round.
    assert_eq!(service.ask(&other).header("x-cache"), "HIT-MEMORY");
    assert_eq!(service.ask(&json!({"height":181,"weight":75})).header("x-cache"), "MISS");
    check_tiers(&service, &json!([{"height":181,"weight":75}]), 1, 0, 0);

    let dir = service.stop();
    let again = Running::start_in(dir, |settings| settings.memory_ttl_seconds = 0);
    check_tiers(&again, &json!([question, other, question]), 1, 2, 0);
}

#[test]
fn a_refusal_is_worded_in_the_unit_of_each() {
    // The same body on the grid, once in centimetres and once in inches.
    let reply = ask(&json!([
        {"height":175,"weight":60,"chest":150},
        {"height":68.9,"weight":132.3,"chest":59.05,"unit":"imperial"},
    ]));
    let problems = answers(&reply);
    let detail = |at: usize| problems[at]["problem"]["detail"].as_str().unwrap().to_owned();
    assert!(detail(0).contains(" cm"), "{}", detail(0));
    assert!(detail(1).contains(" in"), "{}", detail(1));
}

#[test]
fn defaults_hold_for_what_a_question_leaves_out() {
    let body = json!({
        "defaults": {"unit":"imperial","sizeSystem":"US","sex":"male"},
        "questions": [{"height":70,"weight":170}, {"height":178,"weight":77,"unit":"metric"}],
    });
    let together = answers(&ask(&body));
    let alone = |question: Value| SERVICE.ask(&question).json()["recommendation"].clone();
    let first = json!({"height":70,"weight":170,"unit":"imperial","sizeSystem":"US"});
    assert_eq!(together[0]["recommendation"], alone(first));
    let second = json!({"height":178,"weight":77,"sizeSystem":"US"});
    assert_eq!(together[1]["recommendation"], alone(second));
}

#[test]
fn a_thousand_are_answered_in_order_and_one_more_is_not() {
    let questions = distinct(0, 1_000);
    let reply = ask(&json!(questions));
    assert_eq!(answers(&reply).len(), 1_000);
    let bytes = recommendations(&reply);
    for at in [0, 1, 31, 32, 33, 499, 640, 998, 999] {
        assert_eq!(bytes[at], SERVICE.ask(&questions[at]).recommendation(), "{at}");
    }
    let mut more = questions;
    more.push(json!({"height":175,"weight":75}));
    check_problem(&ask(&json!(more)), 413, "too_large", "1000");
    let rows = "175,75\n".repeat(1_001);
    check_problem(&table(&format!("height,weight\n{rows}")), 413, "too_large", "1000");
}

fn check_problem(reply: &Reply, status: u16, code: &str, says: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let problem = reply.json();
    assert_eq!(problem["code"], json!(code));
    assert_eq!(problem["requestId"], json!(reply.header("x-request-id")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(says), "{says}: {detail}");
}

#[test]
fn a_list_that_is_none_is_refused_as_a_whole() {
    let big = format!("[{}]", " ".repeat(1024 * 1024));
    for (headers, body, status, code, says) in [
        (JSON, "[]", 422, "invalid_request", "no question"),
        (JSON, "{\"questions\":[]}", 422, "invalid_request", "no question"),
        (JSON, "{}", 422, "invalid_request", "list of questions"),
        (JSON, "7", 422, "invalid_request", "list of questions"),
        (JSON, "{\"height\":175,\"weight\":75}", 422, "invalid_request", "questions"),
        (JSON, "{\"question\":[]}", 422, "invalid_request", "did you mean \"questions\"?"),
        (JSON, "{\"questions\":[{}],\"defaults\":[]}", 422, "invalid_request", "defaults must be"),
        (JSON, "[{]", 400, "not_json", "line 1"),
        (JSON, "", 400, "not_json", "nothing here"),
        (JSON, &big, 413, "too_large", "1048576"),
        (CSV, "", 422, "invalid_request", "no question"),
        (CSV, "\n\n", 422, "invalid_request", "no question"),
        (CSV, "height,weight\n", 422, "invalid_request", "no question"),
        (CSV, "height\n175", 422, "invalid_request", "no column weight"),
        (CSV, "height,waist\n175,90", 422, "invalid_request", "nor chest in its place"),
        (CSV, "175,75\n180,80", 422, "invalid_request", "column 1: there is no column"),
        (CSV, "hieght,weight\n1,2", 422, "invalid_request", "did you mean \"height\"?"),
        (CSV, "height,weight,Height\n1,2,3", 422, "invalid_request", "second is column 3"),
        (("content-type", "text/plain"), "[]", 415, "not_batch_type", "text/csv"),
        (("content-type", "text/csv; charset=utf-16"), "x", 415, "not_plain", "UTF-8"),
    ] {
        check_problem(&SERVICE.send("POST", PATH, &[headers], body.as_bytes()), status, code, says);
    }
    let latin = b"name,height,weight\nAnna,170,60\nJ\xfcrgen,180,80";
    let reply = SERVICE.send("POST", PATH, &[CSV], latin);
    check_problem(&reply, 400, "not_csv", "row 3; save it as \"CSV UTF-8\"");
    check_problem(&SERVICE.send("GET", PATH, &[], b""), 405, "method_not_allowed", "POST");
}

#[test]
fn what_is_no_question_is_refused_in_its_place() {
    let odd = [
        json!(1),
        json!(null),
        json!("x"),
        json!([{}]),
        json!({"name":{},"height":175,"weight":75}),
    ];
    for at in 0..odd.len() {
        let mut list = vec![json!({"height":175,"weight":75}); odd.len()];
        list[at] = odd[at].clone();
        for (index, answer) in answers(&ask(&json!(list))).iter().enumerate() {
            if index == at {
                assert_eq!(answer["problem"]["status"], json!(422));
                assert_eq!(answer["problem"]["index"], json!(at));
            } else {
                assert!(answer["recommendation"].is_object());
            }
        }
    }
}

/// The question that a table of one row asks is answered like `question` asked alone.
#[track_caller]
fn check_table(text: &str, question: Value) {
    let together = answers(&table(text));
    assert_eq!(together.len(), 1, "{text:?}");
    let alone = SERVICE.ask(&question).json();
    assert_eq!(together[0]["recommendation"], alone["recommendation"], "{text:?}: {together:?}");
}

#[test]
fn a_table_is_read_as_spreadsheets_write_it() {
    let plain = || json!({"height":175.5,"weight":75});
    let full = json!({
        "height":175.5,"weight":75,"age":40,"sex":"female","fitPreference":"slim","measured":true,
        "build":{"chest":"broader"},"knownSize":{"size":"40","system":"EU"},
        "knownTrousers":{"size":"38","system":"DE"},"sizeSystem":"DE"
    });
    check_table("height,weight\n175.5,75\n", plain());
    check_table("\u{feff}height;weight\r\n175,5;75\r\n\r\n", plain());
    check_table(
        "height\tweight\r\n175,5\t75,0\r\n;\r\n".replace(";\r\n", "\t\r\n").as_str(),
        plain(),
    );
    check_table("\"Height\",\"WEIGHT\"\n\"175.5\",\"75\"\n,\n,\n", plain());
    check_table("weight,height,,\n75, 175.5 ,,\n", plain());
    check_table("height,weight,age,sex\n175.5,75,,", plain());
    check_table("height;chest\n175,5;100", json!({"height":175.5,"chest":100}));
    check_table(
        "height,weight,known size size\n175.5,,50",
        json!({"height":175.5,"knownSize":{"size":"50"}}),
    );
    check_table(
        "height,weight,unit\n\"5'10\"\"\",170,imperial",
        json!({"height":70,"weight":170,"unit":"imperial"}),
    );
    check_table(
        "Height;Weight;Age;Sex;Fit preference;measured;build.chest;Known size.size;knownsize_system;\
         Known trousers size;knownTrousers.system;SIZESYSTEM\n\
         175,5;75;40;Female;SLIM;WAHR;Broader;40;eu;38;de;de",
        full,
    );
}

#[test]
fn a_mistake_in_a_row_is_told_by_its_number() {
    let good = "x,175,75";
    for (row, says) in [
        ("x,175", "row 4 has 2 cells, the first row 3"),
        ("x,175,75,9", "row 4 has 4 cells"),
        ("\"x,175,75", "quotation mark"),
        ("x,,75", "height is required"),
        ("x,abc,75", "height as text"),
        ("x,175,\"75,5\"", "weight must be a number"),
        ("x,175,NaN", "weight must be a number"),
        ("x,1e400,75", "height"),
        ("x,175,7", "weight"),
    ] {
        let text = format!("name,height,weight\r\n{good}\r\n\r\n{row}\r\n");
        let together = answers(&table(&text));
        assert!(together[0]["recommendation"].is_object());
        let problem = &together[1]["problem"];
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{row}: {detail}");
        assert_eq!(problem["row"], json!(4), "{row}");
        assert_eq!(problem["index"], json!(1), "{row}");
    }
}

#[test]
fn an_answer_comes_as_a_table_with_the_names_of_the_list() {
    let text = "\u{feff}Name;id;height;weight\r\n\"M\u{fc}ller; \"\"Jo\"\"\";7;180;80\r\n=HYPERLINK(1);+1;175;75\r\n@x;;1;75\r\n";
    let reply = SERVICE.send("POST", PATH, &[CSV], text.as_bytes());
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"suitsize.csv\"");
    assert_eq!(reply.header("cache-control"), "no-store");
    let lines: Vec<&str> = reply.text.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "\u{feff}id;name;size;EU;US;UK;IT;FR;JP;DE;cut;confidence;confidenceLevel;probability;alternative;trousers;alterations;rationale;error"
    );
    let alone = SERVICE.ask(&json!({"height":180,"weight":80})).json()["recommendation"].clone();
    let size = alone["size"].as_str().unwrap();
    assert!(
        lines[1].starts_with(&format!("7;\"M\u{fc}ller; \"\"Jo\"\"\";{size};{size};")),
        "{}",
        lines[1]
    );
    let confidence = alone["confidence"].to_string().replace('.', ",");
    assert!(lines[1].contains(&format!(";{confidence};")), "{}", lines[1]);
    assert!(lines[2].starts_with("'+1;'=HYPERLINK(1);"), "{}", lines[2]);
    assert!(lines[3].starts_with(";'@x;;;;"), "{}", lines[3]);
    assert!(lines[3].contains("height must be between 120 and 230 cm"), "{}", lines[3]);
    assert_eq!(lines[4..], [""]);
}

#[test]
fn a_name_comes_back_as_it_was() {
    for name in
        ["Zo\u{eb} \u{5d0} \u{1f935}", "a \"b\" c", "two\nlines", "tab\there", "a,b;c", "\\u0000"]
    {
        let list = json!([{"name":name,"id":17,"height":175,"weight":75}]);
        let answer = &answers(&ask(&list))[0];
        assert_eq!((&answer["name"], &answer["id"]), (&json!(name), &json!("17")));
        let reply = SERVICE.send("POST", PATH, &[JSON, WANTS_CSV], list.to_string().as_bytes());
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        assert!(reply.text.contains(&quoted) || reply.text.contains(name), "{}", reply.text);
        let cell = format!("name,height,weight\n{quoted},175,75\n");
        assert_eq!(answers(&table(&cell))[0]["name"], json!(name));
    }
}

#[test]
fn the_form_of_the_answer_is_the_callers_choice() {
    let list = json!([{"height":175,"weight":75}]).to_string();
    let cells = "height,weight\n175,75\n";
    for (sent, body, accept, expected) in [
        (JSON, list.as_str(), None, "application/json"),
        (CSV, cells, None, "text/csv; charset=utf-8; header=present"),
        (JSON, &list, Some("text/csv"), "text/csv; charset=utf-8; header=present"),
        (CSV, cells, Some("application/json"), "application/json"),
        (CSV, cells, Some("*/*"), "text/csv; charset=utf-8; header=present"),
        (JSON, &list, Some("text/csv;q=0.1, application/json;q=0.2"), "application/json"),
    ] {
        let mut headers = vec![sent];
        headers.extend(accept.map(|accept| ("accept", accept)));
        let reply = SERVICE.send("POST", PATH, &headers, body.as_bytes());
        assert_eq!(reply.header("content-type"), expected, "{sent:?} {accept:?}: {}", reply.text);
    }
}

/// A batch whose answer nobody reads; it is megabytes, more than sockets hold.
fn unread(service: &Running, status: &str) -> TcpStream {
    let body = json!(vec![json!({"height":175,"weight":75,"details":true}); 1_000]).to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    // The answer has begun, so it has its place.
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).unwrap();
    assert_eq!(begun[9..], *status.as_bytes());
    stream
}

#[test]
fn who_does_not_read_or_send_takes_a_place_and_nobody_else_s_time() {
    let service = Running::start(|_| ());
    let list = json!([{"height":175,"weight":75}]).to_string();
    let ask = || service.send("POST", PATH, &[JSON], list.as_bytes());
    let until = |status: u16| (0..5_000).map(|_| ask()).find(|reply| reply.status == status);
    // Thirteen megabytes that nobody reads, and no more.
    let unread_answers =
        [unread(&service, "200"), unread(&service, "200"), unread(&service, "503")];
    drop(unread_answers);
    assert!(until(200).is_some(), "places are free again when the callers have gone");
    // One client has three batches, from the first byte of each.
    let begin = || {
        let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
        let head = "POST /api/recommend/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[";
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let is_refused = |stream: &mut TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).is_ok()
    };
    let mut begun = [begin(), begin(), begin()];
    // One of them may have come while a reader who has gone, or a question in between, still had its place.
    let begin_again = |stream: &mut TcpStream| {
        if is_refused(stream) {
            *stream = begin();
        }
    };
    let mut refusals = (0..5_000).map(|_| {
        begun.iter_mut().for_each(begin_again);
        ask()
    });
    let reply = refusals.find(|reply| reply.status == 503).expect("a fourth is one too many");
    check_problem(&reply, 503, "busy", "ask again");
    assert_eq!(reply.header("retry-after"), "2");
    assert_eq!(service.ask(&json!({"height":175,"weight":75})).status, 200);
    drop(begun);
    assert!(until(200).is_some(), "and again");
}

#[test]
fn what_would_cost_more_than_it_is_worth_is_refused() {
    let service = Running::start(|_| ());
    let post = |kind: &str, body: String| {
        service.send("POST", PATH, &[("content-type", kind)], body.as_bytes())
    };
    let long = vec![0; 200_000];
    let defaults =
        json!({"defaults": {"x": long}, "questions": vec![json!({}); 1_000]}).to_string();
    let reply = post("application/json", defaults);
    check_problem(&reply, 422, "invalid_request", "defaults may have");
    for header in [
        format!("{}{}height,weight", ",".repeat(250_000), "id,".repeat(80_000)),
        format!("height,weight{}\n175,75{}", ",".repeat(300_000), ",1".repeat(300_000)),
    ] {
        let reply = post("text/csv", header);
        check_problem(&reply, 422, "invalid_request", "256 columns");
    }
}
