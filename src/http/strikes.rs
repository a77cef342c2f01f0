//! Requests that pretend to be an operator's: five by one client, each within a minute of the one before, and
//! nothing from it is believed for a minute. So never more than five guesses in any minute.
//!
//! It holds whatever `SUITSIZE_RATE_LIMIT` says. A blocked request does not prolong the block, so that a
//! script with an old token cannot keep its operator out for ever.

use super::client::Client;
use super::clients::Clients;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Guesses that a client has.
pub const MOST: u64 = 5;
const BLOCK: Duration = Duration::from_secs(60);
/// Clients whose guesses are remembered.
const MAX_CLIENTS: usize = 4_096;
/// A flood of guesses is one line of the log in so long.
const SILENCE: Duration = Duration::from_secs(60);
const COUNT_BITS: u32 = 8;

/// All clients' failures.
pub struct Strikes {
    /// Milliseconds of the last failure since `since`, and how many there were, in one number.
    clients: Clients<AtomicU64>,
    since: Instant,
    untold: AtomicU64,
    /// Milliseconds from which on the next line may be written.
    quiet_until: AtomicU64,
}

impl Strikes {
    pub fn new(since: Instant) -> Self {
        let clients = Clients::new(MAX_CLIENTS);
        Strikes { clients, since, untold: AtomicU64::new(0), quiet_until: AtomicU64::new(0) }
    }

    /// Counts a failure. The one that is counted is judged before it, so that guesses at the same moment are
    /// no more than guesses one after the other.
    ///
    /// # Errors
    /// While the client is blocked: seconds until it is not.
    pub fn judge(&self, client: Client, is_right: bool, now: Instant) -> Result<(), u64> {
        let now_ms = now.saturating_duration_since(self.since).as_millis() as u64;
        let own = self.clients.of(client);
        let mut seen = own.load(Relaxed);
        let judged = loop {
            let count = failures(seen, now_ms);
            if count >= MOST {
                break Err(left_ms(seen, now_ms).div_ceil(1_000).max(1));
            }
            if is_right {
                return Ok(());
            }
            let next = (now_ms << COUNT_BITS) | (count + 1);
            match own.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
                Ok(_) => break Ok(()),
                Err(newer) => seen = newer,
            }
        };
        if let Some(refused) = self.to_be_told(now_ms) {
            log::warn!("{refused} requests to operate were refused: they had no right to");
        }
        judged
    }

    /// How many were refused since the last line, when it is time for one.
    fn to_be_told(&self, now_ms: u64) -> Option<u64> {
        self.untold.fetch_add(1, Relaxed);
        let quiet_until = self.quiet_until.load(Relaxed);
        let next = now_ms + SILENCE.as_millis() as u64;
        let is_time = now_ms >= quiet_until
            && self.quiet_until.compare_exchange(quiet_until, next, Relaxed, Relaxed).is_ok();
        is_time.then(|| self.untold.swap(0, Relaxed))
    }
}

/// Those that still count.
fn failures(packed: u64, now_ms: u64) -> u64 {
    if left_ms(packed, now_ms) == 0 { 0 } else { packed & ((1 << COUNT_BITS) - 1) }
}

fn left_ms(packed: u64, now_ms: u64) -> u64 {
    let last_ms = packed >> COUNT_BITS;
    (last_ms + BLOCK.as_millis() as u64).saturating_sub(now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn client(number: u32) -> Client {
        IpAddr::from(Ipv4Addr::from(number)).into()
    }

    #[test]
    fn five_guesses_then_a_minute_of_nothing() {
        let start = Instant::now();
        let strikes = Strikes::new(start);
        let at = |seconds, is_right| {
            strikes.judge(client(1), is_right, start + Duration::from_secs(seconds))
        };
        for second in 1..=5 {
            assert_eq!(at(second, false), Ok(()));
        }
        assert_eq!(at(5, false), Err(60));
        assert_eq!(at(5, true), Err(60), "the right one is not told from a wrong one");
        assert_eq!(at(64, true), Err(1), "those in between did not prolong it");
        assert_eq!(at(65, true), Ok(()));
        assert_eq!(at(65, false), Ok(()));
        let other = strikes.judge(client(2), true, start + Duration::from_secs(6));
        assert_eq!(other, Ok(()), "nobody else is blocked");
    }

    #[test]
    fn no_pace_has_more_than_five_guesses_in_a_minute() {
        for pace_ms in [1, 900, 11_000, 14_999, 15_000, 30_000, 59_999] {
            let start = Instant::now();
            let strikes = Strikes::new(start);
            let counted: Vec<u64> = (1..2_000)
                .map(|turn| turn * pace_ms)
                .filter(|ms| {
                    strikes.judge(client(1), false, start + Duration::from_millis(*ms)).is_ok()
                })
                .collect();
            assert!(counted.len() > 1);
            let most = counted.windows(6).filter(|six| six[5] - six[0] < 60_000).count();
            assert_eq!(most, 0, "one each {pace_ms} ms");
        }
    }

    #[test]
    fn guesses_at_the_same_moment_are_five_too() {
        let start = Instant::now();
        let strikes = Strikes::new(start);
        let guess = || strikes.judge(client(1), false, start + Duration::from_secs(1)).is_ok();
        let counted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..500).filter(|_| guess()).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(counted, 5);
    }

    #[test]
    fn a_flood_is_a_line_a_minute() {
        let strikes = Strikes::new(Instant::now());
        assert_eq!(strikes.to_be_told(0), Some(1));
        assert!((0..1_000).all(|_| strikes.to_be_told(59_999).is_none()));
        assert_eq!(strikes.to_be_told(60_000), Some(1_001));
    }
}
