//! Every setting: where it comes from, what is said of a wrong one, and that no secret is ever told.

use crate::running::{Served, send};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TOKEN: &str = "s3cret-token-of-32-or-more-characters";
const WEBHOOK: &str = "https://hooks.example.com/services/s3cret-webhook";

fn suitsize(environment: &[(&str, &str)], arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .env_clear()
        .envs(environment.iter().copied())
        .args(arguments.split_whitespace())
        .output()
        .unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn error(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What `suitsize config --json` says.
fn told(environment: &[(&str, &str)], flags: &str) -> Value {
    let output = suitsize(environment, &format!("config --json {flags}"));
    assert!(output.status.success(), "{}", error(&output));
    serde_json::from_str(out(&output)).unwrap()
}

fn of<'a>(document: &'a Value, variable: &str) -> &'a Value {
    let settings = document["settings"].as_array().unwrap();
    settings.iter().find(|row| row["variable"] == variable).unwrap_or_else(|| panic!("{variable}"))
}

#[test]
fn a_flag_beats_a_variable_and_a_variable_the_default() {
    let ttl = "SUITSIZE_MEMORY_TTL_SECONDS";
    let check = |environment: &[(&str, &str)], flags: &str, variable: &str, value: &str, source| {
        let document = told(environment, flags);
        let row = of(&document, variable);
        let case = format!("{environment:?} {flags}: {row}");
        assert_eq!(row["value"].as_str().unwrap_or("-"), value, "{case}");
        assert_eq!(row["source"], source, "{case}");
    };
    check(&[], "", ttl, "30", "default");
    check(&[(ttl, "40")], "", ttl, "40", "environment");
    check(&[(ttl, "40")], "--memory-ttl-seconds 50", ttl, "50", "flag");
    check(&[(ttl, "abc")], "--memory-ttl-seconds 50", ttl, "50", "flag");
    check(&[(ttl, "")], "", ttl, "30", "default");
    check(&[], "", "PORT", "8080", "default");
    check(&[("PORT", "")], "", "PORT", "8080", "default");
    check(&[("PORT", "9000")], "", "PORT", "9000", "environment");
    check(&[], "", "SUITSIZE_HOST", "127.0.0.1", "default");
    check(&[("PORT", "")], "", "SUITSIZE_HOST", "127.0.0.1", "default");
    check(&[("PORT", "9000")], "", "SUITSIZE_HOST", "0.0.0.0", "platform");
    check(&[("PORT", "9000")], "--host ::1", "SUITSIZE_HOST", "::1", "flag");
    check(&[], "", "SUITSIZE_TRUSTED_PROXIES", "0", "default");
    let railway = ("RAILWAY_ENVIRONMENT_ID", "x");
    check(&[railway], "", "SUITSIZE_TRUSTED_PROXIES", "X-Real-IP", "platform");
    check(&[railway], "--trusted-proxies 0", "SUITSIZE_TRUSTED_PROXIES", "0", "flag");
    check(&[], "--workers 3", "SUITSIZE_WORKERS", "3", "flag");
    check(&[("LOG_FORMAT", "json")], "", "LOG_FORMAT", "json", "environment");
    check(&[("LOG_FORMAT", "json")], "--log-format text", "LOG_FORMAT", "text", "flag");
    check(&[("RUST_LOG", "")], "", "RUST_LOG", "info,actix_server=warn", "default");
    check(&[("RUST_LOG", "debug")], "", "RUST_LOG", "debug", "environment");
    let sites = "https://a.example,https://b.example";
    check(&[("SUITSIZE_CORS_ORIGINS", sites)], "", "SUITSIZE_CORS_ORIGINS", sites, "environment");
    check(&[], "", "SUITSIZE_ALERTS", "-", "default");
    check(&[("SUITSIZE_ADMIN_TOKEN", TOKEN)], "", "SUITSIZE_ADMIN_TOKEN", "set", "environment");
    check(&[], &format!("--admin-token {TOKEN}"), "SUITSIZE_ADMIN_TOKEN", "set", "flag");
    check(&[("SUITSIZE_ADMIN_TOKEN", "")], "", "SUITSIZE_ADMIN_TOKEN", "-", "default");
    check(
        &[("SUITSIZE_ALERT_WEBHOOK", WEBHOOK)],
        "",
        "SUITSIZE_ALERT_WEBHOOK",
        "set",
        "environment",
    );
}

/// No setting is empty-handed: an empty variable for each of them is a start like any other.
#[test]
fn an_empty_variable_is_none() {
    let plain = told(&[], "");
    let settings = plain["settings"].as_array().unwrap();
    let names: Vec<&str> = settings.iter().map(|row| row["variable"].as_str().unwrap()).collect();
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (*name, "")).collect();
    assert_eq!(told(&empty, ""), plain);
    let output = suitsize(&empty, "healthcheck --port 1 --timeout-ms 1000");
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
}

#[test]
fn a_bad_variable_stops_the_start_by_its_name() {
    for command in ["serve", "config"] {
        for (variable, value, allowed) in [
            ("SUITSIZE_MEMORY_TTL_SECONDS", "abc", "0 to 86400 seconds"),
            ("SUITSIZE_MEMORY_TTL_SECONDS", "-1", "0 to 86400 seconds"),
            ("SUITSIZE_MEMORY_TTL_SECONDS", "86401", "0 to 86400 seconds"),
            ("SUITSIZE_STORE_MAX_MB", "1.5", "8 to 65536 MB"),
            ("PORT", "65536", "0 to 65535"),
            ("SUITSIZE_WARM", "yes", "on, off"),
            ("SUITSIZE_RATE_LIMIT", "fast", "50/s"),
            ("SUITSIZE_CORS_ORIGINS", "https://a.example,*", "https://shop.example"),
            ("LOG_FORMAT", "xml", "text, json"),
            ("RUST_LOG", "inof", "off, error, warn, info, debug, trace"),
        ] {
            let output = suitsize(&[(variable, value)], command);
            let said = error(&output);
            assert_eq!(output.status.code(), Some(2), "{said}");
            let start = format!("suitsize: {variable}: {value:?} is not allowed; allowed: ");
            assert!(said.starts_with(&start) && said.contains(allowed), "{said}");
            assert_eq!(said.lines().count(), 1, "{said}");
        }
    }
}

#[test]
fn all_bad_variables_are_told_at_once_and_secrets_not_at_all() {
    let environment = [
        ("SUITSIZE_MEMORY_TTL_SECONDS", "abc"),
        ("SUITSIZE_WORKERS", "0"),
        ("SUITSIZE_ADMIN_TOKEN", "s3cret"),
        ("SUITSIZE_ALERT_WEBHOOK", "ftp://s3cret"),
        ("SUITSIZE_WARM", "off"),
    ];
    let output = suitsize(&environment, "serve");
    let said = error(&output);
    assert_eq!(said.lines().count(), 4, "{said}");
    for (variable, _) in &environment[..4] {
        assert!(said.contains(&format!("{variable}: ")), "{variable}: {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
    let flag = suitsize(&[], "serve --memory-ttl-seconds abc");
    assert!(error(&flag).contains("--memory-ttl-seconds") && error(&flag).contains("0 to 86400"));
    // A container's check has only 0 and 1.
    let check = suitsize(&[("PORT", "x")], "healthcheck");
    assert_eq!(check.status.code(), Some(1), "{}", error(&check));
    let both = [("SUITSIZE_ADMIN_TOKEN", TOKEN), ("SUITSIZE_ADMIN_TOKEN_FILE", "/x")];
    let both = suitsize(&both, "serve");
    assert_eq!(both.status.code(), Some(2));
    assert!(error(&both).contains("--admin-token-file"), "{}", error(&both));
    assert!(!error(&both).contains(TOKEN), "{}", error(&both));
}

#[test]
fn a_misspelt_variable_is_a_warning_without_its_value() {
    let misspelt = [("SUITSIZE_MEMROY_TTL_SECONDS", "s3cret"), ("SUITSIZE_TEST_X", "s3cret")];
    let expected = "there is no setting SUITSIZE_MEMROY_TTL_SECONDS; did you mean SUITSIZE_MEMORY_TTL_SECONDS?";
    let document = told(&misspelt, "");
    assert_eq!(document["warnings"], serde_json::json!([expected]));
    let table = suitsize(&misspelt, "config");
    assert!(out(&table).contains(expected) && !out(&table).contains("s3cret"), "{}", out(&table));
    let mut served = Served::start(&misspelt);
    assert!(served.terminate().success());
    let log = served.log();
    assert!(log.contains("WARN") && log.contains(expected) && !log.contains("s3cret"), "{log}");
}

#[test]
fn no_secret_is_told_anywhere() {
    let environment = [
        ("SUITSIZE_ADMIN_TOKEN", TOKEN),
        ("SUITSIZE_ALERT_WEBHOOK", WEBHOOK),
        ("RUST_LOG", "trace"),
    ];
    let mut said = Vec::new();
    for arguments in
        ["config", "config --json", "config --markdown", "serve --help", "config --help"]
    {
        let output = suitsize(&environment, arguments);
        assert!(output.status.success(), "{}", error(&output));
        said.push(format!("{}{}", out(&output), error(&output)));
    }
    let mut served = Served::start(&environment);
    let status = send(served.port, "GET", "/api/status", &[], b"");
    assert_eq!(status.status, 200);
    said.push(status.text);
    assert!(served.terminate().success());
    said.push(served.log());
    assert!(said[0].contains("SUITSIZE_ADMIN_TOKEN"), "{}", said[0]);
    for text in said {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn the_token_may_be_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    let file = ("SUITSIZE_ADMIN_TOKEN_FILE", path.to_str().unwrap());
    let mut served = Served::start(&[file]);
    for (token, expected) in [(TOKEN, 200), ("another", 401)] {
        let bearer = format!("Bearer {token}");
        let reply = send(served.port, "DELETE", "/api/cache", &[("authorization", &bearer)], b"");
        assert_eq!(reply.status, expected, "{}", reply.text);
    }
    assert!(served.terminate().success());
    assert!(!served.log().contains(TOKEN));
    #[cfg(unix)]
    assert!(served.log().contains("others than its owner may read"), "{}", served.log());
    std::fs::write(&path, "s3cret\n").unwrap();
    for command in ["serve", "config"] {
        let output = suitsize(&[file], command);
        let said = error(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(file.0) && said.contains(file.1), "{said}");
        assert!(said.contains("32 or more") && !said.contains("s3cret"), "{said}");
    }
}

#[test]
fn status_tells_what_runs_and_what_is_in_force() {
    let served = Served::start(&[("SUITSIZE_WARM", "off"), ("SUITSIZE_STORE_TTL_SECONDS", "77")]);
    let reply = send(served.port, "GET", "/api/status", &[], b"");
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    let status = reply.json();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["apiVersion"], suitsize::API_VERSION);
    assert_eq!(status["charts"][0]["id"], "default");
    assert!(status["startedAtMs"].as_i64().unwrap() > 1_700_000_000_000, "{status}");
    assert!(status["model"]["version"].as_str().unwrap().contains('-'), "{status}");
    let rows: BTreeMap<&str, &Value> = status["configuration"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["variable"].as_str().unwrap(), row))
        .collect();
    for (variable, value, unit, source) in [
        ("SUITSIZE_STORE_TTL_SECONDS", "77", "seconds", "environment"),
        ("SUITSIZE_MEMORY_TTL_SECONDS", "30", "seconds", "default"),
        ("PORT", "0", "", "flag"),
        ("SUITSIZE_ADMIN_TOKEN", "", "", "default"),
    ] {
        let row = rows[variable];
        let of = |name: &str| row[name].as_str().unwrap_or_default();
        assert_eq!((of("value"), of("unit"), of("source")), (value, unit, source), "{row}");
    }
    let document = told(&[], "");
    let known = document["settings"].as_array().unwrap().iter();
    let known: Vec<&str> = known.map(|row| row["variable"].as_str().unwrap()).collect();
    assert_eq!(rows.len(), known.len(), "the same list as suitsize config");
}

#[test]
fn every_setting_says_what_it_does_and_what_it_may_be() {
    let document = told(&[], "");
    for row in document["settings"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap_or_default();
        assert!(text("flag").starts_with("--") && text("effect").len() > 10, "{row}");
        assert!(!text("allowed").is_empty(), "{row}: read it with one of config/reader.rs");
        assert!(!text("effect").contains('\n') && !text("effect").contains("[default"), "{row}");
    }
}

fn path(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

const REWRITE: &str = "SUITSIZE_TEST_WRITE=1 cargo test --test it configuration";
const BEGIN: &str = "<!-- settings: begin -->\n";
const END: &str = "<!-- settings: end -->";

/// The whole table is made from the program.
#[test]
fn the_documented_table_is_what_the_program_says() {
    let table = suitsize(&[], "config --markdown");
    let file = path("docs/configuration.md");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("SUITSIZE_TEST_WRITE").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{}{END}{after}", out(&table))).unwrap();
    } else {
        assert_eq!(found, out(&table), "docs/configuration.md is not current: {REWRITE}");
    }
}

/// What is told by hand elsewhere: names that there are, and defaults in the short table.
#[test]
fn the_other_documents_name_settings_that_there_are() {
    let document = told(&[], "");
    let mut in_table = 0;
    for file in ["README.md", "docs/operations.md", "docs/api.md", "docs/monitoring/README.md"] {
        let text = std::fs::read_to_string(path(file)).unwrap();
        for name in text.match_indices("SUITSIZE_").map(|(at, _)| &text[at..]) {
            let name: String =
                name.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
            // `SUITSIZE_*`: all of them.
            assert!(name == "SUITSIZE_" || !of(&document, &name).is_null(), "{file}: {name}");
        }
        for row in text
            .lines()
            .filter(|line| line.starts_with("| `SUITSIZE_") || line.starts_with("| `PORT"))
        {
            let cells: Vec<&str> = row.split(" | ").collect();
            let setting = of(&document, cells[0].trim_start_matches("| ").trim_matches('`'));
            assert_eq!(
                cells[1].trim(),
                setting["default"].as_str().unwrap_or_default(),
                "{file}: {row}"
            );
            in_table += 1;
        }
    }
    assert!(in_table >= 5, "the README has a short table");
}
