//! Leaves a receiver alone that does not answer: after `THRESHOLD` failed attempts in a row, across
//! messages, for `OPEN_FOR`; then one attempt tells whether it is back.
//!
//! The pause does not grow: one small request in half a minute harms nobody, and a growing one would
//! break the promise that a recovery is noticed within a minute. Not the store's breaker, which serves
//! many threads at once and answers in half seconds; here there is one caller, and time is handed in.

use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

const THRESHOLD: u32 = 5;
/// No message waits longer than this by itself, and the two waits are one: with the longest request
/// (5 s) a recovery is still noticed within a minute.
const OPEN_FOR: Duration = Duration::from_secs(30);

/// Whether the receiver is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CircuitStanding)]
pub enum Standing {
    Closed,
    Open,
    /// The pause is over; the next attempt decides.
    HalfOpen,
}

#[derive(Debug, Default)]
pub struct Circuit {
    failures_in_a_row: u32,
    open_until: Option<Duration>,
}

impl Circuit {
    /// From when on an attempt is allowed, by the monotonic clock; zero: at once.
    pub fn opens_at(&self) -> Duration {
        self.open_until.unwrap_or_default()
    }

    pub fn standing(&self, now: Duration) -> Standing {
        match self.open_until {
            None => Standing::Closed,
            Some(until) if now < until => Standing::Open,
            Some(_) => Standing::HalfOpen,
        }
    }

    /// True if it had been open.
    pub fn succeeded(&mut self) -> bool {
        std::mem::take(self).open_until.is_some()
    }

    /// True if it opened by this failure and had been closed.
    pub fn failed(&mut self, now: Duration) -> bool {
        let was_closed = self.open_until.is_none();
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        if self.failures_in_a_row >= THRESHOLD {
            self.open_until = Some(now.saturating_add(OPEN_FOR));
        }
        was_closed && self.open_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens, at which second, and how it stands after that.
    type Row = (char, u64, Standing);

    fn play(what: &str, rows: &[Row]) {
        let mut circuit = Circuit::default();
        for (i, (event, at_s, expected)) in rows.iter().enumerate() {
            let now = Duration::from_secs(*at_s);
            match event {
                'F' => circuit.failed(now),
                'S' => circuit.succeeded(),
                _ => false,
            };
            assert_eq!(circuit.standing(now), *expected, "{what}, step {i}");
        }
    }

    #[test]
    fn it_opens_probes_and_closes() {
        use Standing::{Closed, HalfOpen, Open};
        let five = [
            ('F', 0, Closed),
            ('F', 1, Closed),
            ('F', 2, Closed),
            ('F', 3, Closed),
            ('F', 4, Open),
        ];
        let after = |rest: &[Row]| [&five[..], rest].concat();
        play("the pause is half a minute", &after(&[(' ', 33, Open), (' ', 34, HalfOpen)]));
        play("a good probe closes it", &after(&[('S', 34, Closed), ('F', 35, Closed)]));
        play("a bad probe opens it again", &after(&[('F', 34, Open), (' ', 64, HalfOpen)]));
        play("after a good probe five are needed again", &{
            let again = five.map(|(event, at_s, standing)| (event, at_s + 40, standing));
            [&five[..], &[('S', 34, Closed)], &again].concat()
        });
        let interrupted = [&five[..4], &[('S', 4, Closed)], &five[..4]].concat();
        play("a success starts the count again", &interrupted);
    }

    #[test]
    fn it_says_once_that_it_opened() {
        let mut circuit = Circuit::default();
        let said: Vec<bool> = (0..7).map(|_| circuit.failed(Duration::ZERO)).collect();
        assert_eq!(said, [false, false, false, false, true, false, false]);
        assert!(circuit.succeeded() && !circuit.succeeded(), "and once that it closed");
    }

    #[test]
    fn a_recovery_is_noticed_within_a_minute() {
        let mut circuit = Circuit::default();
        let mut now = Duration::ZERO;
        for _ in 0..100 {
            circuit.failed(now);
            now = now.max(circuit.opens_at());
            assert!(circuit.opens_at().saturating_sub(now) <= Duration::from_secs(60));
        }
        assert!(circuit.opens_at() <= now + Duration::from_secs(60), "it does not grow");
    }
}
