//! Many questions through the tiers at once, on a thread that may block.
//!
//! The same tiers as for one, in the same order, and what is computed is kept the same way. What differs:
//! the store is read on this very thread (it may block, so nobody is kept waiting for it but the batch), and
//! nobody waits for a batch nor a batch for others: who asks one of its questions meanwhile computes it too.

use super::{Answered, Cache, Computed, Tier};
use crate::sizing::question::Question;
use crate::store::{Digest, Lookup};
use std::sync::Arc;

/// A canonical question and what it is kept under.
pub struct Keyed {
    pub question: Question,
    pub digest: Digest,
}

impl Cache {
    /// A canonical question with its key: equal keys, equal answers.
    pub fn keyed(&self, question: Question) -> Keyed {
        let digest = self.keys.digest(&question);
        Keyed { question, digest }
    }

    /// The answers to different questions, in order; `compute` is given all that no tier has, at once.
    ///
    /// Blocks for a disk's time.
    pub fn answer_many(
        &self,
        questions: &[Keyed],
        compute: impl FnOnce(&[&Question]) -> Vec<Computed>,
    ) -> Vec<Answered> {
        let mut answers: Vec<_> = questions.iter().map(|keyed| self.remembered(keyed)).collect();
        self.take_from_store(questions, &mut answers);
        let lacking: Vec<usize> =
            (0..questions.len()).filter(|at| answers[*at].is_none()).collect();
        let asked: Vec<&Question> = lacking.iter().map(|at| &questions[*at].question).collect();
        let computed = if asked.is_empty() { Vec::new() } else { compute(&asked) };
        for (at, computed) in lacking.into_iter().zip(computed) {
            answers[at] = Some(self.take_in(&questions[at].digest, computed));
        }
        let answers: Vec<Answered> = answers.into_iter().flatten().collect();
        answers.iter().for_each(|answered| self.counters.count(answered));
        answers
    }

    /// One that was asked in the same batch already has its answer from there.
    pub fn again(&self, answered: &Answered) -> Answered {
        let again = match answered {
            Ok((answer, _)) => Ok((Arc::clone(answer), Tier::Memory)),
            Err(error) => Err(Arc::clone(error)),
        };
        self.counters.count(&again);
        again
    }

    fn remembered(&self, Keyed { digest, .. }: &Keyed) -> Option<Answered> {
        let answer = self.in_memory(self.memory.as_ref()?, digest)?;
        Some(Ok((answer, Tier::Memory)))
    }

    /// One visit for all that are not in memory and may be in the store.
    fn take_from_store(&self, questions: &[Keyed], answers: &mut [Option<Answered>]) {
        let Some(store) = &self.store else { return };
        let (asked, known): (Vec<usize>, Vec<usize>) = (0..questions.len())
            .filter(|at| answers[*at].is_none())
            .partition(|at| store.may_hold(&questions[*at].digest));
        known.iter().for_each(|_| drop(self.found(Lookup::Miss)));
        let digests: Vec<Digest> = asked.iter().map(|at| questions[*at].digest).collect();
        if digests.is_empty() {
            return;
        }
        let lookups = store.ticket().map(|ticket| ticket.look_up_all(&digests));
        // The store says itself when it was slow, and is left alone then.
        let lookups =
            lookups.unwrap_or_else(|| digests.iter().map(|_| Lookup::Unavailable).collect());
        for (at, lookup) in asked.into_iter().zip(lookups) {
            if let Some((answer, stored_until_ms)) = self.found(lookup) {
                self.remember(&questions[at].digest, &answer, stored_until_ms);
                answers[at] = Some(Ok((answer, Tier::Store)));
            }
        }
    }

    fn take_in(&self, digest: &Digest, computed: Computed) -> Answered {
        let answer: Arc<[u8]> = computed.map_err(Arc::new)?.into();
        let stored_until_ms =
            self.store.as_ref().map_or(0, |store| self.keep(store, digest, &answer));
        self.remember(digest, &answer, stored_until_ms);
        Ok((answer, Tier::Computed))
    }

    fn remember(&self, digest: &Digest, answer: &Arc<[u8]>, stored_until_ms: i64) {
        if let Some(tiers) = &self.memory {
            let now = self.clock.monotonic();
            tiers.memory.put(*digest, Arc::clone(answer), stored_until_ms, now);
        }
    }
}
