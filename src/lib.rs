//! SuitSize: a suit size from height and weight, and how sure it is.
//!
//! The engine can be used without the service:
//!
//! ```
//! use suitsize::sizing::{Engine, question::Question};
//!
//! let engine = Engine::embedded()?;
//! let answer = engine.recommend(&Question::new(175.0, 75.0))?; // cm, kg
//! assert_eq!(answer.size.as_deref(), Some("50R"));
//! assert!(answer.confidence > 0.5 && answer.probability > 0.3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A request's way is the map of the modules:
//!
//! - [`http`] reads a body as [`json`] or answers with a [`problem`] document,
//! - [`service`] makes the question canonical and asks
//! - [`cache`]: memory, then the [`store`] in SQLite, then one computation,
//! - [`sizing`] is the pure engine: model, posterior, chart, decision, advice.
//!
//! [`upkeep`] is what happens without a request, [`telemetry`] what is known of how it performs, [`clock`] is
//! time, handed in. [`cli`] and [`app`] start it all, [`config`] is every setting, [`logging`] the log,
//! [`supervisor`] tells systemd.
//! `docs/architecture.md` says which may know which.

pub mod app;
pub mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub mod http;
pub mod json;
pub mod logging;
pub mod problem;
pub mod service;
pub mod sizing;
pub mod store;
pub mod supervisor;
pub mod telemetry;
pub mod upkeep;

/// Version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Version of the HTTP contract.
pub const API_VERSION: &str = "4.0-Production-Optimized";
const OPTIMIZATION_LEVEL: &str = "production_v4";
