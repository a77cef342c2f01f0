//! What the process takes of its machine, read from `/proc` when somebody asks. Elsewhere than on Linux
//! nothing is known, and nothing is said.

use serde::Serialize;
use std::fs;
use utoipa::ToSchema;

/// As of now. What cannot be read is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessFigures {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resident_bytes: Option<u64>,
    /// User and system time since the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// How many it may have open; absent for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_open_files: Option<u64>,
}

/// Some 20 us, most of them for counting open files.
pub fn figures() -> ProcessFigures {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let (cpu_seconds, threads) = from_stat(&stat);
    ProcessFigures {
        resident_bytes: resident_bytes(),
        cpu_seconds,
        threads,
        // Reading the directory opens one itself.
        open_files: fs::read_dir("/proc/self/fd")
            .ok()
            .map(|open| open.count().saturating_sub(1) as u64),
        most_open_files: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
    }
}

/// Memory that is really there, not what was asked for.
pub fn resident_bytes() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Seconds of the processor, and threads. The name of the process, in parentheses, may hold anything.
fn from_stat(stat: &str) -> (Option<f64>, Option<u64>) {
    let Some((_, rest)) = stat.rsplit_once(')') else { return (None, None) };
    // proc_pid_stat(5): state is field 3, utime 14, stime 15, num_threads 20.
    let field = |number: usize| rest.split_whitespace().nth(number - 3)?.parse::<u64>().ok();
    let ticks = field(14).zip(field(15)).map(|(user, system)| user + system);
    let per_second = rustix::param::clock_ticks_per_second() as f64;
    (ticks.map(|ticks| ticks as f64 / per_second), field(20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_is_passed_over() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 0 0 0 0 0 300 100 0 0 20 0 12 0 99";
        let (cpu_seconds, threads) = from_stat(stat);
        assert_eq!(
            cpu_seconds.map(|s| s * rustix::param::clock_ticks_per_second() as f64),
            Some(400.0)
        );
        assert_eq!(threads, Some(12));
        assert_eq!(from_stat(""), (None, None));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_known() {
        let figures = figures();
        assert!(figures.resident_bytes.is_some_and(|bytes| bytes > 100_000), "{figures:?}");
        assert!(figures.threads.is_some_and(|count| count >= 1), "{figures:?}");
        assert!(
            figures.open_files.is_some_and(|count| (3..10_000).contains(&count)),
            "{figures:?}"
        );
    }
}
