//! What a hostile client might send: good requests, changed in one to three places.

use serde_json::{Value, json};
use suitsize::http::ROUTES;
use suitsize::sizing::parse::FIELDS;

/// `SplitMix64`: the same everywhere, from one number.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

pub struct Mutated {
    pub bytes: Vec<u8>,
    /// Where it ends is as its head says: the connection can be used again.
    pub is_framed: bool,
    pub is_head: bool,
}

const METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "BREW",
    "get",
    "",
    "POST POST",
    "\u{7f}",
];
/// Beside those that are served.
const OTHER_PATHS: &[&str] = &[
    "*",
    "//",
    "/api",
    "/api/recommend/",
    "/api//recommend",
    "/api/%72ecommend",
    "/api/../api/recommend",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/api/performance?hours=1",
    "/api/performance?days=99999",
    "/api/performance?minutes=-1&route=%00",
    "/api/performance?hours=1&hours=1",
    "/api/cache?prefix=x",
    "/api/docs/",
    "/api/docs/../../x",
    "http://x/api/health",
    "/api/health?%ff=%fe",
    "/\u{0}",
    "/ü",
];
const HEADERS: &[&str] = &[
    "accept: text/csv",
    "accept: */*;q=nan",
    "accept-encoding: gzip, br, zstd",
    "accept-encoding: x;q=2",
    "authorization: Bearer",
    "authorization: Bearer x",
    "authorization: Basic eA==",
    "connection: close",
    "connection: upgrade",
    "content-encoding: gzip",
    "content-encoding: br",
    "content-length: 0",
    "content-length: -1",
    "content-length: 99999999999999999999",
    "content-length: 5",
    "content-type: application/json; charset=utf-16",
    "content-type: multipart/form-data",
    "content-type: ",
    "content-type: text/csv",
    "content-type: application/xml",
    "cookie: a=b; c",
    "expect: 100-continue",
    "expect: 200-ok",
    "forwarded: for=\"[::1]\"",
    "host: evil.example",
    "host:",
    "if-none-match: *",
    "if-none-match: \"x",
    "origin: https://evil.example",
    "origin: null",
    "access-control-request-method: POST",
    "range: bytes=0-1",
    "te: trailers",
    "transfer-encoding: chunked",
    "transfer-encoding: gzip, chunked",
    "upgrade: websocket",
    "x-forwarded-for: 1.2.3.4, evil",
    "x-forwarded-for: ,,,,",
    "x-forwarded-proto: https",
    "x-request-id: ../../etc",
    "x-request-id: a",
    "no colon",
    ": no name",
    "x: \u{1}",
];
/// Beside those of a question.
const OTHER_NAMES: &[&str] =
    &["questions", "defaults", "vacuum", "Height", "hieght", "", "\u{202e}", "__proto__", "$ref"];
const TEXTS: &[&str] = &[
    "",
    "metric",
    "imperial",
    "slim",
    "regular",
    "relaxed",
    "male",
    "female",
    "5'10\"",
    "5'10 1/2\"",
    "9'99\"",
    "40R",
    "34/32",
    "W34",
    "50",
    "98",
    "EU",
    "US",
    "JP",
    "default",
    "nosuch",
    "home",
    "fitter",
    "full",
    "narrower",
    "rounder",
    "175",
    "NaN",
    "=1+1",
    "'; DROP TABLE answers; --",
    "\u{0}",
    "\u{202e}abc",
    "\u{1f454}\u{1f454}",
    "\\u0000",
    "../../etc/passwd",
    "%s%n",
    "${jndi:ldap://x}",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "175",
    "75",
    "69",
    "165",
    "120",
    "119.99",
    "230.01",
    "30",
    "300",
    "1e9",
    "1e308",
    "1e999",
    "-1e999",
    "5e-324",
    "0.1",
    "175.25",
    "18446744073709551616",
    "-9223372036854775809",
    "1E400",
    "01",
    "1.",
    ".5",
    "+1",
    "NaN",
    "Infinity",
    "0x10",
    "1_0",
];

impl Mutated {
    pub fn new(random: &mut Random, token: &str) -> Self {
        let (path, body) = asked(random);
        let mut body = body.into_bytes();
        if random.one_in(3) {
            disturb(random, &mut body);
        }
        let method = if body.is_empty() { "GET" } else { "POST" };
        if random.one_in(4) {
            return Self::with_strange_head(random, path, &body, token);
        }
        let mut bytes = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(&body);
        Mutated { bytes, is_framed: true, is_head: false }
    }

    fn with_strange_head(random: &mut Random, path: &str, body: &[u8], token: &str) -> Self {
        let method = random.of(METHODS);
        let path = if random.one_in(3) { path } else { some_path(random) };
        let version =
            random.of(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]);
        let mut head = format!("{method} {path} {version}\r\n");
        for _ in 0..random.below(5) {
            let header = random.of(HEADERS);
            head += &match random.below(12) {
                0 => format!("{header}{}\r\n", "y".repeat(random.below(20_000))),
                1 => format!("{header}\r\n").repeat(random.below(120)),
                2 => format!("authorization: Bearer {token}\r\n"),
                _ => format!("{header}\r\n"),
            };
        }
        if random.one_in(2) {
            head +=
                &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        if random.one_in(3) {
            disturb(random, &mut bytes);
        }
        Mutated { bytes, is_framed: false, is_head: method == "HEAD" }
    }
}

/// A path with a body that it may take, or would nearly.
fn asked(random: &mut Random) -> (&'static str, String) {
    match random.below(8) {
        0 => (some_path(random), String::new()),
        1 => ("/api/recommend/batch", batch(random)),
        2 => ("/api/optimize", object(random, 1)),
        _ => ("/api/recommend", question(random)),
    }
}

fn batch(random: &mut Random) -> String {
    let questions: Vec<String> = (0..random.below(6)).map(|_| question(random)).collect();
    let list = format!("[{}]", questions.join(","));
    if random.one_in(2) { list } else { format!(r#"{{"questions":{list}}}"#) }
}

fn some_path(random: &mut Random) -> &'static str {
    let at = random.below(ROUTES.len() + OTHER_PATHS.len());
    ROUTES.iter().chain(OTHER_PATHS).nth(at).copied().unwrap_or_default()
}

fn name(random: &mut Random) -> String {
    let at = random.below(FIELDS.len() + OTHER_NAMES.len());
    FIELDS.iter().chain(OTHER_NAMES).nth(at).copied().unwrap_or_default().to_owned()
}

/// A good question with up to three things changed.
fn question(random: &mut Random) -> String {
    let height = 150 + random.below(60);
    let weight = 50 + random.below(70);
    let mut fields: Vec<(String, String)> =
        vec![("height".to_owned(), height.to_string()), ("weight".to_owned(), weight.to_string())];
    for _ in 0..random.below(4) {
        match random.below(4) {
            0 => fields.push((name(random), value(random, 3))),
            1 if !fields.is_empty() => {
                let at = random.below(fields.len());
                fields[at].1 = value(random, 3);
            }
            2 if !fields.is_empty() => drop(fields.remove(random.below(fields.len()))),
            _ => fields.push((name(random), json!(random.of(TEXTS)).to_string())),
        }
    }
    let fields: Vec<String> =
        fields.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name))).collect();
    format!("{{{}}}", fields.join(","))
}

fn value(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 5 } else { 9 }) {
        0 => random.of(NUMBERS).to_owned(),
        1 => json!(random.of(TEXTS)).to_string(),
        2 => random.of(&["null", "true", "false", "nul", "True"]).to_owned(),
        3 => json!("z".repeat(random.below(3_000))).to_string(),
        4 => random.of(NUMBERS).to_owned(),
        5 => object(random, depth - 1),
        6 => {
            let values: Vec<String> =
                (0..random.below(4)).map(|_| value(random, depth - 1)).collect();
            format!("[{}]", values.join(","))
        }
        7 => {
            let deep = random.below(400);
            format!("{}{}", "[".repeat(deep), "]".repeat(deep))
        }
        _ => r#"{"a":"#.repeat(random.below(200)),
    }
}

fn object(random: &mut Random, depth: usize) -> String {
    const INNER: &[&str] = &["chest", "stomach", "size", "system", "vacuum", "size", "other"];
    let fields: Vec<String> = (0..random.below(3))
        .map(|_| format!("\"{}\":{}", random.of(INNER), value(random, depth)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// Bytes lost, doubled, changed, cut off, or put in.
fn disturb(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = random.below(bytes.len());
        let until = (at + 1 + random.below(16)).min(bytes.len());
        match random.below(6) {
            0 => bytes[at] = random.next() as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..until)),
            3 => {
                let part = bytes[at..until].to_vec();
                bytes.splice(at..at, part);
            }
            4 => bytes.truncate(at),
            _ => drop(bytes.splice(at..at, *b"\xef\xbb\xbf\xff\x00\r\n")),
        }
    }
}
