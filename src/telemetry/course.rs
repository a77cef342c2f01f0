//! What the process took in the course of time: memory and processor, looked at once a minute.
//!
//! In memory alone, for a week, in some 300 kB: it is of this run, and ends with it. Months are for whoever scrapes
//! `/metrics`.

use super::history::MINUTE_MS;
use super::process::ProcessFigures;
use super::report::Range;
use parking_lot::Mutex;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use utoipa::ToSchema;

/// A week of minutes.
const MOST: usize = 7 * 24 * 60 + 1;

#[derive(Clone, Copy, Debug)]
struct Sample {
    at_ms: i64,
    resident_bytes: Option<u64>,
    cpu_seconds: Option<f64>,
}

impl Sample {
    fn new(at_ms: i64, figures: ProcessFigures) -> Sample {
        let ProcessFigures { resident_bytes, cpu_seconds, .. } = figures;
        Sample { at_ms, resident_bytes, cpu_seconds }
    }
}

/// A minute or an hour of this run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessPoint {
    pub start_ms: i64,
    /// The most that was seen.
    #[schema(required)]
    pub resident_bytes: Option<u64>,
    /// Of one core: 1 is one core busy all the time.
    #[schema(required)]
    pub cpu_share: Option<f64>,
}

/// One of many readers, one writer a minute.
#[derive(Debug, Default)]
pub struct Course(Mutex<VecDeque<Sample>>);

impl Course {
    /// Looks at the process if the last look was in another minute.
    pub fn look(&self, now_ms: i64, figures: impl FnOnce() -> ProcessFigures) {
        let minute = |at_ms: i64| at_ms.div_euclid(MINUTE_MS);
        let mut samples = self.0.lock();
        if samples.back().is_some_and(|last| minute(last.at_ms) == minute(now_ms)) {
            return;
        }
        samples.push_back(Sample::new(now_ms, figures()));
        if samples.len() > MOST {
            samples.pop_front();
        }
    }

    /// The steps of the range that this run was in; the last as far as it has come, by `now`.
    pub fn points(&self, range: Range, now: ProcessFigures) -> Vec<ProcessPoint> {
        let Range { from_ms, to_ms, step_ms } = range;
        let mut steps: BTreeMap<i64, Step> = BTreeMap::new();
        let samples = self.0.lock();
        let last = Sample::new(to_ms, now);
        let until = samples.iter().skip(1).chain([&last]);
        for (from, to) in samples.iter().zip(until) {
            let start_ms = from.at_ms - from.at_ms.rem_euclid(step_ms);
            // A clock that was put back leaves an end before its beginning: nothing can be said of that.
            if start_ms >= from_ms && from.at_ms < to.at_ms {
                steps.entry(start_ms).or_default().add(from, to);
            }
        }
        steps.into_iter().map(|(start_ms, step)| step.point(start_ms)).collect()
    }
}

/// A step in the making.
#[derive(Default)]
struct Step {
    resident_bytes: Option<u64>,
    cpu_seconds: f64,
    /// In which that was used.
    seconds: f64,
}

impl Step {
    fn add(&mut self, from: &Sample, to: &Sample) {
        self.resident_bytes = self.resident_bytes.max(to.resident_bytes);
        if let (Some(before), Some(after)) = (from.cpu_seconds, to.cpu_seconds) {
            self.cpu_seconds += after - before;
            self.seconds += (to.at_ms - from.at_ms) as f64 / 1e3;
        }
    }

    fn point(self, start_ms: i64) -> ProcessPoint {
        let share = || (self.cpu_seconds / self.seconds * 1e4).round() / 1e4;
        let Step { resident_bytes, seconds, .. } = self;
        ProcessPoint { start_ms, resident_bytes, cpu_share: (seconds > 0.0).then(share) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::history::HOUR_MS;
    use super::*;

    const NOON_MS: i64 = 20_000 * 24 * HOUR_MS + 12 * HOUR_MS;

    fn figures(megabytes: u64, cpu_seconds: f64) -> ProcessFigures {
        ProcessFigures {
            resident_bytes: Some(megabytes * 1_000_000),
            cpu_seconds: Some(cpu_seconds),
            ..ProcessFigures::default()
        }
    }

    /// Looked at every second for three minutes from half a minute past noon.
    fn course() -> Course {
        let course = Course::default();
        for second in 30..210 {
            let look = || figures(second, second as f64 / 2.0);
            course.look(NOON_MS + second as i64 * 1_000, look);
        }
        course
    }

    fn told(points: &[ProcessPoint]) -> Vec<(i64, u64, f64)> {
        let minute = |ms: i64| (ms - NOON_MS) / MINUTE_MS;
        let megabytes = |point: &ProcessPoint| point.resident_bytes.unwrap() / 1_000_000;
        points.iter().map(|p| (minute(p.start_ms), megabytes(p), p.cpu_share.unwrap())).collect()
    }

    #[test]
    fn a_minute_has_its_end_and_the_open_one_is_as_far_as_it_has_come() {
        let range = Range::last(10 * MINUTE_MS, NOON_MS + 210_000);
        let points = course().points(range, figures(500, 135.0));
        assert_eq!(told(&points), [(0, 60, 0.5), (1, 120, 0.5), (2, 180, 0.5), (3, 500, 1.5)]);
    }

    #[test]
    fn an_hour_has_the_most_memory_and_all_of_the_processor() {
        let range = Range::last(48 * HOUR_MS, NOON_MS + 210_000);
        let points = course().points(range, figures(5, 105.0));
        assert_eq!(told(&points), [(0, 180, 0.5)]);
    }

    #[test]
    fn what_is_older_than_the_range_is_left_out() {
        let range = Range::last(MINUTE_MS, NOON_MS + 210_000);
        let points = course().points(range, figures(5, 105.0));
        assert_eq!(told(&points).iter().map(|point| point.0).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn a_clock_that_is_put_back_and_a_system_that_tells_nothing_do_no_harm() {
        let course = course();
        course.look(NOON_MS - HOUR_MS, ProcessFigures::default);
        let range = Range::last(2 * HOUR_MS, NOON_MS + 240_000);
        let points = course.points(range, ProcessFigures::default());
        assert!(points.iter().all(|p| p.cpu_share.is_none_or(|share| share >= 0.0)), "{points:?}");
    }

    #[test]
    fn a_week_is_kept() {
        let course = Course::default();
        for minute in 0..MOST as i64 + 500 {
            course.look(NOON_MS + minute * MINUTE_MS, ProcessFigures::default);
        }
        assert_eq!(course.0.lock().len(), MOST);
    }
}
