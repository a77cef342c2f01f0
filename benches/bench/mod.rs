//! How long the in-process benches take: a second and a half each, so that all of them are done in one minute.
//!
//! Longer runs say no more here: the machine's noise between runs is larger than within one, which is what
//! `compare.py` takes rounds for.

use criterion::Criterion;
use std::time::Duration;

pub fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_000))
        .sample_size(50)
}
