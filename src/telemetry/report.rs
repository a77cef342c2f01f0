//! How a stretch of time was: totals, percentiles, tiers, routes and a series, from spans of whatever
//! source. Percentiles are of merged histograms at every level.

use super::histogram::{Figures, RELATIVE_ERROR, Step};
use super::history::{HOUR_MS, MINUTE_MS, Span};
use super::requests::{ByKind, Kind, Tier};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Longer stretches are told by the hour.
const LONGEST_BY_MINUTE_MS: i64 = 24 * HOUR_MS;

/// From when to when, and in what steps. Milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// At the beginning of a step: what was asked for, and up to a step more.
    pub from_ms: i64,
    pub to_ms: i64,
    /// `MINUTE_MS` or `HOUR_MS`.
    pub step_ms: i64,
}

impl Range {
    /// The last `length_ms` before `now_ms`.
    pub fn last(length_ms: i64, now_ms: i64) -> Range {
        let step_ms = if length_ms <= LONGEST_BY_MINUTE_MS { MINUTE_MS } else { HOUR_MS };
        let from_ms = now_ms - length_ms;
        Range { from_ms: from_ms - from_ms.rem_euclid(step_ms), to_ms: now_ms, step_ms }
    }
}

/// Durations in milliseconds. A percentile is off by at most `relativeError`; the extremes are exact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    pub min_ms: f64,
    pub mean_ms: f64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    #[serde(rename = "p99_9Ms")]
    pub p99_9_ms: f64,
    pub max_ms: f64,
}

impl Latency {
    /// `None` when there is nothing.
    fn of(figures: &Figures) -> Option<Latency> {
        let quantile = |share| figures.quantile_ms(share).map(rounded);
        Some(Latency {
            min_ms: rounded(figures.min_ns as f64 / 1e6),
            mean_ms: rounded(figures.mean_ms()?),
            p50_ms: quantile(0.5)?,
            p90_ms: quantile(0.9)?,
            p95_ms: quantile(0.95)?,
            p99_ms: quantile(0.99)?,
            p99_9_ms: quantile(0.999)?,
            max_ms: rounded(figures.max_ns as f64 / 1e6),
        })
    }
}

/// Requests that belong together.
#[derive(Clone, Debug, Default)]
struct Sum {
    all: Figures,
    errors: u64,
    client_errors: u64,
    /// By `Tier::ALL`.
    tiers: [u64; Tier::ALL.len()],
}

impl Sum {
    fn add(&mut self, kind: &Kind, figures: &Figures) {
        self.all.add(figures);
        let count = figures.count();
        self.errors += if kind.class.is_error() { count } else { 0 };
        self.client_errors += if kind.class.is_client_error() { count } else { 0 };
        self.tiers[kind.tier as usize] += count;
    }

    fn tier(&self, tier: Tier) -> u64 {
        self.tiers[tier as usize]
    }

    /// Share of answers to questions that came from a tier.
    fn hit_rate(&self) -> Option<f64> {
        let hits = self.tier(Tier::Memory) + self.tier(Tier::Store);
        share(hits, hits + self.tier(Tier::Computed))
    }

    fn totals(&self, seconds: f64) -> Totals {
        let requests = self.all.count();
        Totals {
            requests,
            errors: self.errors,
            client_errors: self.client_errors,
            error_rate: share(self.errors, requests),
            requests_per_second: rounded(requests as f64 / seconds),
            bytes: self.all.bytes,
            latency: Latency::of(&self.all),
        }
    }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    pub requests: u64,
    /// Answered with 5xx: ours.
    pub errors: u64,
    /// Answered with 4xx: the caller's.
    pub client_errors: u64,
    /// `errors` by `requests`; `null` without a request.
    pub error_rate: Option<f64>,
    pub requests_per_second: f64,
    /// Of bodies of answers.
    pub bytes: u64,
    /// `null` without a request.
    pub latency: Option<Latency>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TierReport {
    pub tier: &'static str,
    pub answers: u64,
    /// Of all answers to questions.
    pub share: Option<f64>,
    pub latency: Option<Latency>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouteReport {
    pub route: String,
    #[serde(flatten)]
    pub totals: Totals,
}

/// A minute or an hour.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    pub start_ms: i64,
    pub requests: u64,
    pub errors: u64,
    pub client_errors: u64,
    /// Answers to questions, by where they came from.
    pub memory: u64,
    pub store: u64,
    pub computed: u64,
    pub hit_rate: Option<f64>,
    pub p50_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub max_ms: Option<f64>,
    /// Whether all of it is in the store, and survives whatever ends the process.
    pub stored: bool,
}

/// The slowest request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Slowest {
    pub route: String,
    pub status: &'static str,
    pub duration_ms: f64,
    /// Of the minute or hour that it was in.
    pub start_ms: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub from_ms: i64,
    pub to_ms: i64,
    pub step_seconds: i64,
    pub relative_error: f64,
    pub totals: Totals,
    /// How many took how long, from the fastest to the slowest; edges are off by `relativeError` at most.
    pub histogram: Vec<Step>,
    /// Share of answers to questions that a tier had; `null` without an answer.
    pub hit_rate: Option<f64>,
    pub tiers: Vec<TierReport>,
    /// The most asked first.
    pub routes: Vec<RouteReport>,
    pub slowest: Option<Slowest>,
    /// Only steps with requests in them.
    pub series: Vec<Point>,
}

/// A report in the making: spans are added up one after the other, so that a month of them is never in
/// memory at once.
pub struct ReportBuilder {
    range: Range,
    route: Option<String>,
    /// When the counting began, of what was added: rates are over the time that was counted.
    since_ms: i64,
    /// What totals, tiers and routes are made of in the end, so that a row is added up only twice.
    kinds: ByKind,
    points: BTreeMap<i64, (Sum, bool)>,
    slowest: Option<Slowest>,
}

impl ReportBuilder {
    /// `since_ms`: when this run began to count. `route`: only of this one.
    pub fn new(range: Range, since_ms: i64, route: Option<&str>) -> Self {
        ReportBuilder {
            range,
            route: route.map(str::to_owned),
            since_ms,
            kinds: ByKind::new(),
            points: BTreeMap::new(),
            slowest: None,
        }
    }

    pub fn range(&self) -> Range {
        self.range
    }

    pub fn is_of_a_route(&self) -> bool {
        self.route.is_some()
    }

    /// Takes in a span if it is of the range, in its steps. `stored`: whether it is in the store.
    pub fn add(&mut self, span: &Span, stored: bool) {
        let Range { from_ms, to_ms, step_ms } = self.range;
        let inside = from_ms <= span.start_ms && span.start_ms <= to_ms;
        if !inside || span.length_ms != step_ms || span.kinds.is_empty() {
            return;
        }
        self.since_ms = self.since_ms.min(span.start_ms.max(span.run_ms));
        for (kind, figures) in &span.kinds {
            if self.route.as_ref().is_none_or(|route| *route == kind.route) {
                self.add_kind(span, stored, kind, figures);
            }
        }
    }

    fn add_kind(&mut self, span: &Span, stored: bool, kind: &Kind, figures: &Figures) {
        match self.kinds.get_mut(kind) {
            Some(sum) => sum.add(figures),
            None => drop(self.kinds.insert(kind.clone(), figures.clone())),
        }
        let (point, all_stored) =
            self.points.entry(span.start_ms).or_insert_with(|| (Sum::default(), true));
        point.add(kind, figures);
        *all_stored &= stored;
        let duration_ms = rounded(figures.max_ns as f64 / 1e6);
        if self.slowest.as_ref().is_none_or(|slowest| duration_ms > slowest.duration_ms) {
            self.slowest = Some(Slowest {
                route: kind.route.clone(),
                status: kind.class.name(),
                duration_ms,
                start_ms: span.start_ms,
            });
        }
    }

    pub fn report(self) -> Report {
        let Range { from_ms, to_ms, step_ms } = self.range;
        let seconds = (to_ms - from_ms.max(self.since_ms)).max(1_000) as f64 / 1_000.0;
        let mut sum = Sum::default();
        let (mut tiers, mut routes) = (BTreeMap::new(), BTreeMap::new());
        for (kind, figures) in &self.kinds {
            sum.add(kind, figures);
            routes.entry(&kind.route).or_insert_with(Sum::default).add(kind, figures);
            if kind.tier != Tier::None {
                tiers.entry(kind.tier).or_insert_with(Figures::default).add(figures);
            }
        }
        let points = self.points.into_iter();
        Report {
            from_ms,
            to_ms,
            step_seconds: step_ms / 1_000,
            relative_error: RELATIVE_ERROR,
            totals: sum.totals(seconds),
            histogram: sum.all.histogram.steps(),
            hit_rate: sum.hit_rate(),
            tiers: tier_reports(&tiers),
            routes: route_reports(&routes, seconds),
            slowest: self.slowest,
            series: points.map(|(at, (sum, stored))| point(at, &sum, stored)).collect(),
        }
    }
}

fn tier_reports(tiers: &BTreeMap<Tier, Figures>) -> Vec<TierReport> {
    let answers: u64 = tiers.values().map(Figures::count).sum();
    let report = |(tier, figures): (&Tier, &Figures)| TierReport {
        tier: tier.name(),
        answers: figures.count(),
        share: share(figures.count(), answers),
        latency: Latency::of(figures),
    };
    tiers.iter().map(report).collect()
}

/// The most asked first.
fn route_reports(routes: &BTreeMap<&String, Sum>, seconds: f64) -> Vec<RouteReport> {
    let report = |(route, sum): (&&String, &Sum)| RouteReport {
        route: (*route).clone(),
        totals: sum.totals(seconds),
    };
    let mut reports: Vec<_> = routes.iter().map(report).collect();
    reports.sort_by_key(|route| std::cmp::Reverse(route.totals.requests));
    reports
}

fn point(start_ms: i64, sum: &Sum, stored: bool) -> Point {
    let quantile = |share| sum.all.quantile_ms(share).map(rounded);
    let requests = sum.all.count();
    Point {
        start_ms,
        requests,
        errors: sum.errors,
        client_errors: sum.client_errors,
        memory: sum.tier(Tier::Memory),
        store: sum.tier(Tier::Store),
        computed: sum.tier(Tier::Computed),
        hit_rate: sum.hit_rate(),
        p50_ms: quantile(0.5),
        p95_ms: quantile(0.95),
        p99_ms: quantile(0.99),
        max_ms: (requests > 0).then(|| rounded(sum.all.max_ns as f64 / 1e6)),
        stored,
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

/// To the microsecond of a number in milliseconds, or a thousandth of whatever it is.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Recorder;
    use super::super::requests::StatusClass;
    use super::*;

    const START_MS: i64 = 20_000 * 24 * HOUR_MS;

    fn figures(nanos: &[u64]) -> Figures {
        let recorder = Recorder::default();
        nanos.iter().for_each(|nanos| recorder.record(*nanos, 100));
        recorder.read()
    }

    fn span(minute: i64, run_ms: i64, kinds: &[(&str, u16, Tier, &[u64])]) -> Span {
        let kind = |(route, status, tier, nanos): &(&str, u16, Tier, &[u64])| {
            let class = StatusClass::of(*status);
            (Kind { route: (*route).to_owned(), class, tier: *tier }, figures(nanos))
        };
        let kinds = kinds.iter().map(kind).collect();
        Span { length_ms: MINUTE_MS, start_ms: START_MS + minute * MINUTE_MS, run_ms, kinds }
    }

    /// Milliseconds.
    const MS: u64 = 1_000_000;

    fn example(route: Option<&str>) -> Report {
        let spans = [
            span(
                0,
                1,
                &[("/r", 200, Tier::Memory, &[MS; 90]), ("/h", 200, Tier::None, &[MS / 10])],
            ),
            span(1, START_MS, &[("/r", 200, Tier::Computed, &[20 * MS; 8])]),
            // Another run in the same minute.
            span(
                1,
                2,
                &[("/r", 200, Tier::Store, &[2 * MS; 2]), ("/r", 500, Tier::None, &[90 * MS])],
            ),
            span(-90, 1, &[("/r", 200, Tier::Memory, &[MS])]),
        ];
        let range = Range::last(HOUR_MS, START_MS + 2 * MINUTE_MS);
        let mut builder = ReportBuilder::new(range, START_MS + MINUTE_MS, route);
        for (span, stored) in spans.iter().zip([true, true, false, true]) {
            builder.add(span, stored);
        }
        builder.report()
    }

    #[test]
    fn spans_are_added_up() {
        let report = example(None);
        let totals = &report.totals;
        assert_eq!((totals.requests, totals.errors, totals.client_errors), (102, 1, 0));
        assert_eq!((report.hit_rate, totals.bytes), (Some(0.92), 10_200));
        assert_eq!(
            totals.requests_per_second, 0.85,
            "over two minutes, since nobody counted before"
        );
        let steps: Vec<_> = report.histogram.iter().filter(|s| s.requests > 0).collect();
        let steps: Vec<_> = steps.iter().map(|step| (step.from_ms, step.requests)).collect();
        assert_eq!(steps, [(0.07, 1), (1.0, 90), (2.0, 2), (20.0, 8), (70.0, 1)]);
        let slowest = report.slowest.unwrap();
        assert_eq!(
            (slowest.route.as_str(), slowest.status, slowest.duration_ms),
            ("/r", "5xx", 90.0)
        );
        let tiers: Vec<_> = report.tiers.iter().map(|t| (t.tier, t.answers)).collect();
        assert_eq!(tiers, [("memory", 90), ("store", 2), ("computed", 8)]);
        let points: Vec<_> =
            report.series.iter().map(|p| (p.requests, p.errors, p.stored)).collect();
        assert_eq!(points, [(91, 0, true), (11, 1, false)]);
    }

    #[test]
    fn a_percentile_is_of_the_whole_and_not_a_mean_of_percentiles() {
        let latency = example(Some("/r")).totals.latency.unwrap();
        // 90 of 1 ms, 2 of 2 ms, 8 of 20 ms, 1 of 90 ms.
        for (what, found, exact) in [
            ("p50", latency.p50_ms, 1.0),
            ("p90", latency.p90_ms, 2.0),
            ("p95", latency.p95_ms, 20.0),
            ("p99.9", latency.p99_9_ms, 90.0),
        ] {
            assert!((found - exact).abs() <= exact * RELATIVE_ERROR, "{what}: {found} {exact}");
        }
        assert_eq!((latency.min_ms, latency.max_ms), (1.0, 90.0));
    }

    #[test]
    fn steps_are_minutes_for_a_day_and_hours_beyond() {
        let now_ms = START_MS + 90_000;
        let rows = [
            (5 * MINUTE_MS, MINUTE_MS, START_MS - 4 * MINUTE_MS),
            (24 * HOUR_MS, MINUTE_MS, START_MS + MINUTE_MS - 24 * HOUR_MS),
            (25 * HOUR_MS, HOUR_MS, START_MS - 25 * HOUR_MS),
            (30 * 24 * HOUR_MS, HOUR_MS, START_MS - 30 * 24 * HOUR_MS),
        ];
        for (length_ms, step_ms, from_ms) in rows {
            let range = Range { from_ms, to_ms: now_ms, step_ms };
            assert_eq!(Range::last(length_ms, now_ms), range, "{length_ms}");
        }
    }

    #[test]
    fn of_nothing_there_are_no_figures_and_no_division_by_zero() {
        let range = Range::last(HOUR_MS, START_MS);
        let report = ReportBuilder::new(range, START_MS, None).report();
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["totals"]["requests"], 0);
        for absent in ["errorRate", "latency"] {
            assert!(json["totals"][absent].is_null(), "{json}");
        }
        assert!(json["hitRate"].is_null() && json["series"].as_array().unwrap().is_empty());
    }
}
