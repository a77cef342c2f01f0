//! How much a client may ask for: the generic cell rate algorithm, one number for each client and class.
//!
//! The number is the moment at which the client will have paid for all it asked (the theoretical arrival
//! time). A request moves it on by its cost; one that would move it further ahead of now than the burst is
//! denied and moves nothing. So in any stretch of time `t` no more than burst + rate * t is let through,
//! and there is nothing to clean up: a number in the past is that of a client who was never here.
//!
//! Time is handed in, in nanoseconds that do not go back; an older moment than the last is only stricter.

use super::client::Client;
use super::clients::Clients;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Remembered clients; the least asked of later ones make room. Some 150 bytes each: 2.5 MB.
pub const MAX_CLIENTS: usize = 16_384;

const NS_PER_SECOND: u64 = 1_000_000_000;

/// So many in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub count: u32,
    pub seconds: u32,
}

impl Quota {
    /// Operating is by hand, or by a script with one step after the other.
    const ADMIN: Quota = Quota { count: 30, seconds: 60 };

    /// What may come at once: four seconds' worth, and at least the 120 of a page that asks at every move of
    /// a slider, but never more than a minute's worth of a rate that was chosen to be small.
    fn burst(self) -> u64 {
        const LEAST: u64 = 120;
        let worth = |seconds: u64| u64::from(self.count) * seconds / u64::from(self.seconds.max(1));
        worth(4).max(LEAST.min(worth(60))).max(1)
    }

    fn twice(self) -> Quota {
        Quota { count: self.count.saturating_mul(2), ..self }
    }
}

/// What requests are limited by, each for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Recommend,
    General,
    Admin,
}

/// How a client stands in a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What may come at once.
    pub limit: u64,
    /// Of it, what is left.
    pub remaining: u64,
    /// Seconds until all of it is back.
    pub reset_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    pub standing: Standing,
    /// Seconds until the same request would be let through.
    pub retry_after_seconds: u64,
}

/// One class' rate.
#[derive(Clone, Copy, Debug)]
struct Gcra {
    /// Nanoseconds that one request costs.
    interval_ns: u64,
    burst: u64,
}

impl Gcra {
    fn new(quota: Quota) -> Self {
        let window_ns = u64::from(quota.seconds) * NS_PER_SECOND;
        Gcra {
            interval_ns: (window_ns / u64::from(quota.count.max(1))).max(1),
            burst: quota.burst(),
        }
    }

    /// `cost` beyond the burst would never be let through and counts as the burst.
    fn take(&self, paid_until: &AtomicU64, cost: u64, now_ns: u64) -> Result<Standing, Denied> {
        let cost_ns = cost.min(self.burst) * self.interval_ns;
        let most_ahead_ns = self.burst * self.interval_ns;
        let mut seen = paid_until.load(Relaxed);
        loop {
            let moved = seen.max(now_ns) + cost_ns;
            let latest = now_ns + most_ahead_ns;
            if moved > latest {
                let standing = self.standing(seen, now_ns);
                let retry_after_seconds = (moved - latest).div_ceil(NS_PER_SECOND);
                return Err(Denied { standing, retry_after_seconds });
            }
            match paid_until.compare_exchange_weak(seen, moved, Relaxed, Relaxed) {
                Ok(_) => return Ok(self.standing(moved, now_ns)),
                Err(newer) => seen = newer,
            }
        }
    }

    fn standing(&self, paid_until_ns: u64, now_ns: u64) -> Standing {
        let ahead_ns = paid_until_ns.saturating_sub(now_ns);
        Standing {
            limit: self.burst,
            remaining: self.burst.saturating_sub(ahead_ns.div_ceil(self.interval_ns)),
            reset_seconds: ahead_ns.div_ceil(NS_PER_SECOND),
        }
    }
}

/// All clients' numbers, for all workers.
pub struct Limiter {
    classes: [Gcra; 3],
    clients: Clients<[AtomicU64; 3]>,
}

impl Limiter {
    /// `quota`: of recommendations; other requests have twice as many.
    pub fn new(quota: Quota) -> Self {
        Limiter {
            classes: [quota, quota.twice(), Quota::ADMIN].map(Gcra::new),
            clients: Clients::new(MAX_CLIENTS),
        }
    }

    /// # Errors
    /// When the client has had its share; the request then costs nothing.
    pub fn take(
        &self,
        client: Client,
        class: Class,
        cost: u64,
        now_ns: u64,
    ) -> Result<Standing, Denied> {
        let numbers = self.clients.of(client);
        self.classes[class as usize].take(&numbers[class as usize], cost, now_ns)
    }

    /// Clients that are remembered.
    pub fn clients(&self) -> usize {
        self.clients.len()
    }
}

/// What a list costs beside the one that every request does: the hundredth question is cheaper than
/// a hundred requests, and the work is done all the same.
pub fn more_for_a_list(questions: usize) -> u64 {
    questions as u64 / 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{IpAddr, Ipv4Addr};

    const SECOND: u64 = NS_PER_SECOND;

    fn quota(count: u32, seconds: u32) -> Quota {
        Quota { count, seconds }
    }

    fn client(number: u32) -> Client {
        IpAddr::from(Ipv4Addr::from(number)).into()
    }

    #[test]
    fn a_burst_fits_the_rate() {
        for (count, seconds, burst) in
            [(50, 1, 200), (600, 60, 120), (1, 1, 60), (1000, 3600, 16), (1, 3600, 1), (30, 60, 30)]
        {
            assert_eq!(quota(count, seconds).burst(), burst, "{count}/{seconds}");
        }
    }

    #[test]
    fn a_burst_then_the_rate_and_a_denial_costs_nothing() {
        let limiter = Limiter::new(quota(50, 1));
        let ask = |now_ns| limiter.take(client(1), Class::Recommend, 1, now_ns);
        for left in (0..200).rev() {
            assert_eq!(ask(0).unwrap().remaining, left);
        }
        for _ in 0..1_000 {
            assert_eq!(ask(0).unwrap_err().retry_after_seconds, 1);
        }
        assert_eq!(ask(0).unwrap_err().standing.reset_seconds, 4);
        assert!(ask(SECOND / 50 - 1).is_err());
        assert!(ask(SECOND / 50).is_ok(), "denials have not moved it on");
        let after_a_while = ask(60 * SECOND).unwrap();
        assert_eq!(after_a_while, Standing { limit: 200, remaining: 199, reset_seconds: 1 });
    }

    #[test]
    fn clients_and_classes_are_apart_and_a_list_costs_more() {
        let limiter = Limiter::new(quota(50, 1));
        let take = |who, class, cost| limiter.take(client(who), class, cost, 0);
        assert_eq!(take(1, Class::Recommend, 150).unwrap().remaining, 50);
        assert!(take(1, Class::Recommend, 51).is_err());
        assert_eq!(take(1, Class::General, 1).unwrap().limit, 400);
        assert_eq!(take(1, Class::Admin, 1).unwrap().remaining, 29);
        assert_eq!(take(2, Class::Recommend, 1_000_000).unwrap().remaining, 0, "at most a burst");
        assert_eq!([0, 9, 10, 1_000].map(more_for_a_list), [0, 0, 1, 100]);
    }

    #[test]
    fn an_older_moment_is_only_stricter() {
        let limiter = Limiter::new(quota(50, 1));
        let ask = |now_ns| limiter.take(client(1), Class::Recommend, 1, now_ns);
        assert!((0..200).all(|_| ask(10 * SECOND).is_ok()));
        assert!(ask(0).is_err() && ask(9 * SECOND).is_err());
    }

    #[test]
    fn workers_together_let_through_no_more() {
        let limiter = Limiter::new(quota(50, 1));
        let ask = || limiter.take(client(1), Class::Recommend, 1, 0).is_ok();
        let allowed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1_000).filter(|_| ask()).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(allowed, 200);
    }

    #[test]
    fn a_million_clients_are_not_remembered() {
        let limiter = Limiter::new(quota(50, 1));
        for number in 0..1_000_000 {
            limiter.take(client(number), Class::General, 1, 0).unwrap();
        }
        assert!(limiter.clients() <= MAX_CLIENTS, "{}", limiter.clients());
        let bytes = limiter.clients.bytes();
        assert!(bytes / MAX_CLIENTS <= 150, "{bytes}");
    }

    proptest! {
        #[test]
        fn never_more_than_a_burst_and_the_rate(
            (count, seconds) in (1_u32..2_000, prop::sample::select(vec![1_u32, 60, 3_600])),
            asked in prop::collection::vec((0_u64..200_000_000, 1_u64..30), 1..300),
        ) {
            let gcra = Gcra::new(quota(count, seconds));
            let (paid_until, mut now_ns) = (AtomicU64::new(0), 0);
            let mut allowed = Vec::new();
            for (gap_ns, cost) in asked {
                now_ns += gap_ns;
                let before = paid_until.load(Relaxed);
                match gcra.take(&paid_until, cost, now_ns) {
                    Ok(_) => allowed.push((now_ns, cost.min(gcra.burst))),
                    Err(denied) => {
                        prop_assert_eq!(paid_until.load(Relaxed), before);
                        prop_assert!(denied.retry_after_seconds > 0);
                    }
                }
            }
            for (first, (from_ns, _)) in allowed.iter().enumerate() {
                let mut taken = 0;
                for (until_ns, cost) in &allowed[first..] {
                    taken += cost;
                    let most = gcra.burst + (until_ns - from_ns) / gcra.interval_ns;
                    prop_assert!(taken <= most, "{} of {}", taken, most);
                }
            }
        }
    }
}
