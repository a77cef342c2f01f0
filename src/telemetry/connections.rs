//! Connections: how many are open, and how many were turned away or ended for taking too long.

use std::sync::atomic::{AtomicU64, AtomicUsize};

#[derive(Debug, Default)]
pub struct Connections {
    pub open: AtomicUsize,
    /// Found no place.
    pub refused: AtomicU64,
    /// Ended because their client took too long.
    pub overdue: AtomicU64,
}
