//! A question's way through the tiers, in process: key, memory, what is kept ahead, and packing.

mod bench;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use suitsize::cache::{Cache, CacheOptions, Tier};
use suitsize::clock::Clock;
use suitsize::sizing::Engine;
use suitsize::sizing::body::Sex;
use suitsize::sizing::question::Question;
use suitsize::store::{Packer, Secret, Store, StoreOptions};

fn tiers(c: &mut Criterion) {
    let engine = Engine::embedded().expect("the embedded engine builds");
    let encoded = |question: &Question| {
        let answer = engine.recommend(question).expect("an ordinary question is answered");
        serde_json::to_vec(&answer).expect("an answer is JSON")
    };
    let samples = [
        encoded(&Question { sex: Sex::Female, ..Question::new(165.0, 65.0) }),
        encoded(&Question::new(190.0, 110.0)),
        encoded(&Question::new(178.0, 82.0)),
    ];
    let packer = Arc::new(Packer::new(&samples));
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock::system();
    let options = StoreOptions {
        dir: dir.path().to_owned(),
        ttl: Duration::from_secs(300),
        history: Duration::from_secs(30 * 86_400),
        max_bytes: 64 << 20,
        packer: Arc::clone(&packer),
    };
    let store = Arc::new(Store::start(options, clock.clone()));
    let options = CacheOptions {
        memory_ttl: Duration::from_secs(86_400),
        use_store: true,
        scope: "bench".into(),
        secret: Secret::from_bytes([1; 16]),
        packer: Arc::clone(&packer),
        at_once: 2,
        together: 16,
    };
    let cache = Cache::new(options, store, clock.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("one");
    let question = Question::new(175.0, 75.0).canonical();
    let ask = |question: &Question| {
        let compute = |questions: &[&Question]| questions.iter().map(|q| Ok(encoded(q))).collect();
        let answered = runtime.block_on(cache.answer(question, compute));
        answered.expect("nobody else waits").expect("it is answered")
    };

    ask(&question);
    assert_eq!(ask(&question).1, Tier::Memory);
    c.bench_function("memory hit, from canonical question to bytes", |b| {
        b.iter(|| ask(black_box(&question)));
    });
    c.bench_function("of it, entering the runtime", |b| b.iter(|| runtime.block_on(async {})));
    c.bench_function("of it, the clock", |b| b.iter(|| clock.monotonic()));
    let raw = Question::new(175.1, 74.9);
    c.bench_function("canonical question", |b| b.iter(|| black_box(&raw).clone().canonical()));

    let answer = encoded(&question);
    let packed = packer.pack(&answer);
    println!("an answer: {} bytes, packed {}", answer.len(), packed.len());
    c.bench_function("pack", |b| b.iter(|| packer.pack(black_box(&answer))));
    c.bench_function("unpack: a hit on what is kept ahead", |b| {
        b.iter(|| packer.unpack(black_box(&packed)));
    });
}

criterion_group! {
    name = benches;
    config = bench::short();
    targets = tiers
}
criterion_main!(benches);
