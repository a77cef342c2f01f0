//! Everything in the lock file may be given away with the program, and comes from the registry.

use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// What `deny.toml` allows: cargo-deny and this test are told once.
static ALLOWED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let deny = crate::supply::manifest("deny.toml");
    let allowed = deny["licenses"]["allow"].as_array().unwrap();
    allowed.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
});

/// The lock file's packages: of every platform where they have been fetched, as `.ci/run` does, else
/// of this one.
fn packages() -> Vec<Value> {
    let everywhere = metadata(&[]);
    let packages = everywhere.unwrap_or_else(|_| {
        println!("left out: the crates of other platforms (cargo fetch --locked brings them)");
        metadata(&["--filter-platform", &host()]).unwrap()
    });
    match packages {
        Value::Array(packages) => packages,
        other => panic!("{other}"),
    }
}

fn metadata(more: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(more)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    Ok(metadata["packages"].take())
}

fn host() -> String {
    let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
    let output = Command::new(rustc).arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned()
}

fn is_allowed(expression: &str) -> bool {
    // "MIT/Apache-2.0" is the old way to write "MIT OR Apache-2.0".
    let expression = expression.replace('/', " OR ");
    let parsed = spdx::Expression::parse_mode(&expression, spdx::ParseMode::LAX).unwrap();
    parsed.evaluate(|requirement| {
        requirement.license.id().is_some_and(|id| ALLOWED.iter().any(|name| name == id.name))
    })
}

#[test]
fn no_dependency_forbids_giving_the_program_away() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        let expression = package["license"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} has no licence expression"));
        assert!(is_allowed(expression), "{name}: {expression}");
    }
}

#[test]
fn every_dependency_comes_from_the_registry() {
    for package in packages() {
        let source = package["source"].as_str().unwrap_or("");
        let own = package["name"] == "suitsize";
        assert!(own || source.starts_with("registry+"), "{}: {source}", package["name"]);
    }
}

#[test]
fn the_check_can_fail() {
    for (expression, allowed) in [
        ("MIT OR GPL-3.0-only", true),
        ("GPL-3.0-or-later", false),
        ("MIT AND GPL-2.0-only", false),
        ("MPL-2.0", false),
    ] {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }
}
