//! What may know what, read from the source: `docs/architecture.md` says why.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn source_files() -> BTreeMap<PathBuf, String> {
    fn collect(dir: &Path, into: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.insert(path.clone(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = BTreeMap::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files
}

/// The top module of a file: `http` for `src/http/body.rs` and for `src/http.rs`.
fn module(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// What each module may use of the crate. A name that is not here may use nothing.
const MAY_USE: &[(&str, &[&str])] = &[
    ("main", &[]),
    ("lib", &[]),
    (
        "cli",
        &["app", "clock", "config", "json", "logging", "problem", "service", "sizing", "store"],
    ),
    ("app", &["clock", "config", "http", "service", "sizing", "supervisor", "telemetry", "upkeep"]),
    ("http", &["json", "problem", "service", "sizing", "telemetry"]),
    ("upkeep", &["service", "store", "supervisor", "telemetry"]),
    ("service", &["cache", "clock", "sizing", "store", "telemetry"]),
    ("cache", &["clock", "sizing", "store"]),
    ("store", &["clock", "telemetry"]),
    ("telemetry", &["clock"]),
    ("problem", &["json", "sizing"]),
    ("json", &["sizing"]),
    ("config", &["service", "sizing", "telemetry"]),
    ("logging", &["config"]),
    ("clock", &[]),
    ("supervisor", &[]),
    ("sizing", &[]),
];

/// The modules after `crate::` in a line, in braces or not.
fn used_modules(line: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    line.match_indices("crate::")
        .map(|(at, found)| &line[at + found.len()..])
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(inside) => inside.split(',').map(name).collect(),
            None => vec![name(rest)],
        })
        .collect()
}

#[test]
fn modules_are_found_in_braces_too() {
    assert_eq!(used_modules("use crate::{app::App, http};"), ["app", "http"]);
    assert_eq!(used_modules("let x = crate::service::Service;"), ["service"]);
}

#[test]
fn imports_go_one_way() {
    let modules: Vec<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    for (path, text) in source_files() {
        let own = module(&path);
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(name, _)| *name == own)
            .unwrap_or_else(|| panic!("{} has no row in MAY_USE", path.display()));
        for line in code(&text) {
            for used in used_modules(line) {
                let is_module = modules.contains(&used.as_str());
                let fine = !is_module || used == own || allowed.contains(&used.as_str());
                assert!(fine, "{}: {own} may not use {used}: {line}", path.display());
            }
        }
    }
}

/// A crate and the only places that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("actix_web", &["src/http", "src/http.rs", "src/app.rs", "src/cli/serve"]),
    ("actix_http", &["src/http"]),
    ("actix_service", &["src/http/server.rs", "src/http/lane.rs"]),
    ("memchr", &["src/http/connection/head.rs"]),
    ("ort", &["src/sizing/model"]),
    ("ort_tract", &["src/sizing/model"]),
    ("clap", &["src/cli", "src/cli.rs", "src/config"]),
    ("quick_cache", &["src/cache", "src/http/clients.rs"]),
    ("siphasher", &["src/cache/key.rs"]),
    (
        "tokio",
        &[
            "src/cache",
            "src/http/batch.rs",
            "src/http/body.rs",
            "src/http/server.rs",
            "src/http/performance.rs",
            "src/http/connection.rs",
            "src/http/stopping.rs",
            "src/cli/bench",
        ],
    ),
    ("hyper", &["src/cli/bench/client.rs"]),
    ("hyper_util", &["src/cli/bench/client.rs"]),
    ("http_body_util", &["src/cli/bench/client.rs"]),
    // In telemetry its own histogram is held against it, in a test.
    ("hdrhistogram", &["src/cli/bench/measure.rs", "src/telemetry/histogram.rs"]),
    ("csv", &["src/http/batch"]),
    ("actix_cors", &["src/http/cors.rs"]),
    ("rusqlite", &["src/store"]),
    ("r2d2", &["src/store"]),
    ("r2d2_sqlite", &["src/store"]),
    ("lz4_flex", &["src/store/pack.rs"]),
    ("crc32fast", &["src/store/answers.rs", "src/store/history.rs"]),
    ("getrandom", &["src/store/secret.rs"]),
    (
        "rustix",
        &[
            "src/store",
            "src/cli/serve",
            "src/cli/open_files.rs",
            "src/cli/bench/alarm.rs",
            "src/telemetry/process.rs",
            "src/http/stopping.rs",
        ],
    ),
    ("sd_notify", &["src/supervisor.rs"]),
    ("subtle", &["src/http/admin.rs"]),
    ("ndarray", &["src/sizing/posterior.rs"]),
    ("statrs", &["src/sizing/normal.rs"]),
    ("fearless_simd", &["src/sizing/sample.rs"]),
    ("flate2", &["src/http/assets.rs"]),
    // A derive on what is answered, like serde's; the document is made in http/openapi.
    (
        "utoipa",
        &[
            "src/http",
            "src/problem.rs",
            "src/service",
            "src/cache",
            "src/store",
            "src/telemetry",
            "src/sizing/ask.rs",
            "src/sizing/question.rs",
            "src/sizing/recommendation.rs",
            "src/sizing/refusal.rs",
        ],
    ),
    ("jsonc_parser", &["src/sizing/chart"]),
    ("strsim", &["src/sizing/parse.rs", "src/telemetry/alerts/parse.rs", "src/config"]),
    ("env_logger", &["src/logging.rs"]),
    (
        "ureq",
        &[
            "src/telemetry/alerts/webhook.rs",
            "src/telemetry/alerts/target.rs",
            "src/cli/healthcheck.rs",
        ],
    ),
];

#[test]
fn each_crate_has_its_home() {
    for (path, text) in source_files() {
        let inside = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap();
        for (name, homes) in HOMES {
            let at_home = homes.iter().any(|home| {
                inside.starts_with(home)
                    || inside.to_str().unwrap().starts_with(&format!("{home}."))
            });
            let needle = format!("{name}::");
            for line in code(&text) {
                let named = line.match_indices(&needle).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'))
                });
                assert!(
                    at_home || !named,
                    "{} is not the home of {name}: {line}",
                    inside.display()
                );
            }
        }
    }
}

#[test]
fn sizing_is_pure() {
    for (path, text) in source_files() {
        if module(&path) != "sizing" {
            continue;
        }
        for line in code(&text) {
            for impure in ["Instant", "SystemTime", "log::", "println!", "std::env", "std::net"] {
                assert!(!line.contains(impure), "{}: {line}", path.display());
            }
        }
    }
}

/// Time is handed in: who measures how long its own work took may look at an `Instant`.
#[test]
fn the_wall_clock_is_read_in_one_place() {
    for (path, text) in source_files() {
        if module(&path) != "clock" {
            for line in code(&text) {
                assert!(!line.contains("SystemTime"), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn unsafe_code_is_in_one_file() {
    for (path, text) in source_files() {
        let at_home = path.ends_with("src/sizing/model/inference.rs");
        for line in code(&text) {
            let allows = line.contains("allow(unsafe_code)") || line.contains("unsafe {");
            assert!(at_home || !allows, "{}: {line}", path.display());
        }
    }
}

#[test]
fn every_file_begins_with_its_design() {
    for (path, text) in source_files() {
        assert!(text.starts_with("//!"), "{} has no module comment", path.display());
    }
}
