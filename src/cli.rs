//! The command line: one binary, each role a subcommand.

mod backup;
mod maintain;
mod question;
mod recommend;
mod serve;
mod text;

use crate::config::ServeSettings;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "suitsize",
    version,
    about = "A suit size from height and weight, and how sure it is.",
    after_help = "Examples:
  suitsize recommend --height 175 --weight 75
  suitsize recommend --height \"5'10\\\"\" --weight 165 --unit imperial --size-system US
  suitsize recommend --batch < questions.ndjson > answers.ndjson
  suitsize serve --port 8080"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer questions over HTTP
    Serve(ServeSettings),
    /// Answer one question, or a batch of them from standard input
    Recommend(Box<recommend::Arguments>),
    /// Put the store in order, while no service uses it (a running one does so by itself)
    Maintain(maintain::Arguments),
    /// Copy the store to a file, also while a service runs
    Backup(backup::Arguments),
}

/// Runs what the command line asks for. 0: done; 1: it failed; 2: it was asked wrongly.
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(settings) => serve::run(&settings),
        Command::Recommend(arguments) => recommend::run(&arguments),
        Command::Maintain(arguments) => maintain::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("suitsize: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
