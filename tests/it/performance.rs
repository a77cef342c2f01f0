//! How the service performs, as an operator sees it: what was recorded, by the minute, over restarts, in
//! Prometheus' words, as health, as alerts.

use crate::running::{JSON, Running, Served, send};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use suitsize::clock::Clock;
use suitsize::service::{Service, ServiceOptions, Sources};
use suitsize::sizing::Engine;
use suitsize::sizing::question::Question;
use suitsize::telemetry::alerts::{self, Metric};
use suitsize::telemetry::{HOUR_MS, MINUTE_MS, Range, StatusClass, Telemetry, Tier};
use suitsize::upkeep::Upkeep;

const MIDNIGHT_MS: i64 = 20_700 * 24 * HOUR_MS;
const DAY: Duration = Duration::from_secs(86_400);

/// Three questions, the second twice, one of them impossible; one path that there is not.
fn some_requests(service: &Running) {
    for height in [175, 180, 180, 3] {
        service.ask(&json!({"height": height, "weight": 75}));
    }
    service.get("/api/nothing-here");
}

fn performance(service: &Running, query: &str) -> Value {
    let reply = service.get(&format!("/api/performance{query}"));
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[test]
fn what_was_asked_is_counted_by_route_status_and_tier() {
    let service = Running::start(|_| ());
    some_requests(&service);
    let whole = performance(&service, "");
    let totals = &whole["totals"];
    assert_eq!((&totals["requests"], &totals["clientErrors"]), (&json!(5), &json!(2)), "{whole}");
    assert_eq!((&totals["errors"], &totals["errorRate"]), (&json!(0), &json!(0.0)));
    let tiers: Vec<_> = whole["tiers"].as_array().unwrap().iter().collect();
    let tiers: Vec<_> = tiers.iter().map(|t| (t["tier"].clone(), t["answers"].clone())).collect();
    assert_eq!(tiers, [(json!("memory"), json!(1)), (json!("computed"), json!(2))]);
    assert_eq!(whole["hitRate"], json!(0.333333));
    let routes: BTreeSet<_> =
        whole["routes"].as_array().unwrap().iter().map(|r| r["route"].to_string()).collect();
    assert_eq!(routes, ["\"/api/recommend\"", "\"unmatched\""].map(str::to_owned).into());
    let one = performance(&service, "?route=/api/recommend&minutes=5");
    assert_eq!((&one["totals"]["requests"], &one["complete"]), (&json!(4), &json!(true)));
    // A minute may end in between.
    let by_minute = one["series"].as_array().unwrap().iter().map(|point| &point["requests"]);
    assert_eq!(by_minute.filter_map(Value::as_u64).sum::<u64>(), 4, "{one}");
}

#[test]
fn the_summary_has_the_words_that_operators_expect() {
    let service = Running::start(|_| ());
    some_requests(&service);
    let whole = performance(&service, "?hours=1");
    let overview = whole["overview"].as_object().unwrap();
    for name in ["averageResponseTime", "requestsPerSecond", "memoryUsage"] {
        assert!(overview[name].as_f64().is_some_and(|value| value > 0.0), "{name}: {overview:?}");
    }
    assert_eq!((&overview["totalRequests"], &overview["errorRate"]), (&json!(5), &json!(0.0)));
    assert!(overview["uptime"].is_number());
    let extremes = whole["performance"].as_object().unwrap();
    assert!(extremes["slowestRequest"].as_f64() >= extremes["fastestRequest"].as_f64());
    assert_eq!(extremes["cacheHitRate"], json!(0.333333));
}

#[test]
fn percentiles_are_in_order() {
    let service = Running::start(|_| ());
    for n in 0..40 {
        service.ask(&json!({"height": 160 + n, "weight": 75}));
    }
    let latency = performance(&service, "")["totals"]["latency"].clone();
    let names = ["minMs", "p50Ms", "p90Ms", "p95Ms", "p99Ms", "p99_9Ms", "maxMs"];
    let values: Vec<f64> = names.iter().map(|name| latency[name].as_f64().unwrap()).collect();
    assert!(values.is_sorted() && values[0] > 0.0, "{latency}");
}

#[test]
fn a_wrong_query_is_a_problem_that_names_the_parameter() {
    let service = Running::start(|_| ());
    let rows = [
        ("hours=0", "hours", "out_of_range"),
        ("days=400", "days", "out_of_range"),
        ("minutes=1&hours=1", "hours", "contradictory"),
        ("route=/etc/passwd", "route", "not_one_of"),
        ("hour=1", "query", "unknown_field"),
    ];
    for (query, field, code) in rows {
        let reply = service.get(&format!("/api/performance?{query}"));
        assert_eq!(reply.status, 422, "{query}");
        let error = &reply.json()["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{query}");
        assert!(!reply.text.contains("passwd"), "what was sent is not repeated");
    }
}

#[test]
fn a_restart_loses_nothing_that_was_stopped_in_order() {
    let service = Running::start(|_| ());
    some_requests(&service);
    let dir = service.stop();
    let again = Running::start_in(dir, |_| ());
    again.ask(&json!({"height": 175, "weight": 75}));
    // The file is opened behind the start.
    let whole = loop {
        let whole = performance(&again, "?hours=2");
        if whole["complete"] == json!(true) {
            break whole;
        }
    };
    assert_eq!(whole["routes"][0]["requests"], json!(5), "{whole}");
    assert_eq!(whole["totals"]["clientErrors"], json!(2));
}

/// What happens to a service.
type Trouble = dyn Fn(&Driven);

/// A service whose time is told to it.
struct Driven {
    service: Service,
    upkeep: Upkeep,
    clock: Clock,
    dir: tempfile::TempDir,
}

impl Driven {
    fn start(rules: Vec<alerts::Rule>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::start_in(dir, rules, Clock::manual(MIDNIGHT_MS))
    }

    fn start_in(dir: tempfile::TempDir, rules: Vec<alerts::Rule>, clock: Clock) -> Self {
        Self::telling(None, dir, rules, clock)
    }

    fn telling(
        webhook: Option<alerts::Target>,
        dir: tempfile::TempDir,
        alert_rules: Vec<alerts::Rule>,
        clock: Clock,
    ) -> Self {
        let options = ServiceOptions {
            data_dir: dir.path().to_owned(),
            sources: Sources::default(),
            memory_ttl: Duration::from_secs(30),
            store_ttl: Duration::from_secs(300),
            history: 30 * DAY,
            store_max_bytes: 64 << 20,
            warm: false,
            memory_budget_bytes: 1 << 40,
            alert_rules,
            webhook,
        };
        let telemetry = Arc::new(Telemetry::new(&["/r", "unmatched"], 1, clock.unix_ms()));
        let engine = Engine::embedded().unwrap();
        let service = Service::new(engine, &options, telemetry, clock.clone());
        service.store().flush();
        let upkeep = Upkeep::new(service.clone());
        Driven { service, upkeep, clock, dir }
    }

    fn requests(&self, count: u64, status: u16, tier: Tier, nanos: u64) {
        for _ in 0..count {
            let kind = (0, StatusClass::of(status), tier);
            self.service.telemetry().requests.record(0, kind, nanos, 100);
        }
    }

    fn pass(&mut self, time: Duration) {
        for _ in 0..time.as_secs() {
            self.clock.advance(Duration::from_secs(1));
            self.upkeep.tick();
        }
    }

    fn report(&self, length_ms: i64) -> Value {
        let range = Range::last(length_ms, self.clock.unix_ms());
        serde_json::to_value(self.service.performance(range, None)).unwrap()
    }
}

#[test]
fn minutes_close_by_themselves_and_are_stored() {
    let mut driven = Driven::start(Vec::new());
    for count in [3, 5] {
        driven.requests(count, 200, Tier::Memory, 20_000);
        driven.pass(Duration::from_secs(60));
    }
    driven.requests(7, 200, Tier::Memory, 20_000);
    let report = driven.report(HOUR_MS);
    let series: Vec<_> = report["series"].as_array().unwrap().iter().collect();
    let points: Vec<_> =
        series.iter().map(|p| (p["requests"].as_u64().unwrap(), p["stored"] == true)).collect();
    assert_eq!(points, [(3, true), (5, true), (7, false)], "{report}");
    assert_eq!(report["history"], json!({"waiting": 0, "minutesWritten": 2, "minutesLost": 0}));
}

/// What the process had closed is there after it was killed: nothing is left to the end.
#[test]
fn a_minute_that_was_closed_outlives_the_process() {
    let mut driven = Driven::start(Vec::new());
    driven.requests(11, 200, Tier::Store, 300_000);
    driven.pass(Duration::from_secs(61));
    driven.requests(13, 200, Tier::Store, 300_000);
    let copy = tempfile::tempdir().unwrap();
    // As a kill leaves them: the file and its log.
    for name in ["suitsize.db", "suitsize.db-wal"] {
        std::fs::copy(driven.dir.path().join(name), copy.path().join(name)).unwrap();
    }
    let clock = Clock::manual(driven.clock.unix_ms());
    let again = Driven::start_in(copy, Vec::new(), clock);
    assert_eq!(again.report(HOUR_MS)["totals"]["requests"], json!(11));
}

#[test]
fn two_runs_in_one_minute_are_added_up() {
    let mut driven = Driven::start(Vec::new());
    driven.requests(2, 200, Tier::Memory, 20_000);
    driven.pass(Duration::from_secs(5));
    driven.service.keep_history(true).unwrap();
    driven.service.store().close();
    let (now_ms, dir) = (driven.clock.unix_ms(), driven.dir);
    let mut again = Driven::start_in(dir, Vec::new(), Clock::manual(now_ms));
    again.requests(4, 500, Tier::None, 90_000_000);
    again.pass(Duration::from_secs(60));
    let report = again.report(HOUR_MS);
    assert_eq!(report["series"].as_array().unwrap().len(), 1, "{report}");
    let (point, totals) = (&report["series"][0], &report["totals"]);
    assert_eq!((&point["requests"], &totals["errors"]), (&json!(6), &json!(4)));
    assert_eq!(report["slowest"]["durationMs"], json!(90.0));
    assert_eq!(totals["requestsPerSecond"], json!(0.092), "six in the 65 seconds of both runs");
}

/// Thirty-one days by the clock: minutes for two of them, hours for thirty, and the file is small.
#[test]
fn a_month_is_kept_by_the_hour() {
    let mut driven = Driven::start(Vec::new());
    let mut asked: u64 = 0;
    for hour in 0..31 * 24 {
        // A minute of traffic in each hour; days of ticks would test patience only.
        asked += hour % 7 + 1;
        driven.requests(hour % 7 + 1, 200, Tier::Memory, 15_000 + hour * 1_000);
        driven.pass(Duration::from_secs(60));
        driven.clock.advance(Duration::from_secs(3_540));
        driven.pass(Duration::from_secs(1));
    }
    let month = driven.report(30 * 24 * HOUR_MS);
    let series = month["series"].as_array().unwrap();
    assert!((719..=721).contains(&series.len()), "{}", series.len());
    let first_day: u64 = (0..24).map(|hour| hour % 7 + 1).sum();
    let total = month["totals"]["requests"].as_u64().unwrap();
    assert!(total.abs_diff(asked - first_day) <= 14, "{total} of {asked}");
    let connection = rusqlite::Connection::open(driven.dir.path().join("suitsize.db")).unwrap();
    let oldest = |span_ms: i64| -> i64 {
        let sql = "SELECT min(start_ms) FROM request_history WHERE span_ms = ?1";
        connection.query_row(sql, [span_ms], |row| row.get(0)).unwrap()
    };
    let age_hours = |start_ms: i64| (driven.clock.unix_ms() - start_ms) / HOUR_MS;
    // Deleted once an hour.
    assert!((47..=48).contains(&age_hours(oldest(MINUTE_MS))), "minutes");
    assert!((719..=720).contains(&age_hours(oldest(HOUR_MS))), "hours");
}

#[test]
fn without_a_store_figures_are_live_and_later_stored() {
    let dir = tempfile::tempdir().unwrap();
    // A directory in the file's place cannot be opened as a database.
    std::fs::create_dir(dir.path().join("suitsize.db")).unwrap();
    let mut driven = Driven::start_in(dir, Vec::new(), Clock::manual(MIDNIGHT_MS));
    driven.requests(3, 200, Tier::Computed, 200_000);
    driven.pass(Duration::from_secs(120));
    let report = driven.report(HOUR_MS);
    assert_eq!((&report["complete"], &report["totals"]["requests"]), (&json!(false), &json!(3)));
    assert!(report["missing"].is_string() && report["series"][0]["stored"] == json!(false));
    std::fs::remove_dir(driven.dir.path().join("suitsize.db")).unwrap();
    driven.pass(Duration::from_secs(20));
    driven.service.store().watch();
    driven.pass(Duration::from_secs(2));
    let report = driven.report(HOUR_MS);
    assert_eq!((&report["complete"], &report["series"][0]["stored"]), (&json!(true), &json!(true)));
    assert_eq!(report["history"]["minutesLost"], json!(0));
    let verified =
        driven.service.telemetry().duties.status().into_iter().find(|duty| duty.name == "verify");
    assert!(verified.is_some_and(|duty| duty.failed > 0 && duty.done == 0), "it was tried in vain");
    driven.pass(Duration::from_secs(60));
    let verified = driven.service.store().status().verified_seconds;
    assert!(verified.is_some_and(|age| age <= 60), "and again within a minute: {verified:?}");
}

#[test]
fn a_disk_is_not_called_full_because_there_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("suitsize.db")).unwrap();
    let rules = alerts::shipped().unwrap();
    let driven = Driven::start_in(dir, rules, Clock::manual(MIDNIGHT_MS));
    driven.service.store().watch();
    let lost: Vec<_> = driven.service.score().lost.into_iter().map(|lost| lost.rule).collect();
    assert_eq!(lost, ["store_degraded"]);
}

/// Counts of a tier, by operation.
fn operations(service: &Running, tier: &str, operation: &str) -> u64 {
    let name =
        format!("suitsize_cache_operations_total{{tier=\"{tier}\",operation=\"{operation}\"}} ");
    let text = service.get("/metrics").text;
    let value = text.lines().find_map(|line| line.strip_prefix(&name));
    value.unwrap_or_else(|| panic!("{name}")).parse().unwrap()
}

#[test]
fn what_memory_had_not_is_asked_of_the_store_or_skipped() {
    // Memory off: what is asked again comes out of the store.
    let service = Running::start(|settings| settings.memory_ttl_seconds = 0);
    for n in 0..60 {
        service.ask(&json!({"height": 160 + n % 20, "weight": 75}));
    }
    let count = |tier, operation| operations(&service, tier, operation);
    assert_eq!(count("memory", "hit"), 0);
    let below = count("store", "hit") + count("store", "miss") + count("store", "skip");
    assert_eq!((count("memory", "miss"), below), (60, 60));
    assert!(count("store", "miss") >= 20);
}

#[test]
fn a_path_in_other_letters_is_counted_by_its_route() {
    let service = Running::start(|_| ());
    assert_eq!(service.get("/api/%68ealth/live").status, 200);
    assert_eq!(performance(&service, "")["routes"][0]["route"], json!("/api/health/live"));
}

#[test]
fn the_time_that_a_sender_takes_is_not_the_services() {
    let service = Running::start(|_| ());
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    let body = r#"{"height":175,"weight":75}"#;
    let head = format!(
        "POST /api/recommend HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let began = Instant::now();
    (0..100).for_each(|_| drop(service.get("/api/health/live")));
    let pause_ms = began.elapsed().as_secs_f64() * 1e3;
    stream.write_all(body.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let time = reply.lines().find_map(|line| line.strip_prefix("x-response-time: ")).unwrap();
    let service_ms: f64 = time.trim_end_matches("ms").parse().unwrap();
    assert!(service_ms < pause_ms, "{service_ms} ms of {pause_ms}");
}

#[test]
fn shipped_alerts_fire_on_what_they_are_about_and_resolve() {
    let quiet: &Trouble = &|driven| driven.requests(50, 200, Tier::Memory, 50_000);
    let rows: [(&str, &Trouble); 3] = [
        ("error_rate_high", &|driven| driven.requests(50, 500, Tier::None, 50_000)),
        ("latency_high", &|driven| driven.requests(50, 200, Tier::Computed, 300_000_000)),
        ("hit_rate_low", &|driven| driven.requests(150, 200, Tier::Computed, 100_000)),
    ];
    for (name, trouble) in rows {
        let mut driven = Driven::start(alerts::shipped().unwrap());
        let firing = |driven: &Driven| {
            let status = driven.service.alerts_status();
            status.firing.iter().any(|alert| alert.name == name)
        };
        for _ in 0..6 {
            quiet(&driven);
            driven.pass(Duration::from_secs(10));
        }
        assert!(!firing(&driven) && driven.service.score().score == 100, "{name} before");
        for _ in 0..5 {
            trouble(&driven);
            driven.pass(Duration::from_secs(10));
        }
        assert!(firing(&driven), "{name}: {:?}", driven.service.alerts_status().rules);
        let score = driven.service.score();
        assert!(score.score < 100 && score.lost.iter().any(|lost| lost.rule == name), "{score:?}");
        for _ in 0..60 {
            (0..4).for_each(|_| quiet(&driven));
            driven.pass(Duration::from_secs(10));
        }
        assert!(!firing(&driven), "{name} after");
        assert_eq!(driven.service.alerts_status().resolved[0].name, name);
    }
}

/// From the counters to the receiver's socket.
#[test]
fn who_wants_to_be_told_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let target = alerts::Target::parse(&address).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let rules = alerts::shipped().unwrap();
    let mut driven = Driven::telling(Some(target), dir, rules, Clock::manual(MIDNIGHT_MS));
    for _ in 0..5 {
        driven.requests(50, 500, Tier::None, 50_000);
        driven.pass(Duration::from_secs(10));
    }
    let (stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "POST /hook HTTP/1.1");
    assert!(lines.any(|line| line.is_empty()), "the head ends");
    assert!(driven.service.metrics().contains("suitsize_webhook_deliveries_total{result="));
}

#[test]
fn few_requests_are_no_reason_for_an_alert() {
    let mut driven = Driven::start(alerts::shipped().unwrap());
    for _ in 0..12 {
        driven.requests(1, 500, Tier::None, 900_000_000);
        driven.requests(1, 200, Tier::Computed, 900_000_000);
        driven.pass(Duration::from_secs(10));
    }
    let of_requests = [Metric::ErrorShare, Metric::RecommendP95Ms, Metric::TierHitShare];
    for rule in driven.service.alerts_status().rules {
        assert!(!of_requests.contains(&rule.metric) || rule.value.is_none(), "{rule:?}");
    }
}

#[test]
fn metrics_are_prometheus_text_with_bounded_labels() {
    let service = Running::start(|_| ());
    some_requests(&service);
    let before = service.get("/metrics");
    assert_eq!(before.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for n in 0..30 {
        service.get(&format!("/somewhere/{n}?x={n}"));
        service.send("DELETE", &format!("/api/health/{n}"), &[], b"");
    }
    let text = service.get("/api/metrics").text;
    let routes: BTreeSet<_> =
        text.lines().filter_map(|line| line.split_once("route=\"")?.1.split('"').next()).collect();
    let expected = ["/api/recommend", "/metrics", "unmatched"];
    assert_eq!(routes.into_iter().collect::<Vec<_>>(), expected);
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or("");
    let recommended = "suitsize_http_requests_total{route=\"/api/recommend\"";
    assert_eq!(
        line(&format!("{recommended},status=\"2xx\",tier=\"memory\"")).rsplit(' ').next(),
        Some("1")
    );
    for name in [
        "suitsize_build_info{",
        "suitsize_model_inference_duration_seconds_count ",
        "suitsize_compute_duration_seconds_count 2",
        "suitsize_store_state{state=\"open\"} ",
        "suitsize_store_pages ",
        "suitsize_alert_firing{alert=\"store_degraded\",severity=\"error\"} 0",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} is not in\n{text}");
    }
}

/// Each family is declared once, before its samples, which are together; no sample is there twice.
#[test]
fn metrics_keep_the_rules_of_their_format() {
    let service = Running::start(|_| ());
    some_requests(&service);
    let text = service.get("/metrics").text;
    let (mut declared, mut samples) = (BTreeSet::new(), BTreeSet::new());
    let mut family = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split(' ').next().unwrap();
            assert!(declared.insert(family), "{family} is declared twice");
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let of = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            assert!(name == family || of == Some(family), "{line} is not of {family}");
            let (sample, value) = line.rsplit_once(' ').unwrap();
            assert!(samples.insert(sample), "{sample} is there twice");
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
        }
    }
    assert!(declared.len() > 40, "{}", declared.len());
}

#[test]
fn each_part_of_health_says_what_it_measured() {
    let service = Running::start(|_| ());
    some_requests(&service);
    // The file is opened, and its disk looked at, behind the start.
    while service.get("/api/health/database").json()["diskFreeBytes"].is_null() {}
    let rows = [
        ("live", vec!["/status", "/uptimeSeconds"]),
        (
            "ready",
            vec!["/status", "/model/version", "/model/sessions", "/warm", "/store", "/degraded"],
        ),
        ("cache", vec!["/memoryHits", "/memoryTtlSeconds", "/storeTtlSeconds", "/hitRate"]),
        (
            "database",
            vec![
                "/writable",
                "/walBytes",
                "/diskFreeBytes",
                "/pages",
                "/thresholds/lastWriteSeconds",
            ],
        ),
        ("performance", vec!["/score", "/lost", "/readings/0/threshold"]),
        (
            "detailed",
            vec![
                "/status",
                "/model/backend",
                "/database/history/waiting",
                "/process/residentBytes",
            ],
        ),
    ];
    for (part, pointers) in rows {
        let path = format!("/api/health/{part}");
        let reply = service.get(&path);
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{part}");
        let document = reply.json();
        for pointer in pointers {
            assert!(document.pointer(pointer).is_some(), "{part} without {pointer}: {document}");
        }
        assert_eq!(service.send("HEAD", &path, &[], b"").status, 200, "{part}");
        let refused = service.send("POST", &path, &[], b"");
        assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD"), "{part}");
    }
}

#[test]
fn answers_say_how_long_they_took_and_where_from() {
    let service = Running::start(|_| ());
    let question = json!({"height": 175, "weight": 75});
    for tier in ["computed", "memory"] {
        let reply = service.ask(&question);
        let timing = reply.header("server-timing");
        let total = timing.strip_prefix("total;dur=").unwrap().split(',').next().unwrap();
        assert_eq!(reply.header("x-response-time"), format!("{total}ms"));
        assert!(total.parse::<f64>().unwrap() > 0.0);
        assert!(timing.ends_with(&format!("tier;desc={tier}")), "{timing}");
    }
    assert!(!service.get("/api/health").header("server-timing").contains("tier"));
}

#[test]
fn without_recording_nothing_is_counted_and_everything_answered() {
    let service = Running::start(|settings| {
        settings.watch.recording = suitsize::config::Switch::Off;
    });
    some_requests(&service);
    assert_eq!(performance(&service, "")["totals"]["requests"], json!(0));
}

#[test]
fn healthcheck_tells_by_its_exit_code() {
    let check = |port: u16, more: &[&str]| {
        let port = port.to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_suitsize"));
        command.args(["healthcheck", "--port", &port]).args(more).output().unwrap()
    };
    let mut served = Served::start(&[]);
    let rows: [(&[&str], &str); 3] =
        [(&[], "ready"), (&["--probe", "live"], "alive"), (&["--host", "0.0.0.0"], "ready")];
    for (arguments, says) in rows {
        let output = check(served.port, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), says);
    }
    assert!(served.terminate().success());
    let output = check(served.port, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
}

/// Docker knows 0 and 1 of a check.
#[test]
fn a_healthcheck_that_is_asked_wrongly_fails() {
    for (line, environment, expected) in [
        ("healthcheck --port abc", None, 1),
        ("healthcheck --nonsense", None, 1),
        ("healthcheck", Some(("PORT", "")), 1),
        ("healthcheck", Some(("LOG_FORMAT", "xml")), 1),
        ("--log-format xml healthcheck", None, 1),
        ("healthcheck --help", None, 0),
        ("backup --nonsense", None, 2),
        ("", None, 2),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_suitsize"));
        let output = command.args(line.split_whitespace()).envs(environment).output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{line} {environment:?}");
        assert_eq!(output.stderr.is_empty(), expected == 0, "{line} says what is wrong");
    }
}

#[test]
fn a_computation_is_timed_with_its_inference() {
    let driven = Driven::start(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let edition = driven.service.edition();
    for height_cm in [170.0, 180.0] {
        runtime
            .block_on(driven.service.recommend(&edition, Question::new(height_cm, 75.0)))
            .unwrap();
    }
    assert_eq!(driven.service.telemetry().computations.read().count(), 2);
}

#[test]
fn a_request_of_another_port_is_not_counted_here() {
    let (one, other) = (Running::start(|_| ()), Running::start(|_| ()));
    send(one.port, "POST", "/api/recommend", &[JSON], br#"{"height":175,"weight":75}"#);
    assert_eq!(performance(&other, "")["totals"]["requests"], json!(0));
}

#[test]
fn alerts_say_what_their_rules_are_and_how_the_webhook_fares() {
    let of_a_rule = [
        "name",
        "state",
        "value",
        "threshold",
        "occurrencesNeeded",
        "resolveAfter",
        "cooldownSeconds",
        "windowSeconds",
        "minimumRequests",
        "summary",
        "action",
    ];
    let of_a_webhook = ["delivered", "failed", "dropped", "retries", "waiting", "circuit"];
    for told in [false, true] {
        let service = Running::start(|settings| {
            let target = || alerts::Target::parse("http://127.0.0.1:9/s3cret").unwrap();
            settings.watch.alert_webhook = told.then(target);
        });
        let reply = service.get("/api/alerts");
        assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
        assert!(!reply.text.contains("s3cret"), "{}", reply.text);
        let status = reply.json();
        assert!(status["firing"].is_array() && status["resolved"].is_array(), "{status}");
        let rules = status["rules"].as_array().unwrap();
        assert!(!rules.is_empty());
        for rule in rules {
            let missing = of_a_rule.iter().find(|name| rule.get(**name).is_none());
            assert_eq!((missing, rule.get("coolingSeconds")), (None, None), "{rule}");
        }
        let webhook = status.get("webhook").unwrap();
        assert_eq!(webhook.is_null(), !told, "{webhook}");
        let missing = of_a_webhook.iter().find(|name| webhook.get(**name).is_none());
        assert_eq!(missing.is_none(), told, "{webhook}");
        assert!(service.health()["alerts_firing"].is_number());
    }
}
