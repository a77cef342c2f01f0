//! `suitsize recommend`: one question from flags, or NDJSON from standard input.

use super::question::QuestionFlags;
use super::{Outcome, text};
use crate::API_VERSION;
use crate::config::EngineSettings;
use crate::json;
use crate::problem::Problem;
use crate::sizing::Engine;
use crate::sizing::model::Around;
use crate::sizing::recommendation::Recommendation;
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, IsTerminal, Read, Write, stdin, stdout};
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    question: QuestionFlags,
    /// Read one JSON question a line, write one JSON answer a line, in order; the question's flags
    /// are defaults for fields that a line leaves out
    #[arg(long)]
    batch: bool,
    /// Answer in JSON, as when standard output is not a terminal
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Answer in words, as when standard output is a terminal
    #[arg(long, conflicts_with = "batch")]
    text: bool,
    #[command(flatten)]
    engine: EngineSettings,
}

/// Without the time it took: the same question gives the same line.
#[derive(Serialize)]
struct Line<'a> {
    recommendation: &'a Recommendation,
    api_version: &'a str,
}

pub fn run(arguments: &Arguments) -> Outcome {
    let engine = Engine::new(&arguments.engine.options(1, Around::default()))?;
    let defaults = arguments.question.fields();
    if arguments.batch {
        return batch(&engine, &defaults);
    }
    let words = arguments.text || (stdout().is_terminal() && !arguments.json);
    let mut out = stdout().lock();
    match answer(&engine, Value::Object(defaults)) {
        Ok(recommendation) if words => write!(out, "{}", text::answer(&recommendation))?,
        Ok(recommendation) => writeln!(out, "{}", line(&recommendation)?)?,
        Err(problem) if words => {
            eprint!("{}", text::problem(&problem));
            return Ok(ExitCode::from(2));
        }
        Err(problem) => {
            writeln!(out, "{}", serde_json::to_string(&problem)?)?;
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(engine: &Engine, value: Value) -> Result<Recommendation, Box<Problem>> {
    let question = engine.question(&value).map_err(Problem::from)?;
    let problem = |error| {
        let problem = Problem::from(&error);
        if let Some(cause) = problem.cause() {
            log::error!("{cause}");
        }
        problem
    };
    Ok(engine.recommend(&question.canonical()).map_err(problem)?)
}

fn line(recommendation: &Recommendation) -> serde_json::Result<String> {
    serde_json::to_string(&Line { recommendation, api_version: API_VERSION })
}

fn batch(engine: &Engine, defaults: &Map<String, Value>) -> Outcome {
    let input = BufReader::new(stdin().lock());
    match answer_lines(engine, defaults, input, BufWriter::new(stdout().lock())) {
        Ok(0) => {}
        Ok(refused) => {
            eprintln!("suitsize: {refused} of the lines could not be answered; each says why");
        }
        // Whoever reads the answers has enough of them.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Answers each line of `input`, in order; the number of those that are problems.
fn answer_lines(
    engine: &Engine,
    defaults: &Map<String, Value>,
    mut input: BufReader<impl Read>,
    mut out: impl Write,
) -> std::io::Result<usize> {
    let (mut refused, mut bytes) = (0, Vec::new());
    for number in 1.. {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let answered = json::read(&bytes)
            .map_err(|mistake| Box::new(Problem::from(mistake)))
            .and_then(|value| answer(engine, with_defaults(value, defaults)));
        match answered {
            Ok(recommendation) => writeln!(out, "{}", line(&recommendation)?)?,
            Err(problem) => {
                refused += 1;
                writeln!(out, "{}", serde_json::to_string(&problem.with_line(number))?)?;
            }
        }
        // A program that asks one line at a time waits for its answer.
        if input.buffer().is_empty() {
            out.flush()?;
        }
    }
    out.flush()?;
    Ok(refused)
}

fn with_defaults(value: Value, defaults: &Map<String, Value>) -> Value {
    match value {
        Value::Object(fields) => {
            let mut merged = defaults.clone();
            merged.extend(fields);
            Value::Object(merged)
        }
        other => other,
    }
}
