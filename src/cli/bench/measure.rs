//! What was seen: answers by tier, failures by kind, and how long it took.
//!
//! Latency is kept twice. From the moment when a request was due, which is what somebody who came at that
//! moment waits: a stall then counts for everybody who came during it, although the client was held up too
//! (coordinated omission, corrected by measuring and not by guessing). And from the moment when it was sent,
//! the service time, which hides that. In a closed loop nobody is due, so both are the same.
//!
//! Histograms are of microseconds to three digits. What took until the time limit, or was not even sent by
//! the end, counts with as long as it had waited by then: leaving it out would make a dead service fast.

use hdrhistogram::Histogram;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What `X-Cache` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    Memory,
    Store,
    Computed,
    /// It says nothing, or another word.
    Untold,
}

impl Tier {
    pub fn of(x_cache: Option<&[u8]>) -> Self {
        match x_cache {
            Some(b"HIT-MEMORY") => Tier::Memory,
            Some(b"HIT-STORE") => Tier::Store,
            Some(b"MISS") => Tier::Computed,
            _ => Tier::Untold,
        }
    }
}

/// Why a request brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Another status than 200.
    Status(u16),
    /// Nobody listens.
    Refused,
    /// No connection, for another reason.
    Connect,
    /// The connection ended before the answer did.
    Closed,
    /// No answer within the time limit.
    Timeout,
    /// What came is not HTTP.
    Protocol,
}

impl Failure {
    /// Whether anything answered at all.
    pub fn is_response(self) -> bool {
        matches!(self, Failure::Status(_))
    }

    /// The limits of the service, not what was asked.
    pub fn is_turned_away(self) -> bool {
        matches!(self, Failure::Status(429 | 503))
    }

    /// Name in the report.
    pub fn name(self) -> String {
        match self {
            Failure::Status(status) => format!("status{status}"),
            Failure::Refused => "connectionRefused".to_owned(),
            Failure::Connect => "connectionFailed".to_owned(),
            Failure::Closed => "connectionClosed".to_owned(),
            Failure::Timeout => "timeout".to_owned(),
            Failure::Protocol => "notHttp".to_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Status(429) => write!(f, "429, over the rate limit"),
            Failure::Status(503) => write!(f, "503, too busy"),
            Failure::Status(status) => write!(f, "{status}"),
            Failure::Refused => write!(f, "connection refused"),
            Failure::Connect => write!(f, "no connection"),
            Failure::Closed => write!(f, "connection closed before the answer"),
            Failure::Timeout => write!(f, "no answer in time"),
            Failure::Protocol => write!(f, "not HTTP"),
        }
    }
}

/// One request, from its moment on.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// From when it was due; of a closed loop, from when it was sent.
    pub from_due: Duration,
    pub from_sent: Duration,
    /// How late it was sent by the client's own fault: the user was free at its moment.
    pub own_lateness: Option<Duration>,
    /// Whether it was over before the end of the run.
    pub in_time: bool,
}

/// A stretch of a run, of one thread or of all.
#[derive(Clone, Debug)]
pub struct Measure {
    pub memory: u64,
    pub store: u64,
    pub computed: u64,
    pub untold: u64,
    /// Answers that came before the end: what throughput is made of.
    pub answered_in_time: u64,
    pub failures: BTreeMap<Failure, u64>,
    /// Due before the end, but their users still waited for the answers before.
    pub unsent: u64,
    /// Connections opened after a user's first.
    pub reconnects: u64,
    /// Of answers' bodies.
    pub body_bytes: u64,
    /// Microseconds.
    pub from_due: Histogram<u64>,
    pub from_sent: Histogram<u64>,
    pub own_lateness: Histogram<u64>,
}

impl Default for Measure {
    fn default() -> Self {
        let histogram = || Histogram::new(3).expect("three digits are allowed");
        Measure {
            memory: 0,
            store: 0,
            computed: 0,
            untold: 0,
            answered_in_time: 0,
            failures: BTreeMap::new(),
            unsent: 0,
            reconnects: 0,
            body_bytes: 0,
            from_due: histogram(),
            from_sent: histogram(),
            own_lateness: histogram(),
        }
    }
}

impl Measure {
    pub fn answered(&mut self, tier: Tier, body_bytes: u64, timing: Timing) {
        match tier {
            Tier::Memory => self.memory += 1,
            Tier::Store => self.store += 1,
            Tier::Computed => self.computed += 1,
            Tier::Untold => self.untold += 1,
        }
        self.answered_in_time += u64::from(timing.in_time);
        self.body_bytes += body_bytes;
        self.took(timing);
    }

    /// A refusal is quick and would flatter the latency; a time-out is what somebody waited.
    pub fn failed(&mut self, failure: Failure, timing: Timing) {
        *self.failures.entry(failure).or_default() += 1;
        if failure == Failure::Timeout {
            self.took(timing);
        }
    }

    pub fn left_unsent(&mut self, waited: Duration) {
        self.unsent += 1;
        note(&mut self.from_due, waited);
    }

    fn took(&mut self, timing: Timing) {
        note(&mut self.from_due, timing.from_due);
        note(&mut self.from_sent, timing.from_sent);
        if let Some(lateness) = timing.own_lateness {
            note(&mut self.own_lateness, lateness);
        }
    }

    pub fn add(&mut self, other: &Measure) {
        self.memory += other.memory;
        self.store += other.store;
        self.computed += other.computed;
        self.untold += other.untold;
        self.answered_in_time += other.answered_in_time;
        for (failure, count) in &other.failures {
            *self.failures.entry(*failure).or_default() += count;
        }
        self.unsent += other.unsent;
        self.reconnects += other.reconnects;
        self.body_bytes += other.body_bytes;
        let together = [
            (&mut self.from_due, &other.from_due),
            (&mut self.from_sent, &other.from_sent),
            (&mut self.own_lateness, &other.own_lateness),
        ];
        for (whole, part) in together {
            whole.add(part).expect("a histogram that grows takes any other");
        }
    }

    pub fn answers(&self) -> u64 {
        self.memory + self.store + self.computed + self.untold
    }

    pub fn failed_requests(&self) -> u64 {
        self.failures.values().sum()
    }

    /// That were sent.
    pub fn requests(&self) -> u64 {
        self.answers() + self.failed_requests()
    }

    /// 0 to 1; none where nothing was sent.
    pub fn error_rate(&self) -> Option<f64> {
        share(self.failed_requests(), self.requests())
    }

    /// Share of answers from memory or store, of those that say where they come from.
    pub fn hit_rate(&self) -> Option<f64> {
        share(self.memory + self.store, self.memory + self.store + self.computed)
    }

    /// Milliseconds from when requests were due; `None` where nothing was answered.
    pub fn percentile_ms(&self, percentile: f64) -> Option<f64> {
        let any = !self.from_due.is_empty();
        any.then(|| self.from_due.value_at_percentile(percentile) as f64 / 1e3)
    }

    /// Each latency from when requests were due, microseconds, and how many took it.
    pub fn latencies_us(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let recorded = self.from_due.iter_recorded();
        recorded.map(|value| (value.value_iterated_to(), value.count_at_value()))
    }
}

/// A histogram's line in a table and in a report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Percentiles {
    pub min_ms: f64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    #[serde(rename = "p99_9Ms")]
    pub p99_9_ms: f64,
    pub max_ms: f64,
}

impl Percentiles {
    /// `None` of nothing.
    pub fn of(histogram: &Histogram<u64>) -> Option<Self> {
        let at = |percentile| histogram.value_at_percentile(percentile) as f64 / 1e3;
        (!histogram.is_empty()).then(|| Percentiles {
            min_ms: histogram.min() as f64 / 1e3,
            p50_ms: at(50.0),
            p90_ms: at(90.0),
            p95_ms: at(95.0),
            p99_ms: at(99.0),
            p99_9_ms: at(99.9),
            max_ms: histogram.max() as f64 / 1e3,
        })
    }

    /// From the least to the most.
    pub fn all_ms(&self) -> [f64; 7] {
        [
            self.min_ms,
            self.p50_ms,
            self.p90_ms,
            self.p95_ms,
            self.p99_ms,
            self.p99_9_ms,
            self.max_ms,
        ]
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Longer than anybody waits; a histogram grows up to it.
const LONGEST_US: u64 = 86_400_000_000;

fn note(histogram: &mut Histogram<u64>, took: Duration) {
    let us = u64::try_from(took.as_micros()).unwrap_or(LONGEST_US).min(LONGEST_US);
    histogram.record(us).expect("a histogram that grows takes a day");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(ms: u64) -> Timing {
        let took = Duration::from_millis(ms);
        Timing { from_due: took, from_sent: took, own_lateness: None, in_time: true }
    }

    #[test]
    fn shares_are_of_what_they_say() {
        let mut measure = Measure::default();
        assert_eq!((measure.error_rate(), measure.hit_rate()), (None, None));
        measure.answered(Tier::Memory, 100, timing(1));
        measure.answered(Tier::Computed, 100, timing(2));
        measure.answered(Tier::Untold, 100, timing(3));
        measure.failed(Failure::Status(429), timing(0));
        assert_eq!(measure.error_rate(), Some(0.25));
        assert_eq!(measure.hit_rate(), Some(0.5));
        assert_eq!((measure.requests(), measure.body_bytes), (4, 300));
    }

    #[test]
    fn a_refusal_does_not_flatter_and_a_time_out_counts() {
        let mut measure = Measure::default();
        (0..99).for_each(|_| measure.failed(Failure::Status(503), timing(0)));
        assert_eq!(measure.percentile_ms(50.0), None);
        measure.failed(Failure::Timeout, timing(10_000));
        measure.left_unsent(Duration::from_secs(20));
        assert!(measure.percentile_ms(50.0).is_some_and(|ms| (9_990.0..10_020.0).contains(&ms)));
        assert!(measure.percentile_ms(100.0).is_some_and(|ms| ms >= 20_000.0));
        assert_eq!((measure.requests(), measure.unsent), (100, 1));
    }

    #[test]
    fn threads_are_added_up() {
        let (mut one, mut other) = (Measure::default(), Measure::default());
        one.answered(Tier::Store, 1, timing(1));
        other.answered(Tier::Store, 1, timing(100_000));
        other.failed(Failure::Closed, timing(1));
        one.add(&other);
        assert_eq!((one.store, one.requests(), one.from_due.len()), (2, 3, 2));
        assert!(one.percentile_ms(100.0).is_some_and(|ms| ms > 99_000.0));
    }
}
