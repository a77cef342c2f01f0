//! What is done with a thousand draws at once: needs made of them, and which of them satisfy what, as sets of
//! bits, so that "and" and "how many" are a few instructions for a thousand bodies.
//!
//! What goes through values is compiled for each kind of vectors, and runs on the widest that the processor does
//! well. An answer is the same on all of them, to the bit: sums are added in one order and never fused.

use super::normal::DRAWS;
use fearless_simd::{Level, dispatch, f32x16, prelude::*};

const WORDS: usize = DRAWS / 64;
const LANES: usize = 16;
/// Answers are sorted into one group more at the most.
pub const MOST_EDGES: usize = 3;

/// A coordinate of every draw.
pub type Values = [f32; DRAWS];

/// A set of draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawSet([u64; WORDS]);

impl DrawSet {
    /// The draws whose value lies in `[low, high)`.
    pub fn between(values: &Values, low: f32, high: f32) -> Self {
        dispatch!(Level::new(), simd => between(simd, values, low, high))
    }

    pub fn and(&self, other: &DrawSet) -> DrawSet {
        DrawSet(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }

    pub fn count(&self) -> u32 {
        self.count_first(DRAWS)
    }

    /// How many of the first `draws` (64 or a multiple) are in it.
    pub fn count_first(&self, draws: usize) -> u32 {
        dispatch!(Level::new(), _ => count(&self.0[..draws / 64]))
    }
}

/// `mean`, and of each of `draws` its `factor`: sums of standard normals.
pub fn mixed(mean: f32, factors: &[f32], draws: &[Values], into: &mut Values) {
    dispatch!(Level::new(), simd => mix(simd, mean, factors, draws, into));
}

/// What each draw would answer to a question: its value, and of its error so much.
#[derive(Clone, Copy)]
pub struct Answers<'v> {
    pub values: &'v Values,
    pub errors: &'v Values,
    pub noise: f32,
}

impl Answers<'_> {
    /// Sorts the first `draws` (64 or a multiple) into groups by their answers, of which `edges` (rising; infinity for
    /// one that there is not) are the limits, and gives to each group the one of `sets` that holds most of it: how
    /// many are held then, of all groups together.
    pub fn held_by_group(self, draws: usize, edges: &[f32; MOST_EDGES], sets: &[&DrawSet]) -> u32 {
        dispatch!(Level::new(), simd => held_by_group(simd, self, draws / 64, edges, sets))
    }
}

#[inline(always)]
fn between<S: Simd>(simd: S, values: &Values, low: f32, high: f32) -> DrawSet {
    let (low, high) = (f32x16::splat(simd, low), f32x16::splat(simd, high));
    let mut words = [0; WORDS];
    for (word, chunk) in words.iter_mut().zip(values.as_chunks::<64>().0) {
        *word = bits(chunk, |_, lanes| {
            let value = f32x16::from_slice(simd, lanes);
            (value.simd_ge(low) & value.simd_lt(high)).to_bitmask()
        });
    }
    DrawSet(words)
}

/// A word of what `of_lanes` says of each sixteen, given where they begin.
#[inline(always)]
fn bits(values: &[f32; 64], of_lanes: impl Fn(usize, &[f32; LANES]) -> u64) -> u64 {
    let (sixteens, _) = values.as_chunks::<LANES>();
    (0..64 / LANES).fold(0, |word, i| word | of_lanes(i * LANES, &sixteens[i]) << (i * LANES))
}

#[inline(always)]
fn count(words: &[u64]) -> u32 {
    words.iter().map(|word| word.count_ones()).sum()
}

#[inline(always)]
fn count_both(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
}

#[inline(always)]
fn mix<S: Simd>(simd: S, mean: f32, factors: &[f32], draws: &[Values], into: &mut Values) {
    for (place, lanes) in into.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sum = f32x16::splat(simd, mean);
        for (factor, draw) in factors.iter().zip(draws) {
            sum += f32x16::from_slice(simd, &draw.as_chunks::<LANES>().0[place]) * *factor;
        }
        sum.store_slice(lanes);
    }
}

#[inline(always)]
fn held_by_group<S: Simd>(
    simd: S,
    answers: Answers<'_>,
    words: usize,
    edges: &[f32; MOST_EDGES],
    sets: &[&DrawSet],
) -> u32 {
    let Answers { values, errors, noise } = answers;
    let mut below = [[0; WORDS]; MOST_EDGES];
    let chunks = values.as_chunks::<64>().0.iter().zip(errors.as_chunks::<64>().0);
    for (word, (values, errors)) in chunks.take(words).enumerate() {
        let answer = |at: usize, lanes: &[f32; LANES]| {
            let error = f32x16::from_slice(simd, &errors[at..at + LANES]);
            f32x16::from_slice(simd, lanes) + error * noise
        };
        for (below, edge) in below.iter_mut().zip(edges) {
            below[word] = bits(values, |at, lanes| answer(at, lanes).simd_lt(*edge).to_bitmask());
        }
    }
    let mut most = [0; MOST_EDGES + 1];
    for set in sets {
        let mut before = 0;
        for (most, below) in most.iter_mut().zip(&below) {
            let until = count_both(&set.0[..words], below);
            *most = (until - before).max(*most);
            before = until;
        }
        most[MOST_EDGES] = (count(&set.0[..words]) - before).max(most[MOST_EDGES]);
    }
    most.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(factor: usize, modulus: usize) -> Values {
        std::array::from_fn(|i| ((i * factor) % modulus) as f32)
    }

    /// Of the vectors that there are here.
    fn levels() -> Vec<Level> {
        let mut levels = vec![Level::baseline(), Level::new()];
        #[cfg(target_arch = "x86_64")]
        {
            levels.extend(Level::new().as_sse4_2().map(Level::Sse4_2));
            levels.extend(Level::new().as_avx2().map(Level::Avx2));
        }
        levels
    }

    #[test]
    fn a_set_holds_what_a_plain_loop_finds() {
        let values = values(37, 101);
        for (low, high) in [(0.0, 101.0), (10.0, 20.0), (50.0, 50.0), (90.5, 200.0)] {
            let plain = values.iter().filter(|v| **v >= low && **v < high).count();
            let set = DrawSet::between(&values, low, high);
            assert_eq!(set.count() as usize, plain, "{low}..{high}");
            assert_eq!(set.and(&set), set);
            for (i, value) in values.iter().enumerate() {
                let is_in = set.0[i / 64] >> (i % 64) & 1 == 1;
                assert_eq!(is_in, (low..high).contains(value), "{i}");
            }
            for level in levels() {
                let here = dispatch!(level, simd => between(simd, &values, low, high));
                assert_eq!(here, set, "{level:?}");
                assert_eq!(dispatch!(level, _ => count(&here.0)) as usize, plain, "{level:?}");
            }
        }
    }

    #[test]
    fn a_sum_is_what_a_plain_loop_adds_to_the_bit() {
        let draws = [values(37, 101), values(11, 97), values(5, 89)];
        let factors = [0.37, -1.3, 0.011];
        for level in levels() {
            let mut sums = [0.0; DRAWS];
            dispatch!(level, simd => mix(simd, 0.7, &factors, &draws, &mut sums));
            for (i, sum) in sums.iter().enumerate() {
                let plain = draws.iter().zip(factors).fold(0.7, |sum, (draw, f)| sum + draw[i] * f);
                assert_eq!(sum.to_bits(), plain.to_bits(), "{level:?} {i}: {sum} {plain}");
            }
        }
    }

    #[test]
    fn each_group_has_the_set_that_holds_most_of_it() {
        const NONE: f32 = f32::INFINITY;
        let (values, errors) = (values(37, 101), values(11, 97));
        let sets = [(0.0, 60.0), (20.0, 90.0), (70.0, 101.0)]
            .map(|(low, high)| DrawSet::between(&values, low, high));
        let sets: Vec<&DrawSet> = sets.iter().collect();
        for (draws, edges) in
            [(512, [40.0, 60.0, 90.0]), (64, [30.0, 80.0, NONE]), (1024, [NONE; 3])]
        {
            let group = |i: usize| {
                let answer = values[i] + 0.3 * errors[i];
                edges.iter().filter(|edge| answer >= **edge).count()
            };
            let held = |set: &DrawSet, of: usize| {
                let holds = |i: &usize| set.0[i / 64] >> (i % 64) & 1 == 1;
                (0..draws).filter(holds).filter(|i| group(*i) == of).count() as u32
            };
            let plain: u32 = (0..=MOST_EDGES)
                .map(|of| sets.iter().map(|set| held(set, of)).max().unwrap())
                .sum();
            let answers = Answers { values: &values, errors: &errors, noise: 0.3 };
            assert_eq!(answers.held_by_group(draws, &edges, &sets), plain, "{draws} {edges:?}");
            for level in levels() {
                let words = draws / 64;
                let here =
                    dispatch!(level, simd => held_by_group(simd, answers, words, &edges, &sets));
                assert_eq!(here, plain, "{level:?} {draws} {edges:?}");
            }
        }
    }
}
