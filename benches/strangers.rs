//! What strangers can do to the service, and what shoppers notice of it.
//!
//! `cargo bench --bench strangers -- [--require] [NAME ...]` runs `slow`, `unread`, `open`, `stop`, each against
//! the built binary on a data directory of its own. With `--require` it fails where a promise is broken.
//! Everything is bounded in count and time, and stays on this machine's loopback addresses.

mod load;

use load::{Connection, Server, distinct, percentile};
use rustix::net;
use rustix::process::Resource;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Whether what was promised is so.
struct Verdict {
    holds: bool,
    said: String,
}

type Scenario = fn() -> Verdict;

fn verdict(holds: bool, said: String) -> Verdict {
    Verdict { holds, said }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let require = arguments.iter().any(|argument| argument == "--require");
    let named: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let scenarios: [(&str, Scenario); 4] =
        [("slow", slow), ("unread", unread), ("open", open), ("stop", stop)];
    let mut broken = false;
    for (name, run) in scenarios {
        if named.is_empty() || named.iter().any(|wanted| *wanted == name) {
            println!("\n== {name}");
            let verdict = run();
            println!("{}: {}", if verdict.holds { "holds" } else { "BROKEN" }, verdict.said);
            broken |= !verdict.holds;
        }
    }
    if broken && require { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Throughput from memory while 500 connections hang in every way that there is, against without them.
fn slow() -> Verdict {
    const HANGING: usize = 500;
    const ROUNDS: usize = 7;
    const REQUESTS: usize = 20_000;
    let server = Server::start(&[("SUITSIZE_WARM", "off")]);
    let questions = distinct(0, 1_000);
    let hot: Vec<_> = questions.iter().cycle().take(REQUESTS).cloned().collect();
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let alone = || {
            server.ask_all(&questions, 2);
            server.closed_loop(&hot, 8).rate
        };
        let hung = || {
            let over = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let hostile = scope.spawn(|| hang(&server, HANGING, &over));
                std::thread::sleep(Duration::from_millis(300));
                let rate = alone();
                over.store(true, Relaxed);
                let hanging = hostile.join().expect("the hostile end");
                (rate, hanging)
            })
        };
        let (without, (with, hanging)) = if round % 2 == 0 {
            (alone(), hung())
        } else {
            let with = hung();
            (alone(), with)
        };
        println!("{without:.0}/s alone, {with:.0}/s while {hanging} hang: {:.3}", with / without);
        ratios.push(with / without);
    }
    let ratio = percentile(&ratios, 0.5);
    verdict(
        ratio >= 0.8,
        format!("median of {ROUNDS}: {ratio:.3} of the throughput (promised: 0.8)"),
    )
}

/// Keeps `count` connections hanging until it is over: each kind a quarter, a byte now and then. Those that
/// the service ends are opened again. How many hang at the end.
fn hang(server: &Server, count: usize, over: &AtomicBool) -> usize {
    const FIRST: [&[u8]; 4] = [
        b"POST /api/recommend HTTP/1.1\r\nhost: x\r\n",
        b"GET /api/health/live HTTP/1.1\r\nhost: x\r\n\r\nGET /api/he",
        b"POST /api/recommend HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{",
        b"",
    ];
    let unread = "GET /api/health/detailed HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    let open = |n: usize| {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
        stream.set_nonblocking(true).expect("a mode");
        let first = if n % 4 == 3 { unread.as_bytes() } else { FIRST[n % 4] };
        drop(stream.write(first));
        stream
    };
    let mut streams: Vec<TcpStream> = (0..count).map(open).collect();
    while !over.load(Relaxed) {
        for (n, stream) in streams.iter_mut().enumerate() {
            // Neither reads what it is answered; a write tells whether it is still there.
            if n % 4 != 3
                && stream.write(b" ").is_err_and(|e| e.kind() != std::io::ErrorKind::WouldBlock)
            {
                *stream = open(n);
            }
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    streams.len()
}

/// Resident memory while 100 clients ask for the largest answers and take nothing.
fn unread() -> Verdict {
    const CLIENTS: usize = 100;
    let server = Server::start(&[("SUITSIZE_WARM", "off")]);
    server.ask_all(&distinct(0, 2_000), 2);
    let large = largest(&server);
    let before = server.resident_mb();
    let mut most: f64 = 0.0;
    let clients: Vec<TcpStream> = (0..CLIENTS)
        .map(|n| {
            let mut stream =
                TcpStream::connect(("127.0.0.1", server.port())).expect("a connection");
            stream.set_nonblocking(true).expect("a mode");
            drop(stream.write(large[n % large.len()].repeat(8).as_bytes()));
            stream
        })
        .collect();
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(100));
        most = most.max(server.resident_mb());
    }
    let open = server.open_files();
    drop(clients);
    let more = most - before;
    println!("{before:.1} MB before, at most {most:.1}; files open after 20 s: {open}");
    verdict(more <= 32.0, format!("{more:+.1} MB while {CLIENTS} take nothing (promised: 32)"))
}

/// Requests whose answers are the largest of each kind.
fn largest(server: &Server) -> Vec<String> {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    let questions = distinct(50_000, 1_000);
    let bodies: Vec<&str> =
        questions.iter().filter_map(|q| q.split_once("\r\n\r\n")).map(|(_, body)| body).collect();
    let batch = format!("[{}]", bodies.join(","));
    let batch = format!(
        "POST /api/recommend/batch HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{batch}",
        batch.len()
    );
    let all = [
        batch,
        get("/api/performance?hours=24"),
        get("/api/openapi.json"),
        get("/api/docs/swagger-ui-bundle.js"),
        get("/metrics"),
    ];
    all.into_iter()
        .inspect(|asked| {
            let mut connection = Connection::open(server.port());
            connection.send(asked);
            let (head, body) = connection.receive();
            let line = asked.lines().next().unwrap_or_default();
            println!(
                "{line}: {}, {} kB",
                head.lines().next().unwrap_or_default(),
                body.len() / 1000
            );
        })
        .collect()
}

/// 10,000 connections from forty addresses, that do nothing; shoppers meanwhile, and memory.
fn open() -> Verdict {
    const CONNECTIONS: usize = 10_000;
    allow_files();
    let server = Server::start(&[("SUITSIZE_WARM", "off")]);
    let questions = distinct(0, 1_000);
    server.ask_all(&questions, 2);
    let before = server.resident_mb();
    let mut streams = Vec::new();
    for n in 0..CONNECTIONS {
        // Each of these is this machine, and a client of its own to the service.
        let from = Ipv4Addr::new(127, 0, 1, 1 + (n % 40) as u8);
        match connect_from(from, server.port()) {
            Ok(stream) => streams.push(stream),
            Err(error) => {
                println!("no more than {n} from here: {error}");
                break;
            }
        }
    }
    let held = streams.len();
    let most = server.resident_mb();
    let files = server.open_files();
    drop(streams);
    std::thread::sleep(Duration::from_secs(1));
    let run = server.closed_loop(&questions, 4);
    println!("{held} opened, {files} files in the service; {before:.1} MB before, {most:.1} then");
    let answered = run.tiers.iter().filter(|tier| !tier.is_empty()).count();
    verdict(
        answered == questions.len() && most - before <= 64.0,
        format!(
            "{:+.1} MB; a second later {answered} of {} are answered",
            most - before,
            questions.len()
        ),
    )
}

fn connect_from(from: Ipv4Addr, port: u16) -> std::io::Result<OwnedFd> {
    let socket = net::socket(net::AddressFamily::INET, net::SocketType::STREAM, None)?;
    net::bind(&socket, &SocketAddr::from((from, 0)))?;
    net::connect(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

/// As many files as the machine lets us have.
fn allow_files() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let most = rustix::process::Rlimit { current: limit.maximum, ..limit };
    rustix::process::setrlimit(Resource::Nofile, most).expect("its own limit");
}

/// Requests that were sent and not answered, over twenty stops in the middle of load.
fn stop() -> Verdict {
    const STOPS: usize = 20;
    const CLIENTS: usize = 16;
    let (lost, answered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut slowest: f64 = 0.0;
    for round in 0..STOPS {
        let mut server = Server::start(&[("SUITSIZE_WARM", "off")]);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
        let hot = distinct(0, 100);
        server.ask_all(&hot, 2);
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (hot, lost, answered) = (&hot, &lost, &answered);
                scope.spawn(move || {
                    let new = distinct(10_000_000 + (round * CLIENTS + client) * 10_000, 10_000);
                    // Half of them ask what is in memory, half what has to be computed; a quarter opens a
                    // connection for each request.
                    let asked = if client % 2 == 0 { hot } else { &new };
                    let outcome = ask_until_refused(address, asked, client % 4 == 3);
                    lost.fetch_add(outcome.lost, Relaxed);
                    answered.fetch_add(outcome.answered, Relaxed);
                });
            }
            std::thread::sleep(Duration::from_millis(200 + 37 * round as u64));
            slowest = slowest.max(server.terminate().as_secs_f64());
        });
    }
    let (lost, answered) = (lost.into_inner(), answered.into_inner());
    verdict(
        lost == 0 && slowest < 5.0,
        format!(
            "{STOPS} stops: {lost} lost of {answered}; the slowest took {slowest:.1} s (promised: 0, 5 s)"
        ),
    )
}

#[derive(Default)]
struct Outcome {
    answered: usize,
    lost: usize,
}

/// Asks until nobody takes a connection any more.
fn ask_until_refused(address: SocketAddr, asked: &[String], each_anew: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let mut open: Option<TcpStream> = None;
    for question in asked.iter().cycle() {
        let mut stream = match open.take() {
            Some(stream) => stream,
            None => match TcpStream::connect(address) {
                Ok(stream) => stream,
                Err(_) => break,
            },
        };
        match exchange(&mut stream, question) {
            Some(keeps) => {
                outcome.answered += 1;
                open = (keeps && !each_anew).then_some(stream);
            }
            None => outcome.lost += 1,
        }
    }
    outcome
}

/// `None`: no whole answer came. Otherwise whether the connection is kept.
fn exchange(stream: &mut TcpStream, question: &str) -> Option<bool> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(question.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let count = match stream.read(&mut part) {
            // A read with a time limit is not taken up again by the kernel when the machine is halted for a moment.
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.ok().filter(|count| *count > 0)?,
        };
        answer.extend_from_slice(&part[..count]);
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let field =
            |name: &str| head.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
        let length: usize = field("content-length:")?.parse().ok()?;
        if answer.len() >= end + 4 + length {
            let good = head.starts_with("http/1.1 200");
            return good.then_some(field("connection:") != Some("close"));
        }
    }
}
