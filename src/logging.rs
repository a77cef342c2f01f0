//! The log: lines for a person, or one JSON object a line for a machine. Only home of `env_logger`.
//!
//! A message can be read alone; what varies is beside it as named values. Nothing that a shopper sent is
//! in either: a test sends marked values at the most talkative level and looks for them.

mod pipe;

use crate::config::{LogFormat, LogSettings};
use env_logger::fmt::Formatter;
use env_logger::{Builder, Target, WriteStyle};
use log::kv::{Key, Value, VisitSource};
use log::{LevelFilter, Record};
pub use pipe::Guard;
use serde_json::Map;
use std::env;
use std::io::{self, IsTerminal, Write};

/// Who writes a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Whoever logs it, who waits until it is written.
    Directly,
    /// A thread, so that no request waits; when nobody reads, lines are dropped.
    Apart,
}

/// To be called once, first of all. What it returns is to be held until the end.
pub fn start(settings: &LogSettings, written: Written) -> Option<Guard> {
    let mut builder = Builder::new();
    builder.parse_filters(&settings.log_filter);
    if let Ok(style) = env::var("RUST_LOG_STYLE") {
        builder.parse_write_style(&style);
    }
    // Below a warning it writes the whole address of a webhook, which is a secret.
    builder.filter_module("ureq", LevelFilter::Warn).filter_module("ureq_proto", LevelFilter::Warn);
    // What is no HTTP is an error to it, a line for each: any stranger could fill the log.
    builder.filter_module("actix_http", LevelFilter::Off);
    if settings.log_format == LogFormat::Json {
        builder.format(json);
    }
    let guard = if written == Written::Apart { write_apart(&mut builder) } else { None };
    builder.init();
    guard
}

/// Without a thread lines are written directly.
fn write_apart(builder: &mut Builder) -> Option<Guard> {
    let (pipe, guard) = pipe::start(io::stderr(), |dropped| {
        log::warn!("nobody read the log: {dropped} lines of it were dropped");
    })
    .ok()?;
    builder.target(Target::Pipe(Box::new(pipe)));
    // Of a pipe `env_logger` does not know that it ends in a terminal.
    if has_colours() {
        builder.write_style(WriteStyle::Always);
    }
    Some(guard)
}

/// A terminal has, unless somebody has an opinion on it.
fn has_colours() -> bool {
    let says = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !is_dumb && !says("NO_COLOR") && !says("RUST_LOG_STYLE")
}

/// `{"time":…,"level":…,"target":…,"message":…, …}`: the named values are fields of the same object.
fn json(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    let time = out.timestamp_millis().to_string();
    writeln!(out, "{}", line(&time, record))
}

fn line(time: &str, record: &Record<'_>) -> serde_json::Value {
    let mut fields = Fields(Map::new());
    fields.set("time", time.into());
    fields.set("level", record.level().as_str().to_lowercase().into());
    fields.set("target", record.target().into());
    fields.set("message", record.args().to_string().into());
    // Only fails when a visitor does.
    let _ = record.key_values().visit(&mut fields);
    fields.0.into()
}

struct Fields(Map<String, serde_json::Value>);

impl Fields {
    fn set(&mut self, name: &str, value: serde_json::Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        let number = value.to_u64().map(serde_json::Value::from);
        let number = number.or_else(|| value.to_f64().map(serde_json::Value::from));
        self.set(key.as_str(), number.unwrap_or_else(|| value.to_string().into()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Level;
    use serde_json::json;

    #[test]
    fn a_line_is_one_object_whatever_is_in_it() {
        let values = [
            ("status", Value::from(200_u64)),
            ("duration_ms", Value::from(0.021)),
            ("tier", Value::from("memory")),
        ];
        let record = Record::builder()
            .args(format_args!("a \"quoted\"\nline"))
            .level(Level::Warn)
            .target("suitsize::request")
            .key_values(&values)
            .build();
        let expected = json!({
            "time": "2026-11-20T00:00:00.000Z", "level": "warn", "target": "suitsize::request",
            "message": "a \"quoted\"\nline", "status": 200, "duration_ms": 0.021, "tier": "memory",
        });
        let line = line("2026-11-20T00:00:00.000Z", &record).to_string();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), expected);
        assert!(!line.contains('\n'));
    }
}
