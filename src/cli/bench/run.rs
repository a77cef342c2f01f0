//! One load from its first user to its last answer, watched from outside its threads.

use super::measure::Measure;
use super::users::{Load, Seen, first, run_thread};
use parking_lot::Mutex;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::time::interval;

const TICK: Duration = Duration::from_secs(1);
/// Of nothing but failed connections: the service has gone.
const SILENT_TICKS: u32 = 5;

/// Why a run was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Whole,
    /// By Ctrl-C.
    Interrupted,
    /// Nothing answered any more.
    Silent,
}

pub struct Finished {
    pub ramp_up: Measure,
    pub measured: Measure,
    /// How long was measured.
    pub lasted: Duration,
    pub ending: Ending,
    pub first_refusal: Option<String>,
}

impl Finished {
    /// Answers a second that came before the end.
    pub fn throughput_per_second(&self) -> Option<f64> {
        let seconds = self.lasted.as_secs_f64();
        (seconds > 0.0).then(|| self.measured.answered_in_time as f64 / seconds)
    }
}

/// How it goes.
pub struct Tick<'a> {
    pub elapsed: Duration,
    /// Since the last one.
    pub recent: &'a Measure,
    pub recent_time: Duration,
    pub failures_so_far: u64,
}

enum Event {
    Tick,
    Interrupt,
    Over,
}

/// Conducts a load, and tells `tell` every second how it goes.
///
/// # Errors
/// When the system has no threads, files or signals left.
pub async fn conduct(load: Arc<Load>, mut tell: impl FnMut(&Tick<'_>)) -> io::Result<Finished> {
    let began = Instant::now();
    let (stop, _) = watch::channel(false);
    let (over, mut is_over) = mpsc::channel::<()>(1);
    let seen: Vec<_> = (0..load.threads).map(|_| Arc::<Mutex<Seen>>::default()).collect();
    let threads = (0..load.threads).zip(&seen).map(|(thread, seen)| {
        let (load, seen, stop, over) =
            (Arc::clone(&load), Arc::clone(seen), stop.subscribe(), over.clone());
        std::thread::Builder::new().name(format!("users-{thread}")).spawn(move || {
            let _until_here = over;
            run_thread(&load, began, thread, &seen, stop)
        })
    });
    let threads: Vec<JoinHandle<_>> = threads.collect::<io::Result<_>>()?;
    drop(over);

    let mut interrupt = pin!(tokio::signal::ctrl_c());
    let mut ticks = interval(TICK);
    ticks.tick().await;
    let mut watched = Watched::new(&load, began);
    let ending = loop {
        let tick = async {
            ticks.tick().await;
            Ok(Event::Tick)
        };
        let interrupted = async { (&mut interrupt).await.map(|()| Event::Interrupt) };
        let finished = async {
            is_over.recv().await;
            Ok(Event::Over)
        };
        match first(finished, first(interrupted, tick)).await? {
            Event::Over => break Ending::Whole,
            Event::Interrupt => break Ending::Interrupted,
            Event::Tick => watched.look(&seen, &mut tell),
        }
        if watched.silent_ticks >= SILENT_TICKS {
            break Ending::Silent;
        }
    };
    let ended = began.elapsed();
    // Nobody listens where all have ended by themselves.
    let _ = stop.send(true);
    for thread in threads {
        thread.join().map_err(|_| io::Error::other("a thread of users has panicked"))??;
    }
    Ok(added_up(&load, &seen, ended, ending))
}

/// What was told last.
struct Watched {
    began: Instant,
    last: Instant,
    failures_so_far: u64,
    silent_ticks: u32,
    end: Duration,
}

impl Watched {
    fn new(load: &Load, began: Instant) -> Self {
        let end = load.schedule.end();
        Watched { began, last: began, failures_so_far: 0, silent_ticks: 0, end }
    }

    fn look(&mut self, seen: &[Arc<Mutex<Seen>>], tell: &mut impl FnMut(&Tick<'_>)) {
        let mut recent = Measure::default();
        for seen in seen {
            let of_thread = std::mem::take(&mut seen.lock().recent);
            recent.add(&of_thread);
        }
        let now = Instant::now();
        self.failures_so_far += recent.failed_requests();
        let responded = recent.answers() > 0 || recent.failures.keys().any(|f| f.is_response());
        let silent = !responded && recent.failed_requests() > 0;
        self.silent_ticks = if silent { self.silent_ticks + 1 } else { 0 };
        let elapsed = now - self.began;
        // After the end only the last answers are awaited.
        if elapsed < self.end + TICK {
            tell(&Tick {
                elapsed,
                recent: &recent,
                recent_time: now - self.last,
                failures_so_far: self.failures_so_far,
            });
        }
        self.last = now;
    }
}

fn added_up(load: &Load, seen: &[Arc<Mutex<Seen>>], ended: Duration, ending: Ending) -> Finished {
    let (mut ramp_up, mut measured, mut first_refusal) =
        (Measure::default(), Measure::default(), None);
    for seen in seen {
        let seen = seen.lock();
        ramp_up.add(&seen.ramp_up);
        measured.add(&seen.measured);
        first_refusal = first_refusal.or_else(|| seen.first_refusal.clone());
    }
    let lasted = ended.min(load.schedule.end()).saturating_sub(load.schedule.ramp_up);
    Finished { ramp_up, measured, lasted, ending, first_refusal }
}
