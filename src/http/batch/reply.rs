//! The answer of a batch as JSON: each recommendation's own bytes, set between what names and counts them.

use super::super::recommend::{category, counted};
use super::Label;
use crate::problem::Problem;
use crate::service::{Answer, Tier};
use crate::{API_VERSION, OPTIMIZATION_LEVEL};
use std::io::Write;

/// One person's answer, by the name that the list gave.
pub type Answered = (Label, Result<Answer, Problem>);

/// A finished answer.
#[derive(Default)]
pub struct Reply {
    pub bytes: Vec<u8>,
    /// Why a question failed by our fault, if one did: for the log.
    pub failure: Option<String>,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    problems: usize,
    memory: usize,
    store: usize,
    computed: usize,
}

/// Room for what stands between two recommendations.
const BETWEEN: usize = 64;
const AROUND: usize = 512;

impl Reply {
    /// Counts the answers; the bytes are the caller's.
    pub fn of(answers: &[Answered], bytes: Vec<u8>) -> Self {
        let mut reply = Reply { bytes, ..Reply::default() };
        for (_, answered) in answers {
            let count = match answered {
                Ok(Answer { tier: Tier::Memory, .. }) => &mut reply.tally.memory,
                Ok(Answer { tier: Tier::Store, .. }) => &mut reply.tally.store,
                Ok(Answer { tier: Tier::Computed, .. }) => &mut reply.tally.computed,
                Err(problem) => {
                    if let Some(cause) = problem.cause() {
                        reply.failure.get_or_insert_with(|| cause.to_owned());
                    }
                    &mut reply.tally.problems
                }
            };
            *count += 1;
        }
        reply
    }

    /// The list of answers; `close` writes the rest.
    pub fn json(answers: &[Answered]) -> Self {
        let length = |(label, answered): &Answered| {
            let recommendation = answered.as_ref().map_or(1_024, |a| a.recommendation.len());
            let text = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() + 16);
            recommendation + text(&label.id) + text(&label.name) + BETWEEN
        };
        let mut bytes = Vec::with_capacity(answers.iter().map(length).sum::<usize>() + AROUND);
        bytes.extend_from_slice(br#"{"answers":["#);
        for (at, (label, answered)) in answers.iter().enumerate() {
            bytes.extend_from_slice(if at > 0 { b",{" } else { b"{" });
            for (name, text) in [("id", &label.id), ("name", &label.name)] {
                if let Some(text) = text {
                    write(&mut bytes, format_args!("\"{name}\":"));
                    encode(&mut bytes, text);
                    bytes.push(b',');
                }
            }
            match answered {
                Ok(Answer { recommendation, tier }) => {
                    bytes.extend_from_slice(br#""recommendation":"#);
                    bytes.extend_from_slice(recommendation);
                    let tier = counted(*tier).name();
                    write(&mut bytes, format_args!(r#","cache_tier":"{tier}"}}"#));
                }
                Err(problem) => {
                    bytes.extend_from_slice(br#""problem":"#);
                    encode(&mut bytes, problem);
                    bytes.push(b'}');
                }
            }
        }
        Reply::of(answers, bytes)
    }

    /// What is known only when all is done.
    pub fn close(&mut self, elapsed_ms: f64) {
        let Tally { problems, memory, store, computed } = self.tally;
        let questions = problems + memory + store + computed;
        write(
            &mut self.bytes,
            format_args!(
                concat!(
                    r#"],"performance_metadata":{{"questions":{},"problems":{},"cache_tiers":"#,
                    r#"{{"memory":{},"store":{},"computed":{}}},"response_time_ms":{:.3},"#,
                    r#""response_time_category":"{}","optimization_level":"{}"}},"api_version":"{}"}}"#
                ),
                questions,
                problems,
                memory,
                store,
                computed,
                elapsed_ms,
                category(elapsed_ms),
                OPTIMIZATION_LEVEL,
                API_VERSION,
            ),
        );
    }
}

fn write(bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    bytes.write_fmt(text).expect("a vector takes what is written to it");
}

fn encode(bytes: &mut Vec<u8>, value: &impl serde::Serialize) {
    serde_json::to_writer(bytes, value).expect("text and finite numbers only");
}
