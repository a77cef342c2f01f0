//! The command line: one binary, each role a subcommand.

mod backup;
mod bench;
mod config;
mod healthcheck;
mod maintain;
mod open_files;
mod question;
mod recommend;
mod serve;
mod text;

use crate::config::environment::{self, Misuse};
use crate::config::{LogSettings, ServeSettings, Setting, report};
use crate::logging::{self, Written};
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
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
    #[command(flatten)]
    log: LogSettings,

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
    /// Load a running service as many users would, and say what it carries: exit code 0 or 1
    Bench(Box<bench::Arguments>),
    /// Say every setting in force, and where it came from: takes what `serve` takes
    Config(Box<config::Arguments>),
}

/// Runs what the command line asks for. 0: done; 1: it failed; 2: it was asked wrongly (a check: 1).
pub fn run() -> ExitCode {
    let Cli { log, command } = match read() {
        Ok(cli) => cli,
        Err(Misuse::Typed(error)) => return misused(&error),
        Err(Misuse::Variables(mistakes)) => return misset(&mistakes),
    };
    let log = logging::start(&log, written(&command));
    let unknown = environment::unknown(&Cli::command());
    let result = match command {
        Command::Serve(settings) => {
            unknown.iter().for_each(|unknown| log::warn!("{unknown}"));
            serve::run(&settings)
        }
        Command::Config(arguments) => config::run(&arguments, &unknown),
        Command::Recommend(arguments) => recommend::run(&arguments),
        Command::Maintain(arguments) => maintain::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Healthcheck(arguments) => healthcheck::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
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

fn read() -> Result<Cli, Misuse> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let matches = environment::read(Cli::command(), &typed)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(Misuse::Typed)?;
    let in_force = |settings: &ServeSettings| settings_in_force(&matches, settings);
    match &mut cli.command {
        Command::Serve(settings) => settings.in_force = in_force(settings),
        Command::Config(arguments) => arguments.settings.in_force = in_force(&arguments.settings),
        _ => {}
    }
    Ok(cli)
}

fn settings_in_force(matches: &ArgMatches, settings: &ServeSettings) -> Vec<Setting> {
    let of_subcommand = matches.subcommand().map_or(matches, |(_, of_subcommand)| of_subcommand);
    report::settings(&Cli::command(), of_subcommand, settings)
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

/// A line for each variable that is wrong.
fn misset(mistakes: &[String]) -> ExitCode {
    for mistake in mistakes {
        eprintln!("suitsize: {mistake}");
    }
    if is_check(std::env::args_os().skip(1)) { ExitCode::FAILURE } else { ExitCode::from(2) }
}

/// Whether the subcommand is `healthcheck`: the first argument that is none of the option before it.
fn is_check(mut arguments: impl Iterator<Item = OsString>) -> bool {
    while let Some(argument) = arguments.next() {
        if argument == "--log-format" || argument == "--log-filter" {
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
