//! What is known of how the service performs: counted at its boundaries, read when somebody asks.
//!
//! - `histogram`: durations as counts that can be added up; `requests`: by route, status and tier,
//!   without a lock, below a microsecond a request.
//! - `connections`: open and refused.
//! - `history`: closed minutes and hours on their way into the store.
//! - `report`: how a stretch of time was, from merged histograms.
//! - `window`: the last five minutes, in tens of seconds; `alerts`: rules, what fires, and whom it is told.
//! - `duties`: upkeep's last runs; `process`: memory and processor, and `course` how they went; `exposition`: Prometheus' text.
//!
//! A leaf: it knows of no cache, no store and no request. Nothing here can fail a request: recording
//! writes to memory that is there, and whatever else goes wrong is counted and left.

pub mod alerts;
mod connections;
mod course;
mod duties;
mod exposition;
mod histogram;
mod history;
pub mod process;
mod report;
mod requests;
mod window;

pub use connections::Connections;
pub use course::{Course, ProcessPoint};
pub use duties::{Duties, DutyStatus};
pub use exposition::{CONTENT_TYPE, Exposition, Family};
pub use histogram::{Figures, Histogram, RELATIVE_ERROR, Recorder};
pub use history::{Backlog, HOUR_MS, History, MINUTE_MS, Span};
pub use report::{Range, Report, ReportBuilder};
pub use requests::{ByKind, InFlight, Kind, Requests, StatusClass, Tier};
pub use window::{Slice, Window};

use std::sync::Arc;
use std::time::Instant;

/// Everything that is counted beside cache and store, which count for themselves.
pub struct Telemetry {
    pub requests: Requests,
    /// Whole computations: model, posterior, decision, encoding.
    pub computations: Recorder,
    /// Of each, the model's part.
    pub inferences: Arc<Recorder>,
    /// Who is connected.
    pub connections: Connections,
    pub history: History,
    pub duties: Duties,
    /// What the process took, minute by minute.
    pub course: Course,
    /// Milliseconds since 1970.
    pub started_ms: i64,
}

impl Telemetry {
    /// `routes`: every pattern, the last for what matches none. `shards`: one for each worker.
    pub fn new(routes: &'static [&'static str], shards: usize, now_ms: i64) -> Self {
        Telemetry {
            requests: Requests::new(routes, shards),
            computations: Recorder::default(),
            inferences: Arc::default(),
            connections: Connections::default(),
            history: History::new(now_ms),
            duties: Duties::default(),
            course: Course::default(),
            started_ms: now_ms,
        }
    }

    /// Runs `work` and records how long it took.
    pub fn timed<T>(recorder: &Recorder, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let done = work();
        recorder.record(began.elapsed().as_nanos() as u64, 0);
        done
    }

    /// Closes the minute if it is over, or at a stop whatever is open.
    pub fn close_minute(&self, now_ms: i64, even_if_open: bool) -> bool {
        self.course.look(now_ms, process::figures);
        self.history.close(&self.requests, now_ms, even_if_open)
    }
}
