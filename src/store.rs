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
mod history;
mod identity;
mod jobs;
mod life;
mod lookup;
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
mod status;
mod writer;

pub use audit::AuditRow;
pub use backup::{copy as backup, record_past_the_service};
pub use fault::{Fault, StoreError};
pub use jobs::{Figures, How, Job, Kept as KeptFor, Report, would};
pub use lookup::{LIMIT as LOOKUP_LIMIT, Lookup, Ticket};
pub use pack::Packer;
pub use secret::Secret;
pub use status::Status;

use crate::clock::{Clock, millis};
use crate::telemetry::{Range, Span, Telemetry};
use answers::Row;
use breaker::Breaker;
use parking_lot::{Mutex, RwLock};
use presence::Presence;
use queue::Queue;
use readers::Readers;
use status::{Counters, UNKNOWN};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use writer::Writer;

/// The writer does nothing that takes longer on a disk that is well, but rewriting a large file.
const LONGEST_TASK: Duration = Duration::from_secs(5);

/// How long who asks the writer waits: shorter than an answer's life in memory, since upkeep asks too.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);
/// Rewriting a file of the largest size, on a slow disk.
const LONGEST_JOB: Duration = Duration::from_secs(600);
/// How long a stop waits for what is still to be written.
const LONGEST_CLOSE: Duration = Duration::from_secs(4);

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
pub type Kept = (Digest, Arc<[u8]>, i64);

pub struct StoreOptions {
    /// Holds `suitsize.db` and what belongs to it; made if it is not there.
    pub dir: PathBuf,
    /// How long a row is true.
    pub ttl: Duration,
    /// How long the figures of an hour are kept.
    pub history: Duration,
    /// The file never grows beyond; the log beside it adds up to 16 MB, and what one batch is over.
    pub max_bytes: u64,
    pub packer: Arc<Packer>,
}

impl StoreOptions {
    /// How long and how much is kept, as jobs want to know it.
    pub fn kept(&self) -> KeptFor {
        KeptFor {
            ttl_ms: millis(self.ttl),
            history_ms: millis(self.history),
            max_bytes: self.max_bytes,
        }
    }
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
    /// Real time, whatever the clock says: it is about a thread that runs or hangs.
    started: Instant,
    /// When the writer last came round, nanoseconds since `started`.
    alive_ns: AtomicU64,
    lookups_under_way: AtomicUsize,
}

impl Shared {
    fn alive(&self) {
        self.alive_ns.store(self.started.elapsed().as_nanos() as u64, Relaxed);
    }

    /// Whether look-ups are kept away, or the writer does not come round.
    fn is_slow(&self) -> bool {
        self.breaker.is_open() || self.hangs()
    }

    /// Whether the writer has been at one thing for long: a disk that does not answer.
    fn hangs(&self) -> bool {
        let alive = Duration::from_nanos(self.alive_ns.load(Relaxed));
        self.started.elapsed().saturating_sub(alive) > LONGEST_TASK
    }

    fn state(&self) -> State {
        self.state.lock().0.clone()
    }

    /// True if it was another.
    fn set_state(&self, new: State) -> bool {
        let is_open = new == State::Open;
        {
            let mut state = self.state.lock();
            if state.0 == new {
                return false;
            }
            self.faulty.store(new.fault().is_some(), Relaxed);
            *state = (new, self.clock.monotonic());
        }
        // Outside of the lock that health waits for: a log can be slow too.
        if is_open {
            log::info!("the store is open");
        }
        true
    }

    fn read_history(&self, range: Range, with: &mut dyn FnMut(&Span)) -> Result<(), StoreError> {
        let Range { from_ms, to_ms, step_ms } = range;
        let unavailable = |why| {
            let fault = self.state().fault().cloned().unwrap_or(Fault::Slow);
            StoreError::new(fault, why)
        };
        if self.hangs() {
            return Err(unavailable("the disk does not answer"));
        }
        let readers = self.readers.read().clone();
        let connection = readers
            .as_ref()
            .and_then(Readers::connection)
            .ok_or_else(|| unavailable("there is no connection to read with"))?;
        let damaged = history::read(&connection, step_ms, from_ms, to_ms, with)?;
        self.counters.damaged.fetch_add(damaged, Relaxed);
        Ok(())
    }

    fn place(&self) -> jobs::Place<'_> {
        jobs::Place { path: &self.path, now_ms: self.clock.unix_ms(), kept: self.options.kept() }
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
            counters: Counters { disk_free_bytes: UNKNOWN.into(), ..Counters::default() },
            started: Instant::now(),
            alive_ns: AtomicU64::new(0),
            lookups_under_way: AtomicUsize::new(0),
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

    /// The permission to look a key up; `None` when the store is not to be asked just now.
    pub fn ticket(&self) -> Option<Ticket> {
        Ticket::draw(&self.shared)
    }

    /// A look-up has not come back in time; it will say so itself when it does, if it does.
    pub fn was_slow(&self) {
        self.shared.breaker.failed(self.shared.clock.monotonic());
    }

    /// Whether the writer has been at one thing for longer than any should take.
    pub fn hangs(&self) -> bool {
        self.shared.hangs()
    }

    /// Has an answer written soon. False if it was dropped.
    pub fn put(&self, digest: Digest, scope: &Arc<str>, answer: &[u8]) -> bool {
        if self.shared.faulty.load(Relaxed) {
            self.shared.counters.dropped_unavailable.fetch_add(1, Relaxed);
            return false;
        }
        let expires_at_ms = self.shared.clock.unix_ms() + millis(self.shared.options.ttl);
        let packer = &self.shared.options.packer;
        let row = || Row::new(digest, Arc::clone(scope), answer, expires_at_ms, packer);
        let kept = !self.shared.queue.is_full() && self.shared.queue.push(row());
        if !kept {
            self.shared.counters.dropped_queue_full.fetch_add(1, Relaxed);
        }
        kept
    }

    /// # Errors
    /// The fault that keeps the file closed, or what the job met.
    pub fn job(&self, job: Job, how: How) -> Result<Report, StoreError> {
        self.job_within(LONGEST_JOB, job, how)
    }

    /// # Errors
    /// As `job`; `Slow` when it takes longer, and then it goes on.
    pub fn job_within(&self, limit: Duration, job: Job, how: How) -> Result<Report, StoreError> {
        self.ask_within(limit, move |writer| writer.job(job, how))?
    }

    /// Pages of the file, and how many of them are free.
    ///
    /// # Errors
    /// As `job`.
    pub fn pages(&self) -> Result<(i64, i64), StoreError> {
        self.ask(Writer::pages)?
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
        let mut deleted = 0;
        loop {
            // A task for each batch: rows and other tasks get their turn in between.
            let prefix = prefix.to_owned();
            let (count, more) = self.ask(move |writer| writer.clear_some(&prefix))??;
            deleted += count as u64;
            if !more {
                return Ok(deleted);
            }
        }
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

    /// Writes what waits in `history`, and tells it so when that is on the disk.
    ///
    /// # Errors
    /// As `job`. Then it waits on, or (`Slow`) is written later.
    pub fn keep_history(&self, history: &Arc<Telemetry>) -> Result<(), StoreError> {
        let telemetry = Arc::clone(history);
        self.ask(move |writer| writer.keep_history(&telemetry.history))?
    }

    /// Gives out the spans of a stretch one after the other, oldest first, by a connection that only
    /// reads. Blocks for a disk's time.
    ///
    /// # Errors
    /// The fault that keeps the file closed, or what reading met; something may have been given out then.
    pub fn history(&self, range: Range, with: &mut dyn FnMut(&Span)) -> Result<(), StoreError> {
        self.shared.read_history(range, with)
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
        self.shared.faulty.load(Relaxed) || self.shared.is_slow()
    }

    /// As of the last second; touches no file.
    pub fn status(&self) -> Status {
        Status::of(&self.shared)
    }

    /// Writes what waits, moves the log into the file and ends the thread.
    pub fn close(&self) {
        self.shared.queue.close();
        let Some(thread) = self.writer.lock().take() else { return };
        let began = Instant::now();
        while !thread.is_finished() {
            if began.elapsed() > LONGEST_CLOSE {
                return log::error!("the store's disk does not answer: it is left as it is");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if thread.join().is_err() {
            log::error!("the store's thread had panicked");
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Writer) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask_within(LONGEST_ANSWER, question)
    }

    fn ask_within<T: Send + 'static>(
        &self,
        limit: Duration,
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
        answered.recv_timeout(limit).map_err(|error| match error {
            mpsc::RecvTimeoutError::Disconnected => stopped(),
            mpsc::RecvTimeoutError::Timeout => {
                StoreError::new(Fault::Slow, "it is done later, or not at all")
            }
        })
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
