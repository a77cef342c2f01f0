//! The store as an operator sees it.

use super::readers::Readers;
use super::{Fault, Shared, queue};
use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use utoipa::ToSchema;

/// Counted since the start; gauges where it says so.
#[derive(Debug, Default)]
pub struct Counters {
    pub written: AtomicU64,
    pub batches: AtomicU64,
    pub write_failures: AtomicU64,
    pub dropped_queue_full: AtomicU64,
    /// Rows that came while the file was closed, paused or failing.
    pub dropped_unavailable: AtomicU64,
    pub lookups: AtomicU64,
    pub lookup_failures: AtomicU64,
    /// Rows whose checksum was wrong.
    pub damaged: AtomicU64,
    pub opened: AtomicU64,
    pub quarantined: AtomicU64,
    pub checkpoints_complete: AtomicU64,
    /// A reader was in the way.
    pub checkpoints_busy: AtomicU64,
    pub checkpoints_failed: AtomicU64,
    /// When the file last took something, milliseconds of the monotonic clock; zero for never.
    pub took_at_ms: AtomicU64,
    /// When its structure was last found sound, likewise.
    pub verified_at_ms: AtomicU64,
    /// Gauges, measured by the writer: whoever asks does not wait for a disk.
    pub file_bytes: AtomicU64,
    pub wal_bytes: AtomicU64,
    pub disk_free_bytes: AtomicU64,
    pub pages: AtomicU64,
    pub free_pages: AtomicU64,
}

/// A gauge that could not be measured.
pub const UNKNOWN: u64 = u64::MAX;

/// The store as an operator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoreStatus)]
pub struct Status {
    pub state: &'static str,
    /// One word for what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub since_seconds: u64,
    /// Whether look-ups are kept away for a while.
    pub breaker_open: bool,
    pub rows_waiting: usize,
    pub most_rows_waiting: usize,
    pub written: u64,
    pub batches: u64,
    /// Rows that were not stored: the sum of the two below.
    pub dropped: u64,
    pub dropped_queue_full: u64,
    pub dropped_unavailable: u64,
    pub write_failures: u64,
    pub lookups: u64,
    pub lookup_failures: u64,
    pub damaged: u64,
    pub opened: u64,
    pub quarantined: u64,
    pub checkpoints_complete: u64,
    pub checkpoints_busy: u64,
    pub checkpoints_failed: u64,
    /// Since the file last took something; it is tried once a minute. Absent before the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_write_seconds: Option<u64>,
    /// Since the file's structure was found sound. Absent before the first check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_seconds: Option<u64>,
    pub file_bytes: u64,
    pub wal_bytes: u64,
    /// Absent while it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_free_bytes: Option<u64>,
    pub pages: u64,
    pub free_pages: u64,
    pub readers: u32,
    pub idle_readers: u32,
}

impl Status {
    /// As of the last second; touches no file.
    pub(super) fn of(shared: &Shared) -> Status {
        let (state, since) = shared.state.lock().clone();
        let breaker_open = shared.breaker.is_open();
        let slow = shared.is_slow();
        let fault = state.fault().or(slow.then_some(&Fault::Slow));
        let counters = &shared.counters;
        let dropped_queue_full = counters.dropped_queue_full.load(Relaxed);
        let dropped_unavailable = counters.dropped_unavailable.load(Relaxed);
        let now_ms = shared.clock.monotonic().as_millis() as u64;
        let seconds_since = |at_ms: &AtomicU64| match at_ms.load(Relaxed) {
            0 => None,
            at_ms => Some(now_ms.saturating_sub(at_ms) / 1_000),
        };
        let (readers, idle_readers) =
            shared.readers.read().as_ref().map_or((0, 0), Readers::counts);
        Status {
            state: state.name(),
            fault: fault.map(Fault::code),
            reason: fault.map(Fault::to_string),
            since_seconds: shared.clock.monotonic().saturating_sub(since).as_secs(),
            breaker_open,
            rows_waiting: shared.queue.rows_waiting(),
            most_rows_waiting: queue::CAPACITY_ROWS,
            written: counters.written.load(Relaxed),
            batches: counters.batches.load(Relaxed),
            dropped: dropped_queue_full + dropped_unavailable,
            dropped_queue_full,
            dropped_unavailable,
            write_failures: counters.write_failures.load(Relaxed),
            lookups: counters.lookups.load(Relaxed),
            lookup_failures: counters.lookup_failures.load(Relaxed),
            damaged: counters.damaged.load(Relaxed),
            opened: counters.opened.load(Relaxed),
            quarantined: counters.quarantined.load(Relaxed),
            checkpoints_complete: counters.checkpoints_complete.load(Relaxed),
            checkpoints_busy: counters.checkpoints_busy.load(Relaxed),
            checkpoints_failed: counters.checkpoints_failed.load(Relaxed),
            last_write_seconds: seconds_since(&counters.took_at_ms),
            verified_seconds: seconds_since(&counters.verified_at_ms),
            file_bytes: counters.file_bytes.load(Relaxed),
            wal_bytes: counters.wal_bytes.load(Relaxed),
            disk_free_bytes: match counters.disk_free_bytes.load(Relaxed) {
                UNKNOWN => None,
                bytes => Some(bytes),
            },
            pages: counters.pages.load(Relaxed),
            free_pages: counters.free_pages.load(Relaxed),
            readers,
            idle_readers,
        }
    }
}
