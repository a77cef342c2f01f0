//! Where the store is, how large it may be, how long it keeps.

use super::reader::whole;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

/// The data directory and the store in it.
#[derive(Args, Clone, Debug)]
pub struct DataSettings {
    /// Directory of the store; made if it is not there
    #[arg(long, value_name = "DIR", env = "SUITSIZE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,

    /// Seconds for which an answer is kept in the store. 0: answers are not kept there
    #[arg(long, value_name = "SECONDS", env = "SUITSIZE_STORE_TTL_SECONDS", default_value_t = 300, value_parser = whole::<u32>("0 to 2592000"))]
    pub store_ttl_seconds: u32,

    /// Most MB of the store's file; beyond it the oldest answers make room
    #[arg(long, value_name = "MB", env = "SUITSIZE_STORE_MAX_MB", default_value_t = 128, value_parser = whole::<u32>("8 to 65536"))]
    pub store_max_mb: u32,

    /// Days for which figures of performance are kept, by the hour; by the minute for two of them
    #[arg(long, value_name = "DAYS", env = "SUITSIZE_HISTORY_DAYS", default_value_t = 30, value_parser = whole::<u16>("1 to 366"))]
    pub history_days: u16,
}

impl DataSettings {
    /// How long figures of performance are kept.
    pub fn history(&self) -> Duration {
        Duration::from_secs(u64::from(self.history_days) * 24 * 3_600)
    }
}
