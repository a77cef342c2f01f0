//! One recommendation in process, whole and in its parts.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use suitsize::sizing::body::Tape;
use suitsize::sizing::model::ModelInput;
use suitsize::sizing::question::Question;
use suitsize::sizing::{Engine, body::Sex};

fn engine(c: &mut Criterion) {
    let engine = Engine::embedded().expect("the embedded engine builds");
    let plain = Question::new(175.0, 75.0);
    let taped =
        Question::new(175.0, 75.0).with_tape(Tape::Chest, 101.0).with_tape(Tape::Waist, 88.0);
    let input = ModelInput { body: [173.0, 75.0, 42.0], log_variance: [1e-4, 1e-3, 0.12] };
    let answer = engine.recommend(&plain).expect("an ordinary question is answered");
    let body = br#"{"height":175,"weight":75,"fitPreference":"regular","unit":"metric"}"#;

    c.bench_function("inference", |b| {
        b.iter(|| engine.model().infer(Sex::Male, black_box(&input)))
    });
    c.bench_function("recommend", |b| b.iter(|| engine.recommend(black_box(&plain))));
    c.bench_function("recommend, taped", |b| b.iter(|| engine.recommend(black_box(&taped))));
    c.bench_function("encode", |b| b.iter(|| serde_json::to_vec(black_box(&answer))));
    c.bench_function("parse", |b| {
        b.iter(|| {
            let value = serde_json::from_slice(black_box(body)).expect("JSON");
            suitsize::sizing::parse::question(&value)
        });
    });
}

criterion_group!(benches, engine);
criterion_main!(benches);
