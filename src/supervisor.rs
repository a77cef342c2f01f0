//! What a supervisor such as systemd is told of the service's life; without one, nothing.
//!
//! systemd names a socket in `NOTIFY_SOCKET` and, where it also watches, a time in `WATCHDOG_USEC` within
//! which it wants to hear from us; the crate reads both. Being told is the supervisor's concern: that it
//! does not listen ends nothing here.

use sd_notify::NotifyState;
use std::net::SocketAddr;
use std::time::Duration;

/// One sign of life may be missed and the second late before the supervisor acts.
const SIGNS_IN_A_LIMIT: u32 = 3;

/// The service listens, or has reloaded.
pub fn ready(address: SocketAddr) {
    let status = format!("Answers on {address}");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// A reload has begun; `ready` ends it.
pub fn reloading() {
    let status = NotifyState::Status("Reads charts and wording again");
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, status]),
        // Without the time systemd does not take it for a reload.
        Err(error) => log::warn!("the supervisor is not told of the reload: {error}"),
    }
}

/// The service takes no more connections and finishes what is under way.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("Finishes what is under way")]);
}

/// The service still does its work: only to be told by who has just seen it.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often the supervisor is to hear `alive`. `None`: it does not watch.
pub fn sign_every() -> Option<Duration> {
    sd_notify::watchdog_enabled()
        .filter(|limit| !limit.is_zero())
        .map(|limit| limit / SIGNS_IN_A_LIMIT)
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!("the supervisor cannot be told: {error}");
    }
}
