//! What the log looks like, and what is in it.

use super::reader::text;
use clap::{Args, ValueEnum};
use log::LevelFilter;

/// Of every command.
#[derive(Args, Clone, Debug)]
pub struct LogSettings {
    /// The log on standard error: lines to read, or one JSON object a line
    #[arg(long, global = true, value_name = "FORMAT", env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What is in the log: a level, or MODULE=LEVEL for parts of the program, separated by commas
    #[arg(long, global = true, value_name = "FILTER", env = "RUST_LOG", default_value = "info,actix_server=warn", value_parser = text(FILTER_ALLOWED, filter))]
    pub log_filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

const FILTER_ALLOWED: &str = "off, error, warn, info, debug, trace or MODULE=LEVEL, separated by commas, such as info,suitsize=debug";

/// A filter of `env_logger`, which would pass over a mistake and log less, or nothing, or everything.
fn filter(text: &str) -> Result<String, String> {
    let (directives, pattern) = text.split_once('/').unwrap_or((text, ""));
    let good = !directives.trim().is_empty()
        && !pattern.contains('/')
        && directives.split(',').map(str::trim).all(is_directive);
    if good { Ok(text.to_owned()) } else { Err(FILTER_ALLOWED.to_owned()) }
}

/// A single word is a level or a module; what nearly is a level was meant as one.
fn is_directive(text: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let is_level = |text: &str| text.parse::<LevelFilter>().is_ok();
    let is_module = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_:-[]{}".contains(c))
    };
    match text.split_once('=') {
        Some((module, level)) => is_module(module) && (level.is_empty() || is_level(level)),
        None if is_level(text) => true,
        None => {
            let word = text.to_lowercase();
            let nearly = |level: &&str| {
                strsim::osa_distance(&word, level) <= 1
                    || word.strip_prefix(*level).is_some_and(|rest| ["s", "ing"].contains(&rest))
            };
            is_module(text) && !LEVELS.iter().any(nearly)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn a_filter_that_would_be_misread_is_refused() {
        for (text, good) in [
            ("info", true),
            ("INFO", true),
            ("info,actix_server=warn", true),
            ("info, suitsize::request=debug", true),
            ("suitsize", true),
            ("suitsize=", true),
            ("debug/slow", true),
            ("inof", false),
            ("warning", false),
            ("errors", false),
            ("suitsize=loud", false),
            ("suitsize=info=debug", false),
            ("=info", false),
            ("info,", false),
            ("info;debug", false),
            ("debug/a/b", false),
            ("", false),
        ] {
            assert_eq!(filter(text).is_ok(), good, "{text}");
        }
    }
}
