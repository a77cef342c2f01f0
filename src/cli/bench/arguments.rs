//! What is typed after `suitsize bench`.

use super::mix::{self, Kind};
use super::plan::Plan;
use super::quantity::{SHARE_ALLOWED, TIME_ALLOWED, share, time, time_above_zero};
use super::schedule::{Pace, Schedule};
use super::thresholds::{Figure, Thresholds};
use super::url::Url;
use crate::config::reader::{text, whole};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
#[command(after_help = "Examples:
  suitsize bench --users 1000 --rate 5000 --max-p99 20ms --max-error-rate 0
  suitsize bench --mix population --users 50 --duration 2m --json report.json
  suitsize bench --validate

Exit code 0: done, and every threshold holds; 1: one does not, nothing answers, or a file cannot be used; 2: a flag is
wrong.
With --rate latency counts from the moment at which a request was due, whether or not it could be sent then.
Start the service with SUITSIZE_RATE_LIMIT=off: a load test is one client. For more than 512 users it also takes
SUITSIZE_MAX_CONNECTIONS, four times as many as users.")]
pub struct Arguments {
    /// The service to ask
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = text(Url::ALLOWED, Url::parse))]
    pub url: Url,

    #[command(flatten)]
    load: LoadFlags,

    #[command(flatten)]
    thresholds: ThresholdFlags,

    /// Write a report in JSON; - for the standard output, with the summary on the standard error
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Hold the service against the targets that are shipped: about a minute and a half
    #[arg(long, conflicts_with_all = ["LoadFlags", "ThresholdFlags"])]
    pub validate: bool,

    /// Other targets than the shipped ones, as data/targets.json
    #[arg(long, value_name = "FILE", requires = "validate")]
    pub targets: Option<PathBuf>,
}

#[derive(Args)]
#[command(next_help_heading = "Load")]
struct LoadFlags {
    /// Users, each with a connection of their own
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = whole::<u32>("1 to 20000"))]
    users: u32,

    /// Time until all users have joined, evenly; it is not measured
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = text(TIME_ALLOWED, time))]
    ramp_up: Duration,

    /// Time that is measured, after the ramp-up
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = text(TIME_ALLOWED, time_above_zero))]
    duration: Duration,

    /// Requests a second from all users together, at fixed moments. Without it each user asks again when they are
    /// answered
    #[arg(long, value_name = "COUNT", value_parser = whole::<u32>("1 to 1000000"))]
    rate: Option<u32>,

    /// Time between a user's answer and their next question, without --rate
    #[arg(long, value_name = "TIME", default_value = "0", conflicts_with = "rate", value_parser = text(TIME_ALLOWED, time))]
    think: Duration,

    /// What is asked: one question, the population's by their likelihood, never the same twice, or a recorded file
    /// (a question in JSON on each line) from its first line to its last and again
    #[arg(long, default_value = "one", value_parser = text(Kind::ALLOWED, Kind::parse))]
    mix: Kind,

    /// The question of --mix one [default: {"height":178,"weight":82}]
    #[arg(long, value_name = "JSON")]
    question: Option<String>,

    /// Time that an answer may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = text(TIME_ALLOWED, time_above_zero))]
    timeout: Duration,

    /// Threads of this client [default: half the cores]
    #[arg(long, value_name = "COUNT", value_parser = whole::<u32>("1 to 64"))]
    threads: Option<u32>,
}

#[derive(Args)]
#[command(next_help_heading = "Thresholds")]
struct ThresholdFlags {
    /// Most failed requests
    #[arg(long, value_name = "SHARE", value_parser = text(SHARE_ALLOWED, share))]
    max_error_rate: Option<f64>,

    /// Most time that 95 of 100 requests take
    #[arg(long, value_name = "TIME", value_parser = text(TIME_ALLOWED, time_above_zero))]
    max_p95: Option<Duration>,

    /// Most time that 99 of 100 requests take
    #[arg(long, value_name = "TIME", value_parser = text(TIME_ALLOWED, time_above_zero))]
    max_p99: Option<Duration>,

    /// Fewest answers from memory or store
    #[arg(long, value_name = "SHARE", value_parser = text(SHARE_ALLOWED, share))]
    min_hit_rate: Option<f64>,

    /// Fewest answers a second
    #[arg(long, value_name = "COUNT", value_parser = whole::<u32>("1 to 1000000"))]
    min_throughput: Option<u32>,
}

impl Arguments {
    /// # Errors
    /// Flags that do not go together, or a question that is none.
    pub fn plan(&self) -> Result<Plan, String> {
        let load = &self.load;
        let question = match &load.question {
            Some(_) if load.mix != Kind::One => {
                return Err("--question is the question of --mix one".to_owned());
            }
            Some(question) => mix::object(question.as_bytes())
                .map_err(|why| format!("--question is no question: {why}"))?,
            None => Plan::QUESTION.to_owned(),
        };
        let pace = match load.rate {
            Some(rate) => Pace::Open { rate_per_second: rate.into() },
            None => Pace::Closed { think: load.think },
        };
        Ok(Plan {
            schedule: Schedule {
                users: load.users,
                ramp_up: load.ramp_up,
                duration: load.duration,
            },
            pace,
            mix: load.mix.clone(),
            question,
            patience: load.timeout,
            threads: load.threads,
        })
    }

    pub fn thresholds(&self) -> Thresholds {
        let of = &self.thresholds;
        let ms = |time: Option<Duration>| time.map(|time| time.as_secs_f64() * 1e3);
        Thresholds::new([
            (Figure::ErrorRate, of.max_error_rate),
            (Figure::P95, ms(of.max_p95)),
            (Figure::P99, ms(of.max_p99)),
            (Figure::HitRate, of.min_hit_rate),
            (Figure::Throughput, of.min_throughput.map(f64::from)),
        ])
    }
}
