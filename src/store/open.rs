//! Opening the file. The order of the pragmas is not taste: `page_size` after `auto_vacuum` is ignored,
//! `auto_vacuum` after `journal_mode=WAL` is ignored, both silently and for the life of the file.

use super::fault::{Fault, StoreError};
use super::{schema, space};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use rustix::fs::Access;
use std::path::Path;
use std::time::Duration;

pub const PAGE_BYTES: u64 = 4096;
/// The log shrinks to this at its next reset.
pub const WAL_LIMIT_BYTES: u64 = 4 * 1024 * 1024;
/// Pages of the log at which it is moved into the file: 16 MB. Under load every batch writes the same
/// index pages again; four times the default moves them once for four.
const CHECKPOINT_PAGES: i64 = 4_000;
/// How long the writer waits for another process's write.
pub const WRITER_BUSY: Duration = Duration::from_secs(2);
/// A reader never waits for a writer in WAL mode; this is for a recovery just running.
const READER_BUSY: Duration = Duration::from_millis(20);
const WRITER_CACHE_KIB: i64 = 4000;
const READER_CACHE_KIB: i64 = 1000;
/// Different statements of a connection.
const STATEMENTS: usize = 32;

/// The one connection that writes, with the schema in place and a write tried.
///
/// # Errors
/// Whatever stands against using the file, as a fault; the file is then as it was.
pub fn writer(path: &Path, max_bytes: u64) -> Result<Connection, StoreError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    if space::is_network_filesystem(dir)? {
        return Err(StoreError::new(Fault::NetworkFilesystem, dir.display()));
    }
    schema::judge_unopened(path)?;
    // SQLite would open it for reading and leave a log beside it that cannot be written either.
    if path.exists() {
        rustix::fs::access(path, Access::WRITE_OK).map_err(std::io::Error::from)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(WRITER_BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Until it is known to be ours, closing it does not move its log.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // By its log too; and before any pragma, some of which write.
    if schema::judge(&connection)? == 0 {
        connection.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::new(Fault::NoWal, mode));
    }
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", WAL_LIMIT_BYTES as i64)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // What was deleted is overwritten where that costs no writing of its own.
    connection.query_row("PRAGMA secure_delete = FAST", [], |_| Ok(()))?;
    connection.query_row(
        &format!("PRAGMA max_page_count = {}", max_bytes / PAGE_BYTES),
        [],
        |_| Ok(()),
    )?;
    be_careful(&connection)?;
    schema::prepare(&mut connection)?;
    schema::verify(&connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    // A file that cannot be written opens without complaint; only a write tells.
    connection.transaction_with_behavior(TransactionBehavior::Immediate)?.rollback()?;
    Ok(connection)
}

/// Flags and settings of a connection that only reads.
pub fn reader_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// # Errors
/// As SQLite's.
pub fn prepare_reader(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(READER_BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    be_careful(connection)
}

fn be_careful(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Mapped memory turns a truncated file into a signal that ends the process. It answers with a row.
    connection.query_row("PRAGMA mmap_size = 0", [], |_| Ok(())).or_else(no_row_is_fine)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

fn no_row_is_fine(error: rusqlite::Error) -> Result<(), rusqlite::Error> {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pragma(connection: &Connection, name: &str) -> String {
        let value: rusqlite::types::Value =
            connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn the_settings_are_really_in_force() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("suitsize.db");
        let connection = writer(&path, 1024 * 1024).unwrap();
        let rows = [
            ("page_size", "4096"),
            ("auto_vacuum", "2"),
            ("journal_mode", "wal"),
            ("synchronous", "1"),
            ("journal_size_limit", "4194304"),
            ("wal_autocheckpoint", "4000"),
            ("secure_delete", "2"),
            ("max_page_count", "256"),
            ("trusted_schema", "0"),
            ("cell_size_check", "1"),
            ("mmap_size", "0"),
            ("user_version", "2"),
        ];
        for (name, expected) in rows {
            assert_eq!(pragma(&connection, name), expected, "{name}");
        }
        let reader = Connection::open_with_flags(&path, reader_flags()).unwrap();
        prepare_reader(&reader).unwrap();
        assert_eq!(pragma(&reader, "query_only"), "1");
    }

    #[test]
    fn sqlite_is_built_so_that_readers_do_not_wait_for_each_other() {
        let connection = Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("PRAGMA compile_options").unwrap();
        let options: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
        assert!(options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0"), "{options:?}");
    }

    #[test]
    fn sqlite_is_past_the_bug_that_corrupts_a_log_with_two_connections() {
        assert!(rusqlite::version_number() >= 3_051_003); // sqlite.org/wal.html#walresetbug
    }
}
