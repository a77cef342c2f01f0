//! The second tier and what must survive a restart: one SQLite file that looks after itself. The only
//! home of rusqlite and r2d2.
//!
//! # Who does what
//!
//! - **One writer thread** (`writer`) owns the connection that writes, and the file's life (`life`). Rows reach it through a bounded
//!   queue (`queue`) and are written in batches; tasks reach it the same way and are answered. Putting a
//!   row never waits and may drop it.
//! - **A few read-only connections** (`readers`) look keys up, from a thread that may block. `presence`
//!   knows in memory what cannot be there; `breaker` leaves a sick file alone.
//! - **Jobs** (`jobs`) keep the file small; `space` keeps the disk from filling; `quarantine` sets a
//!   damaged file aside.
//!
//! # What is promised
//!
//! A cached answer may be lost at any time and is never wrong: it is kept under a keyed digest of its
//! whole question with a checksum. An audit row that was acknowledged survives a kill and a power cut.
//! Whatever is wrong with the file is noticed, left alone, tried again within 15 seconds, and never
//! waited for. The program runs the same without a store, slower by what a computation costs.
//!
//! Times of expiry are wall-clock (they outlive the process), and a row is true only within one time to
//! live from now: one that claims more was written by a clock that was wrong.

mod answers;
mod audit;
mod backup;
mod breaker;
mod facts;
mod fault;
mod identity;
mod jobs;
mod life;
mod open;
mod pack;
mod presence;
mod quarantine;
mod queue;
mod readers;
mod room;
mod schema;
mod secret;
mod space;
mod writer;

pub use answers::Row;
pub use audit::AuditRow;
pub use backup::copy as backup;
pub use fault::{Fault, StoreError};
pub use jobs::{Figures, How, Job, Report};
pub use pack::Packer;
pub use secret::Secret;

use crate::clock::{Clock, millis};
use answers::Found;
use breaker::Breaker;
use parking_lot::{Mutex, RwLock};
use presence::Presence;
use queue::Queue;
use readers::Readers;
use serde::Serialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use writer::Writer;

/// The writer does nothing that takes longer on a disk that is well, but rewriting a large file.
const LONGEST_TASK: Duration = Duration::from_secs(10);

pub const FILE_NAME: &str = "suitsize.db";

/// The name under which an answer is kept: a keyed digest, so that a key tells nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    /// Two independent 64-bit hashes.
    pub fn halves(&self) -> (u64, u64) {
        let number = u128::from_le_bytes(self.0);
        (number as u64, (number >> 64) as u64)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// A row of the file that is still true: key, answer, end of its life.
pub type Kept = (Digest, Vec<u8>, i64);

pub struct StoreOptions {
    /// Holds `suitsize.db` and what belongs to it; made if it is not there.
    pub dir: PathBuf,
    /// How long a row is true.
    pub ttl: Duration,
    /// The file never grows beyond; the log beside it adds some 4 MB, a few times that under load.
    pub max_bytes: u64,
    pub packer: Arc<Packer>,
}

/// What a look-up brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    Hit {
        answer: Vec<u8>,
        expires_at_ms: i64,
    },
    Miss,
    /// The store could not be asked.
    Unavailable,
}

/// Whether the file is used, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not tried yet.
    Opening,
    Open,
    /// Read, and not written.
    Paused(Fault),
    Closed(Fault),
}

impl State {
    pub fn name(&self) -> &'static str {
        match self {
            State::Opening => "opening",
            State::Open => "open",
            State::Paused(_) => "paused",
            State::Closed(_) => "closed",
        }
    }

    /// What is wrong.
    pub fn fault(&self) -> Option<&Fault> {
        match self {
            State::Opening | State::Open => None,
            State::Paused(fault) | State::Closed(fault) => Some(fault),
        }
    }
}

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
    /// Gauges, measured by the writer: whoever asks does not wait for a disk.
    pub file_bytes: AtomicU64,
    pub wal_bytes: AtomicU64,
    pub disk_free_bytes: AtomicU64,
}

/// The store as an operator sees it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
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
    pub written: u64,
    pub dropped: u64,
    pub write_failures: u64,
    pub lookups: u64,
    pub lookup_failures: u64,
    pub damaged: u64,
    pub opened: u64,
    pub quarantined: u64,
    pub file_bytes: u64,
    pub wal_bytes: u64,
    pub disk_free_bytes: u64,
    pub readers: u32,
    pub idle_readers: u32,
}

/// Shared by the handle and the writer thread.
struct Shared {
    options: StoreOptions,
    path: PathBuf,
    clock: Clock,
    queue: Queue,
    readers: RwLock<Option<Readers>>,
    presence: Presence,
    breaker: Breaker,
    state: Mutex<(State, Duration)>,
    /// Whether the state names a fault: read by every request.
    faulty: AtomicBool,
    /// A reader met damage: the writer is to look.
    doubted: AtomicBool,
    counters: Counters,
    /// When the writer last came round, monotonic nanoseconds.
    alive_ns: AtomicU64,
}

impl Shared {
    fn alive(&self) {
        self.alive_ns.store(self.clock.monotonic().as_nanos() as u64, Relaxed);
    }

    /// Whether the writer has been at one thing for long: a disk that does not answer.
    fn hangs(&self) -> bool {
        let alive = Duration::from_nanos(self.alive_ns.load(Relaxed));
        self.clock.monotonic().saturating_sub(alive) > LONGEST_TASK
    }

    fn state(&self) -> State {
        self.state.lock().0.clone()
    }

    /// True if it was another.
    fn set_state(&self, new: State) -> bool {
        let mut state = self.state.lock();
        if state.0 == new {
            return false;
        }
        if new == State::Open {
            log::info!("the store is open");
        }
        self.faulty.store(new.fault().is_some(), Relaxed);
        *state = (new, self.clock.monotonic());
        true
    }

    fn place(&self) -> jobs::Place<'_> {
        jobs::Place {
            path: &self.path,
            now_ms: self.clock.unix_ms(),
            ttl_ms: millis(self.options.ttl),
        }
    }
}

/// A handle on the store. Starting it never fails and never waits: what is wrong is in `status`.
pub struct Store {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    pub fn start(options: StoreOptions, clock: Clock) -> Self {
        let path = options.dir.join(FILE_NAME);
        let shared = Arc::new(Shared {
            path,
            options,
            clock,
            queue: Queue::default(),
            readers: RwLock::new(None),
            presence: Presence::default(),
            breaker: Breaker::default(),
            state: Mutex::new((State::Opening, Duration::ZERO)),
            faulty: AtomicBool::new(false),
            doubted: AtomicBool::new(false),
            counters: Counters::default(),
            alive_ns: AtomicU64::new(0),
        });
        shared.alive();
        let writer = Writer::new(Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("store-writer".into());
        let ended = Ended(Arc::clone(&shared));
        let run = move || {
            let _ended = ended;
            writer.run();
        };
        let writer = match thread.spawn(run) {
            Ok(thread) => Some(thread),
            Err(error) => {
                log::error!("the store's thread cannot be started: {error}");
                None
            }
        };
        Store { shared, writer: Mutex::new(writer) }
    }

    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// How long a row is true.
    pub fn ttl(&self) -> Duration {
        self.shared.options.ttl
    }

    /// False if a look-up would be in vain: costs nothing.
    pub fn may_hold(&self, digest: &Digest) -> bool {
        self.shared.presence.may_hold(digest)
    }

    /// Looks a key up. Blocks for a disk's time: not for a thread that serves others.
    pub fn look_up(&self, digest: &Digest) -> Lookup {
        let shared = &*self.shared;
        let now = shared.clock.monotonic();
        let Some(readers) = shared.readers.read().clone() else { return Lookup::Unavailable };
        if !shared.breaker.allows(now) {
            return Lookup::Unavailable;
        }
        shared.counters.lookups.fetch_add(1, Relaxed);
        let Some(connection) = readers.connection() else {
            shared.counters.lookup_failures.fetch_add(1, Relaxed);
            shared.breaker.failed(now);
            return Lookup::Unavailable;
        };
        let ttl_ms = millis(shared.options.ttl);
        let packer = &shared.options.packer;
        match answers::get(&connection, digest, shared.clock.unix_ms(), ttl_ms, packer) {
            Ok(found) => {
                shared.breaker.succeeded();
                shared.found(found)
            }
            Err(error) => {
                shared.lookup_failed(&StoreError::from(error));
                Lookup::Unavailable
            }
        }
    }

    /// A look-up took too long for its caller.
    pub fn was_slow(&self) {
        self.shared.counters.lookup_failures.fetch_add(1, Relaxed);
        self.shared.breaker.failed(self.shared.clock.monotonic());
    }

    /// Has a row written soon. False if it was dropped.
    pub fn put(&self, digest: Digest, scope: &Arc<str>, answer: Arc<[u8]>) -> bool {
        let expires_at_ms = self.shared.clock.unix_ms() + millis(self.shared.options.ttl);
        let scope = Arc::clone(scope);
        let kept = self.shared.queue.push(Row { digest, scope, answer, expires_at_ms });
        if !kept {
            self.shared.counters.dropped_queue_full.fetch_add(1, Relaxed);
        }
        kept
    }

    /// # Errors
    /// The fault that keeps the file closed, or what the job met.
    pub fn job(&self, job: Job, how: How) -> Result<Report, StoreError> {
        self.ask(move |writer| writer.job(job, how))?
    }

    /// # Errors
    /// As `job`.
    pub fn figures(&self) -> Result<Figures, StoreError> {
        self.ask(Writer::figures)?
    }

    /// Deletes cached answers whose scope begins with `prefix`; says how many.
    ///
    /// # Errors
    /// As `job`.
    pub fn clear(&self, prefix: &str) -> Result<u64, StoreError> {
        let prefix = prefix.to_owned();
        self.ask(move |writer| writer.clear(&prefix))?
    }

    /// Rows of `scope` that are still true, youngest first.
    ///
    /// # Errors
    /// As `job`.
    pub fn youngest(&self, scope: &str, limit: usize) -> Result<Vec<Kept>, StoreError> {
        let scope = scope.to_owned();
        self.ask(move |writer| writer.youngest(&scope, limit))?
    }

    /// True if the row is on the disk; false if it waits for a file.
    pub fn audit(&self, row: AuditRow) -> bool {
        self.ask(move |writer| writer.audit(row)).unwrap_or(false)
    }

    /// Everything put before is written when this returns.
    pub fn flush(&self) {
        let _ = self.ask(|_| ()); // after a close everything is written already
    }

    /// Has the writer look at the file and the disk now; what it does each second by itself.
    pub fn watch(&self) {
        let _ = self.ask(Writer::watch); // after a close there is nothing to look at
    }

    /// Forgets what is older than the last call, of what the file may hold: once in a time to live.
    pub fn rotate_presence(&self) {
        self.shared.presence.rotate();
    }

    pub fn state(&self) -> State {
        self.shared.state()
    }

    /// Whether something is wrong with it.
    pub fn is_faulty(&self) -> bool {
        self.shared.faulty.load(Relaxed) || self.shared.breaker.is_open()
    }

    /// As of the last second; touches no file.
    pub fn status(&self) -> Status {
        let shared = &*self.shared;
        let (state, since) = shared.state.lock().clone();
        let breaker_open = shared.breaker.is_open();
        let slow = breaker_open || shared.hangs();
        let fault = state.fault().or(slow.then_some(&Fault::Slow));
        let counters = &shared.counters;
        let (readers, idle_readers) =
            shared.readers.read().as_ref().map_or((0, 0), Readers::counts);
        Status {
            state: state.name(),
            fault: fault.map(Fault::code),
            reason: fault.map(Fault::to_string),
            since_seconds: shared.clock.monotonic().saturating_sub(since).as_secs(),
            breaker_open,
            rows_waiting: shared.queue.rows_waiting(),
            written: counters.written.load(Relaxed),
            dropped: counters.dropped_queue_full.load(Relaxed)
                + counters.dropped_unavailable.load(Relaxed),
            write_failures: counters.write_failures.load(Relaxed),
            lookups: counters.lookups.load(Relaxed),
            lookup_failures: counters.lookup_failures.load(Relaxed),
            damaged: counters.damaged.load(Relaxed),
            opened: counters.opened.load(Relaxed),
            quarantined: counters.quarantined.load(Relaxed),
            file_bytes: counters.file_bytes.load(Relaxed),
            wal_bytes: counters.wal_bytes.load(Relaxed),
            disk_free_bytes: counters.disk_free_bytes.load(Relaxed),
            readers,
            idle_readers,
        }
    }

    /// Writes what waits, moves the log into the file and ends the thread.
    pub fn close(&self) {
        self.shared.queue.close();
        if let Some(thread) = self.writer.lock().take()
            && thread.join().is_err()
        {
            log::error!("the store's thread had panicked");
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Writer) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let task = Box::new(move |writer: &mut Writer| {
            let _ = answer.send(question(writer)); // who asked may have gone
        });
        let stopped = || StoreError::new(Fault::Other, "the store's thread has ended");
        if !self.shared.queue.call(task) {
            return Err(stopped());
        }
        answered.recv().map_err(|_| stopped())
    }
}

/// However the writer's thread ends, nobody waits for it afterwards.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.queue.abandon();
        self.0.set_state(State::Closed(Fault::Other));
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn found(&self, found: Found) -> Lookup {
        match found {
            Found::Answer { answer, expires_at_ms } => Lookup::Hit { answer, expires_at_ms },
            Found::Nothing | Found::Expired => Lookup::Miss,
            Found::Damaged => {
                self.counters.damaged.fetch_add(1, Relaxed);
                Lookup::Miss
            }
        }
    }

    fn lookup_failed(&self, error: &StoreError) {
        self.counters.lookup_failures.fetch_add(1, Relaxed);
        self.breaker.failed(self.clock.monotonic());
        if matches!(error.fault, Fault::Corrupt | Fault::Io | Fault::CannotOpen)
            && !self.doubted.swap(true, Relaxed)
        {
            log::warn!("a stored answer could not be read: {error}");
            self.queue.nudge();
        }
    }
}
