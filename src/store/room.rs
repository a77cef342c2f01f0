//! Making room, after a write found none: in the file's own limit, or on the disk.

use super::answers;
use super::fault::StoreError;
use super::jobs::{self, How, Job, Place};
use super::space::Ballast;
use rusqlite::Connection;

/// At its own limit this part of the file's rows make room.
const SHED_PART: usize = 16;
/// On a full disk this part: the next batches shall not come here again.
const SHED_PART_OF_A_FULL_DISK: usize = 2;
/// Rows of one deletion: most of them have pages of the index to themselves, and the more go at once, the more share
/// one. Some tens of milliseconds, for which others wait that have the writer do something.
const SHED_ROWS: usize = 4_096;
/// A batch of the largest answers, with the pages of its indexes.
const MOST_BATCH_PAGES: i64 = 2_048;

/// For a batch of `needed` rows.
///
/// # Errors
/// When even deleting fails.
pub fn make(
    connection: &Connection,
    place: &Place<'_>,
    ballast: &Ballast,
    needed: usize,
) -> Result<(), StoreError> {
    if is_at_its_limit(connection)? {
        // Twice the batch: rows of one page do not all go at once.
        return shed(connection, SHED_PART, 2 * needed);
    }
    ballast.throw_off();
    let truncate = How { insist: true, ..How::THOROUGH };
    // The log first: it may be all that is in the way.
    jobs::run(Job::Checkpoint, connection, place, truncate)?;
    shed(connection, SHED_PART_OF_A_FULL_DISK, needed)?;
    jobs::run(Job::Vacuum, connection, place, How::THOROUGH)?;
    jobs::run(Job::Checkpoint, connection, place, truncate)?;
    Ok(())
}

/// Is it the limit set for the file that was reached, and not the disk's end?
fn is_at_its_limit(connection: &Connection) -> Result<bool, StoreError> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    // The transaction that met the limit was rolled back, with the pages it had.
    let (pages, limit) = (number("PRAGMA page_count")?, number("PRAGMA max_page_count")?);
    Ok(limit - pages < MOST_BATCH_PAGES)
}

/// Deletes one in `part` of the cached answers, those that expire first, and at least `least`.
fn shed(connection: &Connection, part: usize, least: usize) -> Result<(), StoreError> {
    let rows = usize::try_from(answers::count(connection)?).unwrap_or(usize::MAX);
    let mut left = (rows / part).max(least);
    while left > 0 {
        let step = left.min(SHED_ROWS);
        answers::delete_oldest(connection, step)?;
        left -= step;
    }
    Ok(())
}
