//! The first tier: finished answers in memory, for tens of seconds. The only home of `quick_cache`.
//!
//! `quick_cache` knows no time: an entry carries the moment until which it is true, by the monotonic clock,
//! and who meets an older one becomes the one who replaces it while the others wait (`join`). Bounded
//! by bytes; an entry is weighed with its overhead.
//!
//! A failure is an entry too, for a second: otherwise everyone who waited for it would try in turn, one
//! behind the other. A refusal is worded in the unit of the question, which is no part of its key, so it
//! is handed only to those who asked in the same unit.

use crate::sizing::RecommendError;
use crate::sizing::body::Unit;
use crate::store::Digest;
use quick_cache::sync::{Cache, DefaultLifecycle, EntryAction, EntryResult, PlaceholderGuard};
use quick_cache::{OptionsBuilder, Weighter};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How long those who were waiting are told of a failure instead of trying themselves.
const FAILURE_TTL: Duration = Duration::from_secs(1);
/// Key, two reference counts, the entry, the slots of map and queue.
const OVERHEAD_BYTES: u64 = 160;
/// Of an answer; only the first size of the tables follows from it.
const TYPICAL_BYTES: u64 = 2_000;
/// Few cores share it, and an entry may not be larger than a shard.
const SHARDS: usize = 16;

pub struct Memory {
    cache: Cache<Digest, Arc<Entry>, ByBytes, BuildHasherDefault<Halved>, Lifecycle>,
    ttl: Duration,
}

type Lifecycle = DefaultLifecycle<Digest, Arc<Entry>>;

pub struct Entry {
    pub outcome: Outcome,
    fresh_until_ns: AtomicU64,
    /// Asked for since it was made or refreshed.
    asked: AtomicBool,
    /// Until when the store keeps it; zero if it does not.
    stored_until_ms: AtomicI64,
}

pub enum Outcome {
    Answer(Arc<[u8]>),
    /// Worded in that unit.
    Failure(Unit, Arc<RecommendError>),
}

/// What is to be done about a key.
pub enum Turn<'a> {
    /// It is here, or somebody else has just brought it.
    Ready(Arc<Entry>),
    /// Bring it: everyone else who asks is waiting for this.
    Yours(Lead<'a>),
}

/// The duty to bring an entry. Dropped without, the next who waits gets it.
pub struct Lead<'a> {
    guard: PlaceholderGuard<'a, Digest, Arc<Entry>, ByBytes, BuildHasherDefault<Halved>, Lifecycle>,
    ttl: Duration,
}

impl Lead<'_> {
    pub fn bring(self, outcome: Outcome, stored_until_ms: i64, now: Duration) {
        // Refused only when the cache was emptied meanwhile; those who waited have it all the same.
        let _ = self.guard.insert(Entry::new(outcome, stored_until_ms, now, self.ttl));
    }
}

impl Memory {
    pub fn new(capacity_bytes: u64, ttl: Duration) -> Self {
        let options = OptionsBuilder::new()
            .shards(SHARDS)
            .estimated_items_capacity((capacity_bytes / TYPICAL_BYTES) as usize)
            .weight_capacity(capacity_bytes)
            .build()
            .expect("shards and capacities are given");
        let cache = Cache::with_options(
            options,
            ByBytes,
            BuildHasherDefault::default(),
            DefaultLifecycle::default(),
        );
        Memory { cache, ttl }
    }

    /// The entry if it is true at `now`.
    pub fn get(&self, digest: &Digest, now: Duration) -> Option<Arc<Entry>> {
        let entry = self.cache.get(digest)?;
        entry.is_fresh(now).then(|| {
            entry.ask();
            entry
        })
    }

    /// Waits for who is already bringing it, or takes the duty on. `now` when the wait is over may be
    /// later than `now`: an entry that just came is true by either.
    pub async fn join(&self, digest: &Digest, now: Duration) -> Turn<'_> {
        let look = |_: &Digest, entry: &mut Arc<Entry>| {
            if entry.is_fresh(now) {
                entry.ask();
                EntryAction::Retain(Arc::clone(entry))
            } else {
                EntryAction::ReplaceWithGuard
            }
        };
        match self.cache.entry_async(digest, look).await {
            EntryResult::Retained(entry) => Turn::Ready(entry),
            EntryResult::Vacant(guard) | EntryResult::Replaced(guard, _) => {
                Turn::Yours(Lead { guard, ttl: self.ttl })
            }
            EntryResult::Removed(..) | EntryResult::Timeout => {
                unreachable!("neither is asked for")
            }
        }
    }

    pub fn put(&self, digest: Digest, answer: Arc<[u8]>, stored_until_ms: i64, now: Duration) {
        let entry = Entry::new(Outcome::Answer(answer), stored_until_ms, now, self.ttl);
        self.cache.insert(digest, entry);
    }

    /// Ahead of expiry: what was asked for since the last time and would expire before `next` is true
    /// for another while; what nobody asked for expires. `keep` hears of each refreshed answer and says
    /// until when the store has it. Says how many that were.
    pub fn refresh(
        &self,
        now: Duration,
        next: Duration,
        mut keep: impl FnMut(&Digest, &Arc<[u8]>, i64) -> i64,
    ) -> usize {
        let mut kept = 0;
        // Collected first: the callbacks must not touch the cache, and a pass holds a shard's lock.
        let due: Vec<_> = self
            .cache
            .iter()
            .filter(|(_, entry)| !entry.is_fresh(next) && entry.is_fresh(now))
            .filter(|(_, entry)| entry.asked.swap(false, Relaxed))
            .collect();
        for (digest, entry) in due {
            let Outcome::Answer(answer) = &entry.outcome else { continue };
            let stored_until_ms = keep(&digest, answer, entry.stored_until_ms.load(Relaxed));
            entry.stored_until_ms.store(stored_until_ms, Relaxed);
            entry.fresh_until_ns.store(nanos(now + self.ttl), Relaxed);
            kept += 1;
        }
        self.cache.retain(|_, entry| entry.is_fresh(now));
        kept
    }

    pub fn clear(&self) -> usize {
        let count = self.cache.len();
        self.cache.clear();
        count
    }

    pub fn len(&self) -> usize {
        self.cache.len()
    }

    /// Bytes: what is there, what there may be.
    pub fn weight(&self) -> (u64, u64) {
        (self.cache.weight(), self.cache.capacity())
    }
}

impl Entry {
    fn new(outcome: Outcome, stored_until_ms: i64, now: Duration, ttl: Duration) -> Arc<Self> {
        let ttl = match outcome {
            Outcome::Answer(_) => ttl,
            Outcome::Failure(..) => FAILURE_TTL.min(ttl),
        };
        Arc::new(Entry {
            outcome,
            fresh_until_ns: AtomicU64::new(nanos(now + ttl)),
            asked: AtomicBool::new(false),
            stored_until_ms: AtomicI64::new(stored_until_ms),
        })
    }

    fn is_fresh(&self, now: Duration) -> bool {
        nanos(now) < self.fresh_until_ns.load(Relaxed)
    }

    /// A shared line is written only when it says something new.
    fn ask(&self) {
        if !self.asked.load(Relaxed) {
            self.asked.store(true, Relaxed);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[derive(Clone)]
pub struct ByBytes;

impl Weighter<Digest, Arc<Entry>> for ByBytes {
    fn weight(&self, _: &Digest, entry: &Arc<Entry>) -> u64 {
        let bytes = match &entry.outcome {
            Outcome::Answer(answer) => answer.len() as u64,
            Outcome::Failure(..) => TYPICAL_BYTES,
        };
        bytes + OVERHEAD_BYTES
    }
}

/// A digest is a keyed hash already: half of it is as good as any.
#[derive(Clone, Default)]
pub struct Halved(u64);

impl Hasher for Halved {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(half) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*half);
        }
    }

    /// The length of the array, which is always the same.
    fn write_usize(&mut self, _: usize) {}
}
