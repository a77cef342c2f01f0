//! The last minutes as the alerts see them: what came in each ten seconds, added up over as many as a rule
//! asks for.

use super::histogram::Figures;
use super::requests::{ByKind, Tier};
use std::collections::VecDeque;
use std::time::Duration;

/// The longest stretch that is kept.
pub const LONGEST: Duration = Duration::from_secs(300);

/// What came in a stretch.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// Answers to questions.
    pub answers: Figures,
    /// Of them, those that a tier had.
    pub hits: u64,
    /// Everything that was asked of the service.
    pub requests: u64,
    /// Answered with 5xx.
    pub errors: u64,
    /// Rows that the store's queue had no room for.
    pub dropped: u64,
}

impl Slice {
    fn add(&mut self, other: &Slice) {
        self.answers.add(&other.answers);
        self.hits += other.hits;
        self.requests += other.requests;
        self.errors += other.errors;
        self.dropped += other.dropped;
    }

    fn between(before: &ByKind, now: &ByKind) -> Slice {
        let mut slice = Slice::default();
        for (kind, figures) in now {
            let figures = before.get(kind).map_or_else(|| figures.clone(), |b| figures.since(b));
            let count = figures.count();
            slice.requests += count;
            slice.errors += if kind.class.is_error() { count } else { 0 };
            slice.hits += if matches!(kind.tier, Tier::Memory | Tier::Store) { count } else { 0 };
            if kind.tier != Tier::None && count > 0 {
                slice.answers.add(&figures);
            }
        }
        // Recorders have the extremes of the open minute, which is another stretch.
        slice.answers.min_ns = 0;
        slice.answers.max_ns = u64::MAX;
        slice
    }

    /// Milliseconds; `None` without an answer.
    pub fn p95_ms(&self) -> Option<f64> {
        self.answers.quantile_ms(0.95)
    }

    pub fn hit_rate(&self) -> Option<f64> {
        let answers = self.answers.count();
        (answers > 0).then(|| self.hits as f64 / answers as f64)
    }

    pub fn error_rate(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.errors as f64 / self.requests as f64)
    }
}

/// Slices, the youngest last.
#[derive(Default)]
pub struct Window {
    slices: VecDeque<(Duration, Slice)>,
    before: ByKind,
    dropped_before: u64,
}

impl Window {
    /// What came since the last call, by counters that only grow.
    pub fn advance(&mut self, now: Duration, requests: ByKind, dropped: u64) {
        let mut slice = Slice::between(&self.before, &requests);
        slice.dropped = dropped.saturating_sub(self.dropped_before);
        self.before = requests;
        self.dropped_before = dropped;
        self.slices.push_back((now, slice));
        while self.slices.front().is_some_and(|(at, _)| *at + LONGEST <= now) {
            self.slices.pop_front();
        }
    }

    /// What came in the last `length` before `now`, in whole slices.
    pub fn last(&self, length: Duration, now: Duration) -> Slice {
        let mut sum = Slice::default();
        let young = self.slices.iter().rev().take_while(|(at, _)| *at + length > now);
        young.for_each(|(_, slice)| sum.add(slice));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::super::requests::{Requests, StatusClass};
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn a_stretch_is_the_sum_of_its_slices() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let mut window = Window::default();
        let record = |status, tier, nanos| {
            requests.record(0, (0, StatusClass::of(status), tier), nanos, 0);
        };
        let rows: [(u16, Tier, u64, u64); 4] = [
            (200, Tier::Memory, 1_000_000, 0),
            (200, Tier::Computed, 2_000_000, 5),
            (503, Tier::None, 3_000_000, 5),
            (200, Tier::Store, 400_000_000, 9),
        ];
        for (turn, (status, tier, nanos, dropped)) in rows.into_iter().enumerate() {
            record(status, tier, nanos);
            window.advance(TEN * (turn as u32 + 1), requests.read(), dropped);
        }
        let now = TEN * 4;
        let summary = |seconds| {
            let slice = window.last(Duration::from_secs(seconds), now);
            (slice.requests, slice.answers.count(), slice.hits, slice.errors, slice.dropped)
        };
        assert_eq!(summary(10), (1, 1, 1, 0, 4));
        assert_eq!(summary(20), (2, 1, 1, 1, 4));
        assert_eq!(summary(300), (4, 3, 2, 1, 9));
        let whole = window.last(LONGEST, now);
        assert!((whole.p95_ms().unwrap() - 400.0).abs() < 400.0 * 0.016, "{:?}", whole.p95_ms());
        assert_eq!((whole.error_rate(), whole.hit_rate()), (Some(0.25), Some(2.0 / 3.0)));
    }

    #[test]
    fn what_is_old_goes_and_nothing_has_no_rate() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let mut window = Window::default();
        requests.record(0, (0, StatusClass::of(200), Tier::Memory), 1, 0);
        for turn in 1..=40 {
            window.advance(TEN * turn, requests.read(), 0);
        }
        assert!(window.slices.len() <= 30);
        let last = window.last(LONGEST, TEN * 40);
        assert_eq!((last.requests, last.hit_rate(), last.error_rate()), (0, None, None));
        assert_eq!(last.p95_ms(), None);
    }
}
