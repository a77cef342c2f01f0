//! `suitsize backup FILE`: a consistent copy, also while a service runs.

use super::Outcome;
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
    Ok(ExitCode::SUCCESS)
}
