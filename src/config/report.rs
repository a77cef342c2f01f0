//! What is in force and why: the same list for `suitsize config`, `GET /api/status` and the documentation.
//! A secret is never in it, only that it is set.

use super::{ServeSettings, limits};
use crate::config::environment;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use serde::Serialize;
use std::ffi::OsStr;

/// Who said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Flag,
    Environment,
    /// What the service found around it: a platform's variable, the cores of the machine.
    Platform,
    Default,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::Platform => "platform",
            Source::Default => "default",
        }
    }
}

/// A setting, what it is and why.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    pub name: String,
    pub flag: String,
    pub variable: String,
    /// `None`: not set, and there is no default. Of a secret: "set".
    pub value: Option<String>,
    pub unit: Option<&'static str>,
    pub source: Source,
    /// What of the platform it follows from.
    pub because: Option<&'static str>,
    pub default: Option<String>,
    pub allowed: Option<String>,
    /// What it does, in a line.
    pub effect: String,
    /// Whether the value is a place on this machine.
    #[serde(skip)]
    pub is_path: bool,
}

/// Every setting of a start, in the order of the help. `command` is the program's, `matches` those of a
/// subcommand that takes what `serve` takes.
pub fn settings(command: &Command, matches: &ArgMatches, in_force: &ServeSettings) -> Vec<Setting> {
    let of_serve = command.get_subcommands().filter(|sub| sub.get_name() == "serve");
    let of_serve = of_serve.flat_map(Command::get_arguments);
    let of_all = command.get_arguments().filter(|arg| arg.is_global_set());
    let mut settings: Vec<Setting> = of_serve
        .chain(of_all)
        .filter_map(|arg| Some(setting(arg, arg.get_env()?, matches)))
        .collect();
    for setting in settings.iter_mut().filter(|setting| setting.value.is_none()) {
        if let Some((value, because)) = derived(&setting.variable, in_force) {
            setting.value = Some(value);
            setting.because = because;
            setting.source = because.map_or(Source::Default, |_| Source::Platform);
        }
    }
    settings
}

fn setting(arg: &Arg, variable: &OsStr, matches: &ArgMatches) -> Setting {
    let id = arg.get_id().as_str();
    let name = arg.get_long().unwrap_or(id).to_owned();
    let source = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Source::Flag,
        Some(ValueSource::EnvVariable) => Source::Environment,
        _ => Source::Default,
    };
    let raw = matches.get_raw(id).map(|values| {
        let values: Vec<_> = values.map(OsStr::to_string_lossy).collect();
        values.join(",")
    });
    let (effect, default) = effect_and_default(arg);
    let named = arg.get_value_names().unwrap_or_default();
    Setting {
        is_path: named.iter().any(|name| ["DIR", "FILE", "LIBRARY"].contains(&name.as_str())),
        flag: format!("--{name}"),
        name,
        variable: variable.to_string_lossy().into_owned(),
        value: raw.map(|raw| if arg.is_hide_env_values_set() { "set".to_owned() } else { raw }),
        unit: unit(arg),
        source,
        because: None,
        default,
        allowed: allowed(arg),
        effect,
    }
}

/// What nobody said and is known all the same, and what of the platform it follows from.
fn derived(variable: &str, settings: &ServeSettings) -> Option<(String, Option<&'static str>)> {
    let by_platform = |name| environment::is_set(name).then_some(name);
    match variable {
        "SUITSIZE_HOST" => Some((settings.address().0, by_platform("PORT"))),
        "PORT" => Some((settings.address().1.to_string(), None)),
        "SUITSIZE_WORKERS" => Some((settings.workers().to_string(), Some("cores"))),
        "SUITSIZE_TRUSTED_PROXIES" => {
            let railway = limits::railway();
            let believed = if railway.is_some() { "X-Real-IP" } else { "0" };
            Some((believed.to_owned(), railway))
        }
        _ => None,
    }
}

/// The help's text, and the default: `clap`'s, or the one that the text names in brackets.
fn effect_and_default(arg: &Arg) -> (String, Option<String>) {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let given = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let Some((before, rest)) = help.split_once("[default: ") else {
        return (help, given);
    };
    let (default, after) = rest.split_once(']').unwrap_or((rest, ""));
    (format!("{}{after}", before.trim_end()), Some(default.to_owned()))
}

/// What a value may be.
pub(super) fn allowed(arg: &Arg) -> Option<String> {
    let values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if !values.is_empty() {
        return Some(values.join(", "));
    }
    let allowed = match placeholder(arg) {
        "DIR" => "a directory",
        "FILE" | "LIBRARY" => "a file",
        "ADDRESS" => "an address or name of this machine",
        _ => return None,
    };
    Some(allowed.to_owned())
}

pub(super) fn unit(arg: &Arg) -> Option<&'static str> {
    match placeholder(arg) {
        "SECONDS" => Some("seconds"),
        "MS" => Some("ms"),
        "MB" => Some("MB"),
        "DAYS" => Some("days"),
        _ => None,
    }
}

fn placeholder(arg: &Arg) -> &str {
    arg.get_value_names().and_then(<[_]>::first).map_or("", |name| name.as_str())
}

/// The table of the documentation, as Markdown.
pub fn markdown(settings: &[Setting]) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut table =
        "| variable | flag | default | allowed | effect |\n|---|---|---|---|---|\n".to_owned();
    for setting in settings {
        let unit = setting.unit.map_or(String::new(), |unit| format!(" {unit}"));
        let default = setting.default.as_deref().map(cell).unwrap_or_default();
        let allowed = setting.allowed.as_deref().map(cell).unwrap_or_default();
        table.push_str(&format!(
            "| `{}` | `{}` | {default} | {allowed}{unit} | {} |\n",
            setting.variable,
            setting.flag,
            cell(&setting.effect),
        ));
    }
    table
}
