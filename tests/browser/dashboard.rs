//! The operator's page in an operator's words: what is the verdict, what does a panel say, do this.

use crate::page::{DESKTOP, Options, Page};
use crate::running::{Running, Served};
use crate::service;
use serde_json::json;
use std::ops::Deref;
use suitsize::config::ServeSettings;

mod operating;
mod states;

pub const TOKEN: &str = "an-operators-secret-of-forty-characters";
pub const DESK: Options = Options { view: DESKTOP, ..Options::PLAIN };

pub struct Dashboard {
    page: Page,
}

impl Deref for Dashboard {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

/// A service whose memory is not judged: many of them are in one process here.
pub fn watched(change: impl FnOnce(&mut ServeSettings)) -> Running {
    Running::start(|settings| {
        roomy(settings);
        change(settings);
    })
}

pub fn roomy(settings: &mut ServeSettings) {
    settings.watch.memory_budget_mb = 100_000;
}

/// The built program with a token: the page reads in the configuration in force whether there is one, and that
/// is told by the program alone.
pub fn operated() -> Served {
    Served::start(&[
        ("SUITSIZE_ADMIN_TOKEN", TOKEN),
        ("SUITSIZE_WARM", "off"),
        ("SUITSIZE_RATE_LIMIT", "off"),
    ])
}

impl Dashboard {
    pub fn open(port: u16, options: Options) -> Option<Self> {
        let page = Page::open(&service::address(port), options)?;
        page.go("/dashboard");
        Some(Dashboard { page })
    }

    pub fn wait_for_verdict(&self, verdict: &str) {
        let holds =
            format!("document.querySelector('main').dataset.verdict === {}", json!(verdict));
        self.wait(&format!("the verdict {verdict}"), &holds);
    }

    /// Waits until a panel is as said: `loading`, `ok`, `empty`, `failing`.
    pub fn wait_for_panel(&self, panel: &str, state: &str) {
        let holds =
            format!("document.querySelector('[data-panel={panel}]').dataset.state === '{state}'");
        self.wait(&format!("{panel} {state}"), &holds);
    }

    /// Waits until everything has its data, and nothing is said to be old or missing.
    pub fn wait_until_whole(&self) {
        let holds = "[...document.querySelectorAll('[data-panel][data-state]')].every((e) => ['ok', 'empty'].includes(e.dataset.state))";
        self.wait("all panels", holds);
    }

    pub fn panel(&self, panel: &str) -> String {
        self.text(&format!("[data-panel={panel}]"))
    }

    /// Waits until a panel says something.
    pub fn wait_for_words(&self, panel: &str, words: &str) {
        let holds = format!(
            "document.querySelector('[data-panel={panel}]').innerText.includes({})",
            json!(words)
        );
        self.wait(&format!("{panel}: {words}"), &holds);
    }

    pub fn act(&self, action: &str) {
        self.tap(&format!("[data-action=\"{action}\"]"));
    }
}
