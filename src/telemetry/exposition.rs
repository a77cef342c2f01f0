//! Prometheus' text format, version 0.0.4. A family is declared with its help and type where its first
//! sample is written; all its samples follow at once, as the format asks for.

use super::histogram::Figures;
use std::fmt::Write;

/// What `Content-Type` says of it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The histogram's bounds, as powers of two of nanoseconds: 16.4 us, 32.8 us, ... 17.2 s. A hit in memory
/// takes some 20 us and a computation 100, so decimal bounds as Prometheus users know them (5 ms, 10 ms,
/// ...) would put nearly everything into one; and at powers of two our own buckets end, so that every
/// count is exact.
const BOUND_BITS: std::ops::RangeInclusive<u32> = 14..=34;

/// Names and values of labels.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// The text as far as it is written.
#[derive(Default)]
pub struct Exposition(String);

impl Exposition {
    pub fn into_text(self) -> String {
        self.0
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str) -> Family<'_> {
        self.family(name, "gauge", help)
    }

    /// A number since the start; its name ends in `_total`.
    pub fn counter(&mut self, name: &str, help: &str) -> Family<'_> {
        self.family(name, "counter", help)
    }

    /// Durations in seconds.
    pub fn histogram(&mut self, name: &str, help: &str) -> Family<'_> {
        self.family(name, "histogram", help)
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) -> Family<'_> {
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
        Family { text: self, name: name.to_owned() }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.0, "{line}"); // a string takes what is written to it
    }
}

/// One metric, with whatever labels.
pub struct Family<'a> {
    text: &'a mut Exposition,
    name: String,
}

impl Family<'_> {
    pub fn sample(&mut self, labels: Labels<'_>, value: f64) -> &mut Self {
        let labels = written(labels, None);
        self.text.line(format_args!("{}{labels} {value}", self.name));
        self
    }

    /// The only sample of a family without labels.
    pub fn is(&mut self, value: f64) {
        self.sample(&[], value);
    }

    pub fn durations(&mut self, labels: Labels<'_>, figures: &Figures) -> &mut Self {
        let name = &self.name;
        for bits in BOUND_BITS {
            let bound = written(labels, Some(&((1_u64 << bits) as f64 / 1e9).to_string()));
            let count = figures.histogram.below_power(bits);
            self.text.line(format_args!("{name}_bucket{bound} {count}"));
        }
        let all = written(labels, Some("+Inf"));
        let count = figures.count();
        self.text.line(format_args!("{name}_bucket{all} {count}"));
        let labels = written(labels, None);
        self.text.line(format_args!("{name}_sum{labels} {}", figures.sum_ns as f64 / 1e9));
        self.text.line(format_args!("{name}_count{labels} {count}"));
        self
    }
}

fn written(labels: Labels<'_>, bound: Option<&str>) -> String {
    let labels = labels.iter().copied().chain(bound.map(|bound| ("le", bound)));
    let labels: Vec<_> =
        labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Recorder;
    use super::*;

    #[test]
    fn a_family_is_declared_and_its_samples_follow() {
        let mut text = Exposition::default();
        text.gauge("a_bytes", "How much.").is(1.5);
        text.counter("b_total", "How often.").sample(&[("what", "a \"b\"\\\n")], 3.0);
        let expected = "# HELP a_bytes How much.\n# TYPE a_bytes gauge\na_bytes 1.5\n\
                        # HELP b_total How often.\n# TYPE b_total counter\nb_total{what=\"a \\\"b\\\"\\\\\\n\"} 3\n";
        assert_eq!(text.into_text(), expected);
    }

    #[test]
    fn buckets_are_cumulative_and_end_with_all() {
        let recorder = Recorder::default();
        for nanos in [1_000, 20_000, 20_000, 60_000_000_000] {
            recorder.record(nanos, 0);
        }
        let mut text = Exposition::default();
        text.histogram("t_seconds", "How long.").durations(&[("k", "v")], &recorder.read());
        let text = text.into_text();
        for line in [
            "t_seconds_bucket{k=\"v\",le=\"0.000016384\"} 1",
            "t_seconds_bucket{k=\"v\",le=\"0.000032768\"} 3",
            "t_seconds_bucket{k=\"v\",le=\"17.179869184\"} 3",
            "t_seconds_bucket{k=\"v\",le=\"+Inf\"} 4",
            "t_seconds_count{k=\"v\"} 4",
            "t_seconds_sum{k=\"v\"} 60.000041",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
