//! The table `admin_audit`: what an operator had done, kept through anything that the file survives.

use rusqlite::{Connection, Row, params};
use serde::Serialize;

/// Older ones are deleted. By count and not by age: a clock that is wrong for a second must not
/// delete what is promised.
const KEPT_ROWS: i64 = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    pub at_ms: i64,
    pub action: String,
    /// JSON.
    pub parameters: String,
    pub outcome: String,
    pub request_id: String,
}

/// Writes rows so that they are on the disk when it returns. Those that are there already stay: a write
/// that failed at its last step may have been one.
///
/// # Errors
/// As SQLite's.
pub fn record(connection: &mut Connection, rows: &[AuditRow]) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    let written = insert(connection, rows);
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    written
}

fn insert(connection: &mut Connection, rows: &[AuditRow]) -> rusqlite::Result<()> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for row in rows {
        let AuditRow { at_ms, action, parameters, outcome, request_id } = row;
        transaction
            .prepare_cached(
                "INSERT INTO admin_audit (at_ms, action, parameters, outcome, request_id)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (at_ms, action, parameters, request_id) DO NOTHING",
            )?
            .execute(params![at_ms, action, parameters, outcome, request_id])?;
    }
    transaction.commit()
}

/// Every row that can still be read of a file that may be damaged.
pub fn salvage(connection: &Connection) -> Vec<AuditRow> {
    let sql = "SELECT at_ms, action, parameters, outcome, request_id FROM admin_audit ORDER BY id";
    let mut saved = Vec::new();
    let Ok(mut statement) = connection.prepare(sql) else { return saved };
    let Ok(mut rows) = statement.query([]) else { return saved };
    // A row that is no row any more is passed over; behind a page that cannot be read nothing is reached.
    while let Ok(Some(row)) = rows.next() {
        saved.extend(read(row));
    }
    saved
}

fn read(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    let parameters: String = row.get(2)?;
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&parameters).is_ok();
    Ok(AuditRow {
        at_ms: row.get(0)?,
        action: row.get(1)?,
        // A letter of it was changed: kept as text, since the table takes JSON only.
        parameters: if is_json { parameters } else { serde_json::json!(parameters).to_string() },
        outcome: row.get(3)?,
        request_id: row.get(4)?,
    })
}

/// # Errors
/// As SQLite's.
pub fn delete_old(connection: &Connection) -> rusqlite::Result<usize> {
    let sql = "DELETE FROM admin_audit WHERE id <= (SELECT max(id) FROM admin_audit) - ?1";
    connection.execute(sql, [KEPT_ROWS])
}
