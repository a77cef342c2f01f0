//! How a run goes, on the standard error: one line that is written over on a terminal, a line every five
//! seconds elsewhere.

use super::measure::Measure;
use super::quantity::{shown_count, shown_ms};
use super::run::Tick;
use super::schedule::Schedule;
use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

const BETWEEN_LINES: Duration = Duration::from_secs(5);

pub struct Progress {
    is_terminal: bool,
    schedule: Schedule,
    last_line: Duration,
    /// What no line has told yet.
    untold: Measure,
}

impl Progress {
    pub fn new(schedule: Schedule) -> Self {
        Progress {
            is_terminal: stderr().is_terminal(),
            schedule,
            last_line: Duration::ZERO,
            untold: Measure::default(),
        }
    }

    pub fn tell(&mut self, tick: &Tick<'_>) {
        // Whoever closed the standard error does not want to know.
        if self.is_terminal {
            let _ = write!(stderr(), "\r\x1b[K{}", line(&self.schedule, tick));
            return;
        }
        self.untold.add(tick.recent);
        if tick.elapsed + Duration::from_millis(500) >= self.last_line + BETWEEN_LINES {
            let recent = std::mem::take(&mut self.untold);
            let recent_time = tick.elapsed - self.last_line;
            let told = Tick { recent: &recent, recent_time, ..*tick };
            let _ = writeln!(stderr(), "{}", line(&self.schedule, &told));
            self.last_line = tick.elapsed;
        }
    }

    /// Leaves the line to what comes next.
    pub fn clear(&self) {
        if self.is_terminal {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn line(schedule: &Schedule, tick: &Tick<'_>) -> String {
    let per_second = tick.recent.answers() as f64 / tick.recent_time.as_secs_f64().max(1e-3);
    let latency =
        |percentile| tick.recent.percentile_ms(percentile).map_or_else(|| "-".to_owned(), shown_ms);
    let ramp_up = if tick.elapsed < schedule.ramp_up { " (ramp-up)" } else { "" };
    format!(
        "{:.0} of {:.0} s{ramp_up}  {}/s  p50 {}  p99 {}  errors {}",
        tick.elapsed.as_secs_f64(),
        schedule.end().as_secs_f64(),
        shown_count(per_second.round() as u64),
        latency(50.0),
        latency(99.0),
        shown_count(tick.failures_so_far),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::measure::{Tier, Timing};

    #[test]
    fn a_line_fits_a_terminal_whatever_was_seen() {
        let schedule = Schedule {
            users: 1,
            ramp_up: Duration::from_secs(9_000),
            duration: Duration::from_secs(77_400),
        };
        let mut recent = Measure::default();
        let tick = |recent: &Measure| {
            let (elapsed, recent_time) = (Duration::from_secs(8_999), Duration::from_secs(1));
            line(&schedule, &Tick { elapsed, recent, recent_time, failures_so_far: 9_999_999 })
        };
        assert!(tick(&recent).contains("p99 -"), "{}", tick(&recent));
        let took = Duration::from_millis(400);
        let timing = Timing { from_due: took, from_sent: took, own_lateness: None, in_time: true };
        (0..200_000).for_each(|_| recent.answered(Tier::Memory, 1, timing));
        assert!(
            tick(&recent).contains("200,000/s") && tick(&recent).len() < 80,
            "{}",
            tick(&recent)
        );
    }
}
