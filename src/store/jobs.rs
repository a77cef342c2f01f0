//! What keeps the file small and healthy. Each job is a function of the file and the time, reports what
//! it did, and can be run by hand; when they run by themselves is `upkeep`'s business.

use super::answers;
use super::fault::{Fault, StoreError};
use super::open::{self, PAGE_BYTES, WAL_LIMIT_BYTES};
use super::space::Disk;
use super::{audit, history, quarantine, schema};
use rusqlite::Connection;
use serde::Serialize;
use std::path::Path;
use std::time::Instant;
use utoipa::ToSchema;

/// Rows of one deletion: 25 ms of the writer at most.
pub const DELETE_ROWS: usize = 500;
/// Pages of one step of the incremental vacuum: some 5 ms.
const VACUUM_PAGES: i64 = 500;
/// A full VACUUM pays when at least half of the file is free, and that is worth mentioning.
const COMPACT_FREE_BYTES: i64 = 16 * 1024 * 1024;
/// It writes the file up to three times at its peak (measured: 2.75).
const COMPACT_SPACE: u64 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    /// Deletes rows past their time, in small batches.
    Expire,
    /// Gives free pages back to the filesystem, in small steps.
    Vacuum,
    /// Moves the log into the file; truncates the log when it is large.
    Checkpoint,
    /// `PRAGMA optimize`.
    Optimize,
    /// Deletes minutes and hours that are kept no longer.
    History,
    /// Deletes quarantined files that are old or too many.
    Quarantine,
    /// `PRAGMA quick_check`.
    Verify,
    /// A full VACUUM, when it pays.
    Compact,
}

impl Job {
    /// In the order of a thorough run: the log is moved when the others have written.
    pub const ALL: [Job; 8] = [
        Job::Expire,
        Job::Vacuum,
        Job::History,
        Job::Optimize,
        Job::Quarantine,
        Job::Verify,
        Job::Compact,
        Job::Checkpoint,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Job::Expire => "expire",
            Job::Vacuum => "vacuum",
            Job::Checkpoint => "checkpoint",
            Job::Optimize => "optimize",
            Job::History => "history",
            Job::Quarantine => "quarantine",
            Job::Verify => "verify",
            Job::Compact => "compact",
        }
    }
}

/// How a job is to be run.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Only say what would be done.
    pub dry_run: bool,
    /// At most so many batches or steps, so that rows do not wait; `None`: to the end.
    pub steps: Option<usize>,
    /// Also when it does not pay: an operator asked for it.
    pub insist: bool,
}

impl How {
    /// Everything there is to do.
    pub const THOROUGH: How = How { dry_run: false, steps: None, insist: false };
}

/// What a job did.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobReport)]
pub struct Report {
    pub job: Job,
    /// A sentence with the figures, for a person.
    pub did: String,
    /// Rows, pages or files: the job's own unit. What it would be, in a dry run.
    pub count: i64,
    /// Whether a further run would find more of the same.
    pub more: bool,
    pub duration_ms: f64,
}

/// Where and when a job runs.
pub struct Place<'a> {
    pub path: &'a Path,
    pub now_ms: i64,
    pub kept: Kept,
}

/// How long and how much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Of an answer.
    pub ttl_ms: i64,
    /// Of an hour's figures; minutes are kept for two days at most.
    pub history_ms: i64,
    /// The file's limit.
    pub max_bytes: u64,
}

/// Size of the file and what it is made of. Bytes, pages, rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FileFigures)]
pub struct Figures {
    pub file_bytes: u64,
    pub wal_bytes: u64,
    pub pages: i64,
    pub free_pages: i64,
    pub cached_answers: i64,
    pub disk_free_bytes: u64,
}

/// # Errors
/// As SQLite's.
pub fn figures(connection: &Connection, path: &Path) -> Result<Figures, StoreError> {
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    Ok(Figures {
        file_bytes: bytes(path),
        wal_bytes: bytes(&quarantine::beside(path, "-wal")),
        pages: number(connection, "PRAGMA page_count")?,
        free_pages: number(connection, "PRAGMA freelist_count")?,
        cached_answers: answers::count(connection)?,
        disk_free_bytes: Disk::of(path.parent().unwrap_or(path)).map_or(0, |disk| disk.free_bytes),
    })
}

/// What a job would do to the store at `path`, by reading alone: also while a service uses it.
///
/// # Errors
/// When there is none of ours, or it cannot be read.
pub fn would(job: Job, path: &Path, now_ms: i64, kept: Kept) -> Result<Report, StoreError> {
    schema::judge_unopened(path)?;
    let connection = Connection::open_with_flags(path, open::reader_flags())?;
    open::prepare_reader(&connection)?;
    run(job, &connection, &Place { path, now_ms, kept }, How { dry_run: true, ..How::THOROUGH })
}

/// Pages of the file, and how many of them are free.
///
/// # Errors
/// As SQLite's.
pub fn pages(connection: &Connection) -> Result<(i64, i64), StoreError> {
    Ok((number(connection, "PRAGMA page_count")?, number(connection, "PRAGMA freelist_count")?))
}

/// # Errors
/// What the file met; `Corrupt` when `Verify` found damage.
pub fn run(
    job: Job,
    connection: &Connection,
    place: &Place<'_>,
    how: How,
) -> Result<Report, StoreError> {
    let started = Instant::now();
    let outcome = match job {
        Job::Expire => expire(connection, place, how),
        Job::Vacuum => vacuum(connection, how),
        Job::Checkpoint => checkpoint(connection, place, how),
        Job::Optimize => optimize(connection, how),
        Job::History => history(connection, place, how),
        Job::Quarantine => old_quarantine(place, how),
        Job::Verify => verify(connection, how),
        Job::Compact => compact(connection, place, how),
    }?;
    let Outcome { did, count, more } = outcome;
    let duration_ms = started.elapsed().as_micros() as f64 / 1000.0;
    Ok(Report { job, did, count, more, duration_ms })
}

struct Outcome {
    did: String,
    count: i64,
    more: bool,
}

impl Outcome {
    fn new(did: impl Into<String>, count: i64) -> Self {
        Outcome { did: did.into(), count, more: false }
    }
}

fn expire(connection: &Connection, place: &Place<'_>, how: How) -> Result<Outcome, StoreError> {
    let Place { now_ms, kept: Kept { ttl_ms, .. }, .. } = *place;
    if how.dry_run {
        let count = answers::count_expired(connection, now_ms, ttl_ms)?;
        return Ok(Outcome::new(format!("would delete {count} expired answers"), count));
    }
    let mut count = 0;
    let mut steps = 0;
    let more = loop {
        let deleted = answers::delete_expired(connection, now_ms, ttl_ms, DELETE_ROWS)?;
        count += deleted as i64;
        steps += 1;
        if deleted < DELETE_ROWS {
            break false;
        }
        if how.steps.is_some_and(|most| steps >= most) {
            break true;
        }
    };
    let audited = audit::delete_old(connection)?;
    let did = format!("deleted {count} expired answers and {audited} of the oldest audit rows");
    Ok(Outcome { did, count, more })
}

fn vacuum(connection: &Connection, how: How) -> Result<Outcome, StoreError> {
    let free = number(connection, "PRAGMA freelist_count")?;
    if how.dry_run {
        return Ok(Outcome::new(format!("would give back {free} pages"), free));
    }
    let most = how.steps.map_or(i64::MAX, |steps| steps as i64);
    let mut left = free;
    let mut steps = 0;
    while left > 0 && steps < most {
        step_to_the_end(connection, &format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
        let now = number(connection, "PRAGMA freelist_count")?;
        if now >= left {
            break; // a file without auto_vacuum gives nothing back: only a full VACUUM would
        }
        left = now;
        steps += 1;
    }
    let count = free - left;
    let more = count > 0 && left > 0;
    Ok(Outcome { did: format!("gave back {count} of {free} free pages"), count, more })
}

/// Executed the usual way, `incremental_vacuum` frees one page: only stepping to the end frees all.
fn step_to_the_end(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn checkpoint(connection: &Connection, place: &Place<'_>, how: How) -> Result<Outcome, StoreError> {
    let wal = quarantine::beside(place.path, "-wal");
    let bytes = std::fs::metadata(wal).map_or(0, |file| file.len());
    let truncate = how.insist || bytes > WAL_LIMIT_BYTES;
    if how.dry_run {
        let what = if truncate { "move and truncate" } else { "move" };
        return Ok(Outcome::new(format!("would {what} a log of {bytes} bytes"), 0));
    }
    let mode = if truncate { "TRUNCATE" } else { "PASSIVE" };
    let (busy, log, moved) =
        connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })?;
    let more = busy != 0;
    let did = if more {
        "a reader was in the way: the log is moved next time".to_owned()
    } else if truncate {
        format!("moved the log into the file and truncated it, it was {bytes} bytes")
    } else {
        format!("moved {} of {} pages of the log into the file", moved.max(0), log.max(0))
    };
    Ok(Outcome { did, count: moved.max(0), more })
}

fn optimize(connection: &Connection, how: How) -> Result<Outcome, StoreError> {
    if how.dry_run {
        return Ok(Outcome::new("would have SQLite look at its statistics", 0));
    }
    // It bounds itself since 3.46: no ANALYZE of everything.
    step_to_the_end(connection, "PRAGMA optimize")?;
    Ok(Outcome::new("had SQLite look at its statistics", 0))
}

fn history(connection: &Connection, place: &Place<'_>, how: How) -> Result<Outcome, StoreError> {
    let Place { now_ms, kept: Kept { history_ms, max_bytes, .. }, .. } = *place;
    if how.dry_run {
        let count = history::count_outdated(connection, now_ms, history_ms)?;
        return Ok(Outcome::new(
            format!("would delete {count} rows of old minutes and hours"),
            count,
        ));
    }
    let count = history::delete_outdated(connection, now_ms, history_ms, max_bytes)? as i64;
    Ok(Outcome::new(format!("deleted {count} rows of old minutes and hours"), count))
}

fn old_quarantine(place: &Place<'_>, how: How) -> Result<Outcome, StoreError> {
    let outdated = quarantine::outdated(place.path, place.now_ms);
    let count = outdated.len() as i64;
    if how.dry_run {
        return Ok(Outcome::new(format!("would delete {count} quarantined files"), count));
    }
    for aside in &outdated {
        quarantine::delete(aside)?;
    }
    Ok(Outcome::new(format!("deleted {count} quarantined files"), count))
}

fn verify(connection: &Connection, how: How) -> Result<Outcome, StoreError> {
    if how.dry_run {
        return Ok(Outcome::new("would check the file's structure", 0));
    }
    quick_check(connection)?;
    Ok(Outcome::new("checked the file's structure: sound", 0))
}

/// # Errors
/// `Corrupt` with SQLite's first finding.
pub fn quick_check(connection: &Connection) -> Result<(), StoreError> {
    let finding: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if finding == "ok" { Ok(()) } else { Err(StoreError::new(Fault::Corrupt, finding)) }
}

fn compact(connection: &Connection, place: &Place<'_>, how: How) -> Result<Outcome, StoreError> {
    let pages = number(connection, "PRAGMA page_count")?;
    let free = number(connection, "PRAGMA freelist_count")?;
    let page_bytes = PAGE_BYTES as i64;
    let pays = free * 2 >= pages && free * page_bytes >= COMPACT_FREE_BYTES;
    if !pays && !how.insist {
        return Ok(Outcome::new(format!("not worth it: {free} of {pages} pages are free"), 0));
    }
    let disk = Disk::of(place.path.parent().unwrap_or(place.path))?;
    let needed = (pages * page_bytes) as u64 * COMPACT_SPACE + disk.low_water_bytes();
    if disk.free_bytes < needed {
        let did = format!(
            "left alone: it needs {needed} bytes of the disk, {} are free",
            disk.free_bytes
        );
        return Ok(Outcome::new(did, 0));
    }
    if how.dry_run {
        return Ok(Outcome::new(format!("would rewrite the file without {free} free pages"), free));
    }
    // The copy that it builds is as large as the file: not in memory.
    connection.pragma_update(None, "temp_store", "FILE")?;
    let rewritten = connection.execute_batch("VACUUM");
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    match rewritten.map_err(StoreError::from) {
        Ok(()) => {}
        Err(error) if error.fault == Fault::CannotOpen => {
            return Ok(Outcome::new("left alone: there is no directory for temporary files", 0));
        }
        Err(error) => return Err(error),
    }
    let freed = pages - number(connection, "PRAGMA page_count")?;
    Ok(Outcome::new(format!("rewrote the file, {freed} pages smaller"), freed))
}

fn number(connection: &Connection, sql: &str) -> rusqlite::Result<i64> {
    connection.query_row(sql, [], |row| row.get(0))
}
