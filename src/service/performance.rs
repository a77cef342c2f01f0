//! How a stretch of time was: what the store has of it and what this run has not stored yet, as one.

use super::Service;
use crate::store::{Fault, StoreError};
use crate::telemetry::{Backlog, ProcessPoint, Range, Report, ReportBuilder, Span, process};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The answer to `GET /api/performance`. Durations in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
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
    /// Memory and processor of this run, in the steps of the series; empty where a route was asked for.
    process: Vec<ProcessPoint>,
    history: Backlog,
}

#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Extremes {
    slowest_request: Option<f64>,
    fastest_request: Option<f64>,
    cache_hit_rate: Option<f64>,
}

impl Service {
    /// How the service performed in a stretch, whatever of it the store cannot tell. Blocks for a disk's
    /// time: for a thread that may, and for one at a time.
    pub fn performance(&self, range: Range, route: Option<&str>) -> Performance {
        // Taken before the store is read: what is stored in between is then in both, and counted once.
        let live = self.live_history();
        let mut builder = self.builder(range, route);
        let is_live = |span: &Span| live.iter().any(|other| other.is_same_stretch(span));
        let read = self.store().history(range, &mut |span| {
            // Of one stretch of one run, what is live is the truer.
            if !is_live(span) {
                builder.add(span, true);
            }
        });
        match read {
            Ok(()) => self.finish(builder, &live, None),
            Err(error) => {
                let why = format!("the store could not be asked: {}", error.fault);
                self.finish(self.builder(range, route), &live, Some(why))
            }
        }
    }

    /// As `performance`, without asking the store; `why` not.
    pub fn performance_without_store(
        &self,
        range: Range,
        route: Option<&str>,
        why: String,
    ) -> Performance {
        self.finish(self.builder(range, route), &self.live_history(), Some(why))
    }

    /// What this run has not stored yet.
    fn live_history(&self) -> Vec<Arc<Span>> {
        let telemetry = self.telemetry();
        telemetry.history.live(&telemetry.requests)
    }

    fn builder(&self, range: Range, route: Option<&str>) -> ReportBuilder {
        ReportBuilder::new(range, self.telemetry().started_ms, route)
    }

    fn finish(
        &self,
        mut builder: ReportBuilder,
        live: &[Arc<Span>],
        missing: Option<String>,
    ) -> Performance {
        for (place, span) in live.iter().enumerate() {
            let is_outdated = live[place + 1..].iter().any(|later| later.is_same_stretch(span));
            if !is_outdated {
                builder.add(span, false);
            }
        }
        let process = match builder.is_of_a_route() {
            true => Vec::new(),
            false => self.telemetry().course.points(builder.range(), process::figures()),
        };
        let report = builder.report();
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
            process,
            history: self.telemetry().history.backlog(),
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
