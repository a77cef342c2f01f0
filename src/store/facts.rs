//! The table `store_fact`.

use rusqlite::{Connection, params};

/// Set while a process has the file open.
pub const IN_USE_SINCE_MS: &str = "in_use_since_ms";

/// When it was last tried whether the file can be written.
pub const PROBED_AT_MS: &str = "probed_at_ms";

/// The fact that what is durable in a quarantined file was taken over.
pub fn salvaged(file_name: &str) -> String {
    format!("salvaged {file_name}")
}

/// # Errors
/// As SQLite's.
pub fn is_set(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM store_fact WHERE name = ?1)";
    connection.query_row(sql, [name], |row| row.get(0))
}

/// # Errors
/// As SQLite's.
pub fn set(connection: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO store_fact (name, value) VALUES (?1, ?2)";
    connection.execute(sql, params![name, value]).map(|_| ())
}

/// # Errors
/// As SQLite's.
pub fn clear(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM store_fact WHERE name = ?1", [name]).map(|_| ())
}
