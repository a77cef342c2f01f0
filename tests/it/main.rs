//! One integration binary (one link), a module for each area. `support` and `running` are its small language.

// A test that panics has failed: that is what unwrap is for here.
#![allow(clippy::unwrap_used)]

mod alerts;
mod batch;
mod bench;
mod charts;
mod claims;
mod command_line;
mod configuration;
mod deployment;
mod edge;
mod golden;
mod hangup;
mod http;
mod lane;
mod laws;
mod licences;
mod logs;
mod models;
mod mutations;
mod openapi;
mod operating;
mod pages;
mod performance;
mod refusals;
mod reload;
mod running;
mod store;
mod structure;
mod supervised;
mod supply;
mod support;
mod tiers;
mod wording;
