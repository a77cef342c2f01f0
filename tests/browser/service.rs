//! The service behind the pages: one that most tests share, and the address of any.

use crate::running::Running;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The one that runs, or a new one: for tests that change nothing in it. It ends with its last test.
pub fn shared() -> Arc<Running> {
    static RUNNING: Mutex<Weak<Running>> = Mutex::new(Weak::new());
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.upgrade().unwrap_or_else(|| {
        let service = Arc::new(Running::start(|_| {}));
        *running = Arc::downgrade(&service);
        service
    })
}

pub fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
