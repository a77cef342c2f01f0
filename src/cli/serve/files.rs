//! How many files the process may have open.

/// Files that a service has open beside its connections: the store's, the log's, the runtime's.
#[cfg(unix)]
const OTHER_FILES: u64 = 128;

/// Each connection is an open file, and many systems start a process with 1,024 of them.
#[cfg(unix)]
pub fn allow_connections(connections: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = connections + OTHER_FILES;
    let Rlimit { current: Some(current), maximum } = getrlimit(Resource::Nofile) else { return };
    if current >= needed {
        return;
    }
    let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
    let set = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    if set.is_err() || allowed < needed {
        log::warn!(
            "{connections} connections need {needed} open files, and the system allows {allowed}: \
             raise its limit, or lower SUITSIZE_MAX_CONNECTIONS"
        );
    }
}

#[cfg(not(unix))]
pub fn allow_connections(_connections: u64) {}
