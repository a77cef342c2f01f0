//! Requests that nobody would write, by the thousand, from a fixed seed: none is answered 5xx, nothing
//! panics, nothing grows.
//!
//! `SUITSIZE_TEST_MUTATIONS` says how many (`.ci/run`: 200,000), `SUITSIZE_TEST_BINARY` against which build.

mod mutate;

use crate::running::Served;
use mutate::{Mutated, Random};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

const BY_ITSELF: usize = 4_000;
const SEED: u64 = 0x5017_512e;
/// As many as one client may have lists at once.
const CONNECTIONS: u64 = 3;
/// What the allocator may keep, and the tiers fill with.
const MOST_GROWTH_KB: i64 = 24 * 1024;

fn count() -> usize {
    std::env::var("SUITSIZE_TEST_MUTATIONS").map_or(BY_ITSELF, |n| n.parse().unwrap())
}

#[test]
fn no_mutated_request_is_our_mistake() {
    let token = "t".repeat(32);
    let mut served = Served::start(&[
        ("SUITSIZE_RATE_LIMIT", "off"),
        ("SUITSIZE_WARM", "off"),
        ("SUITSIZE_ADMIN_TOKEN", &token),
        ("RUST_LOG", "info"),
    ]);
    // What is filled once is filled: tiers, buffers, threads.
    ask(served.port, count() / 4, SEED + 1_000, &token);
    let (memory, files) = (resident_kb(&served), open_files(&served));
    let told = ask(served.port, count(), SEED, &token);
    println!("{} requests: {told:?}", count());
    let grown = resident_kb(&served) - memory;
    assert!(grown < MOST_GROWTH_KB, "{grown} kB more after {} requests", count());
    assert!(open_files(&served) <= files + 8, "connections are left open");
    assert!(told.answered > count() / 2, "most are answered: {told:?}");
    assert!(told.good > count() / 50, "some are good: {told:?}");
    assert!(served.terminate().success());
    let log = served.log();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

#[derive(Debug, Default)]
struct Told {
    answered: usize,
    good: usize,
    /// Closed without a word, as HTTP has it for what is not HTTP.
    closed: usize,
}

fn ask(port: u16, count: usize, seed: u64, token: &str) -> Told {
    let all = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..CONNECTIONS)
            .map(|n| {
                scope
                    .spawn(move || ask_in_turn(port, count / CONNECTIONS as usize, seed + n, token))
            })
            .collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    all.into_iter().fold(Told::default(), |a, b| Told {
        answered: a.answered + b.answered,
        good: a.good + b.good,
        closed: a.closed + b.closed,
    })
}

fn ask_in_turn(port: u16, count: usize, seed: u64, token: &str) -> Told {
    let mut random = Random::new(seed);
    let mut kept: Option<TcpStream> = None;
    let mut told = Told::default();
    for number in 0..count {
        let request = Mutated::new(&mut random, token);
        let fresh = || TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let mut stream = kept.take().unwrap_or_else(fresh);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let answer = match exchange(&mut stream, &request) {
            // The one before may have been its last.
            None if number > 0 => exchange(&mut fresh(), &request),
            answer => answer,
        };
        let Some(answer) = answer else {
            told.closed += 1;
            continue;
        };
        told.answered += 1;
        told.good += usize::from(answer.status < 300);
        let shown = String::from_utf8_lossy(&request.bytes);
        let shown: String = shown.chars().take(2_000).collect();
        assert!(answer.status < 500, "seed {seed}, request {number}: {}\n{shown}", answer.status);
        if answer.keeps && request.is_framed {
            kept = Some(stream);
        }
    }
    told
}

struct Answer {
    status: u16,
    keeps: bool,
}

/// The first answer to what was sent; `None` if the connection was closed without one.
fn exchange(stream: &mut TcpStream, request: &Mutated) -> Option<Answer> {
    let sent = stream.write_all(&request.bytes);
    if !request.is_framed {
        // Nothing more comes: what waits for the rest of it need not.
        drop(stream.shutdown(Shutdown::Write));
    }
    if let Err(error) = sent
        && !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
    {
        panic!("{error}");
    }
    let mut answer = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let count = match stream.read(&mut part) {
            Ok(0) => return None,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
            Err(error) => {
                panic!(
                    "neither an answer nor an end: {error}\n{}",
                    String::from_utf8_lossy(&request.bytes)
                )
            }
        };
        answer.extend_from_slice(&part[..count]);
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            let status = status.expect("a status");
            let field =
                |name: &str| head.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
            let bodiless = request.is_head || status == 204 || status == 304;
            let length = if bodiless {
                0
            } else {
                field("content-length:").map_or(0, |l| l.parse().unwrap())
            };
            // A body of unknown length is not waited for: its connection is not used again.
            let chunked = field("transfer-encoding:").is_some();
            if chunked || answer.len() >= end + 4 + length {
                let keeps = !chunked && field("connection:") != Some("close");
                return Some(Answer { status, keeps });
            }
        }
    }
}

fn resident_kb(served: &Served) -> i64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.child.id()));
    let Ok(status) = status else { return 0 };
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn open_files(served: &Served) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", served.child.id())).map_or(0, Iterator::count)
}
