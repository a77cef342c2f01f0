//! The kiosk's page in a shopper's words: start, type, tap, choose, read.

use crate::page::{Options, Page};
use crate::service;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::ops::Deref;
use std::time::Duration;

mod flows;
mod idle;
mod keyboard;
mod privacy;
mod screens;
mod take_along;
mod tour;
mod waiting;

pub struct Kiosk {
    page: Page,
    /// The screen before the question that is waited for.
    left: RefCell<String>,
}

impl Deref for Kiosk {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

/// What a shopper tells first.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub sex: &'a str,
    pub height: &'a str,
    pub weight: &'a str,
}

pub const MAN: Body<'static> = Body { sex: "male", height: "180", weight: "80" };

impl Kiosk {
    /// The attract screen, at the kiosk, in English and centimetres. `None` without a browser.
    pub fn open(port: u16) -> Option<Self> {
        Self::at(port, Options::PLAIN, "/")
    }

    pub fn at(port: u16, options: Options, path: &str) -> Option<Self> {
        let page = Page::open(&service::address(port), options)?;
        let kiosk = Kiosk { page, left: RefCell::default() };
        kiosk.go(path);
        kiosk.wait_for("attract");
        Some(kiosk)
    }

    /// Waits for a screen, and until nothing is being asked any more.
    pub fn wait_for(&self, screen: &str) {
        let holds = format!(
            "document.querySelector('main').dataset.screen === {} && \
             document.querySelector('main').getAttribute('aria-busy') !== 'true'",
            json!(screen)
        );
        self.wait(&format!("the screen {screen}"), &holds);
    }

    /// Loads the page anew, as it does itself after an outage.
    pub fn reloaded(&self) {
        self.reload();
        self.wait_for("attract");
    }

    pub fn screen(&self) -> String {
        self.string("document.querySelector('main').dataset.screen")
    }

    /// Taps a control by its action.
    pub fn touch(&self, action: &str) {
        self.tap(&format!("[data-action=\"{action}\"]"));
    }

    /// Taps one of several controls of an action.
    pub fn choose(&self, action: &str, value: &str) {
        self.tap(&format!("[data-action=\"{action}\"][data-value=\"{value}\"]"));
    }

    pub fn start(&self, sex: &str) {
        self.touch(&format!("start-{sex}"));
        self.wait_for("height");
    }

    /// On the page's own keypad.
    pub fn type_digits(&self, digits: &str) {
        for digit in digits.chars() {
            self.touch(&format!("digit-{digit}"));
        }
    }

    pub fn enter(&self, digits: &str) {
        self.type_digits(digits);
        self.touch("next");
    }

    /// On the keyboard, and Next tapped: quicker where typing is not what is looked at.
    pub fn press_digits(&self, digits: &str) {
        let keys: Vec<String> = digits.chars().map(String::from).collect();
        self.press(&keys.iter().map(String::as_str).collect::<Vec<_>>());
        self.touch("next");
    }

    /// To the first answer.
    pub fn tell(&self, body: &Body<'_>) {
        self.start(body.sex);
        self.enter(body.height);
        self.wait_for("weight");
        self.enter(body.weight);
        self.wait_for("answer");
    }

    /// Waits for the next question of those that make the answer surer; false at the result after the last.
    pub fn next_question(&self) -> bool {
        let mut left = self.left.borrow_mut();
        let next = format!(
            "document.querySelector('main:not([aria-busy=\"true\"])') && \
             ![{}, 'answer'].includes(document.querySelector('main').dataset.screen)",
            json!(*left)
        );
        self.wait("the next question", &next);
        *left = self.screen();
        *left != "result"
    }

    /// From the first answer, by the one who has a tape, and back to it.
    pub fn tape_chest(&self, cm: &str) {
        self.touch("add-tape");
        self.choose("tape", "chest");
        self.wait_for("tape-chest");
        self.enter(cm);
        self.wait_for("tape");
        self.touch("done");
        self.wait_for("answer");
    }

    pub fn open_result(&self) {
        self.touch("result");
        self.wait_for("result");
    }

    /// The size that is shown as the answer.
    pub fn size(&self) -> String {
        self.string("document.querySelector('main [data-size]').dataset.size")
    }

    /// How sure, as it is said.
    pub fn counts(&self) -> String {
        self.text("#counts-sentence")
    }

    pub fn mistake(&self) -> String {
        self.wait("something is told", "document.querySelector('#mistake')?.textContent")
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn verdict(&self) -> String {
        self.string("document.querySelector('main').dataset.verdict")
    }

    pub fn seconds(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    /// The questions that were sent for an answer.
    pub fn asked(&self) -> Vec<Value> {
        let requests = self.requests().into_iter();
        let asked = requests.filter(|request| request.url.ends_with("/api/recommend"));
        asked.map(|request| serde_json::from_str(&request.body).unwrap()).collect()
    }
}

/// A kiosk before the shared service, or the end of a test that cannot be run here.
macro_rules! kiosk {
    () => {
        kiosk!($crate::page::Options::PLAIN, "/")
    };
    ($options:expr, $path:expr) => {{
        let service = $crate::service::shared();
        match $crate::kiosk::Kiosk::at(service.port, $options, $path) {
            Some(kiosk) => (service, kiosk),
            None => return,
        }
    }};
}
pub(crate) use kiosk;
