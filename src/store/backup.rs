//! A consistent copy of a store, while it is in use.

use super::audit::{self, AuditRow};
use super::fault::{Fault, StoreError};
use super::{jobs, open, quarantine, schema};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Copies the store at `from` to a new file `to` and says how many bytes that are. The copy is checked
/// before it gets its name, so `to` is a whole copy or not there.
///
/// # Errors
/// When `to` exists, `from` is none of ours, or reading, writing or the check fails.
pub fn copy(from: &Path, to: &Path) -> Result<u64, StoreError> {
    if to.exists() {
        let error = format!("{} exists already", to.display());
        return Err(StoreError::new(Fault::CannotOpen, error));
    }
    if !from.is_file() {
        return Err(StoreError::new(Fault::CannotOpen, format!("there is no {}", from.display())));
    }
    schema::judge_unopened(from)?;
    let unfinished = quarantine::beside(to, ".unfinished");
    if unfinished.exists() {
        std::fs::remove_file(&unfinished)?; // of a copy that was killed
    }
    let copied = copy_checked(from, &unfinished)
        .and_then(|bytes| Ok(std::fs::rename(&unfinished, to).map(|()| bytes)?));
    if copied.is_err() {
        let _ = std::fs::remove_file(&unfinished); // the error is the one that counts
    }
    copied
}

/// Leaves an audit row in the store at `path`, past the service that may have it open.
///
/// # Errors
/// When it cannot be written within the writer's time limit.
pub fn record_past_the_service(path: &Path, row: AuditRow) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(open::WRITER_BUSY)?;
    Ok(audit::record(&mut connection, &[row])?)
}

fn copy_checked(from: &Path, to: &Path) -> Result<u64, StoreError> {
    let source = Connection::open_with_flags(from, open::reader_flags())?;
    open::prepare_reader(&source)?;
    let mut target = Connection::open(to)?;
    {
        let backup = Backup::new(&source, &mut target)?;
        // All in one read transaction: in steps, a source that is written all the time makes the copy
        // begin again with every batch. A reader does not hold up the writer.
        match backup.step(-1)? {
            StepResult::Done => {}
            _ => return Err(StoreError::new(Fault::Busy, "the source is locked")),
        }
    }
    // One file without a log beside it: what a copy is expected to be.
    target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    jobs::quick_check(&target)?;
    target.close().map_err(|(_, error)| error)?;
    std::fs::File::open(to)?.sync_all()?;
    Ok(std::fs::metadata(to)?.len())
}
