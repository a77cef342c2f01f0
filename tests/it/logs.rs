//! The log: one line for each failure, as text or JSON, and nothing that a shopper typed.

use crate::running::{JSON, Served, send};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Values that occur nowhere else (no seconds of a time), wherever a request has a place for one.
const SENTINELS: [&str; 8] =
    ["173.17", "71.43", "Sentinelle", "97.31", "sentinel-token", "61.07", "QUERYMARK", "641.93"];

fn send_sentinels(port: u16) {
    let bodies = [
        r#"{"height":173.17,"weight":71.43,"chest":97.31}"#,
        r#"{"height":173.17,"weight":71.43,"age":"Sentinelle","Sentinelle":1}"#,
        r#"{"height":173.17,"weight":"Sentinelle","knownSize":{"size":"Sentinelle"}}"#,
        r#"{"height":641.93,"weight":71.43}"#,
        r#"{"height":173.17,"weight":71.43,"chest":61.07}"#,
        r#"{"height":173.17,"weight":71.43,"Sentinelle"#,
        "Sentinelle 173.17",
    ];
    for body in bodies {
        send(port, "POST", "/api/recommend?x=QUERYMARK", &[JSON], body.as_bytes());
        send(
            port,
            "POST",
            "/api/recommend",
            &[("content-type", "text/Sentinelle")],
            body.as_bytes(),
        );
    }
    let headers = [("authorization", "Bearer sentinel-token"), ("x-request-id", "Sentinelle 1")];
    send(port, "POST", "/api/optimize", &headers, b"{}");
    send(port, "DELETE", "/api/cache?prefix=QUERYMARK", &headers, b"");
    send(port, "GET", "/Sentinelle?height=173.17", &[], b"");
    send(port, "GET", "/api/performance?route=Sentinelle", &[], b"");
    // Not HTTP, and a head that breaks off.
    for raw in [
        "Sentinelle 173.17\r\n\r\n",
        "POST /Sentinelle HTTP/1.1\r\ncontent-length: 9\r\n\r\n173.17",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(raw.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        drop(stream.read_to_end(&mut Vec::new()));
    }
}

/// At the most talkative level of every library.
#[test]
fn nothing_that_a_shopper_typed_is_in_a_log() {
    for format in ["text", "json"] {
        let token = "a token of thirty-two or more characters";
        let mut served = Served::start(&[
            ("RUST_LOG", "trace"),
            ("LOG_FORMAT", format),
            ("SUITSIZE_ADMIN_TOKEN", token),
        ]);
        send_sentinels(served.port);
        assert!(served.terminate().success());
        let log = served.log();
        assert!(log.contains("/api/recommend"), "the log has the requests:\n{log}");
        for sentinel in SENTINELS.iter().chain([&token]) {
            let found = log.lines().find(|line| line.contains(sentinel));
            assert_eq!(found, None, "{sentinel} ({format})");
        }
    }
}

#[test]
fn json_lines_are_objects_with_the_fields_of_a_request() {
    let mut served = Served::start(&[("RUST_LOG", "suitsize=debug"), ("LOG_FORMAT", "json")]);
    let id = ("x-request-id", "an-id-of-the-caller");
    send(served.port, "POST", "/api/recommend", &[JSON, id], br#"{"height":175,"weight":75}"#);
    assert!(served.terminate().success());
    let log = served.log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect();
    let of_request: Vec<_> =
        lines.iter().filter(|line| line["request_id"] == "an-id-of-the-caller").collect();
    let [line] = of_request.as_slice() else { panic!("not one line: {log}") };
    for (name, expected) in [
        ("route", "/api/recommend"),
        ("tier", "computed"),
        ("level", "debug"),
        ("message", "answered"),
    ] {
        assert_eq!(line[name], expected, "{line}");
    }
    assert!(line["status"] == 200 && line["duration_ms"].as_f64().unwrap() > 0.0, "{line}");
}

#[test]
fn a_slow_request_is_a_warning() {
    // Clearing waits for the store's writer: never below a millisecond with a full vacuum.
    let token = "a token of thirty-two or more characters";
    let mut served =
        Served::start(&[("SUITSIZE_SLOW_REQUEST_MS", "1"), ("SUITSIZE_ADMIN_TOKEN", token)]);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), JSON];
    let reply = send(served.port, "POST", "/api/optimize", &headers, br#"{"vacuum":"full"}"#);
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(served.terminate().success());
    let log = served.log();
    let slow: Vec<_> = log.lines().filter(|line| line.contains("suitsize::request")).collect();
    assert!(slow.iter().any(|l| l.contains("WARN") && l.contains("route=/api/optimize")), "{log}");
}

#[test]
fn other_requests_are_silent() {
    // A minute: on a machine that is busy anything may take a while.
    let mut served = Served::start(&[("SUITSIZE_SLOW_REQUEST_MS", "60000")]);
    send(served.port, "GET", "/api/health/live", &[], b"");
    send(served.port, "POST", "/api/recommend", &[JSON], br#"{"height":175,"weight":75}"#);
    send(served.port, "GET", "/api/nothing-here", &[], b"");
    assert!(served.terminate().success());
    let log = served.log();
    assert!(!log.contains("suitsize::request"), "{log}");
}

/// As long as nobody reads: some 64 kB fit into a pipe, a few hundred lines.
fn with_full_pipe(requests: usize) -> Served {
    let served = Served::with_piped_log(&[("RUST_LOG", "info,suitsize::request=debug")]);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
    let address = format!("http://127.0.0.1:{}/api/health/live", served.port);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for n in 0..requests / 2 {
                    let answer = agent.get(&address).call();
                    let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
                    text.unwrap_or_else(|error| panic!("request {n}: {error}"));
                }
            });
        }
    });
    served
}

#[test]
fn requests_are_answered_while_nobody_reads_the_log() {
    // What waits and what is in the pipe is less.
    let requests = 8_000;
    let mut served = with_full_pipe(requests);
    let log = BufReader::new(served.child.stderr.take().unwrap());
    let (mut told, mut lines): (usize, usize) = (0, 0);
    for line in log.lines().map(Result::unwrap) {
        lines += usize::from(line.contains("suitsize::request"));
        if let Some((_, rest)) = line.split_once("nobody read the log: ") {
            told = rest.split(' ').next().unwrap().parse().unwrap();
            break;
        }
    }
    assert!(told > 0 && lines > 0, "{told} were dropped, {lines} written");
    // Something else may have been dropped with them.
    let known = lines + told;
    assert!((requests..requests + 20).contains(&known), "{known}: each is there or counted");
    assert!(served.terminate().success());
}

#[test]
fn it_stops_while_nobody_reads_the_log() {
    let mut served = with_full_pipe(2_000);
    let began = Instant::now();
    assert!(served.terminate().success());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
