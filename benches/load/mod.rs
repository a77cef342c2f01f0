//! The load: the built binary as a child process, and connections that ask it.

// Each bench uses a part of it.
#![allow(dead_code)]

mod shopper;

#[allow(unused_imports)]
pub use shopper::Shopper;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Server {
    process: Child,
    port: u16,
    dir: tempfile::TempDir,
}

/// What a run saw, request by request.
#[derive(Default)]
pub struct Run {
    pub rate: f64,
    /// The server's processor time for a request, microseconds.
    pub cpu_us: f64,
    /// From the moment when it was due.
    pub client_ms: Vec<f64>,
    /// What X-Response-Time says.
    pub server_ms: Vec<f64>,
    /// In the order of the requests.
    pub tiers: Vec<String>,
}

impl Run {
    pub fn share(&self, tier: &str) -> f64 {
        self.tiers.iter().filter(|t| *t == tier).count() as f64 / self.tiers.len() as f64
    }
}

impl Server {
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        // Another build, to compare two.
        let binary = std::env::var("SUITSIZE_BENCH_BINARY");
        let binary = binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_suitsize"));
        let mut process = Command::new(binary)
            .args(["serve", "--port", "0", "--workers", "2", "--data-dir"])
            .arg(dir.path())
            // One client asks as fast as it can.
            .env("SUITSIZE_RATE_LIMIT", "off")
            .env("RUST_LOG", "error")
            .env_remove("SUITSIZE_BENCH_BINARY")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut greeting = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut greeting).expect("it greets");
        let port = greeting.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        Server { process, port: port.expect("the greeting ends in a port"), dir }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process.id())).map_or(0, Iterator::count)
    }

    /// SIGTERM, until it has ended.
    pub fn terminate(&mut self) -> Duration {
        let began = Instant::now();
        let id = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        assert!(told.is_ok_and(|told| told.success()), "it is there to be told");
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}");
        began.elapsed()
    }

    /// As fast as `connections` can ask.
    pub fn closed_loop(&self, questions: &[String], connections: usize) -> Run {
        let began = Instant::now();
        let cpu = self.cpu();
        let parts = questions.chunks(questions.len().div_ceil(connections));
        let runs: Vec<Run> = std::thread::scope(|scope| {
            let threads: Vec<_> = parts
                .map(|part| {
                    scope.spawn(move || {
                        let mut connection = Connection::open(self.port);
                        let mut run = Run::default();
                        part.iter().for_each(|q| connection.ask(q, Instant::now(), &mut run));
                        run
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("a client ends")).collect()
        });
        let mut whole = runs.into_iter().fold(Run::default(), |mut whole, run| {
            whole.client_ms.extend(run.client_ms);
            whole.server_ms.extend(run.server_ms);
            whole.tiers.extend(run.tiers);
            whole
        });
        whole.rate = questions.len() as f64 / began.elapsed().as_secs_f64();
        whole.cpu_us = (self.cpu() - cpu).as_secs_f64() * 1e6 / questions.len() as f64;
        whole
    }

    /// Milliseconds of `questions` one after the other over one connection, then of `others` as one batch over
    /// the same.
    pub fn alone_and_together(&self, questions: &[String], others: &[String]) -> (f64, f64) {
        let mut connection = Connection::open(self.port);
        let began = Instant::now();
        let mut run = Run::default();
        questions.iter().for_each(|q| connection.ask(q, Instant::now(), &mut run));
        let alone_ms = began.elapsed().as_secs_f64() * 1_000.0;
        assert!(run.share("MISS") > 0.99, "they are new");

        let bodies: Vec<&str> = others.iter().filter_map(|q| q.split("\r\n\r\n").nth(1)).collect();
        let batch = post("/api/recommend/batch", &format!("[{}]", bodies.join(",")));
        let began = Instant::now();
        connection.send(&batch);
        let (head, body) = connection.receive();
        let together_ms = began.elapsed().as_secs_f64() * 1_000.0;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let end = String::from_utf8_lossy(&body[body.len().saturating_sub(400)..]).into_owned();
        assert!(end.contains(&format!("\"computed\":{}", others.len())), "they are new: {end}");
        (alone_ms, together_ms)
    }

    pub fn ask_all(&self, questions: &[String], connections: usize) {
        self.closed_loop(questions, connections);
    }

    /// Each question at its moment, whatever became of those before.
    pub fn at_rate<'a>(
        &self,
        questions: impl Iterator<Item = &'a String>,
        rate: f64,
        connections: usize,
    ) -> Run {
        let questions: Vec<&String> = questions.collect();
        let began = Instant::now() + Duration::from_millis(10);
        let due = |n: usize| began + Duration::from_secs_f64(n as f64 / rate);
        let runs: Vec<Run> = std::thread::scope(|scope| {
            let questions = &questions;
            let threads: Vec<_> = (0..connections)
                .map(|first| {
                    scope.spawn(move || {
                        let mut connection = Connection::open(self.port);
                        let mut run = Run::default();
                        for n in (first..questions.len()).step_by(connections) {
                            std::thread::sleep(due(n).saturating_duration_since(Instant::now()));
                            connection.ask(questions[n], due(n), &mut run);
                        }
                        run
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("a client ends")).collect()
        });
        let mut whole = Run::default();
        for n in 0..questions.len() {
            let run = &runs[n % connections];
            let at = n / connections;
            whole.client_ms.push(run.client_ms[at]);
            whole.server_ms.push(run.server_ms[at]);
            whole.tiers.push(run.tiers[at].clone());
        }
        whole
    }

    pub fn written(&self) -> u64 {
        self.health()["store"]["written"].as_u64().expect("a count")
    }

    pub fn wait_for_the_writer(&self) {
        while self.health()["store"]["rowsWaiting"] != 0 {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(Duration::from_millis(300)); // the batch in hand
    }

    pub fn wait_until_filled(&self) {
        let ahead = || self.health()["cache"]["aheadEntries"].as_u64().unwrap_or(0);
        let mut last = u64::MAX;
        loop {
            std::thread::sleep(Duration::from_secs(2));
            let now = ahead();
            if now == last {
                return;
            }
            last = now;
        }
    }

    pub fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN)
            / 1024.0
    }

    /// Database, log.
    pub fn file_bytes(&self) -> (u64, u64) {
        let bytes = |name| std::fs::metadata(self.dir.path().join(name)).map_or(0, |f| f.len());
        (bytes("suitsize.db"), bytes("suitsize.db-wal"))
    }

    fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
        let stat = stat.unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let ticks: u64 = after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        Duration::from_millis(ticks * 10) // USER_HZ is 100 everywhere that matters
    }

    fn health(&self) -> Value {
        let mut connection = Connection::open(self.port);
        connection.send("GET /api/health HTTP/1.1\r\nhost: x\r\n\r\n");
        let (_, body) = connection.receive();
        serde_json::from_slice(body).expect("health is JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A question as it goes over the wire.
pub fn request(body: &str) -> String {
    post("/api/recommend", body)
}

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// `count` different ordinary questions from `first` on; the first 10.8 million are all different.
pub fn distinct(first: usize, count: usize) -> Vec<String> {
    const SYSTEMS: [&str; 6] = ["EU", "US", "UK", "IT", "FR", "JP"];
    (first..first + count)
        .map(|n| {
            let height = 160.0 + (n % 100) as f64 * 0.5;
            let weight = 60.0 + (n / 100 % 100) as f64 * 0.5;
            let age = 18 + n / 10_000 % 60;
            let fit = ["regular", "slim", "relaxed"][n / 600_000 % 3];
            let system = SYSTEMS[n / 1_800_000 % 6];
            request(&format!(
                r#"{{"height":{height},"weight":{weight},"age":{age},"fitPreference":"{fit}","sizeSystem":"{system}"}}"#
            ))
        })
        .collect()
}

/// `share` 0.5 is the median.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() as f64 * share) as usize).min(sorted.len() - 1)]
}

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Connection { stream, buffer: Vec::new() }
    }

    fn ask(&mut self, request: &str, due: Instant, run: &mut Run) {
        self.send(request);
        let (head, _) = self.receive();
        run.client_ms.push(due.elapsed().as_secs_f64() * 1000.0);
        let header = |name: &str| {
            let line = head.lines().find(|line| {
                line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name)
            });
            line.map_or("", |line| line[name.len()..].trim())
        };
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        run.tiers.push(header("x-cache:").to_owned());
        let ms = header("x-response-time:").trim_end_matches("ms");
        run.server_ms.push(ms.parse().expect("a time"));
    }

    pub fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).expect("it reads");
    }

    /// One answer: its head as text, its body.
    pub fn receive(&mut self) -> (String, &[u8]) {
        self.buffer.clear();
        let mut block = [0; 64 * 1024];
        loop {
            let count = self.stream.read(&mut block).expect("it answers");
            assert!(count > 0, "the server closed the connection");
            self.buffer.extend_from_slice(&block[..count]);
            let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
                })
                .unwrap_or(0);
            if self.buffer.len() >= end + 4 + length {
                return (head, &self.buffer[end + 4..]);
            }
        }
    }
}
