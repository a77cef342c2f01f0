//! How many files the process may have open: each connection is one, and many systems start a process with
//! 1,024 of them.

/// Raises what the process may have open to `needed`, where the system lets it.
///
/// # Errors
/// How many it may have open, where that is fewer.
#[cfg(unix)]
pub fn allow(needed: u64) -> Result<(), u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current: Some(current), maximum } = getrlimit(Resource::Nofile) else {
        return Ok(());
    };
    if current >= needed {
        return Ok(());
    }
    let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
    let limit = Rlimit { current: Some(allowed), maximum };
    match setrlimit(Resource::Nofile, limit) {
        Ok(()) if allowed >= needed => Ok(()),
        Ok(()) => Err(allowed),
        Err(_) => Err(current),
    }
}

/// # Errors
/// Never: there is no such limit.
#[cfg(not(unix))]
pub fn allow(_needed: u64) -> Result<(), u64> {
    Ok(())
}
