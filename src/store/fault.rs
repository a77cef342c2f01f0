//! What can be wrong with the file, in the terms that decide what to do about it.
//!
//! One table from SQLite's result codes. Two of them mislead: a failing read of the disk comes as
//! `CORRUPT`, and a file-size limit as a plain input/output error; so nothing is judged by a code alone
//! (`heal` looks again, `writer` makes room and tries once more).

use rusqlite::{Error, ErrorCode};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Another connection writes for longer than the time limit.
    Busy,
    /// The disk, or the limit that was set for the file.
    Full,
    /// Damaged, or not a database.
    Corrupt,
    /// The disk, the filesystem or a size limit of the process.
    Io,
    ReadOnly,
    /// No such directory, no permission, a directory in its place, no file descriptor left.
    CannotOpen,
    /// Another instance has it.
    InUse,
    /// Written by a newer program.
    Newer {
        version: i64,
    },
    /// A database, and not one of ours.
    Foreign,
    /// Locks cannot be trusted there.
    NetworkFilesystem,
    /// Write-ahead logging was refused.
    NoWal,
    /// Look-ups fail or take too long.
    Slow,
    Other,
}

impl Fault {
    pub fn of(error: &Error) -> Fault {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Busy,
            Some(ErrorCode::DiskFull) => Fault::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Corrupt,
            Some(ErrorCode::SystemIoFailure) => Fault::Io,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Fault::ReadOnly,
            Some(ErrorCode::CannotOpen) => Fault::CannotOpen,
            // A table that is gone or changed under us: somebody wrote another file's pages into ours.
            Some(ErrorCode::SchemaChanged | ErrorCode::TypeMismatch | ErrorCode::Unknown) => {
                Fault::Corrupt
            }
            Some(_) => Fault::Other,
            None if matches!(error, Error::InvalidPath(_) | Error::NulError(_)) => {
                Fault::CannotOpen
            }
            // A value of another type, text that is none, a question without an answer: our tables are
            // STRICT and our questions have answers.
            None => Fault::Corrupt,
        }
    }

    /// One word for health and counters.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Busy => "busy",
            Fault::Full => "full",
            Fault::Corrupt => "corrupt",
            Fault::Io => "io_error",
            Fault::ReadOnly => "read_only",
            Fault::CannotOpen => "cannot_open",
            Fault::InUse => "in_use",
            Fault::Newer { .. } => "newer_schema",
            Fault::Foreign => "foreign_database",
            Fault::NetworkFilesystem => "network_filesystem",
            Fault::NoWal => "no_wal",
            Fault::Slow => "slow",
            Fault::Other => "other",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Busy => f.write_str("another program has the store locked"),
            Fault::Full => f.write_str("the disk is full, or nearly"),
            Fault::Corrupt => f.write_str("the file is damaged"),
            Fault::Io => f.write_str("the disk reports errors, or a size limit was reached"),
            Fault::ReadOnly => f.write_str("the file or its directory cannot be written"),
            Fault::CannotOpen => f.write_str("the file cannot be opened"),
            Fault::InUse => f.write_str("another instance uses this data directory"),
            Fault::Newer { version } => write!(
                f,
                "the file is of schema version {version}, newer than this program's; it is left as it is"
            ),
            Fault::Foreign => {
                f.write_str("the file is another program's database; it is left as it is")
            }
            Fault::NetworkFilesystem => f.write_str(
                "the data directory is on a network filesystem, where locks cannot be trusted",
            ),
            Fault::NoWal => f.write_str("the filesystem does not allow write-ahead logging"),
            Fault::Slow => {
                f.write_str("look-ups fail or take too long: it is left alone for a while")
            }
            Fault::Other => f.write_str("the store failed"),
        }
    }
}

/// A fault with what SQLite or the system said of it: for a log, not for a shopper.
#[derive(Debug, thiserror::Error)]
#[error("{fault} ({cause})")]
pub struct StoreError {
    pub fault: Fault,
    cause: String,
}

impl StoreError {
    pub fn new(fault: Fault, cause: impl fmt::Display) -> Self {
        StoreError { fault, cause: cause.to_string() }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let code = error.sqlite_error().map_or(0, |failure| failure.extended_code);
        // SQLite's text may hold a path or a part of a statement, never a bound value.
        StoreError::new(Fault::of(&error), format_args!("{error}, code {code}"))
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let fault = match error.kind() {
            _ if is_out_of_descriptors(&error) => Fault::CannotOpen,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Fault::ReadOnly,
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::AlreadyExists => Fault::CannotOpen,
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::Full,
            _ => Fault::Io,
        };
        StoreError::new(fault, error)
    }
}

fn is_out_of_descriptors(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let code = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| code == Some(errno.raw_os_error()))
}
