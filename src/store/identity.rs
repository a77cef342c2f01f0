//! Which files are ours: by what they are, not by their names. Somebody may put others in their places.

use super::fault::{Fault, StoreError};
use super::quarantine::beside;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const LOCK_NAME: &str = "suitsize.lock";

/// A file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// # Errors
    /// As the system's.
    pub fn of(path: &Path) -> io::Result<Identity> {
        let stat = rustix::fs::stat(path)?;
        Ok(Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 })
    }

    /// # Errors
    /// As the system's.
    pub fn of_open(file: &File) -> io::Result<Identity> {
        let stat = rustix::fs::fstat(file)?;
        Ok(Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 })
    }

    pub fn is_still_at(self, path: &Path) -> bool {
        Identity::of(path).is_ok_and(|now| now == self)
    }
}

/// What is no longer where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    Database,
    Log,
    Lock,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Moved::Database => "the store's file was replaced or removed",
            Moved::Log => "the store's log was replaced or removed",
            Moved::Lock => "the data directory was replaced or removed",
        })
    }
}

/// The files of an opened store.
#[derive(Clone, Debug)]
pub struct Footprint {
    database: Identity,
    lock: Identity,
    /// From the first write on.
    log: Option<Identity>,
    index: Option<Identity>,
}

impl Footprint {
    /// # Errors
    /// As the system's.
    pub fn of(path: &Path, lock: &File) -> io::Result<Self> {
        let mut footprint = Footprint {
            database: Identity::of(path)?,
            lock: Identity::of_open(lock)?,
            log: None,
            index: None,
        };
        footprint.complete(path);
        Ok(footprint)
    }

    pub fn database(&self) -> Identity {
        self.database
    }

    /// What is not there any more, the most important first.
    pub fn moved(&mut self, path: &Path) -> Option<Moved> {
        let log = beside(path, "-wal");
        if !self.lock.is_still_at(&lock_path(path)) {
            return Some(Moved::Lock);
        }
        if !self.database.is_still_at(path) {
            return Some(Moved::Database);
        }
        if self.log.is_some_and(|ours| !ours.is_still_at(&log)) {
            return Some(Moved::Log);
        }
        self.complete(path);
        None
    }

    /// Removes our log from beside a database that is not ours.
    pub fn remove_log(&self, path: &Path) {
        for (ours, suffix) in [(self.log, "-wal"), (self.index, "-shm")] {
            let file = beside(path, suffix);
            if ours.is_some_and(|ours| ours.is_still_at(&file)) {
                let _ = fs::remove_file(file); // if it stays, the checksums and the check at opening are left
            }
        }
    }

    fn complete(&mut self, path: &Path) {
        let seen = |known: Option<Identity>, suffix| {
            known.or_else(|| Identity::of(&beside(path, suffix)).ok())
        };
        self.log = seen(self.log, "-wal");
        self.index = seen(self.index, "-shm");
    }
}

/// One instance for a data directory. Held by the open file, so that a kill releases it.
///
/// # Errors
/// `InUse`, or what the system says.
pub fn lock(path: &Path) -> Result<File, StoreError> {
    let path = lock_path(path);
    if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
        return Err(StoreError::new(Fault::CannotOpen, path.display())); // a pipe would be waited for
    }
    let file = File::options().create(true).write(true).truncate(false).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::new(Fault::InUse, path.display())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Whether a lock that is held is still the one that others would meet.
pub fn is_locked_by(lock: &File, path: &Path) -> bool {
    Identity::of_open(lock).is_ok_and(|ours| ours.is_still_at(&lock_path(path)))
}

fn lock_path(database: &Path) -> PathBuf {
    database.with_file_name(LOCK_NAME)
}
