//! What waits for the writer: rows, which may be lost, and tasks, which may not.
//!
//! Putting a row is a lock and a push; the writer is woken by the first of a batch and by a full one,
//! not by each, since waking a thread costs more than a row. It then lingers for the rest of the batch.
//! The queue is bounded: what does not fit is refused and counted by the caller.

use super::answers::Row;
use super::writer::Writer;
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

pub type Task = Box<dyn FnOnce(&mut Writer) + Send>;

/// Rows of a transaction. Keys are random, so a batch writes most pages of their index whatever its size:
/// a large one shares them, and holds the file for longer (25 ms of a young file, some 60 with what leaves a full
/// one).
const BATCH_ROWS: usize = 4096;
/// Some 5 MB, packed as they are: a third of a second of all that two cores compute.
pub const CAPACITY_ROWS: usize = 2 * BATCH_ROWS;
/// How long a batch waits for more: the answers lost by a kill.
const LINGER: Duration = Duration::from_millis(400);

#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    rows: Vec<Row>,
    /// Rows given out since the start.
    taken: u64,
    /// Each with how many rows had been put when it came.
    tasks: VecDeque<(u64, Task)>,
    nudged: bool,
    closing: bool,
}

/// What the writer has to do, rows first.
pub struct Work {
    pub rows: Vec<Row>,
    pub tasks: Vec<Task>,
    pub closing: bool,
}

impl Queue {
    /// False when the queue is full or closed; the row is dropped.
    pub fn push(&self, row: Row) -> bool {
        let mut state = self.state.lock();
        if state.closing || state.rows.len() >= CAPACITY_ROWS {
            return false;
        }
        state.rows.push(row);
        let count = state.rows.len();
        drop(state);
        if count == 1 || count == BATCH_ROWS {
            self.wake.notify_one();
        }
        true
    }

    /// False after `close`.
    pub fn call(&self, task: Task) -> bool {
        let mut state = self.state.lock();
        if state.closing {
            return false;
        }
        let after = state.taken + state.rows.len() as u64;
        state.tasks.push_back((after, task));
        self.wake.notify_one();
        true
    }

    /// Has the writer look at its file now.
    pub fn nudge(&self) {
        self.state.lock().nudged = true;
        self.wake.notify_one();
    }

    /// Nothing more is accepted; what is there is still given out.
    pub fn close(&self) {
        self.state.lock().closing = true;
        self.wake.notify_one();
    }

    /// Nobody will take anything any more: who waits for a task hears it from the dropped channel.
    pub fn abandon(&self) {
        let mut state = self.state.lock();
        state.closing = true;
        state.rows.clear();
        state.tasks.clear();
    }

    /// Whether a row would be refused just now: what it takes to make one need not be done.
    pub fn is_full(&self) -> bool {
        self.state.lock().rows.len() >= CAPACITY_ROWS
    }

    pub fn rows_waiting(&self) -> usize {
        self.state.lock().rows.len()
    }

    /// The next work; empty after `idle`.
    pub fn take(&self, idle: Duration) -> Work {
        let mut state = self.state.lock();
        let urgent = |s: &State| !s.tasks.is_empty() || s.nudged || s.closing;
        wait_until(&mut state, &self.wake, idle, |s| !s.rows.is_empty() || urgent(s));
        wait_until(&mut state, &self.wake, LINGER, |s| {
            s.rows.is_empty() || s.rows.len() >= BATCH_ROWS || urgent(s)
        });
        state.nudged = false;
        let count = state.rows.len().min(BATCH_ROWS);
        let rest = state.rows.split_off(count);
        let rows = std::mem::replace(&mut state.rows, rest);
        state.taken += rows.len() as u64;
        // A task sees every row that was put before it, and waits for none that was put after.
        let taken = state.taken;
        let due = state.tasks.partition_point(|(after, _)| *after <= taken);
        let tasks = state.tasks.drain(..due).map(|(_, task)| task).collect();
        let closing = state.closing && state.rows.is_empty();
        Work { rows, tasks, closing }
    }
}

fn wait_until(
    state: &mut parking_lot::MutexGuard<'_, State>,
    wake: &Condvar,
    limit: Duration,
    reached: impl Fn(&State) -> bool,
) {
    let end = Instant::now() + limit;
    while !reached(state) {
        if wake.wait_until(state, end).timed_out() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Digest, Packer};

    fn row() -> Row {
        Row::new(Digest([0; 16]), "s".into(), &[], 0, &Packer::new(&[]))
    }

    #[test]
    fn a_full_queue_refuses_and_gives_out_batches() {
        let queue = Queue::default();
        assert_eq!((0..CAPACITY_ROWS + 5).filter(|_| queue.push(row())).count(), CAPACITY_ROWS);
        assert!(queue.call(Box::new(|_| ())));
        let counts: Vec<_> = (0..CAPACITY_ROWS / BATCH_ROWS)
            .map(|_| queue.take(Duration::ZERO))
            .map(|work| (work.rows.len(), work.tasks.len()))
            .collect();
        assert_eq!(counts, [(BATCH_ROWS, 0), (BATCH_ROWS, 1)]);
    }

    #[test]
    fn a_task_waits_for_the_rows_before_it_and_for_no_others() {
        let queue = Queue::default();
        (0..BATCH_ROWS).for_each(|_| assert!(queue.push(row())));
        assert!(queue.call(Box::new(|_| ())));
        (0..BATCH_ROWS).for_each(|_| assert!(queue.push(row())));
        let work = queue.take(Duration::ZERO);
        assert_eq!((work.rows.len(), work.tasks.len()), (BATCH_ROWS, 1));
    }

    #[test]
    fn after_closing_nothing_comes_in_and_everything_goes_out() {
        let queue = Queue::default();
        queue.push(row());
        queue.close();
        assert!(!queue.push(row()) && !queue.call(Box::new(|_| ())));
        let work = queue.take(Duration::ZERO);
        assert!(work.rows.len() == 1 && work.closing);
    }
}
