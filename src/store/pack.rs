//! Answers packed for keeping: LZ4 against a dictionary of answers.
//!
//! One answer looks like another but for its numbers, so with four of them as a dictionary 1.9 kB become
//! about 0.5 kB (`cargo bench --bench tiers -- pack`): four times as many in memory, a quarter of the
//! writing in the file. LZ4 over zstd (smaller still) because unpacking is on a request's way: 1.2
//! microseconds. The dictionary is not kept anywhere: it is made of answers of the engine in force, and
//! an engine that answers otherwise also has other keys. If it did not, the checksum of the plain answer
//! makes a wrong dictionary a miss.

use std::cell::RefCell;
use std::sync::Arc;

/// An answer is a few kB; what claims more is not one.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where it is packed, before its length is known: in each thread as large as the largest answer that it packed.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub struct Packer {
    dictionary: Vec<u8>,
}

impl Packer {
    /// `samples`: typical answers, the same in every run of this version.
    pub fn new(samples: &[Vec<u8>]) -> Self {
        Packer { dictionary: samples.concat() }
    }

    pub fn pack(&self, answer: &[u8]) -> Vec<u8> {
        let length = u32::try_from(answer.len()).unwrap_or(u32::MAX);
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(lz4_flex::block::get_maximum_output_size(answer.len()), 0);
            let bytes = lz4_flex::block::compress_into_with_dict(answer, scratch, &self.dictionary)
                .expect("there is room for the most that it can be");
            [&length.to_le_bytes(), &scratch[..bytes]].concat()
        })
    }

    /// `None` for bytes that `pack` did not make, or made with another dictionary; bytes that were
    /// changed may also unpack to something else, which only a checksum tells.
    pub fn unpack(&self, packed: &[u8]) -> Option<Arc<[u8]>> {
        let (length, block) = packed.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if length > MAX_ANSWER_BYTES {
            return None;
        }
        // Into its place: a vector would be copied into one.
        let mut answer: Arc<[u8]> = std::iter::repeat_n(0, length).collect();
        let place = Arc::get_mut(&mut answer)?;
        let written = lz4_flex::block::decompress_into_with_dict(block, place, &self.dictionary);
        (written.ok()? == length).then_some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packer() -> Packer {
        Packer::new(&[br#"{"size":"50R","confidence":0.578}"#.to_vec()])
    }

    proptest! {
        #[test]
        fn what_was_packed_unpacks(answer in proptest::collection::vec(any::<u8>(), 0..4000)) {
            prop_assert_eq!(packer().unpack(&packer().pack(&answer)), Some(answer.into()));
        }

        #[test]
        fn no_bytes_make_it_panic_or_take_much_memory(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let unpacked = packer().unpack(&bytes);
            prop_assert!(unpacked.is_none_or(|answer| answer.len() <= MAX_ANSWER_BYTES));
        }
    }

    #[test]
    fn a_dictionary_makes_it_small() {
        let answer = br#"{"size":"52R","confidence":0.612}"#;
        assert!(packer().pack(answer).len() < answer.len());
    }
}
