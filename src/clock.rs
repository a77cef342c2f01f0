//! Time, handed in: nothing else reads a clock (but the stamp of a request, which measures itself).
//!
//! Two kinds, because they fail differently. `monotonic` never jumps and is lost with the process:
//! ages in memory, schedules, time limits. `unix_ms` survives a restart and can be wrong by years:
//! expiry in the file. It is the system's clock read once and carried on by the monotonic one, so that
//! a jump while the process runs changes no row's life. Forward, it follows the system (a machine that
//! slept has aged); backward it never goes: expiring early is safe, late is not.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock's difference below this is drift, not a jump.
const DRIFT_MS: i64 = 2_000;

/// Cheap to clone; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { started: Instant, anchor_ms: Arc<Mutex<i64>> },
    Manual(Arc<Mutex<Manual>>),
}

#[derive(Debug)]
struct Manual {
    monotonic: Duration,
    unix_ms: i64,
}

impl Clock {
    pub fn system() -> Self {
        let anchor_ms = Arc::new(Mutex::new(system_unix_ms()));
        Clock(Source::System { started: Instant::now(), anchor_ms })
    }

    /// A clock that moves when it is told to.
    pub fn manual(unix_ms: i64) -> Self {
        Clock(Source::Manual(Arc::new(Mutex::new(Manual { monotonic: Duration::ZERO, unix_ms }))))
    }

    /// Since the clock was made.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { started, .. } => started.elapsed(),
            Source::Manual(manual) => manual.lock().monotonic,
        }
    }

    /// Milliseconds since 1970.
    pub fn unix_ms(&self) -> i64 {
        match &self.0 {
            Source::System { started, anchor_ms } => {
                carried_on(&mut anchor_ms.lock(), started.elapsed(), system_unix_ms())
            }
            Source::Manual(manual) => manual.lock().unix_ms,
        }
    }

    /// Moves a manual clock; a system's clock is moved by nobody.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(manual) = &self.0 {
            let mut manual = manual.lock();
            manual.monotonic += by;
            manual.unix_ms += millis(by);
        }
    }
}

/// `anchor_ms`: the wall clock when the monotonic one was zero.
fn carried_on(anchor_ms: &mut i64, elapsed: Duration, system_ms: i64) -> i64 {
    let carried = anchor_ms.saturating_add(millis(elapsed));
    if system_ms > carried.saturating_add(DRIFT_MS) {
        *anchor_ms = system_ms - millis(elapsed);
        return system_ms;
    }
    carried
}

/// Whole milliseconds of a duration, as SQLite's integers.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn system_unix_ms() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => millis(since),
        Err(before) => -millis(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_clock_follows_a_jump_forward_and_ignores_one_back() {
        const YEAR_MS: i64 = 365 * 24 * 3_600_000;
        let rows = [
            ("no jump", 10_000, 110_000, 110_000),
            ("drift", 10_000, 111_500, 110_000),
            ("slept for an hour", 10_000, 110_000 + 3_600_000, 110_000 + 3_600_000),
            ("20 years on", 10_000, 20 * YEAR_MS, 20 * YEAR_MS),
            ("20 years back", 10_000, 110_000 - 20 * YEAR_MS, 110_000),
        ];
        for (what, elapsed_ms, system_ms, expected) in rows {
            let mut anchor_ms = 100_000;
            let now = carried_on(&mut anchor_ms, Duration::from_millis(elapsed_ms), system_ms);
            assert_eq!(now, expected, "{what}");
        }
    }

    #[test]
    fn after_a_jump_forward_it_goes_on_from_there() {
        let mut anchor_ms = 0;
        carried_on(&mut anchor_ms, Duration::from_secs(1), 1_000_000);
        assert_eq!(carried_on(&mut anchor_ms, Duration::from_secs(2), 0), 1_001_000);
    }
}
