//! The schema's version: `schema.sql` makes a new file, steps bring an old one up to it, a newer one is
//! refused. Each in one transaction together with `user_version`, so a file is one version or another.

use super::fault::{Fault, StoreError};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// "SUIT": whose file it is, in SQLite's header.
const APPLICATION_ID: i64 = 0x5355_4954;
const SCHEMA: &str = include_str!("../../schema.sql");
/// Step n brings version n + 1 to n + 2; the version of `SCHEMA` is one more than their number.
const STEPS: &[&str] = &[HISTORY];
/// To version 2.
const HISTORY: &str = "CREATE TABLE request_history (
  span_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL, run_ms INTEGER NOT NULL,
  route TEXT NOT NULL, status_class INTEGER NOT NULL CHECK (status_class BETWEEN 1 AND 5),
  tier TEXT NOT NULL, requests INTEGER NOT NULL, sum_ns INTEGER NOT NULL, min_ns INTEGER NOT NULL,
  max_ns INTEGER NOT NULL, bytes INTEGER NOT NULL, histogram BLOB NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY (span_ms, start_ms, run_ms, route, status_class, tier)
) STRICT, WITHOUT ROWID";

/// The version that this program reads and writes.
pub fn version() -> i64 {
    latest(STEPS)
}

/// Refuses a newer or a foreign file by reading alone: a connection that writes would change its header
/// before it can look.
///
/// # Errors
/// `Newer`, `Foreign`, or what reading met. A missing or empty file is fine.
pub fn judge_unopened(path: &Path) -> Result<(), StoreError> {
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() => {}
        // A pipe would be waited for without end.
        Ok(_) => return Err(StoreError::new(Fault::CannotOpen, "not a file")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let mut header = Vec::new();
    File::open(path)?.take(100).read_to_end(&mut header)?;
    if header.len() < 100 || !header.starts_with(b"SQLite format 3\0") {
        return Ok(()); // empty, or damaged: the connection will say
    }
    let number = |at: usize| {
        i64::from(u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]))
    };
    let (user_version, application_id) = (number(60), number(68));
    if application_id != 0 {
        return judge_version(application_id, user_version, version());
    }
    // Unmarked by its header; what is still in its log, if any, may mark it.
    let connection = Connection::open_with_flags(path, super::open::reader_flags())?;
    judge(&connection).map(|_| ())
}

/// Says which version a file is that a connection has open, 0 for an empty one.
///
/// # Errors
/// `Newer`, `Foreign`, or what reading met.
pub fn judge(connection: &Connection) -> Result<i64, StoreError> {
    judge_connection(connection, version())
}

fn judge_connection(connection: &Connection, known: i64) -> Result<i64, StoreError> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let found = number("PRAGMA user_version")?;
    judge_version(number("PRAGMA application_id")?, found, known)?;
    if found == 0 && number("SELECT count(*) FROM sqlite_schema")? > 0 {
        return Err(StoreError::new(Fault::Foreign, "tables without a version"));
    }
    Ok(found)
}

fn judge_version(application_id: i64, user_version: i64, known: i64) -> Result<(), StoreError> {
    let new = application_id == 0 && user_version == 0;
    if application_id != APPLICATION_ID && !new {
        return Err(StoreError::new(
            Fault::Foreign,
            format_args!("application id {application_id}"),
        ));
    }
    if user_version > known {
        let fault = Fault::Newer { version: user_version };
        return Err(StoreError::new(fault, format_args!("known is {known}")));
    }
    Ok(())
}

/// Makes a new file's schema or brings an old one up to date.
///
/// # Errors
/// As `judge_unopened`, now seen through the write-ahead log; `Foreign` for tables in a file without our mark.
pub fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    prepare_with(connection, SCHEMA, STEPS)
}

fn latest(steps: &[&str]) -> i64 {
    1 + i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

fn prepare_with(
    connection: &mut Connection,
    schema: &str,
    steps: &[&str],
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let latest = latest(steps);
    let found = judge_connection(&transaction, latest)?;
    match found {
        0 => transaction.execute_batch(schema)?,
        _ => {
            for step in &steps[usize::try_from(found - 1).unwrap_or(0)..] {
                transaction.execute_batch(step)?;
            }
        }
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", latest)?;
    Ok(transaction.commit()?)
}

/// Whether the tables and indexes of `schema.sql` are there: a letter changed in a column's name passes
/// every check of SQLite's, and no statement of ours. By columns and not by text, which holds comments.
///
/// # Errors
/// `Corrupt` when something is missing.
pub fn verify(connection: &Connection) -> Result<(), StoreError> {
    let expected = Connection::open_in_memory()?;
    expected.execute_batch(SCHEMA)?;
    let found = parts(connection)?;
    match parts(&expected)?.into_iter().find(|part| !found.contains(part)) {
        None => Ok(()),
        Some(missing) => Err(StoreError::new(Fault::Corrupt, format!("without {missing}"))),
    }
}

/// Each column of a table and of an index, described.
fn parts(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let sql =
        "SELECT m.name || '.' || x.name || ' ' || x.type || ' ' || x.\"notnull\" || ' ' || x.pk
                 FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x WHERE m.type = 'table'
               UNION ALL
               SELECT 'index on ' || m.tbl_name || ' ' || x.seqno || ' ' || x.name
                 FROM sqlite_schema m JOIN pragma_index_xinfo(m.name) x
                WHERE m.type = 'index' AND x.key";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user_version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    fn tables(connection: &Connection) -> i64 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_new_file_gets_the_schema_and_an_old_one_the_steps() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare_with(&mut connection, "CREATE TABLE a (x INTEGER) STRICT;", &[]).unwrap();
        assert_eq!((user_version(&connection), tables(&connection)), (1, 1));
        let steps = ["CREATE TABLE b (x INTEGER) STRICT;", "CREATE TABLE c (x INTEGER) STRICT;"];
        for _ in 0..2 {
            prepare_with(&mut connection, "unused", &steps).unwrap();
            assert_eq!((user_version(&connection), tables(&connection)), (3, 3));
        }
    }

    /// The schema of version 1, as released: what is made of it by steps is what a new file has.
    #[test]
    fn an_old_file_becomes_what_a_new_one_is() {
        let mut old = Connection::open_in_memory().unwrap();
        let first = SCHEMA.split("-- How requests went").next().unwrap();
        prepare_with(&mut old, first, &[]).unwrap();
        assert!(verify(&old).is_err(), "it lacks what came later");
        prepare(&mut old).unwrap();
        let new = Connection::open_in_memory().unwrap();
        new.execute_batch(SCHEMA).unwrap();
        assert_eq!(parts(&old).unwrap(), parts(&new).unwrap());
        assert_eq!(user_version(&old), version());
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare_with(&mut connection, "CREATE TABLE a (x INTEGER) STRICT;", &[]).unwrap();
        let steps = ["CREATE TABLE b (x INTEGER) STRICT;", "this is no SQL"];
        prepare_with(&mut connection, "unused", &steps).unwrap_err();
        assert_eq!((user_version(&connection), tables(&connection)), (1, 1));
    }

    #[test]
    fn a_file_with_the_same_tables_is_ours_whatever_else_is_in_it() {
        let rows = [
            ("-- nothing", true),
            ("CREATE INDEX of_an_operator ON admin_audit (action)", true),
            ("ALTER TABLE admin_audit ADD COLUMN note TEXT", true),
            ("ALTER TABLE cached_answer RENAME COLUMN scope TO scops", false),
            ("DROP TABLE store_fact", false),
            ("DROP INDEX cached_answer_by_expiry", false),
        ];
        for (sql, sound) in rows {
            let mut connection = Connection::open_in_memory().unwrap();
            prepare(&mut connection).unwrap();
            connection.execute_batch(sql).unwrap();
            assert_eq!(verify(&connection).is_ok(), sound, "{sql}");
        }
    }

    #[test]
    fn a_file_that_is_newer_or_foreign_is_refused() {
        let rows = [
            ("PRAGMA application_id = 1398098260; PRAGMA user_version = 99", "newer_schema"),
            ("PRAGMA application_id = 1; PRAGMA user_version = 1", "foreign_database"),
            ("CREATE TABLE theirs (x)", "foreign_database"),
        ];
        for (sql, code) in rows {
            let mut connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(sql).unwrap();
            let error = prepare(&mut connection).unwrap_err();
            assert_eq!(error.fault.code(), code, "{sql}");
        }
    }
}
