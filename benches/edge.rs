//! What the limiter, the stricter reading of JSON, and packing an answer cost a request, in process.

use actix_web::http::header::ContentEncoding;
use actix_web::web::Bytes;
mod bench;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use suitsize::http::compress;
use suitsize::http::rate::{Class, Limiter};
use suitsize::http::{Client, Quota};
use suitsize::json;
use suitsize::sizing::{Engine, question::Question};

const QUESTION: &[u8] =
    br#"{"height":175,"weight":75,"fitPreference":"regular","unit":"metric","age":40}"#;

fn client(number: u32) -> Client {
    IpAddr::from(Ipv4Addr::from(number)).into()
}

fn edge(c: &mut Criterion) {
    // Fast enough that none is denied, and one that denies nearly all.
    let open = Limiter::new(Quota { count: 1_000_000, seconds: 1 });
    let tight = Limiter::new(Quota { count: 1, seconds: 3_600 });
    let mut now_ns = 0;
    c.bench_function("a request within its limit", |b| {
        b.iter(|| {
            now_ns += 20_000;
            open.take(client(1), Class::Recommend, 1, black_box(now_ns))
        });
    });
    c.bench_function("a denied one", |b| {
        b.iter(|| tight.take(client(1), Class::Recommend, 1, black_box(1)));
    });
    let mut number = 0;
    c.bench_function("one of a client never seen", |b| {
        b.iter(|| {
            number += 1;
            open.take(client(number), Class::Recommend, 1, black_box(1))
        });
    });
    c.bench_function("a question read strictly", |b| b.iter(|| json::read(black_box(QUESTION))));
    c.bench_function("the same by serde_json", |b| {
        b.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(QUESTION)));
    });
}

/// What `http/compress.rs` leaves alone: an answer to a question.
fn packing(c: &mut Criterion) {
    let engine = Engine::embedded().expect("the embedded engine builds");
    let answer = engine.recommend(&Question::new(175.0, 75.0)).expect("it has an answer");
    let plain = Bytes::from(serde_json::to_vec(&answer).expect("an answer is JSON"));
    let runtime = actix_web::rt::Runtime::new().expect("a runtime starts");
    for encoding in [ContentEncoding::Gzip, ContentEncoding::Brotli, ContentEncoding::Zstd] {
        let pack = || runtime.block_on(compress::pack(encoding, plain.clone()));
        let bytes = pack().map_or(0, |(_, packed)| packed.len());
        let name = format!("{encoding:?} an answer of {} bytes into {bytes}", plain.len());
        c.bench_function(&name, |b| b.iter(pack));
    }
}

criterion_group! {
    name = benches;
    config = bench::short();
    targets = edge, packing
}
criterion_main!(benches);
