//! How many files the service may have open.

use crate::cli::open_files;

/// Files that a service has open beside its connections: the store's, the log's, the runtime's.
const OTHER_FILES: u64 = 128;

/// Each connection is an open file.
pub fn allow_connections(connections: u64) {
    let needed = connections + OTHER_FILES;
    if let Err(allowed) = open_files::allow(needed) {
        log::warn!(
            "{connections} connections need {needed} open files, and the system allows {allowed}: \
             raise its limit, or lower SUITSIZE_MAX_CONNECTIONS"
        );
    }
}
