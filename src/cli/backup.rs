//! `suitsize backup FILE`: a consistent copy, also while a service runs.

use super::Outcome;
use crate::clock::Clock;
use crate::store::{AuditRow, record_past_the_service};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// Where the copy goes; must not exist
    file: PathBuf,

    /// Directory of the store
    #[arg(long, value_name = "DIR", env = "SUITSIZE_DATA_DIR", default_value = "data")]
    data_dir: PathBuf,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let from = arguments.data_dir.join(crate::store::FILE_NAME);
    let bytes = crate::store::backup(&from, &arguments.file)?;
    println!("{}: {bytes} bytes, checked", arguments.file.display());
    let row = AuditRow {
        at_ms: Clock::system().unix_ms(),
        action: "backup".to_owned(),
        parameters: format!("{{\"bytes\":{bytes}}}"),
        outcome: "done".to_owned(),
        request_id: "command line".to_owned(),
    };
    if let Err(error) = record_past_the_service(&from, row) {
        eprintln!("suitsize: the copy is good; that it was made could not be recorded: {error}");
    }
    Ok(ExitCode::SUCCESS)
}
