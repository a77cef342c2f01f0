//! `suitsize bench` against services whose behaviour is known: the real one, which counts for itself, and small
//! ones that stall, hang up or are something else.

use crate::running::{Running, Served};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn command(port: u16, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_suitsize"));
    command.arg("bench").arg(format!("http://127.0.0.1:{port}"));
    command.args(arguments.split_whitespace());
    command
}

fn bench(port: u16, arguments: &str) -> Output {
    command(port, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The report on the standard output, which has nothing else.
fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn count(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_else(|| panic!("{name} in {of}"))
}

/// Recommendations that the service has counted.
fn counted(service: &Running) -> u64 {
    let reply = service.get("/api/performance?route=/api/recommend").json();
    count(&reply["totals"], "requests")
}

#[test]
fn it_counts_what_the_service_counted() {
    let service = Running::start(|_| ());
    let flags = "--users 4 --rate 200 --ramp-up 200ms --duration 600ms --mix distinct --json - --max-error-rate 0";
    let output = bench(service.port, flags);
    let report = report(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    let run = &report["runs"][0];
    assert_eq!(count(run, "requests") + count(run, "unsent"), 120, "600 ms at 200/s: {run}");
    assert_eq!(count(run, "requests") + count(run, "rampUpRequests"), counted(&service), "{run}");
    assert_eq!(run["tiers"]["computed"], run["requests"], "none was asked before: {run}");
    assert_eq!((&run["hitRate"], &run["errorRate"]), (&json!(0.0), &json!(0.0)));
    assert_eq!(run["coordinatedOmissionCorrected"], json!(true));
    assert_eq!(report["outcome"], json!("passed"));
    let in_chart: u64 =
        run["histogram"].as_array().unwrap().iter().map(|bar| count(bar, "requests")).sum();
    assert_eq!(in_chart, 120, "{run}");
    assert!(run["serviceResidentMb"].as_f64() > Some(1.0), "{run}");
}

#[test]
fn a_closed_loop_says_that_it_is_not_corrected() {
    let service = Running::start(|_| ());
    let output = bench(service.port, "--users 2 --ramp-up 0 --duration 500ms --min-hit-rate 50%");
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for expected in ["A closed loop", "not corrected", "from sent", "hit rate", "pass  hit rate"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let before = counted(&service);
    let output = bench(service.port, "--users 2 --ramp-up 0 --duration 500ms --json -");
    let report = report(&output);
    // One question is tried before the load begins.
    assert_eq!(count(&report["runs"][0], "requests") + 1, counted(&service) - before, "{report}");
    assert_eq!(report["outcome"], json!("measured"));
}

#[test]
fn a_threshold_that_does_not_hold_is_told_and_ends_in_1() {
    let service = Running::start(|_| ());
    let flags = "--users 1 --ramp-up 0 --duration 300ms --max-p99 1us --min-throughput 1";
    let output = bench(service.port, flags);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = text(&output.stdout);
    assert!(said.contains("FAIL  p99") && said.contains("pass  throughput"), "{said}");
}

#[test]
fn the_service_s_limits_are_told_with_what_to_do() {
    let service = Served::start(&[("SUITSIZE_RATE_LIMIT", "1000/h"), ("SUITSIZE_WARM", "off")]);
    let output = bench(service.port, "--users 3 --ramp-up 0 --duration 800ms --json -");
    let said = text(&output.stderr);
    for expected in [
        "Mind: it lets one client ask 1000/h",
        "429, over the rate limit",
        "SUITSIZE_RATE_LIMIT=off",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let run = &report(&output)["runs"][0];
    assert!(count(&run["errors"], "status429") > 0, "{run}");
    let output = bench(service.port, "--validate");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    for expected in ["cannot be validated", "SUITSIZE_MAX_CONNECTIONS=4000"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn targets_are_held_phase_by_phase() {
    let service = Running::start(|_| ());
    let file = service.dir.path().join("targets.json");
    let validate = |max_p99_ms: f64| {
        let targets = json!({
            "phases": [
                {"name": "one", "mix": "one", "users": 2, "durationSeconds": 0.3,
                 "targets": {"maxErrorRate": 0, "minHitRate": 0.5}},
                {"name": "new", "mix": "distinct", "users": 2, "ratePerSecond": 50, "durationSeconds": 0.4,
                 "targets": {"maxP99Ms": max_p99_ms}},
            ],
            "overall": {"maxResidentMb": 100_000},
        });
        std::fs::write(&file, targets.to_string()).unwrap();
        bench(service.port, &format!("--validate --targets {}", file.display()))
    };
    let good = validate(60_000.0);
    let said = text(&good.stdout);
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    assert!(said.contains("4 of 4 targets hold.") && !said.contains("FAIL"), "{said}");
    let bad = validate(0.001);
    let said = text(&bad.stdout);
    assert_eq!(bad.status.code(), Some(1), "{bad:?}");
    assert!(said.contains("3 of 4 targets hold.") && said.contains("FAIL"), "{said}");
}

#[test]
fn nobody_there_is_one_line_and_no_load() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = bench(port, "--duration 24h");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("connection refused; is the service running there?"), "{said}");
    assert_eq!((said.lines().count(), output.stdout.len()), (1, 0), "{output:?}");

    let other = Fake::start(|_, request| match request {
        _ if request.starts_with("GET") => answer("404 Not Found", "hello"),
        _ => panic!("a stranger is not loaded: {request}"),
    });
    let output = bench(other.port, "--duration 24h");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("not SuitSize that answers"), "{output:?}");
}

#[test]
fn what_is_asked_wrongly_is_told_by_its_flag() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.ndjson");
    std::fs::write(&file, "{\"height\":175,\"weight\":75}\nheight 175\n").unwrap();
    let recorded = format!("--mix {}", file.display());
    for (flags, code, expected) in [
        ("--duration 30", 2, "--duration"),
        ("--rate 0", 2, "allowed: 1 to 1000000"),
        ("--mix everybody", 2, "one, population, distinct, or a file"),
        ("--max-error-rate 2", 2, "allowed: a share such as 0.1%"),
        ("--rate 5 --think 1s", 2, "cannot be used with"),
        ("--validate --users 5", 2, "cannot be used with"),
        ("--validate --max-p99 5ms", 2, "cannot be used with"),
        ("--targets x.json", 2, "--validate"),
        ("--mix population --question {}", 2, "--question is the question of --mix one"),
        ("--question [1]", 2, "not an object"),
        (recorded.as_str(), 1, "line 2"),
    ] {
        let output = bench(1, flags);
        assert_eq!(output.status.code(), Some(code), "{flags}: {output:?}");
        assert!(text(&output.stderr).contains(expected), "{flags}: {output:?}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["bench", "https://shop.example"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no https"), "{output:?}");
}

#[test]
fn a_question_that_is_refused_is_not_asked_again_and_again() {
    let service = Running::start(|_| ());
    let output = bench(service.port, "--question {\"height\":3,\"weight\":75} --duration 24h");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("the question is refused: 422: height"), "{output:?}");
}

#[test]
fn a_stall_counts_for_everybody_who_came_during_it() {
    const STALLS_AT: u64 = 100;
    let (asked, one_at_a_time) = (AtomicU64::new(0), Mutex::new(()));
    let service = Fake::start(move |_, request| {
        if request.starts_with("GET") {
            return answer("200 OK", r#"{"status":"ready"}"#);
        }
        let _turn = one_at_a_time.lock().unwrap();
        if asked.fetch_add(1, Relaxed) == STALLS_AT {
            std::thread::sleep(Duration::from_millis(700));
        }
        answer("200 OK", "{}")
    });
    let flags = "--users 4 --rate 200 --ramp-up 0 --duration 2s --mix population --json -";
    let report = report(&bench(service.port, flags));
    let run = &report["runs"][0];
    let p90_ms = |of: &str| run[of]["p90Ms"].as_f64().unwrap();
    // A third of all requests were due during it; four of 400 were on their way.
    assert!(p90_ms("latency") > 300.0, "{run}");
    assert!(p90_ms("serviceTime") < p90_ms("latency") / 2.0, "{run}");
    assert!(run["latency"]["maxMs"].as_f64() >= Some(695.0), "{run}");
    assert_eq!(count(run, "requests") + count(run, "unsent"), 400, "{run}");
    assert_eq!(
        (&run["hitRate"], &run["tiers"]["untold"]),
        (&Value::Null, &run["answers"]),
        "{run}"
    );
}

#[test]
fn a_connection_that_ends_after_each_answer_is_opened_again() {
    let service = Fake::start(|_, request| {
        if request.starts_with("GET") {
            return answer("200 OK", r#"{"status":"ready"}"#);
        }
        answer("200 OK", "{}").replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")
    });
    let flags = "--users 2 --rate 50 --ramp-up 0 --duration 500ms --mix population --json -";
    let report = report(&bench(service.port, flags));
    let run = &report["runs"][0];
    assert_eq!((count(run, "requests"), &run["errorRate"]), (25, &json!(0.0)), "{run}");
    assert_eq!(count(run, "reconnects"), 25 - 2, "all but each user's first: {run}");
}

#[test]
fn a_service_that_hangs_up_is_an_error_and_one_that_is_silent_takes_until_the_limit() {
    let service = Fake::start(|number, request| match request {
        _ if request.starts_with("GET") => answer("200 OK", r#"{"status":"ready"}"#),
        _ if number % 2 == 0 => String::new(),
        _ => {
            std::thread::sleep(Duration::from_millis(600));
            String::new()
        }
    });
    let flags = "--users 4 --rate 20 --ramp-up 0 --duration 500ms --mix population --timeout 100ms --json -";
    let output = bench(service.port, flags);
    assert_eq!(output.status.code(), Some(1), "nothing was answered: {output:?}");
    let run = &report(&output)["runs"][0];
    assert!(count(&run["errors"], "connectionClosed") > 0, "{run}");
    assert!(count(&run["errors"], "timeout") > 0, "{run}");
    assert!(run["serviceTime"]["minMs"].as_f64() >= Some(100.0), "{run}");
}

#[test]
fn interrupted_it_says_what_it_has_seen() {
    let service = Running::start(|_| ());
    let mut child = command(service.port, "--users 2 --ramp-up 0 --duration 24h --json -")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The one that is tried, and then some of the load's.
    while counted(&service) < 50 {
        std::thread::yield_now();
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["outcome"], json!("interrupted"));
    assert!(count(&report["runs"][0], "requests") >= 40, "{report}");
    assert!(
        text(&output.stderr).contains("Interrupted: this is what was answered in"),
        "{output:?}"
    );
}

/// Something on a port that answers requests as it is told: a thread for each connection, and requests numbered
/// over all of them. Nothing to answer ends the connection. Lives as long as the process.
struct Fake {
    port: u16,
}

impl Fake {
    fn start(answer: impl Fn(u64, &str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answer, numbers) = (Arc::new(answer), Arc::new(AtomicU64::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, numbers) = (Arc::clone(&answer), Arc::clone(&numbers));
                std::thread::spawn(move || {
                    // The other end may have gone.
                    let _ = attend(&stream.unwrap(), |line| {
                        answer(numbers.fetch_add(1, Relaxed), line)
                    });
                });
            }
        });
        Fake { port }
    }
}

fn attend(stream: &TcpStream, answer: impl Fn(&str) -> String) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length])?;
        let answer = answer(&first);
        if answer.is_empty() {
            return Ok(());
        }
        let mut writer = stream;
        writer.write_all(answer.as_bytes())?;
        if answer.contains("connection: close") {
            return Ok(());
        }
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
