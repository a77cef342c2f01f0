//! `suitsize bench`: the operator's load test, against a service that runs.
//!
//! Arguments become a plan (`plan`); the service is looked at before anything is done to it (`instance`); users on
//! a few threads (`run`, `users`, `client`) ask what the mix says (`mix`) when the schedule says (`schedule`,
//! `alarm`), and note what they see (`measure`). What was seen is held against thresholds and told in words
//! (`summary`, `chart`) and as JSON (`report`). `--validate` does so for each phase of a file (`targets`).

mod alarm;
mod arguments;
mod chart;
mod client;
mod instance;
mod measure;
mod mix;
mod plan;
mod progress;
mod quantity;
mod report;
mod run;
mod schedule;
mod summary;
mod targets;
mod thresholds;
mod url;
mod users;
mod validate;

pub use arguments::Arguments;

use super::Outcome;
use crate::clock::Clock;
use instance::Instance;
use mix::{Kind, Mix};
use plan::Plan;
use progress::Progress;
use report::{Head, Run};
use run::{Finished, conduct};
use std::io::{Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;
use thresholds::Thresholds;

/// 0 when it is done and every threshold holds, 1 when one does not, nothing answers or a file cannot be used, 2 when
/// a flag is wrong.
pub fn run(arguments: &Arguments) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if arguments.validate {
        return runtime.block_on(validate::validate(arguments));
    }
    let plan = match arguments.plan() {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("suitsize: {why}");
            return Ok(ExitCode::from(2));
        }
    };
    runtime.block_on(once(arguments, plan))
}

async fn once(arguments: &Arguments, plan: Plan) -> Outcome {
    let started_unix_ms = Clock::system().unix_ms();
    let mix = plan.mix()?;
    arguments.json.as_deref().map_or(Ok(()), report::try_out)?;
    let mut instance = Instance::find(&arguments.url).await?;
    greet(&instance, &plan.in_words());
    for obstacle in instance.obstacles(plan.schedule.users, plan.pace) {
        eprintln!("{}", summary::wrapped(&format!("Mind: {obstacle}.")));
    }
    if instance.is_filling().await {
        eprintln!(
            "Mind: it still computes the likely answers after its start, and is slower meanwhile."
        );
    }
    if plan.mix == Kind::One {
        instance.try_question(&plan.question).await?;
    }
    let run = conducted(&mut instance, None, plan, mix, &arguments.thresholds()).await?;
    tell(arguments.json.as_deref(), &summary::summary(&run))?;
    if let Some(to) = &arguments.json {
        let head = head(&instance, started_unix_ms);
        let (outcome, good) = (run.outcome(), run.is_good());
        report::write(to, &report::json(&head, &[run], &[], outcome))?;
        return Ok(code(good));
    }
    Ok(code(run.is_good()))
}

/// Whoever reads the report from the standard output wants nothing else there.
fn tell(json: Option<&Path>, text: &str) -> std::io::Result<()> {
    if json.is_some_and(|to| to.as_os_str() == "-") {
        write!(stderr(), "{text}")
    } else {
        write!(stdout(), "{text}")
    }
}

fn code(is_good: bool) -> ExitCode {
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn head(instance: &Instance, started_unix_ms: i64) -> Head<'_> {
    let url = instance.target.url.to_string();
    Head { url, service_version: instance.version(), started_unix_ms }
}

/// Whom it is about, before the first request of the load: nobody is to load a stranger unawares.
fn greet(instance: &Instance, what: &str) {
    let here = url::is_here(instance.target.address.ip());
    let place = if here { "" } else { ", which is ANOTHER MACHINE" };
    let version = instance.version().map_or_else(String::new, |v| format!("SuitSize {v} at "));
    let greeting = format!("{version}{}{place}: {what}.", instance.target.url);
    eprintln!("{}", summary::wrapped(&greeting));
    if instance.is_debug_build() {
        eprintln!("Mind: it is a debug build; a release build is several times as fast.");
    }
}

async fn conducted(
    instance: &mut Instance,
    name: Option<String>,
    plan: Plan,
    mix: Mix,
    thresholds: &Thresholds,
) -> Result<Run, Box<dyn std::error::Error>> {
    let load = plan.load(&instance.target, mix)?;
    let before = instance.process().await;
    instance.hang_up();
    let mut progress = Progress::new(plan.schedule);
    let finished: Finished = conduct(load, |tick| progress.tell(tick)).await?;
    progress.clear();
    let after = instance.process().await;
    let verdicts = thresholds.judge(&finished);
    Ok(Run { name, plan, finished, verdicts, before, after })
}
