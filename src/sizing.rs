//! The sizing engine: pure, no IO after it is built, no clock, no log.
//!
//! In reading order: `contract` says what may be asked, a `question` about a `body` is checked (`plausible`), the `model` gives the
//! joint distribution of ten body measures, everything else told (`know`) sharpens it to a
//! `posterior`; a `chart` says what is made; `fit` gives the probability that a jacket can be worn,
//! `decide` chooses one, `advice` says what a tailor would change, `ask` what to ask next,
//! `rationale` why, both in the words of `wording`. `engine` and `answer` are that story, before and after the posterior.

mod advice;
mod answer;
mod ask;
pub mod body;
pub mod chart;
pub mod contract;
mod decide;
mod engine;
mod fit;
mod know;
pub mod model;
mod normal;
pub mod parse;
mod plausible;
mod posterior;
pub mod question;
mod rationale;
pub mod recommendation;
pub mod refusal;
mod sample;
mod warnings;
pub mod wording;

pub use engine::{Engine, EngineError, EngineOptions, RecommendError};
