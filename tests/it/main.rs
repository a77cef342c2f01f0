//! One integration binary (one link), a module for each area. `support` and `running` are its small language.

// A test that panics has failed: that is what unwrap is for here.
#![allow(clippy::unwrap_used)]

mod alerts;
mod charts;
mod claims;
mod command_line;
mod golden;
mod http;
mod laws;
mod licences;
mod logs;
mod models;
mod openapi;
mod operating;
mod performance;
mod refusals;
mod running;
mod store;
mod structure;
mod support;
mod tiers;
