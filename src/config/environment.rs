//! Environment variables, where `clap` says too little.
//!
//! An empty one counts as not set, a bad one is told by its own name, all of them at once, and one that nobody
//! knows is told with the name that was meant.

use super::report;
use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt;

const PREFIX: &str = "SUITSIZE_";
/// What the tests of the program are told by.
const FOR_TESTS: &str = "SUITSIZE_TEST_";
/// Names less alike than this were not meant.
const ALIKE: f64 = 0.85;
/// Of a value that is repeated in a message.
const MAX_SHOWN_CHARS: usize = 60;

/// Whether a variable is set to anything: platforms' dashboards leave empty ones behind.
pub fn is_set(name: impl AsRef<OsStr>) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// Why a command line cannot be followed.
pub enum Misuse {
    /// What was typed, or a help that was asked for.
    Typed(clap::Error),
    /// Variables, a line for each.
    Variables(Vec<String>),
}

/// Reads a command line and the environment.
///
/// # Errors
/// What was typed wrongly, or else every variable that is wrong.
pub fn read(command: Command, typed: &[OsString]) -> Result<ArgMatches, Misuse> {
    let whole = command;
    let command = keeping(whole.clone(), &|name| is_set(name));
    let error = match command.clone().try_get_matches_from(typed) {
        Ok(matches) => return Ok(matches),
        Err(error) => error,
    };
    let by_a_value = [
        ErrorKind::ValueValidation,
        ErrorKind::InvalidValue,
        ErrorKind::InvalidUtf8,
        ErrorKind::ArgumentConflict,
    ];
    let without = keeping(command.clone(), &|_| false);
    if error.kind() == ErrorKind::DisplayHelp {
        // The help names all variables, set or not.
        let help = whole.try_get_matches_from(typed).err().unwrap_or(error);
        return Err(Misuse::Typed(help));
    }
    if !by_a_value.contains(&error.kind()) || without.try_get_matches_from(typed).is_err() {
        return Err(Misuse::Typed(error));
    }
    Err(Misuse::Variables(mistakes(&command, typed, &error)))
}

/// The command without the variables that `keep` does not want.
fn keeping(command: Command, keep: &dyn Fn(&OsStr) -> bool) -> Command {
    command
        .mut_args(|arg| match arg.get_env() {
            Some(name) if !keep(name) => arg.env(Resettable::Reset),
            _ => arg,
        })
        .mut_subcommands(|sub| keeping(sub, keep))
}

/// Each variable tried alone, with what was typed; what only fails together is a conflict.
fn mistakes(command: &Command, typed: &[OsString], together: &clap::Error) -> Vec<String> {
    let fails = |name: &OsStr| {
        keeping(command.clone(), &|other| other == name).try_get_matches_from(typed).is_err()
    };
    // More than one command may take a variable; the first, `serve`, says what it is.
    let mut seen = BTreeSet::new();
    let mut told: Vec<String> = Vec::new();
    for arg in arguments(command) {
        let Some(name) = arg.get_env().filter(|name| is_set(name)) else { continue };
        if seen.insert(name) && fails(name) {
            told.push(mistake(arg, name));
        }
    }
    if told.is_empty() {
        told.push(format!("the environment: {}", first_line(together)));
    }
    told
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

/// The name, what it was (but for a secret), and what it may be.
fn mistake(arg: &Arg, name: &OsStr) -> String {
    let name = name.to_string_lossy();
    let flag = arg.get_long().unwrap_or_default();
    let was = match std::env::var_os(name.as_ref()) {
        Some(value) if !arg.is_hide_env_values_set() => {
            let shown: String = value.to_string_lossy().chars().take(MAX_SHOWN_CHARS).collect();
            format!("{shown:?}")
        }
        _ => "what is set".to_owned(),
    };
    let allowed = report::allowed(arg).unwrap_or_else(|| "text".to_owned());
    let unit = report::unit(arg).map_or(String::new(), |unit| format!(" {unit}"));
    format!("{name}: {was} is not allowed; allowed: {allowed}{unit} (or --{flag})")
}

fn arguments(command: &Command) -> impl Iterator<Item = &Arg> {
    let of_subcommands = command.get_subcommands().flat_map(Command::get_arguments);
    command.get_arguments().chain(of_subcommands)
}

/// A variable that looks like a setting and is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    name: String,
    meant: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no setting {}", self.name)?;
        self.meant.iter().try_for_each(|meant| write!(f, "; did you mean {meant}?"))
    }
}

/// Variables of the process that look like settings of `command` and are none.
pub fn unknown(command: &Command) -> Vec<Unknown> {
    let names = arguments(command).filter_map(Arg::get_env);
    let known: BTreeSet<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    unknown_among(std::env::vars_os().map(|(name, _)| name), &known)
}

fn unknown_among(names: impl Iterator<Item = OsString>, known: &BTreeSet<String>) -> Vec<Unknown> {
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let mut unknown: Vec<Unknown> = names
        .filter(|name| name.starts_with(PREFIX) && !name.starts_with(FOR_TESTS))
        .filter(|name| !known.contains(name))
        .map(|name| Unknown { meant: meant(&name, known), name: name.escape_debug().to_string() })
        .collect();
    unknown.sort_by(|a, b| a.name.cmp(&b.name));
    unknown
}

/// The known name that is most alike; the prefix, which all share, does not count.
fn meant(name: &str, known: &BTreeSet<String>) -> Option<String> {
    let plain = |name: &str| name.trim_start_matches(PREFIX).to_owned();
    let name = plain(name);
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(&name, &plain(known)), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_variable_is_told_with_what_was_meant() {
        let known = ["PORT", "SUITSIZE_MEMORY_TTL_SECONDS", "SUITSIZE_STORE_TTL_SECONDS"];
        let known = known.map(str::to_owned).into();
        for (name, expected) in [
            ("SUITSIZE_MEMROY_TTL_SECONDS", Some(Some("SUITSIZE_MEMORY_TTL_SECONDS"))),
            ("SUITSIZE_STORE_TTL", Some(Some("SUITSIZE_STORE_TTL_SECONDS"))),
            ("SUITSIZE_PORT", Some(Some("PORT"))),
            ("SUITSIZE_XYZ", Some(None)),
            ("SUITSIZE_", Some(None)),
            ("SUITSIZE_STORE_TTL_SECONDS", None),
            ("SUITSIZE_TEST_ONNXRUNTIME", None),
            ("PROT", None),
            ("MY_SUITSIZE_X", None),
        ] {
            let found = unknown_among([OsString::from(name)].into_iter(), &known);
            let found = found.first().map(|unknown| unknown.meant.as_deref());
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_name_does_not_break_a_line() {
        let found = unknown_among(["SUITSIZE_A\nB".into()].into_iter(), &BTreeSet::new());
        assert_eq!(found[0].to_string(), "there is no setting SUITSIZE_A\\nB");
    }
}
