//! The tiers together: memory, then the store, then computing.
//!
//! # The way of a question
//!
//! 1. `memory`: true for 30 s by the monotonic clock, plain bytes, a fraction of a microsecond.
//! 2. `shelf`: the likely questions, answered ahead and packed; a part of the memory tier. What is asked for twice
//!    within a moment (`recent`) goes to `memory` too.
//! 3. One caller for each key goes on; all others who ask the same wait for that one.
//!    (Without a memory tier there is nobody to wait for: each computes.)
//! 4. The store, if it may hold the key: looked up on a thread that may block, for 50 ms at most.
//! 5. Computing, when it is this one's turn (`admission`): some 30 microseconds on the caller's own thread.
//!    The answer goes to memory at once and into the store's queue.
//!
//! 4 and 5 are done for all at once that have come to a worker together: `together`.
//!
//! Many questions at once take the same way on a blocking thread: `many`.
//!
//! # What a tier's name means
//!
//! `Computed`: it was computed for this very request, by itself or by one that came with it. `Store`: it came out of
//! the file for this request. `Memory`: everything else, those who waited for another's computation too. So
//! computations are counted exactly.
//!
//! # Refreshing
//!
//! An answer follows from its question, model and chart, and all three are in its key: as long as these
//! versions are in force it stays true, so refreshing gives it more time and computes nothing. What
//! was asked for since the last time is refreshed, and the shelf; what nobody asks for goes. As a guard
//! against an engine or a memory that is not as good as that, every pass computes a few answers of the
//! shelf again and compares them to the byte.

mod admission;
mod key;
mod many;
mod memory;
mod recent;
mod shelf;
mod together;

use crate::clock::{Clock, millis};
use crate::sizing::RecommendError;
use crate::sizing::question::Question;
use crate::store::{Digest, LOOKUP_LIMIT, Lookup, Packer, Secret, Store, StoreError};
use admission::Admission;
pub use admission::{Busy, MOST_WAITING};
use key::Keys;
pub use many::Keyed;
use memory::{Lead, Memory, Outcome, Turn};
use recent::Recent;
use serde::Serialize;
use shelf::Shelf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use together::{Open, Owner};
use utoipa::ToSchema;

/// Memory of plain answers: some 4,000, what is asked again within seconds.
const MEMORY_BYTES: u64 = 8 * 1024 * 1024;
/// Questions computed together: half a millisecond, for which one from memory may have to wait.
///
/// A worker that has more than these before it may take several turns at once, if the others leave them.
pub const COMPUTED_TOGETHER: usize = 16;
/// Keys looked up by one visit of the store.
const LOOKED_UP_TOGETHER: usize = 16;

thread_local! {
    static TO_COMPUTE: Open<Question, Computed> = const { Open::new(None) };
    static TO_LOOK_UP: Open<Digest, Lookup> = const { Open::new(None) };
}

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    Memory,
    Store,
    Computed,
}

/// How the cache is built.
pub struct CacheOptions {
    /// How long an answer in memory is true; zero: no memory tier.
    pub memory_ttl: Duration,
    /// Whether answers are kept in the store.
    pub use_store: bool,
    /// The versions that answers follow from, as text.
    pub scope: Arc<str>,
    pub secret: Secret,
    pub packer: Arc<Packer>,
    /// Groups that compute at once.
    pub at_once: usize,
    /// Questions of such a group: one where the model does not gain by more.
    pub together: usize,
}

/// The tiers, seen from one scope: what is kept under another is not found here, and never overwritten.
pub struct Cache {
    clock: Clock,
    secret: Secret,
    keys: Keys,
    scope: Arc<str>,
    owner: Owner,
    together: usize,
    memory: Option<Arc<Tiers>>,
    store: Option<Arc<Store>>,
    counters: Arc<Counters>,
    admission: Arc<Admission>,
}

/// Both parts of the memory tier.
struct Tiers {
    memory: Memory,
    shelf: Shelf,
    /// What was on the shelf for somebody a moment ago.
    recent: Recent,
    ttl: Duration,
}

#[derive(Debug, Default)]
struct Counters {
    memory: AtomicU64,
    store: AtomicU64,
    computed: AtomicU64,
    failed: AtomicU64,
    /// Questions that the store did not have.
    store_misses: AtomicU64,
    /// Look-ups that were given up or not begun.
    lookups_skipped: AtomicU64,
    refreshed: AtomicU64,
    checked: AtomicU64,
    differed: AtomicU64,
}

/// The cache as an operator sees it. Counted since the start.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CacheStatus {
    /// The versions that answers are kept under.
    pub scope: String,
    pub memory_hits: u64,
    pub store_hits: u64,
    pub computed: u64,
    pub failed: u64,
    /// Questions that the store was asked for, or known not to have, in vain.
    pub store_misses: u64,
    pub lookups_skipped: u64,
    /// Questions that were sent away because too many waited.
    pub turned_away: u64,
    /// Share of answers that came from a tier; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_rate: Option<f64>,
    pub refreshed: u64,
    /// Answers computed again and compared; those that were not the same.
    pub checked: u64,
    pub differed: u64,
    pub memory_entries: usize,
    pub memory_bytes: u64,
    pub memory_capacity_bytes: u64,
    pub ahead_entries: usize,
    pub ahead_bytes: usize,
}

pub type Computed = Result<Vec<u8>, RecommendError>;
/// The bytes of a recommendation and where they came from.
pub type Answered = Result<(Arc<[u8]>, Tier), Arc<RecommendError>>;

impl Cache {
    pub fn new(options: CacheOptions, store: Arc<Store>, clock: Clock) -> Self {
        let CacheOptions { memory_ttl, use_store, scope, secret, packer, at_once, together } =
            options;
        let tiers = || Tiers {
            memory: Memory::new(MEMORY_BYTES, memory_ttl),
            shelf: Shelf::new(packer),
            recent: Recent::default(),
            ttl: memory_ttl,
        };
        Cache {
            clock,
            keys: Keys::new(&secret, &scope),
            secret,
            scope,
            owner: Owner::default(),
            together,
            memory: (!memory_ttl.is_zero()).then(|| Arc::new(tiers())),
            store: use_store.then_some(store),
            counters: Arc::default(),
            admission: Arc::new(Admission::new(at_once, MOST_WAITING)),
        }
    }

    /// The same tiers and counters under another scope: who asks by either shares room, never an answer.
    #[must_use]
    pub fn under(&self, scope: Arc<str>) -> Self {
        Cache {
            clock: self.clock.clone(),
            secret: self.secret.clone(),
            keys: Keys::new(&self.secret, &scope),
            scope,
            owner: Owner::default(),
            together: self.together,
            memory: self.memory.clone(),
            store: self.store.clone(),
            counters: Arc::clone(&self.counters),
            admission: Arc::clone(&self.admission),
        }
    }

    /// The answer to a canonical question, by `compute` if no tier has it: an outcome for each that it is given,
    /// which are this one and others that came with it. What is said of this one, or was a moment ago, is inside.
    ///
    /// # Errors
    /// When it is not in memory and too many others wait already.
    pub async fn answer(
        &self,
        question: &Question,
        compute: impl FnOnce(&[&Question]) -> Vec<Computed>,
    ) -> Result<Answered, Busy> {
        let digest = self.keys.digest(question);
        let answered = match &self.memory {
            Some(tiers) => match self.in_memory(tiers, &digest) {
                Some(answer) => Ok((answer, Tier::Memory)),
                None => {
                    let _place = self.admission.enter()?;
                    // In a box: an answer from memory does not carry the room for it from hand to hand.
                    Box::pin(self.with_others(tiers, &digest, question, compute)).await
                }
            },
            None => {
                let _place = self.admission.enter()?;
                let below = Box::pin(self.below_memory(&digest, question, compute));
                below.await.map(|(answer, tier, _)| (answer, tier))
            }
        };
        self.counters.count(&answered);
        Ok(answered)
    }

    fn in_memory(&self, tiers: &Tiers, digest: &Digest) -> Option<Arc<[u8]>> {
        let now = self.clock.monotonic();
        if let Some(entry) = tiers.memory.get(digest, now)
            && let Outcome::Answer(answer) = &entry.outcome
        {
            return Some(Arc::clone(answer));
        }
        let answer = tiers.shelf.get(digest, now)?;
        if tiers.recent.again(digest) {
            tiers.memory.put(*digest, Arc::clone(&answer), 0, now);
        }
        Some(answer)
    }

    /// One goes on for all who ask the same.
    async fn with_others(
        &self,
        tiers: &Tiers,
        digest: &Digest,
        question: &Question,
        compute: impl FnOnce(&[&Question]) -> Vec<Computed>,
    ) -> Answered {
        match tiers.memory.join(digest, self.clock.monotonic()).await {
            Turn::Ready(entry) => match &entry.outcome {
                Outcome::Answer(answer) => Ok((Arc::clone(answer), Tier::Memory)),
                Outcome::Failure(unit, error) if *unit == question.unit => Err(Arc::clone(error)),
                // Refused in another unit's words: said again in this one's.
                Outcome::Failure(..) => self.compute(question, compute).await,
            },
            Turn::Yours(lead) => self.lead(lead, digest, question, compute).await,
        }
    }

    async fn lead(
        &self,
        lead: Lead<'_>,
        digest: &Digest,
        question: &Question,
        compute: impl FnOnce(&[&Question]) -> Vec<Computed>,
    ) -> Answered {
        match self.below_memory(digest, question, compute).await {
            Ok((answer, tier, stored_until_ms)) => {
                let outcome = Outcome::Answer(Arc::clone(&answer));
                lead.bring(outcome, stored_until_ms, self.clock.monotonic());
                Ok((answer, tier))
            }
            Err(error) => {
                let outcome = Outcome::Failure(question.unit, Arc::clone(&error));
                lead.bring(outcome, 0, self.clock.monotonic());
                Err(error)
            }
        }
    }

    /// The store, or computing; with until when the store keeps it.
    async fn below_memory(
        &self,
        digest: &Digest,
        question: &Question,
        compute: impl FnOnce(&[&Question]) -> Vec<Computed>,
    ) -> Result<(Arc<[u8]>, Tier, i64), Arc<RecommendError>> {
        let Some(store) = &self.store else {
            return self.compute(question, compute).await.map(|(answer, tier)| (answer, tier, 0));
        };
        if !store.may_hold(digest) {
            self.counters.store_misses.fetch_add(1, Relaxed);
        } else if let Some((answer, expires_at_ms)) = self.look_up(store, *digest).await {
            return Ok((answer, Tier::Store, expires_at_ms));
        }
        let (answer, tier) = self.compute(question, compute).await?;
        let stored_until_ms = self.keep(store, digest, &answer);
        Ok((answer, tier, stored_until_ms))
    }

    async fn compute(
        &self,
        question: &Question,
        compute: impl FnOnce(&[&Question]) -> Vec<Computed>,
    ) -> Answered {
        let gather = async {
            let turn = self.admission.turn().await;
            // Whoever is answered from memory is not to wait for a row of computations.
            tokio::task::yield_now().await;
            turn
        };
        let work =
            async |_turn, questions: Vec<Question>| compute(&questions.iter().collect::<Vec<_>>());
        let company = (&self.owner, self.together);
        let computed = together::done(&TO_COMPUTE, company, question, gather, work).await;
        Ok((computed.map_err(Arc::new)?.into(), Tier::Computed))
    }

    async fn look_up(&self, store: &Store, digest: Digest) -> Option<(Arc<[u8]>, i64)> {
        let company = (&self.owner, LOOKED_UP_TOGETHER);
        let gather = tokio::task::yield_now();
        let work = async |(), digests| look_up_all(store, digests).await;
        self.found(together::done(&TO_LOOK_UP, company, &digest, gather, work).await)
    }

    /// What a look-up brought, counted if it is nothing.
    fn found(&self, lookup: Lookup) -> Option<(Arc<[u8]>, i64)> {
        let counter = match lookup {
            Lookup::Hit { answer, expires_at_ms } => return Some((answer, expires_at_ms)),
            Lookup::Miss => &self.counters.store_misses,
            Lookup::Unavailable => &self.counters.lookups_skipped,
        };
        counter.fetch_add(1, Relaxed);
        None
    }

    /// Puts an answer into the store; says until when it is kept, zero for not.
    fn keep(&self, store: &Store, digest: &Digest, answer: &[u8]) -> i64 {
        let kept = store.put(*digest, &self.scope, answer);
        if kept { self.clock.unix_ms() + millis(store.ttl()) } else { 0 }
    }

    // --- what happens without a request

    /// Gives more time to what was asked for and would expire before `next_in` is over, in memory and
    /// (before a quarter of its life is left) in the store; drops what is past its time.
    pub fn refresh(&self, next_in: Duration) -> usize {
        let Some(tiers) = &self.memory else { return 0 };
        let now = self.clock.monotonic();
        let refreshed = tiers.memory.refresh(now, now + next_in, |digest, answer, until_ms| {
            let Some(store) = &self.store else { return 0 };
            let left_ms = until_ms - self.clock.unix_ms();
            // What is on the shelf does not need the store.
            let is_ahead = until_ms == 0 && tiers.shelf.holds(digest);
            if is_ahead || left_ms > millis(store.ttl()) / 4 {
                return until_ms;
            }
            self.keep(store, digest, answer)
        });
        self.counters.refreshed.fetch_add(refreshed as u64, Relaxed);
        refreshed
    }

    /// The shelf is true for another while.
    pub fn refresh_ahead(&self) {
        if let Some(tiers) = &self.memory {
            tiers.shelf.refresh(self.clock.monotonic() + tiers.ttl);
        }
    }

    /// Fills memory from what the store still has, youngest first, up to half of its room.
    ///
    /// # Errors
    /// The fault that keeps the store closed.
    pub fn warm_from_store(&self) -> Result<usize, StoreError> {
        let (Some(tiers), Some(store)) = (&self.memory, &self.store) else { return Ok(0) };
        let now = self.clock.monotonic();
        let mut count = 0;
        let mut room = MEMORY_BYTES / 2;
        for (digest, answer, expires_at_ms) in store.youngest(&self.scope, WARM_ROWS)? {
            let Some(left) = room.checked_sub(answer.len() as u64) else { break };
            room = left;
            tiers.memory.put(digest, answer, expires_at_ms, now);
            count += 1;
        }
        Ok(count)
    }

    /// Whether there is a memory tier, and with it room for what is computed ahead.
    pub fn keeps_ahead(&self) -> bool {
        self.memory.is_some()
    }

    /// Whether the shelf lacks the answer to a canonical question.
    pub fn lacks(&self, question: &Question) -> bool {
        match &self.memory {
            Some(tiers) => !tiers.shelf.holds(&self.keys.digest(question)),
            None => false,
        }
    }

    /// How often what is kept ahead was dropped: filling begins anew when it changes.
    pub fn ahead_generation(&self) -> u64 {
        self.memory.as_ref().map_or(0, |tiers| tiers.shelf.generation())
    }

    /// Whether anything is kept ahead.
    pub fn has_ahead(&self) -> bool {
        self.memory.as_ref().is_some_and(|tiers| tiers.shelf.len() > 0)
    }

    /// How long an answer in memory is true; zero without such a tier.
    pub fn memory_ttl(&self) -> Duration {
        self.memory.as_ref().map_or(Duration::ZERO, |tiers| tiers.ttl)
    }

    /// The versions that answers are kept under.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// Puts answers to canonical questions on the shelf, unless it was emptied since that generation.
    /// False when it is full, or there is none.
    pub fn put_ahead(&self, answers: Vec<(Question, Vec<u8>)>, generation: u64) -> bool {
        let Some(tiers) = &self.memory else { return false };
        let answers: Vec<_> =
            answers.into_iter().map(|(q, answer)| (self.keys.digest(&q), answer)).collect();
        tiers.shelf.add(&answers, generation)
    }

    /// The shelf is complete: gives back what filling it took in advance.
    pub fn settle_ahead(&self) {
        if let Some(tiers) = &self.memory {
            tiers.shelf.fit();
        }
    }

    /// Compares an answer just computed with the one kept ahead. False, and everything ahead is
    /// dropped, if they differ.
    pub fn check(&self, question: &Question, answer: &[u8]) -> bool {
        let Some(tiers) = &self.memory else { return true };
        let Some(same) = tiers.shelf.is_still(&self.keys.digest(question), answer) else {
            return true;
        };
        self.counters.checked.fetch_add(1, Relaxed);
        if !same {
            self.counters.differed.fetch_add(1, Relaxed);
            tiers.shelf.clear();
            tiers.memory.clear();
        }
        same
    }

    /// Empties memory of everything, or of this cache's own scope if that begins with `prefix`.
    pub fn clear_memory(&self, prefix: &str) -> usize {
        if self.scope.starts_with(prefix) { self.empty_memory() } else { 0 }
    }

    /// Empties memory of every scope: another is in force.
    pub fn empty_memory(&self) -> usize {
        self.memory.as_ref().map_or(0, |tiers| tiers.memory.clear() + tiers.shelf.clear())
    }

    pub fn status(&self) -> CacheStatus {
        let read = |counter: &AtomicU64| counter.load(Relaxed);
        let Counters {
            memory,
            store,
            computed,
            failed,
            store_misses,
            lookups_skipped,
            refreshed,
            checked,
            differed,
        } = &*self.counters;
        let (memory_hits, store_hits, computed) = (read(memory), read(store), read(computed));
        let answers = memory_hits + store_hits + computed;
        let rate = (memory_hits + store_hits) as f64 / answers as f64;
        let (memory_bytes, memory_capacity_bytes) =
            self.memory.as_ref().map_or((0, 0), |tiers| tiers.memory.weight());
        CacheStatus {
            scope: self.scope.to_string(),
            memory_hits,
            store_hits,
            computed,
            failed: read(failed),
            store_misses: read(store_misses),
            lookups_skipped: read(lookups_skipped),
            turned_away: self.admission.refused(),
            hit_rate: (answers > 0).then(|| (rate * 1e4).round() / 1e4),
            refreshed: read(refreshed),
            checked: read(checked),
            differed: read(differed),
            memory_entries: self.memory.as_ref().map_or(0, |tiers| tiers.memory.len()),
            memory_bytes,
            memory_capacity_bytes,
            ahead_entries: self.memory.as_ref().map_or(0, |tiers| tiers.shelf.len()),
            ahead_bytes: self.memory.as_ref().map_or(0, |tiers| tiers.shelf.bytes()),
        }
    }
}

/// By a thread that may block, and which is not waited for beyond the limit.
async fn look_up_all(store: &Store, digests: Vec<Digest>) -> Vec<Lookup> {
    let count = digests.len();
    let unavailable = || (0..count).map(|_| Lookup::Unavailable).collect();
    let Some(ticket) = store.ticket() else { return unavailable() };
    let lookup = tokio::task::spawn_blocking(move || ticket.look_up_all(&digests));
    match tokio::time::timeout(LOOKUP_LIMIT, lookup).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => unavailable(),
        Err(_too_slow) => {
            store.was_slow();
            unavailable()
        }
    }
}

/// Rows read at a start; the room in memory ends it sooner.
const WARM_ROWS: usize = 4_000;

impl Counters {
    fn count(&self, answered: &Answered) {
        let counter = match answered {
            Ok((_, Tier::Memory)) => &self.memory,
            Ok((_, Tier::Store)) => &self.store,
            Ok((_, Tier::Computed)) => &self.computed,
            Err(_) => &self.failed,
        };
        counter.fetch_add(1, Relaxed);
    }
}
