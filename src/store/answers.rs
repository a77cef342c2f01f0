//! The table `cached_answer`.

use super::Digest;
use super::pack::Packer;
use rusqlite::{Connection, OptionalExtension, Params, params};
use std::sync::Arc;

/// An answer on its way into the file, as it will be there.
#[derive(Debug)]
pub struct Row {
    digest: Digest,
    scope: Arc<str>,
    expires_at_ms: i64,
    checksum: u32,
    packed: Vec<u8>,
}

impl Row {
    /// `scope`: the versions that the answer follows from, as text: what an operator deletes by. `answer`: the
    /// recommendation as JSON. Packs it, which takes some microseconds: what waits is a quarter of the size.
    pub fn new(
        digest: Digest,
        scope: Arc<str>,
        answer: &[u8],
        expires_at_ms: i64,
        packer: &Packer,
    ) -> Self {
        let checksum = checksum(&digest, expires_at_ms, answer);
        Row { digest, scope, expires_at_ms, checksum, packed: packer.pack(answer) }
    }

    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// In the table, near enough.
    pub fn bytes(&self) -> usize {
        self.packed.len() + self.scope.len() + size_of::<Digest>()
    }
}

/// What a look-up found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Answer {
        answer: Arc<[u8]>,
        expires_at_ms: i64,
    },
    Nothing,
    Expired,
    /// There is a row, and its checksum says that it is not what was written.
    Damaged,
}

/// Writes `rows`, which are in the order of their digests, and deletes the `leaving` rows that expire first: one walk
/// through the index by digest for both, most of whose pages are touched by either. To be called in a transaction.
///
/// # Errors
/// As SQLite's.
pub fn put_all(connection: &Connection, rows: &[Row], leaving: usize) -> rusqlite::Result<()> {
    let mut leaving = oldest(connection, leaving)?.into_iter().peekable();
    let mut delete = connection.prepare_cached(DELETE)?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO cached_answer (digest, scope, expires_at_ms, checksum, answer)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (digest) DO UPDATE SET scope = excluded.scope,
           expires_at_ms = excluded.expires_at_ms, checksum = excluded.checksum,
           answer = excluded.answer",
    )?;
    for Row { digest, scope, expires_at_ms, checksum, packed } in rows {
        // One that is written again leaves too, and comes to the end of the table.
        while let Some((_, id)) = leaving.next_if(|(leaves, _)| *leaves <= digest.0) {
            delete.execute([id])?;
        }
        insert.execute(params![digest.0, scope, expires_at_ms, checksum, packed])?;
    }
    leaving.try_for_each(|(_, id)| delete.execute([id]).map(drop))
}

/// `ttl_ms`: a row that claims to live longer was written by a clock that was wrong.
///
/// # Errors
/// As SQLite's.
pub fn get(
    connection: &Connection,
    digest: &Digest,
    now_ms: i64,
    ttl_ms: i64,
    packer: &Packer,
) -> rusqlite::Result<Found> {
    let row = connection
        .prepare_cached(
            "SELECT expires_at_ms, checksum, answer FROM cached_answer WHERE digest = ?1",
        )?
        // A flipped bit can make a column of another type: that row is damaged, not the file.
        .query_row([digest.0], |row| Ok(kept(row).ok()))
        .optional()?;
    let (expires_at_ms, expected, packed) = match row {
        None => return Ok(Found::Nothing),
        Some(None) => return Ok(Found::Damaged),
        Some(Some(row)) => row,
    };
    if expires_at_ms <= now_ms || expires_at_ms > now_ms.saturating_add(ttl_ms) {
        return Ok(Found::Expired);
    }
    Ok(match packer.unpack(&packed) {
        Some(answer) if checksum(digest, expires_at_ms, &answer) == expected => {
            Found::Answer { answer, expires_at_ms }
        }
        _ => Found::Damaged,
    })
}

/// Rows that are still true, youngest first, at most `limit`: what a start fills memory from.
///
/// # Errors
/// As SQLite's.
pub fn youngest(
    connection: &Connection,
    scope: &str,
    now_ms: i64,
    ttl_ms: i64,
    limit: usize,
    packer: &Packer,
) -> rusqlite::Result<Vec<super::Kept>> {
    let mut statement = connection.prepare_cached(
        "SELECT expires_at_ms, checksum, answer, digest FROM cached_answer
         WHERE expires_at_ms > ?1 AND expires_at_ms <= ?2 AND scope = ?3
         ORDER BY expires_at_ms DESC LIMIT ?4",
    )?;
    let limit = limit_of(limit);
    let latest_ms = now_ms.saturating_add(ttl_ms);
    let mut rows = statement.query(params![now_ms, latest_ms, scope, limit])?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next()? {
        let (Ok((expires_at_ms, expected, packed)), Ok(digest)) = (kept(row), row.get(3)) else {
            continue;
        };
        let digest = Digest(digest);
        if let Some(answer) = packer.unpack(&packed)
            && checksum(&digest, expires_at_ms, &answer) == expected
        {
            answers.push((digest, answer, expires_at_ms));
        }
    }
    Ok(answers)
}

/// The first three columns: end of life, checksum, packed answer.
fn kept(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, u32, Vec<u8>)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// Calls `each` with every key in the file.
///
/// # Errors
/// As SQLite's.
pub fn for_each_digest(
    connection: &Connection,
    mut each: impl FnMut(&Digest),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT digest FROM cached_answer")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Ok(digest) = row.get(0) {
            each(&Digest(digest));
        }
    }
    Ok(())
}

/// # Errors
/// As SQLite's.
pub fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM cached_answer", [], |row| row.get(0))
}

/// Rows that are past their time, or claim a time that no clock of ours gave them.
///
/// # Errors
/// As SQLite's.
pub fn count_expired(connection: &Connection, now_ms: i64, ttl_ms: i64) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT count(*) FROM cached_answer WHERE expires_at_ms <= ?1 OR expires_at_ms > ?2",
        [now_ms, now_ms.saturating_add(ttl_ms)],
        |row| row.get(0),
    )
}

/// Deletes at most `limit` of them and says how many.
///
/// # Errors
/// As SQLite's.
pub fn delete_expired(
    connection: &Connection,
    now_ms: i64,
    ttl_ms: i64,
    limit: usize,
) -> rusqlite::Result<usize> {
    let which = "SELECT digest, id FROM cached_answer
                 WHERE expires_at_ms <= ?1 OR expires_at_ms > ?2 LIMIT ?3";
    let latest_ms = now_ms.saturating_add(ttl_ms);
    let transaction = connection.unchecked_transaction()?;
    let rows = by_digest(&transaction, which, params![now_ms, latest_ms, limit_of(limit)])?;
    let count = delete_all_of(&transaction, rows)?;
    transaction.commit()?;
    Ok(count)
}

/// Deletes the `limit` rows that expire first, expired or not: room for newer ones. To be called in a transaction.
///
/// # Errors
/// As SQLite's.
pub fn delete_oldest(connection: &Connection, limit: usize) -> rusqlite::Result<usize> {
    delete_all_of(connection, oldest(connection, limit)?)
}

/// The `limit` rows that expire first.
fn oldest(connection: &Connection, limit: usize) -> rusqlite::Result<Vec<Place>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let which = "SELECT digest, id FROM cached_answer ORDER BY expires_at_ms LIMIT ?1";
    by_digest(connection, which, params![limit_of(limit)])
}

const DELETE: &str = "DELETE FROM cached_answer WHERE id = ?1";

/// A row's digest and id.
type Place = ([u8; 16], i64);

/// What `which` selects, in the order of the digests' index: what expires together lies together in the table and all
/// over that index, of which SQLite's cache holds a part only. Deleted in the table's order nearly every row
/// read and wrote a page of it again.
fn by_digest(
    connection: &Connection,
    which: &str,
    params: impl Params,
) -> rusqlite::Result<Vec<Place>> {
    let mut rows = connection
        .prepare_cached(which)?
        // A flipped bit can make a digest something else: that row is to go too.
        .query_map(params, |row| Ok((row.get(0).unwrap_or([0; 16]), row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<Place>>>()?;
    rows.sort_unstable();
    Ok(rows)
}

fn delete_all_of(connection: &Connection, rows: Vec<Place>) -> rusqlite::Result<usize> {
    let mut delete = connection.prepare_cached(DELETE)?;
    rows.into_iter().map(|(_, id)| delete.execute([id])).sum()
}

fn limit_of(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Deletes every row and says how many; the pages are freed without being read.
///
/// # Errors
/// As SQLite's.
pub fn delete_all(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute("DELETE FROM cached_answer", [])
}

/// Deletes at most `limit` rows whose scope begins with `prefix`.
///
/// # Errors
/// As SQLite's.
pub fn delete_scope(
    connection: &Connection,
    prefix: &str,
    limit: usize,
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM cached_answer WHERE id IN (
               SELECT id FROM cached_answer WHERE substr(scope, 1, length(?1)) = ?1 LIMIT ?2)",
        )?
        .execute(params![prefix, limit_of(limit)])
}

fn checksum(digest: &Digest, expires_at_ms: i64, answer: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&digest.0);
    hasher.update(&expires_at_ms.to_le_bytes());
    hasher.update(answer);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    fn row(n: u8, expires_at_ms: i64) -> Row {
        Row::new(Digest([n; 16]), "s".into(), &[n; 50], expires_at_ms, &Packer::new(&[]))
    }

    /// What is there after rows (digest, expiry) came to a file of digests 1 to 5, which expire at 10 to 50.
    #[track_caller]
    fn check(came: &[(u8, i64)], leaving: usize, left: &[u8]) {
        let dir = tempfile::tempdir().unwrap();
        let connection = open::writer(&dir.path().join("suitsize.db"), 1 << 20).unwrap();
        let rows = |rows: &[(u8, i64)]| rows.iter().map(|(n, at)| row(*n, *at)).collect::<Vec<_>>();
        put_all(&connection, &rows(&[(1, 10), (2, 20), (3, 30), (4, 40), (5, 50)]), 0).unwrap();
        put_all(&connection, &rows(came), leaving).unwrap();
        let mut there = Vec::new();
        for_each_digest(&connection, |digest| there.push(digest.0[0])).unwrap();
        there.sort_unstable();
        assert_eq!(there, left, "{came:?}, {leaving} leave");
    }

    #[test]
    fn the_first_to_expire_leave_with_those_that_come() {
        check(&[(6, 60)], 0, &[1, 2, 3, 4, 5, 6]);
        check(&[(6, 60)], 2, &[3, 4, 5, 6]);
        check(&[(0, 60), (3, 60), (7, 60)], 1, &[0, 2, 3, 4, 5, 7]);
        // One that is written again is there, though it was among those to leave.
        check(&[(1, 60), (2, 60)], 3, &[1, 2, 4, 5]);
        check(&[(6, 60)], 99, &[6]);
        check(&[], 2, &[3, 4, 5]);
    }
}
