//! Whether a key was asked for a moment ago: who comes once takes no room among the plain answers.
//!
//! Unpacking what is kept ahead takes half a microsecond, and putting it among the plain answers, with what has to go
//! for it, a whole one. Of a stream of shoppers most of what is on the shelf is not asked for again while
//! memory would have it. A table of halves of keys, one place for each remainder: whoever comes later takes the
//! place. Being wrong either way costs that microsecond.

use crate::store::Digest;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Keys remembered, 8 kB: of the shelf's 60,000 so few that what comes by chance is forgotten.
const PLACES: usize = 1024;

pub struct Recent([AtomicU64; PLACES]);

impl Default for Recent {
    fn default() -> Self {
        Recent(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Recent {
    /// Whether it was asked for since another took its place; from now on it was.
    pub fn again(&self, digest: &Digest) -> bool {
        let (half, other) = digest.halves();
        let place = &self.0[other as usize % PLACES];
        place.load(Relaxed) == half || {
            place.store(half, Relaxed);
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_until_another_takes_its_place() {
        let recent = Recent::default();
        let digest = |n: u128, place: u128| Digest((n | place << 64).to_le_bytes());
        let (first, elsewhere, same_place) = (digest(7, 5), digest(8, 6), digest(9, 5 + 1024));
        assert!(!recent.again(&first) && recent.again(&first));
        assert!(!recent.again(&elsewhere) && recent.again(&first));
        assert!(!recent.again(&same_place) && !recent.again(&first));
    }
}
