//! Chromium and its driver: one chromedriver for all tests that need it at a time, two browsers at once.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex, Once, PoisonError, Weak};

/// More browsers than cores only wait for each other.
const AT_ONCE: usize = 2;

pub struct Driver {
    child: Child,
    pub port: u16,
    /// Kept open: who writes into a closed pipe is ended.
    _output: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Self {
        let program = find(&["chromedriver"]).expect("chromedriver was there a moment ago");
        let mut child = Command::new(program)
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let port = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "chromedriver does not start");
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end().trim_end_matches('.').parse().unwrap();
            }
        };
        Driver { child, port, _output: output }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The one that runs, or a new one. It ends with the last test that uses it, for statics never do.
fn driver() -> Arc<Driver> {
    static RUNNING: Mutex<Weak<Driver>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let driver = Arc::new(Driver::start());
        *running = Arc::downgrade(&driver);
        driver
    })
}

static FREE: LazyLock<(Mutex<usize>, Condvar)> =
    LazyLock::new(|| (Mutex::new(AT_ONCE), Condvar::new()));

/// A place for one browser, and the driver that starts it.
pub struct Place {
    pub driver: Arc<Driver>,
    pub chromium: PathBuf,
}

impl Place {
    /// Waits until one is free. `None` without a browser on this machine.
    pub fn take() -> Option<Self> {
        let chromium = browser()?;
        let mut free = FREE.0.lock().unwrap();
        while *free == 0 {
            free = FREE.1.wait(free).unwrap();
        }
        *free -= 1;
        Some(Place { driver: driver(), chromium })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *FREE.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREE.1.notify_one();
    }
}

/// The browser, if its driver is there too.
fn browser() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    let chromium = find(&["chromium", "chromium-browser", "google-chrome"]);
    if let (Some(chromium), Some(_)) = (chromium, find(&["chromedriver"])) {
        return Some(chromium);
    }
    let missing = "the pages in a browser: chromium and chromedriver are not both installed";
    assert!(std::env::var_os("SUITSIZE_TEST_REQUIRE_BROWSER").is_none(), "{missing}");
    // Not println: what a passing test prints is not shown.
    SAID.call_once(|| drop(writeln!(std::io::stderr(), "left out: {missing}")));
    None
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    names.iter().find_map(|name| {
        places.iter().map(|place| place.join(name)).find(|program| program.is_file())
    })
}
