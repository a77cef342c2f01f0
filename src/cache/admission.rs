//! How much is computed at once, and how many may wait for it.
//!
//! A worker computes on its own thread, so whoever comes meanwhile waits in its connection, out of sight and
//! without end: a thousand new questions at once would make one from memory wait behind all of them. So a
//! group of computations (`together`) takes a turn, and lets others have the worker before it begins; and beyond
//! `MOST_WAITING` a question that no memory has is sent away at once, which its client can act on.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Some 30 microseconds each, on at least one core: nobody waits for longer than some 30 ms.
pub const MOST_WAITING: usize = 1_024;

/// There is too much to do already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

pub struct Admission {
    turns: Semaphore,
    inside: AtomicUsize,
    most_inside: usize,
    refused: AtomicU64,
}

impl Admission {
    /// `at_once` groups compute; so many questions and `waiting` more are inside.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        Admission {
            turns: Semaphore::new(at_once.max(1)),
            inside: AtomicUsize::new(0),
            most_inside: at_once.max(1) + waiting,
            refused: AtomicU64::new(0),
        }
    }

    /// A place among those that compute or wait, until it is dropped.
    ///
    /// # Errors
    /// When there is none.
    pub fn enter(&self) -> Result<Place<'_>, Busy> {
        let place = Place(self);
        if self.inside.fetch_add(1, Relaxed) < self.most_inside {
            return Ok(place);
        }
        self.refused.fetch_add(1, Relaxed);
        Err(Busy)
    }

    /// The turn to compute, in the order of asking.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed: there is always a turn.
        self.turns.acquire().await.ok()
    }

    /// Questions that were sent away.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

/// A question that computes or waits.
pub struct Place<'a>(&'a Admission);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_place_is_sent_away_until_one_goes() {
        let admission = Admission::new(2, 3);
        let mut places: Vec<_> = (0..5).map(|_| admission.enter().ok().unwrap()).collect();
        assert!(admission.enter().is_err());
        assert!(admission.enter().is_err(), "being sent away takes no place");
        places.pop();
        places.push(admission.enter().ok().unwrap());
        assert!(admission.enter().is_err());
        drop(places);
        assert_eq!((admission.inside.load(Relaxed), admission.refused()), (0, 3));
    }

    #[test]
    fn turns_are_as_many_as_compute_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let admission = Admission::new(1, 1);
            let turn = admission.turn().await;
            let mut next = std::pin::pin!(admission.turn());
            let waits = still_waits(next.as_mut()).await;
            assert!(waits, "the turn is taken");
            drop(turn);
            assert!(next.await.is_some());
        });
    }

    /// Whether a future still waits.
    async fn still_waits<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_pending())
        })
        .await
    }
}
