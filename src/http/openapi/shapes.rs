//! Shapes of answers that are written without a type of their own. Never built: a test holds real answers
//! against them.

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
