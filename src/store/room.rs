//! Making room: in the file's own limit with each batch, before there is none; and after a write found none, there or
//! on the disk.

use super::answers::{self, Row};
use super::fault::StoreError;
use super::jobs::{self, How, Job, Place};
use super::open::PAGE_BYTES;
use super::space::Ballast;
use rusqlite::Connection;

/// A batch takes about so many sixteenths of what its rows are: rows are not cut in two where pages end, and each is
/// in two indexes.
const PAGES_16THS: usize = 24;
/// And so many more, for pages that a row finds full.
const SPLIT_PAGES: i64 = 8;
/// Of a small file this part is kept free, not a whole batch.
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

/// How many rows, those that expire first, leave for a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// First of all: the batch itself would not find room.
    pub before: usize,
    /// In the same walk as it comes: the next one shall find room. These cost less, since their pages of the index by
    /// digest are written for those that come (`docs/performance.md`, "What was tried").
    pub with: usize,
}

/// For the batch `rows`, in a file of at most `max_bytes`: none while there is room, as many as come in a full file, and
/// up to twice as many in one that is over its limit, which has been lowered.
///
/// # Errors
/// As SQLite's.
pub fn leaving(
    connection: &Connection,
    rows: &[Row],
    max_bytes: u64,
) -> Result<Leaving, StoreError> {
    let (pages, unused) = jobs::pages(connection)?;
    let limit = (max_bytes / PAGE_BYTES) as i64;
    let free = limit - pages + unused;
    let bytes: usize = rows.iter().map(Row::bytes).sum();
    let needed = (bytes * PAGES_16THS / 16) as i64 / PAGE_BYTES as i64 + SPLIT_PAGES;
    let reserve = needed.min(limit / FREE_PART);
    let rows_of = |pages: i64| {
        let pages = pages.clamp(0, 2 * needed) as usize;
        (rows.len() * pages).div_ceil(needed as usize)
    };
    let before = rows_of(needed - free);
    Ok(Leaving { before, with: rows_of(needed + reserve - free) - before })
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
        let transaction = connection.unchecked_transaction()?;
        answers::delete_oldest(&transaction, step)?;
        transaction.commit()?;
        left -= step;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Digest, Packer, open};
    use super::*;

    /// Fills a file with batches of so many rows of a kilobyte; says with which batch rows began to leave, and how
    /// many are there at the end. Each batch finds room.
    fn fill(max_bytes: u64, batch_rows: usize, batches: i64) -> (i64, i64) {
        let dir = tempfile::tempdir().unwrap();
        let connection = open::writer(&dir.path().join("suitsize.db"), max_bytes).unwrap();
        let packer = Packer::new(&[]);
        let mut random = 1_u128;
        let mut next = || {
            random = random.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
            (random >> 64) as u64
        };
        let mut row = |expires_at_ms| {
            let noise: Vec<u8> = (0..1000).map(|_| (next() >> 32) as u8).collect();
            let mut digest = Digest([0; 16]);
            digest.0.copy_from_slice(&[next(), next()].map(u64::to_le_bytes).concat());
            Row::new(digest, "s".into(), &noise, expires_at_ms, &packer)
        };
        let mut first = None;
        for n in 0..batches {
            let mut rows: Vec<_> = (0..batch_rows).map(|_| row(n)).collect();
            rows.sort_unstable_by_key(|row| row.digest().0);
            let transaction = connection.unchecked_transaction().unwrap();
            let leaving = leaving(&transaction, &rows, max_bytes).unwrap();
            answers::delete_oldest(&transaction, leaving.before).unwrap();
            let put = answers::put_all(&transaction, &rows, leaving.with);
            put.unwrap_or_else(|error| panic!("batch {n}, {leaving:?}: {error}"));
            transaction.commit().unwrap();
            if leaving != (Leaving { before: 0, with: 0 }) {
                first.get_or_insert(n);
            }
        }
        (first.expect("it is full by then"), answers::count(&connection).unwrap())
    }

    /// A page has three such rows, so a megabyte has 768 but for the indexes.
    #[test]
    fn a_full_file_stays_nearly_full_and_each_batch_finds_room() {
        let (first, rows) = fill(4 << 20, 100, 150);
        assert!((22..28).contains(&first), "{first}");
        assert!((2_500..2_900).contains(&rows), "{rows}");
        // Batches of half of the file, of which an eighth is kept free.
        let (first, rows) = fill(8 << 20, 2_500, 12);
        assert_eq!(first, 1);
        assert!((3_500..5_900).contains(&rows), "{rows}");
    }

    #[test]
    fn a_file_over_a_lowered_limit_loses_more_rows_than_come() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("suitsize.db");
        let connection = open::writer(&path, 1 << 20).unwrap();
        let row = |n: u16| {
            let mut digest = Digest([0; 16]);
            digest.0[..2].copy_from_slice(&n.to_be_bytes());
            Row::new(digest, "s".into(), &[0; 1000], 0, &Packer::new(&[]))
        };
        let rows: Vec<_> = (0..100).map(row).collect();
        answers::put_all(&connection, &rows, 0).unwrap();
        let of_limit = |max_bytes| leaving(&connection, &rows, max_bytes).unwrap();
        assert_eq!(of_limit(1 << 20), Leaving { before: 0, with: 0 });
        let Leaving { before, with } = of_limit(4096);
        assert_eq!(before + with, 200);
    }
}
