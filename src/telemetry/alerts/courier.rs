//! Which message is sent when: the queue, the retries and the circuit, without a thread, a clock or a
//! network.
//!
//! `next` says what to do at a time; who sends reports by `finished`. The two are apart so that nobody
//! waits for a lock while a request is under way.
//!
//! A message is given up by its age, not by the number of its attempts: a receiver that restarts for a
//! minute loses nothing. Meanwhile the others wait behind it, so that none arrives before one that is
//! older.
//!
//! When the queue is full the oldest message makes room: what is true now matters more to who is
//! woken than what was true an hour ago, and the log and the status have the rest.

use super::circuit::{Circuit, Standing};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Beside the one that is being sent. All of the shipped rules could fire and resolve four times.
pub const QUEUE: usize = 64;
/// A message is not tried any more so long after its first attempt: who is woken by it then looks for
/// trouble that is over.
const LIFE: Duration = Duration::from_secs(600);
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
    /// Refused, or not delivered in its life.
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
    /// When its first attempt had failed.
    failing_since: Option<Duration>,
    not_before: Duration,
}

impl Letter {
    fn new(body: Arc<[u8]>) -> Self {
        Letter { body, attempts: 0, failing_since: None, not_before: Duration::ZERO }
    }
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
            self.current = self.waiting.pop_front().map(Letter::new);
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
        let since = letter.failing_since.unwrap_or(now);
        if now.saturating_sub(since) >= LIFE {
            self.counts.failed += 1;
            return Outcome::GivenUp(format!("{why}, for {} minutes", LIFE.as_secs() / 60));
        }
        let not_before = now.saturating_add(self.backoff(letter.attempts));
        self.current = Some(Letter { failing_since: Some(since), not_before, ..letter });
        Outcome::WillRetry
    }

    /// Up to 1 s after the first failure, then up to twice as long each time, and at least half of it:
    /// a receiver gets its rest. The other half is random, so that many services that lost the same
    /// receiver do not come back at once.
    fn backoff(&mut self, failures: u32) -> Duration {
        let most = SHORTEST.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
        most.mul_f64(0.5 + (self.random)().clamp(0.0, 1.0) / 2.0)
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

    /// Runs until nothing is left to send; when each message was tried.
    fn run(
        courier: &mut Courier,
        send: &mut dyn FnMut(&[u8], Duration) -> Delivery,
    ) -> Vec<(String, Duration)> {
        let mut now = Duration::ZERO;
        let mut tried = Vec::new();
        loop {
            let mut noting = |body: &[u8]| {
                tried.push((String::from_utf8(body.to_vec()).unwrap(), now));
                send(body, now)
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
        let tried = run(&mut courier, &mut |_, _| Delivery::Done);
        assert_eq!(
            tried.iter().map(|(body, _)| body.as_str()).collect::<Vec<_>>(),
            ["0", "1", "2"]
        );
        assert_eq!(courier.counts(), Counts { delivered: 3, ..Counts::default() });
        assert_eq!(courier.waiting(), 0);
    }

    /// In milliseconds; the pauses of the circuit after the fifth attempt.
    #[test]
    fn retries_wait_twice_as_long_each_time() {
        for (random, expected) in [
            (1.0, [0, 1_000, 3_000, 7_000, 15_000, 45_000, 75_000]),
            (0.5, [0, 750, 2_250, 5_250, 11_250, 41_250, 71_250]),
            (0.0, [0, 500, 1_500, 3_500, 7_500, 37_500, 67_500]),
        ] {
            let mut courier = courier(random);
            courier.push(body(0));
            let tried = run(&mut courier, &mut |_, _| failed());
            let at: Vec<u128> = tried.iter().take(7).map(|(_, at)| at.as_millis()).collect();
            assert_eq!(at, expected, "random {random}");
        }
    }

    #[test]
    fn a_message_is_given_up_ten_minutes_after_its_first_attempt() {
        for random in [0.0, 0.5, 1.0] {
            let mut courier = courier(random);
            (0..2).for_each(|i| assert!(courier.push(body(i))));
            let tried = run(&mut courier, &mut |_, _| failed());
            for message in ["0", "1"] {
                let of_it = || tried.iter().filter(|(body, _)| body == message);
                let (first, last) = (of_it().next().unwrap().1, of_it().next_back().unwrap().1);
                let lived = last - first;
                assert!(lived >= LIFE && lived < LIFE + LONGEST, "{message} lived {lived:?}");
            }
            let retries = tried.len() as u64 - 2;
            assert_eq!(courier.counts(), Counts { failed: 2, retries, ..Counts::default() });
            assert_eq!(courier.waiting(), 0);
        }
    }

    #[test]
    fn waits_are_at_least_half_and_never_longer_than_thirty_seconds() {
        for (random, longest) in [(0.0, LONGEST / 2), (1.0, LONGEST)] {
            let mut courier = courier(random);
            let first = courier.backoff(1);
            assert!(
                (1..100).all(|failures| (first..=longest).contains(&courier.backoff(failures)))
            );
            assert_eq!((first * 30, courier.backoff(99)), (longest, longest));
        }
    }

    #[test]
    fn a_receiver_that_is_away_loses_nothing() {
        for (random, away_s) in [(0.0, 45), (0.5, 45), (1.0, 45), (1.0, 1), (0.5, 9), (0.0, 500)] {
            let back_at = Duration::from_secs(away_s);
            let mut courier = courier(random);
            (0..QUEUE).for_each(|i| assert!(courier.push(body(i))));
            let mut delivered = Vec::new();
            let tried = run(&mut courier, &mut |message, now| {
                if now < back_at {
                    return failed();
                }
                delivered.push(String::from_utf8(message.to_vec()).unwrap());
                Delivery::Done
            });
            let in_order: Vec<String> = (0..QUEUE).map(|i| i.to_string()).collect();
            assert_eq!(delivered, in_order, "away for {away_s} s");
            let retries = (tried.len() - QUEUE) as u64;
            let expected = Counts { delivered: QUEUE as u64, retries, ..Counts::default() };
            assert_eq!(courier.counts(), expected, "away for {away_s} s");
            let noticed = tried.last().unwrap().1 - back_at;
            assert!(noticed <= Duration::from_secs(60), "noticed after {noticed:?}");
        }
    }

    #[test]
    fn what_is_refused_is_not_sent_again_and_does_not_open_the_circuit() {
        let mut courier = courier(1.0);
        (0..10).for_each(|i| assert!(courier.push(body(i))));
        let mut refuse = |_: &[u8], _| Delivery::Refused("HTTP 404".to_owned());
        assert_eq!(run(&mut courier, &mut refuse).len(), 10);
        assert_eq!(courier.counts(), Counts { failed: 10, ..Counts::default() });
        assert_eq!(courier.circuit(Duration::ZERO), Standing::Closed);
    }

    #[test]
    fn after_five_failures_the_same_message_waits_and_probes() {
        let mut courier = courier(1.0);
        (0..2).for_each(|i| assert!(courier.push(body(i))));
        let mut attempts = 0;
        let tried = run(&mut courier, &mut |_, _| {
            attempts += 1;
            if attempts <= 6 { failed() } else { Delivery::Done }
        });
        let late: Vec<(&str, u64)> =
            tried[5..].iter().map(|(body, at)| (body.as_str(), at.as_secs())).collect();
        assert_eq!(late, [("0", 45), ("0", 75), ("1", 75)], "half a minute after each failure");
        assert_eq!(courier.counts(), Counts { delivered: 2, retries: 6, ..Counts::default() });
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
        let tried = run(&mut courier, &mut |_, _| Delivery::Done);
        assert_eq!(tried.len(), QUEUE);
        assert_eq!(tried[0].0, "2");
        let expected = Counts { delivered: QUEUE as u64 + 1, dropped: 1, ..Counts::default() };
        assert_eq!(courier.counts(), expected);
    }
}
