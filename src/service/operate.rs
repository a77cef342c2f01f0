//! What an operator has done to a running service, and what upkeep does with the same hands: filling the
//! tiers, emptying them, putting the file in order. Slow: for a thread that may block.

use super::{Service, encoded, popular};
use crate::sizing::RecommendError;
use crate::sizing::question::Question;
use crate::store::{AuditRow, Figures, How, Job, Report, StoreError};
use serde::Serialize;
use std::sync::atomic::Ordering::Relaxed;
use utoipa::ToSchema;

/// Why an operation was not done.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    #[error("the same is being done already")]
    UnderWay,
    #[error("the store is not available: {}", .0.fault)]
    Store(#[from] StoreError),
}

/// What was done, with whether the audit row of it is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recorded<T> {
    #[serde(flatten)]
    pub done: T,
    /// `recorded`: on the disk; `pending`: it is written when the store is available again.
    pub audit: &'static str,
}

#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warmed {
    /// Answers that the store still had.
    pub from_store: usize,
    /// Answers computed ahead.
    pub computed: usize,
    /// Answers that are now kept ahead.
    pub ahead: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cleared {
    pub memory: usize,
    /// `null` when the store could not be asked.
    pub store: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Optimized {
    pub before: Figures,
    pub after: Figures,
    pub jobs: Vec<Report>,
}

/// How far filling ahead has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What was emptied in between is filled from the beginning.
    pub generation: u64,
    /// Position in the list of likely questions.
    pub at: usize,
    pub computed: usize,
    pub complete: bool,
}

impl Service {
    /// Computes the next likely answers that are not kept ahead yet, at most `most`.
    pub fn fill_ahead(&self, from: Progress, most: usize) -> Progress {
        // Before the edition is taken: see `put_in_force`.
        let generation = self.edition().cache().ahead_generation();
        let edition = self.edition();
        let mut progress = match from.generation == generation {
            true => from,
            false => Progress { generation, ..Progress::default() },
        };
        let mut answers: Vec<(Question, Vec<u8>)> = Vec::with_capacity(most);
        let mut questions = popular::questions_from(progress.at);
        while answers.len() < most {
            let Some(question) = questions.next() else {
                progress.complete = true;
                break;
            };
            progress.at += 1;
            // One that a shop's own chart refuses is not kept; who asks it is told why.
            if edition.cache().lacks(&question)
                && let Ok(answer) = encoded(edition.engine(), &question)
            {
                answers.push((question, answer));
            }
        }
        progress.computed += answers.len();
        if !edition.cache().put_ahead(answers, generation) {
            progress.complete = true;
        }
        // What was emptied meanwhile has to be filled again.
        progress.complete &= !self.is_outdated(progress);
        if progress.complete {
            edition.cache().settle_ahead();
            self.0.filled.store(generation + 1, Relaxed);
        }
        edition.cache().refresh_ahead();
        progress
    }

    /// Whether something was emptied since, so that filling has to begin anew.
    pub fn is_outdated(&self, progress: Progress) -> bool {
        self.edition().cache().ahead_generation() != progress.generation
    }

    /// Computes one likely answer again and compares it with the one that is kept.
    pub fn check_one(&self, turn: usize) -> bool {
        let position = turn % popular::count().max(1);
        let Some(question) = popular::questions_from(position).next() else { return true };
        // One edition for both: computed by other charts it would differ by right.
        let edition = self.edition();
        match encoded(edition.engine(), &question) {
            Ok(answer) => edition.cache().check(&question, &answer),
            Err(_) => true,
        }
    }

    /// Computes a recommendation from nothing, as for a question that no tier knows.
    ///
    /// # Errors
    /// Why none can be computed. A body that the shop's chart has no size for is an answer.
    pub fn prove_it_recommends(&self) -> Result<(), String> {
        let edition = self.edition();
        let recommend = |question| edition.engine().recommend(&question);
        match popular::questions_from(0).next().map(recommend) {
            Some(Err(error @ RecommendError::Model(_))) => Err(error.to_string()),
            _ => Ok(()),
        }
    }

    /// Fills memory from the store and then with every likely answer, now.
    ///
    /// # Errors
    /// `UnderWay` while somebody else does.
    pub fn warm(&self, request_id: &str) -> Result<Recorded<Warmed>, OperateError> {
        let _one_at_a_time = self.0.operating.try_lock().ok_or(OperateError::UnderWay)?;
        let from_store = self.edition().cache().warm_from_store().unwrap_or(0);
        let mut progress = Progress::default();
        while !progress.complete {
            progress = self.fill_ahead(progress, CHUNK);
        }
        let ahead = self.edition().cache().status().ahead_entries;
        let warmed = Warmed { from_store, computed: progress.computed, ahead };
        let audit = self.audit("cache_warm", "{}".into(), DONE.into(), request_id);
        Ok(Recorded { done: warmed, audit })
    }

    /// Empties the tiers of everything whose scope begins with `prefix`. The store's part is left out
    /// where it is closed; its rows end with their time.
    ///
    /// # Errors
    /// `UnderWay` while somebody else operates.
    pub fn clear(&self, prefix: &str, request_id: &str) -> Result<Recorded<Cleared>, OperateError> {
        let _one_at_a_time = self.0.operating.try_lock().ok_or(OperateError::UnderWay)?;
        // The file first: what is on its way there is written before, and not found afterwards.
        let store = self.store().clear(prefix);
        let memory = self.edition().cache().clear_memory(prefix);
        let parameters = serde_json::json!({ "prefix": prefix }).to_string();
        let outcome = outcome(&store);
        let done = Cleared { memory, store: store.ok() };
        let audit = self.audit("cache_clear", parameters, outcome, request_id);
        Ok(Recorded { done, audit })
    }

    /// Puts the file in order, and says what that changed. `full`: rewrites it even if it hardly pays.
    ///
    /// # Errors
    /// When the store is closed or fails, or somebody else operates.
    pub fn optimize(
        &self,
        full: bool,
        request_id: &str,
    ) -> Result<Recorded<Optimized>, OperateError> {
        let _one_at_a_time = self.0.operating.try_lock().ok_or(OperateError::UnderWay)?;
        let optimized = self.put_in_order(full);
        let outcome = outcome(&optimized);
        let vacuum = if full { "full" } else { "incremental" };
        let parameters = serde_json::json!({ "vacuum": vacuum }).to_string();
        let audit = self.audit("optimize", parameters, outcome, request_id);
        Ok(Recorded { done: optimized?, audit })
    }

    fn put_in_order(&self, full: bool) -> Result<Optimized, StoreError> {
        let store = self.store();
        let before = store.figures()?;
        let insist = How { insist: true, ..How::THOROUGH };
        let mut jobs = vec![
            store.job(Job::Expire, How::THOROUGH)?,
            store.job(Job::Vacuum, How::THOROUGH)?,
            store.job(Job::Optimize, How::THOROUGH)?,
        ];
        if full {
            jobs.push(store.job(Job::Compact, insist)?);
        }
        jobs.push(store.job(Job::Checkpoint, insist)?);
        Ok(Optimized { before, after: store.figures()?, jobs })
    }

    pub(super) fn audit(
        &self,
        action: &str,
        parameters: String,
        outcome: String,
        request_id: &str,
    ) -> &'static str {
        log::info!("an operator asked for {action} {parameters}: {outcome}, request {request_id}");
        let row = AuditRow {
            at_ms: self.clock().unix_ms(),
            action: action.to_owned(),
            parameters,
            outcome,
            request_id: request_id.to_owned(),
        };
        if self.store().audit(row) { "recorded" } else { "pending" }
    }
}

const DONE: &str = "done";

/// As the audit has it.
fn outcome<T>(result: &Result<T, StoreError>) -> String {
    result.as_ref().map_or_else(|error| error.fault.code(), |_| DONE).to_owned()
}

/// Answers put ahead at a time: some 10 ms of computing.
pub const CHUNK: usize = 200;
