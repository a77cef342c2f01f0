//! What answers follow from at a time: the engine with its charts and texts, and the tiers under its keys.
//!
//! One piece, so that nothing computed by one engine is ever kept or found under another's keys: who takes an
//! edition has both. A reload puts another in its place; the old one ends with the last request that has it.

use super::encoded;
use crate::VERSION;
use crate::cache::Cache;
use crate::sizing::Engine;
use crate::sizing::body::Sex;
use crate::sizing::chart::Charts;
use crate::sizing::question::{Fit, Question};
use crate::sizing::wording::Wordings;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

pub struct Edition {
    engine: Engine,
    cache: Cache,
}

impl Edition {
    /// `cache`: under the scope of `engine`.
    pub(super) fn new(engine: Engine, cache: Cache) -> Self {
        Edition { engine, cache }
    }

    /// The same model and tiers with other charts and texts.
    pub(super) fn with(&self, charts: Charts, wordings: Wordings) -> Self {
        let engine = self.engine.with(charts, wordings);
        let cache = self.cache.under(scope(&engine));
        Edition { engine, cache }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// What tells the texts of answers from any others.
    pub fn wording(&self) -> &str {
        self.engine.wordings().identity()
    }

    /// The pages' texts too.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.engine.wordings() == other.engine.wordings()
    }

    /// The charts as answers name them, the default one first.
    pub fn charts(&self) -> Vec<String> {
        self.engine.charts().identities().collect()
    }
}

/// Everything that an answer follows from beside its question: program, model, charts, texts. As text, since
/// an operator clears by it.
pub(super) fn scope(engine: &Engine) -> Arc<str> {
    let charts: Vec<_> = engine.charts().identities().collect();
    let mut scope = format!("{VERSION}/{}/{}", engine.model_version(), charts[0]);
    if charts.len() > 1 {
        let hash = Sha256::digest(charts.join(" "));
        scope.push_str(&format!("+{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
    }
    scope.push('/');
    scope.push_str(engine.wordings().identity());
    scope.into()
}

/// Typical answers, the same in every run: what others are packed against. By the shipped charts and texts,
/// whatever is in force: rows outlive a reload and a start, and must unpack after either.
pub(super) fn samples(engine: &Engine) -> Vec<Vec<u8>> {
    let engine = engine.with(Charts::embedded(), Wordings::embedded());
    let questions = [
        Question { sex: Sex::Female, ..Question::new(165.0, 65.0) },
        Question::new(190.0, 110.0),
        Question { fit: Fit::Slim, ..Question::new(170.0, 66.0) },
        Question::new(178.0, 82.0),
    ];
    // Another model may refuse one of them.
    questions.iter().filter_map(|question| encoded(&engine, question).ok()).collect()
}
