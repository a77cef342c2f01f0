//! The service that is to be measured, before it is: whether it is there and is one, and what it says of
//! itself that would spoil the figures.

use super::client::{Answer, Ask, Client, Target};
use super::measure::Failure;
use super::schedule::Pace;
use super::url::Url;
use super::users::told;
use crate::config::Rate;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(5);
/// Its default: connections of which one client may have a quarter.
const PART_OF_ONE: u32 = 4;

/// A running service.
pub struct Instance {
    pub target: Arc<Target>,
    client: Client,
    status: Value,
}

/// What its process takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Process {
    pub resident_bytes: Option<u64>,
    pub cpu_seconds: Option<f64>,
}

impl Instance {
    /// Finds it at the first of its addresses that answers.
    ///
    /// # Errors
    /// In a sentence, why there is nothing to measure.
    pub async fn find(url: &Url) -> Result<Self, String> {
        let mut why = String::new();
        for address in url.resolve()? {
            let target = Arc::new(Target { url: url.clone(), address });
            let mut client = Client::new(Arc::clone(&target));
            match get(&mut client, "/api/health/ready").await {
                Ok(answer) => {
                    is_ready(url, &answer)?;
                    let status =
                        get(&mut client, "/api/status").await.map(|answer| document(&answer));
                    return Ok(Instance { target, client, status: status.unwrap_or_default() });
                }
                Err(failure) => why = format!("{url}: {failure}"),
            }
        }
        Err(format!("{why}; is the service running there? (`suitsize serve` starts one)"))
    }

    pub fn version(&self) -> Option<&str> {
        self.status["version"].as_str()
    }

    /// Whether the question is answered at all.
    ///
    /// # Errors
    /// What the service says is wrong with it.
    pub async fn try_question(&mut self, question: &str) -> Result<(), String> {
        let ask = Ask::recommend(question.to_owned());
        let url = &self.target.url;
        match with_patience(&mut self.client, &ask).await {
            // A limit is no word on the question, and is told with the figures.
            Ok(answer) if [200, 429, 503].contains(&answer.status) => Ok(()),
            Ok(answer) => Err(format!("the question is refused: {}", told(&answer))),
            Err(failure) => Err(format!("{url}: {failure}")),
        }
    }

    /// Whether it still computes the likely answers after its start.
    pub async fn is_filling(&mut self) -> bool {
        let ready = get(&mut self.client, "/api/health/ready").await;
        ready.is_ok_and(|answer| document(&answer)["warm"] == "filling")
    }

    /// Leaves all of a client's connections to the load.
    pub fn hang_up(&mut self) {
        self.client.abandon();
    }

    pub async fn process(&mut self) -> Process {
        let detailed = get(&mut self.client, "/api/health/detailed").await;
        let detailed = detailed.map(|answer| document(&answer)).unwrap_or_default();
        Process {
            resident_bytes: detailed["process"]["residentBytes"].as_u64(),
            cpu_seconds: detailed["process"]["cpuSeconds"].as_f64(),
        }
    }

    /// What it is set to that such a load runs into, each with what to do.
    pub fn obstacles(&self, users: u32, pace: Pace) -> Vec<String> {
        let mut obstacles = Vec::new();
        if let Some(limit) = self.setting("SUITSIZE_RATE_LIMIT")
            && is_beyond(limit, pace)
        {
            obstacles.push(format!(
                "it lets one client ask {limit}, and this load comes from one: start it with SUITSIZE_RATE_LIMIT=off"
            ));
        }
        let most: Option<u32> =
            self.setting("SUITSIZE_MAX_CONNECTIONS").and_then(|most| most.parse().ok());
        let one_client = self.setting("SUITSIZE_TRUSTED_PROXIES") == Some("0");
        if let Some(most) = most.filter(|most| one_client && users > most / PART_OF_ONE) {
            obstacles.push(format!(
                "one client may have {} connections there, and this load wants {users}: start it with \
                 SUITSIZE_MAX_CONNECTIONS={}",
                most / PART_OF_ONE,
                users * PART_OF_ONE,
            ));
        }
        obstacles
    }

    pub fn is_debug_build(&self) -> bool {
        self.status["build"]["profile"] == "debug"
    }

    fn setting(&self, variable: &str) -> Option<&str> {
        let settings = self.status["configuration"].as_array()?;
        let setting = settings.iter().find(|setting| setting["variable"] == variable)?;
        setting["value"].as_str()
    }
}

/// Whether a rate limit, as it is set, is below what the load asks.
fn is_beyond(limit: &str, pace: Pace) -> bool {
    let Some(limit) = Rate::parse(limit).ok().and_then(|limit| limit.0) else { return false };
    let per_second = f64::from(limit.count.get()) / f64::from(limit.seconds);
    match pace {
        Pace::Open { rate_per_second } => rate_per_second > per_second,
        Pace::Closed { .. } => true,
    }
}

fn is_ready(url: &Url, answer: &Answer) -> Result<(), String> {
    match (answer.status, document(answer)["status"].as_str()) {
        (200, Some("ready")) => Ok(()),
        (429, _) => Err(format!(
            "{url}: 429, over its rate limit already; start it with SUITSIZE_RATE_LIMIT=off"
        )),
        (status, Some(word)) => Err(format!("{url}: {status}, {word}: it is not ready")),
        (status, None) => Err(format!("{url}: {status}, and it is not SuitSize that answers")),
    }
}

fn document(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

async fn get(client: &mut Client, path: &'static str) -> Result<Answer, Failure> {
    with_patience(client, &Ask::Get(path)).await
}

async fn with_patience(client: &mut Client, ask: &Ask) -> Result<Answer, Failure> {
    let asked = timeout(PATIENCE, client.ask(ask)).await;
    asked.unwrap_or_else(|_| {
        client.abandon();
        Err(Failure::Timeout)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_stands_in_the_way_of_more_than_it() {
        let open = |rate_per_second| Pace::Open { rate_per_second };
        assert!(is_beyond("50/s", open(51.0)));
        assert!(!is_beyond("50/s", open(50.0)));
        assert!(is_beyond("600/min", open(11.0)));
        assert!(is_beyond("1000000/s", Pace::Closed { think: Duration::ZERO }));
        assert!(!is_beyond("off", open(1e6)));
    }
}
