//! Which of the fixed draws satisfy what: sets of draws as bits, so that "and" and "how many" are a
//! few instructions for a thousand bodies.

use super::normal::DRAWS;
use wide::f32x8;

const WORDS: usize = DRAWS / 64;
const LANES: usize = 8;

/// A coordinate of every draw.
pub type Values = [f32; DRAWS];

/// A set of draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawSet([u64; WORDS]);

impl DrawSet {
    /// The draws whose value lies in `[low, high)`. `values` may be the first of them only: 64 or a
    /// multiple.
    pub fn between(values: &[f32], low: f32, high: f32) -> Self {
        let (low, high) = (f32x8::splat(low), f32x8::splat(high));
        let mut words = [0; WORDS];
        for (word, chunk) in words.iter_mut().zip(values.as_chunks::<64>().0) {
            for (i, lanes) in chunk.as_chunks::<LANES>().0.iter().enumerate() {
                let lanes = f32x8::new(*lanes);
                let inside = lanes.simd_ge(low) & lanes.simd_lt(high);
                *word |= u64::from(inside.to_bitmask()) << (i * LANES);
            }
        }
        DrawSet(words)
    }

    pub fn and(&self, other: &DrawSet) -> DrawSet {
        DrawSet(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// How many of the first `draws` are in both.
    pub fn count_both(&self, other: &DrawSet, draws: usize) -> u32 {
        let words = draws / 64;
        self.0[..words].iter().zip(&other.0[..words]).map(|(a, b)| (a & b).count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_a_plain_loop_finds() {
        let values: Values = std::array::from_fn(|i| ((i * 37) % 101) as f32);
        for (low, high) in [(0.0, 101.0), (10.0, 20.0), (50.0, 50.0), (90.5, 200.0)] {
            let plain = values.iter().filter(|v| **v >= low && **v < high).count();
            let set = DrawSet::between(&values, low, high);
            assert_eq!(set.count() as usize, plain, "{low}..{high}");
            assert_eq!(set.and(&set), set);
            assert_eq!(set.count_both(&set, DRAWS), set.count());
        }
    }
}
