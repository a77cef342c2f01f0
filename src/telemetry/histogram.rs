//! How long things took, as counts in log-linear buckets.
//!
//! Every power of two of nanoseconds is divided into 32 equal parts, so a value is known to a 32nd of itself
//! and a percentile, given out as the middle of its bucket, is off by at most a 64th (1.6 %) at any scale
//! from 32 ns to 68 s; below, exactly. Longer ones are counted in the last bucket, and the maximum is kept
//! beside. Two histograms are merged by adding: percentiles of an hour come from its minutes' counts,
//! never from their percentiles.

use serde::Serialize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use utoipa::ToSchema;

/// Parts of a power of two, as a power of two.
const PART_BITS: u32 = 5;
const PARTS: u64 = 1 << PART_BITS;
/// Beyond 2^36 ns, 68.7 s, everything is the same.
const TOP_BITS: u32 = 36;
/// 8 kB as numbers of 64 bits.
pub const BUCKETS: usize = ((TOP_BITS - PART_BITS + 1) * PARTS as u32) as usize;
/// A percentile is off by at most this part of itself.
pub const RELATIVE_ERROR: f64 = 1.0 / (2 * PARTS) as f64;
/// The first byte of an encoded histogram.
const VERSION: u8 = 1;

/// The bucket of a duration in nanoseconds.
fn bucket(nanos: u64) -> usize {
    if nanos < PARTS {
        return nanos as usize;
    }
    let nanos = nanos.min((1 << TOP_BITS) - 1);
    let shift = nanos.ilog2() - PART_BITS;
    ((u64::from(shift) << PART_BITS) + (nanos >> shift)) as usize
}

/// The least nanoseconds of a bucket, and the least of the next.
fn bounds(bucket: usize) -> (u64, u64) {
    let (octave, bucket) = (bucket as u64 >> PART_BITS, bucket as u64);
    if octave < 2 {
        return (bucket, bucket + 1);
    }
    let shift = octave - 1;
    let part = bucket - (shift << PART_BITS);
    (part << shift, (part + 1) << shift)
}

/// Counted into by any number of threads, without a lock: a few nanoseconds each.
pub struct Recorder {
    counts: Box<[AtomicU64; BUCKETS]>,
    sum_ns: AtomicU64,
    bytes: AtomicU64,
    /// Extremes since they were last taken.
    min_ns: AtomicU64,
    max_ns: AtomicU64,
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder {
            counts: Box::new([const { AtomicU64::new(0) }; BUCKETS]),
            sum_ns: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            min_ns: AtomicU64::new(u64::MAX),
            max_ns: AtomicU64::new(0),
        }
    }
}

impl Recorder {
    /// One more, of so many nanoseconds and bytes.
    pub fn record(&self, nanos: u64, bytes: u64) {
        self.counts[bucket(nanos)].fetch_add(1, Relaxed);
        self.sum_ns.fetch_add(nanos, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
        // Mostly neither: two loads and no write.
        if nanos > self.max_ns.load(Relaxed) {
            self.max_ns.fetch_max(nanos, Relaxed);
        }
        if nanos < self.min_ns.load(Relaxed) {
            self.min_ns.fetch_min(nanos, Relaxed);
        }
    }

    /// Everything since the start, and the extremes of the open stretch.
    pub fn read(&self) -> Figures {
        self.read_with(self.min_ns.load(Relaxed), self.max_ns.load(Relaxed))
    }

    /// As `read`, and the extremes begin anew. What is recorded at this very moment may have its extremes
    /// here and its count in the next stretch, which then takes them from its histogram.
    pub fn close(&self) -> Figures {
        self.read_with(self.min_ns.swap(u64::MAX, Relaxed), self.max_ns.swap(0, Relaxed))
    }

    fn read_with(&self, min_ns: u64, max_ns: u64) -> Figures {
        let counts: Vec<_> = self.counts.iter().map(|count| count.load(Relaxed)).collect();
        Figures {
            histogram: Histogram::new(0, &counts),
            sum_ns: self.sum_ns.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            min_ns,
            max_ns,
        }
    }
}

/// Counts that stand still: those from the first bucket that is not empty to the last, since a minute's
/// durations lie within a fifth of all buckets, and adding them up is what reading a month does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// The bucket of the first count; zero when there is none.
    first: usize,
    counts: Vec<u64>,
}

impl Histogram {
    /// Of counts from bucket `first` on.
    fn new(first: usize, counts: &[u64]) -> Histogram {
        let is_some = |count: &u64| *count > 0;
        let Some(begin) = counts.iter().position(is_some) else { return Histogram::default() };
        let end = counts.iter().rposition(is_some).map_or(begin, |last| last + 1);
        Histogram { first: first + begin, counts: counts[begin..end].to_vec() }
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub fn add(&mut self, other: &Histogram) {
        if other.counts.is_empty() {
            return;
        }
        self.make_room(other.first, other.first + other.counts.len());
        let same = &mut self.counts[other.first - self.first..];
        same.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
    }

    /// There are counts from bucket `first` to before `end` afterwards.
    fn make_room(&mut self, first: usize, end: usize) {
        if self.counts.is_empty() {
            self.first = first;
        }
        if first < self.first {
            let before = std::iter::repeat_n(0, self.first - first);
            self.counts.splice(0..0, before);
            self.first = first;
        }
        let length = (end - self.first).max(self.counts.len());
        self.counts.resize(length, 0);
    }

    /// What came since `earlier`.
    fn since(&self, earlier: &Histogram) -> Histogram {
        let before = |bucket: usize| {
            let place = bucket.checked_sub(earlier.first);
            place.and_then(|place| earlier.counts.get(place)).copied().unwrap_or(0)
        };
        let counts: Vec<_> =
            self.buckets().map(|(bucket, count)| count.saturating_sub(before(bucket))).collect();
        Histogram::new(self.first, &counts)
    }

    fn buckets(&self) -> impl Iterator<Item = (usize, u64)> {
        self.counts.iter().enumerate().map(|(place, count)| (self.first + place, *count))
    }

    /// Beginning of the first bucket and end of the last, in nanoseconds.
    fn bounds_ns(&self) -> Option<(u64, u64)> {
        let last = (self.first + self.counts.len()).checked_sub(1)?;
        (!self.counts.is_empty()).then(|| (bounds(self.first).0, bounds(last).1 - 1))
    }

    /// The middle of the bucket in which the `share` smallest of all end, in nanoseconds; by nearest
    /// rank. `None` when there is nothing.
    fn quantile_ns(&self, share: f64) -> Option<f64> {
        let count = self.count();
        let rank = ((share * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        let (found, _) = self.buckets().find(|(_, n)| {
            seen += n;
            seen >= rank
        })?;
        let (low, high) = bounds(found);
        Some((low + high - 1) as f64 / 2.0)
    }

    /// How many took less than 2^`bits` nanoseconds: exact, since buckets end at powers of two.
    pub fn below_power(&self, bits: u32) -> u64 {
        let end = bucket(1 << bits.min(TOP_BITS - 1));
        self.counts.iter().take(end.saturating_sub(self.first)).sum()
    }

    /// How many took how long, in steps that a person reads: `Step::EDGES_MS`, from the first that is not
    /// empty to the last. A bucket that an edge divides is counted by its middle.
    pub fn steps(&self) -> Vec<Step> {
        let mut counts = [0; Step::EDGES_MS.len() + 1];
        for (bucket, count) in self.buckets() {
            let (low, high) = bounds(bucket);
            let middle_ms = (low + high - 1) as f64 / 2e6;
            counts[Step::EDGES_MS.partition_point(|edge| *edge <= middle_ms)] += count;
        }
        let step = |(place, requests): (usize, &u64)| Step {
            from_ms: place.checked_sub(1).map_or(0.0, |before| Step::EDGES_MS[before]),
            to_ms: Step::EDGES_MS.get(place).copied(),
            requests: *requests,
        };
        let steps: Vec<_> = counts.iter().enumerate().map(step).collect();
        let is_some = |step: &Step| step.requests > 0;
        let Some(first) = steps.iter().position(is_some) else { return Vec::new() };
        let end = steps.iter().rposition(is_some).map_or(first, |last| last + 1);
        steps[first..end].to_vec()
    }

    /// As bytes: the version, then for each bucket that is not empty how many are left out before it and
    /// its count, as variable-length numbers.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let mut next = 0;
        for (bucket, count) in self.buckets().filter(|(_, count)| *count > 0) {
            put(&mut bytes, (bucket - next) as u64);
            put(&mut bytes, count);
            next = bucket + 1;
        }
        bytes
    }

    /// `None` when the bytes are not an encoded histogram of a known version.
    pub fn decode(bytes: &[u8]) -> Option<Histogram> {
        let (&VERSION, mut rest) = bytes.split_first()? else { return None };
        let mut counts = Vec::with_capacity(rest.len());
        let mut first = None;
        let mut next: usize = 0;
        while !rest.is_empty() {
            let bucket = next.checked_add(usize::try_from(take(&mut rest)?).ok()?)?;
            if bucket >= BUCKETS {
                return None;
            }
            let first = *first.get_or_insert(bucket);
            counts.resize(bucket - first, 0);
            counts.push(take(&mut rest)?);
            next = bucket + 1;
        }
        Some(Histogram::new(first.unwrap_or(0), &counts))
    }
}

/// Requests that took from `from_ms` to less than `to_ms`; the edges are known to `RELATIVE_ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = LatencyStep)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub from_ms: f64,
    /// `null`: no end.
    #[schema(required)]
    pub to_ms: Option<f64>,
    pub requests: u64,
}

impl Step {
    /// Six for each power of ten, about as far from each other. Beyond the last, histograms end.
    #[rustfmt::skip]
    const EDGES_MS: [f64; 46] = [
        0.001, 0.0015, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07,
        0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0,
        10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0, 200.0, 300.0, 500.0, 700.0,
        1_000.0, 1_500.0, 2_000.0, 3_000.0, 5_000.0, 7_000.0, 10_000.0, 15_000.0, 20_000.0, 30_000.0,
    ];
}

/// Seven bits a byte, the least first; the highest bit says that more follow.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// What is known of a stretch of time: how often, how long, how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub histogram: Histogram,
    pub sum_ns: u64,
    pub bytes: u64,
    pub min_ns: u64,
    pub max_ns: u64,
}

impl Default for Figures {
    fn default() -> Self {
        Figures {
            histogram: Histogram::default(),
            sum_ns: 0,
            bytes: 0,
            min_ns: u64::MAX,
            max_ns: 0,
        }
    }
}

impl Figures {
    pub fn count(&self) -> u64 {
        self.histogram.count()
    }

    pub fn add(&mut self, other: &Figures) {
        self.histogram.add(&other.histogram);
        self.sum_ns += other.sum_ns;
        self.bytes += other.bytes;
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
    }

    /// What came since `earlier`; the extremes are those of `self`.
    pub fn since(&self, earlier: &Figures) -> Figures {
        Figures {
            histogram: self.histogram.since(&earlier.histogram),
            sum_ns: self.sum_ns.saturating_sub(earlier.sum_ns),
            bytes: self.bytes.saturating_sub(earlier.bytes),
            min_ns: self.min_ns,
            max_ns: self.max_ns,
        }
    }

    /// With extremes if there is anything, if need be those of the histogram.
    pub fn settle(&mut self) {
        if self.min_ns > self.max_ns
            && let Some((min_ns, max_ns)) = self.histogram.bounds_ns()
        {
            (self.min_ns, self.max_ns) = (min_ns, max_ns);
        }
    }

    /// Milliseconds; `None` when there is nothing. Never beyond the extremes, which are exact.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let nanos = self.histogram.quantile_ns(share)?;
        let (min, max) = (self.min_ns as f64, self.max_ns as f64);
        let nanos = if min <= max { nanos.clamp(min, max) } else { nanos };
        Some(nanos / 1e6)
    }

    /// Milliseconds; `None` when there is nothing.
    pub fn mean_ms(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| self.sum_ns as f64 / count as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recorded(values: &[u64]) -> Figures {
        let recorder = Recorder::default();
        values.iter().for_each(|value| recorder.record(*value, 1));
        recorder.read()
    }

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        assert_eq!(bounds(0).0, 0);
        for at in 0..BUCKETS {
            let (low, high) = bounds(at);
            assert_eq!((bucket(low), bucket(high - 1)), (at, at));
            assert!(at + 1 == BUCKETS || bounds(at + 1).0 == high, "{at}");
        }
        assert_eq!(bounds(BUCKETS - 1).1, 1 << TOP_BITS);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    /// Between 1 us and 60 s, over seven decades, evenly by magnitude.
    fn durations() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(
            (3.0..10.778_f64).prop_map(|exponent| 10_f64.powf(exponent) as u64),
            1..400,
        )
    }

    proptest! {
        /// The oracle is exact: the sorted values. The second, hdrhistogram with four digits.
        #[test]
        fn percentiles_are_those_of_the_oracles(values in durations()) {
            let figures = recorded(&values);
            let mut sorted = values.clone();
            sorted.sort_unstable();
            let mut other = hdrhistogram::Histogram::<u64>::new_with_bounds(1, 70_000_000_000, 4).unwrap();
            values.iter().for_each(|value| other.record(*value).unwrap());
            for share in [0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
                let rank = ((share * sorted.len() as f64).ceil() as usize).max(1);
                let ours = figures.quantile_ms(share).unwrap() * 1e6;
                let theirs = other.value_at_quantile(share) as f64;
                for (what, oracle) in [("sorted", sorted[rank - 1] as f64), ("hdr", theirs)] {
                    let error = (ours - oracle).abs() / oracle;
                    prop_assert!(error <= RELATIVE_ERROR + 2e-4, "{what} p{share}: {ours} {oracle}");
                }
            }
        }

        #[test]
        fn steps_lose_nobody(values in durations()) {
            let histogram = recorded(&values).histogram;
            let steps = histogram.steps();
            prop_assert_eq!(steps.iter().map(|step| step.requests).sum::<u64>(), histogram.count());
            for step in steps.iter().filter(|step| step.requests > 0) {
                let (low, high) = (step.from_ms * 1e6, step.to_ms.unwrap_or(f64::MAX) * 1e6);
                let near = |nanos: f64| {
                    low * (1.0 - 2.0 * RELATIVE_ERROR) <= nanos && nanos <= high * (1.0 + 2.0 * RELATIVE_ERROR)
                };
                prop_assert!(values.iter().any(|nanos| near(*nanos as f64)), "{step:?}");
            }
        }

        #[test]
        fn merging_is_recording_together(a in durations(), b in durations()) {
            let mut merged = recorded(&a);
            merged.add(&recorded(&b));
            let whole = recorded(&[a.clone(), b].concat());
            prop_assert_eq!(&merged, &whole);
            let rest = whole.since(&recorded(&a));
            prop_assert_eq!(rest.count() + a.len() as u64, whole.count());
        }

        #[test]
        fn what_was_encoded_comes_back(values in durations()) {
            let histogram = recorded(&values).histogram;
            prop_assert_eq!(Histogram::decode(&histogram.encode()), Some(histogram));
        }

        #[test]
        fn any_bytes_are_a_histogram_or_not_and_nothing_else_happens(bytes: Vec<u8>) {
            let _ = Histogram::decode(&bytes);
            let _ = Histogram::decode(&[&[VERSION], &bytes[..]].concat());
        }
    }

    #[test]
    fn what_is_not_a_histogram_is_refused() {
        let rows: [(&str, &[u8]); 5] = [
            ("nothing", &[]),
            ("another version", &[2, 0, 1]),
            ("a bucket without a count", &[1, 5]),
            ("a bucket beyond the last", &[1, 0xff, 0x7f, 1]),
            ("a number without end", &[1, 0x80, 0x80]),
        ];
        for (what, bytes) in rows {
            assert_eq!(Histogram::decode(bytes), None, "{what}");
        }
    }

    #[test]
    fn powers_of_two_are_counted_exactly() {
        let figures = recorded(&[1 << 14, (1 << 14) - 1, 1 << 20, (1 << 34) + 1]);
        let rows = [(13, 0), (14, 1), (15, 2), (20, 2), (21, 3), (34, 3), (35, 4)];
        for (bits, expected) in rows {
            assert_eq!(figures.histogram.below_power(bits), expected, "2^{bits}");
        }
    }

    #[test]
    fn steps_are_those_that_a_person_reads() {
        let steps = |nanos: &[u64]| {
            let steps = recorded(nanos).histogram.steps();
            steps.iter().map(|s| (s.from_ms, s.to_ms, s.requests)).collect::<Vec<_>>()
        };
        assert_eq!(steps(&[]), []);
        assert_eq!(steps(&[400]), [(0.0, Some(0.001), 1)]);
        assert_eq!(steps(&[u64::MAX]), [(30_000.0, None, 1)]);
        // Whole from the first to the last, those between them too.
        let rows = steps(&[600_000, 600_000, 1_200_000, 2_500_000]);
        let whole = [(0.5, 2), (0.7, 0), (1.0, 1), (1.5, 0), (2.0, 1)];
        assert_eq!(rows.iter().map(|row| (row.0, row.2)).collect::<Vec<_>>(), whole);
        assert!(rows.windows(2).all(|two| two[0].1 == Some(two[1].0)), "{rows:?}");
    }

    #[test]
    fn the_extremes_are_of_the_stretch() {
        let recorder = Recorder::default();
        recorder.record(5_000_000, 10);
        assert_eq!(recorder.close().max_ns, 5_000_000);
        recorder.record(1_000, 10);
        recorder.record(2_000, 10);
        let figures = recorder.read();
        assert_eq!((figures.min_ns, figures.max_ns, figures.bytes), (1_000, 2_000, 30));
    }

    #[test]
    fn a_count_whose_extremes_went_elsewhere_has_those_of_its_bucket() {
        let histogram = recorded(&[1_000_000]).histogram;
        let mut lost = Figures { histogram, ..Figures::default() };
        lost.settle();
        let Figures { min_ns, max_ns, .. } = lost;
        assert!((min_ns..=max_ns).contains(&1_000_000) && max_ns - min_ns < 40_000);
        let mut nothing = Figures::default();
        nothing.settle();
        assert_eq!(nothing, Figures::default());
    }

    #[test]
    fn nothing_has_no_percentile() {
        let figures = Figures::default();
        assert_eq!((figures.quantile_ms(0.5), figures.mean_ms()), (None, None));
    }
}
