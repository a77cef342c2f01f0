//! Which message is sent when: the queue, the retries and the circuit, without a thread, a clock or a
//! network.
//!
//! `next` says what to do at a time; who sends reports by `finished`. The two are apart so that nobody
//! waits for a lock while a request is under way.
//!
//! When the queue is full the oldest message makes room: what is true now matters more to who is
//! woken than what was true an hour ago, and the log and the status have the rest.

use super::circuit::{Circuit, Standing};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Beside the one that is being sent. All of the shipped rules could fire and resolve four times.
pub const QUEUE: usize = 64;
const MAX_ATTEMPTS: u32 = 5;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    Done,
    /// It may work another time.
    Failed(String),
    /// The receiver answered, and will not take it: sending it again would change nothing.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is nothing to send.
    Idle,
    /// Ask again after so long.
    Wait(Duration),
    /// Send this, and report how it ended.
    Send(Arc<[u8]>),
}

/// What a report changed, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    WillRetry,
    /// Not sent again, and why.
    GivenUp(String),
}

/// Messages since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub delivered: u64,
    /// Refused, or not delivered in any attempt.
    pub failed: u64,
    /// Pushed out of the full queue.
    pub dropped: u64,
    /// Attempts beyond the first of a message.
    pub retries: u64,
}

/// A random number, 0 to 1, without 1.
pub type Random = Box<dyn FnMut() -> f64 + Send>;

pub struct Courier {
    waiting: VecDeque<Arc<[u8]>>,
    /// Taken out of the queue, so that it is not pushed out while it is sent.
    current: Option<Letter>,
    circuit: Circuit,
    counts: Counts,
    random: Random,
}

struct Letter {
    body: Arc<[u8]>,
    attempts: u32,
    not_before: Duration,
}

impl Courier {
    pub fn new(random: Random) -> Self {
        Courier {
            waiting: VecDeque::with_capacity(QUEUE),
            current: None,
            circuit: Circuit::default(),
            counts: Counts::default(),
            random,
        }
    }

    /// Takes a message. False if the oldest was dropped for it.
    pub fn push(&mut self, body: Arc<[u8]>) -> bool {
        let full = self.waiting.len() >= QUEUE;
        if full {
            self.waiting.pop_front();
            self.counts.dropped += 1;
        }
        self.waiting.push_back(body);
        !full
    }

    /// What to do at `now` (monotonic). Who is told to send reports before asking again.
    pub fn next(&mut self, now: Duration) -> Next {
        if self.current.is_none() {
            let letter = |body| Letter { body, attempts: 0, not_before: Duration::ZERO };
            self.current = self.waiting.pop_front().map(letter);
        }
        let Some(letter) = &self.current else { return Next::Idle };
        let due = letter.not_before.max(self.circuit.opens_at());
        match due.checked_sub(now) {
            None | Some(Duration::ZERO) => Next::Send(Arc::clone(&letter.body)),
            Some(wait) => Next::Wait(wait),
        }
    }

    /// Takes in how the attempt ended, at `now` (monotonic).
    pub fn finished(&mut self, now: Duration, delivery: Delivery) -> Outcome {
        let Some(mut letter) = self.current.take() else { return Outcome::Delivered };
        letter.attempts += 1;
        self.counts.retries += u64::from(letter.attempts > 1);
        match delivery {
            Delivery::Done => {
                self.succeeded();
                self.counts.delivered += 1;
                Outcome::Delivered
            }
            Delivery::Refused(why) => {
                // A receiver that says no is there.
                self.succeeded();
                self.counts.failed += 1;
                Outcome::GivenUp(why)
            }
            Delivery::Failed(why) => self.failed(now, letter, why),
        }
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Messages that are neither delivered nor given up.
    pub fn waiting(&self) -> usize {
        self.waiting.len() + usize::from(self.current.is_some())
    }

    pub fn circuit(&self, now: Duration) -> Standing {
        self.circuit.standing(now)
    }

    fn succeeded(&mut self) {
        if self.circuit.succeeded() {
            log::info!("the alert webhook answers again");
        }
    }

    fn failed(&mut self, now: Duration, letter: Letter, why: String) -> Outcome {
        if self.circuit.failed(now) {
            log::warn!("the alert webhook is left alone for a while: {why}");
        }
        if letter.attempts >= MAX_ATTEMPTS {
            self.counts.failed += 1;
            return Outcome::GivenUp(format!("{why}, {MAX_ATTEMPTS} times"));
        }
        let not_before = now.saturating_add(self.backoff(letter.attempts));
        self.current = Some(Letter { not_before, ..letter });
        Outcome::WillRetry
    }

    /// Up to 1 s after the first failure, then up to twice as long each time. Fully random, so that
    /// many services that lost the same receiver do not come back at once.
    fn backoff(&mut self, failures: u32) -> Duration {
        let most = SHORTEST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
        most.mul_f64((self.random)().clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn courier(random: f64) -> Courier {
        Courier::new(Box::new(move || random))
    }

    fn failed() -> Delivery {
        Delivery::Failed("HTTP 500".to_owned())
    }

    fn body(i: usize) -> Arc<[u8]> {
        i.to_string().into_bytes().into()
    }

    /// One step of the thread. `None`: nothing was sent, and so long it waits (zero: nothing to send).
    fn step(
        courier: &mut Courier,
        now: Duration,
        send: &mut dyn FnMut(&[u8]) -> Delivery,
    ) -> Result<Outcome, Duration> {
        match courier.next(now) {
            Next::Idle => Err(Duration::ZERO),
            Next::Wait(wait) => Err(wait),
            Next::Send(body) => {
                let delivery = send(&body);
                Ok(courier.finished(now, delivery))
            }
        }
    }

    /// Runs until nothing is left to send; the seconds at which each message was tried.
    fn run(courier: &mut Courier, send: &mut dyn FnMut(&[u8]) -> Delivery) -> Vec<(String, u64)> {
        let mut now = Duration::ZERO;
        let mut tried = Vec::new();
        loop {
            let mut noting = |body: &[u8]| {
                tried.push((String::from_utf8(body.to_vec()).unwrap(), now.as_secs()));
                send(body)
            };
            match step(courier, now, &mut noting) {
                Ok(_) => {}
                Err(Duration::ZERO) => return tried,
                Err(wait) => now += wait,
            }
        }
    }

    #[test]
    fn messages_go_out_in_order() {
        let mut courier = courier(1.0);
        (0..3).for_each(|i| assert!(courier.push(body(i))));
        assert_eq!(courier.waiting(), 3);
        let tried = run(&mut courier, &mut |_| Delivery::Done);
        assert_eq!(
            tried.iter().map(|(body, _)| body.as_str()).collect::<Vec<_>>(),
            ["0", "1", "2"]
        );
        assert_eq!(courier.counts(), Counts { delivered: 3, ..Counts::default() });
        assert_eq!(courier.waiting(), 0);
    }

    #[test]
    fn retries_wait_twice_as_long_each_time_and_end() {
        for (random, seconds) in [(1.0, [0, 1, 3, 7, 15]), (0.0, [0; 5]), (0.5, [0, 0, 1, 3, 7])] {
            let mut courier = courier(random);
            courier.push(body(0));
            let tried = run(&mut courier, &mut |_| failed());
            let at: Vec<u64> = tried.into_iter().map(|(_, at)| at).collect();
            assert_eq!(at, seconds, "random {random}");
            assert_eq!(courier.counts(), Counts { failed: 1, retries: 4, ..Counts::default() });
            assert_eq!(courier.waiting(), 0);
        }
    }

    #[test]
    fn no_wait_is_longer_than_thirty_seconds() {
        let mut courier = courier(1.0);
        assert!((1..100).all(|failures| courier.backoff(failures) <= LONGEST));
        assert_eq!(courier.backoff(99), LONGEST);
    }

    #[test]
    fn what_is_refused_is_not_sent_again_and_does_not_open_the_circuit() {
        let mut courier = courier(1.0);
        (0..10).for_each(|i| assert!(courier.push(body(i))));
        let mut refuse = |_: &[u8]| Delivery::Refused("HTTP 404".to_owned());
        assert_eq!(run(&mut courier, &mut refuse).len(), 10);
        assert_eq!(courier.counts(), Counts { failed: 10, ..Counts::default() });
        assert_eq!(courier.circuit(Duration::ZERO), Standing::Closed);
    }

    #[test]
    fn after_five_failures_the_next_message_waits_and_probes() {
        let mut courier = courier(1.0);
        (0..2).for_each(|i| assert!(courier.push(body(i))));
        let mut attempts = 0;
        let tried = run(&mut courier, &mut |_| {
            attempts += 1;
            if attempts <= 6 { failed() } else { Delivery::Done }
        });
        let second: Vec<u64> =
            tried.iter().filter(|(body, _)| body == "1").map(|(_, at)| *at).collect();
        assert_eq!(second, [45, 75], "half a minute after the fifth failure, and after the probe");
        let expected = Counts { delivered: 1, failed: 1, retries: 5, dropped: 0 };
        assert_eq!(courier.counts(), expected);
        assert_eq!(courier.circuit(Duration::from_secs(75)), Standing::Closed);
    }

    #[test]
    fn a_full_queue_loses_the_oldest_but_not_the_one_under_way() {
        let mut courier = courier(1.0);
        courier.push(body(0));
        let sending = courier.next(Duration::ZERO);
        assert_eq!(sending, Next::Send(body(0)));
        (1..=QUEUE).for_each(|i| assert!(courier.push(body(i))));
        assert!(!courier.push(body(QUEUE + 1)));
        courier.finished(Duration::ZERO, Delivery::Done);
        let tried = run(&mut courier, &mut |_| Delivery::Done);
        assert_eq!(tried.len(), QUEUE);
        assert_eq!(tried[0].0, "2");
        let expected = Counts { delivered: QUEUE as u64 + 1, dropped: 1, ..Counts::default() };
        assert_eq!(courier.counts(), expected);
    }
}
