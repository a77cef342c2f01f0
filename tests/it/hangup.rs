//! SIGHUP to the built program: it reads its charts again, says what came of it, tells its supervisor, and is
//! never ended by it.

use crate::reload::{SHIPPED, install, one, two};
use crate::running::{JSON, Served, send};
use crate::supervised::Supervisor;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

fn hang_up(id: u32) {
    assert!(Command::new("kill").args(["-HUP", &id.to_string()]).status().unwrap().success());
}

/// The chart that answers.
fn chart_version(port: u16) -> String {
    let body = br#"{"height":178,"weight":82}"#;
    let reply = send(port, "POST", "/api/recommend", &[JSON], body);
    reply.json()["recommendation"]["chartVersion"].as_str().unwrap().to_owned()
}

/// The lines of the log, once one has `text`: they are written by a thread of their own.
fn log_with(served: &Served, text: &str) -> String {
    loop {
        let log = served.log();
        if log.contains(text) {
            return log;
        }
        std::thread::yield_now();
    }
}

/// A chart's file that who opens it waits for.
fn pipe(charts: &Path, name: &str) {
    assert!(Command::new("mkfifo").arg(charts.join(name)).status().unwrap().success());
}

#[test]
fn a_hangup_reloads_and_the_supervisor_is_told() {
    let charts = tempfile::tempdir().unwrap();
    install(charts.path(), "default.json", &one());
    let supervisor = Supervisor::new();
    let directory = charts.path().to_str().unwrap();
    let mut served = supervisor.starts(&[("SUITSIZE_CHARTS", directory), ("RUST_LOG", "info")]);
    assert_eq!(supervisor.hears()[0], "READY=1");
    assert!(chart_version(served.port).starts_with("default-one-"));
    let reload = || {
        hang_up(served.child.id());
        let reloading = supervisor.hears();
        assert_eq!(reloading[0], "RELOADING=1");
        assert!(reloading[1].starts_with("MONOTONIC_USEC="), "{reloading:?}");
        let status = format!("STATUS=Answers on 127.0.0.1:{}", served.port);
        assert_eq!(supervisor.hears(), ["READY=1", &status]);
    };

    install(charts.path(), "default.json", &two());
    reload();
    assert!(chart_version(served.port).starts_with("default-two-"));
    log_with(&served, "reloaded: default-two-");

    install(charts.path(), "default.json", "{\n oops");
    reload();
    assert!(chart_version(served.port).starts_with("default-two-"), "the old ones stay");
    let log = log_with(&served, "nothing is reloaded");
    let line = log.lines().find(|line| line.contains("nothing is reloaded")).unwrap();
    let names = line.contains("ERROR") && line.contains("default.json, line 2: key must be");
    assert!(names && line.contains(directory), "{line}");
    assert!(served.terminate().success());
}

#[test]
fn a_hangup_without_charts_is_harmless_and_said() {
    let mut served = Served::start(&[("SUITSIZE_WARM", "off"), ("RUST_LOG", "info")]);
    for _ in 0..3 {
        hang_up(served.child.id());
    }
    log_with(&served, "nothing to reload");
    assert!(chart_version(served.port).starts_with("default-2026.1-"));
    assert!(served.terminate().success());
}

#[test]
fn a_hangup_before_it_is_ready_waits_until_it_is() {
    let (charts, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    pipe(charts.path(), "default.json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["serve", "--port", "0", "--warm", "off", "--data-dir"])
        .arg(data.path())
        .arg("--charts")
        .arg(charts.path())
        .env_remove("PORT")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Opened when the program reads its charts: it is starting, and waits for them.
    let mut chart =
        OpenOptions::new().write(true).open(charts.path().join("default.json")).unwrap();
    hang_up(child.id());
    install(charts.path(), "default.json", &two());
    chart.write_all(one().as_bytes()).unwrap();
    drop(chart);
    let greeting = BufReader::new(child.stdout.take().unwrap()).lines().next();
    let greeting = greeting.expect("it lives").unwrap();
    let port = greeting.rsplit(':').next().unwrap().parse().unwrap();
    while !chart_version(port).starts_with("default-two-") {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reload_that_hangs_keeps_neither_requests_nor_the_stop_waiting() {
    let charts = tempfile::tempdir().unwrap();
    install(charts.path(), "default.json", SHIPPED);
    let supervisor = Supervisor::new();
    let mut served = supervisor.starts(&[("SUITSIZE_CHARTS", charts.path().to_str().unwrap())]);
    assert_eq!(supervisor.hears()[0], "READY=1");
    // Nobody ever writes into it.
    pipe(charts.path(), "second.json");
    hang_up(served.child.id());
    assert_eq!(supervisor.hears()[0], "RELOADING=1");
    for _ in 0..3 {
        hang_up(served.child.id());
        assert!(chart_version(served.port).starts_with("default-2026.1-"));
    }
    assert!(served.terminate().success());
}
