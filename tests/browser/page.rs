//! One page in one browser: goes to an address, waits for what it shows, touches, types, looks.
//!
//! When it is dropped it fails the test if the console had an error, if the content-security policy was
//! broken, or if anything was asked of another origin: every test is a test of that.

use crate::carrier::Carrier;
use crate::chromium::Place;
use crate::requests::{Request, Requests};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use thirtyfour::common::print::{PrintPage, PrintParameters};
use thirtyfour::{WebDriver, WebElement};
use tokio::runtime::Runtime;

/// An alert is believed after the service has looked twice, every ten seconds.
const PATIENCE: Duration = Duration::from_secs(30);
const PRELUDE: &str = include_str!("scripts/page.js");
const CLOCK: &str = include_str!("scripts/clock.js");

/// What a page is looked at with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub width: u32,
    pub height: u32,
    pub touch: bool,
}

pub const KIOSK: View = View { width: 1080, height: 1920, touch: true };
pub const DESKTOP: View = View { width: 1280, height: 800, touch: false };
pub const PHONE: View = View { width: 360, height: 640, touch: true };

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub view: View,
    pub languages: &'static str,
    pub dark: bool,
    /// Letters twice as large, by the browser's own setting.
    pub large: bool,
    /// The page's time stands still until it is advanced.
    pub driven: bool,
}

impl Options {
    pub const PLAIN: Options =
        Options { view: KIOSK, languages: "en-GB,en", dark: false, large: false, driven: false };
    pub const DRIVEN: Options = Options { driven: true, ..Options::PLAIN };
}

pub struct Page {
    runtime: Runtime,
    /// `None` when it has quit.
    driver: Option<WebDriver>,
    pub base: String,
    requests: RefCell<Requests>,
    taps: Cell<usize>,
    may_miss_answers: Cell<bool>,
    _place: Place,
}

impl Page {
    /// A browser of its own with an empty page, or `None` where there is no browser.
    pub fn open(base: &str, options: Options) -> Option<Self> {
        let place = Place::take()?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let address = format!("http://127.0.0.1:{}", place.driver.port);
        let wanted = capabilities(&place, options);
        let builder = WebDriver::builder(address, wanted).client(Carrier::new());
        let driver = runtime.block_on(builder.connect()).unwrap();
        let page = Page {
            runtime,
            driver: Some(driver),
            base: base.to_owned(),
            requests: RefCell::default(),
            taps: Cell::new(0),
            may_miss_answers: Cell::new(false),
            _place: place,
        };
        page.before_scripts(PRELUDE);
        if options.driven {
            page.before_scripts(CLOCK);
        }
        page.look_with(options.view);
        page.media("", options.dark);
        Some(page)
    }

    fn driver(&self) -> &WebDriver {
        self.driver.as_ref().unwrap()
    }

    /// A command of Chromium's own protocol, for what `WebDriver` has no word for.
    pub fn command(&self, method: &str, parameters: Value) -> Value {
        let cdp = self.driver().cdp();
        let sent = self.runtime.block_on(cdp.send_raw(method, parameters));
        sent.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A script that runs in every page of this browser before its own.
    pub fn before_scripts(&self, source: &str) {
        self.command("Page.addScriptToEvaluateOnNewDocument", json!({"source": source}));
    }

    pub fn look_with(&self, View { width, height, touch }: View) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", metrics);
        self.command("Emulation.setTouchEmulationEnabled", json!({"enabled": touch}));
    }

    /// `medium` is "print" or "". Motion is reduced: a picture is of what stays.
    pub fn media(&self, medium: &str, dark: bool) {
        let scheme = if dark { "dark" } else { "light" };
        let features = json!([
            {"name": "prefers-reduced-motion", "value": "reduce"},
            {"name": "prefers-color-scheme", "value": scheme},
        ]);
        self.command("Emulation.setEmulatedMedia", json!({"media": medium, "features": features}));
    }

    /// Whether the page's requests come through.
    pub fn reachable(&self, on: bool) {
        let conditions =
            json!({"offline": !on, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.command("Network.emulateNetworkConditions", conditions);
    }

    pub fn go(&self, path: &str) {
        let address = format!("{}{path}", self.base);
        self.runtime.block_on(self.driver().goto(address)).unwrap();
    }

    pub fn reload(&self) {
        self.runtime.block_on(self.driver().refresh()).unwrap();
    }

    /// As by the browser's own button.
    pub fn back(&self) {
        self.runtime.block_on(self.driver().back()).unwrap();
    }

    /// The value of an expression in the page.
    pub fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        let returned = self.runtime.block_on(self.driver().execute(script, Vec::new()));
        returned.unwrap_or_else(|error| panic!("{expression}: {error}")).json().clone()
    }

    pub fn string(&self, expression: &str) -> String {
        match self.value(expression) {
            Value::String(text) => text,
            other => panic!("{expression} is {other}"),
        }
    }

    /// The value that a promise comes to.
    pub fn promised(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; Promise.resolve().then(() => ({promise})).then(done, (e) => done({{failed: String(e)}}));"
        );
        let returned = self.runtime.block_on(self.driver().execute_async(script, Vec::new()));
        let value = returned.unwrap_or_else(|error| panic!("{error}")).json().clone();
        assert!(value.get("failed").is_none(), "{value}");
        value
    }

    /// Waits until an expression is true in the page, and gives its value.
    pub fn wait(&self, what: &str, expression: &str) -> Value {
        let began = Instant::now();
        let script = format!(
            "const done = arguments[0]; const until = __real.now() + 2000;
             const look = () => {{
               let found = null;
               try {{ found = ({expression}); }} catch {{ }}
               if (found || __real.now() > until) done(found ?? null); else __real.setTimeout(look, 5);
             }};
             look();"
        );
        loop {
            // A page that is just being left takes the script with it: asked again in the next one.
            let found = self.runtime.block_on(self.driver().execute_async(&*script, Vec::new()));
            match found.map(|value| value.json().clone()) {
                Ok(value) if !matches!(value, Value::Null | Value::Bool(false)) => return value,
                other if began.elapsed() > PATIENCE => {
                    panic!("{what}: waited in vain ({other:?}); the page shows: {}", self.shown());
                }
                _ => {}
            }
        }
    }

    /// What a reader of the page sees, for who wonders why a test failed.
    fn shown(&self) -> String {
        let text = "`${location.pathname} ${document.querySelector('main')?.dataset.screen} ${document.body.innerText}`";
        self.value(text).as_str().unwrap_or_default().chars().take(600).collect()
    }

    /// Waits until what follows from a change of size or colours is drawn.
    pub fn settle(&self) {
        self.promised("new Promise((done) => __real.frame(() => __real.frame(() => __real.frame(() => done(true)))))");
    }

    pub fn is_there(&self, selector: &str) -> bool {
        self.value(&format!("document.querySelector({}) !== null", json!(selector))) == json!(true)
    }

    /// The text of an element, as it is seen.
    pub fn text(&self, selector: &str) -> String {
        self.string(&format!("document.querySelector({}).innerText", json!(selector)))
    }

    /// Waits for a control that can be used, and taps it where a finger would.
    pub fn tap(&self, selector: &str) {
        let began = Instant::now();
        // Of an open dialog, or of the page if it asks nothing at the moment.
        let usable = format!(
            "document.querySelector('dialog[open], main:not([aria-busy=\"true\"])') && \
             [...(document.querySelector('dialog[open]') ?? document).querySelectorAll({})]\
               .find((e) => e.checkVisibility() && !e.disabled && __hand.isReady(e))",
            json!(selector)
        );
        loop {
            let found = self.wait(selector, &usable);
            let element = WebElement::from_json(found, self.driver().handle().clone()).unwrap();
            // It may have been made anew, or something may be over it for a moment.
            match self.runtime.block_on(element.click()) {
                Ok(()) => return self.taps.set(self.taps.get() + 1),
                Err(error) => assert!(began.elapsed() < PATIENCE, "{selector}: {error}"),
            }
        }
    }

    /// How often it was tapped so far.
    pub fn taps(&self) -> usize {
        self.taps.get()
    }

    /// Keys of the keyboard, one after the other: digits and letters, or names as "Enter" and "Shift+Tab".
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            let (shift, name) = key.strip_prefix("Shift+").map_or((0, *key), |name| (8, name));
            let (code, text) = match name {
                "Tab" => (9, ""),
                "Enter" => (13, "\r"),
                "Escape" => (27, ""),
                "Backspace" => (8, ""),
                " " => (32, " "),
                one => (u32::from(one.to_uppercase().as_bytes()[0]), one),
            };
            let event = |kind: &str| {
                json!({"type": kind, "key": name, "code": name, "text": text, "modifiers": shift,
                       "windowsVirtualKeyCode": code})
            };
            self.command("Input.dispatchKeyEvent", event("keyDown"));
            self.command("Input.dispatchKeyEvent", event("keyUp"));
        }
    }

    /// Writes into what has the focus.
    pub fn write(&self, text: &str) {
        self.command("Input.insertText", json!({"text": text}));
    }

    /// Moves a driven clock.
    pub fn advance(&self, time: Duration) {
        self.promised(&format!("__clock.advance({}).then(() => true)", time.as_millis()));
    }

    /// What a printer gets, as PDF on A4.
    pub fn printed(&self) -> Vec<u8> {
        let page = PrintPage { width: 21.0, height: 29.7 };
        let paper = PrintParameters { page, ..PrintParameters::default() };
        self.runtime.block_on(self.driver().print_page(paper)).unwrap()
    }

    pub fn picture(&self) -> Vec<u8> {
        self.runtime.block_on(self.driver().screenshot_as_png()).unwrap()
    }

    /// The whole document, also what has to be scrolled to.
    pub fn long_picture(&self) -> Vec<u8> {
        let whole = json!({"format": "png", "captureBeyondViewport": true});
        let taken = self.command("Page.captureScreenshot", whole);
        BASE64.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    /// Everything that was asked for so far.
    pub fn requests(&self) -> Vec<Request> {
        let log = self.runtime.block_on(self.driver().get_log("performance")).unwrap();
        let mut requests = self.requests.borrow_mut();
        log.iter().for_each(|entry| requests.read(&entry.message));
        requests.all()
    }

    /// From here on an answer that fails or does not come is no fault of the page.
    pub fn may_miss_answers(&self) {
        self.may_miss_answers.set(true);
    }

    fn faults(&self) -> Vec<String> {
        let log = self.runtime.block_on(self.driver().browser_log()).unwrap();
        let severe = log.into_iter().filter(|entry| entry.level == "SEVERE");
        let mut faults: Vec<String> = severe
            .filter(|entry| {
                let missed = entry.source.as_deref() == Some("network");
                !(missed && self.may_miss_answers.get())
            })
            .map(|entry| entry.message)
            .collect();
        let own = format!("{}/", self.base);
        let foreign = self.requests().into_iter().filter(|request| !request.url.starts_with(&own));
        faults.extend(foreign.map(|request| format!("asks another origin: {}", request.url)));
        faults
    }

    /// A failing test leaves a picture of what it saw.
    fn keep_picture(&self) {
        let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("failed");
        let picture = self.runtime.block_on(self.driver().screenshot_as_png());
        if let (Ok(picture), Ok(())) = (picture, std::fs::create_dir_all(&dir)) {
            let path = dir.join(format!("{name}.png"));
            drop(std::fs::write(&path, picture));
            eprintln!("what it saw: {}", path.display());
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let faults = if std::thread::panicking() {
            self.keep_picture();
            Vec::new()
        } else {
            self.faults()
        };
        let driver = self.driver.take().unwrap();
        drop(self.runtime.block_on(driver.quit()));
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

fn capabilities(place: &Place, options: Options) -> thirtyfour::Capabilities {
    let View { width, height, .. } = options.view;
    let wanted = json!({
        "browserName": "chrome",
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "goog:chromeOptions": {
            "binary": place.chromium,
            // A root user in a container has neither a sandbox nor much shared memory.
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars",
                     "--disable-gpu", format!("--window-size={width},{height}"),
                     format!("--lang={}", options.languages.split(',').next().unwrap())],
            "prefs": {"intl.accept_languages": options.languages,
                      "webkit.webprefs.default_font_size": if options.large { 32 } else { 16 }},
        },
    });
    match wanted {
        Value::Object(wanted) => thirtyfour::Capabilities::from(wanted),
        _ => unreachable!(),
    }
}
