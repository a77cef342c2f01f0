//! The one thread that writes: rows in batches, and tasks, which see every row that was put before them.
//!
//! It owns the connection, so nothing else can hold a lock or leave a transaction open. When the file is
//! opened, doubted and closed is `life`.

use super::answers::{self, Row};
use super::audit::{self, AuditRow};
use super::breaker::Backoff;
use super::fault::{Fault, StoreError};
use super::identity::Footprint;
use super::jobs::{self, DELETE_ROWS, Figures, How, Job, Report};
use super::room;
use super::space::Ballast;
use super::{Kept, Shared, history};
use crate::clock::millis;
use crate::telemetry::History;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How often the file is looked at.
pub const WATCH_EVERY: Duration = Duration::from_secs(1);
/// Audit rows that wait for a file: all that a file keeps and as many again, some 4 MB.
const MOST_PENDING_AUDIT: usize = 20_000;

pub struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) file: Option<Opened>,
    /// Held as long as the process uses the data directory.
    pub(super) lock: Option<File>,
    pub(super) ballast: Ballast,
    pub(super) backoff: Backoff,
    pub(super) retry_at: Duration,
    pub(super) watched_at: Duration,
    /// Why nothing is stored just now, though the file is open.
    pub(super) paused: Option<Fault>,
    pub(super) alarms: Alarms,
    pub(super) pending_audit: Vec<AuditRow>,
}

pub(super) struct Opened {
    pub connection: Connection,
    pub footprint: Footprint,
}

/// How often the file was doubted, and found sound, lately.
#[derive(Default)]
pub(super) struct Alarms {
    pub count: u32,
    pub since: Duration,
}

impl Writer {
    pub fn new(shared: Arc<Shared>) -> Self {
        let ballast = Ballast::new(&shared.options.dir);
        Writer {
            shared,
            file: None,
            lock: None,
            ballast,
            backoff: Backoff::default(),
            retry_at: Duration::ZERO,
            watched_at: Duration::ZERO,
            paused: None,
            alarms: Alarms::default(),
            pending_audit: Vec::new(),
        }
    }

    /// Until the queue is closed and empty.
    pub fn run(mut self) {
        self.open();
        loop {
            let work = self.shared.queue.take(WATCH_EVERY);
            self.shared.alive();
            self.watch_now_and_then();
            if !work.rows.is_empty() {
                self.store(work.rows);
            }
            for task in work.tasks {
                task(&mut self);
                self.shared.alive();
            }
            if work.closing {
                self.finish();
                return;
            }
        }
    }

    fn store(&mut self, mut rows: Vec<Row>) {
        // In the order of the index that they go into.
        rows.sort_unstable_by_key(|row| row.digest().0);
        let counters = &self.shared.counters;
        if self.file.is_none() || self.paused.is_some() {
            counters.dropped_unavailable.fetch_add(rows.len() as u64, Relaxed);
            return;
        }
        let mut outcome = self.insert(&rows);
        if let Err(error) = &outcome
            && matches!(error.fault, Fault::Full | Fault::Io)
            && self.make_room(rows.len())
        {
            outcome = self.insert(&rows);
        }
        let counters = &self.shared.counters;
        match outcome {
            Ok(()) => {
                counters.written.fetch_add(rows.len() as u64, Relaxed);
                counters.batches.fetch_add(1, Relaxed);
                self.took();
            }
            Err(error) => {
                counters.dropped_unavailable.fetch_add(rows.len() as u64, Relaxed);
                self.failed(&error);
            }
        }
    }

    fn insert(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let Some(Opened { connection, .. }) = &mut self.file else { return Ok(()) };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let leaving = room::leaving(&transaction, rows, self.shared.options.max_bytes)?;
        answers::delete_oldest(&transaction, leaving.before)?;
        answers::put_all(&transaction, rows, leaving.with)?;
        transaction.commit()?;
        rows.iter().for_each(|row| self.shared.presence.add(row.digest()));
        Ok(())
    }

    /// The file has taken something.
    pub(super) fn took(&self) {
        self.shared.counters.took_at_ms.store(self.now_ms(), Relaxed);
    }

    /// The file's structure is sound.
    pub(super) fn verified(&self) {
        self.shared.counters.verified_at_ms.store(self.now_ms(), Relaxed);
    }

    /// Monotonic; zero is for never.
    fn now_ms(&self) -> u64 {
        self.shared.clock.monotonic().as_millis().max(1) as u64
    }

    pub(super) fn failed(&mut self, error: &StoreError) {
        self.shared.counters.write_failures.fetch_add(1, Relaxed);
        match error.fault {
            Fault::Corrupt => self.heal(error),
            Fault::Busy | Fault::Full => self.pause(&error.fault),
            _ => self.close(error),
        }
    }

    /// After a write of `needed` rows that found none. True if it is worth trying again.
    fn make_room(&mut self, needed: usize) -> bool {
        let Some(Opened { connection, .. }) = &self.file else { return false };
        let made = room::make(connection, &self.shared.place(), &self.ballast, needed);
        if let Err(error) = &made {
            log::warn!("no room could be made for new rows: {error}");
        }
        made.is_ok()
    }

    // --- what others ask of it

    /// Runs a job on the open file.
    ///
    /// # Errors
    /// The fault that keeps the file closed, or what the job met.
    pub fn job(&mut self, job: Job, how: How) -> Result<Report, StoreError> {
        let run = |writer: &Self| jobs::run(job, writer.connection()?, &writer.shared.place(), how);
        let mut result = run(self);
        // Deleting needs room too.
        if result.as_ref().is_err_and(|error| error.fault == Fault::Full) && self.make_room(0) {
            result = run(self);
        }
        match (job, &result) {
            (Job::Checkpoint, result) => self.count_checkpoint(result),
            (Job::Verify, Ok(_)) => self.verified(),
            _ => {}
        }
        self.noted(result)
    }

    fn count_checkpoint(&self, result: &Result<Report, StoreError>) {
        let counters = &self.shared.counters;
        let counter = match result {
            Ok(Report { more: false, .. }) => &counters.checkpoints_complete,
            Ok(_) => &counters.checkpoints_busy,
            Err(_) => &counters.checkpoints_failed,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Deals with what a result says of the file.
    fn noted<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result
            && self.file.is_some()
        {
            self.failed(error);
        }
        result
    }

    /// # Errors
    /// As `job`.
    pub fn figures(&mut self) -> Result<Figures, StoreError> {
        let figures = jobs::figures(self.connection()?, &self.shared.path);
        self.noted(figures)
    }

    /// Pages of the file, and how many of them are free.
    ///
    /// # Errors
    /// As `job`.
    pub fn pages(&mut self) -> Result<(i64, i64), StoreError> {
        let pages = jobs::pages(self.connection()?);
        self.noted(pages)
    }

    /// Writes what waits in `history`.
    ///
    /// # Errors
    /// As `job`; it waits on then.
    pub fn keep_history(&mut self, history: &History) -> Result<(), StoreError> {
        let (sequence, spans) = history.waiting();
        if spans.is_empty() {
            return Ok(());
        }
        // As for the audit: into a log that was just cut short it would be written and be lost.
        self.watch();
        if let Some(fault) = &self.paused {
            return Err(StoreError::new(fault.clone(), "nothing is stored just now"));
        }
        self.connection()?;
        let written = self.write_with_room(|connection| history::record(connection, &spans));
        if written.is_ok() {
            history.stored(sequence);
            self.took();
        }
        self.noted(written)
    }

    /// Deletes one batch of cached answers whose scope begins with `prefix`, all for an empty one; says how
    /// many, and whether there may be more.
    ///
    /// # Errors
    /// As `job`.
    pub fn clear_some(&mut self, prefix: &str) -> Result<(usize, bool), StoreError> {
        let connection = self.connection()?;
        if prefix.is_empty() {
            let deleted = answers::delete_all(connection).map_err(StoreError::from);
            return self.noted(deleted).map(|count| (count, false));
        }
        let deleted = answers::delete_scope(connection, prefix, DELETE_ROWS);
        self.noted(deleted.map_err(StoreError::from)).map(|count| (count, count == DELETE_ROWS))
    }

    /// Rows that are still true, youngest first.
    ///
    /// # Errors
    /// As `job`.
    pub fn youngest(&mut self, scope: &str, limit: usize) -> Result<Vec<Kept>, StoreError> {
        let (now_ms, ttl_ms) = (self.shared.clock.unix_ms(), millis(self.shared.options.ttl));
        let packer = &self.shared.options.packer;
        let found = answers::youngest(self.connection()?, scope, now_ms, ttl_ms, limit, packer);
        self.noted(found.map_err(StoreError::from))
    }

    /// True if the row is on the disk when this returns; otherwise it waits for a file.
    pub fn audit(&mut self, row: AuditRow) -> bool {
        let excess = (self.pending_audit.len() + 1).saturating_sub(MOST_PENDING_AUDIT);
        self.pending_audit.drain(..excess);
        self.pending_audit.push(row);
        // A file that has just been taken away would take the row with it.
        self.watch();
        self.write_pending_audit();
        self.pending_audit.is_empty()
    }

    pub(super) fn write_pending_audit(&mut self) {
        if self.file.is_none() || self.pending_audit.is_empty() {
            return;
        }
        let rows = std::mem::take(&mut self.pending_audit);
        let written = self.write_with_room(|connection| audit::record(connection, &rows));
        self.pending_audit = rows;
        let path = &self.shared.path;
        match written {
            // Written into a file that was gone by then: they wait for the one that is there now.
            Ok(()) if self.file.as_mut().is_some_and(|f| f.footprint.moved(path).is_some()) => {}
            Ok(()) => {
                self.pending_audit.clear();
                self.took();
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Writes into the open file, if need be after making room. Says nothing when there is none to be
    /// made: what must not be lost is tried again every second.
    fn write_with_room(
        &mut self,
        write: impl Fn(&mut Connection) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let Some(Opened { connection, .. }) = &mut self.file else { return Ok(()) };
        let written = write(connection).map_err(StoreError::from);
        match &written {
            Err(error)
                if matches!(error.fault, Fault::Full | Fault::Io)
                    && room::make(connection, &self.shared.place(), &self.ballast, 0).is_ok() =>
            {
                Ok(write(connection)?)
            }
            _ => written,
        }
    }

    fn connection(&self) -> Result<&Connection, StoreError> {
        match &self.file {
            Some(file) => Ok(&file.connection),
            None => Err(StoreError::new(
                self.shared.state().fault().cloned().unwrap_or(Fault::Other),
                "the store is closed",
            )),
        }
    }
}
