//! A run in words, for a terminal of 80 columns.

pub mod hints;

use super::chart;
use super::measure::{Measure, Percentiles};
use super::plan::Plan;
use super::quantity::{shown_count, shown_ms, shown_share};
use super::report::Run;
use super::run::{Ending, Finished};
use super::schedule::Pace;
use super::thresholds::Verdict;
use std::fmt::Write;

/// Everything that is told of a run.
pub fn summary(run: &Run) -> String {
    let mut out = String::new();
    ending(&mut out, &run.finished);
    facts(&mut out, run);
    latency(&mut out, &run.finished.measured, &run.plan);
    verdicts(&mut out, &run.verdicts);
    for hint in hints::hints(run) {
        say(&mut out, format_args!("\n{}", wrapped(&hint)));
    }
    out
}

fn say(out: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(out, "{line}").expect("a string takes what is written to it");
}

fn ending(out: &mut String, finished: &Finished) {
    match finished.ending {
        Ending::Whole => {}
        Ending::Interrupted => {
            let seconds = finished.lasted.as_secs_f64();
            say(
                out,
                format_args!(
                    "Interrupted: this is what was answered in {seconds:.1} s, without what was due or under way.\n"
                ),
            );
        }
        Ending::Silent => {
            say(out, format_args!("Ended early: nothing answered for five seconds.\n"));
        }
    }
}

fn facts(out: &mut String, run: &Run) {
    let (finished, measured) = (&run.finished, &run.finished.measured);
    let mut row = |name: &str, text: String| say(out, format_args!("  {name:<13}{text}"));
    let throughput = finished.throughput_per_second().unwrap_or(0.0);
    row(
        "requests",
        format!(
            "{} in {:.1} s, {}/s answered",
            shown_count(measured.requests()),
            finished.lasted.as_secs_f64(),
            shown_count(throughput.round() as u64),
        ),
    );
    row("errors", errors(measured));
    if finished.ramp_up.failed_requests() > 0 {
        row("ramp-up", format!("not counted: {}", errors(&finished.ramp_up)));
    }
    if measured.unsent > 0 {
        row("never sent", shown_count(measured.unsent));
    }
    if measured.reconnects > 0 {
        row("reconnected", format!("{} times", shown_count(measured.reconnects)));
    }
    if measured.answers() > 0 {
        row("from", tiers(measured));
        row("answers", bytes(measured, finished.lasted.as_secs_f64()));
    }
    if let Some(service) = service(run) {
        row("the service", service);
    }
}

fn errors(measure: &Measure) -> String {
    let failed = measure.failed_requests();
    if failed == 0 {
        return "none".to_owned();
    }
    let share = measure.error_rate().map_or_else(String::new, |r| format!(" ({})", shown_share(r)));
    let kinds: Vec<String> = measure
        .failures
        .iter()
        .map(|(failure, count)| format!("{failure} ({})", shown_count(*count)))
        .collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join("; ")) };
    format!("{}{share}{kinds}", shown_count(failed))
}

fn tiers(measured: &Measure) -> String {
    let share = |count: u64| shown_share(count as f64 / measured.answers() as f64);
    let hit_rate = measured.hit_rate().map_or_else(|| "not told".to_owned(), shown_share);
    format!(
        "memory {}, store {}, computed {}; hit rate {hit_rate}",
        share(measured.memory),
        share(measured.store),
        share(measured.computed),
    )
}

fn bytes(measured: &Measure, seconds: f64) -> String {
    let each = measured.body_bytes as f64 / measured.answers() as f64;
    let per_second = measured.body_bytes as f64 / seconds.max(1e-3);
    format!("{each:.0} bytes each, {:.1} MB/s", per_second / 1e6)
}

fn service(run: &Run) -> Option<String> {
    let resident = run.resident_mb().map(|mb| format!("{mb:.1} MB resident"));
    let cpu = run.cpu_us_per_request();
    let cpu = cpu.map(|us| format!("{us:.0} us of its processor for each request"));
    let parts: Vec<String> = resident.into_iter().chain(cpu).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn latency(out: &mut String, measured: &Measure, plan: &Plan) {
    let Some(from_due) = Percentiles::of(&measured.from_due) else { return };
    out.push('\n');
    let mut row = |name: &str, cells: [String; 7]| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>9}")).collect();
        say(out, format_args!("  {name:<13}{cells}"));
    };
    let names = ["min", "p50", "p90", "p95", "p99", "p99.9", "max"].map(str::to_owned);
    row("latency", names);
    let is_open = matches!(plan.pace, Pace::Open { .. });
    if is_open {
        row("from due", from_due.all_ms().map(shown_ms));
    }
    if let Some(from_sent) = Percentiles::of(&measured.from_sent) {
        row("from sent", from_sent.all_ms().map(shown_ms));
    }
    if let Some(own) = Percentiles::of(&measured.own_lateness) {
        row("client late", own.all_ms().map(shown_ms));
    }
    say(out, format_args!("\n{}", chart::heading()));
    for line in chart::lines(&chart::ranges(measured.latencies_us())) {
        say(out, format_args!("{line}"));
    }
    say(out, format_args!("\n{}", wrapped(how_it_counts(is_open))));
}

/// Said with the figures, or nobody knows what they are.
pub fn how_it_counts(is_open: bool) -> &'static str {
    if is_open {
        "The chart and thresholds are from due: from the moment at which a request was to be sent, so that a stall \
         counts for all who came during it (coordinated omission corrected). From sent is the service's time \
         alone, and hides that. Client late is how long a free user took to send: this client's own part."
    } else {
        "A closed loop: users wait for their answer before they ask again, so a stall counts once for each of them \
         and not for those who would have come meanwhile. Coordinated omission is not corrected; with --rate it is."
    }
}

fn verdicts(out: &mut String, verdicts: &[Verdict]) {
    if !verdicts.is_empty() {
        say(out, format_args!(""));
    }
    for verdict in verdicts {
        say(
            out,
            format_args!(
                "  {}  {:<16}{:<20} measured {}",
                verdict.word(),
                verdict.figure.title(),
                verdict.bound(),
                verdict.measured_shown()
            ),
        );
    }
}

/// At words, for 80 columns.
pub fn wrapped(text: &str) -> String {
    const COLUMNS: usize = 78;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if line.chars().count() + word.chars().count() >= COLUMNS && !line.is_empty() {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
