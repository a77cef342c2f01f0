//! The part of the memory tier that is filled ahead: answers to the most likely questions, packed.
//!
//! Half of all shoppers ask one of a few thousand questions, but nineteen of twenty only ask one of some
//! sixty thousand, and those are 110 MB as text. Packed (`store::Packer`) they are a quarter, and lie end
//! to end in pieces of a megabyte with a sorted index beside them: 16 + 8 bytes an answer, nothing to
//! allocate, nothing to evict. One who asks gets it unpacked, half a microsecond, and if he is not the first, the memory
//! tier keeps the plain bytes for the next.
//!
//! In pieces, because one that grows is copied, and for a moment there twice. A digest is as good as random, so its
//! first bits say nearly where it is: searching all of the index by halves took 2.5 microseconds of waiting for memory.
//!
//! All are made of one engine, so they are true together: one moment until which the whole shelf is.

use crate::store::{Digest, Packer};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// No shelf grows beyond it: 60,000 packed answers are 30.
const CAPACITY_BYTES: usize = 40 * 1024 * 1024;
/// An answer has at most 64 kB, and lies in one piece.
const PIECE_BYTES: usize = 1024 * 1024;
/// First bits of a digest that say where to search: some fifteen answers are in each of these.
const SHELF_BITS: u32 = 12;

pub struct Shelf {
    packer: Arc<Packer>,
    content: RwLock<Content>,
    /// Counts how often it was emptied.
    generation: AtomicU64,
}

#[derive(Default)]
struct Content {
    /// Packed answers, end to end.
    pieces: Vec<Vec<u8>>,
    /// Sorted by digest.
    places: Vec<Place>,
    /// Where in `places` each value of the first bits begins, and the end; nothing while there are no places.
    begins: Vec<u32>,
    fresh_until: Duration,
}

#[derive(Clone, Copy)]
struct Place {
    digest: [u8; 16],
    piece: u16,
    length: u16,
    start: u32,
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
        self.packer.unpack(packed)
    }

    /// Whether the answer is there and is `answer`, to the byte; `None` if it is not there.
    pub fn is_still(&self, digest: &Digest, answer: &[u8]) -> Option<bool> {
        let content = self.content.read();
        let packed = content.packed(digest)?;
        Some(self.packer.unpack(packed).is_some_and(|kept| *kept == *answer))
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
            packed.into_iter().filter(|(digest, _)| content.find(digest).is_none()).collect();
        let fits = new.into_iter().all(|(digest, packed)| content.append(digest, &packed));
        // A long sorted run and a short one: the stable sort merges them.
        content.places.sort_by_key(|place| place.digest);
        content.places.dedup_by_key(|place| place.digest);
        content.index();
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
        content.packed_bytes() + content.places.len() * size_of::<Place>()
    }

    /// Gives back what growing took in advance.
    pub fn fit(&self) {
        let mut content = self.content.write();
        content.pieces.iter_mut().for_each(Vec::shrink_to_fit);
        content.places.shrink_to_fit();
    }
}

impl Content {
    /// Out of order, for the caller to sort and index. False when there is no room.
    fn append(&mut self, digest: [u8; 16], packed: &[u8]) -> bool {
        let Ok(length) = u16::try_from(packed.len()) else { return false };
        if self.pieces.last().is_none_or(|piece| piece.len() + packed.len() > PIECE_BYTES) {
            if self.pieces.len() == CAPACITY_BYTES / PIECE_BYTES {
                return false;
            }
            self.pieces.push(Vec::with_capacity(PIECE_BYTES));
        }
        let at = self.pieces.len() - 1;
        let piece = &mut self.pieces[at];
        self.places.push(Place { digest, piece: at as u16, length, start: piece.len() as u32 });
        piece.extend_from_slice(packed);
        true
    }

    fn index(&mut self) {
        self.begins.clear();
        for (at, place) in (0..).zip(&self.places) {
            let shelf = first_bits(&place.digest);
            self.begins.resize(self.begins.len().max(shelf + 1), at);
        }
        self.begins.resize((1 << SHELF_BITS) + 1, self.places.len() as u32);
    }

    fn find(&self, digest: &[u8; 16]) -> Option<&Place> {
        let shelf = first_bits(digest);
        let (from, to) = (*self.begins.get(shelf)?, *self.begins.get(shelf + 1)?);
        let near = self.places.get(from as usize..to as usize)?;
        near.binary_search_by(|place| place.digest.cmp(digest)).ok().map(|at| &near[at])
    }

    fn packed(&self, digest: &Digest) -> Option<&[u8]> {
        let place = self.find(&digest.0)?;
        let start = place.start as usize;
        self.pieces.get(place.piece as usize)?.get(start..start + place.length as usize)
    }

    fn packed_bytes(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
}

fn first_bits(digest: &[u8; 16]) -> usize {
    let first = u16::from_be_bytes([digest[0], digest[1]]);
    usize::from(first >> (u16::BITS - SHELF_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_on_it_is_there_until_its_time_is_over() {
        let shelf = Shelf::new(Arc::new(Packer::new(&[])));
        let digest = |n: u8| Digest([n; 16]);
        let there = || (0..=255).rev().filter(|n| *n != 200);
        let answers: Vec<_> = there().map(|n| (digest(n), vec![n; 50])).collect();
        assert!(shelf.add(&answers[..100], 0) && shelf.add(&answers, 0));
        assert_eq!(shelf.len(), 255);
        let second = Duration::from_secs(1);
        assert!(shelf.get(&digest(7), Duration::ZERO).is_none(), "not refreshed yet");
        shelf.refresh(second);
        assert!(there().all(|n| shelf.get(&digest(n), Duration::ZERO).unwrap()[..] == [n; 50]));
        assert!(shelf.get(&digest(200), Duration::ZERO).is_none());
        assert!(shelf.get(&digest(7), second).is_none(), "its time is over");
        assert_eq!(shelf.is_still(&digest(7), &[7; 50]), Some(true));
        assert_eq!(shelf.is_still(&digest(7), &[8; 50]), Some(false));
        assert_eq!((shelf.clear(), shelf.len()), (255, 0));
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
