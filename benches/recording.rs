//! What it costs to count a request, in process: with a shard for each worker, and with one for two, which is
//! what sharding is for.

mod bench;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use suitsize::telemetry::{Requests, StatusClass, Tier, Window};

const ROUTES: &[&str] = &["/api/recommend", "/api/health", "unmatched"];

/// A request of 20 to 83 us, as a hit in memory is.
fn count(requests: &Requests, shard: usize, turn: u64) {
    let in_flight = requests.arrived(shard);
    let kind = (0, StatusClass::of(black_box(200)), Tier::Memory);
    requests.record(shard, kind, 20_000 + (turn & 63) * 1_000, 2_200);
    in_flight.answered();
}

/// Nanoseconds a request on one of two threads that count at once.
fn two_threads(turns: u64, shards: [usize; 2]) -> Duration {
    let requests = Requests::new(ROUTES, 2);
    let started = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let threads = shards.map(|shard| {
            let (requests, started) = (&requests, &started);
            scope.spawn(move || {
                while !started.load(Ordering::Acquire) {
                    std::hint::spin_loop();
                }
                let began = Instant::now();
                (0..turns).for_each(|turn| count(requests, shard, turn));
                began.elapsed()
            })
        });
        started.store(true, Ordering::Release);
        threads.map(|thread| thread.join().expect("a thread counts")).into_iter().sum::<Duration>()
            / 2
    })
}

fn recording(c: &mut Criterion) {
    let requests = Requests::new(ROUTES, 2);
    let mut turn = 0;
    c.bench_function("count a request", |b| {
        b.iter(|| {
            turn += 1;
            count(&requests, 0, turn);
        });
    });
    c.bench_function("of it, looking at the clock once more", |b| b.iter(Instant::now));
    c.bench_function("two workers, a shard for each", |b| {
        b.iter_custom(|turns| two_threads(turns, [0, 1]));
    });
    c.bench_function("two workers, one shard", |b| {
        b.iter_custom(|turns| two_threads(turns, [0, 0]))
    });
    c.bench_function("every ten seconds: read all and take it into the window", |b| {
        let mut window = Window::default();
        let mut now = Duration::ZERO;
        b.iter(|| {
            now += Duration::from_secs(10);
            window.advance(now, requests.read(), 0);
        });
    });
}

criterion_group! {
    name = benches;
    config = bench::short();
    targets = recording
}
criterion_main!(benches);
