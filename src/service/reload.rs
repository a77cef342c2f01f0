//! Charts read again while the service runs.
//!
//! They are read and checked beside those in force, then take their place at once: a question that is being
//! answered keeps its edition, the next one gets the new. Charts that are not good change nothing. What else
//! is read from files at the start and becomes part of answers (texts) joins in `read_again`, so that all of
//! it is good or none of it is taken.

use super::{Edition, Service};
use crate::sizing::chart::{ChartError, Charts};
use std::sync::Arc;

/// What the audit has in the place of a request's id.
const BY_SIGNAL: &str = "signal";

/// Why what is in force stays.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error(transparent)]
    Chart(#[from] ChartError),
}

/// What reading again came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Changed,
    /// The files say what is in force already.
    Unchanged,
    /// The service has no charts but its own.
    NoDirectory,
}

impl Change {
    /// As the audit has it.
    fn name(self) -> &'static str {
        match self {
            Change::Changed => "changed",
            Change::Unchanged => "unchanged",
            Change::NoDirectory => "no_directory",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloaded {
    pub change: Change,
    /// The charts in force now, the default one first.
    pub charts: Vec<String>,
}

impl Service {
    /// Reads the charts again, and records what came of it. Blocks for a disk's time.
    ///
    /// # Errors
    /// What is wrong with which file. The charts in force stay.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        let _in_turn = self.0.reloading.lock();
        let read = self.read_again();
        let charts = self.edition().charts();
        say(&read, &charts);
        let parameters = serde_json::json!({ "charts": charts }).to_string();
        let outcome = read.as_ref().map_or("refused", |change| change.name());
        self.audit("reload", parameters, outcome.to_owned(), BY_SIGNAL);
        Ok(Reloaded { change: read?, charts })
    }

    fn read_again(&self) -> Result<Change, ReloadError> {
        let Some(dir) = &self.0.charts else { return Ok(Change::NoDirectory) };
        let new = self.edition().with_charts(Charts::load(dir)?);
        if new.charts() == self.edition().charts() {
            return Ok(Change::Unchanged);
        }
        self.put_in_force(new);
        Ok(Change::Changed)
    }

    fn put_in_force(&self, new: Edition) {
        let new = Arc::new(new);
        *self.0.edition.write() = Arc::clone(&new);
        // After the swap: who fills ahead looks at the generation first and takes the edition then, so what is
        // made by the old charts comes too late. Filling begins anew by itself.
        new.cache().empty_memory();
    }
}

fn say(read: &Result<Change, ReloadError>, charts: &[String]) {
    match read {
        Ok(Change::Changed) => log::info!("reloaded: {} in force", charts.join(", ")),
        Ok(Change::Unchanged) => log::info!("reloaded: the charts are as they were"),
        Ok(Change::NoDirectory) => {
            log::info!("nothing to reload: no directory of charts is set (SUITSIZE_CHARTS)");
        }
        Err(error) => log::error!("nothing is reloaded, the charts in force stay: {error}"),
    }
}
