//! Has a running service read its charts and texts again, and tells the supervisor so.

use crate::service::{ReloadError, Reloaded, WeakService};
use crate::supervisor;
use std::net::SocketAddr;

/// For whoever takes the signal. Does not keep the service from ending.
#[derive(Clone)]
pub struct Reloader {
    service: WeakService,
    address: SocketAddr,
}

impl Reloader {
    pub(super) fn new(service: WeakService, address: SocketAddr) -> Self {
        Reloader { service, address }
    }

    /// `None` when the service has ended. What came of it is in the log and in the audit too. Blocks for a
    /// disk's time.
    ///
    /// # Errors
    /// What is wrong with which file; what is in force stays.
    pub fn reload(&self) -> Option<Result<Reloaded, ReloadError>> {
        let service = self.service.upgrade()?;
        supervisor::reloading();
        let reloaded = service.reload();
        // Also after a failure: it is as ready as it was.
        supervisor::ready(self.address);
        Some(reloaded)
    }
}
