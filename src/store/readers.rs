//! The connections that read: a small pool, never waited for.
//!
//! `r2d2_sqlite` cannot tell a bad connection (`has_broken` is always false, `is_valid` does not touch
//! the file) and a pool that cannot connect blocks for 30 seconds by default. So: built unchecked, asked
//! with a short limit, and thrown away whole when the file is in doubt.

use super::identity::Identity;
use super::open;
use r2d2::{HandleError, ManageConnection, Pool};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const CONNECTIONS: u32 = 3;
/// Longer than any look-up, shorter than computing is worth waiting for.
const CHECKOUT: Duration = Duration::from_millis(20);

/// Readers of one opened file.
#[derive(Clone)]
pub struct Readers {
    pool: Pool<Manager>,
    broken: Arc<AtomicBool>,
}

impl Readers {
    pub fn open(path: &Path, identity: Identity) -> Self {
        let broken = Arc::new(AtomicBool::new(false));
        let inner = SqliteConnectionManager::file(path)
            .with_flags(open::reader_flags())
            .with_init(|connection| open::prepare_reader(connection));
        let manager =
            Manager { inner, path: path.to_owned(), identity, broken: Arc::clone(&broken) };
        let pool = Pool::builder()
            .max_size(CONNECTIONS)
            .min_idle(Some(CONNECTIONS))
            .connection_timeout(CHECKOUT)
            .test_on_check_out(false)
            .error_handler(Box::new(Quiet))
            .build_unchecked(manager);
        Readers { pool, broken }
    }

    /// A connection, or `None` when none is free in time.
    pub fn connection(&self) -> Option<impl std::ops::Deref<Target = Connection> + use<>> {
        if self.broken.load(Ordering::Relaxed) {
            return None;
        }
        self.pool.get().ok()
    }

    /// Nothing more is read by these.
    pub fn give_up(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    /// Connections: open, idle.
    pub fn counts(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }
}

#[derive(Debug)]
struct Manager {
    inner: SqliteConnectionManager,
    path: PathBuf,
    identity: Identity,
    broken: Arc<AtomicBool>,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = rusqlite::Error;

    fn connect(&self) -> Result<Connection, rusqlite::Error> {
        // Not another file that has taken the place of the writer's.
        if self.broken.load(Ordering::Relaxed) || !self.identity.is_still_at(&self.path) {
            return Err(rusqlite::Error::InvalidPath(self.path.clone()));
        }
        self.inner.connect()
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), rusqlite::Error> {
        self.inner.is_valid(connection)
    }

    /// One that is left in a transaction would see an old file for good.
    fn has_broken(&self, connection: &mut Connection) -> bool {
        self.broken.load(Ordering::Relaxed) || !connection.is_autocommit()
    }
}

/// Who looks up reports what it met; the pool would say it again for every attempt.
#[derive(Debug)]
struct Quiet;

impl<E> HandleError<E> for Quiet {
    fn handle_error(&self, _: E) {}
}
