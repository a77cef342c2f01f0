//! Shapes of answers that are written without a type of their own. Never built: a test holds real answers
//! against them.

use crate::problem::Problem;
use crate::sizing::recommendation::Recommendation;
use utoipa::ToSchema;

/// An answer: the recommendation, where it came from and how long that took.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
pub struct Answer {
    recommendation: Recommendation,
    performance_metadata: PerformanceMetadata,
    /// Version of this contract.
    #[schema(example = "4.0-Production-Optimized")]
    api_version: String,
}

/// Where the answer came from and how long that took.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
pub struct PerformanceMetadata {
    cache_hit: bool,
    cache_tier: CacheTier,
    /// From the complete request to its answer, milliseconds.
    #[schema(minimum = 0)]
    response_time_ms: f64,
    response_time_category: ResponseTimeCategory,
    #[schema(example = "production_v4")]
    optimization_level: String,
}

/// Where the answer came from.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is published")]
pub enum CacheTier {
    Memory,
    Store,
    Computed,
}

/// Below 1 ms, below 10 ms, below 100 ms, or longer.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is published")]
pub enum ResponseTimeCategory {
    UltraFast,
    Fast,
    Normal,
    Slow,
}

/// The answers to a list, in its order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
pub struct BatchAnswer {
    #[schema(min_items = 1, max_items = 1000)]
    answers: Vec<ListedAnswer>,
    performance_metadata: BatchMetadata,
    /// Version of this contract.
    #[schema(example = "4.0-Production-Optimized")]
    api_version: String,
}

/// What became of one question, by the labels that the list gave it.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape is published")]
enum ListedAnswer {
    Answered(Box<ListedRecommendation>),
    Refused(Box<ListedProblem>),
}

/// A question that was answered.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
struct ListedRecommendation {
    #[schema(nullable = false)]
    id: Option<String>,
    #[schema(nullable = false)]
    name: Option<String>,
    recommendation: Recommendation,
    cache_tier: CacheTier,
}

/// A question that was refused; `index` and, of a table, `row` are its place.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
struct ListedProblem {
    #[schema(nullable = false)]
    id: Option<String>,
    #[schema(nullable = false)]
    name: Option<String>,
    problem: Problem,
}

/// How many answers came from where and how long that took.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
struct BatchMetadata {
    questions: u32,
    /// Of them, those that were refused.
    problems: u32,
    cache_tiers: BatchTiers,
    /// From the complete request to its answer, milliseconds.
    #[schema(minimum = 0)]
    response_time_ms: f64,
    response_time_category: ResponseTimeCategory,
    #[schema(example = "production_v4")]
    optimization_level: String,
}

/// Answers by tier. A question that is in the list twice is counted as `memory` from the second on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
struct BatchTiers {
    memory: u32,
    store: u32,
    computed: u32,
}

/// Who said what a setting is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is published")]
pub enum SettingSource {
    Flag,
    Environment,
    Platform,
    Default,
}

/// How thoroughly the file is put in order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape is published")]
pub struct OptimizeRequest {
    /// `full` rewrites the file if three times its size is free; `incremental` if absent.
    #[schema(nullable = false)]
    vacuum: Option<Vacuum>,
}

/// How free pages are given back.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its shape is published")]
pub enum Vacuum {
    Full,
    Incremental,
}
