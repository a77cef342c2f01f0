//! Making room: in the file's own limit with each batch, before there is none; and after a write found none, there or
//! on the disk.

use super::answers::{self, Row};
use super::fault::StoreError;
use super::jobs::{self, How, Job, Place};
use super::open::PAGE_BYTES;
use super::space::Ballast;
use rusqlite::Connection;

/// Pages that a batch takes are at most so many sixteenths of what its rows are: pages are not full, and two indexes.
const PAGES_16THS: usize = 20;
/// Of a small file no more than this part is kept free for the next batch.
const FREE_PART: i64 = 8;
/// At its own limit this part of the file's rows make room.
const SHED_PART: usize = 16;
/// On a full disk this part: the next batches shall not come here again.
const SHED_PART_OF_A_FULL_DISK: usize = 2;
/// Rows of one deletion: most of them have pages of the index to themselves, and the more go at once, the more share
/// one. Some tens of milliseconds, for which others wait that have the writer do something.
const SHED_ROWS: usize = 4_096;
/// A batch of the largest answers, with the pages of its indexes.
const MOST_BATCH_PAGES: i64 = 2_048;

/// How many rows are to leave with the batch that brings `rows`, so that the next one finds room too: none while there
/// is, as many as come in a file that is full, twice as many when not even this batch has room.
///
/// Rows that leave with a batch cost a third of what they do by themselves: their pages of the index by digest are
/// written for those that come.
///
/// # Errors
/// As SQLite's.
pub fn leaving(connection: &Connection, rows: &[Row]) -> rusqlite::Result<usize> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let limit = number("PRAGMA max_page_count")?;
    let free = limit - number("PRAGMA page_count")? + number("PRAGMA freelist_count")?;
    let bytes: usize = rows.iter().map(Row::bytes).sum();
    let pages = (bytes * PAGES_16THS / 16) as i64 / PAGE_BYTES as i64;
    Ok(if free < pages {
        2 * rows.len()
    } else if free < (2 * pages).min(limit / FREE_PART) {
        rows.len()
    } else {
        0
    })
}

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

#[cfg(test)]
mod tests {
    use super::super::{Digest, Packer, open};
    use super::*;

    /// Batches of a hundred rows of a kilobyte, into a file of four megabytes until it is full.
    #[test]
    fn rows_leave_when_the_next_batch_would_find_no_room_and_no_sooner() {
        let dir = tempfile::tempdir().unwrap();
        let connection = open::writer(&dir.path().join("suitsize.db"), 4 << 20).unwrap();
        let packer = Packer::new(&[]);
        let mut random = 1_u128;
        let mut next = || {
            random = random.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
            (random >> 64) as u64
        };
        let mut batch = |expires_at_ms| {
            let mut rows: Vec<_> = (0..100)
                .map(|_| {
                    let noise: Vec<u8> = (0..1000).map(|_| (next() >> 32) as u8).collect();
                    let mut digest = Digest([0; 16]);
                    digest.0.copy_from_slice(&[next(), next()].map(u64::to_le_bytes).concat());
                    Row::new(digest, "s".into(), &noise, expires_at_ms, &packer)
                })
                .collect();
            rows.sort_unstable_by_key(|row| row.digest().0);
            rows
        };
        let mut first_left = None;
        for n in 0..200 {
            let rows = batch(n);
            let transaction = connection.unchecked_transaction().unwrap();
            let leave = leaving(&transaction, &rows).unwrap();
            answers::put_all(&transaction, &rows, leave).expect("there is room for each");
            transaction.commit().unwrap();
            if leave > 0 {
                first_left.get_or_insert(n);
            }
        }
        // Four megabytes are some 35 batches of a little more than 100 kB.
        let first_left = first_left.expect("the file is full by then");
        assert!((25..40).contains(&first_left), "{first_left}");
        let rows = answers::count(&connection).unwrap();
        assert!((2_400..4_000).contains(&rows), "{rows}: full, and no fuller");
    }
}
