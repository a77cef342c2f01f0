//! Damaged files, set aside: renamed with their log, so that a person can look, and removed after a week.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const KEPT: usize = 2;
/// Either way: one from the future was set aside under a clock that was wrong.
const KEPT_MS: u64 = 7 * 24 * 3_600_000;
/// A database file is three files.
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

/// The file beside `path` with `suffix` at the end of its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Sets `path` aside and says where it went.
///
/// # Errors
/// When renaming fails; nothing was deleted then.
pub fn set_aside(path: &Path, now_ms: i64) -> io::Result<PathBuf> {
    let aside = beside(path, &format!(".corrupt-{now_ms}"));
    fs::rename(path, &aside)?;
    for suffix in &SUFFIXES[1..] {
        let from = beside(path, suffix);
        // A log left beside the new file would be read into it.
        if from.exists() {
            fs::rename(from, beside(&aside, suffix))?;
        }
    }
    Ok(aside)
}

/// Files set aside, youngest first, with when.
pub fn list(path: &Path) -> Vec<(i64, PathBuf)> {
    let prefix = format!("{}.corrupt-", path.file_name().unwrap_or_default().to_string_lossy());
    let entries = path.parent().and_then(|dir| fs::read_dir(dir).ok()).into_iter().flatten();
    let mut found: Vec<(i64, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((name.strip_prefix(&prefix)?.parse().ok()?, entry.path()))
        })
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

/// Which of them are to go at `now_ms`.
pub fn outdated(path: &Path, now_ms: i64) -> Vec<PathBuf> {
    let files = list(path).into_iter().enumerate();
    files
        .filter(|(place, (at_ms, _))| *place >= KEPT || now_ms.abs_diff(*at_ms) > KEPT_MS)
        .map(|(_, (_, aside))| aside)
        .collect()
}

/// Deletes one with its log.
///
/// # Errors
/// When the file itself cannot be deleted.
pub fn delete(aside: &Path) -> io::Result<()> {
    for suffix in &SUFFIXES[1..] {
        let _ = fs::remove_file(beside(aside, suffix)); // mostly there is none
    }
    fs::remove_file(aside)
}

/// Reads a file through, past SQLite: a disk that fails to read is not a damaged file.
///
/// # Errors
/// What the system says.
pub fn read_through(path: &Path) -> io::Result<()> {
    let mut file = fs::File::open(path)?;
    let mut block = vec![0; 256 * 1024];
    while file.read(&mut block)? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_are_kept_for_a_week() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("suitsize.db");
        const DAY_MS: i64 = 24 * 3_600_000;
        for day in 1..=3 {
            fs::write(&path, "damaged").unwrap();
            fs::write(beside(&path, "-wal"), "log").unwrap();
            let aside = set_aside(&path, day * DAY_MS).unwrap();
            assert!(aside.exists() && beside(&aside, "-wal").exists() && !path.exists());
        }
        let rows = [(3, 1), (8, 1), (9, 2), (11, 3)];
        for (day, gone) in rows {
            assert_eq!(outdated(&path, day * DAY_MS + 1).len(), gone, "day {day}");
        }
        for aside in outdated(&path, 20 * DAY_MS) {
            delete(&aside).unwrap();
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
