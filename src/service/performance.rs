//! How a stretch of time was: what the store has of it and what this run has not stored yet, as one.

use super::Service;
use crate::store::{Fault, StoreError};
use crate::telemetry::{Backlog, Range, Report, Span, process};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How long who reads history waits for another who does.
const TURN: Duration = Duration::from_secs(2);

/// The answer to `GET /api/performance`. Durations in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Performance {
    overview: Overview,
    performance: Extremes,
    /// False when the store could not be asked: then it is what this run has not stored yet.
    complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    #[serde(flatten)]
    report: Report,
    history: HistoryStatus,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Overview {
    total_requests: u64,
    /// Milliseconds.
    average_response_time: Option<f64>,
    requests_per_second: f64,
    /// Share answered with 5xx.
    error_rate: Option<f64>,
    /// Bytes resident, now.
    memory_usage: Option<u64>,
    /// Seconds since the process started.
    uptime: f64,
}

/// Milliseconds; share of answers that a tier had.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Extremes {
    slowest_request: Option<f64>,
    fastest_request: Option<f64>,
    cache_hit_rate: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HistoryStatus {
    /// Minutes and hours that wait for the store.
    waiting: usize,
    minutes_written: u64,
    minutes_lost: u64,
}

impl From<Backlog> for HistoryStatus {
    fn from(Backlog { waiting, written, lost }: Backlog) -> Self {
        HistoryStatus { waiting, minutes_written: written, minutes_lost: lost }
    }
}

impl Service {
    /// What this run has not stored yet. To be taken before `stored_history`: what is stored in between
    /// is then in both, and counted once.
    pub fn live_history(&self) -> Vec<Arc<Span>> {
        let telemetry = self.telemetry();
        telemetry.history.live(&telemetry.requests)
    }

    /// What the store has of a stretch. Blocks for a disk's time.
    ///
    /// # Errors
    /// When the store cannot be asked, or is asked by too many.
    pub fn stored_history(&self, range: Range) -> Result<Vec<Span>, StoreError> {
        let busy = || StoreError::new(Fault::Slow, "others are reading history");
        let _one_at_a_time = self.0.reading_history.try_lock_for(TURN).ok_or_else(busy)?;
        self.store().history(range.step_ms, range.from_ms, range.to_ms)
    }

    /// `stored`: or why it is missing.
    pub fn performance(
        &self,
        range: Range,
        route: Option<&str>,
        live: &[Arc<Span>],
        stored: Result<Vec<Span>, String>,
    ) -> Performance {
        let (stored, missing) = match stored {
            Ok(stored) => (stored, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let spans = united(&stored, live);
        let started_ms = self.telemetry().started_ms;
        let report = Report::new(range, started_ms, route, spans.into_values());
        let latency = report.totals.latency.as_ref();
        Performance {
            overview: Overview {
                total_requests: report.totals.requests,
                average_response_time: latency.map(|latency| latency.mean_ms),
                requests_per_second: report.totals.requests_per_second,
                error_rate: report.totals.error_rate,
                memory_usage: process::resident_bytes(),
                uptime: self.uptime().as_secs_f64().floor(),
            },
            performance: Extremes {
                slowest_request: latency.map(|latency| latency.max_ms),
                fastest_request: latency.map(|latency| latency.min_ms),
                cache_hit_rate: report.hit_rate,
            },
            complete: missing.is_none(),
            missing,
            report,
            history: self.telemetry().history.backlog().into(),
        }
    }

    /// Since the service was built.
    pub fn uptime(&self) -> Duration {
        self.clock().monotonic()
    }

    /// Closes the minute if it is over, or whatever is open at a stop, and has the store keep what waits.
    ///
    /// # Errors
    /// Why the store did not; it waits on then.
    pub fn keep_history(&self, at_a_stop: bool) -> Result<usize, StoreError> {
        let telemetry = self.telemetry();
        telemetry.close_minute(self.clock().unix_ms(), at_a_stop);
        let waiting = telemetry.history.backlog().waiting;
        if waiting > 0 && self.store().hangs() {
            return Err(StoreError::new(Fault::Slow, "the disk does not answer"));
        }
        if waiting > 0 {
            self.store().keep_history(telemetry)?;
        }
        Ok(waiting)
    }
}

/// Of one stretch of one run, what is live is truer than what is stored.
fn united<'a>(
    stored: &'a [Span],
    live: &'a [Arc<Span>],
) -> BTreeMap<(i64, i64, i64), (&'a Span, bool)> {
    let stored = stored.iter().map(|span| (span, true));
    let live = live.iter().map(|span| (&**span, false));
    let key = |span: &Span| (span.length_ms, span.start_ms, span.run_ms);
    stored.chain(live).map(|(span, is_stored)| (key(span), (span, is_stored))).collect()
}
