//! Latency as a chart for a terminal: bars over a scale that grows in steps of 1, 2 and 5, because a service's
//! latencies span four orders of magnitude.
//!
//! A bar's length is the share of requests in its range; beside it stands the share that took no longer, which is
//! where the tail is read: bars of a thousandth cannot be seen. Plain characters, at most 80 columns.

use super::quantity::shown_share;

const BAR_COLUMNS: usize = 36;
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A range of latency, up to and with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub from_us: u64,
    pub to_us: u64,
    pub requests: u64,
}

/// Ends of the ranges: 10, 20, 50, 100, ... microseconds.
fn ends_us() -> impl Iterator<Item = u64> {
    (1..=9).flat_map(|power| [1, 2, 5].map(|step| step * 10_u64.pow(power)))
}

/// Requests by range, from the first that has any to the last, from value and count pairs in any order.
pub fn ranges(latencies_us: impl Iterator<Item = (u64, u64)>) -> Vec<Range> {
    let mut from_us = 0;
    let mut ranges: Vec<Range> = ends_us()
        .map(|to_us| Range { from_us: std::mem::replace(&mut from_us, to_us), to_us, requests: 0 })
        .collect();
    let last = ranges.len() - 1;
    for (us, count) in latencies_us {
        let at = ranges.partition_point(|range| range.to_us < us);
        ranges[at.min(last)].requests += count;
    }
    let is_used = |range: &Range| range.requests > 0;
    let first = ranges.iter().position(is_used);
    let end = ranges.iter().rposition(is_used);
    match (first, end) {
        (Some(first), Some(end)) => ranges[first..=end].to_vec(),
        _ => Vec::new(),
    }
}

/// A line for each range.
pub fn lines(ranges: &[Range]) -> Vec<String> {
    let all: u64 = ranges.iter().map(|range| range.requests).sum();
    let most = ranges.iter().map(|range| range.requests).max().unwrap_or(0);
    let mut so_far = 0;
    let line = |range: &Range| {
        so_far += range.requests;
        let share = |count: u64| shown_share(count as f64 / all.max(1) as f64);
        format!(
            "  {:>6} - {:>6} {:<2}  {:<BAR_COLUMNS$}  {:>8}  {:>8}",
            number(range.from_us, range.to_us),
            number(range.to_us, range.to_us),
            unit(range.to_us).1,
            bar(range.requests, most),
            share(range.requests),
            share(so_far),
        )
    };
    ranges.iter().map(line).collect()
}

/// Above the lines, in their columns.
pub fn heading() -> String {
    format!("  {:<18}  {:<BAR_COLUMNS$}  {:>8}  {:>8}", "latency", "", "requests", "so far")
}

fn unit(us: u64) -> (f64, &'static str) {
    match us {
        0..1_000 => (1.0, "us"),
        1_000..1_000_000 => (1e3, "ms"),
        _ => (1e6, "s"),
    }
}

/// A range is told in the unit of its end.
fn number(us: u64, of_us: u64) -> String {
    format!("{}", us as f64 / unit(of_us).0)
}

/// In eighths of a column, and never nothing for something.
fn bar(count: u64, most: u64) -> String {
    if count == 0 {
        return String::new();
    }
    let eighths = (count as f64 / most as f64 * (BAR_COLUMNS * 8) as f64).round() as usize;
    let eighths = eighths.max(1);
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_in_one_range() {
        let latencies = [(0, 1), (10, 1), (11, 2), (999, 3), (1_000, 4), (u64::MAX, 5)];
        let ranges = ranges(latencies.into_iter());
        assert_eq!(ranges.iter().map(|range| range.requests).sum::<u64>(), 16);
        assert_eq!(ranges[0], Range { from_us: 0, to_us: 10, requests: 2 });
        let at = |to_us| ranges.iter().find(|range| range.to_us == to_us).unwrap().requests;
        assert_eq!((at(20), at(50), at(1_000)), (2, 0, 7));
        assert!(super::ranges(std::iter::empty()).is_empty());
    }

    #[test]
    fn a_chart_fits_eighty_columns_and_shows_the_tail() {
        let ranges = ranges([(150, 1_000_000), (450, 500_000), (9_000_000, 1)].into_iter());
        let lines = lines(&ranges);
        for line in lines.iter().chain([&heading()]) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        assert_eq!(lines[0].matches('█').count(), BAR_COLUMNS);
        let last = lines.last().unwrap();
        assert!(last.contains("5 -     10 s") && last.contains('▏'), "{last}");
        assert!(last.contains("0.01 %") && last.ends_with("100 %"), "{last}");
        assert!(
            lines[1].contains("200 -    500 us") && lines[2].contains("0.5 -      1 ms"),
            "{lines:?}"
        );
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(0, 10), "");
        assert_eq!(bar(10, 10).chars().count(), BAR_COLUMNS);
        assert_eq!(bar(5, 10).chars().count(), BAR_COLUMNS / 2);
        assert_eq!(bar(1, 1_000_000_000), "▏");
    }
}
