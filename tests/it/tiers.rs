//! The tiers together, on a clock that the test moves.

use crate::support::ENGINE;
use proptest::prelude::*;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;
use suitsize::cache::{Busy, Cache, CacheOptions, MOST_WAITING, Tier};
use suitsize::clock::Clock;
use suitsize::sizing::RecommendError;
use suitsize::sizing::body::Unit;
use suitsize::sizing::question::{Fit, Question};
use suitsize::store::{Packer, Secret, Store, StoreOptions};

const NOON_MS: i64 = 1_790_000_000_000;

struct Tiers {
    clock: Clock,
    store: Arc<Store>,
    cache: Arc<Cache>,
    runtime: tokio::runtime::Runtime,
    computations: Arc<AtomicUsize>,
    _dir: tempfile::TempDir,
}

/// Memory for 30 s and the store for 300, unless told otherwise.
fn tiers() -> Tiers {
    tiers_with(30, 300)
}

fn tiers_with(memory_s: u64, store_s: u64) -> Tiers {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(NOON_MS);
    let packer = Arc::new(Packer::new(&[]));
    let options = StoreOptions {
        dir: dir.path().to_owned(),
        ttl: Duration::from_secs(store_s),
        history: Duration::from_secs(30 * 86_400),
        max_bytes: 64 * 1024 * 1024,
        packer: Arc::clone(&packer),
    };
    let store = Arc::new(Store::start(options, clock.clone()));
    let options = CacheOptions {
        memory_ttl: Duration::from_secs(memory_s),
        use_store: store_s > 0,
        scope: "model/chart".into(),
        secret: Secret::from_bytes([1; 16]),
        packer,
        at_once: 2,
        together: 16,
    };
    let cache = Arc::new(Cache::new(options, Arc::clone(&store), clock.clone()));
    store.flush();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    Tiers { clock, store, cache, runtime, computations: Arc::default(), _dir: dir }
}

/// What the "engine" of these tests answers: different for every question.
fn answer_to(question: &Question) -> Vec<u8> {
    format!("{} {} {:?}", question.height_cm, question.weight_kg.unwrap(), question.fit)
        .into_bytes()
}

fn question(height_cm: f64) -> Question {
    Question::new(height_cm, 75.0)
}

type Computed = Result<Vec<u8>, RecommendError>;

/// What the cache has computed: all that came together, by what computes one.
fn each<F: Fn(&Question) -> Computed>(compute: F) -> impl Fn(&[&Question]) -> Vec<Computed> {
    move |questions| questions.iter().map(|question| compute(question)).collect()
}

type Answered = Result<(Arc<[u8]>, Tier), Arc<RecommendError>>;

impl Tiers {
    fn advance(&self, seconds: f64) {
        self.clock.advance(Duration::from_secs_f64(seconds));
    }

    fn ask(&self, question: &Question) -> Tier {
        let (answer, tier) = self.runtime.block_on(self.asking(question.clone())).unwrap();
        assert_eq!(answer[..], answer_to(question)[..], "{question:?}");
        tier
    }

    fn asking(&self, question: Question) -> impl Future<Output = Answered> + 'static {
        let (cache, computations) = (Arc::clone(&self.cache), Arc::clone(&self.computations));
        async move {
            let compute = each(|question| {
                computations.fetch_add(1, Relaxed);
                Ok(answer_to(question))
            });
            cache.answer(&question, compute).await.expect("nobody else waits")
        }
    }

    /// The engine's refusal of an impossible body.
    fn asking_the_impossible(&self, unit: Unit) -> impl Future<Output = Answered> + 'static {
        let (cache, computations) = (Arc::clone(&self.cache), Arc::clone(&self.computations));
        async move {
            let question = Question { unit, ..Question::new(175.0, 900.0) };
            let compute = each(|question| {
                computations.fetch_add(1, Relaxed);
                ENGINE.recommend(question).map(|_| Vec::new())
            });
            cache.answer(&question, compute).await.expect("nobody else waits")
        }
    }

    /// Starts all at once and gives back every outcome.
    fn all_at_once<F: Future<Output = Answered> + 'static>(
        &self,
        asking: impl Iterator<Item = F>,
    ) -> Vec<Answered> {
        let local = tokio::task::LocalSet::new();
        let tasks: Vec<_> = asking.map(|future| local.spawn_local(future)).collect();
        self.runtime.block_on(local.run_until(async {
            let mut outcomes = Vec::new();
            for task in tasks {
                outcomes.push(task.await.unwrap());
            }
            outcomes
        }))
    }

    fn computations(&self) -> usize {
        self.computations.load(Relaxed)
    }
}

#[test]
fn an_answer_ages_from_memory_to_the_store_to_a_new_computation() {
    let tiers = tiers();
    let rows = [
        (0.0, Tier::Computed),
        (0.0, Tier::Memory),
        (29.9, Tier::Memory),
        (0.2, Tier::Store),
        (0.0, Tier::Memory), // what the store had is in memory again
        (31.0, Tier::Store),
        (240.0, Tier::Computed), // 301.1 s after it was stored
    ];
    for (step, (seconds, expected)) in rows.into_iter().enumerate() {
        tiers.advance(seconds);
        tiers.store.flush();
        assert_eq!(tiers.ask(&question(175.0)), expected, "step {step}");
    }
}

#[test]
fn a_tier_can_be_switched_off() {
    let rows = [
        (30, 300, [Tier::Memory, Tier::Store]),
        (0, 300, [Tier::Store, Tier::Store]),
        (30, 0, [Tier::Memory, Tier::Computed]),
        (0, 0, [Tier::Computed, Tier::Computed]),
    ];
    for (memory_s, store_s, [at_once, after_a_minute]) in rows {
        let tiers = tiers_with(memory_s, store_s);
        assert_eq!(tiers.ask(&question(175.0)), Tier::Computed);
        tiers.store.flush();
        assert_eq!(tiers.ask(&question(175.0)), at_once, "{memory_s}, {store_s}");
        tiers.advance(60.0);
        assert_eq!(tiers.ask(&question(175.0)), after_a_minute, "{memory_s}, {store_s}");
    }
}

#[test]
fn a_hundred_who_ask_one_stale_question_cause_one_computation() {
    // Stale in both tiers; the one who looks into the file keeps the others waiting for it.
    let tiers = tiers_with(30, 10);
    tiers.ask(&question(175.0));
    tiers.store.flush();
    tiers.advance(31.0);
    let outcomes = tiers.all_at_once((0..100).map(|_| tiers.asking(question(175.0))));
    let computed = outcomes.iter().filter(|o| matches!(o, Ok((_, Tier::Computed)))).count();
    let memory = outcomes.iter().filter(|o| matches!(o, Ok((_, Tier::Memory)))).count();
    assert_eq!((computed, memory, tiers.computations()), (1, 99, 2));
}

/// Asks the same on `count` threads; whoever computes goes on only when all have begun to ask.
fn on_threads<T: Send>(
    tiers: &Tiers,
    count: usize,
    asked: &Question,
    compute: impl Fn(&Question) -> Computed + Sync,
    see: impl Fn(Answered) -> T + Sync,
) -> Vec<T> {
    let begun = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|_| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let waiting = each(|question| {
                        tiers.computations.fetch_add(1, Relaxed);
                        while begun.load(Relaxed) < count {
                            std::thread::yield_now();
                        }
                        compute(question)
                    });
                    begun.fetch_add(1, Relaxed);
                    let answered = runtime.block_on(tiers.cache.answer(asked, waiting));
                    see(answered.expect("few others wait"))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_hundred_on_threads_of_their_own_cause_one_computation() {
    let tiers = tiers_with(30, 0);
    let compute = |question: &Question| Ok(answer_to(question));
    let seen = on_threads(&tiers, 100, &question(175.0), compute, |outcome| outcome.unwrap().1);
    let computed = seen.iter().filter(|tier| **tier == Tier::Computed).count();
    assert_eq!((computed, tiers.computations()), (1, 1));
}

#[test]
fn a_failure_is_shared_by_those_who_wait_and_forgotten_after_a_second() {
    let tiers = tiers_with(30, 0);
    let impossible = Question::new(175.0, 900.0);
    let compute = |question: &Question| ENGINE.recommend(question).map(|_| Vec::new());
    for computations in 1..=2 {
        let failed = on_threads(&tiers, 50, &impossible, compute, |outcome| outcome.is_err());
        assert!(failed.iter().all(|failed| *failed));
        assert_eq!(tiers.computations(), computations, "nobody tries one behind the other");
        tiers.advance(1.1);
    }
}

#[test]
fn a_refusal_is_worded_in_the_unit_of_who_asked() {
    let tiers = tiers();
    let rows = [(Unit::Metric, "kg"), (Unit::Imperial, "lb"), (Unit::Metric, "kg")];
    for (unit, symbol) in rows {
        let outcome = tiers.runtime.block_on(tiers.asking_the_impossible(unit));
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains(symbol), "{text}");
    }
}

#[test]
fn when_the_one_who_computes_goes_away_another_takes_over() {
    // After so many turns of the loop the first gathers others, looks into the file, computes or is done.
    for turns in 0..6 {
        let tiers = tiers_with(30, 10);
        tiers.ask(&question(175.0));
        tiers.store.flush();
        tiers.advance(31.0);
        let local = tokio::task::LocalSet::new();
        let first = local.spawn_local(tiers.asking(question(175.0)));
        let others = [175.0, 176.0, 177.0].map(question);
        let asking = others.clone().map(|asked| local.spawn_local(tiers.asking(asked)));
        tiers.runtime.block_on(local.run_until(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            first.abort();
            for (asked, task) in others.iter().zip(asking) {
                let (answer, tier) = task.await.unwrap().unwrap();
                assert_eq!(answer[..], answer_to(asked)[..], "{turns}");
                assert!(matches!(tier, Tier::Computed | Tier::Memory), "{turns}");
            }
        }));
    }
}

#[test]
fn forty_different_questions_at_once_get_each_its_own_from_each_tier() {
    let tiers = tiers();
    let questions: Vec<_> = (0..40).map(|n| question(150.0 + f64::from(n))).collect();
    for (tier, lookups) in [(Tier::Computed, 0), (Tier::Store, 40), (Tier::Memory, 40)] {
        let outcomes = tiers.all_at_once(questions.iter().cloned().map(|q| tiers.asking(q)));
        for (question, outcome) in questions.iter().zip(outcomes) {
            let (answer, from) = outcome.unwrap();
            assert_eq!((&answer[..], from), (&answer_to(question)[..], tier));
        }
        tiers.store.flush();
        assert_eq!((tiers.computations(), tiers.store.status().lookups), (40, lookups));
        if tier == Tier::Computed {
            tiers.advance(31.0);
        }
    }
    let status = tiers.cache.status();
    let counts = [status.computed, status.store_hits, status.memory_hits, status.store_misses];
    assert_eq!((counts, status.lookups_skipped), ([40, 40, 40, 40], 0));
}

#[test]
fn what_is_asked_for_is_refreshed_and_the_rest_goes() {
    let tiers = tiers();
    let (asked, forgotten) = (question(175.0), question(180.0));
    tiers.ask(&asked);
    tiers.ask(&forgotten);
    let refresh_every = Duration::from_secs(5);
    for _ in 0..60 {
        assert_eq!(tiers.ask(&asked), Tier::Memory);
        tiers.advance(5.0);
        tiers.cache.refresh(refresh_every);
    }
    // Ten lives of memory, one of the store: never computed again, and there is one entry.
    assert_eq!(tiers.computations(), 2);
    assert_eq!(tiers.cache.status().memory_entries, 1);
}

#[test]
fn the_store_keeps_what_memory_goes_on_keeping() {
    let tiers = tiers();
    tiers.ask(&question(175.0));
    for _ in 0..100 {
        tiers.ask(&question(175.0));
        tiers.advance(5.0);
        tiers.cache.refresh(Duration::from_secs(5));
    }
    tiers.store.flush();
    tiers.cache.clear_memory("");
    assert_eq!(tiers.ask(&question(175.0)), Tier::Store, "500 s after it was computed");
}

#[test]
fn another_scope_is_not_cleared() {
    let tiers = tiers_with(30, 0);
    let rows =
        [("other", Tier::Memory), ("model/chart2", Tier::Memory), ("model/", Tier::Computed)];
    tiers.ask(&question(175.0));
    for (prefix, expected) in rows {
        tiers.cache.clear_memory(prefix);
        assert_eq!(tiers.ask(&question(175.0)), expected, "{prefix}");
    }
}

#[test]
fn what_is_put_ahead_is_a_memory_hit_until_it_is_not_refreshed() {
    let tiers = tiers();
    let ahead = question(175.0);
    assert!(tiers.cache.lacks(&ahead));
    assert!(
        tiers
            .cache
            .put_ahead(vec![(ahead.clone(), answer_to(&ahead))], tiers.cache.ahead_generation())
    );
    assert!(!tiers.cache.lacks(&ahead));
    tiers.cache.refresh_ahead();
    for plain_answers in [0, 1] {
        assert_eq!(tiers.ask(&ahead), Tier::Memory);
        let status = tiers.cache.status();
        assert_eq!(status.memory_entries, plain_answers, "who comes once takes no room");
    }
    assert!(tiers.cache.check(&ahead, &answer_to(&ahead)));
    tiers.advance(31.0);
    assert_eq!(tiers.ask(&ahead), Tier::Computed, "upkeep has stopped");
}

#[test]
fn an_answer_that_is_not_the_same_again_empties_memory() {
    let tiers = tiers();
    let ahead = question(175.0);
    let generation = tiers.cache.ahead_generation();
    tiers.cache.put_ahead(vec![(ahead.clone(), b"what it was".to_vec())], generation);
    tiers.cache.refresh_ahead();
    assert!(!tiers.cache.check(&ahead, &answer_to(&ahead)));
    let status = tiers.cache.status();
    assert_eq!((status.differed, status.ahead_entries, status.memory_entries), (1, 0, 0));
    assert_eq!(tiers.ask(&ahead), Tier::Computed);
}

#[test]
fn memory_is_bounded_by_bytes() {
    let tiers = tiers_with(30, 0);
    let big = vec![b'x'; 2_000];
    for n in 0..20_000 {
        let question = Question::new(120.0 + f64::from(n % 200) / 2.0, 30.0 + f64::from(n / 200));
        let compute = each(|_| Ok(big.clone()));
        tiers.runtime.block_on(tiers.cache.answer(&question, compute)).unwrap().unwrap();
    }
    let status = tiers.cache.status();
    assert!(status.memory_bytes <= status.memory_capacity_bytes);
    assert!(status.memory_bytes > status.memory_capacity_bytes / 2, "{status:?}");
    assert!(status.memory_entries < 20_000);
}

#[derive(Clone, Debug)]
enum Step {
    Ask(u8, Fit),
    Advance(u16),
    Refresh,
    Flush,
    Clear,
    WarmFromStore,
}

fn step() -> impl Strategy<Value = Step> {
    let fit = prop_oneof![Just(Fit::Slim), Just(Fit::Regular), Just(Fit::Relaxed)];
    prop_oneof![
        8 => (0_u8..6, fit).prop_map(|(n, fit)| Step::Ask(n, fit)),
        3 => (0_u16..400).prop_map(Step::Advance),
        2 => Just(Step::Refresh),
        2 => Just(Step::Flush),
        1 => Just(Step::Clear),
        1 => Just(Step::WarmFromStore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever happens in between: the answer is the question's own (`ask` compares the bytes), and no
    /// answer is older than both lives together.
    #[test]
    fn no_history_makes_an_answer_wrong_or_old(steps in proptest::collection::vec(step(), 1..60)) {
        let tiers = tiers();
        let mut computed_at = std::collections::HashMap::new();
        let mut asked_at = std::collections::HashMap::new();
        for step in steps {
            match step {
                Step::Ask(n, fit) => {
                    let question = Question { fit, ..question(170.0 + f64::from(n)) };
                    let key = format!("{question:?}");
                    let now = tiers.clock.monotonic();
                    match tiers.ask(&question) {
                        Tier::Computed => drop(computed_at.insert(key.clone(), now)),
                        _ => {
                            // Kept alive only by being asked for: never silent for longer than both lives.
                            let last: Duration = asked_at[&key];
                            prop_assert!(now - last <= Duration::from_secs(330));
                            prop_assert!(computed_at.contains_key(&key));
                        }
                    }
                    asked_at.insert(key, now);
                }
                Step::Advance(seconds) => tiers.advance(seconds.into()),
                Step::Refresh => drop(tiers.cache.refresh(Duration::from_secs(5))),
                Step::Flush => tiers.store.flush(),
                Step::Clear => drop(tiers.cache.clear_memory("")),
                Step::WarmFromStore => {
                    tiers.cache.clear_memory("");
                    tiers.cache.warm_from_store().unwrap();
                }
            }
        }
    }
}

#[test]
fn beyond_what_may_wait_a_question_is_sent_away_at_once() {
    let tiers = tiers_with(30, 0);
    let question =
        |n: usize| Question::new(150.0 + (n % 100) as f64 * 0.5, 60.0 + (n / 100) as f64 * 0.5);
    tiers.runtime.block_on(async {
        let compute = each(|question| Ok(answer_to(question)));
        let questions: Vec<_> = (0..MOST_WAITING + 2).map(question).collect();
        let mut waiting: Vec<_> =
            questions.iter().map(|asked| Box::pin(tiers.cache.answer(asked, &compute))).collect();
        poll_fn(|context| {
            let begun = waiting.iter_mut().all(|asking| asking.as_mut().poll(context).is_pending());
            assert!(begun, "some compute and the others wait");
            Poll::Ready(())
        })
        .await;
        let one_more = question(MOST_WAITING + 2);
        assert_eq!(tiers.cache.answer(&one_more, &compute).await.err(), Some(Busy));
        // They go, and it is as before.
        drop(waiting);
        assert!(tiers.cache.answer(&one_more, &compute).await.is_ok());
        let kept = tiers.cache.answer(&one_more, &compute).await;
        assert_eq!(kept.unwrap().unwrap().1, Tier::Memory);
        assert_eq!(tiers.cache.status().turned_away, 1);
    });
}
