//! Both ways of a question, beside actix-web's application and through it: nobody can tell which it went.

use crate::running::{JSON, Reply, Running};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use suitsize::config::Rate;

/// The two ways: the same path to a router, and not to one who compares letters.
const WAYS: [&str; 2] = ["/api/recommend", "/api/%72ecommend"];
const TEXT: (&str, &str) = ("content-type", "text/plain");
const QUESTIONS_A_MINUTE: usize = 3;

/// Behind one proxy, so that whoever comes one way is a client of its own, with a limit of its own.
static SERVICE: LazyLock<Running> = LazyLock::new(|| {
    Running::start(|settings| {
        settings.limits.rate_limit = Rate::parse(&format!("{QUESTIONS_A_MINUTE}/min")).unwrap();
        settings.limits.trusted_proxies = Some(1);
    })
});

/// All that a caller is told, but how long it took and when.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl From<Reply> for Told {
    fn from(reply: Reply) -> Self {
        let text = |value: &ureq::http::HeaderValue| value.to_str().unwrap().to_owned();
        let headers = reply.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        let mut headers: BTreeMap<_, _> = headers.collect();
        // A time may have a digit more, a second begin in between.
        for name in ["date", "content-length", "ratelimit-reset"] {
            assert!(headers.remove(name).is_some(), "{name}");
        }
        headers.remove("retry-after");
        let took = headers.remove("x-response-time").unwrap();
        let timing = headers.get_mut("server-timing").unwrap();
        *timing = timing.split_once(", ").map_or(String::new(), |(_, tier)| tier.to_owned());
        let mut body = reply.json();
        if let Some(metadata) = body.get_mut("performance_metadata") {
            let metadata = metadata.as_object_mut().unwrap();
            let took_ms = metadata.remove("response_time_ms").unwrap().as_f64().unwrap();
            assert_eq!(format!("{took_ms:.3}ms"), took);
            assert!(metadata.remove("response_time_category").is_some());
        }
        if reply.status == 429 {
            body["detail"].take();
        }
        Told { status: reply.status, headers, body }
    }
}

/// Asks by either way, each again and again as a client of its own. `net`: another for each row.
fn check(net: usize, headers: &[(&str, &str)], body: &[u8], status: u16) {
    let what = format!("{headers:?} {}", String::from_utf8_lossy(&body[..body.len().min(80)]));
    let ask = |way: usize| {
        let client = format!("203.0.113.{}", 2 * net + way);
        let mut sent = vec![("x-forwarded-for", &*client), ("x-request-id", "the-same")];
        sent.extend(headers);
        Told::from(SERVICE.send("POST", WAYS[way], &sent, body))
    };
    let new = ask(net % 2);
    assert_eq!(new.status, status, "{what}: {new:?}");
    let new_tier = if status == 200 { Some("MISS") } else { None };
    assert_eq!(new.headers.get("x-cache").map(String::as_str), new_tier, "{what}");
    // The other way has had no first question: from here on both have.
    ask(1 - net % 2);
    for _ in 1..QUESTIONS_A_MINUTE {
        let [beside, through] = [0, 1].map(ask);
        assert_eq!(beside, through, "{what}");
        assert_eq!(beside.status, status, "{what}");
    }
    let [beside, through] = [0, 1].map(ask);
    assert_eq!(beside, through, "{what}");
    assert_eq!(beside.status, 429, "{what}");
}

/// Headers, body, status.
type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, u16);

#[test]
fn both_ways_answer_the_same() {
    let long = " ".repeat(20_000);
    let rows: &[Row<'_>] = &[
        (&[JSON], r#"{"height":175,"weight":75}"#, 200),
        (&[JSON], r#"{"height":68,"weight":165,"unit":"imperial","sex":"female"}"#, 200),
        (&[JSON], r#"{"height":175,"weight":76,"details":true}"#, 200),
        (&[JSON, ("accept-language", "nl, fr;q=0.5")], r#"{"height":175,"weight":77}"#, 200),
        (&[JSON, ("accept-language", "fr")], r#"{"height":175,"weight":78,"lang":"de"}"#, 200),
        (&[("content-type", "application/ld+json")], r#"{"height":175,"weight":79}"#, 200),
        (&[JSON, ("x-forwarded-proto", "https")], r#"{"height":175,"weight":80}"#, 200),
        (&[JSON, ("accept-encoding", "br, gzip")], r#"{"height":175,"weight":81}"#, 200),
        (&[JSON, ("origin", "https://shop.example")], r#"{"height":175,"weight":82}"#, 200),
        (&[JSON, ("content-encoding", "gzip")], r#"{"height":175,"weight":75}"#, 415),
        (&[TEXT], r#"{"height":175,"weight":75}"#, 415),
        (&[], r#"{"height":175,"weight":75}"#, 415),
        (&[JSON], "", 400),
        (&[JSON], r#"{"height":175,"height":176}"#, 422),
        (&[JSON], &long, 413),
        (&[JSON], "[]", 422),
        (&[JSON], r#"{"height":1,"colour":"red"}"#, 422),
        (&[JSON], r#"{"height":175,"weight":60,"chest":150}"#, 422),
    ];
    for (net, (headers, body, status)) in rows.iter().enumerate() {
        check(net, headers, body.as_bytes(), *status);
    }
}
