//! `suitsize config`: what a start with the same flags and variables would be, and why.

use super::Outcome;
use crate::config::environment::Unknown;
use crate::config::{ServeSettings, Setting, report};
use clap::Args;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// As one JSON document, for a program
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Every setting with its default, as the table in docs/configuration.md
    #[arg(long)]
    markdown: bool,

    #[command(flatten)]
    pub settings: ServeSettings,
}

#[derive(Serialize)]
struct Document<'a> {
    settings: &'a [Setting],
    warnings: Vec<String>,
}

/// Fails where a start would, because of a setting that must be looked at to be judged.
pub fn run(arguments: &Arguments, unknown: &[Unknown]) -> Outcome {
    let settings = &arguments.settings.in_force;
    let warnings: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    let text = if arguments.markdown {
        report::markdown(settings)
    } else if arguments.json {
        serde_json::to_string_pretty(&Document { settings, warnings })? + "\n"
    } else {
        table(settings, &warnings)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    if !arguments.markdown {
        arguments.settings.admin_token()?;
        arguments.settings.service()?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(settings: &[Setting], warnings: &[String]) -> String {
    let rows: Vec<[String; 3]> = settings.iter().map(row).collect();
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (names, values, sources) = (width(0), width(1).min(40), width(2));
    let mut text = String::new();
    for (row, setting) in rows.iter().zip(settings) {
        let [name, value, source] = row;
        let line =
            format!("{name:<names$}  {value:<values$}  {source:<sources$}  {}", setting.effect);
        writeln!(text, "{line}").expect("a string takes what is written to it");
    }
    for warning in warnings {
        writeln!(text, "warning: {warning}").expect("a string takes what is written to it");
    }
    text
}

fn row(setting: &Setting) -> [String; 3] {
    let value = match (&setting.value, setting.unit) {
        (Some(value), Some(unit)) => format!("{value} {unit}"),
        (Some(value), None) => value.clone(),
        (None, _) => "-".to_owned(),
    };
    let source = match setting.because {
        Some(because) => format!("{}: {because}", setting.source.name()),
        None => setting.source.name().to_owned(),
    };
    [setting.variable.clone(), value, source]
}
