//! Requests, counted by route, class of status and tier of the answer.
//!
//! Each worker counts in a shard of its own, so that two never write to the same line of memory; who
//! reads adds them up. A recorder is made when the first request of its kind comes (8 kB each), so what
//! never happens costs nothing. The labels are bounded: routes are patterns known when the program is
//! built, and what matches none is one of them.

use super::histogram::{Figures, Recorder};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Where the answer to a question came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The request was no question, or the question had no answer.
    #[default]
    None,
    Memory,
    Store,
    Computed,
}

impl Tier {
    pub const ALL: [Tier; 4] = [Tier::None, Tier::Memory, Tier::Store, Tier::Computed];

    pub fn name(self) -> &'static str {
        match self {
            Tier::None => "none",
            Tier::Memory => "memory",
            Tier::Store => "store",
            Tier::Computed => "computed",
        }
    }

    pub fn named(name: &str) -> Option<Tier> {
        Tier::ALL.into_iter().find(|tier| tier.name() == name)
    }
}

/// The first digit of a status: 1 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatusClass(u8);

impl StatusClass {
    const COUNT: usize = 5;

    /// Of any number: what is no status is an error of ours.
    pub fn of(status: u16) -> StatusClass {
        StatusClass(u8::try_from(status / 100).ok().filter(|c| (1..=5).contains(c)).unwrap_or(5))
    }

    pub fn digit(self) -> u8 {
        self.0
    }

    /// As Prometheus users write it.
    pub fn name(self) -> &'static str {
        ["1xx", "2xx", "3xx", "4xx", "5xx"][usize::from(self.0) - 1]
    }

    /// Ours.
    pub fn is_error(self) -> bool {
        self.0 == 5
    }

    /// The caller's.
    pub fn is_client_error(self) -> bool {
        self.0 == 4
    }
}

/// What requests are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// A pattern, never a path.
    pub route: String,
    pub class: StatusClass,
    pub tier: Tier,
}

/// Figures of each kind.
pub type ByKind = BTreeMap<Kind, Figures>;

/// A number of a shard's own, on a line of memory of its own.
#[repr(align(128))]
struct Shard {
    recorders: Box<[OnceLock<Recorder>]>,
    in_flight: AtomicI64,
    abandoned: AtomicU64,
}

/// All requests since the start.
pub struct Requests {
    routes: &'static [&'static str],
    shards: Box<[Shard]>,
}

impl Requests {
    /// The last of `routes` is for what matches none.
    pub fn new(routes: &'static [&'static str], shards: usize) -> Self {
        let kinds = routes.len() * StatusClass::COUNT * Tier::ALL.len();
        let shard = || Shard {
            recorders: (0..kinds).map(|_| OnceLock::new()).collect(),
            in_flight: AtomicI64::new(0),
            abandoned: AtomicU64::new(0),
        };
        let requests = Requests { routes, shards: (0..shards.max(1)).map(|_| shard()).collect() };
        requests.expect();
        requests
    }

    /// Makes the recorders of what the first route will be asked for: a burst of errors that is the first
    /// sample of its series would be no increase to Prometheus.
    fn expect(&self) {
        let expected = [
            (200, Tier::Memory),
            (200, Tier::Store),
            (200, Tier::Computed),
            (400, Tier::None),
            (500, Tier::None),
        ];
        for (status, tier) in expected {
            self.recorder(0, (0, StatusClass::of(status), tier));
        }
    }

    fn shard(&self, shard: usize) -> &Shard {
        &self.shards[shard % self.shards.len()]
    }

    /// `route`: a position in the list; one beyond it is that of the last.
    pub fn record(
        &self,
        shard: usize,
        (route, class, tier): (usize, StatusClass, Tier),
        nanos: u64,
        bytes: u64,
    ) {
        self.recorder(shard, (route, class, tier)).record(nanos, bytes);
    }

    fn recorder(
        &self,
        shard: usize,
        (route, class, tier): (usize, StatusClass, Tier),
    ) -> &Recorder {
        let route = route.min(self.routes.len() - 1);
        let place = (route * StatusClass::COUNT + usize::from(class.0) - 1) * Tier::ALL.len();
        self.shard(shard).recorders[place + tier as usize].get_or_init(Recorder::default)
    }

    /// A request is there until the guard is dropped; if it was not answered by then, its caller has gone.
    pub fn arrived(&self, shard: usize) -> InFlight<'_> {
        let shard = self.shard(shard);
        shard.in_flight.fetch_add(1, Relaxed);
        InFlight { shard, answered: false }
    }

    pub fn in_flight(&self) -> i64 {
        self.shards.iter().map(|shard| shard.in_flight.load(Relaxed)).sum()
    }

    /// Requests whose caller went before the answer.
    pub fn abandoned(&self) -> u64 {
        self.shards.iter().map(|shard| shard.abandoned.load(Relaxed)).sum()
    }

    /// Everything since the start; extremes since the last `close`.
    pub fn read(&self) -> ByKind {
        self.gather(Recorder::read)
    }

    /// As `read`, and the extremes begin anew.
    pub fn close(&self) -> ByKind {
        self.gather(Recorder::close)
    }

    fn gather(&self, read: fn(&Recorder) -> Figures) -> ByKind {
        let mut kinds = ByKind::new();
        self.each(|kind, recorder| kinds.entry(kind).or_default().add(&read(recorder)));
        kinds
    }

    fn each(&self, mut with: impl FnMut(Kind, &Recorder)) {
        for shard in &self.shards {
            for (place, recorder) in shard.recorders.iter().enumerate() {
                let Some(recorder) = recorder.get() else { continue };
                let (rest, tier) = (place / Tier::ALL.len(), place % Tier::ALL.len());
                let kind = Kind {
                    route: self.routes[rest / StatusClass::COUNT].to_owned(),
                    class: StatusClass((rest % StatusClass::COUNT) as u8 + 1),
                    tier: Tier::ALL[tier],
                };
                with(kind, recorder);
            }
        }
    }
}

/// A request that is under way.
pub struct InFlight<'a> {
    shard: &'a Shard,
    answered: bool,
}

impl InFlight<'_> {
    pub fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.shard.in_flight.fetch_sub(1, Relaxed);
        if !self.answered {
            self.shard.abandoned.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[&str] = &["/a", "/b", "unmatched"];

    #[test]
    fn kinds_are_told_apart_and_shards_added_up() {
        let requests = Requests::new(ROUTES, 2);
        let rows = [
            (0, 0, 200, Tier::Memory),
            (1, 0, 204, Tier::Memory),
            (0, 0, 200, Tier::Computed),
            (0, 1, 404, Tier::None),
            (7, 9, 599, Tier::None),
            (0, 2, 0, Tier::None),
        ];
        for (shard, route, status, tier) in rows {
            requests.record(shard, (route, StatusClass::of(status), tier), 1_000, 10);
        }
        let counts: Vec<_> = requests
            .read()
            .into_iter()
            .filter(|(_, figures)| figures.count() > 0)
            .map(|(kind, f)| (kind.route, kind.class.name(), kind.tier.name(), f.count(), f.bytes))
            .collect();
        let expected = [
            ("/a".to_owned(), "2xx", "memory", 2, 20),
            ("/a".to_owned(), "2xx", "computed", 1, 10),
            ("/b".to_owned(), "4xx", "none", 1, 10),
            ("unmatched".to_owned(), "5xx", "none", 2, 20),
        ];
        assert_eq!(counts, expected);
    }

    #[test]
    fn who_goes_before_the_answer_is_counted() {
        let requests = Requests::new(ROUTES, 1);
        let (first, second) = (requests.arrived(0), requests.arrived(0));
        assert_eq!(requests.in_flight(), 2);
        first.answered();
        drop(second);
        assert_eq!((requests.in_flight(), requests.abandoned()), (0, 1));
    }
}
