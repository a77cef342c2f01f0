//! When each request is due. Pure: moments are lengths of time since the start.
//!
//! Open loop: request `n` is due at `n / rate`, whatever became of those before, and is user `n % users`'s.
//! A user joins at their part of the ramp-up and has what was due before then taken off the list, so that the
//! rate grows evenly with the users and is whole at the ramp-up's end.

use std::time::Duration;

/// How requests follow on each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// So many requests a second from all users together, at fixed moments.
    Open { rate_per_second: f64 },
    /// Each user asks, waits for the answer, thinks for so long, and asks again.
    Closed { think: Duration },
}

/// Users, and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// At least one.
    pub users: u32,
    /// Until all have joined; nothing of it is measured.
    pub ramp_up: Duration,
    /// What is measured, after the ramp-up.
    pub duration: Duration,
}

impl Schedule {
    pub fn end(&self) -> Duration {
        self.ramp_up + self.duration
    }

    /// When a user, counted from 0, joins.
    pub fn joins(&self, user: u32) -> Duration {
        self.ramp_up.mul_f64(f64::from(user) / f64::from(self.users))
    }

    pub fn is_measured(&self, at: Duration) -> bool {
        at >= self.ramp_up
    }

    /// Every request of an open loop that falls to one of `threads`, in order: when it is due, and whose it is.
    pub fn of_thread(
        self,
        rate_per_second: f64,
        thread: u32,
        threads: u32,
    ) -> impl Iterator<Item = (Duration, u32)> {
        (0_u64..)
            .map(move |n| {
                let due = Duration::from_secs_f64(n as f64 / rate_per_second);
                (due, (n % u64::from(self.users)) as u32)
            })
            .take_while(move |(due, _)| *due < self.end())
            .filter(move |(due, user)| user % threads == thread && *due >= self.joins(*user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule =
        Schedule { users: 10, ramp_up: Duration::from_secs(2), duration: Duration::from_secs(4) };

    fn all(schedule: Schedule, rate: f64, threads: u32) -> Vec<(Duration, u32)> {
        let mut all: Vec<_> =
            (0..threads).flat_map(|thread| schedule.of_thread(rate, thread, threads)).collect();
        all.sort();
        all
    }

    #[test]
    fn every_moment_is_fixed_and_falls_to_one_thread() {
        let one = all(SCHEDULE, 100.0, 1);
        for threads in [2, 3, 7] {
            assert_eq!(all(SCHEDULE, 100.0, threads), one, "{threads} threads");
        }
        let measured: Vec<_> = one.iter().filter(|(due, _)| SCHEDULE.is_measured(*due)).collect();
        assert_eq!(measured.len(), 400, "4 s at 100/s");
        for pair in measured.windows(2) {
            let between = (pair[1].0 - pair[0].0).as_secs_f64();
            assert!((between - 0.01).abs() < 1e-6, "{pair:?}");
        }
        assert!(one.iter().all(|(due, _)| *due < SCHEDULE.end()));
    }

    #[test]
    fn the_rate_grows_with_the_users() {
        let one = all(SCHEDULE, 100.0, 1);
        let within = |from_ms: u64, to_ms: u64| {
            let span = Duration::from_millis(from_ms)..Duration::from_millis(to_ms);
            one.iter().filter(|(due, _)| span.contains(due)).count()
        };
        let halves: Vec<_> = (0..4).map(|half| within(half * 500, half * 500 + 500)).collect();
        assert!(halves.windows(2).all(|pair| pair[0] < pair[1]), "{halves:?}");
        assert!(one.iter().all(|(due, user)| *due >= SCHEDULE.joins(*user)));
    }

    #[test]
    fn without_a_ramp_up_all_are_there_at_once() {
        let schedule = Schedule { ramp_up: Duration::ZERO, ..SCHEDULE };
        assert_eq!(schedule.joins(9), Duration::ZERO);
        assert_eq!(all(schedule, 2.5, 2).len(), 10, "4 s at 2.5/s");
    }

    #[test]
    fn fewer_requests_than_users_is_fine() {
        let schedule = Schedule { users: 1_000, ramp_up: Duration::ZERO, ..SCHEDULE };
        let users: Vec<u32> = all(schedule, 1.0, 2).into_iter().map(|(_, user)| user).collect();
        assert_eq!(users, [0, 1, 2, 3]);
    }
}
