//! The one thread that writes, and the life of the file: open, in use, in doubt, set aside, open again.
//!
//! It owns the connection, so nothing else can hold a lock or leave a transaction open. Once a second it
//! looks whether the file at the path is still the one it has, whether a reader met damage, and how much
//! of the disk is free. Whatever goes wrong ends in one of three states: `Open`; `Paused`, which reads
//! and does not store; `Closed`, which is tried again after a while that doubles to 15 s.
//!
//! Nobody waits for any of this: requests put rows into a queue and look up through `Readers`, and both
//! are refused at once when there is no file.

use super::answers::{self, Row};
use super::audit::{self, AuditRow};
use super::breaker::Backoff;
use super::fault::{Fault, StoreError};
use super::jobs::{self, DELETE_ROWS, Figures, How, Job, Report};
use super::readers::Readers;
use super::space::{Ballast, Disk};
use super::{Shared, State, open, quarantine};
use crate::clock::millis;
use rusqlite::{Connection, TransactionBehavior};
use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How often the file is looked at.
const WATCH_EVERY: Duration = Duration::from_secs(1);
const LOCK_NAME: &str = "suitsize.lock";
/// When the file's own limit is reached, this part of it makes room.
const SHED_PART: usize = 16;
/// A batch of the largest answers, with the pages of its indexes.
const MOST_BATCH_PAGES: i64 = 1_024;
/// Audit rows that wait for a file; older ones are in the log only.
const MOST_PENDING_AUDIT: usize = 1_000;

pub struct Writer {
    shared: Arc<Shared>,
    file: Option<Opened>,
    /// Held as long as the process uses the data directory.
    lock: Option<File>,
    ballast: Ballast,
    backoff: Backoff,
    retry_at: Duration,
    watched_at: Duration,
    /// Nothing is stored while the disk is low.
    paused: bool,
    pending_audit: Vec<AuditRow>,
}

struct Opened {
    connection: Connection,
    identity: Identity,
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
            paused: false,
            pending_audit: Vec::new(),
        }
    }

    /// Until the queue is closed and empty.
    pub fn run(mut self) {
        self.open();
        loop {
            let work = self.shared.queue.take(WATCH_EVERY);
            self.watch_now_and_then();
            if !work.rows.is_empty() {
                self.store(&work.rows);
            }
            for task in work.tasks {
                task(&mut self);
            }
            if work.closing {
                self.finish();
                return;
            }
        }
    }

    // --- the life of the file

    fn open(&mut self) {
        match self.try_open(false) {
            Ok(()) => self.opened(),
            Err(error) if error.fault == Fault::Corrupt => self.heal(&error),
            Err(error) => self.close(&error),
        }
    }

    /// `doubtful`: its structure is checked first, as after a stop that was not orderly.
    fn try_open(&mut self, doubtful: bool) -> Result<(), StoreError> {
        let path = &self.shared.path;
        fs::create_dir_all(&self.shared.options.dir)?;
        if self.lock.is_none() {
            self.lock = Some(lock(&self.shared.options.dir)?);
        }
        let connection = open::writer(path, self.shared.options.max_bytes)?;
        if doubtful || facts::is_in_use(&connection)? {
            jobs::quick_check(&connection)?;
        }
        facts::set_in_use(&connection, self.shared.clock.unix_ms())?;
        self.shared.presence.set_complete(false);
        answers::for_each_digest(&connection, |digest| self.shared.presence.add(digest))?;
        self.shared.presence.set_complete(true);
        let identity = Identity::of(path)?;
        *self.shared.readers.write() = Some(Readers::open(path, identity));
        self.file = Some(Opened { connection, identity });
        Ok(())
    }

    fn opened(&mut self) {
        self.backoff.succeeded();
        self.shared.breaker.succeeded();
        self.shared.doubted.store(false, Relaxed);
        self.shared.counters.opened.fetch_add(1, Relaxed);
        self.look_at_the_disk();
        self.shared.set_state(if self.paused { State::Paused(Fault::Full) } else { State::Open });
        self.write_pending_audit();
    }

    fn release(&mut self) {
        if let Some(readers) = self.shared.readers.write().take() {
            readers.give_up();
        }
        self.file = None;
    }

    fn close(&mut self, error: &StoreError) {
        self.release();
        self.retry_at = self.shared.clock.monotonic() + self.backoff.failed();
        if self.shared.set_state(State::Closed(error.fault.clone())) {
            log::warn!("the store is not used: {error}; answers come from memory and model");
        }
    }

    /// The file seems damaged. Looked at once more from the start, because a failing disk says the same;
    /// set aside only when it opens badly, checks badly, and can be read.
    fn heal(&mut self, first: &StoreError) {
        self.release();
        let error = match self.try_open(true) {
            Ok(()) => {
                log::warn!("the store seemed damaged ({first}) and is sound");
                return self.opened();
            }
            Err(error) if error.fault == Fault::Corrupt => error,
            Err(error) => return self.close(&error),
        };
        self.release();
        if let Err(disk) = quarantine::read_through(&self.shared.path) {
            return self.close(&StoreError::new(Fault::Io, disk));
        }
        match quarantine::set_aside(&self.shared.path, self.shared.clock.unix_ms()) {
            Ok(aside) => self.start_anew(&aside, &error),
            Err(disk) => self.close(&StoreError::new(Fault::Corrupt, disk)),
        }
    }

    fn start_anew(&mut self, aside: &Path, error: &StoreError) {
        let saved = salvage(aside);
        let name = aside.file_name().unwrap_or_default().to_string_lossy();
        log::error!(
            "the store was damaged ({error}) and is set aside as {name}; {} audit rows were saved",
            saved.len()
        );
        self.shared.counters.quarantined.fetch_add(1, Relaxed);
        self.pending_audit.splice(0..0, saved);
        match self.try_open(false) {
            Ok(()) => self.opened(),
            Err(error) => self.close(&error),
        }
        for outdated in quarantine::outdated(&self.shared.path, self.shared.clock.unix_ms()) {
            if let Err(error) = quarantine::delete(&outdated) {
                log::warn!("a quarantined file cannot be deleted: {error}");
            }
        }
    }

    fn watch_now_and_then(&mut self) {
        let now = self.shared.clock.monotonic();
        if now < self.watched_at + WATCH_EVERY && !self.shared.doubted.load(Relaxed) {
            return;
        }
        self.watched_at = now;
        self.watch();
    }

    /// Looks at the file and the disk, and does what that asks for.
    pub fn watch(&mut self) {
        let Some(file) = &self.file else {
            if self.shared.clock.monotonic() >= self.retry_at {
                self.open();
            }
            return;
        };
        if !file.identity.is_still_at(&self.shared.path) {
            log::warn!("the store's file was replaced or removed: opening what is there now");
            self.release();
            return self.open();
        }
        if self.shared.doubted.swap(false, Relaxed) {
            let doubt = StoreError::new(Fault::Corrupt, "a reader met damage");
            return self.heal(&doubt);
        }
        self.look_at_the_disk();
    }

    fn look_at_the_disk(&mut self) {
        let disk = match Disk::of(&self.shared.options.dir) {
            Ok(disk) => disk,
            Err(error) => return self.close(&error.into()),
        };
        self.shared.counters.disk_free_bytes.store(disk.free_bytes, Relaxed);
        if disk.is_low() {
            self.pause();
        } else if !self.paused || disk.has_recovered() {
            // Failing to reserve is no reason not to store: the mark above is the first line.
            let _ = self.ballast.take_in(disk.ballast_bytes());
            if self.paused {
                self.paused = false;
                log::info!("the disk has room again: answers are stored");
                self.shared.set_state(State::Open);
            }
        }
    }

    fn pause(&mut self) {
        if !self.paused {
            self.paused = true;
            log::warn!("the disk is full or nearly: nothing more is stored until it has room");
            self.shared.set_state(State::Paused(Fault::Full));
        }
    }

    /// In order: what was put is written, the log is moved, the mark of being in use is taken away.
    fn finish(&mut self) {
        self.write_pending_audit();
        // The last connection to close moves the log: that is to be this one.
        let file = self.file.take();
        self.release();
        if let Some(Opened { connection, .. }) = file {
            let closed = facts::clear_in_use(&connection)
                .and_then(|()| connection.close().map_err(|(_, error)| error));
            if let Err(error) = closed {
                log::warn!("the store was not closed in order: {}", StoreError::from(error));
            }
        }
    }

    // --- writing

    fn store(&mut self, rows: &[Row]) {
        let counters = &self.shared.counters;
        if self.file.is_none() || self.paused {
            counters.dropped_unavailable.fetch_add(rows.len() as u64, Relaxed);
            return;
        }
        let mut outcome = self.insert(rows);
        if let Err(error) = &outcome
            && matches!(error.fault, Fault::Full | Fault::Io)
            && self.make_room(rows.len())
        {
            outcome = self.insert(rows);
        }
        let counters = &self.shared.counters;
        match outcome {
            Ok(()) => {
                counters.written.fetch_add(rows.len() as u64, Relaxed);
                counters.batches.fetch_add(1, Relaxed);
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
        for row in rows {
            answers::put(&transaction, row, &self.shared.options.packer)?;
        }
        transaction.commit()?;
        rows.iter().for_each(|row| self.shared.presence.add(&row.digest));
        Ok(())
    }

    fn failed(&mut self, error: &StoreError) {
        self.shared.counters.write_failures.fetch_add(1, Relaxed);
        match error.fault {
            Fault::Corrupt => self.heal(error),
            // Somebody else's write: it ends.
            Fault::Busy => log::warn!("rows were not stored: {error}"),
            Fault::Full => self.pause(),
            _ => self.close(error),
        }
    }

    /// After a write of `needed` rows that found none. True if it is worth trying again.
    fn make_room(&mut self, needed: usize) -> bool {
        let Some(Opened { connection, .. }) = &self.file else { return false };
        let made = match at_its_limit(connection) {
            // Twice the batch: rows of one page do not all go at once.
            Ok(true) => shed(connection, SHED_PART, 2 * needed),
            Ok(false) => {
                self.ballast.throw_off();
                // The log first: it may be all that is in the way.
                let place = self.shared.place();
                let truncate = How { insist: true, ..How::THOROUGH };
                jobs::run(Job::Checkpoint, connection, &place, truncate)
                    .and_then(|_| shed(connection, 2, needed))
                    .and_then(|()| jobs::run(Job::Vacuum, connection, &place, How::THOROUGH))
                    .and_then(|_| jobs::run(Job::Checkpoint, connection, &place, truncate))
                    .map(|_| ())
            }
            Err(error) => Err(error),
        };
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
        let result = jobs::run(job, self.connection()?, &self.shared.place(), how);
        if let Err(error) = &result {
            self.failed(error);
        }
        result
    }

    /// # Errors
    /// As `job`.
    pub fn figures(&mut self) -> Result<Figures, StoreError> {
        jobs::figures(self.connection()?, &self.shared.path)
    }

    /// Deletes cached answers whose scope begins with `prefix`, all for an empty one.
    ///
    /// # Errors
    /// As `job`.
    pub fn clear(&mut self, prefix: &str) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        let mut deleted = 0;
        loop {
            let count = answers::delete_scope(connection, prefix, DELETE_ROWS)?;
            deleted += count as u64;
            if count < DELETE_ROWS {
                return Ok(deleted);
            }
        }
    }

    /// Rows that are still true, youngest first.
    ///
    /// # Errors
    /// As `job`.
    pub fn youngest(&mut self, scope: &str, limit: usize) -> Result<Vec<super::Kept>, StoreError> {
        let (now_ms, ttl_ms) = (self.shared.clock.unix_ms(), millis(self.shared.options.ttl));
        let packer = &self.shared.options.packer;
        Ok(answers::youngest(self.connection()?, scope, now_ms, ttl_ms, limit, packer)?)
    }

    /// True if the row is on the disk when this returns; otherwise it waits for a file.
    pub fn audit(&mut self, row: AuditRow) -> bool {
        self.pending_audit.push(row);
        self.write_pending_audit();
        self.pending_audit.is_empty()
    }

    fn write_pending_audit(&mut self) {
        let Some(Opened { connection, .. }) = &mut self.file else {
            let excess = self.pending_audit.len().saturating_sub(MOST_PENDING_AUDIT);
            self.pending_audit.drain(..excess);
            return;
        };
        if self.pending_audit.is_empty() {
            return;
        }
        match audit::record(connection, &self.pending_audit).map_err(StoreError::from) {
            Ok(()) => self.pending_audit.clear(),
            Err(error) => self.failed(&error),
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

/// One instance for a data directory. Held by the open file, so that a kill releases it.
fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join(LOCK_NAME);
    let file = File::options().create(true).write(true).truncate(false).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::new(Fault::InUse, path.display())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Is it the limit set for the file that was reached, and not the disk's end?
fn at_its_limit(connection: &Connection) -> Result<bool, StoreError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    // The transaction that met the limit was rolled back, with the pages it had.
    let (pages, limit) = (number("PRAGMA page_count")?, number("PRAGMA max_page_count")?);
    Ok(limit - pages < MOST_BATCH_PAGES)
}

/// Deletes one in `part` of the cached answers, those that expire first, and at least `least`.
fn shed(connection: &Connection, part: usize, least: usize) -> Result<(), StoreError> {
    let rows = usize::try_from(answers::count(connection)?).unwrap_or(usize::MAX);
    for _ in 0..(rows / part).max(least).div_ceil(DELETE_ROWS) {
        answers::delete_oldest(connection, DELETE_ROWS)?;
    }
    Ok(())
}

/// What is durable of a file that was set aside.
fn salvage(aside: &Path) -> Vec<AuditRow> {
    let flags =
        rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match Connection::open_with_flags(aside, flags) {
        // Without it a file that lost its end is refused as a whole.
        Ok(connection) => match connection.pragma_update(None, "writable_schema", true) {
            Ok(()) => audit::salvage(&connection),
            Err(_) => Vec::new(),
        },
        Err(_) => Vec::new(),
    }
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// # Errors
    /// As the system's.
    pub fn of(path: &Path) -> std::io::Result<Identity> {
        let stat = rustix::fs::stat(path)?;
        Ok(Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 })
    }

    pub fn is_still_at(self, path: &Path) -> bool {
        Identity::of(path).is_ok_and(|now| now == self)
    }
}

/// The table `store_fact`.
mod facts {
    use rusqlite::Connection;

    pub fn is_in_use(connection: &Connection) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM store_fact WHERE name = 'in_use_since_ms')";
        connection.query_row(sql, [], |row| row.get(0))
    }

    pub fn set_in_use(connection: &Connection, now_ms: i64) -> rusqlite::Result<()> {
        let sql = "INSERT OR REPLACE INTO store_fact (name, value) VALUES ('in_use_since_ms', ?1)";
        connection.execute(sql, [now_ms]).map(|_| ())
    }

    pub fn clear_in_use(connection: &Connection) -> rusqlite::Result<()> {
        let sql = "DELETE FROM store_fact WHERE name = 'in_use_since_ms'";
        connection.execute(sql, []).map(|_| ())
    }
}
