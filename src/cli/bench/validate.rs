//! `--validate`: phase after phase of the targets, and a table of what held.

use super::arguments::Arguments;
use super::instance::Instance;
use super::report::{self, Outcome, Run};
use super::run::Ending;
use super::targets::Targets;
use super::thresholds::{Figure, Verdict};
use super::{code, conducted, greet, head, summary, tell};
use crate::clock::Clock;
use std::fmt::Write;
use std::time::Duration;
use tokio::time::sleep;

/// The likely answers are computed in some fifteen seconds after a start, and longer under load.
const MOST_FILLING: Duration = Duration::from_secs(60);

/// Runs all phases, and says of each target whether it holds.
///
/// # Errors
/// When there is no service, or one whose limits such a load runs into.
pub async fn validate(arguments: &Arguments) -> super::Outcome {
    let targets =
        arguments.targets.as_deref().map_or_else(|| Ok(Targets::shipped()), Targets::from_file)?;
    arguments.json.as_deref().map_or(Ok(()), report::try_out)?;
    let started_unix_ms = Clock::system().unix_ms();
    let mut instance = Instance::find(&arguments.url).await?;
    let seconds = targets.takes().as_secs();
    greet(&instance, &format!("{} phases, {seconds} s", targets.phases.len()));
    refuse_obstacles(&instance, &targets)?;
    wait_until_filled(&mut instance).await;

    let mut runs = Vec::new();
    for phase in &targets.phases {
        eprintln!("{}", summary::wrapped(&format!("{}: {}.", phase.name, phase.plan.in_words())));
        let (name, plan) = (Some(phase.name.clone()), phase.plan.clone());
        let mix = plan.mix()?;
        let run = conducted(&mut instance, name, plan, mix, &phase.thresholds).await?;
        let whole = run.finished.ending == Ending::Whole;
        runs.push(run);
        if !whole {
            break;
        }
    }
    let overall = overall(&targets, &runs);
    tell(arguments.json.as_deref(), &table(&runs, &overall, targets.phases.len()))?;
    let outcome = outcome(&runs, &overall);
    if let Some(to) = &arguments.json {
        let head = head(&instance, started_unix_ms);
        report::write(to, &report::json(&head, &runs, &overall, outcome))?;
    }
    Ok(code(outcome == Outcome::Passed))
}

/// A service that turns the load away cannot be held against anything: better said before than after.
fn refuse_obstacles(instance: &Instance, targets: &Targets) -> Result<(), String> {
    let plans = targets.phases.iter().map(|phase| &phase.plan);
    let mut obstacles: Vec<_> =
        plans.flat_map(|plan| instance.obstacles(plan.schedule.users, plan.pace)).collect();
    obstacles.sort();
    obstacles.dedup();
    if obstacles.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} cannot be validated as it is set: {}",
        instance.target.url,
        obstacles.join("; ")
    ))
}

async fn wait_until_filled(instance: &mut Instance) {
    const BETWEEN: Duration = Duration::from_millis(500);
    let mut waited = Duration::ZERO;
    while waited < MOST_FILLING && instance.is_filling().await {
        if waited.is_zero() {
            eprintln!("It still computes the likely answers after its start; waiting for that ...");
        }
        sleep(BETWEEN).await;
        waited += BETWEEN;
    }
}

/// Of the phases together: memory as it was after the hungriest.
fn overall(targets: &Targets, runs: &[Run]) -> Vec<Verdict> {
    let most_mb = runs.iter().filter_map(Run::resident_mb).max_by(f64::total_cmp);
    let verdict = |bound| Verdict::new(Figure::ResidentMb, bound, most_mb);
    targets.resident_mb.map(verdict).into_iter().collect()
}

fn outcome(runs: &[Run], overall: &[Verdict]) -> Outcome {
    if runs.iter().any(|run| run.outcome() == Outcome::Interrupted) {
        return Outcome::Interrupted;
    }
    let held = runs.iter().all(Run::is_good) && overall.iter().all(|verdict| verdict.pass);
    if held { Outcome::Passed } else { Outcome::Failed }
}

fn table(runs: &[Run], overall: &[Verdict], phases: usize) -> String {
    let mut out = format!("\n  {:<40}measured\n", "target");
    for run in runs {
        writeln!(out, "\n{}", run.name.as_deref().unwrap_or_default())
            .expect("a string takes what is written to it");
        run.verdicts.iter().for_each(|verdict| row(&mut out, verdict));
    }
    if !overall.is_empty() {
        out.push_str("\nafter all of it\n");
        overall.iter().for_each(|verdict| row(&mut out, verdict));
    }
    let all = || runs.iter().flat_map(|run| &run.verdicts).chain(overall);
    let held = all().filter(|verdict| verdict.pass).count();
    let skipped = phases - runs.len();
    let missing =
        if skipped > 0 { format!("; {skipped} phases were not run") } else { String::new() };
    writeln!(out, "\n{held} of {} targets hold{missing}.", all().count())
        .expect("a string takes what is written to it");
    // Where all holds, nobody needs to know why it might not have.
    for run in runs.iter().filter(|run| !run.is_good()) {
        for hint in summary::hints::hints(run) {
            let name = run.name.as_deref().unwrap_or_default();
            writeln!(out, "\n{}", summary::wrapped(&format!("{name}: {hint}")))
                .expect("a string takes what is written to it");
        }
    }
    out
}

fn row(out: &mut String, verdict: &Verdict) {
    let (title, bound) = (verdict.figure.title(), verdict.bound());
    writeln!(out, "  {title:<18}{bound:<22}{:<18}{}", verdict.measured_shown(), verdict.word())
        .expect("a string takes what is written to it");
}
