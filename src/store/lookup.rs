//! A look-up, from being allowed to being reported. Who may look holds a ticket; whatever becomes of it
//! (found, failed, slow, never begun), the breaker hears of it once and the ticket is given back.

use super::answers::{self, Found};
use super::fault::{Fault, StoreError};
use super::{Digest, Shared};
use crate::clock::millis;
use rusqlite::{Connection, Transaction};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A look-up takes some tens of microseconds. One that takes this long failed, whatever it found: its
/// caller has gone, and computing takes a thousandth of it.
pub const LIMIT: Duration = Duration::from_millis(50);
/// A visit that has taken this long brings what it has found: its other keys are computed, and a disk of which
/// a row is a few milliseconds away is no sick one.
const VISIT: Duration = Duration::from_millis(10);
/// Visits under way. Who comes when there are more computes, which is as fast.
const MOST: usize = 64;

/// What a look-up brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup {
    Hit {
        answer: Arc<[u8]>,
        expires_at_ms: i64,
    },
    Miss,
    /// The store could not be asked.
    Unavailable,
}

/// The permission for one visit: a key, or some.
pub struct Ticket {
    shared: Arc<Shared>,
    drawn_at: Duration,
    reported: bool,
}

impl Ticket {
    /// `None` when the store is closed, left alone, or asked by too many already. Costs no more than a
    /// lock that nobody holds.
    pub(super) fn draw(shared: &Arc<Shared>) -> Option<Ticket> {
        if shared.readers.read().is_none() || shared.lookups_under_way.load(Relaxed) >= MOST {
            return None;
        }
        let drawn_at = shared.clock.monotonic();
        if !shared.breaker.allows(drawn_at) {
            return None;
        }
        shared.lookups_under_way.fetch_add(1, Relaxed);
        Some(Ticket { shared: Arc::clone(shared), drawn_at, reported: false })
    }

    /// Blocks for a disk's time: not for a thread that serves others.
    pub fn look_up(self, digest: &Digest) -> Lookup {
        self.look_up_all(std::slice::from_ref(digest)).pop().unwrap_or(Lookup::Unavailable)
    }

    /// As `look_up` for each, in order, and in one transaction: its locks cost more than a row. What the visit does not
    /// come to is unavailable.
    pub fn look_up_all(mut self, digests: &[Digest]) -> Vec<Lookup> {
        let mut found = self.read_all(digests);
        found.resize_with(digests.len(), || Lookup::Unavailable);
        found
    }

    fn read_all(&mut self, digests: &[Digest]) -> Vec<Lookup> {
        let shared = &self.shared;
        shared.counters.lookups.fetch_add(digests.len() as u64, Relaxed);
        let readers = shared.readers.read().clone();
        let Some(connection) = readers.as_ref().and_then(|readers| readers.connection()) else {
            return Vec::new(); // dropped without a report: a failure
        };
        let ttl_ms = millis(shared.options.ttl);
        let now_ms = shared.clock.unix_ms();
        let get =
            |digest| answers::get(&connection, digest, now_ms, ttl_ms, &shared.options.packer);
        let within = |limit| shared.clock.monotonic().saturating_sub(self.drawn_at) < limit;
        let mut lookups = Vec::with_capacity(digests.len());
        let read = transaction(&connection, digests.len()).and_then(|transaction| {
            for digest in digests {
                lookups.push(judge(shared, get(digest)?));
                if !within(VISIT) {
                    break;
                }
            }
            transaction.map_or(Ok(()), Transaction::commit)
        });
        match read {
            Ok(()) if within(LIMIT) => {
                shared.breaker.succeeded();
                self.reported = true;
            }
            Ok(()) => {}
            Err(error) => doubt(shared, &error.into()),
        }
        lookups
    }
}

/// One row is a transaction by itself.
fn transaction(connection: &Connection, rows: usize) -> rusqlite::Result<Option<Transaction<'_>>> {
    (rows > 1).then(|| connection.unchecked_transaction()).transpose()
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shared.lookups_under_way.fetch_sub(1, Relaxed);
        if !self.reported {
            self.shared.counters.lookup_failures.fetch_add(1, Relaxed);
            self.shared.breaker.failed(self.shared.clock.monotonic());
        }
    }
}

fn judge(shared: &Shared, found: Found) -> Lookup {
    match found {
        Found::Answer { answer, expires_at_ms } => Lookup::Hit { answer, expires_at_ms },
        Found::Nothing | Found::Expired => Lookup::Miss,
        Found::Damaged => {
            shared.counters.damaged.fetch_add(1, Relaxed);
            Lookup::Miss
        }
    }
}

/// Has the writer look at its file.
fn doubt(shared: &Shared, error: &StoreError) {
    if matches!(error.fault, Fault::Corrupt | Fault::Io | Fault::CannotOpen)
        && !shared.doubted.swap(true, Relaxed)
    {
        log::warn!("a stored answer could not be read: {error}");
        shared.queue.nudge();
    }
}
