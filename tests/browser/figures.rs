//! What the pages are measured by, printed by `cargo test --test browser -- --nocapture figures`. Counts are
//! asserted; times are not, for they are the machine's and the build's (`SUITSIZE_TEST_BINARY` names another).

use crate::kiosk::{Kiosk, MAN};
use crate::page::{KIOSK, Options};
use crate::running::Served;
use serde_json::json;

/// All of the kiosk, packed as it is sent, in bytes.
const MOST_BYTES: u64 = 120_000;
const PACKED: &str =
    "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((bytes, entry) => bytes + entry.encodedBodySize, 0)";
const STARTS: usize = 5;
const TAPS: usize = 20;

/// From the first paint until the page listens, and how long that takes on a slow machine.
const USABLE: &str = "
  window.__usable = new Promise((done) => {
    const look = () => {
      if (document.querySelector('[data-action=\"start-male\"]')) done(performance.now());
      else requestAnimationFrame(look);
    };
    addEventListener('DOMContentLoaded', look);
  });";

/// From a tap until what it leads to has been drawn: the second frame after the screen is there.
const DRAWN: &str = "
  window.__drawn = [];
  addEventListener('click', (event) => {
    const main = document.querySelector('main');
    if (main.dataset.screen !== 'weight' || !event.target.closest('[data-action=next]')) return;
    const began = event.timeStamp;
    const look = () => {
      if (main.dataset.screen !== 'answer') return;
      watch.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => window.__drawn.push(performance.now() - began)));
    };
    const watch = new MutationObserver(look);
    watch.observe(main, {attributes: true, attributeFilter: ['data-screen']});
  }, true);";

/// The built program, or the one that `SUITSIZE_TEST_BINARY` names.
fn service() -> Served {
    Served::start(&[("SUITSIZE_RATE_LIMIT", "off"), ("SUITSIZE_WARM", "off")])
}

fn build() -> &'static str {
    match std::env::var_os("SUITSIZE_TEST_BINARY") {
        Some(_) => "the binary that was named",
        None => "a build for tests",
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
fn figures_of_the_kiosk() {
    let service = service();
    let Some(kiosk) = Kiosk::at(service.port, Options { view: KIOSK, ..Options::PLAIN }, "/")
    else {
        return;
    };
    // Everything, the other languages too, which come when the page has stood for a moment.
    kiosk.wait("the other languages", "performance.getEntriesByType('resource').filter((e) => e.name.includes('/wording/')).length >= 5");
    let packed = kiosk.value(PACKED).as_u64().unwrap();
    let loaded = kiosk.requests();
    let wire: u64 = loaded.iter().map(|request| request.transferred).sum();
    println!(
        "kiosk in five languages: {packed} bytes packed (at most {MOST_BYTES}), {wire} over the wire with the heads of {} answers",
        loaded.len()
    );
    // As many as there are, and as small as they can only be packed.
    assert!(packed > 20_000 && packed <= MOST_BYTES, "{packed}");

    kiosk.tell(&MAN);
    let taps = kiosk.taps() - MAN.height.len() - MAN.weight.len();
    println!("taps from attract to the first answer, beyond the digits: {taps} (at most 5)");
    assert!(taps <= 5);
    let own = format!("{}/", kiosk.base);
    let foreign = kiosk.requests().iter().filter(|request| !request.url.starts_with(&own)).count();
    println!("requests to any other origin: {foreign}");
    assert_eq!(foreign, 0);
}

#[test]
fn figures_of_a_slow_start() {
    let service = service();
    let Some(kiosk) = Kiosk::open(service.port) else { return };
    kiosk.before_scripts(USABLE);
    kiosk.command("Emulation.setCPUThrottlingRate", json!({"rate": 4}));
    let mut usable = Vec::new();
    let mut whole = Vec::new();
    for _ in 0..STARTS {
        // As for the first time: nothing is kept from the start before.
        kiosk.command("Network.clearBrowserCache", json!({}));
        kiosk.reloaded();
        let at = kiosk.promised("window.__usable").as_f64().unwrap();
        let painted = kiosk.value("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.getEntriesByName('first-paint')[0]?.startTime ?? 0");
        usable.push((at - painted.as_f64().unwrap()).max(0.0));
        whole.push(at);
    }
    println!(
        "first paint to usable, 4x slowed: median {:.0} ms of {STARTS}; from the address on {:.0} ms ({})",
        median(&mut usable),
        median(&mut whole),
        build()
    );
    assert_eq!(usable.len(), STARTS);
}

#[test]
fn figures_of_a_tap() {
    let service = service();
    let Some(kiosk) = Kiosk::open(service.port) else { return };
    kiosk.before_scripts(DRAWN);
    kiosk.reloaded();
    for n in 0..TAPS {
        kiosk.start("male");
        kiosk.press_digits("180");
        kiosk.wait_for("weight");
        // Another one each time: an answer that is computed, not remembered.
        kiosk.press_digits(&format!("{}", 70 + n));
        kiosk.wait_for("answer");
        kiosk.wait("it is drawn", &format!("window.__drawn.length === {}", n + 1));
        kiosk.touch("start-over");
        kiosk.wait_for("attract");
    }
    let mut times: Vec<f64> = serde_json::from_value(kiosk.value("window.__drawn")).unwrap();
    assert_eq!(times.len(), TAPS);
    let median = median(&mut times);
    println!(
        "tap to answer drawn: median {median:.0} ms, worst {:.0} ms of {TAPS} ({})",
        times.last().unwrap(),
        build()
    );
}
