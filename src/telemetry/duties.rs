//! What upkeep last did, and how that went.

use parking_lot::Mutex;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One duty.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DutyStatus {
    pub name: &'static str,
    /// Since the start.
    pub done: u64,
    pub failed: u64,
    /// Milliseconds since 1970.
    pub last_at_ms: i64,
    pub last_duration_ms: f64,
    pub last_succeeded: bool,
    /// What it did, or why it did not, in a sentence.
    pub last_result: String,
}

/// The last run of each duty. A lock that is held for a few moves, a few times a second.
#[derive(Debug, Default)]
pub struct Duties(Mutex<BTreeMap<&'static str, DutyStatus>>);

impl Duties {
    /// `result`: what it did, or why it did not.
    pub fn record(
        &self,
        name: &'static str,
        at_ms: i64,
        duration_ms: f64,
        result: Result<String, String>,
    ) {
        let mut duties = self.0.lock();
        let duty = duties.entry(name).or_insert_with(|| DutyStatus {
            name,
            done: 0,
            failed: 0,
            last_at_ms: 0,
            last_duration_ms: 0.0,
            last_succeeded: true,
            last_result: String::new(),
        });
        duty.last_succeeded = result.is_ok();
        duty.done += u64::from(result.is_ok());
        duty.failed += u64::from(result.is_err());
        duty.last_at_ms = at_ms;
        duty.last_duration_ms = duration_ms;
        duty.last_result = result.unwrap_or_else(|why| why);
    }

    pub fn status(&self) -> Vec<DutyStatus> {
        self.0.lock().values().cloned().collect()
    }
}
