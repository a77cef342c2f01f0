//! Leaves a sick thing alone: after `THRESHOLD` failures in a row it is not asked for a while; then one
//! caller tries, and the others wait for what that one finds. The while doubles to `LONGEST`, well
//! under the minute in which the service promises to notice a recovery.

use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const THRESHOLD: u32 = 3;
const SHORTEST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(15);

/// Waits that double, shared by the breaker and by what reopens the file.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// How long to wait after one more failure.
    pub fn failed(&mut self) -> Duration {
        let wait = SHORTEST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
        self.failures += 1;
        wait
    }

    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[derive(Debug, Default)]
pub struct Breaker {
    /// Whether the lock has to be asked: false as long as all is well.
    troubled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures_in_a_row: u32,
    /// Open until then.
    open_until: Option<Duration>,
    trying: bool,
    backoff: Backoff,
}

impl Breaker {
    /// May it be asked at `now` (monotonic)? Who is told yes reports `succeeded` or `failed`.
    pub fn allows(&self, now: Duration) -> bool {
        if !self.troubled.load(Ordering::Relaxed) {
            return true;
        }
        let mut state = self.state.lock();
        match state.open_until {
            None => true,
            Some(until) if now < until || state.trying => false,
            Some(_) => {
                state.trying = true;
                true
            }
        }
    }

    pub fn succeeded(&self) {
        if self.troubled.load(Ordering::Relaxed) {
            *self.state.lock() = State::default();
            self.troubled.store(false, Ordering::Relaxed);
        }
    }

    pub fn failed(&self, now: Duration) {
        let mut state = self.state.lock();
        self.troubled.store(true, Ordering::Relaxed);
        if state.open_until.is_some() && !state.trying {
            return; // begun before it opened: no news
        }
        state.failures_in_a_row += 1;
        if state.failures_in_a_row >= THRESHOLD {
            state.open_until = Some(now + state.backoff.failed());
        }
        state.trying = false;
    }

    pub fn is_open(&self) -> bool {
        self.troubled.load(Ordering::Relaxed) && self.state.lock().open_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_opens_tries_one_and_closes() {
        let breaker = Breaker::default();
        for _ in 0..THRESHOLD - 1 {
            breaker.failed(ms(0));
            assert!(breaker.allows(ms(0)), "one failure is none");
        }
        breaker.failed(ms(0));
        assert!(breaker.is_open() && !breaker.allows(ms(499)));
        assert!(breaker.allows(ms(500)), "one tries");
        assert!(!breaker.allows(ms(500)), "the others wait");
        breaker.failed(ms(500));
        assert!(!breaker.allows(ms(1499)), "the second while is twice as long");
        assert!(breaker.allows(ms(1500)));
        breaker.succeeded();
        assert!(!breaker.is_open() && breaker.allows(ms(1500)) && breaker.allows(ms(1500)));
    }

    #[test]
    fn many_that_fail_together_are_one_failure() {
        let breaker = Breaker::default();
        (0..50).for_each(|_| breaker.failed(ms(0)));
        assert!(breaker.allows(ms(500)), "the first while, not the longest");
    }

    #[test]
    fn a_success_between_failures_starts_the_count_again() {
        let breaker = Breaker::default();
        for _ in 0..10 {
            breaker.failed(ms(0));
            breaker.failed(ms(0));
            breaker.succeeded();
        }
        assert!(breaker.allows(ms(0)));
    }

    #[test]
    fn it_never_stays_away_for_longer_than_fifteen_seconds() {
        let breaker = Breaker::default();
        let mut now = ms(0);
        (0..THRESHOLD).for_each(|_| breaker.failed(now));
        for _ in 0..50 {
            now += LONGEST;
            assert!(breaker.allows(now));
            breaker.failed(now);
        }
    }
}
