//! The command line: one binary, each role a subcommand.

mod backup;
mod healthcheck;
mod maintain;
mod question;
mod recommend;
mod serve;
mod text;

use crate::config::{LogFormat, ServeSettings};
use crate::logging::{self, Written};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
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
    /// The log on standard error: lines to read, or one JSON object a line. What is in it: `RUST_LOG`
    #[arg(long, global = true, value_name = "FORMAT", env = "LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer questions over HTTP
    Serve(Box<ServeSettings>),
    /// Answer one question, or a batch of them from standard input
    Recommend(Box<recommend::Arguments>),
    /// Put the store in order, while no service uses it (a running one does so by itself)
    Maintain(maintain::Arguments),
    /// Copy the store to a file, also while a service runs
    Backup(backup::Arguments),
    /// Ask a running service whether it is ready: exit code 0 or 1
    Healthcheck(healthcheck::Arguments),
}

/// Runs what the command line asks for. 0: done; 1: it failed; 2: it was asked wrongly (a check: 1).
pub fn run() -> ExitCode {
    let Cli { log_format, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let log = logging::start(log_format, written(&command));
    let result = match command {
        Command::Serve(settings) => serve::run(&settings),
        Command::Recommend(arguments) => recommend::run(&arguments),
        Command::Maintain(arguments) => maintain::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Healthcheck(arguments) => healthcheck::run(&arguments),
    };
    // What waits comes before the last word.
    drop(log);
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("suitsize: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A service is not to wait for whoever reads its log.
fn written(command: &Command) -> Written {
    match command {
        Command::Serve(_) => Written::Apart,
        _ => Written::Directly,
    }
}

/// Prints what was wrong, or the help or version that was asked for. Docker reserves 2 in a check.
fn misused(error: &clap::Error) -> ExitCode {
    // Whoever asked may have closed the output.
    drop(error.print());
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if is_check(std::env::args_os().skip(1)) => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}

/// Whether the subcommand is `healthcheck`: the first argument that is none of the option before it.
fn is_check(mut arguments: impl Iterator<Item = OsString>) -> bool {
    while let Some(argument) = arguments.next() {
        if argument == "--log-format" {
            arguments.next();
        } else if !argument.to_string_lossy().starts_with('-') {
            return argument == "healthcheck";
        }
    }
    false
}

type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn a_check_is_known_by_its_subcommand() {
        for (line, expected) in [
            ("healthcheck --port abc", true),
            ("--log-format xml healthcheck", true),
            ("--log-format=xml healthcheck", true),
            ("backup healthcheck", false),
            ("--log-format healthcheck serve", false),
            ("--log-format", false),
            ("", false),
        ] {
            let arguments = line.split_whitespace().map(Into::into);
            assert_eq!(super::is_check(arguments), expected, "{line}");
        }
    }
}
