//! One recommendation in process: each of its steps alone, all together, and the text around them.

mod bench;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use suitsize::json;
use suitsize::sizing::Engine;
use suitsize::sizing::body::Tape;
use suitsize::sizing::question::Question;

const BODY: &[u8] = br#"{"height":175,"weight":75,"fitPreference":"regular","unit":"metric"}"#;

fn engine(c: &mut Criterion) {
    let engine = Engine::embedded().expect("the embedded engine builds");
    let plain = Question::new(175.0, 75.0);
    let taped =
        Question::new(175.0, 75.0).with_tape(Tape::Chest, 101.0).with_tape(Tape::Waist, 88.0);
    let input = engine.features(&plain);
    let joint = engine.model().infer(plain.sex, &input).expect("an ordinary body");
    let (posterior, surprising) =
        engine.posterior(&plain, &input, &joint).expect("an ordinary question");
    let answer = engine.recommend(&plain).expect("an ordinary question is answered");

    c.bench_function("engine: features", |b| b.iter(|| engine.features(black_box(&plain))));
    c.bench_function("engine: inference", |b| {
        b.iter(|| engine.model().infer(plain.sex, black_box(&input)));
    });
    c.bench_function("engine: posterior", |b| {
        b.iter(|| engine.posterior(&plain, black_box(&input), black_box(&joint)));
    });
    c.bench_function("engine: decision", |b| {
        b.iter(|| engine.decision(&plain, black_box(&posterior), &surprising));
    });
    c.bench_function("engine: all of it", |b| b.iter(|| engine.recommend(black_box(&plain))));
    c.bench_function("engine: all of it, taped", |b| {
        b.iter(|| engine.recommend(black_box(&taped)))
    });
    c.bench_function("answer: encode", |b| b.iter(|| serde_json::to_vec(black_box(&answer))));
    c.bench_function("question: read and check", |b| {
        b.iter(|| engine.question(&json::read(black_box(BODY)).expect("it is JSON")));
    });
}

criterion_group! {
    name = benches;
    config = bench::short();
    targets = engine
}
criterion_main!(benches);
