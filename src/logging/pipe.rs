//! Lines on their way to the standard error, for a service: a thread of its own writes them, so that
//! nobody who answers a request waits for whoever reads the log. A full pipe that nobody reads would
//! otherwise stop every worker at its next line.
//!
//! What waits is bounded. When it is full, new lines are dropped and counted until half of it is
//! written: then there is one line that says how many, and not one between every two.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

const MOST_LINES: usize = 4_096;
/// Lines have some 200 bytes; at the most talkative level of a library they have many more.
const MOST_BYTES: usize = 1 << 20;
/// How long the end of the process waits for the lines that wait.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Takes lines, one with each `write`. Never waits and never fails.
pub struct Pipe(Arc<Shared>);

/// Writes what waits when it is dropped, for a second at most.
#[must_use = "what waits is only written while this is held"]
pub struct Guard(Arc<Shared>);

#[derive(Default)]
struct Shared {
    desk: Mutex<Desk>,
    /// There is a line, or it is time to end.
    wake: Condvar,
    /// Everything is written.
    ended: Condvar,
}

#[derive(Default)]
struct Desk {
    lines: VecDeque<Box<[u8]>>,
    /// Of all of `lines`.
    bytes: usize,
    /// Since it was told the last time.
    dropped: u64,
    ending: bool,
    ended: bool,
}

enum Step {
    Write(Box<[u8]>),
    /// So many lines were dropped.
    Tell(u64),
    Wait,
    End,
}

/// Starts the thread, which writes to `out`. `tell` logs that so many lines were dropped; it is called
/// by the thread, without a lock.
///
/// # Errors
/// When the system gives no thread.
pub fn start(out: impl Write + Send + 'static, tell: fn(u64)) -> io::Result<(Pipe, Guard)> {
    let shared = Arc::new(Shared::default());
    let of_thread = Arc::clone(&shared);
    std::thread::Builder::new().name("log".into()).spawn(move || of_thread.run(out, tell))?;
    Ok((Pipe(Arc::clone(&shared)), Guard(shared)))
}

impl Write for Pipe {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.desk.lock().push(line);
        self.0.wake.notify_one();
        Ok(line.len())
    }

    /// There is nothing to wait for.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut desk = self.0.desk.lock();
        desk.ending = true;
        self.0.wake.notify_one();
        self.0.ended.wait_while_for(&mut desk, |desk| !desk.ended, END_WITHIN);
    }
}

impl Shared {
    fn run(&self, mut out: impl Write, tell: fn(u64)) {
        loop {
            match self.next() {
                // A log that cannot be written has nowhere to say so.
                Step::Write(line) => drop(out.write_all(&line)),
                Step::Tell(dropped) => tell(dropped),
                Step::Wait | Step::End => break,
            }
        }
        self.desk.lock().ended = true;
        self.ended.notify_all();
    }

    /// Never `Wait`.
    fn next(&self) -> Step {
        let mut desk = self.desk.lock();
        loop {
            match desk.next() {
                Step::Wait => self.wake.wait(&mut desk),
                step => return step,
            }
        }
    }
}

impl Desk {
    fn push(&mut self, line: &[u8]) {
        let full = self.lines.len() >= MOST_LINES || self.bytes + line.len() > MOST_BYTES;
        // Once it was full, until that is told: what is missing is missing in one piece.
        if full || self.dropped > 0 {
            self.dropped += 1;
            return;
        }
        self.bytes += line.len();
        self.lines.push_back(line.into());
    }

    fn next(&mut self) -> Step {
        let half_empty = self.lines.len() <= MOST_LINES / 2 && self.bytes <= MOST_BYTES / 2;
        if self.dropped > 0 && half_empty {
            return Step::Tell(std::mem::take(&mut self.dropped));
        }
        match self.lines.pop_front() {
            Some(line) => {
                self.bytes -= line.len();
                Step::Write(line)
            }
            None if self.ending => Step::End,
            None => Step::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Instant;

    /// Writes a line for each word it is given.
    struct Slow(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(line.to_vec()).map_err(io::Error::other)?;
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_full_drops_until_half_is_written_and_tells_once() {
        for (length, fit) in [(100, MOST_LINES), (MOST_BYTES / 8, 8)] {
            let mut desk = Desk::default();
            let line = vec![b'x'; length];
            (0..fit + 10).for_each(|_| desk.push(&line));
            assert_eq!((desk.lines.len(), desk.dropped), (fit, 10));
            for written in 0..fit / 2 {
                assert!(matches!(desk.next(), Step::Write(_)), "{written}");
                desk.push(&line);
            }
            let dropped = 10 + fit as u64 / 2;
            assert!(matches!(desk.next(), Step::Tell(told) if told == dropped));
            desk.push(&line);
            assert_eq!((desk.lines.len(), desk.bytes), (fit / 2 + 1, (fit / 2 + 1) * length));
            (0..=fit / 2).for_each(|_| assert!(matches!(desk.next(), Step::Write(_))));
            assert!(matches!(desk.next(), Step::Wait));
            assert_eq!(desk.bytes, 0);
        }
    }

    #[test]
    fn a_line_that_never_fits_is_told() {
        let mut desk = Desk { ending: true, ..Desk::default() };
        desk.push(&vec![b'x'; MOST_BYTES + 1]);
        assert!(matches!(desk.next(), Step::Tell(1)));
        assert!(matches!(desk.next(), Step::End));
    }

    #[test]
    fn the_end_writes_what_waits() {
        let (go, goes) = channel();
        let (written, lines) = channel();
        let (mut pipe, guard) = start(Slow(goes, written), |_| ()).unwrap();
        let expected: Vec<Vec<u8>> = (0..100).map(|i| format!("{i}\n").into_bytes()).collect();
        expected.iter().for_each(|line| pipe.write_all(line).unwrap());
        (0..100).for_each(|_| go.send(()).unwrap());
        drop(guard);
        assert_eq!(lines.try_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nobody_waits_for_who_does_not_read() {
        let (_go, goes) = channel();
        let (written, _lines) = channel();
        let (mut pipe, guard) = start(Slow(goes, written), |_| ()).unwrap();
        let began = Instant::now();
        (0..2 * MOST_LINES).for_each(|_| pipe.write_all(b"a line\n").unwrap());
        drop(guard);
        let took = began.elapsed();
        assert!(took >= END_WITHIN && took < 5 * END_WITHIN, "{took:?}");
    }
}
