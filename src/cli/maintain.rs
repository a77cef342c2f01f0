//! `suitsize maintain`: the upkeep of a store that no service uses, by hand.

use super::Outcome;
use crate::clock::Clock;
use crate::config::DataSettings;
use crate::store::{Fault, How, Job, Packer, Report, Store, StoreError, StoreOptions};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(Args)]
pub struct Arguments {
    /// Only this job
    #[arg(long, value_name = "JOB", value_parser = PossibleValuesParser::new(Job::ALL.map(Job::name)))]
    once: Option<String>,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    data: DataSettings,
}

/// A line for each job. Fails when the store is not there, in use, or was not sound.
pub fn run(arguments: &Arguments) -> Outcome {
    // What is wrong is the outcome of this command; the store says it to a log, for a service.
    log::set_max_level(log::LevelFilter::Off);
    let path = arguments.data.data_dir.join(crate::store::FILE_NAME);
    if !path.exists() {
        return Err(format!("there is no store: {} does not exist", path.display()).into());
    }
    let chosen = |job: &Job| arguments.once.as_ref().is_none_or(|name| name == job.name());
    let jobs = Job::ALL.into_iter().filter(chosen);
    if arguments.dry_run {
        return only_say(jobs, &path, &arguments.data);
    }
    let store = open(&arguments.data);
    store.flush();
    if store.status().quarantined > 0 {
        return Err("the file was damaged: it is set aside, and a new one is in its place".into());
    }
    for job in jobs {
        print(&store.job(job, How::THOROUGH).map_err(explained)?);
    }
    store.close();
    Ok(ExitCode::SUCCESS)
}

/// By reading alone.
fn only_say(jobs: impl Iterator<Item = Job>, path: &Path, data: &DataSettings) -> Outcome {
    let kept = options(data).kept();
    for job in jobs {
        let now_ms = Clock::system().unix_ms();
        print(&crate::store::would(job, path, now_ms, kept).map_err(explained)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report) {
    println!("{:<11}{} ({:.1} ms)", report.job.name(), report.did, report.duration_ms);
}

fn explained(error: StoreError) -> String {
    match error.fault {
        Fault::InUse => "a service uses this data directory and does this by itself; \
                         POST /api/optimize has it done now"
            .to_owned(),
        fault => fault.to_string(),
    }
}

fn open(data: &DataSettings) -> Store {
    Store::start(options(data), Clock::system())
}

fn options(data: &DataSettings) -> StoreOptions {
    StoreOptions {
        dir: data.data_dir.clone(),
        ttl: Duration::from_secs(data.store_ttl_seconds.into()),
        max_bytes: u64::from(data.store_max_mb) * 1024 * 1024,
        history: data.history(),
        packer: Arc::new(Packer::new(&[])), // nothing is read out of it
    }
}
