//! The way of many questions: each different one through the tiers once, on all cores.
//!
//! A core takes a few questions at a time, has them answered, and looks whether anybody still wants to know.
//! On blocking threads only: a worker that serves others never computes for a batch.

use super::{Answer, Edition, Service, encoded};
use crate::cache::{Answered, Keyed, Tier};
use crate::sizing::RecommendError;
use crate::sizing::body::Unit;
use crate::sizing::question::Question;
use crate::telemetry::Telemetry;
use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

/// Questions that one core takes at a time: as many as one inference has rows. A millisecond or two, so that
/// no core works long for who has gone, and none is idle long at the end.
const PORTION: usize = 32;
/// Cores that one batch takes at the most.
const MOST_CORES: usize = 8;

static CORES: LazyLock<usize> = LazyLock::new(|| {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_CORES)
});

/// Says that nobody waits for the answers any more.
#[derive(Clone, Default)]
pub struct Abandoned(Arc<AtomicBool>);

impl Abandoned {
    pub fn tell(&self) {
        self.0.store(true, Relaxed);
    }

    pub fn is_told(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// What a question of a batch is answered.
pub type Outcome = Result<Answer, Arc<RecommendError>>;

impl Service {
    /// The answers in order, each with the bytes that `recommend` has for it; `None` when nobody waits for
    /// them any more. Blocks.
    pub fn recommend_all(
        &self,
        edition: &Edition,
        questions: Vec<Question>,
        abandoned: &Abandoned,
    ) -> Option<Vec<Outcome>> {
        let units: Vec<_> = questions.iter().map(|question| question.unit).collect();
        let (different, places) = different(edition, questions);
        let answered = self.spread(edition, &different, abandoned)?;
        let mut is_first = vec![true; different.len()];
        let outcomes = places.into_iter().zip(units).map(|(place, unit)| {
            let question = &different[place].question;
            let first = std::mem::replace(&mut is_first[place], false);
            let (recommendation, tier) = match &answered[place] {
                Err(_) if unit != question.unit => self.reworded(edition, question, unit)?,
                answered if first => answered.clone()?,
                answered => edition.cache().again(answered)?,
            };
            Ok(Answer { recommendation, tier })
        });
        Some(outcomes.collect())
    }

    /// Refused in another unit's words: said again in this one's.
    fn reworded(&self, edition: &Edition, question: &Question, unit: Unit) -> Answered {
        let question = Question { unit, ..question.clone() };
        let computations = &self.0.telemetry.computations;
        let computed = Telemetry::timed(computations, || encoded(edition.engine(), &question));
        let answered = computed.map(|answer| (answer.into(), Tier::Computed)).map_err(Arc::new);
        edition.cache().again(&answered)
    }

    /// Has every portion answered by whichever core is free.
    fn spread(
        &self,
        edition: &Edition,
        questions: &[Keyed],
        abandoned: &Abandoned,
    ) -> Option<Vec<Answered>> {
        let portions: Vec<&[Keyed]> = questions.chunks(PORTION).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while !abandoned.is_told() {
                let at = next.fetch_add(1, Relaxed);
                let Some(portion) = portions.get(at) else { break };
                done.push((at, self.answer_portion(edition, portion)));
            }
            done
        };
        let mut done = std::thread::scope(|scope| {
            let others = CORES.min(portions.len()).saturating_sub(1);
            // A thread that the system does not give leaves its part to the others.
            let others: Vec<_> = (0..others)
                .filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(of_other) => done.extend(of_other),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            done
        });
        done.sort_by_key(|(at, _)| *at);
        let answers: Vec<_> = done.into_iter().flat_map(|(_, answers)| answers).collect();
        (answers.len() == questions.len()).then_some(answers)
    }

    fn answer_portion(&self, edition: &Edition, portion: &[Keyed]) -> Vec<Answered> {
        edition.cache().answer_many(portion, |questions| self.compute(edition, questions))
    }
}

/// The different ones among `questions`, and the place of each among these.
fn different(edition: &Edition, questions: Vec<Question>) -> (Vec<Keyed>, Vec<usize>) {
    let mut different = Vec::with_capacity(questions.len());
    let mut place_of = HashMap::with_capacity(questions.len());
    let places = questions.into_iter().map(|question| {
        let keyed = edition.cache().keyed(question.canonical());
        *place_of.entry(keyed.digest).or_insert_with(|| {
            different.push(keyed);
            different.len() - 1
        })
    });
    let places = places.collect();
    (different, places)
}
