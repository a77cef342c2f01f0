//! How long `GET /api/performance` takes to answer over a file that is full of history: 30 days of hours and
//! two of minutes, with twelve kinds of requests in each, of durations that differ a hundredfold.
//!
//! `cargo bench --bench history`: filling takes half a minute, by a clock that is driven.

use std::sync::Arc;
use std::time::{Duration, Instant};
use suitsize::clock::Clock;
use suitsize::service::{Service, ServiceOptions, Sources};
use suitsize::sizing::Engine;
use suitsize::store::{How, Job};
use suitsize::telemetry::{HOUR_MS, MINUTE_MS, Range, StatusClass, Telemetry, Tier};

const ROUTES: &[&str] = &["/a", "/b", "/c", "/d", "unmatched"];
const KINDS: [(usize, u16, Tier); 12] = [
    (0, 200, Tier::Memory),
    (0, 200, Tier::Store),
    (0, 200, Tier::Computed),
    (0, 422, Tier::None),
    (0, 400, Tier::None),
    (0, 500, Tier::None),
    (1, 200, Tier::None),
    (1, 405, Tier::None),
    (2, 200, Tier::None),
    (3, 200, Tier::None),
    (3, 422, Tier::None),
    (4, 404, Tier::None),
];
const REQUESTS_OF_A_KIND: u64 = 400;
const RUNS: usize = 40;

fn main() {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::manual(20_700 * 24 * HOUR_MS);
    let service = service(&dir, &clock);
    fill(&service, &clock);
    let figures = service.store().figures().expect("the store is open");
    println!(
        "the file: {:.1} MB, its log {:.1} MB",
        figures.file_bytes as f64 / 1e6,
        figures.wal_bytes as f64 / 1e6
    );
    for (what, length_ms) in [
        ("days=30", 30 * 24 * HOUR_MS),
        ("hours=48", 48 * HOUR_MS),
        ("hours=24", 24 * HOUR_MS),
        ("hours=1", HOUR_MS),
    ] {
        measure(&service, what, Range::last(length_ms, clock.unix_ms()));
    }
}

fn service(dir: &tempfile::TempDir, clock: &Clock) -> Service {
    let options = ServiceOptions {
        data_dir: dir.path().to_owned(),
        sources: Sources::default(),
        memory_ttl: Duration::from_secs(30),
        store_ttl: Duration::from_secs(300),
        history: Duration::from_secs(30 * 86_400),
        store_max_bytes: 128 << 20,
        warm: false,
        memory_budget_bytes: 128 << 20,
        alert_rules: Vec::new(),
        webhook: None,
    };
    let telemetry = Arc::new(Telemetry::new(ROUTES, 1, clock.unix_ms()));
    let engine = Engine::embedded().expect("the embedded engine builds");
    let service = Service::new(engine, &options, telemetry, clock.clone());
    service.store().flush();
    service
}

/// An hour is one minute of traffic until the last two days, whose minutes are all there.
fn fill(service: &Service, clock: &Clock) {
    let began = Instant::now();
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut minute = |length_ms: i64| {
        for (place, (route, status, tier)) in KINDS.into_iter().enumerate() {
            let kind = (route, StatusClass::of(status), tier);
            for _ in 0..REQUESTS_OF_A_KIND {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let magnitude = (random >> 40) as f64 / (1 << 24) as f64;
                let nanos = 10_f64.powf(4.3 + 2.0 * magnitude + place as f64 / 10.0);
                service.telemetry().requests.record(0, kind, nanos as u64, 2_200);
            }
        }
        clock.advance(Duration::from_millis(length_ms as u64));
        service.keep_history(false).expect("the store keeps it");
    };
    (0..28 * 24).for_each(|_| minute(HOUR_MS));
    (0..48 * 60).for_each(|_| minute(MINUTE_MS));
    service.store().job(Job::History, How::THOROUGH).expect("the job runs");
    println!("filled in {:.0} s", began.elapsed().as_secs_f64());
}

/// From asking to the finished text, as a request does.
fn measure(service: &Service, what: &str, range: Range) {
    let mut times_ms: Vec<f64> = Vec::new();
    let mut bytes = 0;
    for _ in 0..RUNS {
        let began = Instant::now();
        let report = service.performance(range, None);
        bytes = serde_json::to_vec(&report).expect("a report is JSON").len();
        times_ms.push(began.elapsed().as_secs_f64() * 1e3);
    }
    times_ms.sort_unstable_by(f64::total_cmp);
    println!(
        "{what}: {:.0} kB; median {:.1} ms, slowest of {RUNS} {:.1} ms",
        bytes as f64 / 1e3,
        times_ms[RUNS / 2],
        times_ms[RUNS - 1]
    );
}
