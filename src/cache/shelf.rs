//! The part of the memory tier that is filled ahead: answers to the most likely questions, packed.
//!
//! Half of all shoppers ask one of a few thousand questions, but nineteen of twenty only ask one of some
//! sixty thousand, and those are 110 MB as text. Packed (`store::Packer`) they are a quarter, and lie end
//! to end in one piece of memory with a sorted index beside it: 16 + 8 bytes an answer, nothing to
//! allocate, nothing to evict. One who asks gets it unpacked, a microsecond, and the memory tier keeps
//! the plain bytes for the next.
//!
//! All are made of one engine, so they are true together: one moment until which the whole shelf is.

use crate::store::{Digest, Packer};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// No shelf grows beyond it: 60,000 packed answers are 30.
const CAPACITY_BYTES: usize = 40 * 1024 * 1024;
const GROWTH_BYTES: usize = 1024 * 1024;

pub struct Shelf {
    packer: Arc<Packer>,
    content: RwLock<Content>,
    /// Counts how often it was emptied.
    generation: AtomicU64,
}

#[derive(Default)]
struct Content {
    /// Packed answers, end to end.
    bytes: Vec<u8>,
    /// Sorted by digest.
    places: Vec<Place>,
    fresh_until: Duration,
}

#[derive(Clone, Copy)]
struct Place {
    digest: [u8; 16],
    start: u32,
    length: u32,
}

impl Shelf {
    pub fn new(packer: Arc<Packer>) -> Self {
        Shelf { packer, content: RwLock::default(), generation: AtomicU64::new(0) }
    }

    /// The answer, unpacked, if the shelf is true at `now`.
    pub fn get(&self, digest: &Digest, now: Duration) -> Option<Arc<[u8]>> {
        let content = self.content.read();
        if now >= content.fresh_until {
            return None;
        }
        let packed = content.packed(digest)?;
        self.packer.unpack(packed).map(Arc::from)
    }

    /// Whether the answer is there and is `answer`, to the byte; `None` if it is not there.
    pub fn is_still(&self, digest: &Digest, answer: &[u8]) -> Option<bool> {
        let content = self.content.read();
        let packed = content.packed(digest)?;
        Some(self.packer.unpack(packed).is_some_and(|kept| kept == answer))
    }

    pub fn holds(&self, digest: &Digest) -> bool {
        self.content.read().packed(digest).is_some()
    }

    /// Adds answers made for a `generation`, and none of one that is over; what is there already stays.
    /// False when the shelf is full.
    pub fn add(&self, answers: &[(Digest, Vec<u8>)], generation: u64) -> bool {
        let packed: Vec<_> =
            answers.iter().map(|(digest, answer)| (digest.0, self.packer.pack(answer))).collect();
        let mut content = self.content.write();
        if self.generation() != generation {
            return true;
        }
        let new: Vec<_> =
            packed.into_iter().filter(|(digest, _)| content.find(digest).is_err()).collect();
        let fits = new.into_iter().all(|(digest, packed)| content.append(digest, &packed));
        // A long sorted run and a short one: the stable sort merges them.
        content.places.sort_by_key(|place| place.digest);
        content.places.dedup_by_key(|place| place.digest);
        fits
    }

    /// Everything on it is true until then.
    pub fn refresh(&self, until: Duration) {
        self.content.write().fresh_until = until;
    }

    /// Empties it and says how many there were.
    pub fn clear(&self) -> usize {
        let mut content = self.content.write();
        self.generation.fetch_add(1, Ordering::Release);
        std::mem::take(&mut *content).places.len()
    }

    /// Who sees a new one also sees what was done before it was emptied.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn len(&self) -> usize {
        self.content.read().places.len()
    }

    pub fn bytes(&self) -> usize {
        let content = self.content.read();
        content.bytes.len() + content.places.len() * size_of::<Place>()
    }

    /// Gives back what growing took in advance.
    pub fn fit(&self) {
        let mut content = self.content.write();
        content.bytes.shrink_to_fit();
        content.places.shrink_to_fit();
    }
}

impl Content {
    /// Out of order, for the caller to sort. False when there is no room.
    fn append(&mut self, digest: [u8; 16], packed: &[u8]) -> bool {
        let start = self.bytes.len();
        if start + packed.len() > CAPACITY_BYTES {
            return false;
        }
        if self.bytes.capacity() - start < packed.len() {
            // Doubling would take twice of what is needed at the end.
            self.bytes.reserve_exact(GROWTH_BYTES);
        }
        self.bytes.extend_from_slice(packed);
        self.places.push(Place { digest, start: start as u32, length: packed.len() as u32 });
        true
    }

    fn find(&self, digest: &[u8; 16]) -> Result<usize, usize> {
        self.places.binary_search_by(|place| place.digest.cmp(digest))
    }

    fn packed(&self, digest: &Digest) -> Option<&[u8]> {
        let place = self.places[self.find(&digest.0).ok()?];
        let start = place.start as usize;
        self.bytes.get(start..start + place.length as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_on_it_is_there_until_its_time_is_over() {
        let shelf = Shelf::new(Arc::new(Packer::new(&[])));
        let digest = |n: u8| Digest([n; 16]);
        let answers: Vec<_> = (0..200).rev().map(|n| (digest(n), vec![n; 50])).collect();
        assert!(shelf.add(&answers, 0) && shelf.add(&answers, 0));
        assert_eq!(shelf.len(), 200);
        let second = Duration::from_secs(1);
        assert!(shelf.get(&digest(7), Duration::ZERO).is_none(), "not refreshed yet");
        shelf.refresh(second);
        assert!((0..200).all(|n| shelf.get(&digest(n), Duration::ZERO).unwrap()[..] == [n; 50]));
        assert!(shelf.get(&digest(200), Duration::ZERO).is_none());
        assert!(shelf.get(&digest(7), second).is_none(), "its time is over");
        assert_eq!(shelf.is_still(&digest(7), &[7; 50]), Some(true));
        assert_eq!(shelf.is_still(&digest(7), &[8; 50]), Some(false));
        assert_eq!((shelf.clear(), shelf.len()), (200, 0));
    }

    #[test]
    fn what_was_made_before_it_was_emptied_comes_too_late() {
        let shelf = Shelf::new(Arc::new(Packer::new(&[])));
        let answers = [(Digest([1; 16]), vec![1; 50])];
        let before = shelf.generation();
        shelf.clear();
        assert!(shelf.add(&answers, before), "that is not being full");
        assert_eq!(shelf.len(), 0);
        assert!(shelf.add(&answers, shelf.generation()));
        assert_eq!(shelf.len(), 1);
    }
}
