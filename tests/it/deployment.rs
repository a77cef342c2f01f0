//! What is shipped to run the service somewhere, held against the program: commands, paths, settings, times.

use crate::running::send;
use crate::supply::manifest;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a stop may take for requests under way.
const DRAIN_SECONDS: u64 = 5;
const UNIT: &str = "deploy/systemd/suitsize.service";
/// What a stop needs beyond the time for requests under way: the last figures, the queue, the log.
const STOP_SECONDS: u64 = 3;

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn text(path: &str) -> String {
    fs::read_to_string(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file's lines without comments; continued ones in one.
fn lines(path: &str) -> Vec<String> {
    let text = text(path).replace("\\\n", " ");
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// What follows an instruction of the Dockerfile or a key of the unit; the last, which is in force.
fn value(path: &str, key: &str) -> String {
    let found = lines(path).iter().rev().find_map(|line| line.strip_prefix(key).map(str::to_owned));
    found.unwrap_or_else(|| panic!("{path} has no {key}")).trim().to_owned()
}

/// The words of a list in JSON, as the Dockerfile has them.
fn words(list: &str) -> Vec<String> {
    serde_json::from_str(list).unwrap_or_else(|error| panic!("{list}: {error}"))
}

/// The program by a shipped command, on a free port, until it is dropped.
struct Started {
    child: Child,
    greeting: String,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Started {
    fn by(command: &[String]) -> Self {
        assert!(command[0].ends_with("/suitsize"), "{command:?}");
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_suitsize"))
            .args(&command[1..])
            .envs([("PORT", "0"), ("SUITSIZE_WARM", "off")])
            .env("SUITSIZE_DATA_DIR", dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let port = greeting.trim().rsplit(':').next().unwrap().parse();
        let port = port.unwrap_or_else(|_| panic!("{command:?} did not start: {greeting}"));
        Started { child, greeting, port, _dir: dir }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn split(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_railway_file_is_one_under_both_names() {
    for name in ["railway.toml", "Railway.toml"] {
        assert!(!fs::symlink_metadata(at(name)).unwrap().is_symlink(), "{name} is a link");
    }
    assert_eq!(text("railway.toml"), text("Railway.toml"));
}

#[test]
fn railway_starts_asks_and_stops_it_as_it_is() {
    let railway = manifest("railway.toml");
    let known = [
        ("build", &["builder", "dockerfilePath"][..]),
        (
            "deploy",
            &[
                "startCommand",
                "healthcheckPath",
                "healthcheckTimeout",
                "drainingSeconds",
                "restartPolicyType",
                "restartPolicyMaxRetries",
            ],
        ),
    ];
    assert_eq!(railway.keys().collect::<Vec<_>>(), known.map(|(table, _)| table));
    for (table, keys) in known {
        for key in railway[table].as_table().unwrap().keys() {
            assert!(
                keys.contains(&key.as_str()),
                "[{table}] {key}: the platform knows no such key"
            );
        }
    }
    let deploy = &railway["deploy"];
    let started = Started::by(&split(deploy["startCommand"].as_str().unwrap()));
    assert!(started.greeting.contains("http://0.0.0.0:"), "{}", started.greeting);
    let reply = send(started.port, "GET", deploy["healthcheckPath"].as_str().unwrap(), &[], b"");
    assert_eq!(reply.status, 200);
    // The platform refuses these as text.
    let seconds = |key: &str| u64::try_from(deploy[key].as_integer().expect(key)).unwrap();
    assert!(seconds("drainingSeconds") >= DRAIN_SECONDS + STOP_SECONDS);
    assert!(seconds("healthcheckTimeout") >= 30);
    let dockerfile = railway["build"]["dockerfilePath"].as_str().unwrap();
    let program = words(&value(dockerfile, "ENTRYPOINT")).remove(0);
    assert!(deploy["startCommand"].as_str().unwrap().starts_with(&program));
}

#[test]
fn the_image_starts_and_checks_its_health() {
    let mut command = words(&value("Dockerfile", "ENTRYPOINT"));
    command.extend(words(&value("Dockerfile", "CMD")));
    let started = Started::by(&command);
    let health = value("Dockerfile", "HEALTHCHECK");
    let check = words(health.split_once("CMD").unwrap().1.trim());
    assert_eq!(check[0], command[0]);
    let asked = |port: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_suitsize"));
        command.args(&check[1..]).env("PORT", port).stderr(Stdio::null()).stdout(Stdio::null());
        command.status().unwrap().code()
    };
    assert_eq!(asked(&started.port.to_string()), Some(0));
    assert_eq!(asked("1"), Some(1));
}

#[test]
fn the_image_is_run_by_nobody_and_has_no_shell() {
    let lines = lines("Dockerfile");
    let last_from = lines.iter().rposition(|line| line.starts_with("FROM ")).unwrap();
    assert!(lines[last_from].contains("distroless"), "{}", lines[last_from]);
    let user = value("Dockerfile", "USER");
    assert!(!user.starts_with('0') && user.starts_with(|c: char| c.is_ascii_digit()), "{user}");
    for line in &lines[last_from..] {
        assert!(!line.starts_with("RUN "), "needs a shell: {line}");
        assert!(!line.starts_with("VOLUME"), "{line}");
    }
    let data = value("Dockerfile", "COPY --from=build --chown=");
    assert!(data.starts_with(&user) && data.ends_with(" /data"), "{data}");
    assert!(lines.iter().any(|line| line.contains("SUITSIZE_DATA_DIR=/data")));
}

#[test]
fn the_image_is_built_by_a_compiler_that_is_new_enough() {
    let minimum = manifest("Cargo.toml")["package"]["rust-version"].as_str().unwrap().to_owned();
    let from = value("Dockerfile", "FROM rust:");
    let version = |text: &str| -> Vec<u32> {
        text.split('-').next().unwrap().split('.').map(|part| part.parse().unwrap()).collect()
    };
    assert!(version(&from) >= version(&minimum), "{from} is older than {minimum}");
}

/// What the program has inside must be there when the image is built.
#[test]
fn nothing_that_the_build_reads_is_left_out_of_the_image() {
    let ignored = lines(".dockerignore");
    let fits = |pattern: &str, path: &str| match pattern.split_once('*') {
        None => path == pattern || path.starts_with(&format!("{pattern}/")),
        Some(("", rest)) => path.contains(rest.trim_start_matches("*/")),
        Some((start, rest)) => path.starts_with(start) && path.contains(rest.trim_end_matches('*')),
    };
    // The last line that fits a path decides, and one with a `!` takes it back in.
    let left_out = |path: &str| {
        let mut deciding = ignored.iter().rev();
        let deciding = deciding.find(|line| fits(line.trim_start_matches('!'), path));
        deciding.is_some_and(|line| !line.starts_with('!'))
    };
    assert!(
        left_out("target/debug/suitsize") && left_out("data/x.db") && left_out("a/__pycache__")
    );
    for path in
        ["Cargo.toml", "Cargo.lock", ".cargo/config.toml", "LICENSE", "src/main.rs", "benches/x"]
    {
        assert!(!left_out(path), "{path}");
    }
    let mut found = 0;
    for source in sources(&at("src")) {
        let code = fs::read_to_string(&source).unwrap();
        for part in code.split("include_").skip(1) {
            let Some(name) = part.strip_prefix("str!(\"").or(part.strip_prefix("bytes!(\"")) else {
                continue;
            };
            let path = source.with_file_name("").join(name.split('"').next().unwrap());
            let path =
                path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let inside = path.strip_prefix(at("").canonicalize().unwrap()).unwrap().to_owned();
            assert!(!left_out(inside.to_str().unwrap()), "{}", inside.display());
            found += 1;
        }
    }
    assert!(found >= 5, "{found}");
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(sources(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn the_unit_starts_reloads_and_stops_it_as_it_is() {
    let started = Started::by(&split(&value(UNIT, "ExecStart=")));
    assert_eq!(send(started.port, "GET", "/api/health/live", &[], b"").status, 200);
    let stop: u64 = value(UNIT, "TimeoutStopSec=").parse().unwrap();
    assert!(stop >= DRAIN_SECONDS + STOP_SECONDS);
    assert_eq!(value(UNIT, "Type="), "notify");
    let data = value(UNIT, "Environment=SUITSIZE_DATA_DIR=");
    assert_eq!(data, format!("/var/lib/{}", value(UNIT, "StateDirectory=")));
    // What a setting that cannot be read ends with.
    let misused = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["serve", "--port", "none"])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(misused.code().unwrap().to_string(), value(UNIT, "RestartPreventExitStatus="));
}

/// A setting that is spelled wrongly where it is shipped would have no effect, and nobody would know.
#[test]
fn every_setting_that_is_shipped_exists() {
    let help =
        Command::new(env!("CARGO_BIN_EXE_suitsize")).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let mut found = 0;
    for dir in ["deploy", "docs"] {
        for path in sources(&at(dir)).into_iter().chain(["Dockerfile", "railway.toml"].map(at)) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for part in text.split("SUITSIZE_").skip(1) {
                let name: String =
                    part.chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
                // `SUITSIZE_*` is all of them; tests and benches have their own.
                if name.is_empty() || name.starts_with("TEST_") || name == "SURVEY" {
                    continue;
                }
                // A secret's value is not shown, nor the sign before it.
                let known = ["=", "]"]
                    .iter()
                    .any(|end| help.contains(&format!("[env: SUITSIZE_{name}{end}")));
                assert!(known, "{}: no setting is called SUITSIZE_{name}", path.display());
                found += 1;
            }
        }
    }
    assert!(found > 10, "{found}");
}
