//! Charts and texts read again while the service runs.
//!
//! They are read and checked beside those in force, then take their place at once: a question that is being
//! answered keeps its edition, the next one gets the new. If anything in them is not good, all that is in
//! force stays.

use super::{Edition, Service};
use crate::sizing::chart::{ChartError, Charts};
use crate::sizing::wording::{WordingError, Wordings};
use std::path::PathBuf;
use std::sync::Arc;

/// What the audit has in the place of a request's id, with the how manieth it is of this run: two within a
/// millisecond are two rows.
const BY_SIGNAL: &str = "signal";

/// Where charts and texts are read from, at the start and again.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub charts: Option<PathBuf>,
    pub wording: Option<PathBuf>,
}

/// Why what is in force stays.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error(transparent)]
    Wording(#[from] WordingError),
}

/// What reading again came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Changed,
    /// The files say what is in force already.
    Unchanged,
    /// The service has no charts and texts but its own.
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
    /// What tells the texts in force now from any others.
    pub wording: String,
}

impl Service {
    /// Reads the charts and the texts again, and records what came of it. Blocks for a disk's time.
    ///
    /// # Errors
    /// What is wrong with which file. What is in force stays.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        let mut count = self.0.reloading.lock();
        *count += 1;
        let read = self.read_again();
        let edition = self.edition();
        let (charts, wording) = (edition.charts(), edition.wording().to_owned());
        say(&read, &charts, &wording);
        let parameters = serde_json::json!({ "charts": charts, "wording": wording }).to_string();
        let outcome = read.as_ref().map_or("refused", |change| change.name());
        self.audit("reload", parameters, outcome.to_owned(), &format!("{BY_SIGNAL}-{count}"));
        Ok(Reloaded { change: read?, charts, wording })
    }

    fn read_again(&self) -> Result<Change, ReloadError> {
        let Sources { charts, wording } = &self.0.sources;
        if charts.is_none() && wording.is_none() {
            return Ok(Change::NoDirectory);
        }
        let charts =
            charts.as_ref().map_or_else(|| Ok(Charts::embedded()), |dir| Charts::load(dir))?;
        let wordings =
            wording.as_ref().map_or_else(|| Ok(Wordings::embedded()), |dir| Wordings::load(dir))?;
        let now = self.edition();
        let new = now.with(charts, wordings);
        let is_same = new.charts() == now.charts() && new.says_the_same(&now);
        if is_same {
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

fn say(read: &Result<Change, ReloadError>, charts: &[String], wording: &str) {
    match read {
        Ok(Change::Changed) => {
            log::info!("reloaded: {} in force, texts {wording}", charts.join(", "));
        }
        Ok(Change::Unchanged) => log::info!("reloaded: charts and texts are as they were"),
        Ok(Change::NoDirectory) => {
            log::info!(
                "nothing to reload: no directory of charts or texts is set (SUITSIZE_CHARTS, SUITSIZE_WORDING)"
            );
        }
        Err(error) => log::error!("nothing is reloaded, what is in force stays: {error}"),
    }
}
