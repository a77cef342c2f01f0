//! One client's connection: a stream that is not waited for without end.
//!
//! actix-web limits how long the head of a connection's first request may take and how long there may be none, and
//! nothing else: a later head, a body, or a client that does not read its answer may take for ever, each with its
//! buffers. So the stream below it keeps the time, all of it:
//!
//! - a connection on which there is no request is kept for `IDLE_TICKS`, a new one for `HEAD_TICKS`, and closed
//!   without a word;
//! - a head is whole `HEAD_TICKS` after its first byte, and a request `REQUEST_TICKS` after it (`Patience` is told:
//!   how long we take for the answer is not the client's fault);
//! - while a client does not take its answer, `STALL_TICKS`, and a second more for every `LEAST_RATE` bytes
//!   that it does take: who reads slowly is served, who reads a byte at a time is not;
//! - a head has `MAX_HEAD_BYTES` (actix-web would buffer 128 kB of one for each connection).
//!
//! Time is a count of seconds that a task of the worker's own moves on (`Watch::tick`), so a request costs a
//! few loads and stores; a timer for each connection, as actix-web would have, costs two locks and an allocation for
//! each request (`docs/performance.md`).

mod head;

use super::census::Place;
use super::problem;
use crate::problem::Kind;
use head::{Head, MAX_HEAD_BYTES};
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync::LazyLock;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Seconds for which a connection is kept without a request; a shopper thinks for longer than the 5 that are
/// actix-web's.
const IDLE_TICKS: u32 = 15;
/// Seconds that a head may take, and a new connection until its first byte.
const HEAD_TICKS: u32 = 5;
/// Seconds that a request may take to arrive: a batch of 1 MB over a slow line, or the 10 s that a body is given
/// and the answer that says so.
const REQUEST_TICKS: u32 = 30;
/// Seconds for which a client may take nothing: with a large window one takes nothing for long, and then much.
const STALL_TICKS: u32 = 20;
/// Bytes a second beyond those.
const LEAST_RATE: usize = 16 * 1024;

/// What a connection is told that ends below the application.
static TOO_SLOW: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let detail =
        format!("a head must arrive within {HEAD_TICKS} s, a request within {REQUEST_TICKS} s");
    problem::last_word(Kind::TooSlow, detail)
});
static HEAD_TOO_LARGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    problem::last_word(Kind::HeadTooLarge, format!("a head may have {MAX_HEAD_BYTES} bytes"))
});

const NEVER: u32 = u32::MAX;
/// As actix-http writes it; the answer may be in the same piece.
const GO_ON: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A worker's clock, and the connections that it watches.
#[derive(Default)]
pub struct Watch {
    now: Cell<u32>,
    watched: RefCell<Vec<Weak<Watched>>>,
}

impl Watch {
    /// A second has passed: ends what has taken too long.
    pub fn tick(&self) {
        let now = self.now.get() + 1;
        self.now.set(now);
        self.watched.borrow_mut().retain(|watched| {
            let Some(watched) = watched.upgrade() else { return false };
            if watched.deadline() <= now {
                watched.overdue.set(true);
                if let Some(waker) = watched.waker.borrow().as_ref() {
                    waker.wake_by_ref();
                }
            }
            true
        });
    }

    fn after(&self, ticks: u32) -> u32 {
        // A tick may follow at once.
        self.now.get() + ticks + 1
    }
}

/// What ends a connection when it runs out; each of its requests can reach it.
#[derive(Clone)]
pub struct Patience(Rc<Watched>);

impl Patience {
    /// The request has arrived: its answer takes as long as it takes.
    pub fn request_is_whole(&self) {
        self.0.whole_by.set(NEVER);
        self.0.idle_by.set(NEVER);
    }

    /// A request is under way: what comes meanwhile is its body, or waits for it.
    pub fn begun(&self) {
        let watched = &self.0;
        watched.under_way.set(watched.under_way.get() + 1);
        watched.has_rest.set(false);
        watched.idle_by.set(NEVER);
        // One that was sent behind another has had no time of its own.
        if watched.whole_by.get() == NEVER {
            watched.whole_by.set(watched.watch.after(REQUEST_TICKS));
        }
    }

    /// Its answer is on its way to the stream.
    pub fn answered(&self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
    }
}

/// By when what has to happen, in ticks.
struct Watched {
    watch: Rc<Watch>,
    idle_by: Cell<u32>,
    whole_by: Cell<u32>,
    taken_by: Cell<u32>,
    /// Requests without an answer: a second one may begin before the first one's answer is sent.
    under_way: Cell<u32>,
    /// The last request was answered before it was whole: what comes may be the rest of it.
    has_rest: Cell<bool>,
    overdue: Cell<bool>,
    /// The connection's task: one, always the same.
    waker: RefCell<Option<Waker>>,
}

impl Watched {
    fn deadline(&self) -> u32 {
        self.idle_by.get().min(self.whole_by.get()).min(self.taken_by.get())
    }

    fn is_idle(&self) -> bool {
        self.whole_by.get() == NEVER && self.taken_by.get() == NEVER
    }

    fn remember(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }
}

/// A watched stream, with its place among all.
pub struct Connection<S> {
    stream: S,
    watched: Rc<Watched>,
    head: Head,
    /// Taken, and not yet worth a second.
    taken_bytes: Cell<usize>,
    place: Place,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub fn new(stream: S, place: Place, watch: &Rc<Watch>) -> Self {
        let watched = Rc::new(Watched {
            watch: Rc::clone(watch),
            idle_by: Cell::new(watch.after(HEAD_TICKS)),
            whole_by: Cell::new(NEVER),
            taken_by: Cell::new(NEVER),
            under_way: Cell::default(),
            has_rest: Cell::default(),
            overdue: Cell::new(false),
            waker: RefCell::default(),
        });
        watch.watched.borrow_mut().push(Rc::downgrade(&watched));
        Connection { stream, watched, head: Head::default(), taken_bytes: Cell::default(), place }
    }

    /// For the requests that come on it.
    pub fn patience(&self) -> Patience {
        Patience(Rc::clone(&self.watched))
    }

    /// Says why, if the client still takes a line, and ends it.
    fn end(&mut self, context: &mut Context<'_>, last_word: Option<&Vec<u8>>) -> io::Error {
        self.place.connections().overdue.fetch_add(1, Relaxed);
        if let Some(last_word) = last_word {
            drop(Pin::new(&mut self.stream).poll_write(context, last_word));
        }
        io::ErrorKind::TimedOut.into()
    }

    fn received(&mut self, bytes: &[u8]) -> bool {
        if self.watched.whole_by.get() == NEVER {
            if self.watched.under_way.get() > 0 || self.watched.has_rest.get() {
                return true;
            }
            self.watched.idle_by.set(NEVER);
            self.watched.whole_by.set(self.watched.watch.after(HEAD_TICKS));
            self.head = Head::default();
        }
        let was_complete = self.head.complete;
        let may_go_on = self.head.take(bytes);
        if self.head.complete && !was_complete {
            let rest = REQUEST_TICKS - HEAD_TICKS;
            self.watched.whole_by.set(self.watched.whole_by.get() + rest);
        }
        may_go_on
    }

    fn sent(&self, bytes: usize, all: bool) {
        let all_answered = self.watched.under_way.get() == 0;
        if all_answered && self.watched.whole_by.replace(NEVER) != NEVER {
            self.watched.has_rest.set(true);
        }
        self.watched.idle_by.set(match all_answered && all {
            true => self.watched.watch.after(IDLE_TICKS),
            false => NEVER,
        });
        if all {
            self.watched.taken_by.set(NEVER);
        } else if self.watched.taken_by.get() != NEVER {
            let taken = self.taken_bytes.get() + bytes;
            self.taken_bytes.set(taken % LEAST_RATE);
            let more = (taken / LEAST_RATE) as u32;
            let most = self.watched.watch.after(STALL_TICKS);
            self.watched.taken_by.set((self.watched.taken_by.get() + more).min(most));
        }
    }

    fn not_taken(&self, context: &Context<'_>) {
        self.watched.idle_by.set(NEVER);
        if self.watched.taken_by.get() == NEVER {
            self.watched.taken_by.set(self.watched.watch.after(STALL_TICKS));
        }
        self.watched.remember(context.waker());
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.watched.overdue.get() && !self.watched.is_idle() {
            let waits_for_request = self.watched.taken_by.get() == NEVER;
            return Poll::Ready(Err(self.end(context, waits_for_request.then_some(&*TOO_SLOW))));
        }
        let before = buffer.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(context, buffer) else {
            // Not a byte has come in its last moment either: it is closed.
            if self.watched.overdue.get() {
                return Poll::Ready(Ok(()));
            }
            self.watched.remember(context.waker());
            return Poll::Pending;
        };
        read?;
        self.watched.overdue.set(false);
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() && !self.received(bytes) {
            return Poll::Ready(Err(self.end(context, Some(&HEAD_TOO_LARGE))));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.watched.overdue.get() {
            return Poll::Ready(Err(self.end(context, None)));
        }
        let Poll::Ready(written) = Pin::new(&mut self.stream).poll_write(context, bytes) else {
            self.not_taken(context);
            return Poll::Pending;
        };
        let written = written?;
        // Alone it is no answer: the body of the same request follows.
        if bytes != GO_ON {
            self.sent(written, written == bytes.len());
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::census::Census;
    use crate::telemetry::Telemetry;
    use std::future::poll_fn;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    /// What happens to a connection, in order.
    enum Step {
        /// The client sends so many bytes of this.
        Sends(&'static [u8]),
        /// The service has the head of a request.
        Begins,
        /// The service has all of the request.
        Whole,
        /// The service has an answer, which is not sent yet.
        Has,
        /// The service writes an answer of so many bytes; so many of them must go through.
        Answers(usize, usize),
        /// The service writes just this, and all of it goes through.
        Says(&'static [u8]),
        /// The client takes so many.
        Takes(usize),
        /// Seconds pass, and the connection must live.
        Lives(u32),
        /// Seconds pass, and the connection must end.
        Ends(u32),
    }
    use Step::*;

    const BUFFER: usize = 64 * 1024;

    struct Trial {
        watch: Rc<Watch>,
        client: DuplexStream,
        connection: Connection<DuplexStream>,
    }

    impl Trial {
        fn new() -> Self {
            let (client, server) = duplex(BUFFER);
            let telemetry = Arc::new(Telemetry::new(&["/"], 1, 0));
            let place = Census::new(1, true, telemetry).admit(None).unwrap();
            let watch = Rc::new(Watch::default());
            let connection = Connection::new(server, place, &watch);
            Trial { watch, client, connection }
        }

        /// Reads what there is. `false`: the connection has ended.
        async fn reads(&mut self) -> bool {
            let mut room = vec![0; BUFFER];
            let connection = &mut self.connection;
            poll_fn(|context| {
                let mut buffer = ReadBuf::new(&mut room);
                let lives = match Pin::new(&mut *connection).poll_read(context, &mut buffer) {
                    Poll::Ready(read) => read.is_ok() && !buffer.filled().is_empty(),
                    Poll::Pending => true,
                };
                Poll::Ready(lives)
            })
            .await
        }

        async fn writes(&mut self, bytes: usize) -> usize {
            let (connection, answer) = (&mut self.connection, vec![b'x'; bytes]);
            let mut written = 0;
            poll_fn(|context| {
                while written < bytes {
                    match Pin::new(&mut *connection).poll_write(context, &answer[written..]) {
                        Poll::Ready(Ok(more)) => written += more,
                        _ => break,
                    }
                }
                Poll::Ready(written)
            })
            .await
        }

        async fn take(&mut self, step: &Step) -> bool {
            match *step {
                Sends(bytes) => {
                    self.client.write_all(bytes).await.unwrap();
                    self.reads().await
                }
                Begins => {
                    self.connection.patience().begun();
                    true
                }
                Has => {
                    self.connection.patience().answered();
                    true
                }
                Whole => {
                    self.connection.patience().request_is_whole();
                    true
                }
                Answers(bytes, through) => self.writes(bytes).await == through,
                Says(bytes) => self.connection.write_all(bytes).await.is_ok(),
                Takes(bytes) => self.client.read_exact(&mut vec![0; bytes]).await.is_ok(),
                Lives(seconds) => {
                    (0..seconds).for_each(|_| self.watch.tick());
                    self.reads().await
                }
                Ends(seconds) => {
                    (0..seconds).for_each(|_| self.watch.tick());
                    !self.reads().await
                }
            }
        }
    }

    fn check(name: &str, steps: &[Step]) {
        actix_web::rt::System::new().block_on(async {
            let mut trial = Trial::new();
            for (at, step) in steps.iter().enumerate() {
                assert!(trial.take(step).await, "{name}: step {at}");
            }
        });
    }

    #[test]
    fn what_takes_too_long_is_ended_and_nothing_else() {
        const GET: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
        const POST: &[u8] = b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n";
        check("nothing at all", &[Lives(5), Ends(1)]);
        check("between two requests", &[Sends(GET), Answers(9, 9), Lives(15), Ends(1)]);
        check(
            "late, and not too late",
            &[Sends(GET), Whole, Answers(9, 9), Lives(15), Sends(GET), Lives(30)],
        );
        check("half a head", &[Sends(b"GET"), Lives(5), Ends(1)]);
        check("a head in drips", &[Sends(b"G"), Lives(3), Sends(b"E"), Lives(2), Ends(1)]);
        check("a second head", &[Sends(GET), Whole, Answers(9, 9), Sends(b"G"), Lives(5), Ends(1)]);
        check(
            "a head, and then nothing",
            &[Sends(b"POST"), Lives(4), Sends(POST), Lives(26), Ends(1)],
        );
        check("a body in drips", &[Sends(POST), Lives(20), Sends(b"{"), Lives(10), Ends(1)]);
        check(
            "a request that is whole",
            &[Sends(GET), Whole, Lives(600), Answers(9, 9), Lives(15), Ends(1)],
        );
        check("the next one after it", &[Sends(GET), Whole, Answers(9, 9), Sends(b"G"), Ends(6)]);
        check(
            "one that came before the answer to the last",
            &[
                Sends(GET),
                Begins,
                Whole,
                Sends(GET),
                Lives(600),
                Has,
                Answers(9, 9),
                Begins,
                Whole,
                Lives(600),
                Has,
                Answers(9, 9),
                Lives(15),
                Ends(1),
            ],
        );
        check(
            "one that begins before the answer to the last is sent",
            &[
                Sends(GET),
                Begins,
                Whole,
                Sends(GET),
                Has,
                Begins,
                Whole,
                Answers(9, 9),
                Lives(600),
                Has,
                Answers(9, 9),
                Lives(15),
                Ends(1),
            ],
        );
        check(
            "the rest of one that was refused",
            &[
                Sends(POST),
                Begins,
                Has,
                Answers(9, 9),
                Sends(&[b'x'; 2 * MAX_HEAD_BYTES]),
                Lives(15),
                Ends(1),
            ],
        );
        check(
            "another after it",
            &[Sends(POST), Begins, Has, Answers(9, 9), Sends(GET), Begins, Whole, Lives(600)],
        );
        check(
            "a client that takes nothing",
            &[Sends(GET), Answers(BUFFER + 1, BUFFER), Lives(20), Ends(1)],
        );
        check(
            "a client that takes 16 kB a second",
            &[
                Sends(GET),
                Answers(2 * BUFFER, BUFFER),
                Lives(19),
                Takes(BUFFER),
                Answers(BUFFER + 1, BUFFER),
                // Four seconds more than the one that was left.
                Lives(5),
                Ends(1),
            ],
        );
        check(
            "a client that takes a byte at a time",
            &[
                Sends(GET),
                Answers(BUFFER + 1, BUFFER),
                Lives(19),
                Takes(1),
                Answers(2, 1),
                Lives(1),
                Ends(1),
            ],
        );
        check(
            "a client that takes all has time again",
            &[
                Sends(GET),
                Answers(BUFFER + 9, BUFFER),
                Lives(19),
                Takes(BUFFER),
                Answers(9, 9),
                Lives(15),
            ],
        );
    }

    #[test]
    fn a_head_that_is_too_long_is_told_so() {
        actix_web::rt::System::new().block_on(async {
            let mut trial = Trial::new();
            assert!(trial.take(&Sends(b"GET / HTTP/1.1\r\n")).await);
            assert!(!trial.take(&Sends(&[b'a'; MAX_HEAD_BYTES])).await);
            let mut told = vec![0; 12];
            trial.client.read_exact(&mut told).await.unwrap();
            assert_eq!(told, b"HTTP/1.1 431");
        });
    }

    #[test]
    fn who_is_too_slow_is_told() {
        actix_web::rt::System::new().block_on(async {
            let mut trial = Trial::new();
            assert!(trial.take(&Sends(b"GET")).await);
            assert!(trial.take(&Ends(6)).await);
            let mut told = vec![0; 12];
            trial.client.read_exact(&mut told).await.unwrap();
            assert_eq!(told, b"HTTP/1.1 408");
        });
    }

    #[test]
    fn who_asks_nothing_is_not_told_that_he_is_slow() {
        actix_web::rt::System::new().block_on(async {
            let mut trial = Trial::new();
            assert!(trial.take(&Ends(6)).await);
            drop(trial.connection);
            let mut told = Vec::new();
            trial.client.read_to_end(&mut told).await.unwrap();
            assert_eq!(told, b"");
        });
    }

    /// A request that comes while its connection is being given up is answered all the same.
    #[test]
    fn the_last_moment_counts() {
        actix_web::rt::System::new().block_on(async {
            let mut trial = Trial::new();
            (0..6).for_each(|_| trial.watch.tick());
            assert!(trial.take(&Sends(b"GET / HTTP/1.1\r\n\r\n")).await);
            assert!(trial.take(&Whole).await);
            assert!(trial.take(&Answers(9, 9)).await);
        });
    }

    #[test]
    fn going_on_is_no_answer_but_with_one() {
        check(
            "alone",
            &[
                Sends(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\n\r\n"),
                Says(b"HTTP/1.1 100 Continue\r\n\r\n"),
                // The body.
                Sends(&[b'x'; 2 * MAX_HEAD_BYTES]),
                Ends(31),
            ],
        );
        check(
            "with an answer in the same piece",
            &[
                Sends(b"GET / HTTP/1.1\r\nexpect: 100-continue\r\n\r\n"),
                Whole,
                Says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
                Lives(15),
                Ends(1),
            ],
        );
    }
}
