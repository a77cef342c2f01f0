//! The pages in a real browser: Chromium, driven as a hand would.
//!
//! `chromium` has the browser, `page` one page in it, `service` what answers it. `kiosk` and `dashboard` are
//! the small languages that the tests are written in; `layout`, `axe` and `pictures` look at any screen.
//! Without Chromium and its driver the tests say so in a line and pass; with
//! `SUITSIZE_TEST_REQUIRE_BROWSER=1` they fail.

// A test that panics has failed: that is what unwrap is for here.
#![allow(clippy::unwrap_used)]

mod axe;
mod carrier;
mod chromium;
mod dashboard;
mod figures;
mod kiosk;
mod layout;
mod page;
mod pictures;
mod requests;
mod service;
mod words;

// One small language for services, whichever tests need one; each uses a part of it.
#[allow(dead_code)]
#[path = "../it/running.rs"]
mod running;
