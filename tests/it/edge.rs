//! The service as a stranger meets it: limits, headers, other sites' pages, packed answers, strange bodies.

use crate::running::{JSON, Reply, Running};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use suitsize::config::{AdminToken, LimitSettings, Origin, Rate};
use suitsize::http::ROUTES;

const TOKEN: &str = "an-operators-secret-of-forty-characters";
const SHOP: &str = "https://shop.example";
const QUESTION: &[u8] = br#"{"height":175,"weight":75}"#;

/// Without a rate, open to one other site, behind one proxy.
static SERVICE: LazyLock<Running> = LazyLock::new(|| {
    Running::start(|settings| {
        settings.admin_token = Some(AdminToken::parse(TOKEN).unwrap());
        settings.limits.cors_origins = vec![Origin::parse(SHOP).unwrap()];
        settings.limits.trusted_proxies = Some(1);
    })
});

fn limited(rate: &str, change: impl FnOnce(&mut LimitSettings)) -> Running {
    Running::start(|settings| {
        settings.limits.rate_limit = Rate::parse(rate).unwrap();
        settings.admin_token = Some(AdminToken::parse(TOKEN).unwrap());
        change(&mut settings.limits);
    })
}

fn ask(headers: &[(&str, &str)], body: &[u8]) -> Reply {
    SERVICE.send("POST", "/api/recommend", headers, body)
}

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.json()["code"].as_str().unwrap_or_default().to_owned())
}

/// What a service answers to bytes, until it closes.
fn raw(service: &Running, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

#[test]
fn a_client_has_its_rate_and_no_more() {
    // A minute's worth of a small rate may come at once.
    let service = limited("5/min", |_| ());
    let ask = || service.ask(&json!({"height":175,"weight":75}));
    for left in (0..5).rev() {
        let reply = ask();
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("ratelimit-limit"), "5");
        assert_eq!(reply.header("ratelimit-remaining"), left.to_string());
    }
    let denied = ask();
    assert_eq!(code(&denied), (429, "too_many_requests".to_owned()));
    assert_eq!(denied.header("ratelimit-remaining"), "0");
    let wait: u64 = denied.header("retry-after").parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    assert_eq!(denied.header("x-content-type-options"), "nosniff");
    assert_eq!(denied.header("cache-control"), "no-store");
    // Spelled in another way it is the same.
    let spelled = service.send("POST", "/api/%72ecommend", &[JSON], QUESTION);
    assert_eq!(spelled.status, 429);
    // Other classes have their own, and probes none.
    assert_eq!(service.get("/api/alerts").header("ratelimit-limit"), "10");
    for path in ["/api/health", "/api/health/live", "/api/health/ready"] {
        for _ in 0..30 {
            let reply = service.get(path);
            assert_eq!((reply.status, reply.header("ratelimit-limit")), (200, ""), "{path}");
        }
    }
}

#[test]
fn a_refused_question_is_counted_too() {
    let service = limited("2/min", |_| ());
    let bad = || service.send("POST", "/api/recommend", &[JSON], b"{").status;
    assert_eq!([bad(), bad(), bad()], [400, 400, 429]);
}

#[test]
fn without_a_rate_nothing_is_said_of_one() {
    let reply = ask(&[JSON], QUESTION);
    assert_eq!(reply.status, 200);
    assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("ratelimit")));
}

#[test]
fn behind_a_proxy_the_last_address_counts_and_the_first_does_not() {
    let from = |service: &Running, address: &str| {
        service.send("GET", "/api/alerts", &[("x-forwarded-for", address)], b"").status
    };
    let behind = limited("1/min", |limits| limits.trusted_proxies = Some(1));
    assert_eq!(from(&behind, "198.51.100.1, 203.0.113.9"), 200);
    assert_eq!(from(&behind, "198.51.100.2, 203.0.113.9"), 200);
    assert_eq!(from(&behind, "198.51.100.3, 203.0.113.9"), 429, "what stands first is anybody's");
    assert_eq!(from(&behind, "203.0.113.10"), 200);
    assert_eq!(from(&behind, "2001:db8::1"), 200);
    assert_eq!(from(&behind, "2001:db8::2"), 200);
    assert_eq!(from(&behind, "2001:db8::3"), 429, "a network of 64 bits is one client");
    let open = limited("1/min", |_| ());
    assert_eq!(from(&open, "203.0.113.1"), 200);
    assert_eq!(from(&open, "203.0.113.2"), 200);
    assert_eq!(from(&open, "203.0.113.3"), 429, "nobody's word is taken without a proxy");
}

#[test]
fn who_guesses_the_token_is_not_listened_to() {
    let behind = ("x-forwarded-for", "203.0.113.77");
    let guess = |token: &str| {
        let bearer = format!("Bearer {token}");
        let path = "/api/cache?prefix=none";
        SERVICE.send("DELETE", path, &[behind, ("authorization", &bearer)], b"")
    };
    assert_eq!(guess(TOKEN).status, 200);
    for _ in 0..5 {
        assert_eq!(guess("a-wrong-token-of-more-than-32-characters").status, 401);
    }
    for token in ["a-wrong-token-of-more-than-32-characters", TOKEN] {
        let reply = guess(token);
        assert_eq!(code(&reply), (429, "too_many_requests".to_owned()));
        let wait: u64 = reply.header("retry-after").parse().unwrap();
        assert!((50..=60).contains(&wait), "{wait}");
    }
    let elsewhere = [("x-forwarded-for", "203.0.113.78"), ("authorization", "Bearer x")];
    assert_eq!(SERVICE.send("DELETE", "/api/cache", &elsewhere, b"").status, 401);
}

#[test]
fn operating_has_a_small_rate_of_its_own() {
    let service = limited("50/s", |_| ());
    let bearer = format!("Bearer {TOKEN}");
    let clear = || service.send("DELETE", "/api/cache?x=1", &[("authorization", &bearer)], b"");
    for _ in 0..30 {
        assert_eq!(clear().status, 422);
    }
    assert_eq!(clear().status, 429);
}

const EVERYWHERE: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
];
/// What is no page of ours may load nothing.
const NOTHING: &str =
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
/// Files of the binary: a copy may be kept, and is asked about.
const FILES: [&str; 7] = [
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/page.js",
    "/",
    "/dashboard",
    "/pages/kiosk/main.js",
    "/pages/wording/de.json",
];

#[test]
fn every_answer_tells_browsers_what_they_may() {
    let authorized = ("authorization", &*format!("Bearer {TOKEN}"));
    let mut replies = vec![
        ask(&[JSON], QUESTION),
        ask(&[JSON], b"{"),
        ask(&[JSON], b"{}"),
        SERVICE.get("/nowhere"),
        SERVICE.get("/api/docs/nowhere"),
        SERVICE.send("PUT", "/api/health", &[], b""),
        SERVICE.send("HEAD", "/api/health", &[], b""),
        SERVICE.send(
            "POST",
            "/api/optimize",
            &[("x-forwarded-for", "203.0.113.5"), authorized],
            b"",
        ),
        SERVICE.send("POST", "/api/optimize", &[("x-forwarded-for", "203.0.113.5")], b""),
    ];
    let written = ROUTES.iter().filter(|path| path.starts_with('/') && !FILES.contains(path));
    replies.extend(written.map(|path| SERVICE.get(path)));
    for reply in &replies {
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.text);
    }
    let files = FILES.map(|path| SERVICE.get(path));
    for reply in &files {
        assert_eq!(reply.header("cache-control"), "no-cache");
    }
    replies.extend(files);
    for reply in &replies {
        for (name, value) in EVERYWHERE {
            assert_eq!(reply.header(name), value, "{name} of {} {}", reply.status, reply.text);
        }
        let (policy, opener) =
            (reply.header("content-security-policy"), reply.header("cross-origin-opener-policy"));
        for part in ["base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        for part in ["default-src 'self'", "object-src 'none'", "form-action 'self'"] {
            assert!(policy.contains(part) || policy == NOTHING, "{policy}");
        }
        assert_eq!(opener, if policy == NOTHING { "" } else { "same-origin" });
        assert!(reply.header("permissions-policy").contains("camera=()"));
        assert_eq!(reply.headers.get_all("cache-control").iter().count(), 1);
    }
    let policy = |path| SERVICE.get(path).header("content-security-policy").to_owned();
    for (path, may_load) in [
        ("/", true),
        ("/dashboard", true),
        ("/api/docs", true),
        ("/nowhere", true),
        ("/api/health", false),
        ("/api/recommend", false),
        ("/api/openapi.json", false),
        ("/api/nowhere", false),
    ] {
        assert_eq!(policy(path) != NOTHING, may_load, "{path}");
    }
    let inline = |path| SERVICE.get(path).header("content-security-policy").contains("unsafe");
    for path in ["/", "/api/health", "/api/openapi.json"] {
        assert!(!inline(path), "{path}");
    }
    assert!(inline("/api/docs"), "its script writes styles into elements");
}

#[test]
fn encryption_is_asked_for_where_there_is_some() {
    let hsts = |service: &Running, headers: &[(&str, &str)]| {
        service
            .send("GET", "/api/health", headers, b"")
            .header("strict-transport-security")
            .to_owned()
    };
    assert_eq!(hsts(&SERVICE, &[("x-forwarded-proto", "https")]), "max-age=63072000");
    assert_eq!(hsts(&SERVICE, &[("x-forwarded-proto", "http")]), "");
    assert_eq!(hsts(&SERVICE, &[]), "");
    let open = Running::start(|_| ());
    assert_eq!(hsts(&open, &[("x-forwarded-proto", "https")]), "", "anybody can say so");
}

fn preflight(service: &Running, path: &str, origin: &str, method: &str, header: &str) -> Reply {
    let mut headers = vec![("origin", origin), ("access-control-request-method", method)];
    if !header.is_empty() {
        headers.push(("access-control-request-headers", header));
    }
    service.send("OPTIONS", path, &headers, b"")
}

#[test]
fn a_site_on_the_list_may_ask_and_no_other() {
    const ALLOWED: &str = "access-control-allow-origin";
    let rows = [
        (SHOP, SHOP),
        ("https://shop.example.evil.example", ""),
        ("http://shop.example", ""),
        ("https://SHOP.example", ""),
        ("https://other.example", ""),
        ("null", ""),
        ("", ""),
    ];
    for (origin, allowed) in rows {
        let reply = ask(&[JSON, ("origin", origin)], QUESTION);
        assert_eq!((reply.status, reply.header(ALLOWED)), (200, allowed), "{origin}");
        assert!(reply.header("vary").contains("Origin"), "{origin}");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        let reply = preflight(&SERVICE, "/api/recommend", origin, "POST", "content-type");
        assert_eq!(reply.header(ALLOWED), allowed, "{origin}");
        assert_eq!(reply.status == 200, !allowed.is_empty(), "{origin}: {}", reply.status);
    }
    // A denial or a mistake can be read by the page too.
    assert_eq!(ask(&[JSON, ("origin", SHOP)], b"{").header(ALLOWED), SHOP);
    let exposed = ask(&[JSON, ("origin", SHOP)], QUESTION);
    let exposed = exposed.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["x-cache", "x-request-id", "ratelimit-remaining", "retry-after", "server-timing"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let reply = ask(&[JSON], QUESTION);
    assert_eq!(reply.header(ALLOWED), "");
    assert!(reply.header("vary").contains("Origin"), "a cache must know without an origin too");
}

#[test]
fn a_browser_asks_first_for_what_is_allowed() {
    let may = |path: &str, method: &str, header: &str| {
        preflight(&SERVICE, path, SHOP, method, header).status == 200
    };
    let reply = preflight(&SERVICE, "/api/recommend", SHOP, "POST", "content-type,x-request-id");
    assert_eq!((reply.status, reply.header("access-control-max-age")), (200, "3600"));
    assert!(reply.header("vary").contains("Access-Control-Request-Method"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(may("/api/recommend", "POST", "accept"));
    assert!(may("/api/health", "GET", ""));
    assert!(!may("/api/recommend", "DELETE", ""));
    assert!(!may("/api/recommend", "POST", "authorization"));
    // An operator's routes, and whatever is no route.
    for path in ["/api/optimize", "/api/cache", "/api/cache/warm", "/api/optimiz%65", "/x"] {
        assert!(!may(path, "POST", "content-type"), "{path}");
        let headers = [("origin", SHOP), ("x-forwarded-for", "203.0.113.6")];
        let reply = SERVICE.send("POST", path, &headers, b"");
        assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
    }
}

#[test]
fn a_denial_can_be_read_by_the_page() {
    let service =
        limited("1/min", |limits| limits.cors_origins = vec![Origin::parse(SHOP).unwrap()]);
    let ask = || service.send("POST", "/api/recommend", &[JSON, ("origin", SHOP)], QUESTION);
    assert_eq!(ask().status, 200);
    let denied = ask();
    assert_eq!((denied.status, denied.header("access-control-allow-origin")), (429, SHOP));
}

#[test]
fn without_a_list_there_is_no_word_of_other_sites() {
    let service = Running::start(|_| ());
    let reply = service.send("POST", "/api/recommend", &[JSON, ("origin", SHOP)], QUESTION);
    let silent = |reply: &Reply| {
        let mut names = reply.headers.keys().map(|name| name.as_str());
        names.all(|name| !name.starts_with("access-control") && name != "vary")
    };
    assert!(reply.status == 200 && silent(&reply));
    let reply = preflight(&service, "/api/recommend", SHOP, "POST", "content-type");
    assert!(code(&reply).0 == 405 && silent(&reply));
    assert_eq!(reply.header("allow"), "POST");
}

#[test]
fn large_answers_are_packed_for_who_can_unpack_them() {
    let get = |path: &str, accepted: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", SERVICE.port)).unwrap();
        let accept = if accepted.is_empty() {
            String::new()
        } else {
            format!("accept-encoding: {accepted}\r\n")
        };
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{accept}connection: close\r\n\r\n")
            .unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(reply[..end].to_vec()).unwrap().to_ascii_lowercase();
        (head, reply[end + 4..].to_vec())
    };
    let encoding = |head: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix("content-encoding: "));
        line.unwrap_or_default().to_owned()
    };
    for (accepted, expected) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip;q=0.5, br;q=0.9", "br"),
        ("deflate", ""),
        ("identity", ""),
        ("identity;q=0, *;q=0", ""),
        ("nonsense;;", ""),
        ("", ""),
    ] {
        let (head, body) = get("/metrics", accepted);
        assert!(head.starts_with("http/1.1 200"), "{accepted}: {head}");
        assert_eq!(encoding(&head), expected, "{accepted}");
        assert!(head.contains("vary: accept-encoding"), "{accepted}: {head}");
        assert!(head.contains(&format!("content-length: {}", body.len())), "{accepted}: {head}");
        let plain = std::str::from_utf8(&body).is_ok_and(|text| text.contains("# TYPE"));
        assert_eq!(plain, expected.is_empty(), "{accepted}");
    }
    let mut unpacked = String::new();
    let packed = get("/metrics", "gzip").1;
    flate2::read::GzDecoder::new(&*packed).read_to_string(&mut unpacked).unwrap();
    assert!(unpacked.contains("# TYPE") && unpacked.len() > 4 * packed.len());
    // Small ones go as they are, and say nothing of it.
    let (head, _) = get("/api/health/live", "gzip, br, zstd");
    assert!(encoding(&head).is_empty() && !head.contains("accept-encoding"), "{head}");
    let reply = ask(&[JSON, ("accept-encoding", "br")], QUESTION);
    assert!(reply.text.len() > 1_024, "large enough");
    assert_eq!(reply.header("content-encoding"), "", "and hot");
}

#[test]
fn strange_bodies_are_told_what_is_wrong_with_them() {
    let utf16: Vec<u8> = "{\"height\":175}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bomb = "{\"a\":".repeat(3_000);
    let rows: &[(&[u8], &str)] = &[
        (b"", "there is nothing here"),
        (b"{\"height\":175,\"weight\":75}{}", "this is not JSON, at line 1 column 27"),
        (b"{\"height\":NaN}", "neither NaN nor Infinity"),
        (b"{\"height\":Infinity}", "neither NaN nor Infinity"),
        (b"{\"height\":1e999}", "a number is larger than can be read"),
        (b"{\"height\":-1e999}", "a number is larger than can be read"),
        (b"{\"chart\":\"\xc3\x28\"}", "byte 11 is not UTF-8"),
        (&utf16, "UTF-16"),
        (bomb.as_bytes(), "nested deeper than the 16 levels"),
    ];
    for (body, expected) in rows {
        let reply = ask(&[JSON], body);
        assert_eq!(code(&reply), (400, "not_json".to_owned()), "{}", reply.text);
        assert!(reply.text.contains(expected), "{} lacks {expected}", reply.text);
    }
    let marked = [b"\xef\xbb\xbf", QUESTION].concat();
    assert_eq!(ask(&[JSON], &marked).status, 200);
}

#[test]
fn a_field_that_is_given_twice_is_refused_by_name() {
    let reply = ask(
        &[JSON],
        br#"{"height":175,"weight":173.17,"build":{"chest":"a","chest":"b"},"weight":75}"#,
    );
    assert_eq!(code(&reply), (422, "invalid_question".to_owned()));
    let problem = reply.json();
    let named: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|e| (&e["field"], &e["code"])).collect();
    let duplicate = &json!("duplicate_field");
    assert_eq!(named, [(&json!("build.chest"), duplicate), (&json!("weight"), duplicate)]);
    assert!(!reply.text.contains("173.17"));
}

#[test]
fn packed_or_foreign_bodies_are_refused_before_they_are_read() {
    for (content_type, encoding, expected) in [
        ("application/json", "gzip", "not_plain"),
        ("application/json", "br, gzip", "not_plain"),
        ("application/json", "identity", ""),
        ("application/json; charset=utf-16", "identity", "not_plain"),
        ("application/json;charset=iso-8859-1", "identity", "not_plain"),
        ("application/json; charset=\"UTF-8\"", "identity", ""),
        ("text/json", "identity", "not_json_type"),
        ("application/x-www-form-urlencoded", "identity", "not_json_type"),
        ("", "identity", "not_json_type"),
    ] {
        let headers = [("content-type", content_type), ("content-encoding", encoding)];
        let reply = ask(&headers, QUESTION);
        let status = if expected.is_empty() { 200 } else { 415 };
        assert_eq!(code(&reply), (status, expected.to_owned()), "{content_type} {encoding}");
    }
}

#[test]
fn a_body_that_says_it_is_too_large_is_not_waited_for() {
    let head = |length: &str| {
        format!(
            "POST /api/recommend HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{length}\r\n\r\n"
        )
    };
    let started = Instant::now();
    let reply = raw(&SERVICE, head("content-length: 16385").as_bytes());
    assert!(reply.starts_with("HTTP/1.1 413") && reply.contains("16384 bytes"), "{reply}");
    assert!(started.elapsed() < Duration::from_secs(8), "its time is not waited out");
    // One that does not say so is read as far as it may go.
    let chunk = format!("4001\r\n{}\r\n0\r\n\r\n", " ".repeat(0x4001));
    let reply = raw(
        &SERVICE,
        (head("transfer-encoding: chunked\r\nconnection: close") + &chunk).as_bytes(),
    );
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
}

#[test]
fn a_connection_on_which_nothing_is_asked_is_closed() {
    let alive = "GET /api/health/live HTTP/1.1\r\nhost: x\r\n";
    let rows = [
        // Nothing: without a word. Half a head: it is said.
        (String::new(), "", 5),
        ("GET / HTTP/1.1\r\nho".to_owned(), "HTTP/1.1 408", 5),
        // Kept after an answer, also one that came with "go on".
        (format!("{alive}\r\n"), "HTTP/1.1 200", 15),
        (format!("{alive}expect: 100-continue\r\n\r\n"), "HTTP/1.1 100", 15),
        (format!("{alive}\r\n{alive}\r\n"), "HTTP/1.1 200", 15),
    ];
    let check = |(sent, expected, seconds): &(String, &str, u64)| {
        let started = Instant::now();
        let reply = raw(&SERVICE, sent.as_bytes());
        let waited = started.elapsed();
        assert!(reply.starts_with(expected), "{sent}: {reply}");
        assert_eq!(reply.is_empty(), expected.is_empty(), "{sent}: {reply}");
        // `raw` gives up after twenty seconds.
        let bounds = Duration::from_secs(*seconds)..Duration::from_secs(19);
        assert!(bounds.contains(&waited), "{sent}: {waited:?}");
    };
    std::thread::scope(|scope| {
        rows.iter().for_each(|row| drop(scope.spawn(|| check(row))));
    });
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    let request = "POST /api/recommend HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 26\r\n\r\n{\"height\"";
    let started = Instant::now();
    let reply = raw(&SERVICE, request.as_bytes());
    let waited = started.elapsed();
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
    assert!(reply.contains("too_slow") && reply.to_ascii_lowercase().contains("connection: close"));
    assert!(reply.contains("x-content-type-options"));
    assert!((9..15).contains(&waited.as_secs()), "{waited:?}");
}

/// Every route with every method: what it takes is answered, everything else is told what it takes.
#[test]
fn every_method_on_every_route() {
    const METHODS: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"];
    for path in ROUTES.iter().filter(|path| path.starts_with('/')) {
        let allowed = SERVICE.send("BREW", path, &[], b"").header("allow").to_owned();
        let allowed: Vec<&str> = allowed.split(", ").collect();
        assert!(
            !allowed.is_empty() && allowed.iter().all(|m| METHODS.contains(m)),
            "{path}: {allowed:?}"
        );
        assert_eq!(allowed.contains(&"GET"), allowed.contains(&"HEAD"), "{path}");
        for method in METHODS {
            let headers = [("x-forwarded-for", &*format!("203.0.{}.{}", path.len(), method.len()))];
            let reply = SERVICE.send(method, path, &headers, b"");
            let taken = allowed.contains(&method);
            assert_eq!(reply.status == 405, !taken, "{method} {path}: {}", reply.status);
            assert!(reply.status < 500, "{method} {path}");
            if !taken {
                assert_eq!(reply.header("allow"), allowed.join(", "), "{method} {path}");
            }
            if method == "HEAD" {
                let get = SERVICE.send("GET", path, &headers, b"");
                assert_eq!((reply.status, &*reply.text), (get.status, ""), "{path}");
                assert_eq!(reply.header("content-type"), get.header("content-type"), "{path}");
            }
        }
    }
}
