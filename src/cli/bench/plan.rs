//! What is to be done to a service, before anything is: the settings of a load, from flags or from a file of
//! targets.

use super::client::Target;
use super::mix::{Kind, Mix};
use super::quantity::{shown_count, shown_time};
use super::schedule::{Pace, Schedule};
use super::users::Load;
use crate::cli::open_files;
use serde::{Serialize, Serializer};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// Files that the client has open beside its connections: timers, what the runtimes wait on, the terminal.
const OTHER_FILES: u64 = 64;
/// More threads than this are never needed: each carries tens of thousands of requests a second.
const MOST_THREADS: u32 = 8;

#[derive(Clone, Debug)]
pub struct Plan {
    pub schedule: Schedule,
    pub pace: Pace,
    pub mix: Kind,
    /// Where the mix is one.
    pub question: String,
    /// For one answer.
    pub patience: Duration,
    /// By default half the cores: the service is often on the same ones.
    pub threads: Option<u32>,
}

impl Plan {
    pub const QUESTION: &str = r#"{"height":178,"weight":82}"#;
    pub const PATIENCE: Duration = Duration::from_secs(10);

    pub fn threads(&self) -> u32 {
        let half = || u32::try_from(cores() / 2).unwrap_or(MOST_THREADS).clamp(1, MOST_THREADS);
        self.threads.unwrap_or_else(half).min(self.schedule.users)
    }

    /// # Errors
    /// Why the mix cannot be asked from.
    pub fn mix(&self) -> Result<Mix, String> {
        Mix::new(&self.mix, &self.question)
    }

    /// Everything that a run needs, so that it can fail only by what the service does.
    ///
    /// # Errors
    /// Why the users cannot all be connected.
    pub fn load(&self, target: &Arc<Target>, mix: Mix) -> Result<Arc<Load>, String> {
        let users = self.schedule.users;
        let needed = u64::from(users) + OTHER_FILES;
        open_files::allow(needed).map_err(|allowed| {
            format!(
                "{} users need {needed} open files, and the system allows {allowed}: raise its limit \
                 (`ulimit -n {needed}`), or ask for fewer users",
                shown_count(users.into())
            )
        })?;
        Ok(Arc::new(Load {
            target: Arc::clone(target),
            mix,
            schedule: self.schedule,
            pace: self.pace,
            patience: self.patience,
            threads: self.threads(),
        }))
    }

    /// `1,000 users, 5,000/s for 30 s after 5 s of ramp-up, population`.
    pub fn in_words(&self) -> String {
        let Schedule { users, ramp_up, duration } = self.schedule;
        let pace = match self.pace {
            Pace::Open { rate_per_second } => format!("{}/s", shown_count(rate_per_second as u64)),
            Pace::Closed { think } if think.is_zero() => {
                "each as fast as they are answered".to_owned()
            }
            Pace::Closed { think } => format!("each {} after their answer", shown_time(think)),
        };
        let users = match users {
            1 => "1 user".to_owned(),
            users => format!("{} users", shown_count(users.into())),
        };
        let ramp_up = match ramp_up {
            Duration::ZERO => String::new(),
            ramp_up => format!(" after {} of ramp-up", shown_time(ramp_up)),
        };
        let mix = match &self.mix {
            Kind::One => "one question".to_owned(),
            Kind::Population => "the population's questions".to_owned(),
            Kind::Distinct => "no question twice".to_owned(),
            file @ Kind::File(_) => format!("the questions of {}", file.name()),
        };
        format!("{users}, {pace}, for {}{ramp_up}; {mix}", shown_time(duration))
    }
}

/// Of this machine.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Settings {
            users: u32,
            ramp_up_seconds: f64,
            duration_seconds: f64,
            /// Of an open loop; absent in a closed one.
            #[serde(skip_serializing_if = "Option::is_none")]
            rate_per_second: Option<f64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            think_ms: Option<f64>,
            mix: String,
            timeout_ms: f64,
            threads: u32,
        }
        let (rate_per_second, think) = match self.pace {
            Pace::Open { rate_per_second } => (Some(rate_per_second), None),
            Pace::Closed { think } => (None, Some(think)),
        };
        let settings = Settings {
            users: self.schedule.users,
            ramp_up_seconds: self.schedule.ramp_up.as_secs_f64(),
            duration_seconds: self.schedule.duration.as_secs_f64(),
            rate_per_second,
            think_ms: think.map(|think| think.as_secs_f64() * 1e3),
            mix: self.mix.name(),
            timeout_ms: self.patience.as_secs_f64() * 1e3,
            threads: self.threads(),
        };
        settings.serialize(serializer)
    }
}
