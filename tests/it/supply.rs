//! The lock file against `deny.toml`: what `cargo deny check bans sources` would say, where it is not
//! installed. Licences are in `licences.rs`, advisories in `tests/supply/advisories.py`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use toml::{Table, Value};

/// A TOML file at the top of the repository.
pub fn manifest(name: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// `name@version` of each locked package, by name.
fn locked() -> BTreeMap<String, BTreeSet<String>> {
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    for package in manifest("Cargo.lock")["package"].as_array().unwrap() {
        let text = |key: &str| package[key].as_str().unwrap().to_owned();
        versions.entry(text("name")).or_default().insert(text("version"));
    }
    versions
}

/// The `crate` of each entry of a list in `[bans]`: name, and what stands after the `@`.
fn bans(list: &str) -> Vec<(String, Option<String>)> {
    let deny = manifest("deny.toml");
    let entries = deny["bans"][list].as_array().unwrap();
    let spec = |entry: &Value| {
        assert!(
            entry["reason"].as_str().is_some_and(|why| !why.is_empty()),
            "{entry:?}: no reason"
        );
        let text = entry["crate"].as_str().unwrap();
        let (name, version) = text.split_once('@').map_or((text, None), |(a, b)| (a, Some(b)));
        (name.to_owned(), version.map(str::to_owned))
    };
    entries.iter().map(spec).collect()
}

/// Everything that is locked more than once, but for the newest of each name, which all are to come to.
fn repeated(locked: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut repeated = BTreeSet::new();
    for (name, versions) in locked.iter().filter(|(_, versions)| versions.len() > 1) {
        let newest = versions.iter().max_by_key(|version| parts(version)).unwrap();
        let older = versions.iter().filter(|version| *version != newest);
        repeated.extend(older.map(|version| format!("{name}@{version}")));
    }
    repeated
}

fn parts(version: &str) -> Vec<u64> {
    let plain = version.split(['+', '-']).next().unwrap();
    plain.split('.').map(|part| part.parse().unwrap()).collect()
}

#[test]
fn each_crate_is_there_once_or_says_why_not() {
    let skipped: BTreeSet<String> = bans("skip")
        .into_iter()
        .map(|(name, version)| format!("{name}@{}", version.unwrap()))
        .collect();
    assert_eq!(repeated(&locked()), skipped, "left: the lock file; right: skip in deny.toml");
}

#[test]
fn nothing_that_is_banned_is_locked() {
    let locked = locked();
    for (name, version) in bans("deny") {
        let Some(versions) = locked.get(&name) else { continue };
        let limit = version.as_deref().map(|version| version.strip_prefix('<').expect("a limit"));
        for version in versions {
            let allowed = limit.is_some_and(|limit| parts(version) >= parts(limit));
            assert!(allowed, "{name} {version} is banned by deny.toml");
        }
    }
}

#[test]
fn everything_locked_has_a_checksum_from_the_registry() {
    for package in manifest("Cargo.lock")["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let field = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or("");
        let registry = field("source") == "registry+https://github.com/rust-lang/crates.io-index";
        assert!(name == "suitsize" || registry, "{name} comes from {:?}", field("source"));
        assert!(name == "suitsize" || field("checksum").len() == 64, "{name} has no checksum");
    }
}

#[test]
fn the_checks_can_fail() {
    let of = |versions: &[&str]| {
        let versions = versions.iter().map(|&version| version.to_owned()).collect();
        repeated(&BTreeMap::from([("h2".to_owned(), versions)])).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(of(&["0.4.1"]), [""; 0]);
    assert_eq!(of(&["0.10.0", "0.9.0"]), ["h2@0.9.0"]);
    assert!(parts("0.3.27") < parts("0.4"));
    assert!(parts("0.5.0+0.23") > parts("0.4"));
}
