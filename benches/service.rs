//! The whole service over HTTP, as a user would start it: the figures of `docs/performance.md`.
//!
//! `cargo bench --bench service -- [NAME ...]` runs `latency`, `ratio`, `recording`, `batch`,
//! `stream`, `memory`, `file`; the first two without a name. Each starts the built binary on a data directory of its own and
//! asks it over keep-alive connections with requests made beforehand, so the client costs as little as a
//! client can. Client and server share the machine: compare figures of one run, not of two.

mod load;

use load::{Server, Shopper, distinct, percentile};
use std::time::{Duration, Instant};

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let scenarios: [(&str, bool, fn()); 7] = [
        ("latency", true, latency),
        ("ratio", true, ratio),
        ("recording", false, recording),
        ("batch", false, batch),
        ("stream", false, stream),
        ("memory", false, memory),
        ("file", false, file),
    ];
    for (name, short, run) in scenarios {
        let wanted = if named.is_empty() { short } else { named.iter().any(|n| n == name) };
        if wanted {
            println!("\n== {name}");
            run();
        }
    }
}

/// Latency at 1,000 requests/s, open loop: each request has its moment, and a late one counts from it.
fn latency() {
    const RATE: usize = 1_000;
    const SECONDS: usize = 10;
    // Memory off: what was asked once comes out of the file.
    let server = Server::start(&[("SUITSIZE_MEMORY_TTL_SECONDS", "0"), ("SUITSIZE_WARM", "off")]);
    let questions = distinct(0, 4_000);
    server.ask_all(&questions, 2);
    server.wait_for_the_writer();
    let rows = [
        ("store hit", "HIT-STORE", (0..RATE * SECONDS).map(|n| n % questions.len()).collect()),
        ("computed", "MISS", (0..RATE * SECONDS).collect::<Vec<_>>()),
    ];
    for (what, tier, order) in rows {
        let questions =
            if tier == "MISS" { distinct(100_000, RATE * SECONDS) } else { questions.clone() };
        let order = order.into_iter().map(|n| &questions[n]);
        let run = server.at_rate(order, RATE as f64, 4);
        let share = run.share(tier);
        println!(
            "{what}: median {:.3} ms, p99 {:.3} ms; in the server median {:.3} ms, p99 {:.3} ms; {:.1} % were {tier}",
            percentile(&run.client_ms, 0.5),
            percentile(&run.client_ms, 0.99),
            percentile(&run.server_ms, 0.5),
            percentile(&run.server_ms, 0.99),
            share * 100.0
        );
    }
}

/// Requests/s with every question new (computed and stored), against the same server from memory.
fn ratio() {
    const ROUNDS: usize = 3;
    const REQUESTS: usize = 40_000;
    let server = Server::start(&[("SUITSIZE_WARM", "off")]);
    let hot = distinct(0, 1_000);
    let hot: Vec<_> = hot.iter().cycle().take(REQUESTS).cloned().collect();
    let mut shares = Vec::new();
    for round in 0..ROUNDS {
        server.ask_all(&hot[..1_000], 2);
        let memory = server.closed_loop(&hot, 8);
        let before = server.written();
        let new = server.closed_loop(&distinct(1_000_000 * (round + 1), REQUESTS), 8);
        server.wait_for_the_writer();
        let stored = server.written() - before;
        println!(
            "memory {:.0}/s ({:.1} % HIT-MEMORY, {:.1} us of the server's CPU), distinct {:.0}/s ({:.1} % MISS, {stored} of {REQUESTS} stored, {:.1} us): {:.3}",
            memory.rate,
            memory.share("HIT-MEMORY") * 100.0,
            memory.cpu_us,
            new.rate,
            new.share("MISS") * 100.0,
            new.cpu_us,
            new.rate / memory.rate
        );
        shares.push(new.rate / memory.rate);
    }
    println!("distinct against memory, median of {ROUNDS}: {:.3}", percentile(&shares, 0.5));
}

/// What recording costs: two servers that differ in nothing else, in turn, from memory.
fn recording() {
    // Many short rounds: single ones differ by a tenth either way.
    const ROUNDS: usize = 61;
    const REQUESTS: usize = 15_000;
    let server =
        |switch| Server::start(&[("SUITSIZE_WARM", "off"), ("SUITSIZE_RECORDING", switch)]);
    let servers = [server("on"), server("off")];
    let questions = distinct(0, 1_000);
    let hot: Vec<_> = questions.iter().cycle().take(REQUESTS).cloned().collect();
    let (mut rates, mut cpu) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let (mut rate_ratios, mut cpu_differences) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Who goes second finds a warmer machine: each does so every other time.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            servers[which].ask_all(&questions, 2);
            let run = servers[which].closed_loop(&hot, 8);
            rates[which].push(run.rate);
            cpu[which].push(run.cpu_us);
        }
        rate_ratios.push(rates[0][round] / rates[1][round]);
        cpu_differences.push(cpu[0][round] - cpu[1][round]);
    }
    for (what, which) in [("on", 0), ("off", 1)] {
        println!(
            "recording {what}: {:.0}/s, {:.2} us of the server's CPU a request (medians of {ROUNDS})",
            percentile(&rates[which], 0.5),
            percentile(&cpu[which], 0.5)
        );
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!(
        "CPU a request over all rounds: on {:.2} us, off {:.2} us",
        mean(&cpu[0]),
        mean(&cpu[1])
    );
    println!(
        "on against off, medians of the pairs: throughput {:.3} (quartiles {:.3} to {:.3}), CPU {:+.2} us ({:+.2} to {:+.2})",
        percentile(&rate_ratios, 0.5),
        percentile(&rate_ratios, 0.25),
        percentile(&rate_ratios, 0.75),
        percentile(&cpu_differences, 0.5),
        percentile(&cpu_differences, 0.25),
        percentile(&cpu_differences, 0.75)
    );
}

/// 1,000 new questions over one keep-alive connection, against one batch of 1,000 other new ones.
fn batch() {
    const ROUNDS: usize = 21;
    const QUESTIONS: usize = 1_000;
    let server = Server::start(&[("SUITSIZE_WARM", "off"), ("SUITSIZE_RATE_LIMIT", "off")]);
    let (mut alone, mut together, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let first = 3_000_000 + round * 2 * QUESTIONS;
        let times = server.alone_and_together(
            &distinct(first, QUESTIONS),
            &distinct(first + QUESTIONS, QUESTIONS),
        );
        // What the writer still has to do is nobody's time.
        server.wait_for_the_writer();
        alone.push(times.0);
        together.push(times.1);
        ratios.push(times.1 / times.0);
    }
    println!(
        "1,000 alone {:.1} ms, as a batch {:.1} ms; medians of {ROUNDS}: {:.3} (quartiles {:.3} to {:.3})",
        percentile(&alone, 0.5),
        percentile(&together, 0.5),
        percentile(&ratios, 0.5),
        percentile(&ratios, 0.25),
        percentile(&ratios, 0.75)
    );
}

/// 200 shoppers/s for three minutes after a cold start; hits from the second minute on.
fn stream() {
    let shoppers = Shopper::from_environment();
    println!("{}", shoppers.source());
    let server = Server::start(&[]);
    let questions = shoppers.questions(200 * 180);
    let run = server.at_rate(questions.iter(), 200.0, 4);
    for minute in 0..3 {
        let part = &run.tiers[minute * 12_000..(minute + 1) * 12_000];
        let hits = part.iter().filter(|tier| tier.starts_with("HIT")).count();
        let memory = part.iter().filter(|tier| *tier == "HIT-MEMORY").count();
        println!(
            "minute {}: {:.2} % hits ({:.2} % memory)",
            minute + 1,
            hits as f64 / 120.0,
            memory as f64 / 120.0
        );
    }
    let hits = run.tiers[12_000..].iter().filter(|tier| tier.starts_with("HIT")).count();
    println!("from the second minute: {:.2} % hits", hits as f64 / 240.0);
    println!(
        "median {:.3} ms, p99 {:.3} ms, resident {:.1} MB",
        percentile(&run.client_ms, 0.5),
        percentile(&run.client_ms, 0.99),
        server.resident_mb()
    );
}

/// Resident memory with everything on, after 200,000 distinct questions and after as many again.
fn memory() {
    let server = Server::start(&[]);
    println!("after the start: {:.1} MB", server.resident_mb());
    server.wait_until_filled();
    println!("when filled ahead: {:.1} MB", server.resident_mb());
    for round in 1..=3 {
        let began = Instant::now();
        let mut peak: f64 = 0.0;
        for part in 0..20 {
            let questions = distinct(2_000_000 + round * 200_000 + part * 10_000, 10_000);
            server.closed_loop(&questions, 8);
            peak = peak.max(server.resident_mb());
        }
        println!(
            "after {} distinct: {:.1} MB, at most {peak:.1} ({:.0} s)",
            round * 200_000,
            server.resident_mb(),
            began.elapsed().as_secs_f64()
        );
    }
}

/// The file after a million distinct questions, and what is left of it when they have expired.
fn file() {
    // A short life, so that the idle part is minutes; the hour at 300 s is driven by the clock in
    // tests/it/store.rs.
    let server = Server::start(&[]);
    let mut largest = (0, 0);
    for part in 0..100 {
        server.closed_loop(&distinct(5_000_000 + part * 10_000, 10_000), 8);
        let (file, wal) = server.file_bytes();
        largest = (largest.0.max(file), largest.1.max(wal));
    }
    server.wait_for_the_writer();
    let mb = |bytes: u64| bytes as f64 / (1024.0 * 1024.0);
    println!(
        "1,000,000 distinct: {} stored; the file at most {:.1} MB, its log {:.1} MB; resident {:.1} MB",
        server.written(),
        mb(largest.0),
        mb(largest.1),
        server.resident_mb()
    );
    let began = Instant::now();
    while server.file_bytes().0 > 1024 * 1024 && began.elapsed() < Duration::from_secs(3_600) {
        std::thread::sleep(Duration::from_secs(10));
    }
    let (file, wal) = server.file_bytes();
    println!(
        "{:.0} s later, idle: {:.2} MB and {:.2} MB",
        began.elapsed().as_secs_f64(),
        mb(file),
        mb(wal)
    );
}
