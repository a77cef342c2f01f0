//! The users: one task and one connection each, on a few threads that share nothing but the mix.
//!
//! In an open loop a thread's pacer hands each user the moments that fall to them, and a user who still waits
//! for an answer finds the next moments waiting: they are asked late, and counted from when they were due.
//! In a closed loop each user goes by themselves.

use super::alarm::Alarm;
use super::client::{Answer, Ask, Client, Target};
use super::measure::{Failure, Measure, Timing};
use super::mix::Mix;
use super::schedule::{Pace, Schedule};
use parking_lot::Mutex;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep_until, timeout};

/// A user who was turned away or found nobody does not come again at once, unless it is their moment.
const AFTER_A_FAILURE: Duration = Duration::from_millis(100);
/// A refusal is told by its beginning.
const MOST_TOLD_CHARS: usize = 300;

/// What a run is made of.
pub struct Load {
    pub target: Arc<Target>,
    pub mix: Mix,
    pub schedule: Schedule,
    pub pace: Pace,
    /// For one answer.
    pub patience: Duration,
    pub threads: u32,
}

/// What one thread has seen.
#[derive(Default)]
pub struct Seen {
    pub ramp_up: Measure,
    pub measured: Measure,
    /// Of both, since somebody last looked.
    pub recent: Measure,
    /// The first answer that was neither good nor one of the service's limits, in its own words.
    pub first_refusal: Option<String>,
}

/// Runs the users of one of a load's threads until the end, or until `stop` is set.
///
/// # Errors
/// When the system has no more files for timers.
pub fn run_thread(
    load: &Arc<Load>,
    began: Instant,
    thread: u32,
    seen: &Arc<Mutex<Seen>>,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let mut tasks = JoinSet::new();
        let mut desks = Vec::new();
        for number in (thread..load.schedule.users).step_by(load.threads as usize) {
            let user = User {
                client: Client::new(Arc::clone(&load.target)),
                load: Arc::clone(load),
                seen: Arc::clone(seen),
                began,
                joins: began + load.schedule.joins(number),
                end: began + load.schedule.end(),
            };
            match load.pace {
                Pace::Closed { think } => drop(tasks.spawn_local(user.by_themselves(think))),
                Pace::Open { .. } => {
                    let (desk, moments) = unbounded_channel();
                    desks.push(desk);
                    tasks.spawn_local(user.at_moments(moments));
                }
            }
        }
        let paced = async {
            if let Pace::Open { rate_per_second } = load.pace {
                pace(load, began, thread, rate_per_second, desks).await?;
            }
            while let Some(ended) = tasks.join_next().await {
                ended.map_err(io::Error::other)?;
            }
            Ok(())
        };
        let stopped = async {
            // Without a sender nobody can stop it any more, and nobody waits for it.
            drop(stop.wait_for(|stop| *stop).await);
            Ok(())
        };
        first(paced, stopped).await
    })
}

/// Hands each moment to its user's desk when it has come; then all desks are closed.
async fn pace(
    load: &Load,
    began: Instant,
    thread: u32,
    rate_per_second: f64,
    desks: Vec<UnboundedSender<Instant>>,
) -> io::Result<()> {
    let alarm = Alarm::new()?;
    for (due, user) in load.schedule.of_thread(rate_per_second, thread, load.threads) {
        let due = began + due;
        alarm.wait_until(due).await?;
        // A user who has gone has panicked, which is told where they are awaited.
        let _ = desks[(user / load.threads) as usize].send(due);
    }
    alarm.wait_until(began + load.schedule.end()).await
}

struct User {
    client: Client,
    load: Arc<Load>,
    seen: Arc<Mutex<Seen>>,
    began: Instant,
    joins: Instant,
    end: Instant,
}

impl User {
    async fn at_moments(mut self, mut moments: UnboundedReceiver<Instant>) {
        self.join().await;
        let mut free_since = Instant::now();
        while let Some(due) = self.client.idle(moments.recv()).await {
            let now = Instant::now();
            let was_free = free_since <= due;
            if now >= self.end && !was_free {
                self.leave_unsent(due);
                continue;
            }
            let own_lateness = was_free.then(|| now.saturating_duration_since(due));
            self.ask(due, own_lateness).await;
            free_since = Instant::now();
        }
    }

    async fn by_themselves(mut self, think: Duration) {
        self.join().await;
        while Instant::now() < self.end {
            let turned_away = match self.ask(Instant::now(), None).await {
                Some(failure) => !failure.is_response() || failure.is_turned_away(),
                None => false,
            };
            let pause = if turned_away { think.max(AFTER_A_FAILURE) } else { think };
            if !pause.is_zero() {
                let until = self.end.min(Instant::now() + pause);
                self.client.idle(sleep_until(until.into())).await;
            }
        }
    }

    /// The first connection is no part of the first answer. One that fails is told by that.
    async fn join(&mut self) {
        sleep_until(self.joins.into()).await;
        drop(timeout(self.load.patience, self.client.connect()).await);
    }

    async fn ask(&mut self, due: Instant, own_lateness: Option<Duration>) -> Option<Failure> {
        let ask = Ask::recommend(self.load.mix.next());
        let sent = Instant::now();
        let asked = timeout(self.load.patience, self.client.ask(&ask)).await;
        let outcome = asked.unwrap_or_else(|_| {
            self.client.abandon();
            Err(Failure::Timeout)
        });
        let over = Instant::now();
        let timing = Timing {
            from_due: over.saturating_duration_since(due),
            from_sent: over.saturating_duration_since(sent),
            own_lateness,
            in_time: over <= self.end,
        };
        self.note(due, outcome, timing)
    }

    fn note(
        &mut self,
        due: Instant,
        outcome: Result<Answer, Failure>,
        timing: Timing,
    ) -> Option<Failure> {
        let reconnects = self.client.take_reconnects();
        let mut seen = self.seen.lock();
        if let Ok(answer) = &outcome
            && ![200, 429, 503].contains(&answer.status)
            && seen.first_refusal.is_none()
        {
            seen.first_refusal = Some(told(answer));
        }
        let failure = match &outcome {
            Ok(answer) if answer.status == 200 => None,
            Ok(answer) => Some(Failure::Status(answer.status)),
            Err(failure) => Some(*failure),
        };
        for measure in seen.of(self.is_measured(due)) {
            measure.reconnects += reconnects;
            match (&outcome, failure) {
                (_, Some(failure)) => measure.failed(failure, timing),
                (Ok(answer), None) => measure.answered(answer.tier, answer.body_bytes, timing),
                (Err(_), None) => {}
            }
        }
        failure
    }

    fn leave_unsent(&self, due: Instant) {
        let waited = self.end.saturating_duration_since(due);
        for measure in self.seen.lock().of(self.is_measured(due)) {
            measure.left_unsent(waited);
        }
    }

    fn is_measured(&self, due: Instant) -> bool {
        self.load.schedule.is_measured(due.saturating_duration_since(self.began))
    }
}

impl Seen {
    /// Where something is noted.
    fn of(&mut self, is_measured: bool) -> [&mut Measure; 2] {
        let whole = if is_measured { &mut self.measured } else { &mut self.ramp_up };
        [whole, &mut self.recent]
    }
}

/// What a refusal says: a problem document's sentences, or the beginning of whatever it is.
pub fn told(answer: &Answer) -> String {
    let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let errors = document["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let sentences: Vec<&str> = errors.iter().filter_map(|e| e["message"].as_str()).collect();
    let text = match document["detail"].as_str() {
        _ if !sentences.is_empty() => sentences.join("; "),
        Some(detail) => detail.to_owned(),
        None => String::from_utf8_lossy(&answer.body).escape_debug().to_string(),
    };
    let text: String = text.chars().take(MOST_TOLD_CHARS).collect();
    format!("{}: {text}", answer.status)
}

/// Whichever is done first; the other is dropped.
pub async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|context| match one.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending => other.as_mut().poll(context),
    })
    .await
}
