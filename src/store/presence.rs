//! What the store may hold, in memory: a question that was never stored costs no look-up.
//!
//! Two Bloom filters of half a megabyte. Keys go into the younger; once in a store's time to live the
//! older is emptied and becomes the younger, so a key is known for one to two lives of its row. With the
//! 200,000 rows that fit the file at its default size, one look-up in a hundred is in vain. Until a
//! newly opened file was read through, everything may be there.

use super::Digest;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

const BITS: u64 = 1 << 22;
const PROBES: u32 = 3;

pub struct Presence {
    filters: [Box<[AtomicU64]>; 2],
    younger: AtomicUsize,
    /// Whether a key that is in no filter is known to be nowhere.
    complete: AtomicBool,
}

impl Default for Presence {
    fn default() -> Self {
        let filter = || (0..BITS / 64).map(|_| AtomicU64::new(0)).collect();
        Presence {
            filters: [filter(), filter()],
            younger: AtomicUsize::new(0),
            complete: AtomicBool::new(false),
        }
    }
}

impl Presence {
    pub fn add(&self, digest: &Digest) {
        let filter = &self.filters[self.younger.load(Ordering::Relaxed)];
        for bit in bits(digest) {
            filter[(bit / 64) as usize].fetch_or(1 << (bit % 64), Ordering::Relaxed);
        }
    }

    pub fn may_hold(&self, digest: &Digest) -> bool {
        !self.complete.load(Ordering::Acquire)
            || self.filters.iter().any(|filter| {
                bits(digest).all(|bit| {
                    filter[(bit / 64) as usize].load(Ordering::Relaxed) & (1 << (bit % 64)) != 0
                })
            })
    }

    /// Forgets what was added before the last rotation.
    pub fn rotate(&self) {
        let older = 1 - self.younger.load(Ordering::Relaxed);
        for word in &self.filters[older] {
            word.store(0, Ordering::Relaxed);
        }
        self.younger.store(older, Ordering::Relaxed);
    }

    /// Whether everything that the file holds was added.
    pub fn set_complete(&self, complete: bool) {
        self.complete.store(complete, Ordering::Release);
    }
}

/// A digest is uniform already: its halves are two independent hashes.
fn bits(digest: &Digest) -> impl Iterator<Item = u64> {
    let (first, second) = digest.halves();
    (0..u64::from(PROBES)).map(move |n| first.wrapping_add(n.wrapping_mul(second | 1)) % BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u64) -> Digest {
        // Any spread will do: a multiplication by an odd constant.
        let spread = u128::from(n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        Digest(spread.to_le_bytes())
    }

    #[test]
    fn nothing_stored_is_missed_and_little_else_is_looked_up() {
        let presence = Presence::default();
        assert!(presence.may_hold(&digest(0)), "unknown until the file was read");
        presence.set_complete(true);
        assert!(!presence.may_hold(&digest(0)));
        (0..200_000).for_each(|n| presence.add(&digest(n)));
        assert!((0..200_000).all(|n| presence.may_hold(&digest(n))));
        let in_vain = (200_000..300_000).filter(|n| presence.may_hold(&digest(*n))).count();
        assert!(in_vain < 1_000, "{in_vain} of 100,000");
    }

    #[test]
    fn a_key_is_forgotten_after_two_rotations_and_not_after_one() {
        let presence = Presence::default();
        presence.set_complete(true);
        presence.add(&digest(1));
        presence.rotate();
        assert!(presence.may_hold(&digest(1)));
        presence.rotate();
        assert!(!presence.may_hold(&digest(1)));
    }
}
