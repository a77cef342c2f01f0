//! Charts are read again while the service runs: the next question gets the new ones, nobody gets a mixture,
//! and charts that are not good change nothing.

use crate::running::{JSON, Running, send};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use suitsize::clock::Clock;
use suitsize::service::{Change, FILL_CHUNK, Progress, Service, ServiceOptions, Sources};
use suitsize::sizing::question::Question;
use suitsize::sizing::{Engine, EngineOptions};
use suitsize::telemetry::Telemetry;
use tempfile::TempDir;

pub const SHIPPED: &str = include_str!("../../data/charts/default.json");
const ONE: &str = "default-one-";
const TWO: &str = "default-two-";

/// The shipped chart under another version.
pub fn one() -> String {
    SHIPPED.replacen(r#""version": "2026.1""#, r#""version": "one""#, 1)
}

/// With more room than `one`: about everybody gets another size.
pub fn two() -> String {
    let roomy = r#""regular": { "chestCm": 14.0, "waistCm": 14.0 }"#;
    let changed = SHIPPED.replacen(r#""version": "2026.1""#, r#""version": "two""#, 1).replacen(
        r#""regular": { "chestCm": 10.0, "waistCm": 10.0 }"#,
        roomy,
        1,
    );
    assert!(changed.contains(roomy));
    changed
}

/// As a chart is installed: whoever reads the directory meanwhile finds the old file or the new one.
pub fn install(charts: &Path, name: &str, text: &str) {
    let beside = charts.join("being-written");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, charts.join(name)).unwrap();
}

fn charts_of(text: &str) -> TempDir {
    let charts = tempfile::tempdir().unwrap();
    install(charts.path(), "default.json", text);
    charts
}

fn served_with(charts: &TempDir) -> Running {
    Running::start(|settings| settings.engine.charts = Some(charts.path().to_owned()))
}

fn question() -> Value {
    json!({"height": 178, "weight": 82})
}

fn version_of(recommendation: &Value) -> &str {
    recommendation["chartVersion"].as_str().unwrap()
}

#[test]
fn the_next_question_is_answered_by_the_new_chart() {
    let charts = charts_of(&one());
    let service = served_with(&charts);
    let before = service.ask(&question());
    assert!(version_of(&before.json()["recommendation"]).starts_with(ONE));
    assert_eq!(service.ask(&question()).header("x-cache"), "HIT-MEMORY");

    install(charts.path(), "default.json", &two());
    assert_eq!(service.ask(&question()).recommendation(), before.recommendation(), "not asked to");
    let reloaded = service.reload().unwrap();
    assert_eq!(reloaded.change, Change::Changed);
    assert!(reloaded.charts[0].starts_with(TWO), "{reloaded:?}");
    let after = service.ask(&question());
    assert_eq!(after.header("x-cache"), "MISS", "what is kept is of the old chart");
    let answer = &after.json()["recommendation"];
    assert!(version_of(answer).starts_with(TWO));
    assert_ne!(answer["size"], before.json()["recommendation"]["size"]);
    assert_eq!(service.ask(&question()).header("x-cache"), "HIT-MEMORY");

    install(charts.path(), "default.json", &one());
    assert_eq!(service.reload().unwrap().change, Change::Changed);
    assert_eq!(service.ask(&question()).recommendation(), before.recommendation());
}

#[test]
fn every_place_that_tells_charts_tells_the_new_ones() {
    let charts = charts_of(&one());
    let service = served_with(&charts);
    let places = [
        ("/api/status", "one"),
        ("/api/health", "one"),
        ("/api/health/cache", "one"),
        ("/api/health/detailed", "one"),
        ("/metrics", "one"),
    ];
    let told =
        |path: &str, version: &str| service.get(path).text.contains(&format!("default-{version}-"));
    for (path, version) in places {
        assert!(told(path, version), "{path}: {}", service.get(path).text);
    }
    install(charts.path(), "default.json", &two());
    service.reload().unwrap();
    for (path, old) in places {
        assert!(told(path, "two") && !told(path, old), "{path}: {}", service.get(path).text);
    }
}

#[test]
fn charts_that_are_as_they_were_cost_nobody_his_answer() {
    let charts = charts_of(&one());
    let service = served_with(&charts);
    service.ask(&question());
    assert_eq!(service.reload().unwrap().change, Change::Unchanged);
    assert_eq!(service.ask(&question()).header("x-cache"), "HIT-MEMORY");
}

#[test]
fn charts_that_are_not_good_change_nothing_and_are_named() {
    let charts = charts_of(&one());
    let service = served_with(&charts);
    let before = service.ask(&question());
    let bad = two().replacen(r#""schema": 1"#, r#""schema": 2"#, 1);
    for (name, text, says) in [
        ("default.json", bad.as_str(), "default.json, line 2: schema 2 is not known"),
        ("default.json", "{\n\"schema\": 1,\n", "default.json, line 3: EOF"),
        ("default.json", "", "default.json, line 1: EOF"),
        ("second.json", &two(), "second.json: the id \"default\" is taken by"),
    ] {
        install(charts.path(), name, text);
        let error = service.reload().expect_err(says).to_string();
        assert!(error.contains(says) && !error.contains('\n'), "{error}");
        let now = service.ask(&question());
        assert_eq!(now.header("x-cache"), "HIT-MEMORY", "{says}");
        assert_eq!(now.recommendation(), before.recommendation(), "{says}");
        install(charts.path(), "default.json", &one());
    }
    let gone = charts.path().to_owned();
    drop(charts);
    let error = service.reload().expect_err("the directory is gone").to_string();
    assert!(error.contains(gone.to_str().unwrap()), "{error}");
    assert_eq!(service.ask(&question()).recommendation(), before.recommendation());
}

#[test]
fn a_reload_is_in_the_audit_whatever_came_of_it() {
    let charts = charts_of(&one());
    // Its clock stands still: all three are of one millisecond.
    let (service, dir) = driven(&charts);
    service.reload().unwrap();
    install(charts.path(), "default.json", &two());
    service.reload().unwrap();
    install(charts.path(), "default.json", "{");
    service.reload().unwrap_err();
    // It is on the disk when the reload returns: read beside the running service.
    let file = Connection::open(dir.path().join("suitsize.db")).unwrap();
    let mut rows = file
        .prepare("SELECT outcome, parameters, request_id FROM admin_audit WHERE action = 'reload' ORDER BY id")
        .unwrap();
    let rows: Vec<(String, String, String)> = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let expected = [("unchanged", ONE), ("changed", TWO), ("refused", TWO)];
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (count, ((outcome, parameters, request_id), (expected, in_force))) in
        (1..).zip(rows.iter().zip(expected))
    {
        assert_eq!((outcome, request_id), (&expected.to_owned(), &format!("signal-{count}")));
        assert!(parameters.contains(in_force), "{parameters}");
    }
}

#[test]
fn without_a_directory_there_is_nothing_to_reload() {
    let service = Running::start(|_| ());
    service.ask(&question());
    let reloaded = service.reload().unwrap();
    assert_eq!(reloaded.change, Change::NoDirectory);
    assert!(reloaded.charts[0].starts_with("default-2026.1-"), "{reloaded:?}");
    assert_eq!(service.ask(&question()).header("x-cache"), "HIT-MEMORY");
}

#[test]
fn a_chart_that_came_and_went_is_known_and_then_refused_by_name() {
    let charts = charts_of(&one());
    let service = served_with(&charts);
    let asked = json!({"height": 178, "weight": 82, "chart": "shop"});
    assert_eq!(service.ask(&asked).status, 422);
    let shop = two().replacen(r#""id": "default""#, r#""id": "shop""#, 1);
    install(charts.path(), "shop.json", &shop);
    service.reload().unwrap();
    let answer = service.ask(&asked);
    assert!(version_of(&answer.json()["recommendation"]).starts_with("shop-two-"));
    std::fs::remove_file(charts.path().join("shop.json")).unwrap();
    service.reload().unwrap();
    let refused = service.ask(&asked);
    assert_eq!(refused.status, 422, "nor from any tier: {}", refused.text);
    assert_eq!(refused.json()["errors"][0]["code"], "unknown_chart");
}

/// What each chart has for a question, to the byte.
fn expected(text: &str, questions: &[Value]) -> Vec<String> {
    let charts = charts_of(text);
    let options =
        EngineOptions { charts: Some(charts.path().to_owned()), ..EngineOptions::default() };
    let engine = Engine::new(&options).unwrap();
    let answer = |question: &Value| {
        let question = engine.question(question).unwrap().canonical();
        serde_json::to_string(&engine.recommend(&question).unwrap()).unwrap()
    };
    questions.iter().map(answer).collect()
}

#[test]
fn under_load_nothing_is_lost_and_nothing_is_mixed() {
    let questions: Vec<Value> =
        (0..12).map(|n| json!({"height": 170 + n, "weight": 70 + n})).collect();
    let (of_one, of_two) = (expected(&one(), &questions), expected(&two(), &questions));
    assert!(of_one.iter().zip(&of_two).all(|(one, two)| one != two));
    let charts = charts_of(&one());
    let service = Running::start(|settings| {
        settings.engine.charts = Some(charts.path().to_owned());
        settings.warm = suitsize::config::Switch::On; // so that filling is under way as well
    });
    let port = service.port;
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let list = json!({ "questions": questions }).to_string();
    std::thread::scope(|scope| {
        let _stop_at_a_panic = Set(&done);
        for first in 0..3 {
            let (questions, of_one, of_two) = (&questions, &of_one, &of_two);
            let (done, answered) = (&done, &answered);
            scope.spawn(move || {
                let _stop_at_a_panic = Set(done);
                for n in (first..).take_while(|_| !done.load(Relaxed)) {
                    let at = n % questions.len();
                    let body = questions[at].to_string();
                    let reply = send(port, "POST", "/api/recommend", &[JSON], body.as_bytes());
                    assert_eq!(reply.status, 200, "{}", reply.text);
                    let got = reply.recommendation();
                    assert!(got == of_one[at] || got == of_two[at], "{}: {got}", questions[at]);
                    answered.fetch_add(1, Relaxed);
                }
            });
        }
        scope.spawn(|| {
            let _stop_at_a_panic = Set(&done);
            while !done.load(Relaxed) {
                let reply =
                    send(port, "POST", "/api/recommend/batch", &[JSON], list.as_bytes()).json();
                let results = reply["answers"].as_array().unwrap();
                let versions: BTreeSet<&str> =
                    results.iter().map(|result| version_of(&result["recommendation"])).collect();
                assert_eq!((results.len(), versions.len()), (questions.len(), 1), "{versions:?}");
            }
        });
        for round in 0..8 {
            let (text, expected) = if round % 2 == 0 { (two(), &of_two) } else { (one(), &of_one) };
            install(charts.path(), "default.json", &text);
            let seen = answered.load(Relaxed);
            assert_eq!(service.reload().unwrap().change, Change::Changed);
            // Asked after the reload: by the new chart alone.
            assert_eq!(service.ask(&questions[round % 12]).recommendation(), expected[round % 12]);
            while answered.load(Relaxed) < seen + 12 {
                assert!(!done.load(Relaxed));
                std::thread::yield_now();
            }
        }
    });
    let cache = &service.health()["cache"];
    assert_eq!((&cache["differed"], &cache["failed"]), (&json!(0), &json!(0)));
}

/// Sets it when it is dropped, by a panic too.
struct Set<'a>(&'a AtomicBool);

impl Drop for Set<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// A service without its HTTP, with what it keeps ahead in the test's hands.
fn driven(charts: &TempDir) -> (Service, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let options = ServiceOptions {
        data_dir: dir.path().to_owned(),
        sources: Sources { charts: Some(charts.path().to_owned()), wording: None },
        memory_ttl: std::time::Duration::from_secs(30),
        store_ttl: std::time::Duration::from_secs(300),
        history: std::time::Duration::from_secs(86_400),
        store_max_bytes: 64 << 20,
        warm: true,
        memory_budget_bytes: 1 << 40,
        alert_rules: Vec::new(),
        webhook: None,
    };
    let engine = EngineOptions {
        charts: Some(charts.path().to_owned()),
        sessions: 3,
        ..EngineOptions::default()
    };
    let clock = Clock::manual(1_750_000_000_000);
    let telemetry = Arc::new(Telemetry::new(&["unmatched"], 1, clock.unix_ms()));
    (Service::new(Engine::new(&engine).unwrap(), &options, telemetry, clock), dir)
}

/// A body of the first line of data/popular.csv, which filling begins with.
fn likeliest() -> Question {
    Question::new(178.0, 86.0)
}

#[test]
fn what_is_kept_ahead_is_made_anew() {
    let charts = charts_of(&one());
    let (service, _dir) = driven(&charts);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ask = || {
        let edition = service.edition();
        let answer = runtime.block_on(service.recommend(&edition, likeliest())).unwrap();
        let text = String::from_utf8(answer.recommendation.to_vec()).unwrap();
        (text.contains(TWO), answer.tier)
    };
    let filled = service.fill_ahead(Progress::default(), 10);
    assert_eq!(service.edition().cache().status().ahead_entries, 10);
    assert_eq!(ask(), (false, suitsize::service::Tier::Memory));
    install(charts.path(), "default.json", &two());
    service.reload().unwrap();
    assert_eq!(service.edition().cache().status().ahead_entries, 0);
    assert!(service.is_outdated(filled), "upkeep begins anew");
    let filled = service.fill_ahead(filled, 10);
    assert_eq!((filled.at, filled.computed), (10, 10), "from the beginning");
    assert_eq!(ask(), (true, suitsize::service::Tier::Memory));
    assert_eq!(service.warmth(), "filling");
}

#[test]
fn checks_and_filling_beside_reloads_find_no_difference() {
    let charts = charts_of(&one());
    let (service, _dir) = driven(&charts);
    let (done, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let _stop_at_a_panic = Set(&done);
        scope.spawn(|| {
            let _stop_at_a_panic = Set(&done);
            let mut progress = Progress::default();
            while !done.load(Relaxed) {
                let begun = Progress { at: 0, ..progress };
                progress = service.fill_ahead(begun, 4);
                rounds.fetch_add(1, Relaxed);
            }
        });
        scope.spawn(|| {
            let _stop_at_a_panic = Set(&done);
            for turn in (0..12).cycle().take_while(|_| !done.load(Relaxed)) {
                assert!(service.check_one(turn), "by other charts it would differ");
            }
        });
        for round in 0..24 {
            let text = if round % 2 == 0 { two() } else { one() };
            install(charts.path(), "default.json", &text);
            service.reload().unwrap();
            let seen = rounds.load(Relaxed);
            while rounds.load(Relaxed) < seen + 2 {
                assert!(!done.load(Relaxed));
                std::thread::yield_now();
            }
        }
    });
    let status = service.edition().cache().status();
    assert!(status.checked > 0 && status.differed == 0, "{status:?}");
    assert!(status.ahead_entries <= FILL_CHUNK, "nothing of old charts stays: {status:?}");
}
