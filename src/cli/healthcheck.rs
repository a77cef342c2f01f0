//! `suitsize healthcheck`: is the service on this machine ready? For a container's or a supervisor's check.

use super::Outcome;
use crate::config::reachable;
use clap::Args;
use std::process::ExitCode;
use std::time::Duration;

/// A document of health is below 1 kB.
const MOST_BODY_BYTES: u64 = 64 * 1024;

#[derive(Args)]
pub struct Arguments {
    /// Address that the service listens on [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS", env = "SUITSIZE_HOST")]
    host: Option<String>,

    /// Port that it listens on [default: 8080]
    #[arg(long, env = "PORT")]
    port: Option<u16>,

    /// What is asked: `live` (does the process answer?) or `ready` (is it to be sent requests?)
    #[arg(long, value_name = "PROBE", default_value = "ready", value_parser = ["live", "ready"])]
    probe: String,

    /// Milliseconds to wait for the answer
    #[arg(long, value_name = "MS", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    timeout_ms: u32,
}

/// 0 when it answers that it is, 1 when it does not; the reason is on the standard error.
pub fn run(arguments: &Arguments) -> Outcome {
    let (host, port) = reachable(arguments.host.as_deref(), arguments.port);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_millis(arguments.timeout_ms.into())))
        .http_status_as_error(false)
        .max_redirects(0)
        // The service is here, whatever a proxy is set for.
        .proxy(None)
        .build()
        .into();
    let address = format!("http://{host}:{port}/api/health/{}", arguments.probe);
    let mut answer = agent.get(&address).call().map_err(|error| format!("{address}: {error}"))?;
    let body = answer.body_mut().with_config().limit(MOST_BODY_BYTES).read_to_string()?;
    let document: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    let status = document["status"].as_str().unwrap_or("not SuitSize");
    if answer.status().is_success() && ["alive", "ready"].contains(&status) {
        println!("{status}");
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("{address}: {} {status}", answer.status().as_u16()).into())
}
