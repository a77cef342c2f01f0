//! The way of a request, from a question to the finished bytes of its answer.
//!
//! The answer is computed from the canonical question, so that the same body asked in inches or
//! centimetres, now or later from a cache, gets the same bytes.

use crate::sizing::question::Question;
use crate::sizing::{Engine, RecommendError};
use std::sync::Arc;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    Computed,
}

impl Tier {
    /// In `performance_metadata.cache_tier`.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Computed => "computed",
        }
    }

    /// In the `X-Cache` header.
    pub fn header(self) -> &'static str {
        match self {
            Tier::Computed => "MISS",
        }
    }
}

/// A recommendation as JSON, encoded once.
pub struct Answer {
    pub recommendation: Vec<u8>,
    pub tier: Tier,
}

/// Answers questions. Cheap to clone: one for each worker.
#[derive(Clone)]
pub struct Service {
    engine: Arc<Engine>,
}

impl Service {
    pub fn new(engine: Engine) -> Self {
        Service { engine: Arc::new(engine) }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// # Errors
    /// As `Engine::recommend`.
    pub fn recommend(&self, question: Question) -> Result<Answer, RecommendError> {
        let recommendation = self.engine.recommend(&question.canonical())?;
        let recommendation = serde_json::to_vec(&recommendation)
            .expect("a recommendation holds text and finite numbers only");
        Ok(Answer { recommendation, tier: Tier::Computed })
    }
}
