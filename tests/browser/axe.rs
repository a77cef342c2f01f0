//! axe-core in the page: what WCAG 2.2 AA and good practice have against a screen.

use crate::page::{Options, Page};
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::Read;
use std::sync::LazyLock;

static AXE: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    let packed: &[u8] = include_bytes!("axe-core/axe.min.js.gz");
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
});

const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

#[derive(Default)]
pub struct Found {
    /// Each with the rule's name and the elements.
    pub violations: Vec<String>,
    /// What it could not decide.
    pub undecided: Vec<String>,
}

/// Runs it on the page as it is. It comes by the debugger, which no content-security policy concerns.
pub fn look(page: &Page) -> Found {
    if page.value("typeof window.axe") == json!("undefined") {
        // The trailing value keeps the debugger from sending the library back.
        let source = format!("{}; true", *AXE);
        page.command("Runtime.evaluate", json!({"expression": source}));
    }
    let wanted = json!({"runOnly": {"type": "tag", "values": TAGS},
                        "resultTypes": ["violations", "incomplete"]});
    // It waits by the page's timers, which a driven clock holds back: those of no length are let through.
    let found = page.promised(&format!(
        "(async () => {{
           let isOver = false;
           const run = axe.run(document, {wanted}).finally(() => {{ isOver = true; }});
           while (!isOver) {{
             await window.__clock?.advance(0);
             await new Promise((done) => __real.setTimeout(done, 1));
           }}
           const {{violations, incomplete}} = await run;
           const told = (found) => found.map(({{id, nodes}}) =>
             `${{id}}: ${{nodes.map((node) => node.target.join(' ')).join(', ')}}`);
           return {{violations: told(violations), undecided: told(incomplete)}};
         }})()"
    ));
    let list = |name: &str| -> Vec<String> { serde_json::from_value(found[name].clone()).unwrap() };
    Found { violations: list("violations"), undecided: list("undecided") }
}

#[test]
fn the_check_can_fail() {
    let service = crate::service::shared();
    let base = crate::service::address(service.port);
    let Some(page) = Page::open(&base, Options::PLAIN) else { return };
    page.go("/");
    page.wait("the kiosk", "document.querySelector('main').dataset.screen === 'attract'");
    assert_eq!(look(&page).violations, [""; 0]);
    page.value("document.body.append(document.createElement('img'), document.createElement('button')) ?? true");
    let violations = look(&page).violations;
    for rule in ["image-alt", "button-name"] {
        assert!(violations.iter().any(|found| found.starts_with(rule)), "{rule}: {violations:?}");
    }
}
