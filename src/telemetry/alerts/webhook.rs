//! Posts transitions to an operator's address, from a thread of its own: whoever has a transition
//! hands it over and goes on.
//!
//! The thread does what `courier` says. It may be inside a request for as long as `TIMEOUT` when the
//! service stops; it is not waited for that long but left to end by itself, since it holds nothing but
//! its own message. What was not delivered by then is lost, and the log has it.

use super::circuit::Standing;
use super::courier::{Courier, Delivery, Next, Outcome, Random};
use super::{Became, Target, Transition};
use crate::clock::Clock;
use parking_lot::{Condvar, Mutex};
use serde::Serialize;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use ureq::Agent;
use utoipa::ToSchema;

/// Of a whole attempt: looking up, connecting, sending and the answer's head.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stop waits for the thread.
const STOP_WITHIN: Duration = Duration::from_millis(500);
/// Instead of 128 kB each: a message has at most some 2 kB, and of an answer only the head is read.
const BUFFER_BYTES: usize = 8 * 1024;
const MAX_ANSWER_HEAD_BYTES: usize = 16 * 1024;

/// How the webhook fares. Counts are since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookStatus {
    pub delivered: u64,
    /// Refused by the receiver, or given up after the last attempt.
    pub failed: u64,
    /// Pushed out of the full queue by newer ones.
    pub dropped: u64,
    /// Attempts beyond the first of a message.
    pub retries: u64,
    /// Messages that are neither delivered nor given up.
    pub waiting: usize,
    pub circuit: Standing,
}

/// The thread that posts. Ends when it is dropped, within a second.
pub struct Webhook {
    shared: Arc<Shared>,
    clock: Clock,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    desk: Mutex<Desk>,
    /// There is a message, or it is time to stop.
    wake: Condvar,
    /// The thread is done.
    ended: Condvar,
}

struct Desk {
    courier: Courier,
    stopping: bool,
    ended: bool,
}

impl Webhook {
    /// Starts the thread. It sleeps until there is something to send.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(target: Target, clock: Clock) -> std::io::Result<Self> {
        let courier = Courier::new(random());
        let shared = Arc::new(Shared {
            desk: Mutex::new(Desk { courier, stopping: false, ended: false }),
            wake: Condvar::new(),
            ended: Condvar::new(),
        });
        let sender =
            Sender { shared: Arc::clone(&shared), agent: agent(), target, clock: clock.clone() };
        let thread =
            std::thread::Builder::new().name("alert-webhook".into()).spawn(move || sender.run())?;
        Ok(Webhook { shared, clock, thread: Some(thread) })
    }

    /// Hands a transition over. Never waits for the network; when too many wait, the oldest is dropped.
    pub fn send(&self, transition: &Transition) {
        let body = match serde_json::to_vec(&Message::of(transition)) {
            Ok(body) => body,
            Err(error) => return log::error!("an alert could not be written as JSON: {error}"),
        };
        let kept_all = self.shared.desk.lock().courier.push(body.into());
        self.shared.wake.notify_one();
        if !kept_all {
            log::warn!("too many alerts wait for the webhook: the oldest is dropped");
        }
    }

    pub fn status(&self) -> WebhookStatus {
        let now = self.clock.monotonic();
        let desk = self.shared.desk.lock();
        let counts = desk.courier.counts();
        WebhookStatus {
            delivered: counts.delivered,
            failed: counts.failed,
            dropped: counts.dropped,
            retries: counts.retries,
            waiting: desk.courier.waiting(),
            circuit: desk.courier.circuit(now),
        }
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        let mut desk = self.shared.desk.lock();
        desk.stopping = true;
        self.shared.wake.notify_one();
        if !desk.ended {
            self.shared.ended.wait_for(&mut desk, STOP_WITHIN);
        }
        let (ended, waiting) = (desk.ended, desk.courier.waiting());
        drop(desk);
        if waiting > 0 {
            log::warn!("{waiting} alerts were not delivered to the webhook before the stop");
        }
        // A thread inside a request would be waited for until its timeout.
        if ended
            && let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the webhook's thread had panicked");
        }
    }
}

/// What is posted: a transition, who says it, and the same in a sentence, which is what chats show.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(flatten)]
    transition: &'a Transition,
    text: String,
    service: &'static str,
    version: &'static str,
}

impl<'a> Message<'a> {
    fn of(transition: &'a Transition) -> Self {
        let Transition { alert, severity, summary, action, lasted, .. } = transition;
        let text = match transition.state {
            Became::Firing => {
                format!("suitsize: {alert} fires ({}): {summary} {action}", severity.name())
            }
            Became::Resolved => format!("suitsize: {alert} resolved after {} s", lasted.as_secs()),
        };
        let (service, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        Message { transition, text, service, version }
    }
}

/// What the thread has.
struct Sender {
    shared: Arc<Shared>,
    agent: Agent,
    target: Target,
    clock: Clock,
}

impl Sender {
    fn run(self) {
        let _ended = Ended(Arc::clone(&self.shared));
        while let Some(body) = self.wait_for_message() {
            let delivery = self.deliver(&body);
            let now = self.clock.monotonic();
            let mut desk = self.shared.desk.lock();
            let outcome = desk.courier.finished(now, delivery);
            drop(desk);
            self.tell(&outcome);
        }
    }

    /// The next message when it is due; `None` to stop.
    fn wait_for_message(&self) -> Option<Arc<[u8]>> {
        let mut desk = self.shared.desk.lock();
        loop {
            if desk.stopping {
                return None;
            }
            match desk.courier.next(self.clock.monotonic()) {
                Next::Send(body) => return Some(body),
                Next::Wait(wait) => drop(self.shared.wake.wait_for(&mut desk, wait)),
                Next::Idle => self.shared.wake.wait(&mut desk),
            }
        }
    }

    /// The client panics when the system gives it no thread for a look-up. That is a failed attempt and
    /// no reason to be silent ever after.
    fn deliver(&self, body: &[u8]) -> Delivery {
        catch_unwind(AssertUnwindSafe(|| post(&self.agent, &self.target, body)))
            .unwrap_or_else(|_| Delivery::Failed("the client panicked".to_owned()))
    }

    fn tell(&self, outcome: &Outcome) {
        let target = &self.target;
        match outcome {
            Outcome::Delivered => log::debug!("an alert was posted to {target}"),
            Outcome::WillRetry => log::debug!("posting an alert to {target} failed, it is retried"),
            Outcome::GivenUp(why) => log::warn!("an alert could not be posted to {target}: {why}"),
        }
    }
}

/// Says that the thread is done, whichever way it ended.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.desk.lock().ended = true;
        self.0.ended.notify_all();
    }
}

/// No redirects, which could lead the message anywhere; no proxy, since the environment is read in one
/// place; no kept connection, since alerts are rare.
fn agent() -> Agent {
    Agent::config_builder()
        .timeout_connect(Some(TIMEOUT))
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .max_response_header_size(MAX_ANSWER_HEAD_BYTES)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

fn post(agent: &Agent, target: &Target, body: &[u8]) -> Delivery {
    let request = agent.post(target.uri().clone()).content_type("application/json");
    match request.send(body) {
        Ok(answer) => judged(answer.status().as_u16()),
        Err(error) => Delivery::Failed(reason(&error)),
    }
}

/// A redirect is refused as well: it is an address to be corrected.
fn judged(status: u16) -> Delivery {
    let answer = format!("it answered {status}");
    match status {
        200..300 => Delivery::Done,
        408 | 429 | 500.. => Delivery::Failed(answer),
        _ => Delivery::Refused(answer),
    }
}

/// Why a request failed, without its address: not every message of the client can be shown.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} s", TIMEOUT.as_secs()),
        ureq::Error::HostNotFound => "its host is not found".to_owned(),
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::Rustls(error) => error.to_string(),
        ureq::Error::Protocol(_) => "it does not speak HTTP".to_owned(),
        _ => "the request failed".to_owned(),
    }
}

/// Spreads retries, nothing more: the keys of the standard library's hash maps are random enough.
fn random() -> Random {
    let key = RandomState::new();
    let mut count = 0_u64;
    Box::new(move || {
        count += 1;
        // The upper 53 bits, which a float holds exactly.
        (key.hash_one(count) >> 11) as f64 / (1_u64 << 53) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    /// Answers one request with each of the heads, in turn; gives back the bodies it was sent.
    fn receiver(answers: &'static [&'static str]) -> (Target, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/s3cret", listener.local_addr().unwrap());
        let serve = move |answer: &&str| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").unwrap();
            String::from_utf8(body).unwrap()
        };
        let thread = std::thread::spawn(move || answers.iter().map(serve).collect());
        (Target::parse(&address).unwrap(), thread)
    }

    #[test]
    fn a_500_then_200_is_retried_and_delivered() {
        let (target, receiver) = receiver(&["500 Oops", "200 OK"]);
        let agent = agent();
        let mut courier = Courier::new(Box::new(|| 1.0));
        courier.push(b"{}".as_slice().into());
        let mut attempt = |seconds: u64| {
            let now = Duration::from_secs(seconds);
            let Next::Send(body) = courier.next(now) else { panic!("not due at {seconds} s") };
            courier.finished(now, post(&agent, &target, &body))
        };
        assert_eq!(attempt(0), Outcome::WillRetry);
        assert_eq!(attempt(1), Outcome::Delivered);
        assert_eq!(courier.counts().retries, 1);
        assert_eq!(receiver.join().unwrap(), ["{}", "{}"]);
    }

    #[test]
    fn a_redirect_is_not_followed() {
        for head in [
            &["307 Elsewhere\r\nlocation: /other"],
            &["302 Elsewhere\r\nlocation: /other"],
            &["301 Elsewhere"],
        ] {
            let (target, receiver) = receiver(head);
            let delivery = post(&agent(), &target, b"{}");
            assert!(matches!(delivery, Delivery::Refused(_)), "{delivery:?}");
            assert_eq!(receiver.join().unwrap().len(), 1);
        }
    }

    #[test]
    fn what_may_work_another_time_is_told_by_the_status() {
        let rows = [(200, 'd'), (204, 'd'), (301, 'r'), (400, 'r'), (404, 'r'), (410, 'r')];
        let failing = [(408, 'f'), (429, 'f'), (500, 'f'), (503, 'f'), (599, 'f')];
        for (status, expected) in rows.into_iter().chain(failing) {
            let got = match judged(status) {
                Delivery::Done => 'd',
                Delivery::Refused(_) => 'r',
                Delivery::Failed(_) => 'f',
            };
            assert_eq!(got, expected, "{status}");
        }
    }

    #[test]
    fn no_reason_shows_the_address() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for address in [
            format!("http://user:s3cret@{nobody}/s3cret?s3cret"),
            format!("https://{nobody}/s3cret"),
        ] {
            let target = Target::parse(&address).unwrap();
            let Delivery::Failed(why) = post(&agent(), &target, b"{}") else { panic!("delivered") };
            assert!(!why.is_empty() && !why.contains("s3cret"), "{why}");
        }
    }

    #[test]
    fn https_speaks_tls() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}/", listener.local_addr().unwrap());
        let plain = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 400 This is plain HTTP\r\n\r\n").unwrap();
            let mut hello = [0; 1];
            stream.read_exact(&mut hello).unwrap();
            hello[0]
        });
        let delivery = post(&agent(), &Target::parse(&address).unwrap(), b"{}");
        let Delivery::Failed(why) = delivery else { panic!("{delivery:?}") };
        assert!(why.contains("corrupt message"), "{why}");
        const HANDSHAKE: u8 = 22;
        assert_eq!(plain.join().unwrap(), HANDSHAKE);
    }

    #[test]
    fn random_numbers_are_spread_between_zero_and_one() {
        let mut random = random();
        let numbers: Vec<f64> = (0..1_000).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 1_000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
