//! What happens without a request: the tiers fill and refresh themselves, the file is kept small.
//!
//! One thread. `Upkeep::tick` does what is due at a time that is handed in, so an hour of upkeep is a
//! loop in a test; the thread only calls it once a second. None of it is needed for an answer to be
//! right: if it stopped, entries would expire and questions be computed.

use crate::service::{FILL_CHUNK, Progress, Service};
use crate::store::{Fault, How, Job, StoreError};
use crate::supervisor;
use crate::telemetry::alerts::EVALUATE_EVERY;
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long it waits for a job; what takes longer goes on without being waited for, since memory has to
/// be refreshed meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks whether something is due.
const TICK: Duration = Duration::from_secs(1);
/// Filling rests three times as long as it computed: a quarter of a core.
const FILL_REST: u32 = 3;
/// Batches and steps of a job at a time, so that rows wait for half a second at most.
const JOB_STEPS: usize = 20;
/// Answers computed again at each refreshing, to see that they are the same.
const CHECKED: usize = 4;
/// Free pages are given back when they are this part of the file and there are this many: a file that
/// is in use fills them again.
const VACUUM_PART: i64 = 4;
const VACUUM_PAGES: i64 = 256;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// Or a third of an answer's life in memory, if that is shorter.
const REFRESH_EVERY: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Duty {
    Refresh,
    ShowLife,
    RotatePresence,
    Evaluate,
    Minutes,
    Expire,
    Vacuum,
    Checkpoint,
    History,
    Optimize,
    Quarantine,
    Compact,
    Verify,
}

impl Duty {
    /// As operators read it; a job's is its own.
    fn name(self) -> &'static str {
        match self {
            Duty::Refresh => "refresh",
            Duty::ShowLife => "show_life",
            Duty::RotatePresence => "rotate_presence",
            Duty::Evaluate => "evaluate",
            Duty::Minutes => "minutes",
            Duty::Expire => Job::Expire.name(),
            Duty::Vacuum => Job::Vacuum.name(),
            Duty::Checkpoint => Job::Checkpoint.name(),
            Duty::History => Job::History.name(),
            Duty::Optimize => Job::Optimize.name(),
            Duty::Quarantine => Job::Quarantine.name(),
            Duty::Compact => Job::Compact.name(),
            Duty::Verify => Job::Verify.name(),
        }
    }
}

impl Duty {
    fn needs_the_disk(self) -> bool {
        !matches!(
            self,
            Duty::Refresh | Duty::ShowLife | Duty::RotatePresence | Duty::Evaluate | Duty::Minutes
        )
    }
}

/// What a duty did, or why it did not, in a sentence. `None`: there was no occasion.
type Outcome = Option<Result<String, String>>;

/// A duty and when it is due next, by the monotonic clock.
#[derive(Clone, Copy, Debug)]
struct Entry {
    duty: Duty,
    every: Duration,
    next: Duration,
}

pub struct Upkeep {
    service: Service,
    schedule: Vec<Entry>,
    refresh_every: Duration,
    filling: Progress,
    filled_from_store: bool,
    checked: usize,
    /// Rows written when the log was last moved: the same again means that nobody writes.
    written_at_checkpoint: u64,
}

impl Upkeep {
    pub fn new(service: Service) -> Self {
        let now = service.clock().monotonic();
        let ttl = service.store().ttl().max(MINUTE);
        let refresh_every = (service.edition().cache().memory_ttl() / 3).clamp(TICK, REFRESH_EVERY);
        let entries = [
            // First what needs no disk.
            (Duty::Refresh, refresh_every),
            (Duty::RotatePresence, ttl),
            (Duty::Evaluate, EVALUATE_EVERY),
            (Duty::Minutes, TICK),
            (Duty::Expire, 10 * SECOND),
            (Duty::Vacuum, 10 * SECOND),
            (Duty::Checkpoint, MINUTE),
            (Duty::History, HOUR),
            (Duty::Optimize, HOUR),
            (Duty::Quarantine, HOUR),
            (Duty::Compact, HOUR),
            (Duty::Verify, 24 * HOUR),
        ];
        let show_life = supervisor::sign_every().map(|every| (Duty::ShowLife, every));
        let schedule = show_life
            .into_iter()
            .chain(entries)
            .map(|(duty, every)| Entry { duty, every, next: now + every.min(MINUTE) })
            .collect();
        let fills = service.warms() && service.edition().cache().keeps_ahead();
        let filling = Progress { complete: !fills, ..Progress::default() };
        let filled_from_store = !service.warms();
        Upkeep {
            service,
            schedule,
            refresh_every,
            filling,
            filled_from_store,
            checked: 0,
            written_at_checkpoint: 0,
        }
    }

    /// Does what is due.
    pub fn tick(&mut self) {
        let now = self.service.clock().monotonic();
        for place in 0..self.schedule.len() {
            let Entry { duty, every, next } = self.schedule[place];
            if now < next {
                continue;
            }
            // What could not be begun is not put off for a day.
            let rest = if self.run(duty) { every } else { every.min(MINUTE) };
            self.schedule[place].next = now + rest;
        }
        if !self.filled_from_store {
            self.fill_from_store();
        }
    }

    /// Computes some more of the likely answers. False when there are no more.
    pub fn fill(&mut self) -> bool {
        if self.filling.complete {
            return false;
        }
        self.filling = self.service.fill_ahead(self.filling, FILL_CHUNK);
        if self.filling.complete && self.filling.computed > 0 {
            log::info!("{} likely answers are computed ahead", self.filling.computed);
        }
        !self.filling.complete
    }

    /// Once, when the store is first open.
    fn fill_from_store(&mut self) {
        if let Ok(count) = self.service.edition().cache().warm_from_store() {
            self.filled_from_store = true;
            if count > 0 {
                log::info!("{count} answers of the last run are still true");
            }
        }
    }

    /// False if it is to be tried again soon.
    fn run(&mut self, duty: Duty) -> bool {
        // Each would be waited for in vain, and memory has to be refreshed meanwhile.
        if duty.needs_the_disk() && self.service.store().hangs() {
            return false;
        }
        let at_ms = self.service.clock().unix_ms();
        let began = Instant::now();
        let outcome = self.perform(duty);
        let Some(outcome) = outcome else { return true };
        let duration_ms = began.elapsed().as_micros() as f64 / 1e3;
        match &outcome {
            Ok(did) => log::debug!("{}: {did} ({duration_ms:.1} ms)", duty.name()),
            // Why the store is closed, it has said itself.
            Err(why) => log::debug!("{}: not done: {why}", duty.name()),
        }
        let done = outcome.is_ok();
        self.service.telemetry().duties.record(duty.name(), at_ms, duration_ms, outcome);
        done
    }

    fn perform(&mut self, duty: Duty) -> Outcome {
        match duty {
            Duty::Refresh => Some(self.refresh()),
            Duty::ShowLife => Some(self.show_life()),
            Duty::RotatePresence => {
                self.service.store().rotate_presence();
                Some(Ok("forgot what cannot be in the file any more".to_owned()))
            }
            Duty::Evaluate => Some(self.evaluate()),
            Duty::Minutes => self.minutes(),
            Duty::Expire => self.job(Job::Expire, Some(JOB_STEPS)),
            Duty::Vacuum => self.vacuum(),
            Duty::Checkpoint => self.checkpoint(),
            Duty::History => self.job(Job::History, None),
            Duty::Optimize => self.job(Job::Optimize, None),
            Duty::Quarantine => self.job(Job::Quarantine, None),
            Duty::Compact => self.job(Job::Compact, None),
            Duty::Verify => self.job(Job::Verify, None),
        }
    }

    fn refresh(&mut self) -> Result<String, String> {
        let refreshed = self.service.edition().cache().refresh(self.refresh_every + 2 * TICK);
        let did = format!("gave {refreshed} answers more time");
        if self.service.warms() && self.service.is_outdated(self.filling) {
            // Emptied, by an operator, a reload or the check below.
            self.filling = Progress::default();
        }
        if !self.service.edition().cache().has_ahead() {
            return Ok(did);
        }
        let same = (0..CHECKED).all(|_| {
            self.checked += 1;
            // A stride that meets every answer, the frequent and the rare in turn.
            self.service.check_one(self.checked.wrapping_mul(7_919))
        });
        if same {
            self.service.edition().cache().refresh_ahead();
            return Ok(did);
        }
        let why = "an answer that was kept differs from the same computed again: all are dropped";
        log::error!("{why}");
        let edition = self.service.edition();
        if let Err(error) = self.service.store().clear(edition.cache().scope()) {
            log::error!("those in the store could not be dropped: {error}");
        }
        Err(why.to_owned())
    }

    /// Tells the supervisor that a recommendation was just computed: a service that only accepts
    /// connections is not alive.
    fn show_life(&self) -> Result<String, String> {
        self.service.prove_it_recommends()?;
        supervisor::alive();
        Ok("computed a recommendation, and told the supervisor".to_owned())
    }

    fn evaluate(&self) -> Result<String, String> {
        self.service.evaluate_alerts();
        Ok("looked at every rule".to_owned())
    }

    /// Closes a minute that is over, and has the store keep what it has not.
    fn minutes(&self) -> Outcome {
        match self.service.keep_history(false) {
            Ok(0) => None,
            Ok(count) => Some(Ok(format!("stored {count} minutes and hours"))),
            Err(error) => Some(Err(error.to_string())),
        }
    }

    fn vacuum(&self) -> Outcome {
        match self.service.store().pages() {
            Ok((pages, free)) if free >= VACUUM_PAGES && free * VACUUM_PART >= pages => {
                self.job(Job::Vacuum, Some(JOB_STEPS))
            }
            Ok((_, free)) => Some(Ok(format!("left {free} free pages for new rows"))),
            Err(error) => Some(Err(error.to_string())),
        }
    }

    /// Moves the log each minute; cuts it short when nothing was written since the last time.
    fn checkpoint(&mut self) -> Outcome {
        let status = self.service.store().status();
        let idle = status.written == self.written_at_checkpoint && status.wal_bytes > 0;
        self.written_at_checkpoint = status.written;
        Some(self.run_job(Job::Checkpoint, How { insist: idle, ..How::THOROUGH }))
    }

    fn job(&self, job: Job, steps: Option<usize>) -> Outcome {
        Some(self.run_job(job, How { steps, ..How::THOROUGH }))
    }

    fn run_job(&self, job: Job, how: How) -> Result<String, String> {
        match self.service.store().job_within(PATIENCE, job, how) {
            Ok(report) => {
                if job == Job::Compact && report.count > 0 {
                    log::info!("{}: {}", job.name(), report.did);
                }
                Ok(report.did)
            }
            // It was begun, and goes on without being waited for.
            Err(StoreError { fault: Fault::Slow, .. }) => {
                Ok(format!("still at it after {} s", PATIENCE.as_secs()))
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

/// The thread that ticks. Stops when it is dropped, after what it is doing.
pub struct Thread {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    /// # Errors
    /// When the system gives no thread.
    pub fn start(upkeep: Upkeep) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("upkeep".into())
            .spawn(move || run(upkeep, &stopped))?;
        Ok(Thread { stop, thread: Some(thread) })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        *self.stop.0.lock() = true;
        self.stop.1.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the upkeep thread had panicked");
        }
    }
}

fn run(mut upkeep: Upkeep, (stopped, wake): &(Mutex<bool>, Condvar)) {
    let mut ticked = None::<Instant>;
    loop {
        if ticked.is_none_or(|at| at.elapsed() >= TICK) {
            ticked = Some(Instant::now());
            upkeep.tick();
        }
        let began = Instant::now();
        let rest = if upkeep.fill() { began.elapsed() * FILL_REST } else { TICK };
        let mut stopped = stopped.lock();
        if !*stopped {
            wake.wait_for(&mut stopped, rest.min(TICK));
        }
        if *stopped {
            return;
        }
    }
}
