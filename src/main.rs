//! Parse the command, run it, exit with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    suitsize::cli::run()
}
