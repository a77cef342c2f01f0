//! Alerts as the service uses them: evaluated, told, posted.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use suitsize::clock::Clock;
use suitsize::telemetry::alerts::{
    Alerts, CircuitStanding, EVALUATE_EVERY, Metric, Target, Transition, Webhook, shipped,
};

/// A store that has been degraded for long enough, and no longer is: it fires, it resolves.
fn transitions() -> Vec<Transition> {
    let alerts = Alerts::new(shipped().unwrap());
    let mut transitions = Vec::new();
    for i in 0..6_u32 {
        let now_ms = 1_700_000_000_000 + i64::from(i) * 10_000;
        transitions.extend(alerts.evaluate(EVALUATE_EVERY * i, now_ms, &|rule| {
            (rule.metric == Metric::StoreDegraded).then_some(f64::from(u8::from(i < 3)))
        }));
    }
    transitions
}

/// Head and body of each request, as it comes in; each is answered with 200.
fn receiver() -> (Target, mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook/s3cret?key=1", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let lower = head.to_lowercase();
            let (_, after) = lower.split_once("content-length: ").unwrap();
            let length: usize = after.lines().next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
            if sender.send((head, serde_json::from_slice(&body).unwrap())).is_err() {
                return;
            }
        }
    });
    (Target::parse(&address).unwrap(), requests)
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn an_alert_arrives_as_json_when_it_fires_and_when_it_resolves() {
    let (target, requests) = receiver();
    let webhook = Webhook::start(target, Clock::system()).unwrap();
    let transitions = transitions();
    transitions.iter().for_each(|transition| webhook.send(transition));
    let patience = Duration::from_secs(10);
    let (head, firing) = requests.recv_timeout(patience).unwrap();
    assert!(head.starts_with("POST /hook/s3cret?key=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json\r\n"), "{head}");
    let rule = shipped().unwrap().into_iter().find(|r| r.name == "store_degraded").unwrap();
    let text = format!("suitsize: store_degraded fires (error): {} {}", rule.summary, rule.action);
    assert_eq!(
        firing,
        serde_json::json!({
            "alert": "store_degraded", "state": "firing", "severity": "error",
            "metric": "storeDegraded", "value": 1.0, "worstValue": 1.0, "threshold": 0.0,
            "sinceMs": 1_700_000_020_000_i64, "atMs": 1_700_000_020_000_i64,
            "summary": rule.summary, "action": rule.action, "text": text,
            "service": "suitsize", "version": suitsize::VERSION
        })
    );
    let (_, resolved) = requests.recv_timeout(patience).unwrap();
    assert_eq!(resolved["state"], "resolved");
    assert_eq!(resolved["sinceMs"], 1_700_000_020_000_i64);
    assert_eq!(resolved["atMs"], 1_700_000_050_000_i64);
    assert_eq!(resolved["text"], "suitsize: store_degraded resolved after 30 s");
    wait_until("both are counted", || webhook.status().delivered == 2);
    let status = webhook.status();
    assert_eq!((status.failed, status.dropped, status.retries, status.waiting), (0, 0, 0, 0));
    assert_eq!(status.circuit, CircuitStanding::Closed);
    assert_eq!(serde_json::to_value(status).unwrap()["circuit"], "closed");
}

#[test]
fn it_stops_within_a_second_while_the_receiver_hangs() {
    // Connects by the backlog and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let webhook = Webhook::start(Target::parse(&address).unwrap(), Clock::system()).unwrap();
    let transitions = transitions();
    webhook.send(&transitions[0]);
    let (_stream, _) = listener.accept().unwrap();
    let began = Instant::now();
    (0..199).for_each(|_| webhook.send(&transitions[1]));
    assert!(began.elapsed() < Duration::from_secs(1), "handing over waits for nobody");
    let status = webhook.status();
    assert_eq!((status.waiting, status.dropped), (64 + 1, 200 - 65));
    let began = Instant::now();
    drop(webhook);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn it_stops_at_once_when_there_is_nothing_to_send() {
    let target = Target::parse("http://127.0.0.1:9/").unwrap();
    let webhook = Webhook::start(target, Clock::system()).unwrap();
    let began = Instant::now();
    drop(webhook);
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
}
