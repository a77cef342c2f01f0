//! Operating a running service: tiers in the headers, health, the operator's requests, restarts.

use crate::running::{JSON, Reply, Running};
use rusqlite::Connection;
use serde_json::{Value, json};
use suitsize::config::{AdminToken, Switch};

const TOKEN: &str = "an-operators-secret-of-forty-characters";

fn operated() -> Running {
    Running::start(|settings| settings.admin_token = Some(AdminToken::parse(TOKEN).unwrap()))
}

fn operate(service: &Running, method: &str, path: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {TOKEN}");
    service.send(method, path, &[JSON, ("authorization", &bearer)], body.as_bytes())
}

fn question() -> Value {
    json!({"height": 175, "weight": 75})
}

#[test]
fn the_tier_is_told_truly() {
    let service = Running::start(|settings| settings.memory_ttl_seconds = 0);
    let first = service.ask(&question());
    assert_eq!(first.header("x-cache"), "MISS");
    assert_eq!(first.json()["performance_metadata"]["cache_hit"], false);
    let again = || service.ask(&question());
    // Rows are written behind the reply, some tenths of a second.
    assert!((0..100_000).any(|_| again().header("x-cache") == "HIT-STORE"));
    let metadata = &again().json()["performance_metadata"];
    assert_eq!((&metadata["cache_hit"], &metadata["cache_tier"]), (&json!(true), &json!("store")));

    let service = Running::start(|_| ());
    assert_eq!(service.ask(&question()).header("x-cache"), "MISS");
    let hit = service.ask(&question());
    assert_eq!(hit.header("x-cache"), "HIT-MEMORY");
    assert_eq!(hit.json()["performance_metadata"]["cache_tier"], "memory");
    assert_eq!(hit.header("x-degraded"), "");
    assert_eq!(hit.recommendation(), first.recommendation(), "the same bytes from every tier");
}

#[test]
fn the_same_body_in_other_units_is_the_same_entry() {
    let service = Running::start(|_| ());
    assert_eq!(service.ask(&question()).header("x-cache"), "MISS");
    let same = [
        json!({"height": 175.1, "weight": 75.2}),
        json!({"height": 175, "weight": 75, "sex": "male"}),
        json!({"height": 68.9, "weight": 165.35, "unit": "imperial"}),
        json!({"fitPreference": "regular", "weight": 75, "height": 175, "details": false}),
    ];
    for question in same {
        assert_eq!(service.ask(&question).header("x-cache"), "HIT-MEMORY", "{question}");
    }
    for other in
        [json!({"height": 175, "weight": 76}), json!({"height": 175, "weight": 75, "age": 40})]
    {
        assert_eq!(service.ask(&other).header("x-cache"), "MISS", "{other}");
    }
}

#[test]
fn only_who_has_the_token_operates() {
    let bearer = format!("Bearer {TOKEN}");
    let longer = format!("{bearer}x");
    let rows: [(&[(&str, &str)], u16); 7] = [
        (&[], 401),
        (&[("authorization", "Bearer")], 401),
        (&[("authorization", "Bearer wrong")], 401),
        (&[("authorization", TOKEN)], 401),
        (&[("authorization", &longer)], 401),
        (&[("authorization", &bearer)], 200),
        (&[("authorization", &bearer.replace("Bearer", "bearer"))], 200),
    ];
    for (headers, status) in rows {
        // Each with its own: five failures and nothing is believed any more.
        let service = operated();
        for (method, path) in
            [("POST", "/api/optimize"), ("DELETE", "/api/cache"), ("POST", "/api/cache/warm")]
        {
            if status == 200 && path.ends_with("warm") {
                continue; // seconds of computing
            }
            let reply = service.send(method, path, headers, b"");
            assert_eq!(reply.status, status, "{method} {path} {headers:?}: {}", reply.text);
            if status == 401 {
                assert_eq!(reply.header("www-authenticate"), "Bearer");
                assert!(!reply.text.contains("wrong") && !reply.text.contains(TOKEN));
            }
        }
    }
    let closed = Running::start(|_| ());
    let reply = closed.send("POST", "/api/optimize", &[("authorization", &bearer)], b"");
    assert_eq!((reply.status, reply.json()["code"].as_str()), (403, Some("admin_off")));
}

#[test]
fn a_token_that_keeps_nobody_out_is_refused_and_none_is_shown() {
    assert!(AdminToken::parse("short").is_err());
    let token = AdminToken::parse(TOKEN).unwrap();
    assert!(!format!("{token:?}").contains(TOKEN));
}

#[test]
fn an_operator_puts_the_file_in_order() {
    let service = operated();
    for height in 160..190 {
        service.ask(&json!({"height": height, "weight": 75}));
    }
    for body in ["", "{}", r#"{"vacuum":"incremental"}"#, r#"{"vacuum":"full"}"#] {
        let reply = operate(&service, "POST", "/api/optimize", body);
        assert_eq!(reply.status, 200, "{body}: {}", reply.text);
        let report = reply.json();
        assert_eq!(report["audit"], "recorded");
        for when in ["before", "after"] {
            for name in ["fileBytes", "walBytes", "pages", "freePages", "cachedAnswers"] {
                assert!(report[when][name].is_u64(), "{when} {name}: {report}");
            }
        }
        assert_eq!(report["after"]["walBytes"], 0);
        assert_eq!(report["after"]["cachedAnswers"], 30);
        let full = report["jobs"].as_array().unwrap().iter().any(|job| job["job"] == "compact");
        assert_eq!(full, body.contains("full"));
    }
    let rows = [
        ("{", 400),
        ("[]", 422),
        (r#"{"vacuum":"half"}"#, 422),
        (r#"{"vacuum":1}"#, 422),
        (r#"{"vacum":"full"}"#, 422),
    ];
    for (body, status) in rows {
        let reply = operate(&service, "POST", "/api/optimize", body);
        assert_eq!(reply.status, status, "{body}: {}", reply.text);
    }
}

#[test]
fn an_operator_empties_the_tiers() {
    let service = operated();
    let clear = |query: &str| operate(&service, "DELETE", &format!("/api/cache{query}"), "");
    service.ask(&question());
    let other = clear("?prefix=9.9.9/").json();
    assert_eq!((&other["memory"], &other["store"]), (&json!(0), &json!(0)));
    assert_eq!(service.ask(&question()).header("x-cache"), "HIT-MEMORY");
    let ours = clear(&format!("?prefix={}/", suitsize::VERSION)).json();
    assert_eq!((&ours["memory"], &ours["store"]), (&json!(1), &json!(1)));
    assert_eq!(service.ask(&question()).header("x-cache"), "MISS");
    assert_eq!(clear("").json()["store"], 1);
    for bad in ["?prefix=a&prefix=b", "?all=1"] {
        assert_eq!(clear(bad).status, 422, "{bad}");
    }
}

#[test]
fn what_an_operator_did_is_recorded_before_it_is_answered() {
    let service = operated();
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("x-request-id", "ledger-1")];
    assert_eq!(service.send("DELETE", "/api/cache?prefix=x", &headers, b"").status, 200);
    let file = Connection::open(service.dir.path().join("suitsize.db")).unwrap();
    let row: (String, String, String) = file
        .query_row(
            "SELECT action, parameters, outcome FROM admin_audit WHERE request_id = 'ledger-1'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(row, ("cache_clear".into(), r#"{"prefix":"x"}"#.into(), "done".into()));
}

#[test]
fn without_a_store_answers_are_right_and_health_says_so() {
    let whole = Running::start(|_| ());
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("suitsize.db")).unwrap();
    let without = Running::start_in(dir, |settings| {
        settings.admin_token = Some(AdminToken::parse(TOKEN).unwrap());
    });
    while without.health()["store"]["state"] == "opening" {}
    let health = without.health();
    assert_eq!(health["status"], "degraded");
    assert!(health["reasons"][0].as_str().unwrap().starts_with("store: "), "{health}");
    assert_eq!(whole.health()["status"], "healthy");
    for expected in ["MISS", "HIT-MEMORY"] {
        let reply = without.ask(&question());
        assert_eq!(reply.header("x-cache"), expected);
        assert_eq!(reply.header("x-degraded"), "store");
        assert_eq!(reply.recommendation(), whole.ask(&question()).recommendation());
    }
    let reply = operate(&without, "POST", "/api/optimize", "");
    assert_eq!((reply.status, reply.header("retry-after")), (503, "15"), "{}", reply.text);
    let cleared = operate(&without, "DELETE", "/api/cache", "").json();
    assert_eq!((&cleared["memory"], &cleared["audit"]), (&json!(1), &json!("pending")));
}

#[test]
fn after_a_restart_the_store_still_knows() {
    let service = Running::start(|_| ());
    let before = service.ask(&question());
    let dir = service.stop();
    let service = Running::start_in(dir, |settings| settings.memory_ttl_seconds = 0);
    while service.health()["store"]["state"] == "opening" {}
    let after = service.ask(&question());
    assert_eq!(after.header("x-cache"), "HIT-STORE");
    assert_eq!(after.recommendation(), before.recommendation());
}

#[test]
fn what_is_emptied_is_filled_again_from_the_likeliest() {
    let service = Running::start(|settings| {
        settings.warm = Switch::On;
        settings.admin_token = Some(AdminToken::parse(TOKEN).unwrap());
    });
    let likeliest = json!({"height": 178, "weight": 86});
    for _ in 0..2 {
        let hit = || service.ask(&likeliest).header("x-cache") == "HIT-MEMORY";
        while service.health()["cache"]["aheadEntries"] == 0 {}
        assert!(hit());
        assert_eq!(operate(&service, "DELETE", "/api/cache", "").status, 200);
    }
}

#[test]
fn the_tiers_fill_themselves() {
    let service = Running::start(|settings| settings.warm = Switch::On);
    // The likeliest question of all; ready before anybody asked.
    while service.health()["cache"]["aheadEntries"] == 0 {}
    let reply = service.ask(&json!({"height": 178, "weight": 86}));
    assert_eq!(reply.header("x-cache"), "HIT-MEMORY");
    let alone = Running::start(|_| ());
    let computed = alone.ask(&json!({"height": 178, "weight": 86}));
    assert_eq!(computed.header("x-cache"), "MISS");
    assert_eq!(computed.recommendation(), reply.recommendation());
}
