//! The table `store_fact`.

use rusqlite::Connection;

/// # Errors
/// As SQLite's.
pub fn is_in_use(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM store_fact WHERE name = 'in_use_since_ms')";
    connection.query_row(sql, [], |row| row.get(0))
}

/// # Errors
/// As SQLite's.
pub fn set_in_use(connection: &Connection, now_ms: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO store_fact (name, value) VALUES ('in_use_since_ms', ?1)";
    connection.execute(sql, [now_ms]).map(|_| ())
}

/// # Errors
/// As SQLite's.
pub fn clear_in_use(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "DELETE FROM store_fact WHERE name = 'in_use_since_ms'";
    connection.execute(sql, []).map(|_| ())
}
