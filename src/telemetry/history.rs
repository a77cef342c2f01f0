//! Minutes and hours of requests, on their way into the store.
//!
//! Counters only grow. A minute is closed by reading them and taking off what they were when it began; an
//! hour likewise. What is closed waits here until the store says that it has it, so a store that is away
//! for a while loses nothing; when too much waits, the oldest minute goes and is counted. Every row names
//! the run that counted it, so writing one twice changes nothing, and two runs in one minute are two rows.
//! An hour is written anew with each of its minutes: when minutes are deleted, it is there already.

use super::histogram::Figures;
use super::requests::{ByKind, Kind, Requests};
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use utoipa::ToSchema;

pub const MINUTE_MS: i64 = 60_000;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Minutes that wait for a store: three hours, at most some 5 MB.
const MOST_MINUTES: usize = 180;
/// Hours that wait: they are what stays for a month.
const MOST_HOURS: usize = 72;

/// A stretch of time, and what one run of the program counted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// `MINUTE_MS` or `HOUR_MS`.
    pub length_ms: i64,
    /// Milliseconds since 1970, a multiple of the length.
    pub start_ms: i64,
    /// When the run started, which names it.
    pub run_ms: i64,
    pub kinds: ByKind,
}

impl Span {
    /// Whether both are of one run and one time.
    pub fn is_same_stretch(&self, other: &Span) -> bool {
        (self.length_ms, self.start_ms, self.run_ms)
            == (other.length_ms, other.start_ms, other.run_ms)
    }
}

/// What is not in the store yet.
pub struct History(Mutex<State>);

struct State {
    run_ms: i64,
    minute: Open,
    hour: Open,
    /// Of the hour's minutes that are closed: recorders have those of the open minute only.
    hour_extremes: BTreeMap<Kind, (u64, u64)>,
    /// Closed, with a number that grows.
    waiting: VecDeque<(u64, Arc<Span>)>,
    sequence: u64,
    written: u64,
    lost: u64,
}

/// A stretch that is not over, and the counters at its beginning.
struct Open {
    length_ms: i64,
    start_ms: i64,
    before: Arc<ByKind>,
}

impl Open {
    fn new(length_ms: i64, now_ms: i64, before: Arc<ByKind>) -> Open {
        Open { length_ms, start_ms: now_ms - now_ms.rem_euclid(length_ms), before }
    }

    fn span(&self, run_ms: i64, now: &ByKind) -> Span {
        let kinds = now
            .iter()
            .map(|(kind, figures)| match self.before.get(kind) {
                Some(before) => (kind.clone(), figures.since(before)),
                None => (kind.clone(), figures.clone()),
            })
            .filter(|(_, figures)| figures.count() > 0)
            .collect();
        Span { length_ms: self.length_ms, start_ms: self.start_ms, run_ms, kinds }
    }

    fn is_over(&self, now_ms: i64) -> bool {
        now_ms >= self.start_ms + self.length_ms
    }
}

/// What waits, in the words of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Backlog {
    /// Minutes and hours that wait for the store.
    pub waiting: usize,
    /// Minutes that are in the store, and that will never be, since the start.
    pub minutes_written: u64,
    pub minutes_lost: u64,
}

impl State {
    /// Minute and hour as far as they have come.
    fn spans(&self, now: &ByKind) -> (Span, Span) {
        let mut minute = self.minute.span(self.run_ms, now);
        let mut hour = self.hour.span(self.run_ms, now);
        for (kind, figures) in &mut hour.kinds {
            if let Some((min_ns, max_ns)) = self.hour_extremes.get(kind) {
                figures.min_ns = figures.min_ns.min(*min_ns);
                figures.max_ns = figures.max_ns.max(*max_ns);
            }
        }
        minute.kinds.values_mut().chain(hour.kinds.values_mut()).for_each(Figures::settle);
        (minute, hour)
    }

    fn wait(&mut self, span: Span) {
        // An hour takes the place of what it was a minute ago.
        self.waiting.retain(|(_, other)| !other.is_same_stretch(&span));
        let (length_ms, most) = match span.length_ms {
            HOUR_MS => (HOUR_MS, MOST_HOURS),
            other => (other, MOST_MINUTES),
        };
        self.sequence += 1;
        self.waiting.push_back((self.sequence, Arc::new(span)));
        let alike = self.waiting.iter().filter(|(_, other)| other.length_ms == length_ms).count();
        if alike > most
            && let Some(oldest) = self.waiting.iter().position(|(_, s)| s.length_ms == length_ms)
        {
            self.waiting.remove(oldest);
            self.lost += u64::from(length_ms == MINUTE_MS);
        }
    }
}

impl History {
    pub fn new(now_ms: i64) -> Self {
        let nothing = Arc::new(ByKind::new());
        History(Mutex::new(State {
            run_ms: now_ms,
            minute: Open::new(MINUTE_MS, now_ms, Arc::clone(&nothing)),
            hour: Open::new(HOUR_MS, now_ms, nothing),
            hour_extremes: BTreeMap::new(),
            waiting: VecDeque::new(),
            sequence: 0,
            written: 0,
            lost: 0,
        }))
    }

    /// Closes the minute if it is over, or now if `even_if_open` (at a stop). False if there was nothing
    /// to close.
    pub fn close(&self, requests: &Requests, now_ms: i64, even_if_open: bool) -> bool {
        let mut state = self.0.lock();
        if !state.minute.is_over(now_ms) && !even_if_open {
            return false;
        }
        let now = Arc::new(requests.close());
        let (minute, hour) = state.spans(&now);
        let extremes = hour.kinds.iter().map(|(kind, f)| (kind.clone(), (f.min_ns, f.max_ns)));
        state.hour_extremes = extremes.collect();
        state.minute = Open::new(MINUTE_MS, now_ms, Arc::clone(&now));
        if state.hour.is_over(now_ms) {
            state.hour = Open::new(HOUR_MS, now_ms, now);
            state.hour_extremes.clear();
        }
        if minute.kinds.is_empty() {
            return false;
        }
        state.wait(minute);
        state.wait(hour);
        true
    }

    /// What waits for the store, oldest first, with a number to say it is `stored` by.
    pub fn waiting(&self) -> (u64, Vec<Arc<Span>>) {
        let state = self.0.lock();
        (state.sequence, state.waiting.iter().map(|(_, span)| Arc::clone(span)).collect())
    }

    /// What this run has counted and the store may not have yet: what waits, and the open minute and hour.
    /// Of one stretch the later is the truer.
    pub fn live(&self, requests: &Requests) -> Vec<Arc<Span>> {
        let state = self.0.lock();
        let (minute, hour) = state.spans(&requests.read());
        let waiting = state.waiting.iter().map(|(_, span)| Arc::clone(span));
        waiting.chain([Arc::new(minute), Arc::new(hour)]).collect()
    }

    /// What was waiting up to `sequence` is in the store.
    pub fn stored(&self, sequence: u64) {
        let mut state = self.0.lock();
        let minutes = |state: &State| {
            state.waiting.iter().filter(|(_, span)| span.length_ms == MINUTE_MS).count() as u64
        };
        let before = minutes(&state);
        state.waiting.retain(|(number, _)| *number > sequence);
        state.written += before - minutes(&state);
    }

    pub fn backlog(&self) -> Backlog {
        let state = self.0.lock();
        Backlog {
            waiting: state.waiting.len(),
            minutes_written: state.written,
            minutes_lost: state.lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::requests::{StatusClass, Tier};
    use super::*;

    /// An hour and a half after some midnight.
    const NOW_MS: i64 = 20_000 * 24 * HOUR_MS + HOUR_MS + HOUR_MS / 2;

    fn answer(requests: &Requests, nanos: u64) {
        requests.record(0, (0, StatusClass::of(200), Tier::Memory), nanos, 100);
    }

    fn summary(spans: &[Arc<Span>]) -> Vec<(i64, i64, u64, u64)> {
        let max = |s: &Span| s.kinds.values().map(|f| f.max_ns).max().unwrap_or(0);
        let count = |s: &Span| s.kinds.values().map(|f| f.count()).sum();
        spans.iter().map(|s| (s.length_ms, s.start_ms - NOW_MS, count(s), max(s))).collect()
    }

    #[test]
    fn a_minute_is_closed_when_it_is_over_and_its_hour_with_it() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let history = History::new(NOW_MS);
        answer(&requests, 9_000);
        assert!(!history.close(&requests, NOW_MS + MINUTE_MS - 1, false), "it is not over");
        assert!(history.close(&requests, NOW_MS + MINUTE_MS, false));
        assert!(!history.close(&requests, NOW_MS + 2 * MINUTE_MS, false), "it was empty");
        answer(&requests, 5_000);
        answer(&requests, 6_000);
        assert!(history.close(&requests, NOW_MS + 3 * MINUTE_MS, false));
        let half_an_hour_before = -HOUR_MS / 2;
        let expected = [
            (MINUTE_MS, 0, 1, 9_000),
            (MINUTE_MS, 2 * MINUTE_MS, 2, 6_000),
            (HOUR_MS, half_an_hour_before, 3, 9_000),
        ];
        assert_eq!(summary(&history.waiting().1), expected);
    }

    #[test]
    fn what_is_stored_waits_no_longer_and_what_came_meanwhile_does() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let history = History::new(NOW_MS);
        answer(&requests, 1_000);
        history.close(&requests, NOW_MS + MINUTE_MS, false);
        let (sequence, spans) = history.waiting();
        assert_eq!(spans.len(), 2);
        answer(&requests, 1_000);
        history.close(&requests, NOW_MS + 2 * MINUTE_MS, false);
        history.stored(sequence);
        let left: Vec<_> = summary(&history.waiting().1);
        // The hour was written with one minute and waits again, with two.
        assert_eq!(left, [(MINUTE_MS, MINUTE_MS, 1, 1_000), (HOUR_MS, -HOUR_MS / 2, 2, 1_000)]);
        assert_eq!(history.backlog(), Backlog { waiting: 2, minutes_written: 1, minutes_lost: 0 });
    }

    #[test]
    fn without_a_store_the_oldest_minutes_are_lost_and_counted() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let history = History::new(NOW_MS);
        let minutes = MOST_MINUTES as i64 + 20;
        for minute in 1..=minutes {
            answer(&requests, 1_000);
            history.close(&requests, NOW_MS + minute * MINUTE_MS, false);
        }
        let (_, spans) = history.waiting();
        let hours: u64 = spans
            .iter()
            .filter(|s| s.length_ms == HOUR_MS)
            .flat_map(|s| s.kinds.values())
            .map(|f| f.count())
            .sum();
        assert_eq!(hours, minutes as u64, "the hours have them all");
        assert_eq!(history.backlog().minutes_lost, 20);
    }

    #[test]
    fn after_a_sleep_the_minute_is_the_one_it_began_in() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let history = History::new(NOW_MS);
        answer(&requests, 1_000);
        history.close(&requests, NOW_MS + 5 * HOUR_MS, false);
        answer(&requests, 1_000);
        history.close(&requests, NOW_MS + 5 * HOUR_MS + 1, true);
        let starts: Vec<_> = summary(&history.waiting().1).iter().map(|s| s.1).collect();
        assert_eq!(starts, [0, -HOUR_MS / 2, 5 * HOUR_MS, 5 * HOUR_MS - HOUR_MS / 2]);
    }

    #[test]
    fn the_open_stretch_can_be_read_at_any_time() {
        let requests = Requests::new(&["/", "unmatched"], 1);
        let history = History::new(NOW_MS);
        answer(&requests, 7_000);
        history.close(&requests, NOW_MS + MINUTE_MS, false);
        answer(&requests, 3_000);
        let live = history.live(&requests);
        let expected = [(MINUTE_MS, MINUTE_MS, 1, 3_000), (HOUR_MS, -HOUR_MS / 2, 2, 7_000)];
        assert_eq!(summary(&live[2..]), expected, "beside what waits");
    }
}
