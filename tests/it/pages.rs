//! The pages' files: all of them are in the binary, small, the service's own, and asked about before use.

use crate::running::{Reply, Running};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use suitsize::sizing::wording::Language;

static SERVICE: LazyLock<Running> = LazyLock::new(|| Running::start(|_| ()));

/// What a browser may wait for before the kiosk is there, packed, in bytes.
const MOST_BYTES: usize = 120_000;

fn get(path: &str, headers: &[(&str, &str)]) -> Reply {
    SERVICE.send("GET", path, headers, b"")
}

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// The files of a directory of `web/` and below, by their paths in it.
fn files(of: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(web().join(of)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{of}/{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => found.append(&mut files(&path)),
            false => drop(found.insert(path)),
        }
    }
    found
}

/// What the pages are made of; of a library what runs, and its licence.
fn of_the_pages() -> BTreeSet<String> {
    let runs = |path: &String| !path.ends_with(".md") && !path.ends_with(".sh");
    let all = ["kiosk", "dashboard", "vendor/lean-qr", "vendor/uplot"].map(files);
    all.into_iter().flatten().filter(runs).collect()
}

#[test]
fn every_file_is_served_as_it_is_and_kept_while_it_is_good() {
    for path in of_the_pages() {
        let reply = get(&format!("/pages/{path}"), &[]);
        assert_eq!(reply.status, 200, "/pages/{path} is not in src/http/pages.rs");
        assert_eq!(reply.text, std::fs::read_to_string(web().join(&path)).unwrap(), "{path}");
        let kind = match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        };
        assert_eq!(reply.header("content-type"), kind, "{path}");
        assert_eq!(reply.header("cache-control"), "no-cache", "{path}");
        let again = get(&format!("/pages/{path}"), &[("if-none-match", reply.header("etag"))]);
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
    }
}

#[test]
fn the_pages_are_at_their_addresses() {
    for (path, file) in [("/", "kiosk/index.html"), ("/dashboard", "dashboard/index.html")] {
        let reply = get(path, &[]);
        assert_eq!(reply.text, std::fs::read_to_string(web().join(file)).unwrap());
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn what_is_not_there_is_a_problem() {
    for path in [
        "/pages/",
        "/pages/kiosk",
        "/pages/kiosk/",
        "/pages/kiosk/none.js",
        "/pages/../Cargo.toml",
        "/pages/%2e%2e/Cargo.toml",
        "/pages/wording/nl.json",
        "/pages/wording/en",
        "/dashboard/",
    ] {
        let reply = get(path, &[]);
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
    }
}

/// A name that is an address elsewhere would be asked for by a browser; that of SVG is none.
#[test]
fn no_page_names_another_origin() {
    for path in of_the_pages().iter().filter(|path| !path.starts_with("vendor/")) {
        let text = std::fs::read_to_string(web().join(path)).unwrap();
        let text = text.replace("http://www.w3.org/2000/svg", "");
        // A line to copy into a terminal.
        let text = text.replace("curl -s http://", "");
        for address in ["http://", "https://", "\"//", "'//"] {
            assert!(!text.contains(address), "{path} has {address}");
        }
    }
}

#[test]
fn the_kiosk_is_small() {
    let mut bytes = 0;
    let of_kiosk = |path: &String| path.starts_with("kiosk/") || path.ends_with(".mjs");
    let paths = of_the_pages().into_iter().filter(of_kiosk).chain(["wording/de.json".to_owned()]);
    for path in paths {
        let reply = get(&format!("/pages/{path}"), &[]);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, reply.text.as_bytes()).unwrap();
        bytes += packed.finish().unwrap().len();
    }
    println!("all of the kiosk in one language, packed: {bytes} bytes");
    assert!(bytes <= MOST_BYTES, "{bytes}");
}

#[test]
fn texts_are_those_in_force() {
    for language in Language::ALL {
        let path = format!("/pages/wording/{}.json", language.tag());
        let reply = get(&path, &[]);
        assert_eq!(reply.header("content-type"), "application/json");
        let file = web().join(format!("../data/wording/{}.json", language.tag()));
        let file: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(reply.json(), file);
        let again = get(&path, &[("if-none-match", reply.header("etag"))]);
        assert_eq!(again.status, 304, "{path}");
    }
    let words = tempfile::tempdir().unwrap();
    std::fs::write(words.path().join("en.json"), r#"{"name":"Ours"}"#).unwrap();
    let shop = Running::start(|settings| {
        settings.engine.wording = Some(words.path().to_owned());
    });
    let ours = shop.get("/pages/wording/en.json");
    assert_eq!(ours.json()["name"], "Ours");
    assert_ne!(ours.header("etag"), get("/pages/wording/en.json", &[]).header("etag"));
}
